#include "storage/paths.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/ids.h"

namespace ob::storage {
namespace {

constexpr std::string_view kRoot = "/Volumes/";
constexpr std::size_t kMaxPart = 255, kMaxInside = 900;

[[noreturn]] void bad(const std::string& why) {
  throw bad_request("storage.badPath", "The path " + why +
                                           ". It looks like "
                                           "/Volumes/<catalog>/<schema>/<volume>/<path>.");
}

// C0, DEL, and C1 (U+0080 to U+009F, two bytes in UTF-8).
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

void check_part(std::string_view part) {
  if (part.empty()) bad("has an empty part");
  if (part == "." || part == "..") bad("has a part '.' or '..'");
  if (part.size() > kMaxPart) bad("has a part longer than 255 bytes");
  if (part == kMarker) bad("uses the reserved name " + std::string(kMarker));
}

}  // namespace

VolumePath parse_path(std::string_view text) {
  if (!text.starts_with(kRoot)) bad("does not start with /Volumes/");
  if (!valid_utf8(text)) bad("is not valid UTF-8");
  if (has_control(text)) bad("has control characters");
  text.remove_prefix(kRoot.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  std::vector<std::string_view> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const auto part = text.substr(from, text.find('/', from) - from);
    check_part(part);
    parts.push_back(part);
    from += part.size() + 1;
  }
  if (parts.size() < 3) bad("does not name a volume");
  VolumePath path{{std::string(parts[0]), std::string(parts[1]), std::string(parts[2])}, {}};
  const std::size_t head = parts[0].size() + parts[1].size() + parts[2].size() + 3;
  if (parts.size() > 3) path.inside = text.substr(head);
  if (path.inside.size() > kMaxInside) bad("is longer than 900 bytes below its volume");
  return path;
}

std::string to_text(const catalog::Name& volume, std::string_view inside) {
  return join_path(volume.catalog, volume.schema, volume.object, inside);
}

std::string join_path(std::string_view catalog, std::string_view schema, std::string_view volume,
                      std::string_view inside) {
  std::string out(kRoot);
  out.append(catalog).append("/").append(schema).append("/").append(volume);
  if (!inside.empty()) out.append("/").append(inside);
  return out;
}

}  // namespace ob::storage
