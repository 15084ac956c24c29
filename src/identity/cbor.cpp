#include "identity/cbor.h"

#include <array>
#include <limits>
#include <string>

namespace ob::identity::cbor {
namespace {

constexpr unsigned kUnsigned = 0, kNegative = 1, kBytes = 2, kText = 3, kArray = 4, kMap = 5,
                   kTag = 6, kSimple = 7;
constexpr std::uint64_t kFalse = 20, kNull = 22;

}  // namespace

Type Reader::next() const {
  if (at_end()) throw Malformed("CBOR ends early");
  const unsigned major = static_cast<unsigned char>(bytes_[at_]) >> 5;
  if (major == kTag) throw Malformed("CBOR has a tag");
  constexpr std::array kTypes{Type::integer, Type::integer, Type::bytes,  Type::text,
                              Type::array,   Type::map,     Type::simple, Type::simple};
  return kTypes.at(major);
}

Reader::Head Reader::head() {
  const auto first = static_cast<unsigned char>(take(1)[0]);
  const unsigned major = first >> 5, low = first & 31;
  if (low < 24) return {major, low};
  // Longer simple values and floats, and lengths that come later.
  if (low > 27 || major == kSimple) throw Malformed("CBOR has a form that is not allowed");
  std::uint64_t value = 0;
  for (const char c : take(std::uint64_t{1} << (low - 24))) {
    value = value << 8 | static_cast<unsigned char>(c);
  }
  constexpr std::array<std::uint64_t, 4> kLeast{24, 0x100, 0x1'0000, 0x1'0000'0000};
  if (value < kLeast.at(low - 24)) throw Malformed("CBOR is longer than it need be");
  return {major, value};
}

Reader::Head Reader::expect(unsigned major, const char* what) {
  const Head found = head();
  if (found.major != major) throw Malformed(std::string("CBOR lacks ") + what);
  return found;
}

std::string_view Reader::take(std::uint64_t size) {
  if (size > bytes_.size() - at_) throw Malformed("CBOR ends early");
  const auto out = bytes_.substr(at_, static_cast<std::size_t>(size));
  at_ += out.size();
  return out;
}

std::size_t Reader::count(std::uint64_t items, unsigned each) {
  if (items > kMaxItems || (items_ += static_cast<std::size_t>(items) * each) > kMaxItems) {
    throw Malformed("CBOR has too many items");
  }
  return static_cast<std::size_t>(items);
}

std::int64_t Reader::integer() {
  const Head found = head();
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (found.major > kNegative || found.value > kMost) throw Malformed("CBOR lacks an integer");
  const auto value = static_cast<std::int64_t>(found.value);
  return found.major == kUnsigned ? value : -1 - value;
}

std::string_view Reader::bytes() {
  return take(expect(kBytes, "bytes").value);
}

std::string_view Reader::text() {
  return take(expect(kText, "a text").value);
}

std::size_t Reader::map() {
  return count(expect(kMap, "a map").value, 2);
}

void Reader::skip(int depth) {
  if (depth > kMaxDepth) throw Malformed("CBOR is nested too deep");
  const Head found = head();
  switch (found.major) {
    case kUnsigned:
    case kNegative:
      return;
    case kBytes:
    case kText:
      take(found.value);
      return;
    case kArray:
    case kMap: {
      const unsigned each = found.major == kMap ? 2 : 1;
      const std::size_t items = count(found.value, each) * each;
      for (std::size_t i = 0; i < items; ++i) skip(depth + 1);
      return;
    }
    default:
      if (found.major == kTag || found.value < kFalse || found.value > kNull) {
        throw Malformed("CBOR has a form that is not allowed");
      }
  }
}

}  // namespace ob::identity::cbor
