#pragma once
// Calls over the bridge: cancellation, and errors that become ob::Error.
#include <openbricks_native/src/objects/bridge.rs.h>
#include <rust/cxx.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/cancel.h"
#include "objects/objects.h"

namespace ob::objects {

// The bridge's handle of one call, cancelled with this thread's innermost Cancelling.
class BridgeCall {
 public:
  BridgeCall();
  const native::Call& operator*() const { return **call_; }

 private:
  std::shared_ptr<rust::Box<native::Call>> call_;
  CancelToken::Handle handle_;
};

// `what` names the attempted thing ("read 'a/b'"), `where` the store ("s3://bucket").
[[noreturn]] void throw_bridge_error(const rust::Error& error, const std::string& where,
                                     const std::string& what, bool opening);

// 400 objects.badKey when the text is not UTF-8.
rust::Str bridge_text(const std::string& text);

inline rust::Slice<const std::uint8_t> bridge_bytes(std::span<const std::byte> data) {
  return {reinterpret_cast<const std::uint8_t*>(data.data()), data.size()};
}

// Runs `work(call)`; its bridge errors become ob::Error.
template <class Work>
auto bridged(const std::string& where, const std::string& what, Work work) {
  const BridgeCall call;
  try {
    return work(*call);
  } catch (const rust::Error& error) {
    throw_bridge_error(error, where, what, false);
  }
}

}  // namespace ob::objects
