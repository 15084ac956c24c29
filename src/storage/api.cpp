#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "api/files.h"
#include "storage/digests.h"
#include "storage/paths.h"
#include "storage/storage.h"

namespace ob::storage {

namespace asio = boost::asio;
using wire::Instant;

struct PutFileRequest {
  std::string catalog, schema, volume, path;
  bool overwrite = false;
};
BOOST_DESCRIBE_STRUCT(PutFileRequest, (), (catalog, schema, volume, path, overwrite))

struct PathRequest {
  std::string catalog, schema, volume, path;
};
BOOST_DESCRIBE_STRUCT(PathRequest, (), (catalog, schema, volume, path))

struct ListDirectoryRequest {
  std::string catalog, schema, volume, path, after;
  std::int64_t limit = 200;
};
BOOST_DESCRIBE_STRUCT(ListDirectoryRequest, (), (catalog, schema, volume, path, after, limit))

struct RemoveDirectoryRequest {
  std::string catalog, schema, volume, path;
  bool recursive = false;
};
BOOST_DESCRIBE_STRUCT(RemoveDirectoryRequest, (), (catalog, schema, volume, path, recursive))

struct FileAnswer {
  std::string path;
  std::int64_t bytes = 0;
  Instant modified_at;
};
BOOST_DESCRIBE_STRUCT(FileAnswer, (), (path, bytes, modified_at))

struct DirectoryEntry {
  std::string name, path;
  bool directory = false;
  std::optional<std::int64_t> bytes;
  std::optional<Instant> modified_at;
};
BOOST_DESCRIBE_STRUCT(DirectoryEntry, (), (name, path, directory, bytes, modified_at))

struct DirectoryList {
  std::vector<DirectoryEntry> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(DirectoryList, (), (items, next))

struct MoveFileRequest {
  std::string from, to;
  bool overwrite = false;
};
BOOST_DESCRIBE_STRUCT(MoveFileRequest, (), (from, to, overwrite))

struct CreateUploadRequest {
  std::string path;
  std::int64_t bytes = 0;
  bool overwrite = false;
};
BOOST_DESCRIBE_STRUCT(CreateUploadRequest, (), (path, bytes, overwrite))

struct UploadRequest {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(UploadRequest, (), (id))

struct UploadAnswer {
  std::string id, path;
  std::int64_t bytes = 0, offset = 0;
};
BOOST_DESCRIBE_STRUCT(UploadAnswer, (), (id, path, bytes, offset))

}  // namespace ob::storage

namespace ob::wire {

template <>
struct Rules<storage::PutFileRequest> {
  static constexpr auto value = rules(rule(
      &storage::PutFileRequest::overwrite,
      {.optional = true, .text = "Replace a file that is there; without it the answer is 409."}));
};
template <>
struct Rules<storage::ListDirectoryRequest> {
  static constexpr auto value =
      rules(rule(&storage::ListDirectoryRequest::limit, {.min = 1, .max = 1000, .optional = true}),
            rule(&storage::ListDirectoryRequest::after,
                 {.max = 2000, .optional = true, .text = "The `next` of the page before."}));
};
template <>
struct Rules<storage::RemoveDirectoryRequest> {
  static constexpr auto value =
      rules(rule(&storage::RemoveDirectoryRequest::recursive,
                 {.optional = true, .text = "With all that is in it; else it must be empty."}));
};
template <>
struct Rules<storage::MoveFileRequest> {
  static constexpr auto value =
      rules(rule(&storage::MoveFileRequest::from,
                 {.min = 1, .max = 2000, .text = "/Volumes/<catalog>/<schema>/<volume>/<path>"}),
            rule(&storage::MoveFileRequest::to, {.min = 1, .max = 2000}),
            rule(&storage::MoveFileRequest::overwrite, {.optional = true}));
};
template <>
struct Rules<storage::CreateUploadRequest> {
  static constexpr auto value =
      rules(rule(&storage::CreateUploadRequest::path,
                 {.min = 1, .max = 2000, .text = "/Volumes/<catalog>/<schema>/<volume>/<path>"}),
            rule(&storage::CreateUploadRequest::bytes, {.min = 0, .text = "Of the whole file."}),
            rule(&storage::CreateUploadRequest::overwrite, {.optional = true}));
};

}  // namespace ob::wire

namespace ob::storage {
namespace {

constexpr std::size_t kPiece = 256 * 1024;  // bytes in memory a transfer

template <class Request>
std::string path_of(const Request& r) {
  return join_path(r.catalog, r.schema, r.volume, r.path);
}

FileAnswer to_answer(const File& file) {
  return {file.path, file.bytes, {file.modified_at}};
}

DirectoryEntry to_answer(const Entry& e) {
  return {e.name, e.path, e.directory, e.bytes,
          e.modified_at ? std::optional(Instant{*e.modified_at}) : std::nullopt};
}

UploadAnswer to_answer(const Upload& upload) {
  return {upload.id, upload.path, upload.bytes, upload.offset};
}

asio::awaitable<void> put_file(Service& service, Pool& pool, api::Context& context,
                               PutFileRequest request, net::Exchange& exchange) {
  const net::Request& head = exchange.request();
  Expected expected{.bytes = head.content_length, .md5 = md5_of(head), .sha256 = sha256_of(head)};
  auto begin = [&] {
    return service.receive(context.caller, path_of(request), request.overwrite, expected);
  };
  std::unique_ptr<Incoming> incoming = co_await pool.run(begin);
  exchange.set_body_limit(service.max_file_bytes());
  auto consume = [&](std::span<const std::byte> bytes) { incoming->write(bytes); };
  co_await api::receive_into(pool, exchange, consume, kPiece);
  auto end = [&] { return incoming->finish(); };
  const File file = co_await pool.run(end);
  net::Response response{.status = 201};
  response.headers = {{"Content-Type", "application/json"}, {"ETag", '"' + file.version + '"'}};
  response.body = boost::json::serialize(wire::encode(to_answer(file)));
  co_await exchange.respond(std::move(response));
}

asio::awaitable<void> get_file(Service& service, Pool& pool, api::Context& context,
                               PathRequest request, net::Exchange& exchange) {
  auto find = [&] { return service.open_file(context.caller, path_of(request)); };
  const Outgoing out = co_await pool.run(find);
  const std::string name = out.file.path.substr(out.file.path.rfind('/') + 1);
  // It must never run in the page's origin.
  api::FileAnswer file{.headers = {{"Content-Type", std::string(content_type(name))},
                                   {"Content-Disposition", api::content_disposition(name)},
                                   {"X-Content-Type-Options", "nosniff"},
                                   {"Content-Security-Policy", "sandbox; default-src 'none'"},
                                   {"Cache-Control", "private, no-cache"}},
                       .etag = '"' + out.file.version + '"',
                       .last_modified = net::http_date(out.file.modified_at),
                       .bytes = out.file.bytes,
                       .bad_range = "storage.badRange",
                       .read = [reader = out.reader](std::int64_t at, std::span<std::byte> into) {
                         return reader->read(at, into);
                       }};
  co_await api::send_file(pool, context, exchange, std::move(file));
}

std::int64_t upload_offset(const net::Request& request) {
  const auto text = request.header("Upload-Offset");
  std::int64_t offset = -1;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size() ||
      offset < 0) {
    throw bad_request("storage.badOffset",
                      "The header Upload-Offset must hold the offset of the first byte sent.");
  }
  return offset;
}

asio::awaitable<void> append_upload(Service& service, Pool& pool, api::Context& context,
                                    UploadRequest request, net::Exchange& exchange) {
  const std::int64_t offset = upload_offset(exchange.request());
  auto begin = [&]() -> std::unique_ptr<Appending> {
    try {
      return service.append(context.caller, request.id, offset);
    } catch (const OffsetMismatch& e) {
      context.response_headers.emplace_back("Upload-Offset", std::to_string(e.offset));
      throw;
    }
  };
  std::unique_ptr<Appending> appending = co_await pool.run(begin);
  exchange.set_body_limit(appending->remaining());
  auto consume = [&](std::span<const std::byte> bytes) { appending->write(bytes); };
  co_await api::receive_into(pool, exchange, consume, kPiece);
  auto end = [&] { return appending->finish(); };
  const std::int64_t reached = co_await pool.run(end);
  net::Response response{.status = 204};
  response.headers.emplace_back("Upload-Offset", std::to_string(reached));
  co_await exchange.respond(std::move(response));
}

void register_files(api::Registry& registry, Service& service, Pool& pool) {
  const std::string path = "/api/v1/files/{catalog}/{schema}/{volume}/{path...}";
  registry.add_stream<PutFileRequest>(
      "PUT", path,
      {.operation = "putFile",
       .tag = "files",
       .summary = "Upload a file",
       .description = "The body is the file's bytes. It becomes visible as a whole when all have "
                      "arrived. Content-MD5 and Content-Digest (sha-256) are checked.",
       .status = 201,
       .errors = {404, 409, 413, 507},
       .consumes = {"application/octet-stream"}},
      [&service, &pool](api::Context& context, const PutFileRequest& request,
                        net::Exchange& exchange) {
        return put_file(service, pool, context, request, exchange);
      });
  registry.describe_response<FileAnswer>("putFile");
  registry.add_stream<PathRequest>(
      "GET", path,
      {.operation = "getFile",
       .tag = "files",
       .summary = "Download a file",
       .description = "Takes Range (one), If-Range and If-None-Match.",
       .errors = {404, 409, 416},
       .produces = {"application/octet-stream"}},
      [&service, &pool](api::Context& context, const PathRequest& request,
                        net::Exchange& exchange) {
        return get_file(service, pool, context, request, exchange);
      });
  registry.add<PathRequest, api::Empty>(
      "DELETE", path,
      {.operation = "deleteFile",
       .tag = "files",
       .summary = "Delete a file",
       .status = 204,
       .errors = {404, 409}},
      [&service](api::Context& context, const PathRequest& request) {
        service.remove_file(context.caller, path_of(request));
        return api::Empty{};
      });
  registry.add<MoveFileRequest, api::Empty>(
      "POST", "/api/v1/files/move",
      {.operation = "moveFile",
       .tag = "files",
       .summary = "Move or rename a file or directory",
       .status = 204,
       .errors = {404, 409}},
      [&service](api::Context& context, const MoveFileRequest& request) {
        service.move(context.caller, request.from, request.to, request.overwrite);
        return api::Empty{};
      });
}

void register_directories(api::Registry& registry, Service& service) {
  const std::string path = "/api/v1/directories/{catalog}/{schema}/{volume}/{path...}";
  registry.add<ListDirectoryRequest, DirectoryList>(
      "GET", path,
      {.operation = "listDirectory",
       .tag = "files",
       .summary = "List a directory",
       .errors = {404, 409}},
      [&service](api::Context& context, const ListDirectoryRequest& request) {
        const Listing listing = service.list(context.caller, path_of(request), request.after,
                                             static_cast<std::size_t>(request.limit));
        DirectoryList answer{.next = listing.next};
        for (const Entry& entry : listing.items) answer.items.push_back(to_answer(entry));
        return answer;
      });
  registry.add<PathRequest, DirectoryEntry>(
      "PUT", path,
      {.operation = "makeDirectory",
       .tag = "files",
       .summary = "Make a directory",
       .status = 201,
       .errors = {404, 409, 507}},
      [&service](api::Context& context, const PathRequest& request) {
        return to_answer(service.make_directory(context.caller, path_of(request)));
      });
  registry.add<RemoveDirectoryRequest, api::Empty>(
      "DELETE", path,
      {.operation = "deleteDirectory",
       .tag = "files",
       .summary = "Remove a directory",
       .status = 204,
       .errors = {404, 409}},
      [&service](api::Context& context, const RemoveDirectoryRequest& request) {
        service.remove_directory(context.caller, path_of(request), request.recursive);
        return api::Empty{};
      });
}

void register_uploads(api::Registry& registry, Service& service, Pool& pool) {
  registry.add<CreateUploadRequest, UploadAnswer>(
      "POST", "/api/v1/uploads",
      {.operation = "createUpload",
       .tag = "files",
       .summary = "Begin a resumable upload",
       .description = "Send the bytes with PATCH, in pieces of any size; after a failure ask for "
                      "the offset and go on from there; then finish. Kept for seven days.",
       .status = 201,
       .errors = {404, 409, 413, 507}},
      [&service](api::Context& context, const CreateUploadRequest& request) {
        return to_answer(
            service.create_upload(context.caller, request.path, request.bytes, request.overwrite));
      });
  const std::string path = "/api/v1/uploads/{id}";
  registry.add_stream<UploadRequest>(
      "PATCH", path,
      {.operation = "appendUpload",
       .tag = "files",
       .summary = "Append bytes to an upload",
       .description = "The header Upload-Offset tells where the bytes begin; the answer's tells "
                      "where the next begin. A later request takes over from an earlier one.",
       .status = 204,
       .errors = {404, 409, 413, 507},
       .consumes = {"application/octet-stream"}},
      [&service, &pool](api::Context& context, const UploadRequest& request,
                        net::Exchange& exchange) {
        return append_upload(service, pool, context, request, exchange);
      });
  registry.add<UploadRequest, UploadAnswer>(
      "GET", path,
      {.operation = "getUpload",
       .tag = "files",
       .summary = "How far an upload has come",
       .errors = {404}},
      [&service](api::Context& context, const UploadRequest& request) {
        return to_answer(service.upload(context.caller, request.id));
      });
  registry.add<UploadRequest, FileAnswer>(
      "POST", path + "/finish",
      {.operation = "finishUpload",
       .tag = "files",
       .summary = "Make an upload a file",
       .status = 201,
       .errors = {404, 409, 507}},
      [&service](api::Context& context, const UploadRequest& request) {
        return to_answer(service.finish_upload(context.caller, request.id));
      });
  registry.add<UploadRequest, api::Empty>(
      "DELETE", path,
      {.operation = "cancelUpload",
       .tag = "files",
       .summary = "Give up an upload",
       .status = 204,
       .errors = {404}},
      [&service](api::Context& context, const UploadRequest& request) {
        service.cancel_upload(context.caller, request.id);
        return api::Empty{};
      });
}

}  // namespace

void register_api(api::Registry& registry, Service& service, Pool& blocking) {
  register_files(registry, service, blocking);
  register_directories(registry, service);
  register_uploads(registry, service, blocking);
}

}  // namespace ob::storage
