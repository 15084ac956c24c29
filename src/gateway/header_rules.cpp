#include "gateway/header_rules.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/error.h"

namespace ob::gateway {

namespace {

// What frames an answer is the server's alone.
constexpr std::array<std::string_view, 6> kOurs{"Connection",        "Content-Encoding",
                                                "Content-Length",    "Content-Type",
                                                "Transfer-Encoding", "Upgrade"};

constexpr std::string_view kBlanks = " \t\r";

bool is_name(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  return plain && !text.empty() && std::none_of(kOurs.begin(), kOurs.end(), [&](auto ours) {
           return net::same_name(ours, text);
         });
}

}  // namespace

HeaderRules::HeaderRules(const std::string& lines) {
  std::size_t at = 0;
  while (at < lines.size()) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string line(ascii::trimmed(std::string_view(lines).substr(at, end - at), kBlanks));
    at = end + 1;
    if (line.empty()) continue;
    const bool off = line.starts_with('-');
    const std::size_t colon = line.find(':');
    const std::string name(ascii::trimmed(
        std::string_view(line).substr(off ? 1 : 0, off ? line.npos : colon), kBlanks));
    const bool printable =
        std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 127; });
    if (!is_name(name) || !printable || (!off && colon == std::string::npos)) {
      throw bad_request("config.badValue",
                        "Setting 'response_headers' has the line '" + line +
                            "' but must have lines such as 'X-Robots-Tag: noindex' or '-Server'; "
                            "headers that frame an answer stay as they are.");
    }
    if (off) {
      off_.push_back(name);
    } else {
      set_.emplace_back(name, ascii::trimmed(std::string_view(line).substr(colon + 1), kBlanks));
    }
  }
}

void HeaderRules::apply(net::Headers& headers) const {
  if (off_.empty() && set_.empty()) return;
  std::erase_if(headers, [this](const auto& header) {
    const auto is_it = [&](std::string_view name) { return net::same_name(name, header.first); };
    return std::any_of(off_.begin(), off_.end(), is_it) ||
           std::any_of(set_.begin(), set_.end(), [&](const auto& one) { return is_it(one.first); });
  });
  headers.insert(headers.end(), set_.begin(), set_.end());
}

}  // namespace ob::gateway
