#pragma once
// Files as answers: ranges and conditions (RFC 9110), names.
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/api.h"

namespace ob::api {

struct Range {
  std::int64_t first = 0, length = 0;
};
struct RangeAnswer {
  bool unsatisfiable = false;  // 416
  std::optional<Range> range;  // 206; else the whole: no range, several, or one that is malformed
};
RangeAnswer parse_range(std::string_view header, std::int64_t size);

// RFC 6266. `how`: attachment or inline.
std::string content_disposition(std::string_view name, std::string_view how = "attachment");

struct FileAnswer {
  net::Headers headers;             // but for those about ranges, version and length
  std::string etag, last_modified;  // with its quotes; as net::http_date has it
  std::int64_t bytes = 0;
  std::string bad_range = "files.badRange";  // id of the error
  // Blocks: reads up to out.size() bytes at a place.
  std::function<std::size_t(std::int64_t at, std::span<std::byte> out)> read;
};
// Answers GET and HEAD with what the request's conditions and range ask for. Throws Error
// 416.
boost::asio::awaitable<void> send_file(Pool& pool, Context& context, net::Exchange& exchange,
                                       FileAnswer file);

}  // namespace ob::api
