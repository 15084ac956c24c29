#pragma once
#include <functional>
#include <memory>
#include <string>

namespace ob {

// Shared request to stop. Copies refer to the same request. Thread-safe. cancel() runs each
// callback once, on the caller's thread; a callback added after cancel() runs at once.
class CancelToken {
 public:
  CancelToken();
  void cancel(std::string reason = "cancelled") const;
  bool cancelled() const;
  std::string reason() const;
  // The callback lives until the returned handle is destroyed (destruction waits for a running
  // callback).
  using Handle = std::shared_ptr<void>;
  [[nodiscard]] Handle on_cancel(std::function<void()> callback) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ob
