#pragma once
// Reading the head and the chunks of a request, and writing the head of an answer. No input or
// output here: bytes in, bytes out.
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/net.h"

namespace ob::net {

// Parses one request. Throws ob::Error with the status to answer: 400, 431, 501.
class RequestParser {
 public:
  explicit RequestParser(std::int64_t max_header_bytes);
  ~RequestParser();

  // Takes bytes of the head; returns how many were used. Needs the rest of the head in one piece,
  // so the unused bytes must come again, with more behind them.
  std::size_t put_head(std::string_view bytes);
  bool head_done() const;
  Request take_request();
  bool keep_alive() const { return keep_alive_; }
  bool http11() const { return http11_; }
  bool chunked() const { return chunked_; }
  bool expects_continue() const { return expects_continue_; }
  bool upgrade() const { return upgrade_; }

  // Decodes chunks from `bytes` into `out`.
  struct Chunks {
    std::size_t used = 0, made = 0;
    bool done = false;
  };
  Chunks put_chunks(std::string_view bytes, std::span<std::byte> out);

 private:
  void check_head();
  struct Impl;
  std::unique_ptr<Impl> impl_;
  bool keep_alive_ = false, http11_ = false, chunked_ = false, expects_continue_ = false,
       upgrade_ = false;
};

// How the body of an answer is told from what follows.
enum class Framing { none, length, chunked, until_close };
// Appends the head of an answer. Throws ob::Error 500 for a header that would break it.
void append_head(std::string& out, int status, const Headers& headers, Framing framing,
                 std::size_t length, bool keep_alive, bool http11);

}  // namespace ob::net
