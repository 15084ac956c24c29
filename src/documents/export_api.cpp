// Documents as files, and files as documents.
#include "documents/export_api.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/ascii.h"
#include "base/error.h"
#include "base/ids.h"
#include "documents/api_types.h"
#include "documents/convert.h"
#include "documents/page.h"
#include "net/net.h"

namespace ob::documents {

namespace asio = boost::asio;
namespace json = boost::json;

struct ExportDocument {
  std::string id, format = "pdf";
};
BOOST_DESCRIBE_STRUCT(ExportDocument, (), (id, format))
struct ImportDocument {
  std::string name, workspace, folder;
};
BOOST_DESCRIBE_STRUCT(ImportDocument, (), (name, workspace, folder))

}  // namespace ob::documents

template <>
struct ob::wire::Rules<ob::documents::ExportDocument> {
  static constexpr auto value =
      rules(rule(&documents::ExportDocument::format,
                 {.max = 20, .optional = true, .text = "html, markdown, docx, pdf or text."}));
};
template <>
struct ob::wire::Rules<ob::documents::ImportDocument> {
  static constexpr auto value = rules(
      rule(&documents::ImportDocument::name,
           {.max = 300,
            .optional = true,
            .text = "The file's name: its ending (.docx, .md, .html, .txt) tells what it is."}),
      rule(&documents::ImportDocument::workspace,
           {.max = 100, .optional = true, .text = "The id of a workspace; empty: private to you."}),
      rule(&documents::ImportDocument::folder,
           {.max = 100, .optional = true, .text = "The id of a folder there; empty: at the top."}));
};

