#pragma once
// One declaration per wire type: a struct with BOOST_DESCRIBE_STRUCT and its rules by member
// pointer give decoding that names every wrong field, encoding, and JSON Schema 2020-12.
//
//   struct CreateKey { std::string name; std::optional<std::string> note; int days = 30; };
//   BOOST_DESCRIBE_STRUCT(CreateKey, (), (name, note, days))
//   template <> struct ob::wire::Rules<CreateKey> {
//     static constexpr auto value = rules(
//         rule(&CreateKey::name, {.min = 1, .max = 100, .text = "Shown in the list of keys."}),
//         rule(&CreateKey::days, {.min = 1, .max = 365, .optional = true}));
//   };
//   auto request = wire::decode<CreateKey>(json);   // throws Error 400 with all wrong fields
//
// A member `template_` is called "template". Wire forms: bool, integers (an integral number such
// as 3.0 counts), double (finite), std::string (UTF-8 without NUL), enums with BOOST_DESCRIBE_ENUM
// (by name), Instant (RFC 3339), std::vector, std::map<std::string, T>, described structs,
// boost::json::value (anything), and std::optional: as a member it may be absent but not null and
// is left out when empty; inside a vector or a map it is null when empty. Only optional members and
// members with `.optional = true` may be absent; the latter keep the default of the struct, which
// the schema exports.
#include <array>
#include <boost/describe.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <boost/mp11.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeindex>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace ob::wire {

namespace json = boost::json;

// What a member must satisfy. For strings min and max bound the length in code points, for numbers
// the value, for vectors and maps the number of elements; pattern, values and each_* then hold for
// every element. Optionals pass their rule on to what they hold.
struct Spec {
  std::optional<std::int64_t> min, max;
  std::optional<std::int64_t> each_min, each_max;
  std::string_view pattern;  // ECMAScript regular expression, searched: anchor it with ^ and $
  std::array<std::string_view, 16> values{};  // allowed strings; empty: any
  bool optional = false;                      // may be absent: keeps the struct's default
  std::string_view text;                      // description in the schema
};

template <class T, class M>
struct Rule {
  M T::* member;
  Spec spec;
};
template <class T, class M>
constexpr Rule<T, M> rule(M T::* member, Spec spec) {
  return {member, spec};
}
template <class... R>
constexpr std::tuple<R...> rules(R... list) {
  return {list...};
}
template <class T>
struct Rules {
  static constexpr std::tuple<> value{};
};

// An instant on the wire: RFC 3339 text outside, microseconds inside.
struct Instant {
  Micros micros = 0;
  bool operator==(const Instant&) const = default;
};

// Where in the input: a chain on the stack, put into words only when something is wrong.
struct Path {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  const Path* up = nullptr;
  std::string_view name;
  std::size_t index = kNone;
  int depth = 0;
  Path member(std::string_view field) const { return {this, field, kNone, depth + 1}; }
  Path element(std::size_t i) const { return {this, {}, i, depth + 1}; }
  std::string text() const;  // "columns[2].type"
};

// Collects what is wrong; after kMost it only counts.
class Problems {
 public:
  static constexpr std::size_t kMost = 50;
  void add(const Path& at, std::string problem);
  bool empty() const { return count_ == 0; }
  // Throws Error 400 "request.invalid" when there are any.
  void raise() const;

 private:
  std::vector<FieldProblem> list_;
  std::size_t count_ = 0;
};

// How the text of a path or query parameter is read.
enum class Kind : std::uint8_t { boolean, integer, number, string, compound };
struct Member {
  std::string_view name;
  Kind kind = Kind::compound;
  bool repeated = false;  // a vector: the parameter may be given several times
  bool required = false;
};

// Adds the text of a parameter to `into` as the JSON that its member wants, so that one decoder
// checks texts and bodies. A text of the wrong kind stays a string, which the decoder refuses.
void put_text(json::object& into, const Member& member, std::string_view text, Problems& problems);

// Names of the schemas that were used, for "$ref".
class Definitions {
 public:
  explicit Definitions(std::string prefix) : prefix_(std::move(prefix)) {}
  // The name for a type (its last part; with the namespace's before it on a clash), and whether it
  // is new, in which case the caller must set() it.
  std::pair<std::string, bool> name(std::type_index type, const std::string& variant);
  void set(const std::string& name, json::value schema) { schemas_[name] = std::move(schema); }
  json::value reference(const std::string& name) const {
    return json::object{{"$ref", prefix_ + name}};
  }
  const json::object& schemas() const { return schemas_; }

 private:
  std::string prefix_;
  json::object schemas_;
  std::map<std::pair<std::type_index, std::string>, std::string> names_;
};

template <class T>
T decode(const json::value& input);
template <class T>
json::value encode(const T& value);
// A whole schema document, nested structs under "$defs".
template <class T>
json::value schema();

}  // namespace ob::wire

#include "base/wire.inl"
