#include "documents/match.h"

#include <algorithm>
#include <optional>

namespace ob::documents {
namespace {

using Index = std::int64_t;
constexpr Index kDeepest = 2000;  // differences that are searched through at a time

struct Part {
  Index a0, a1, b0, b1;
  bool known;  // a match, not to be searched
};

class Matcher {
 public:
  Matcher(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b, std::int64_t& budget)
      : a_(a), b_(b), budget_(budget), forward_(2 * kDeepest + 3), backward_(2 * kDeepest + 3) {}

  std::vector<Match> run() {
    std::vector<Part> parts{{0, size(a_), 0, size(b_), false}};
    while (!parts.empty()) {
      Part part = parts.back();
      parts.pop_back();
      if (part.known) {
        found(part.a0, part.b0, part.a1 - part.a0);
        continue;
      }
      Index same = 0;
      while (part.a0 + same < part.a1 && part.b0 + same < part.b1 &&
             at(a_, part.a0 + same) == at(b_, part.b0 + same)) {
        ++same;
      }
      found(part.a0, part.b0, same);
      part.a0 += same, part.b0 += same;
      same = 0;
      while (part.a0 < part.a1 - same && part.b0 < part.b1 - same &&
             at(a_, part.a1 - 1 - same) == at(b_, part.b1 - 1 - same)) {
        ++same;
      }
      if (same > 0) parts.push_back({part.a1 - same, part.a1, part.b1 - same, part.b1, true});
      part.a1 -= same, part.b1 -= same;
      if (part.a0 == part.a1 || part.b0 == part.b1) continue;
      const auto middle = split(part);
      if (!middle) continue;
      const auto [x, y] = *middle;
      parts.push_back({x, part.a1, y, part.b1, false});
      parts.push_back({part.a0, x, part.b0, y, false});
    }
    return std::move(out_);
  }

 private:
  static Index size(std::span<const std::uint32_t> s) { return static_cast<Index>(s.size()); }
  static std::uint32_t at(std::span<const std::uint32_t> s, Index i) {
    return s[static_cast<std::size_t>(i)];
  }
  static Index& at(std::vector<Index>& v, Index diagonal) {
    return v[static_cast<std::size_t>(diagonal + kDeepest + 1)];
  }

  void found(Index a, Index b, Index length) {
    if (length == 0) return;
    const auto x = static_cast<std::size_t>(a), y = static_cast<std::size_t>(b);
    const auto n = static_cast<std::size_t>(length);
    if (!out_.empty() && out_.back().a + out_.back().length == x &&
        out_.back().b + out_.back().length == y) {
      out_.back().length += n;
    } else {
      out_.push_back({x, y, n});
    }
  }

  // A point on a shortest way through the part, neither its begin nor its end: the two differ in
  // their first and in their last elements. Diagonals are x - y, counted from the begin forward and
  // from the end backward; -1 is a point outside.
  std::optional<std::pair<Index, Index>> split(const Part& part) {
    const Index n = part.a1 - part.a0, m = part.b1 - part.b0, delta = n - m;
    const bool odd = delta % 2 != 0;
    for (Index d = 0;; ++d) {
      if (budget_ <= 0) return std::nullopt;
      if (d > kDeepest) return furthest(part, n, m);
      for (Index k = -d; k <= d; k += 2) {
        Index x = d == 0 ? 0 : reached(forward_, k, d, n, m);
        if (x >= 0) x = slide(part, x, x - k, n, m);
        at(forward_, k) = x;
        const Index other = k - delta;  // the same diagonal, counted from the end
        if (odd && x >= 0 && other > -d && other < d) {
          const Index back = at(backward_, -other);
          if (back >= 0 && x >= n - back) return std::pair{part.a0 + x, part.b0 + x - k};
        }
      }
      for (Index k = -d; k <= d; k += 2) {
        Index x = d == 0 ? 0 : reached(backward_, k, d, n, m);
        if (x >= 0) x = slide_back(part, x, x - k, n, m);
        at(backward_, k) = x;
        const Index other = delta - k;  // the same diagonal, counted from the begin
        if (!odd && x >= 0 && other >= -d && other <= d) {
          const Index front = at(forward_, other);
          if (front >= 0 && front >= n - x)
            return std::pair{part.a0 + n - x, part.b0 + m - (x - k)};
        }
      }
      budget_ -= 2 * d + 2;
    }
  }

  // The furthest point on diagonal k by one more step from its neighbours.
  static Index reached(std::vector<Index>& points, Index k, Index d, Index n, Index m) {
    Index out = -1;
    if (k < d) {  // down
      const Index x = at(points, k + 1);
      if (x >= 0 && x - k <= m) out = x;
    }
    if (k > -d) {  // right
      const Index x = at(points, k - 1);
      if (x >= 0 && x + 1 <= n) out = std::max(out, x + 1);
    }
    return out;
  }

  Index slide(const Part& part, Index x, Index y, Index n, Index m) {
    const Index from = x;
    while (x < n && y < m && at(a_, part.a0 + x) == at(b_, part.b0 + y)) ++x, ++y;
    budget_ -= x - from;
    return x;
  }
  Index slide_back(const Part& part, Index x, Index y, Index n, Index m) {
    const Index from = x;
    while (x < n && y < m && at(a_, part.a1 - 1 - x) == at(b_, part.b1 - 1 - y)) ++x, ++y;
    budget_ -= x - from;
    return x;
  }

  std::optional<std::pair<Index, Index>> furthest(const Part& part, Index n, Index m) {
    Index best_x = 0, best_y = 0;
    for (Index k = -kDeepest; k <= kDeepest; k += 2) {
      const Index x = at(forward_, k);
      if (x >= 0 && x + x - k > best_x + best_y) best_x = x, best_y = x - k;
    }
    const bool moved = best_x + best_y > 0 && best_x + best_y < n + m;
    if (!moved) return std::nullopt;
    return std::pair{part.a0 + best_x, part.b0 + best_y};
  }

  std::span<const std::uint32_t> a_, b_;
  std::int64_t& budget_;
  std::vector<Index> forward_, backward_;
  std::vector<Match> out_;
};

}  // namespace

std::vector<Match> match(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                         std::int64_t& budget) {
  return Matcher(a, b, budget).run();
}

}  // namespace ob::documents