namespace ob::documents {
namespace {

constexpr std::int64_t kLargestFile = 20 << 20;
constexpr std::size_t kMostPictures = 500, kMostPictureBytes = 60 << 20;
// Pictures that have no file lie within the text; more would make every edit slow.
constexpr std::size_t kLargestInText = 512 << 10, kMostInText = 4 << 20;
constexpr std::size_t kMostTitle = 200;

struct Kind {
  std::string_view name, ending, type;
};
constexpr std::string_view kDocx =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
constexpr Kind kExports[] = {{"html", "html", "text/html; charset=utf-8"},
                             {"markdown", "md", "text/markdown; charset=utf-8"},
                             {"docx", "docx", kDocx},
                             {"pdf", "pdf", "application/pdf"},
                             {"text", "txt", "text/plain; charset=utf-8"}};

// --- export

// The id of a file in an address of this document's files; empty: it is none.
std::string file_of(const std::string& document, std::string_view url) {
  const std::string start = "/api/v1/documents/" + document + "/files/";
  if (const auto at = url.find(start); at != url.npos) {
    url.remove_prefix(at + start.size());
    return std::string(url.substr(0, url.find_first_of("?#/")));
  }
  return {};
}

std::vector<convert::Picture> pictures_of(const Visitor& visitor, const std::string& document,
                                          const std::string& delta, const PictureFiles& files) {
  std::vector<convert::Picture> out;
  if (!files.read) return out;
  std::size_t bytes = 0;
  for (const std::string& url : convert::image_urls(delta)) {
    const std::string file = file_of(document, url);
    if (file.empty() || out.size() >= kMostPictures) continue;
    auto found = files.read(visitor, document, file);
    if (!found || bytes + found->size() > kMostPictureBytes) continue;
    bytes += found->size();
    out.push_back({url, std::move(*found)});
  }
  return out;
}

// What is plain ASCII of the name for old clients; the rest reads the encoded one.
std::string disposition(const std::string& title, std::string_view ending) {
  std::string name, plain;
  for (const char c : title) {
    const bool usable = static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != '/' && c != '\\';
    name += usable ? c : '_';
  }
  name = name.empty() ? "Untitled" : name;
  (name += '.') += ending;
  for (const char c : name)
    plain += static_cast<unsigned char>(c) < 0x7F && c != '"' && c != '%' ? c : '_';
  return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + net::percent_encode(name);
}

net::Response exported(Service& service, const ExportOptions& options, const Visitor& visitor,
                       const ExportDocument& request) {
  const auto kind = std::find_if(std::begin(kExports), std::end(kExports),
                                 [&](const Kind& one) { return one.name == request.format; });
  if (kind == std::end(kExports))
    throw bad_request("documents.badFormat",
                      "Documents are exported as html, markdown, docx, pdf or text.");
  const Document document = service.require(visitor, request.id, Level::viewer);
  const std::string delta = service.content(visitor, document.id);
  const std::string base = options.public_url ? options.public_url() : std::string();
  net::Response out{.status = 200};
  out.headers = {{"Content-Type", std::string(kind->type)},
                 {"Content-Disposition", disposition(document.title, kind->ending)},
                 {"X-Content-Type-Options", "nosniff"},
                 {"Content-Security-Policy", "sandbox; default-src 'none'"}};
  if (kind->name == "markdown") {
    out.body = convert::to_markdown(delta, base);
  } else if (kind->name == "text") {
    out.body = convert::to_text(delta);
  } else {
    const auto pictures = pictures_of(visitor, document.id, delta, options.pictures);
    if (kind->name == "html") out.body = render(page_of(document.title, delta, pictures, {}));
    if (kind->name == "docx") out.body = convert::to_docx(delta, document.title, base, pictures);
    if (kind->name == "pdf") out.body = convert::to_pdf(delta, document.title, base, pictures);
  }
  return out;
}

asio::awaitable<void> export_document(Service& service,
                                      std::shared_ptr<const ExportOptions> options, Pool& pool,
                                      Visitor visitor, ExportDocument request,
                                      net::Exchange& exchange) {
  auto work = [&service, options, visitor = std::move(visitor), request = std::move(request)] {
    return exported(service, *options, visitor, request);
  };
  net::Response response = co_await pool.run(std::move(work));
  co_await exchange.respond(std::move(response));
}

// --- import

std::string_view ending_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == name.npos || dot + 6 < name.size() ? std::string_view() : name.substr(dot + 1);
}

enum class Source { docx, markdown, html, text };

// The name's ending decides; without one that is known, the content's type.
Source source_of(const std::string& name, std::string_view content_type) {
  const std::string ending = ascii::lower(ending_of(name));
  if (ending == "docx") return Source::docx;
  if (ending == "md" || ending == "markdown") return Source::markdown;
  if (ending == "html" || ending == "htm") return Source::html;
  if (ending == "txt" || ending == "text") return Source::text;
  const std::string type = ascii::lower(content_type.substr(0, content_type.find_first_of("; ")));
  if (ending.empty()) {
    if (type == kDocx) return Source::docx;
    if (type == "text/markdown" || type == "text/x-markdown") return Source::markdown;
    if (type == "text/html") return Source::html;
    if (type == "text/plain") return Source::text;
  }
  if (ending == "doc" || ending == "odt" || ending == "rtf" || ending == "pdf")
    throw Error(415, "documents.unknownFile",
                "A ." + ending + " cannot be imported: save it as .docx first.");
  throw Error(
      415, "documents.unknownFile",
      "A document is made of a .docx, .md, .html or .txt file: give its name with ?name=, or "
      "its Content-Type.");
}

convert::Read read_file(Source source, const std::string& bytes) {
  switch (source) {
    case Source::docx:
      return convert::from_docx(bytes);
    case Source::markdown:
      return convert::from_markdown(bytes);
    case Source::html:
      return convert::from_html(bytes);
    case Source::text:
      break;
  }
  return convert::from_text(bytes);
}

std::string_view picture_type(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG")) return "png";
  if (bytes.starts_with("\xFF\xD8\xFF")) return "jpeg";
  if (bytes.starts_with("GIF8")) return "gif";
  return bytes.substr(0, 4) == "RIFF" ? "webp" : "";
}

// Addresses of the pictures that came with a file.
std::vector<std::string> place_pictures(const Visitor& visitor, const std::string& document,
                                        const PictureFiles& files, convert::Read& read) {
  std::vector<std::string> urls;
  std::size_t in_text = 0;
  bool left_out = false;
  for (const convert::Picture& picture : read.images) {
    std::string& url = urls.emplace_back();
    const std::string type(picture_type(picture.bytes));
    if (type.empty()) continue;
    if (files.store && urls.size() <= kMostPictures) {
      const std::string name = "image" + std::to_string(urls.size()) + "." + type;
      url = files.store(visitor, document, name, picture.bytes);
    } else if (picture.bytes.size() <= kLargestInText &&
               in_text + picture.bytes.size() <= kMostInText) {
      in_text += picture.bytes.size();
      url = "data:image/" + type + ";base64," + base64_encode(picture.bytes);
    } else {
      left_out = true;
    }
  }
  if (left_out) read.notes.emplace_back("Some images were too large and were left out.");
  return urls;
}

// As titles may be: no control characters, no space at the ends, not too long.
std::string cleaned(std::string title) {
  for (char& c : title) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  title.erase(0, std::min(title.find_first_not_of(' '), title.size()));
  if (title.size() > kMostTitle) {
    std::size_t end = kMostTitle;
    while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xC0) == 0x80) --end;
    title.resize(end);
  }
  title.erase(title.find_last_not_of(' ') + 1);
  return title;
}

