#include "net/compress.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "net/net.h"

namespace ob::net {

struct Gzip::State {
  z_stream z{};
};

Gzip::Gzip() : state_(std::make_unique<State>()) {
  constexpr int kLevel = 4;  // about half the time of the default for a few per cent more bytes
  constexpr int kGzipWindow = 15 + 16;
  constexpr int kMemory = 8;
  if (deflateInit2(&state_->z, kLevel, Z_DEFLATED, kGzipWindow, kMemory, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw internal("zlib could not start");
  }
}

Gzip::~Gzip() {
  deflateEnd(&state_->z);
}

void Gzip::write(std::string_view bytes, bool last, std::string& out) {
  z_stream& z = state_->z;
  std::array<unsigned char, 16 * 1024> piece;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  do {
    z.next_out = piece.data();
    z.avail_out = static_cast<uInt>(piece.size());
    if (deflate(&z, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR) {
      throw internal("zlib lost its state");
    }
    out.append(reinterpret_cast<const char*>(piece.data()), piece.size() - z.avail_out);
  } while (z.avail_out == 0);
}

bool compressible(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  if (type == "text/event-stream") return false;  // its events must not wait for one another
  static constexpr std::array<std::string_view, 7> kTypes{
      "application/json", "application/javascript",    "application/xml",     "image/svg+xml",
      "application/wasm", "application/manifest+json", "application/geo+json"};
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

bool accepts_gzip(std::string_view accept) {
  while (!accept.empty()) {
    const std::size_t end = accept.find(',');
    std::string_view one = accept.substr(0, end);
    accept = end == std::string_view::npos ? std::string_view() : accept.substr(end + 1);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    const std::size_t semicolon = one.find(';');
    std::string_view name = one.substr(0, semicolon);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!same_name(name, "gzip")) continue;
    if (semicolon == std::string_view::npos) return true;
    const std::size_t q = one.find("q=", semicolon);
    // "q=0", "q=0.0" and so on refuse it.
    return q == std::string_view::npos ||
           one.substr(q + 2).find_first_of("123456789") != std::string_view::npos;
  }
  return false;
}

}  // namespace ob::net
