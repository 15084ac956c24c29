#include "tracking/event.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>

#include "base/ids.h"
#include "tracking/scrub.h"

namespace ob::tracking {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostFrames = 50;
constexpr std::size_t kMostTag = 200;  // as trackers take them
constexpr std::size_t kMostName = 100;

std::string event_id() {
  std::string id = new_uuid();
  std::erase(id, '-');
  return id;
}

// Takes ":<number>" off the end.
std::optional<std::int64_t> number_at_end(std::string_view& text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::int64_t number = 0;
  const char* last = text.data() + text.size();
  const auto [end, code] = std::from_chars(text.data() + colon + 1, last, number);
  if (code != std::errc{} || end != last) return std::nullopt;
  text = text.substr(0, colon);
  return number;
}

// "    at name (https://host/assets/a.js:1:2)" or "name@https://host/assets/a.js:1:2".
std::optional<json::object> frame_of(std::string_view line) {
  while (line.starts_with(' ')) line.remove_prefix(1);
  while (line.ends_with(')') || line.ends_with('\r')) line.remove_suffix(1);
  std::string_view name;
  if (line.starts_with("at ")) {
    line.remove_prefix(3);
    if (const auto bracket = line.rfind(" ("); bracket != line.npos) {
      name = line.substr(0, bracket);
      line.remove_prefix(bracket + 2);
    }
  } else if (const auto at = line.find('@'); at != line.npos) {
    name = line.substr(0, at);
    line.remove_prefix(at + 1);
  } else {
    return std::nullopt;
  }
  const auto column = number_at_end(line);
  const auto row = number_at_end(line);
  const auto scheme = line.find("://");
  if (!column || !row || scheme == line.npos) return std::nullopt;
  const auto path = std::min(line.find('/', scheme + 3), line.size());
  std::string_view file = line.substr(path);
  file = file.substr(0, std::min(file.find_first_of("?#"), file.size()));
  // Only files of the page are named, as the rest of an address may say where somebody was.
  const auto assets = file.find("/assets/");
  return json::object{
      {"function", name.empty() ? "?" : std::string(shortened(name, kMostName))},
      {"filename", assets == file.npos ? "app:///" : "app://" + std::string(file.substr(assets))},
      {"lineno", *row},
      {"colno", *column},
      {"in_app", true}};
}

json::object exception_of(const Failure& failure) {
  json::object out{{"type", scrubbed(shortened(failure.kind, kMostName))},
                   {"value", scrubbed(failure.text)},
                   {"mechanism", {{"type", "generic"}, {"handled", true}}}};
  if (json::array frames = frames_of(failure.stack); !frames.empty())
    out["stacktrace"] = {{"frames", std::move(frames)}};
  return out;
}

}  // namespace

json::array frames_of(std::string_view stack) {
  json::array out;
  if (!valid_utf8(stack)) return out;
  while (!stack.empty() && out.size() < kMostFrames) {
    const auto end = std::min(stack.find('\n'), stack.size());
    if (auto frame = frame_of(stack.substr(0, end))) out.push_back(std::move(*frame));
    stack.remove_prefix(std::min(end + 1, stack.size()));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::string envelope_of(const Failure& failure, const Sender& sender, Micros now) {
  const std::string id = event_id();
  const std::string where = scrubbed_route(failure.where);
  json::object tags;
  for (const auto& [name, value] : failure.tags)
    if (!value.empty()) tags[name] = scrubbed(shortened(value, kMostTag));
  // A request's id is made to be looked up, and proves nothing.
  for (const auto& [name, value] : failure.tags)
    if (name == "request_id") tags[name] = shortened(value, kMostTag);
  json::object event{
      {"event_id", id},
      {"timestamp", format_instant(now)},
      {"platform", failure.page ? "javascript" : "other"},
      {"level", "error"},
      {"logger", failure.page ? "page" : "server"},
      {"server_name", sender.server},
      {"release", sender.release},
      {"environment", sender.environment},
      {"tags", std::move(tags)},
      {"exception", {{"values", json::array{exception_of(failure)}}}},
      {"logentry", {{"formatted", scrubbed(failure.what)}}},
      {"sdk", {{"name", "openbricks"}, {"version", sender.version}}},
  };
  if (!where.empty()) event["transaction"] = where;
  // Without a stack, errors of one kind at one place are one.
  if (!failure.page)
    event["fingerprint"] = json::array{scrubbed(failure.what), scrubbed(failure.kind), where};
  const std::string body = json::serialize(event);
  const json::object head{{"event_id", id}, {"sent_at", format_instant(now)}};
  const json::object item{
      {"type", "event"}, {"length", body.size()}, {"content_type", "application/json"}};
  return json::serialize(head) + "\n" + json::serialize(item) + "\n" + body + "\n";
}

}  // namespace ob::tracking
