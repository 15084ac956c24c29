#include "collab/protocol.h"

#include "base/error.h"

namespace ob::collab {

namespace {

Error malformed(const char* what) {
  return bad_request("collab.badMessage", what);
}

}  // namespace

std::uint64_t Reader::number() {
  constexpr unsigned kBits = 7;
  constexpr unsigned kMost = 63;
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < kMost; shift += kBits) {
    if (rest_.empty()) throw malformed("The message ends inside a number.");
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return out;
  }
  throw malformed("The message has a number that is too large.");
}

std::string_view Reader::bytes() {
  const std::uint64_t size = number();
  if (size > rest_.size()) throw malformed("The message is shorter than it says.");
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

void put_number(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void put_bytes(std::string& out, std::string_view bytes) {
  put_number(out, bytes.size());
  out += bytes;
}

std::string sync_message(SyncType type, std::string_view payload) {
  constexpr std::size_t kMostHead = 12;
  std::string out;
  out.reserve(payload.size() + kMostHead);
  out += static_cast<char>(MessageType::sync);
  out += static_cast<char>(type);
  put_bytes(out, payload);
  return out;
}

std::string awareness_message(std::string_view update) {
  std::string out;
  out += static_cast<char>(MessageType::awareness);
  put_bytes(out, update);
  return out;
}

std::string denied_message(std::string_view reason) {
  std::string out;
  out += static_cast<char>(MessageType::auth);
  put_number(out, 0);
  put_bytes(out, reason);
  return out;
}

}  // namespace ob::collab
