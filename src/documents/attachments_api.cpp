// Endpoints of the files in documents.
#include <boost/json/serialize.hpp>

#include "api/files.h"
#include "documents/api_types.h"
#include "documents/companions.h"

namespace ob::documents {

namespace asio = boost::asio;

struct UploadDocumentFile {
  std::string id, name;
};
BOOST_DESCRIBE_STRUCT(UploadDocumentFile, (), (id, name))
struct DocumentFilePath {
  std::string id, file;
};
BOOST_DESCRIBE_STRUCT(DocumentFilePath, (), (id, file))
struct DocumentFile {
  std::string id, name, type, url;
  std::int64_t bytes = 0;
  wire::Instant created_at;
};
BOOST_DESCRIBE_STRUCT(DocumentFile, (), (id, name, type, url, bytes, created_at))
struct DocumentFiles {
  std::vector<DocumentFile> files;
};
BOOST_DESCRIBE_STRUCT(DocumentFiles, (), (files))

}  // namespace ob::documents

namespace ob::wire {

template <>
struct Rules<documents::UploadDocumentFile> {
  static constexpr auto value = rules(rule(&documents::UploadDocumentFile::name,
                                           {.min = 1, .max = 255, .text = "Shown to people."}));
};
template <>
struct Rules<documents::DocumentFile> {
  static constexpr auto value =
      rules(rule(&documents::DocumentFile::type,
                 {.text = "image/png, image/jpeg, image/gif, image/webp or image/avif, by its "
                          "bytes; else application/octet-stream."}),
            rule(&documents::DocumentFile::url, {.text = "Where its bytes are, on this server."}));
};

}  // namespace ob::wire

namespace ob::documents {
namespace {

constexpr std::size_t kPiece = 256 * 1024;

DocumentFile answer_of(const Attachment& file) {
  return {file.id,    file.name,
          file.type,  "/api/v1/documents/" + file.document + "/files/" + file.id,
          file.bytes, {file.created_at}};
}

asio::awaitable<void> upload(const Companions& all, Pool& pool, api::Context& context,
                             UploadDocumentFile request, net::Exchange& exchange) {
  if (exchange.request().content_length.value_or(0) > Attachments::kLargest) {
    throw too_large("documents.fileTooLarge", "A file in a document has at most " +
                                                  std::to_string(Attachments::kLargest >> 20) +
                                                  " MiB.");
  }
  const Visitor visitor = visitor_of(context);
  auto begin = [&] { return all.attachments().receive(visitor, request.id, request.name); };
  std::unique_ptr<Receiving> receiving = co_await pool.run(begin);
  exchange.set_body_limit(Attachments::kLargest);
  auto consume = [&](std::span<const std::byte> bytes) { receiving->write(bytes); };
  co_await api::receive_into(pool, exchange, consume, kPiece);
  auto end = [&] { return receiving->finish(); };
  const Attachment file = co_await pool.run(end);
  net::Response response{.status = 201};
  response.headers = {{"Content-Type", "application/json"}};
  response.body = boost::json::serialize(wire::encode(answer_of(file)));
  co_await exchange.respond(std::move(response));
}

asio::awaitable<void> download(const Companions& all, Pool& pool, api::Context& context,
                               DocumentFilePath request, net::Exchange& exchange) {
  const Visitor visitor = visitor_of(context);
  auto find = [&] { return all.attachments().open(visitor, request.id, request.file); };
  const Attachments::Found found = co_await pool.run(find);
  const Attachment& file = found.attachment;
  // Its bytes never change.
  api::FileAnswer answer{
      .headers = {{"Content-Type", file.type},
                  {"Content-Disposition",
                   api::content_disposition(
                       file.name, file.type.starts_with("image/") ? "inline" : "attachment")},
                  {"X-Content-Type-Options", "nosniff"},
                  {"Content-Security-Policy", "sandbox; default-src 'none'"},
                  {"Cross-Origin-Resource-Policy", "same-origin"},
                  {"Cache-Control", "private, max-age=3600"}},
      .etag = '"' + file.id + '"',
      .last_modified = net::http_date(file.created_at),
      .bytes = file.bytes,
      .bad_range = "documents.badRange",
      .read = [reader = found.reader](std::int64_t at, std::span<std::byte> out) {
        return reader->read(at, out);
      }};
  co_await api::send_file(pool, context, exchange, std::move(answer));
}

}  // namespace

void register_attachments(api::Registry& registry, const Companions& all, Pool& pool) {
  registry.add_stream<UploadDocumentFile>(
      "POST", "/api/v1/documents/{id}/files",
      {.operation = "uploadDocumentFile",
       .tag = "documents",
       .summary = "Add a picture or another file to a document",
       .description = "The body is its bytes, 25 MiB at most. It becomes visible when all have "
                      "arrived.",
       .status = 201,
       .errors = {404, 409, 413, 507},
       .guests = true,
       .consumes = {"application/octet-stream", "image/*", "*/*"}},
      [&all, &pool](api::Context& context, const UploadDocumentFile& request,
                    net::Exchange& exchange) {
        return upload(all, pool, context, request, exchange);
      });
  registry.describe_response<DocumentFile>("uploadDocumentFile");
  registry.add<DocumentPath, DocumentFiles>(
      "GET", "/api/v1/documents/{id}/files",
      {.operation = "listDocumentFiles",
       .tag = "documents",
       .summary = "The files of a document",
       .errors = {404},
       .guests = true},
      [&all](api::Context& ctx, const DocumentPath& path) {
        DocumentFiles out;
        for (const Attachment& file : all.attachments().list(visitor_of(ctx), path.id))
          out.files.push_back(answer_of(file));
        return out;
      });
  registry.add_stream<DocumentFilePath>(
      "GET", "/api/v1/documents/{id}/files/{file}",
      {.operation = "getDocumentFile",
       .tag = "documents",
       .summary = "The bytes of a file in a document",
       .description = "Pictures may be shown in pages; everything else is a download. Takes Range "
                      "(one), If-Range and If-None-Match.",
       .errors = {404, 416},
       .guests = true,
       .produces = {"application/octet-stream"}},
      [&all, &pool](api::Context& context, const DocumentFilePath& request,
                    net::Exchange& exchange) {
        return download(all, pool, context, request, exchange);
      });
  registry.add<DocumentFilePath, api::Empty>(
      "DELETE", "/api/v1/documents/{id}/files/{file}",
      {.operation = "deleteDocumentFile",
       .tag = "documents",
       .summary = "Delete a file of a document",
       .status = 204,
       .errors = {404},
       .guests = true},
      [&all](api::Context& ctx, const DocumentFilePath& path) {
        all.attachments().remove(visitor_of(ctx), path.id, path.file);
        return api::Empty{};
      });
}

}  // namespace ob::documents
