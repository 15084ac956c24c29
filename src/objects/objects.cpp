#include "objects/objects.h"

#include "base/error.h"
#include "objects/local.h"
#include "objects/remote.h"

namespace ob::objects {
namespace {

constexpr std::size_t kMaxKey = 1024;  // S3's limit
constexpr std::size_t kMaxPart = 255;  // of a file name on Linux

Error unsupported(const std::string& what) {
  return {501, "objects.unsupported", "This object store cannot " + what + "."};
}

[[noreturn]] void bad_key(const std::string& why) {
  throw bad_request("objects.badKey", "The key " + why + ".");
}

}  // namespace

ObjectInfo Reader::info() const {
  throw unsupported("tell the version of an object");
}
bool Store::move_if_absent(const std::string&, const std::string&) {
  throw unsupported("move without replacing");
}
bool Store::move_prefix(const std::string& from, const std::string& to) {
  validate_key(to);
  if (head(to) || !list(to + "/", "", 1, false).empty()) return false;
  constexpr std::size_t kPage = 1000;
  bool found = false;
  for (auto page = list(from + "/", "", kPage, false); !page.empty();
       page = list(from + "/", "", kPage, false)) {
    found = true;
    for (const auto& object : page) move(object.key, to + object.key.substr(from.size()));
  }
  if (!found) throw not_found("objects.notFound", "There is no such object.");
  return true;
}
std::unique_ptr<Staged> Store::stage(const std::string&, bool) {
  throw unsupported("stage objects");
}
bool Store::drop_staged(const std::string&) {
  throw unsupported("stage objects");
}
std::vector<std::string> Store::staged() {
  throw unsupported("stage objects");
}

void validate_key(std::string_view key) {
  if (key.empty()) bad_key("is empty");
  if (key.size() > kMaxKey) bad_key("is longer than 1,024 bytes");
  if (key.find('\0') != key.npos) bad_key("has a NUL character");
  std::size_t from = 0;
  while (from <= key.size()) {
    const auto part = key.substr(from, key.find('/', from) - from);
    if (part.empty()) bad_key("has an empty part");
    if (part == "." || part == "..") bad_key("has a part '.' or '..'");
    if (part.size() > kMaxPart) bad_key("has a part longer than 255 bytes");
    if (from == 0 && (part == kTemporary || part == kStaged)) bad_key("is reserved");
    from += part.size() + 1;
  }
}

std::unique_ptr<Store> open(const std::string& url) {
  return open(url, {});
}

std::unique_ptr<Store> open(const std::string& url, const Credentials& credentials,
                            const RemoteOptions& options) {
  constexpr std::string_view kFile = "file://";
  if (url.starts_with(kFile) && url.size() > kFile.size() + 1 && url[kFile.size()] == '/') {
    return open_local(url.substr(kFile.size()));
  }
  if (is_remote(url)) return open_remote(parse_remote(url, credentials), credentials, options);
  throw bad_request("objects.badUrl",
                    "The objects URL is of no known kind, or its path is not absolute; write "
                    "file:///absolute/path, s3://bucket/prefix, gs://bucket/prefix or "
                    "az://container/prefix?account=NAME.");
}

}  // namespace ob::objects
