// Deltas as JSON.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <optional>

#include "api/api.h"
#include "base/error.h"
#include "documents/delta.h"

namespace ob::documents {

namespace json = boost::json;

namespace {

constexpr std::int64_t kLongest = std::int64_t{1} << 40;  // no sum of lengths overflows

Error bad(std::size_t index, const std::string& what) {
  return bad_request("documents.badDelta",
                     "The delta's operation " + std::to_string(index) + " " + what + ".");
}

std::int64_t count_of(const json::value& value, std::size_t index, const char* name) {
  std::int64_t out = -1;
  if (const auto* whole = value.if_int64()) {
    out = *whole;
  } else if (const auto* real = value.if_double();
             real != nullptr && std::abs(*real) < 1e15 && *real == std::floor(*real)) {
    out = static_cast<std::int64_t>(*real);
  }
  if (out < 0 || out > kLongest)
    throw bad(index, std::string("has '") + name + "', which must be a whole number of characters");
  return out;
}

Op op_of(const json::value& value, std::size_t index) {
  const auto* object = value.if_object();
  if (object == nullptr) throw bad(index, "must be an object");
  Op out;
  int kinds = 0;
  for (const auto& [key, member] : *object) {
    if (key == "insert") {
      ++kinds;
      out.kind = Op::Kind::insert;
      if (const auto* text = member.if_string()) {
        out.text = to_utf16({text->data(), text->size()});
      } else if (!member.is_null()) {
        out.embed = member;  // Yjs clients may embed anything
      } else {
        throw bad(index, "has 'insert', which must be a text or an embed such as {\"image\": …}");
      }
    } else if (key == "retain") {
      ++kinds;
      out.kind = Op::Kind::retain;
      out.count = count_of(member, index, "retain");
    } else if (key == "delete") {
      ++kinds;
      out.kind = Op::Kind::remove;
      out.count = count_of(member, index, "delete");
    } else if (key == "attributes") {
      if (member.is_null()) continue;
      if (!member.is_object()) throw bad(index, "has 'attributes', which must be an object");
      out.attributes = member.get_object();
    } else {
      throw bad(index,
                "has '" + std::string(key) + "'; there are insert, retain, delete and attributes");
    }
  }
  if (kinds != 1) throw bad(index, "must have one of insert, retain and delete");
  if (out.kind == Op::Kind::remove) out.attributes.clear();
  return out;
}

// The UTF-16 unit that is escaped there as \\uXXXX; none: 0.
std::uint32_t escaped_unit(std::string_view json, std::size_t at) {
  constexpr std::size_t kLength = 6;
  if (at + kLength > json.size() || json.substr(at, 2) != "\\u") return 0;
  std::uint32_t out = 0;
  const char* end = json.data() + at + kLength;
  const auto [stop, failed] = std::from_chars(json.data() + at + 2, end, out, 16);
  return failed == std::errc() && stop == end ? out : 0;
}

}  // namespace

std::string whole_pairs(std::string_view json) {
  const auto high = [](std::uint32_t c) { return c >= 0xD800 && c < 0xDC00; };
  const auto low = [](std::uint32_t c) { return c >= 0xDC00 && c < 0xE000; };
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t escape = std::min(json.find('\\', at), json.size());
    out += json.substr(at, escape - at);
    const std::uint32_t unit = escaped_unit(json, escape);
    const bool pair = high(unit) && low(escaped_unit(json, escape + 6));
    const bool half = !pair && (high(unit) || low(unit));
    const std::string_view piece = json.substr(escape, pair ? 12 : unit != 0 ? 6 : 2);
    out += half ? "\\ufffd" : piece;
    at = escape + piece.size();
  }
  return out;
}

Delta Delta::from_json(std::string_view text) {
  return from_json(api::parse_json(text));
}

Delta Delta::from_json(const json::value& value) {
  const json::value* list = &value;
  if (const auto* object = value.if_object()) list = object->if_contains("ops");
  if (list == nullptr || !list->is_array()) {
    throw bad_request("documents.badDelta",
                      "A delta is {\"ops\": […]} with operations such as {\"insert\": \"text\"}.");
  }
  Delta out;
  const auto& ops = list->get_array();
  for (std::size_t i = 0; i < ops.size(); ++i) {
    Op op = op_of(ops[i], i);
    if (op.length() > 0) out.ops_.push_back(std::move(op));
  }
  return out;
}

json::array Delta::to_array() const {
  json::array out;
  out.reserve(ops_.size());
  for (const Op& op : ops_) {
    json::object one;
    switch (op.kind) {
      case Op::Kind::insert:
        one["insert"] = op.embed.is_null() ? json::value(to_utf8(op.text)) : op.embed;
        break;
      case Op::Kind::retain:
        one["retain"] = op.count;
        break;
      case Op::Kind::remove:
        one["delete"] = op.count;
        break;
    }
    if (!op.attributes.empty()) one["attributes"] = op.attributes;
    out.push_back(std::move(one));
  }
  return out;
}

std::string Delta::to_json() const {
  return json::serialize(json::object{{"ops", to_array()}});
}

}  // namespace ob::documents
