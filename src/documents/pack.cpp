// How versions are compressed.
#include <zlib.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "documents/version_store.h"

namespace ob::documents {

std::string pack(std::string_view head, std::string_view rest) {
  constexpr int kLevel = 6;
  constexpr std::size_t kPiece = 64 * 1024;
  z_stream z{};
  if (deflateInit(&z, kLevel) != Z_OK) throw internal("zlib could not start");
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> ends(&z, deflateEnd);
  std::string out, piece(kPiece, '\0');
  int result = Z_OK;
  const auto put = [&](std::string_view bytes, int flush) {
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
    do {
      z.next_out = reinterpret_cast<Bytef*>(piece.data());
      z.avail_out = static_cast<uInt>(piece.size());
      result = deflate(&z, flush);
      out.append(piece, 0, piece.size() - z.avail_out);
    } while (z.avail_out == 0);
  };
  put(head, Z_NO_FLUSH);
  put(rest, Z_FINISH);
  if (result != Z_STREAM_END) throw internal("zlib could not compress a version");
  return out;
}

std::string unpack(std::string_view packed, std::size_t most) {
  z_stream z{};
  if (inflateInit(&z) != Z_OK) throw internal("zlib could not start");
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  z.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK && out.size() < most) {
    const std::size_t before = out.size();
    out.resize(std::min(most, std::max<std::size_t>(64 * 1024, before * 2)));
    z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    z.avail_out = static_cast<uInt>(out.size() - before);
    result = inflate(&z, Z_NO_FLUSH);
    out.resize(out.size() - z.avail_out);
  }
  inflateEnd(&z);
  if (result != Z_STREAM_END) throw internal("a version of a document is broken");
  return out;
}

}  // namespace ob::documents
