#include "yjs.h"

namespace load {

namespace {

constexpr std::uint8_t kOrigin = 0x80, kRightOrigin = 0x40, kParentSub = 0x20;
enum Content : std::uint8_t { gc = 0, deleted = 1, string = 4, embed = 5, format = 6, skip = 10 };

// JavaScript's length of UTF-8 text: its UTF-16 units.
std::uint64_t units(std::string_view text) {
  std::uint64_t found = 0;
  for (const unsigned char c : text) found += (c & 0xC0) == 0x80 ? 0 : c >= 0xF0 ? 2 : 1;
  return found;
}

void skip_id(Reader& in) {
  in.number();
  in.number();
}

void skip_origins(Reader& in, std::uint8_t info) {
  if (info & kOrigin) skip_id(in);
  if (info & kRightOrigin) skip_id(in);
  if (info & (kOrigin | kRightOrigin)) return;
  if (in.number() == 1) {
    in.text();
  } else {
    skip_id(in);
  }
  if (info & kParentSub) in.text();
}

}  // namespace

void put_number(std::string& out, std::uint64_t value) {
  for (; value > 0x7F; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7F));
  out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

std::uint8_t Reader::byte() {
  return static_cast<std::uint8_t>(bytes(1)[0]);
}

std::uint64_t Reader::number() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t next = byte();
    value |= static_cast<std::uint64_t>(next & 0x7F) << shift;
    if (next < 0x80) return value;
  }
  throw std::runtime_error("a number of more than 64 bits");
}

std::string_view Reader::bytes(std::size_t count) {
  if (count > rest_.size()) throw std::runtime_error("a message ends too early");
  const auto found = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return found;
}

std::string insert_update(Id id, const Id* origin, std::string_view text) {
  std::string out("\1\1", 2);  // one client, one struct
  put_number(out, id.client);
  put_number(out, id.clock);
  out += static_cast<char>(Content::string | (origin ? kOrigin : 0));
  if (origin) {
    put_number(out, origin->client);
    put_number(out, origin->clock);
  } else {
    put_number(out, 1);  // the parent is a type of the document by its name
    put_text(out, "quill");
  }
  put_text(out, text);
  put_number(out, 0);  // nothing deleted
  return out;
}

void each_insert(std::string_view update, const std::function<void(Id, std::uint64_t)>& found) {
  Reader in(update);
  for (auto clients = in.number(); clients > 0; --clients) {
    auto structs = in.number();
    Id id{.client = in.number()};
    id.clock = in.number();
    for (; structs > 0; --structs) {
      const std::uint8_t info = in.byte(), content = info & 0x1F;
      std::uint64_t length = 1;
      if (content == Content::gc || content == Content::skip) {
        length = in.number();
      } else {
        skip_origins(in, info);
        if (content == Content::string) {
          length = units(in.text());
          found(id, length);
        } else if (content == Content::deleted) {
          length = in.number();
        } else if (content == Content::embed) {
          in.text();
        } else if (content == Content::format) {
          in.text();
          in.text();
        } else {
          throw std::runtime_error("an update with content " + std::to_string(content));
        }
      }
      id.clock += length;
    }
  }
}

}  // namespace load
