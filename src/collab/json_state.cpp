#include "collab/json_state.h"

#include <cstddef>

namespace ob::collab {

namespace {

constexpr int kDeepest = 64;

// RFC 8259. Every method moves behind what it reads, and says whether it was there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool state() {
    space();
    if (!word("null") && !(next() == '{' && value(0))) return false;
    space();
    return at_ == text_.size();
  }

 private:
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (next() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view one) {
    if (!text_.substr(at_).starts_with(one)) return false;
    at_ += one.size();
    return true;
  }
  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
  }

  bool value(int depth) {
    space();
    switch (next()) {
      case '{':
        return list('{', '}', depth, [this, depth] {
          space();
          if (!string()) return false;
          space();
          return take(':') && value(depth + 1);
        });
      case '[':
        return list('[', ']', depth, [this, depth] { return value(depth + 1); });
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  template <class Item>
  bool list(char begin, char end, int depth, Item item) {
    if (depth >= kDeepest || !take(begin)) return false;
    space();
    if (take(end)) return true;
    while (item()) {
      space();
      if (take(end)) return true;
      if (!take(',')) return false;
    }
    return false;
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      const char escaped = next();
      ++at_;
      if (escaped == 'u') {
        for (int i = 0; i < 4; ++i, ++at_)
          if (!std::string_view("0123456789abcdefABCDEF").contains(next())) return false;
      } else if (!std::string_view("\"\\/bfnrt").contains(escaped)) {
        return false;
      }
    }
    return false;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (next() >= '0' && next() <= '9') ++at_;
    return at_ > begin;
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool is_state(std::string_view text) {
  return Scanner(text).state();
}

}  // namespace ob::collab
