#pragma once
// A reader of the little CBOR (RFC 8949) that authenticators send: integers, byte and text strings,
// arrays, maps, booleans and null, in the canonical form of CTAP2 (definite lengths, shortest
// heads). Everything else is refused, so is what is nested deeper or holds more than kMaxDepth and
// kMaxItems say. Nothing is copied: what is returned points into the bytes that were given.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace ob::identity::cbor {

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxItems = 256;  // of all arrays and maps together, keys counted

class Malformed : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Type { integer, bytes, text, array, map, simple };

// All throw Malformed when something else is next, or the bytes end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  Type next() const;
  std::int64_t integer();
  std::string_view bytes();
  std::string_view text();
  std::size_t map();  // how many pairs follow
  void skip() { skip(0); }

  bool at_end() const { return at_ == bytes_.size(); }
  std::size_t position() const { return at_; }

 private:
  struct Head {
    unsigned major = 0;
    std::uint64_t value = 0;
  };
  Head head();
  Head expect(unsigned major, const char* what);
  std::string_view take(std::uint64_t size);
  std::size_t count(std::uint64_t items, unsigned each);
  void skip(int depth);

  std::string_view bytes_;
  std::size_t at_ = 0, items_ = 0;
};

}  // namespace ob::identity::cbor
