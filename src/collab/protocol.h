#pragma once
// The y-protocols' messages (https://github.com/yjs/y-protocols/blob/master/PROTOCOL.md), and what
// Hocuspocus adds: the document's name before each, and further types.
#include <cstdint>
#include <string>
#include <string_view>

namespace ob::collab {

enum class MessageType : std::uint8_t {
  sync = 0,
  awareness = 1,
  auth = 2,
  query_awareness = 3,
  // Hocuspocus only:
  sync_reply = 4,
  stateless = 5,
  broadcast_stateless = 6,
  close = 7,
  sync_status = 8,
  ping = 9,
  pong = 10
};
enum class SyncType : std::uint8_t { step1 = 0, step2 = 1, update = 2 };
enum class AuthType : std::uint8_t { token = 0, denied = 1, authenticated = 2 };

// Takes lib0's encodings from the front of bytes. Throws Error 400 collab.badMessage.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number();    // unsigned, 7 bits a byte
  std::string_view bytes();  // their length before them
  std::string_view rest() const { return rest_; }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

void put_number(std::string& out, std::uint64_t value);
void put_bytes(std::string& out, std::string_view bytes);

std::string sync_message(SyncType type, std::string_view payload);
std::string awareness_message(std::string_view update);
// The y-protocols' own refusal, which has no code of its own.
std::string denied_message(std::string_view reason);

}  // namespace ob::collab
