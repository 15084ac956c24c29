#pragma once
#include <string>

namespace ob::tracking {

// "https://key@host:port/path/project": where a project's events go.
struct Dsn {
  std::string key, secret;  // secret: of old trackers, mostly empty
  std::string host;         // "host" or "host:port", lower case
  std::string envelopes;    // the address to post to
};

// Throws Error 400 config.badValue, without the text.
Dsn parse_dsn(const std::string& text);

}  // namespace ob::tracking
