#pragma once
// Inside of delta: walks operations in pieces.
#include <limits>

#include "documents/delta.h"

namespace ob::documents {

class Steps {
 public:
  static constexpr std::int64_t kEndless = std::numeric_limits<std::int64_t>::max();
  explicit Steps(const std::vector<Op>& ops) : ops_(ops) {}

  bool more() const { return index_ < ops_.size(); }
  // Behind the end there is one endless retain.
  Op::Kind kind() const { return more() ? ops_[index_].kind : Op::Kind::retain; }
  std::int64_t left() const { return more() ? ops_[index_].length() - offset_ : kEndless; }
  // At most `length` of the next operation, or all that is left of it.
  Op next(std::int64_t length = kEndless);

 private:
  const std::vector<Op>& ops_;
  std::size_t index_ = 0;
  std::int64_t offset_ = 0;
};

}  // namespace ob::documents
