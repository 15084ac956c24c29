#include "gateway/page.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/ascii.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"

namespace ob::gateway {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kBase = "<base href=\"/\"";   // in index.html
constexpr std::uintmax_t kMostBytes = 32 * 1024 * 1024;  // of one file

struct Type {
  std::string_view extension, type;
  bool asset;  // never the last part of an address of the page itself
};
constexpr std::array<Type, 18> kTypes{{{".html", "text/html; charset=utf-8", false},
                                       {".js", "text/javascript; charset=utf-8", true},
                                       {".mjs", "text/javascript; charset=utf-8", true},
                                       {".css", "text/css; charset=utf-8", true},
                                       {".map", "application/json", true},
                                       {".json", "application/json", false},
                                       {".svg", "image/svg+xml", true},
                                       {".png", "image/png", true},
                                       {".jpg", "image/jpeg", true},
                                       {".webp", "image/webp", true},
                                       {".ico", "image/x-icon", true},
                                       {".woff", "font/woff", true},
                                       {".woff2", "font/woff2", true},
                                       {".ttf", "font/ttf", true},
                                       {".wasm", "application/wasm", true},
                                       {".webmanifest", "application/manifest+json", true},
                                       {".txt", "text/plain; charset=utf-8", false},
                                       {".xml", "application/xml", false}}};

const Type* type_of(std::string_view path) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const Type& t) { return path.ends_with(t.extension); });
  return found == kTypes.end() ? nullptr : &*found;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  if (!file) {
    throw Error(500, "gateway.unreadablePage", "A file of the page cannot be read.", path.string());
  }
  return std::move(out).str();
}

}  // namespace

bool etag_matches(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view one = ascii::trimmed(header.substr(0, comma));
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag || one == "*") return true;
  }
  return false;
}

bool accepts_encoding(std::string_view header, std::string_view encoding) {
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view one = ascii::trimmed(header.substr(0, comma));
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    const std::size_t semicolon = one.find(';');
    if (!net::same_name(ascii::trimmed(one.substr(0, semicolon)), encoding)) continue;
    if (semicolon == std::string_view::npos) return true;
    const std::size_t q = one.find("q=", semicolon);
    return q == std::string_view::npos ||
           one.substr(q + 2).find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

Page::Page(const std::string& directory) {
  std::error_code missing;
  if (directory.empty() || !fs::is_directory(directory, missing)) return;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file() || entry.file_size() > kMostBytes) continue;
    const std::string path = "/" + fs::relative(entry.path(), directory).generic_string();
    if (!path.ends_with(".gz") && !path.ends_with(".br") && path.find("/.") == std::string::npos) {
      load(directory, path);
    }
  }
  if (!files_.contains("/index.html")) {
    files_.clear();
    log::warn("the page has no index.html and is not served", {{"web_dir", directory.c_str()}});
  }
}

void Page::load(const std::string& directory, const std::string& path) {
  File file;
  const Type* type = type_of(path);
  file.type = type ? type->type : "application/octet-stream";
  file.plain = read_file(directory + path);
  file.etag = sha256_hex(file.plain).substr(0, 20);
  if (fs::exists(directory + path + ".br")) file.brotli = read_file(directory + path + ".br");
  if (fs::exists(directory + path + ".gz")) file.gzip = read_file(directory + path + ".gz");
  files_.emplace(path, std::move(file));
}

// The file itself, or index.html for an address of the page's own (a link that was reloaded).
const Page::File& Page::find(const net::Request& request, const std::string& path) const {
  const auto found = files_.find(path == "/" ? "/index.html" : std::string_view(path));
  if (found != files_.end()) return found->second;
  const Type* type = type_of(path);
  const bool wants_page = request.header("accept").find("text/html") != std::string_view::npos;
  const bool own = !files_.empty() && !path.starts_with("/assets/") && !path.starts_with("/ws/") &&
                   path.find("/..") == std::string::npos && path.find('\0') == std::string::npos &&
                   (wants_page || !type || !type->asset);
  if (!own) {
    throw not_found("request.noSuchPath",
                    "There is nothing at this address. The API is under "
                    "/api/v1, its description at /api/docs.");
  }
  return files_.find("/index.html")->second;
}

// The page finds everything else by its base.
net::Response Page::below(const net::Request& request, const File& file) const {
  net::Response out;
  out.body = file.plain;
  if (const std::size_t at = out.body.find(kBase); at != std::string::npos) {
    out.body.replace(at, kBase.size(), "<base href=\"" + request.prefix + "/\"");
  }
  out.headers = {{"Content-Type", file.type}, {"Cache-Control", "no-cache"}};
  if (request.proxied) out.headers.emplace_back("Vary", "X-Forwarded-Prefix");
  return out;
}

net::Response Page::answer(const net::Request& request) const {
  const std::string path = net::percent_decode(request.path);
  const File& file = find(request, path);
  if (!request.prefix.empty() && file.type.starts_with("text/html")) return below(request, file);
  net::Response out;
  const std::string_view accept = request.header("accept-encoding");
  const std::string* body = &file.plain;
  std::string etag = "\"" + file.etag;
  if (!file.brotli.empty() && accepts_encoding(accept, "br")) {
    body = &file.brotli;
    etag += "-br";
    out.headers.emplace_back("Content-Encoding", "br");
  } else if (!file.gzip.empty() && accepts_encoding(accept, "gzip")) {
    body = &file.gzip;
    etag += "-gz";
    out.headers.emplace_back("Content-Encoding", "gzip");
  }
  etag += '"';
  if (!file.brotli.empty() || !file.gzip.empty()) {
    out.headers.emplace_back("Vary", "Accept-Encoding");
  }
  out.headers.emplace_back("Content-Type", file.type);
  // What the bundler puts under /assets has its digest in the name.
  out.headers.emplace_back("Cache-Control", path.starts_with("/assets/")
                                                ? "public, max-age=31536000, immutable"
                                                : "no-cache");
  out.headers.emplace_back("ETag", etag);
  if (etag_matches(request.header("if-none-match"), etag)) {
    out.status = 304;
  } else {
    out.body = *body;
  }
  return out;
}

}  // namespace ob::gateway
