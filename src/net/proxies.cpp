#include "net/proxies.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace ob::net {

namespace {

constexpr int kMostHops = 32;  // of a chain of proxies that are looked at
constexpr std::size_t kMostHost = 255, kMostPrefix = 200;
constexpr int kBits = 128, kMappedBits = 96;
constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Splits at a character, but not inside of double quotes.
std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (text[i] != at || quoted)) continue;
    out.push_back(trimmed(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return out;
}

std::optional<std::array<std::uint8_t, 16>> parse(const std::string& address) {
  std::array<std::uint8_t, 16> out{};
  if (::inet_pton(AF_INET6, address.c_str(), out.data()) == 1) return out;
  std::copy(kMapped.begin(), kMapped.end(), out.begin());
  if (::inet_pton(AF_INET, address.c_str(), out.data() + kMapped.size()) == 1) return out;
  return std::nullopt;
}

bool all_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= kMostHost && all_of(text, "-._:[]");
}

// "/bricks" of "/bricks/"; "" for what is no plain path. It goes into pages and headers.
std::string clean_prefix(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  const bool ok = text.starts_with('/') && text.size() <= kMostPrefix && all_of(text, "/-._~") &&
                  text.find("//") == std::string_view::npos &&
                  text.find("/.") == std::string_view::npos;
  return ok ? std::string(text) : std::string();
}

// All values of a header that may stand more than once, in order.
std::vector<std::string_view> values(const Headers& headers, std::string_view name, char at) {
  std::vector<std::string_view> out;
  for (const auto& [key, value] : headers) {
    if (!same_name(key, name)) continue;
    const auto parts = split(value, at);
    out.insert(out.end(), parts.begin(), parts.end());
  }
  return out;
}

// The one that the proxy next to us wrote.
std::string_view last(const Headers& headers, std::string_view name) {
  const auto all = values(headers, name, ',');
  return all.empty() ? std::string_view() : all.back();
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text.remove_prefix(1);
    text.remove_suffix(1);
  }
  return text;
}

// A field of one element of Forwarded: for=…;proto=…;host=….
std::string_view field(std::string_view element, std::string_view name) {
  for (const std::string_view part : split(element, ';')) {
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && same_name(trimmed(part.substr(0, equals)), name)) {
      return unquoted(trimmed(part.substr(equals + 1)));
    }
  }
  return {};
}

}  // namespace

std::string plain_address(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('[')) {
    text = text.substr(1, text.find(']') - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  if (text.size() > INET6_ADDRSTRLEN) return {};
  const auto parsed = parse(std::string(text));
  if (!parsed) return {};
  const bool v4 = std::equal(kMapped.begin(), kMapped.end(), parsed->begin());
  std::array<char, INET6_ADDRSTRLEN> out{};
  const auto* bytes = parsed->data() + (v4 ? kMapped.size() : 0);
  ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes, out.data(), out.size());
  return out.data();
}

Proxies::Proxies(const std::vector<std::string>& networks, bool rfc7239, std::string path_prefix)
    : rfc7239_(rfc7239), path_prefix_(clean_prefix(path_prefix)) {
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    const auto address = parse(text.substr(0, slash));
    const bool v4 = text.find(':') == std::string::npos;
    int bits = v4 ? kBits - kMappedBits : kBits;
    const int most = bits;
    bool ok = address.has_value();
    if (slash != std::string::npos) {
      const char* end = text.data() + text.size();
      const auto [stop, ec] = std::from_chars(text.data() + slash + 1, end, bits);
      ok = ok && ec == std::errc() && stop == end && bits >= 0 && bits <= most;
    }
    if (!ok) {
      throw bad_request("config.badValue",
                        "Setting 'trusted_proxies' names '" + text +
                            "', which is neither an address nor a network such as 10.0.0.0/8.");
    }
    networks_.push_back({*address, v4 ? bits + kMappedBits : bits});
  }
}

bool Proxies::trusts(std::string_view address) const {
  if (networks_.empty()) return false;
  const auto parsed = parse(std::string(address));
  return parsed && std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
           const auto whole = static_cast<std::size_t>(network.bits / 8);
           if (std::memcmp(parsed->data(), network.bytes.data(), whole) != 0) return false;
           const int rest = network.bits % 8;
           const int mask = rest == 0 ? 0 : 0xff << (8 - rest);
           return rest == 0 || (((*parsed)[whole] ^ network.bytes[whole]) & mask) == 0;
         });
}

// The nearest hop that is not one of ours. Where a hop is unreadable, the proxy that wrote it is
// the last thing known.
std::string Proxies::client_of(const std::string& peer,
                               const std::vector<std::string_view>& hops) const {
  std::string client = peer;
  int looked_at = 0;
  for (auto hop = hops.rbegin(); hop != hops.rend() && looked_at < kMostHops; ++hop, ++looked_at) {
    std::string address = plain_address(*hop);
    if (address.empty()) return client;
    client = std::move(address);
    if (!trusts(client)) return client;
  }
  return client;
}

void Proxies::apply_x_forwarded(Request& request) const {
  request.remote_address =
      client_of(request.remote_address, values(request.headers, "x-forwarded-for", ','));
  if (const auto proto = last(request.headers, "x-forwarded-proto"); !proto.empty()) {
    request.secure = same_name(proto, "https") || same_name(proto, "wss");
  }
  if (const auto host = last(request.headers, "x-forwarded-host"); is_host(host)) {
    request.host = host;
  }
}

void Proxies::apply_forwarded(Request& request) const {
  const auto elements = values(request.headers, "forwarded", ',');
  std::vector<std::string_view> hops;
  for (const auto element : elements) hops.push_back(field(element, "for"));
  request.remote_address = client_of(request.remote_address, hops);
  if (elements.empty()) return;
  if (const auto proto = field(elements.back(), "proto"); !proto.empty()) {
    request.secure = same_name(proto, "https") || same_name(proto, "wss");
  }
  if (const auto host = field(elements.back(), "host"); is_host(host)) request.host = host;
}

void Proxies::apply(Request& request, bool trusted) const {
  request.proxied = trusted;
  request.prefix = path_prefix_;
  if (trusted) {
    rfc7239_ ? apply_forwarded(request) : apply_x_forwarded(request);
    const std::string given = clean_prefix(last(request.headers, "x-forwarded-prefix"));
    if (!given.empty()) request.prefix = given;
  }
  if (request.host.empty()) {
    if (const auto host = request.header("host"); is_host(host)) request.host = host;
  }
  // A proxy may leave the prefix on the path as well.
  if (!path_prefix_.empty() && request.path.starts_with(path_prefix_)) {
    const bool whole = request.path.size() == path_prefix_.size();
    if (whole) request.path = "/";
    if (!whole && request.path[path_prefix_.size()] == '/') {
      request.path.erase(0, path_prefix_.size());
    }
  }
}

}  // namespace ob::net
