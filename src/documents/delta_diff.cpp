// The difference of two documents.
#include <boost/json/serialize.hpp>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "documents/delta_steps.h"
#include "documents/match.h"

namespace ob::documents {
namespace {

constexpr std::uint32_t kEmbeds = 0x110000;   // above all code points
constexpr std::int64_t kBudget = 30'000'000;  // about 0.1 s

// Code points, and numbers for embeds that are the same for the same embed.
using Points = std::vector<std::uint32_t>;
using Embeds = std::map<std::string, std::uint32_t>;

Points points_of(const Delta& document, Embeds& embeds) {
  Points out;
  for (const Op& op : document.ops()) {
    if (!op.embed.is_null()) {
      const auto fresh = static_cast<std::uint32_t>(embeds.size());
      out.push_back(kEmbeds +
                    embeds.emplace(boost::json::serialize(op.embed), fresh).first->second);
      continue;
    }
    const std::u16string& text = op.text;
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::uint32_t c = text[i];
      const bool pair = c >= 0xD800 && c < 0xDC00 && i + 1 < text.size() && text[i + 1] >= 0xDC00 &&
                        text[i + 1] < 0xE000;
      if (pair) c = 0x10000 + ((c - 0xD800) << 10) + (text[++i] - 0xDC00U);
      out.push_back(c);
    }
  }
  return out;
}

std::int64_t units(std::span<const std::uint32_t> points) {
  auto out = static_cast<std::int64_t>(points.size());
  for (const std::uint32_t c : points) out += c >= 0x10000 && c < kEmbeds ? 1 : 0;
  return out;
}

using Pieces = std::span<const std::uint32_t>;

std::size_t line_end(Pieces text, std::size_t at) {
  while (at < text.size() && text[at] != '\n') ++at;
  return std::min(at + 1, text.size());
}

// A word, or one character that belongs to none.
std::size_t word_end(Pieces text, std::size_t at) {
  const auto part_of_word = [](std::uint32_t c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= 0xC0 && c < 0x2000) || (c >= 0xAC00 && c < 0xD7B0);
  };
  if (!part_of_word(text[at++])) return at;
  while (at < text.size() && part_of_word(text[at])) ++at;
  return at;
}

struct PiecesHash {
  std::size_t operator()(Pieces p) const {
    std::uint64_t out = 1469598103934665603ULL;
    for (const std::uint32_t c : p) out = (out ^ c) * 1099511628211ULL;
    return static_cast<std::size_t>(out ^ (out >> 29));
  }
};
struct PiecesEqual {
  bool operator()(Pieces a, Pieces b) const { return std::ranges::equal(a, b); }
};

// A text cut into lines or words, which have the same number when they are the same.
class Cuts {
 public:
  using End = std::size_t (*)(Pieces, std::size_t);
  explicit Cuts(End end) : end_(end) {}
  struct Cut {
    std::vector<std::uint32_t> numbers;
    std::vector<std::size_t> begins;  // and the end of all
  };
  Cut cut(Pieces text) {
    Cut out;
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = end_(text, at);
      const auto fresh = static_cast<std::uint32_t>(known_.size());
      out.numbers.push_back(known_.emplace(text.subspan(at, end - at), fresh).first->second);
      out.begins.push_back(at);
      at = end;
    }
    out.begins.push_back(at);
    return out;
  }

 private:
  End end_;
  std::unordered_map<Pieces, std::uint32_t, PiecesHash, PiecesEqual> known_;
};

class Differ {
 public:
  Differ(const Points& a, const Points& b) : a_(a), b_(b) {}

  std::vector<Match> run() {
    by(line_end, 0, a_.size(), 0, b_.size(),
       [this](auto... part) { by(word_end, part..., [this](auto... rest) { ends(rest...); }); });
    return std::move(out_);
  }

