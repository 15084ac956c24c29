#pragma once
// gzip of answers, and which answers are worth it.
#include <memory>
#include <string>
#include <string_view>

namespace ob::net {

class Gzip {
 public:
  Gzip();
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  // Appends compressed bytes to `out`; `last` ends the stream.
  void write(std::string_view bytes, bool last, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

bool compressible(std::string_view content_type);
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace ob::net
