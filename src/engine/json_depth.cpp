#include "engine/json_depth.h"

#include <zlib.h>

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"

namespace ob::engine {

bool JsonDepth::feed(std::string_view piece) {
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (in_string_) {
      // Text is most of a file: go to its end at once.
      if (escaped_) {
        escaped_ = false;
        continue;
      }
      i = piece.find_first_of("\"\\", i);
      if (i == std::string_view::npos) return true;
      if (piece[i] == '"')
        in_string_ = false;
      else
        escaped_ = true;
      continue;
    }
    switch (piece[i]) {
      case '"':
        in_string_ = true;
        break;
      case '[':
      case '{':
        if (++depth_ > max_json_nesting) return false;
        break;
      case ']':
      case '}':
        if (depth_ > 0) --depth_;
        break;
      default:
        break;
    }
  }
  return true;
}

namespace {

constexpr std::size_t piece_bytes = 1 << 18;

void feed_all(JsonDepth& depth, const std::vector<char>& buffer, std::size_t size) {
  if (!depth.feed({buffer.data(), size}))
    throw bad_request("file.tooDeep", "The JSON is nested deeper than " +
                                          std::to_string(max_json_nesting) + " levels.");
}

Error damaged() {
  return bad_request("file.broken", "The compressed file is damaged.");
}

// Unpacks gzip, also of several members, that comes in pieces.
class Gunzip {
 public:
  Gunzip() {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw internal("zlib: no memory");
  }
  ~Gunzip() { inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  void unpack(std::vector<char>& piece, std::size_t size, JsonDepth& depth) {
    stream_.next_in = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_in = static_cast<uInt>(size);
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) throw damaged();
      ended_ = status == Z_STREAM_END;
      feed_all(depth, out_, out_.size() - stream_.avail_out);
      if (ended_ && stream_.avail_in > 0 && inflateReset(&stream_) != Z_OK) throw damaged();
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
  }
  bool ended() const { return ended_; }

 private:
  z_stream stream_{};
  std::vector<char> out_ = std::vector<char>(piece_bytes);
  bool ended_ = false;
};

}  // namespace

void check_json_object(objects::Reader& reader) {
  std::vector<char> piece(piece_bytes);
  JsonDepth depth;
  std::optional<Gunzip> packed;
  for (std::int64_t at = 0; at < reader.size();) {
    const auto got = reader.read(at, std::as_writable_bytes(std::span(piece)));
    if (got == 0) throw internal("an object is too short");
    if (at == 0 && got >= 2 && piece[0] == '\x1f' && piece[1] == '\x8b') packed.emplace();
    if (packed)
      packed->unpack(piece, got, depth);
    else
      feed_all(depth, piece, got);
    at += static_cast<std::int64_t>(got);
  }
  if (packed && !packed->ended()) throw damaged();
}

void check_json_file(const std::string& location) {
  // zlib reads files that are not compressed as they are.
  const std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file(gzopen(location.c_str(), "rb"), gzclose);
  if (!file) throw internal("cannot read an uploaded file");
  gzbuffer(file.get(), piece_bytes);
  std::vector<char> buffer(piece_bytes);
  JsonDepth depth;
  while (true) {
    const int got = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    if (got < 0) throw damaged();
    if (got == 0) return;
    feed_all(depth, buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace ob::engine