 private:
  // Finds what is the same in these parts, and hands what lies between to `between`.
  template <class Between>
  void by(Cuts::End end, std::size_t a0, std::size_t a1, std::size_t b0, std::size_t b1,
          Between between) {
    Cuts cuts(end);
    const auto a = cuts.cut(Pieces(a_).subspan(a0, a1 - a0));
    const auto b = cuts.cut(Pieces(b_).subspan(b0, b1 - b0));
    std::size_t at_a = a0, at_b = b0;
    for (const Match& m : match(a.numbers, b.numbers, budget_)) {
      const std::size_t begin_a = a0 + a.begins[m.a], begin_b = b0 + b.begins[m.b];
      between(at_a, begin_a, at_b, begin_b);
      at_a = a0 + a.begins[m.a + m.length];
      at_b = b0 + b.begins[m.b + m.length];
      found(begin_a, begin_b, at_a - begin_a);
    }
    between(at_a, a1, at_b, b1);
  }

  // Between words that are the same, only what begins and ends alike is the same.
  void ends(std::size_t a0, std::size_t a1, std::size_t b0, std::size_t b1) {
    std::size_t same = 0;
    while (a0 + same < a1 && b0 + same < b1 && a_[a0 + same] == b_[b0 + same]) ++same;
    found(a0, b0, same);
    a0 += same, b0 += same;
    same = 0;
    while (a0 + same < a1 && b0 + same < b1 && a_[a1 - 1 - same] == b_[b1 - 1 - same]) ++same;
    found(a1 - same, b1 - same, same);
  }

  void found(std::size_t a, std::size_t b, std::size_t length) {
    if (length > 0) out_.push_back({a, b, length});
  }

  const Points &a_, &b_;
  std::int64_t budget_ = kBudget;
  std::vector<Match> out_;
};

// One change after the other.
class Changes {
 public:
  Changes(const Delta& a, const Delta& b) : old_(a.ops()), fresh_(b.ops()) {}

  void replace(std::int64_t gone, std::int64_t come) {
    while (come > 0) {
      Op op = fresh_.next(come);
      come -= op.length();
      out_.push(std::move(op));
    }
    out_.remove(gone);
    while (gone > 0) gone -= old_.next(gone).length();
  }
  void keep(std::int64_t length) {
    while (length > 0) {
      const std::int64_t step = std::min({old_.left(), fresh_.left(), length});
      const Op before = old_.next(step), after = fresh_.next(step);
      length -= step;
      boost::json::object attributes = after.attributes;
      for (const auto& [key, value] : before.attributes) {
        const auto* now = after.attributes.if_contains(key);
        if (now == nullptr) {
          attributes[key] = nullptr;
        } else if (*now == value) {
          attributes.erase(key);
        }
      }
      out_.retain(step, std::move(attributes));
    }
  }
  Delta take() { return std::move(out_.chop()); }

 private:
  Steps old_, fresh_;
  Delta out_;
};

}  // namespace

Delta Delta::diff(const Delta& other) const {
  if (!is_document() || !other.is_document()) {
    throw bad_request("documents.badDelta",
                      "Only documents can be compared: deltas that insert, and nothing else.");
  }
  Embeds embeds;
  const Points a = points_of(*this, embeds), b = points_of(other, embeds);
  Changes changes(*this, other);
  std::size_t at_a = 0, at_b = 0;
  const auto upto = [&](std::size_t end_a, std::size_t end_b) {
    changes.replace(units(Pieces(a).subspan(at_a, end_a - at_a)),
                    units(Pieces(b).subspan(at_b, end_b - at_b)));
    at_a = end_a, at_b = end_b;
  };
  for (const Match& m : Differ(a, b).run()) {
    upto(m.a, m.b);
    changes.keep(units(Pieces(a).subspan(m.a, m.length)));
    at_a += m.length, at_b += m.length;
  }
  upto(a.size(), b.size());
  return changes.take();
}

}  // namespace ob::documents
