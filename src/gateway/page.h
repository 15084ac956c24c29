#pragma once
// The built web page, held in memory: a path is looked up among the files that were there at start,
// so no request can reach another file.
#include <map>
#include <optional>

#include "net/net.h"

namespace ob::gateway {

class Page {
 public:
  explicit Page(const std::string& directory);
  bool empty() const { return files_.empty(); }
  // The answer to GET or HEAD of a path outside of the API; throws ob::Error 404.
  net::Response answer(const net::Request& request) const;

 private:
  struct File {
    std::string type, etag;
    std::string plain, gzip, brotli;
  };
  net::Response below(const net::Request& request, const File& file) const;
  void load(const std::string& directory, const std::string& path);
  const File& find(const net::Request& request, const std::string& path) const;
  std::map<std::string, File, std::less<>> files_;  // by path: "/assets/index-3f2a.js"
};

// Whether a header such as If-None-Match names the validator (weak comparison).
bool etag_matches(std::string_view header, std::string_view etag);
// Whether an Accept-Encoding header allows an encoding by name.
bool accepts_encoding(std::string_view header, std::string_view encoding);

}  // namespace ob::gateway
