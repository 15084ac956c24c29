// What the load client knows of Yjs: updates that insert text into "quill", and whose inserts an
// update of somebody else holds, however its server merged them.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace load {

void put_number(std::string& out, std::uint64_t value);
void put_text(std::string& out, std::string_view text);

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t byte();
  std::uint64_t number();
  std::string_view bytes(std::size_t count);
  std::string_view text() { return bytes(number()); }  // a string or an array of bytes

 private:
  std::string_view rest_;
};

struct Id {
  std::uint64_t client = 0;
  std::uint64_t clock = 0;
};

// An update with one insert; after `origin`, or at the beginning of the text where it is null.
std::string insert_update(Id id, const Id* origin, std::string_view text);

// Calls `found(id, length)` for every run of text in an update. Throws at what it does not know.
void each_insert(std::string_view update, const std::function<void(Id, std::uint64_t)>& found);

}  // namespace load
