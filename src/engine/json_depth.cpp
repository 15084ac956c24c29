#include "engine/json_depth.h"

#include <zlib.h>

#include <memory>
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

void check_json_file(const std::string& location) {
  // zlib reads files that are not compressed as they are.
  const std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file(gzopen(location.c_str(), "rb"), gzclose);
  if (!file) throw internal("cannot read an uploaded file");
  gzbuffer(file.get(), 1 << 18);
  std::vector<char> buffer(1 << 18);
  JsonDepth depth;
  while (true) {
    const int got = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    if (got < 0) throw bad_request("file.broken", "The compressed file is damaged.");
    if (got == 0) return;
    if (!depth.feed({buffer.data(), static_cast<std::size_t>(got)}))
      throw bad_request("file.tooDeep", "The JSON is nested deeper than " +
                                            std::to_string(max_json_nesting) + " levels.");
  }
}

}  // namespace ob::engine
