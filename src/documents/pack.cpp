// How versions are compressed.
#include <zlib.h>

#include <algorithm>

#include "base/error.h"
#include "documents/version_store.h"

namespace ob::documents {

std::string pack(std::string_view bytes) {
  constexpr int kLevel = 6;
  uLongf length = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(length, '\0');
  if (compress2(reinterpret_cast<Bytef*>(out.data()), &length,
                reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()),
                kLevel) != Z_OK) {
    throw internal("zlib could not compress a version");
  }
  out.resize(length);
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
