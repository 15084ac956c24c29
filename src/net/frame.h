#pragma once
// WebSocket frames (RFC 6455, section 5): encoding of ours, decoding of a client's.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/net.h"

namespace ob::net {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

namespace close_code {
inline constexpr int normal = 1000, going_away = 1001, protocol_error = 1002, no_status = 1005,
                     bad_payload = 1007, too_large = 1009, try_again = 1013;
}

std::string encode_frame(Opcode opcode, std::string_view payload);
std::string encode_close(int code, std::string_view reason);

// What a client sends, fed in pieces as they arrive. Nothing is allocated by a length that is only
// claimed.
class FrameReader {
 public:
  explicit FrameReader(std::size_t max_message_bytes) : max_(max_message_bytes) {}

  struct Event {
    Opcode opcode = Opcode::binary;  // text or binary for a whole message; close, ping or pong
    std::string data;
  };
  struct Violation {
    int code;
    std::string reason;
  };
  // Takes bytes from the front of `input` until an event is complete or nothing is left. Throws
  // Violation; nothing may be fed after that.
  std::optional<Event> feed(std::string_view& input);
  // Messages may have this many bytes from now on.
  void limit(std::size_t max_message_bytes) { max_ = max_message_bytes; }
  // Keeps nothing of messages from now on; those that come are empty.
  void discard() {
    discards_ = true;
    message_ = {};
  }

 private:
  bool read_head(std::string_view& input);
  void check_head();
  std::optional<Event> payload_done();

  std::size_t max_;
  std::string head_;  // of the frame that is being read
  bool in_payload_ = false;
  Opcode opcode_ = Opcode::continuation;
  bool final_ = false;
  std::uint64_t left_ = 0;  // bytes of its payload that did not come yet
  std::uint8_t mask_[4] = {};
  std::size_t mask_at_ = 0;
  std::string control_;
  std::string message_;  // of the frames so far
  std::size_t parts_ = 0;
  bool discards_ = false;
  std::optional<Opcode> message_opcode_;
};

// The code of a close frame's payload; throws FrameReader::Violation for what must not be sent.
int parse_close(std::string_view payload);

}  // namespace ob::net