std::string title_of(const convert::Read& read, const std::string& name) {
  if (std::string title = cleaned(read.title); !title.empty()) return title;
  const auto slash = name.find_last_of("/\\");
  std::string stem = slash == name.npos ? name : name.substr(slash + 1);
  const auto ending = ending_of(stem);
  if (!ending.empty()) stem.resize(stem.size() - ending.size() - 1);
  return cleaned(std::move(stem));
}

net::Response imported(Service& service, const ExportOptions& options, const Caller& caller,
                       const ImportDocument& request, Source source, const std::string& bytes) {
  convert::Read read = read_file(source, bytes);
  const Visitor visitor{caller, {}};
  const Document fresh = service.create(caller, {.title = title_of(read, request.name),
                                                 .place = {request.workspace, request.folder}});
  try {
    const auto urls = place_pictures(visitor, fresh.id, options.pictures, read);
    service.set_content(visitor, fresh.id,
                        "{\"ops\":" + convert::place_images(read.ops, urls) + "}");
  } catch (...) {
    service.trash(caller, fresh.id);
    service.remove(caller, fresh.id);
    throw;
  }
  net::Response out{.status = 201};
  out.headers = {{"Content-Type", "application/json"}};
  // What was left out, each a sentence.
  std::string notes;
  for (const std::string& note : read.notes) notes += (notes.empty() ? "" : " ") + note;
  if (!notes.empty()) out.headers.emplace_back("X-Import-Notes", notes);
  const Document document = service.require(visitor, fresh.id, Level::viewer);
  out.body = json::serialize(wire::encode(to_answer(service, document)));
  return out;
}

asio::awaitable<void> import_document(Service& service,
                                      std::shared_ptr<const ExportOptions> options, Pool& pool,
                                      Caller caller, ImportDocument request,
                                      net::Exchange& exchange) {
  const Source source = source_of(request.name, exchange.request().header("content-type"));
  exchange.set_body_limit(kLargestFile);
  std::string bytes = co_await exchange.read_all(kLargestFile);
  auto work = [&service, options, source, caller = std::move(caller), request = std::move(request),
               bytes = std::move(bytes)] {
    return imported(service, *options, caller, request, source, bytes);
  };
  net::Response response = co_await pool.run(std::move(work));
  co_await exchange.respond(std::move(response));
}

}  // namespace

Formats formats(std::function<std::string()> public_url) {
  Formats out;
  out["html"] = {"text/html; charset=utf-8", [](const Document&, const std::string& delta) {
                   return convert::to_fragment(delta);
                 }};
  out["markdown"] = {"text/markdown; charset=utf-8",
                     [public_url](const Document&, const std::string& delta) {
                       return convert::to_markdown(delta, public_url ? public_url() : "");
                     }};
  return out;
}

void register_export_api(api::Registry& registry, Service& service, Pool& blocking,
                         ExportOptions options) {
  auto shared = std::make_shared<const ExportOptions>(std::move(options));
  std::vector<std::string> types;
  for (const Kind& kind : kExports) types.emplace_back(kind.type.substr(0, kind.type.find(';')));
  registry.add_stream<ExportDocument>(
      "GET", "/api/v1/documents/{id}/export",
      {.operation = "exportDocument",
       .tag = "documents",
       .summary = "A document as a file",
       .description = "Suggestions that nobody has decided on are shown as if they were accepted.",
       .errors = {404},
       .guests = true,
       .produces = types},
      [&service, &blocking, shared](api::Context& ctx, const ExportDocument& request,
                                    net::Exchange& exchange) {
        return export_document(service, shared, blocking, visitor_of(ctx), request, exchange);
      });
  registry.add_stream<ImportDocument>(
      "POST", "/api/v1/documents/import",
      {.operation = "importDocument",
       .tag = "documents",
       .summary = "Make a document of a file",
       .description = "The body is the file, at most 20 MB: .docx, .md, .html or .txt. What had to "
                      "be left out "
                      "stands in the header X-Import-Notes.",
       .status = 201,
       .errors = {404, 413, 415},
       .consumes = {"*/*"}},
      [&service, &blocking, shared](api::Context& ctx, const ImportDocument& request,
                                    net::Exchange& exchange) {
        return import_document(service, shared, blocking, ctx.caller, request, exchange);
      });
  registry.describe_response<DocumentAnswer>("importDocument");
}

}  // namespace ob::documents
