#include "base/wire.h"

#include <algorithm>
#include <boost/core/demangle.hpp>
#include <boost/regex.hpp>
#include <charconv>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/ids.h"

namespace ob::wire {

namespace {

constexpr int kMaxDepth = 64;
// A pattern is tried only on texts up to this length, so that matching stays quick.
constexpr std::size_t kMaxPatternText = 64 * 1024;

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// Names come from strangers and go into messages and logs: short, and without control characters.
std::string printable(std::string_view name) {
  constexpr std::size_t kMost = 64;
  if (name.size() > kMost) {
    std::size_t cut = kMost;
    while (cut > 0 && (static_cast<unsigned char>(name[cut]) & 0xC0) == 0x80) --cut;
    return printable(name.substr(0, cut)) + "…";
  }
  std::string out(name);
  const bool utf8 = valid_utf8(name);
  for (char& c : out) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7F || (!utf8 && u >= 0x80)) c = '?';
  }
  return out;
}

// Patterns are literals with static storage, so their address names them.
std::shared_ptr<const boost::regex> compiled(std::string_view pattern) {
  static std::mutex mutex;
  static std::unordered_map<std::string_view, std::shared_ptr<const boost::regex>> cache;
  const std::lock_guard lock(mutex);
  auto& slot = cache[pattern];
  if (!slot) slot = std::make_shared<const boost::regex>(pattern.begin(), pattern.end());
  return slot;
}

bool matches(std::string_view text, std::string_view pattern) {
  if (text.size() > kMaxPatternText) return false;
  try {
    return boost::regex_search(text.begin(), text.end(), *compiled(pattern),
                               boost::match_default | boost::match_single_line);
  } catch (const boost::regex_error&) {
    return false;  // the matcher gave up on its own bound of work: refuse the text
  }
}

std::string list_of(auto first, auto last) {
  std::string out;
  for (; first != last && !std::string_view(*first).empty(); ++first) {
    if (!out.empty()) out += ", ";
    out += *first;
  }
  return out;
}

std::string plural(std::int64_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

void check_size(std::size_t size, const Spec& spec, std::string_view noun, const Path& at,
                Problems& problems) {
  const auto n = static_cast<std::int64_t>(size);
  if (spec.min && n < *spec.min) {
    problems.add(at, "must have at least " + plural(*spec.min, noun));
  } else if (spec.max && n > *spec.max) {
    problems.add(at, "must have at most " + plural(*spec.max, noun));
  }
}

void put_bounds(json::object& out, const Spec& spec, const char* min, const char* max) {
  if (spec.min) out[min] = *spec.min;
  if (spec.max) out[max] = *spec.max;
}

bool finite(const json::value& v, int depth) {
  if (depth > kMaxDepth) return false;
  if (const auto* d = v.if_double()) return std::isfinite(*d);
  if (const auto* a = v.if_array()) {
    return std::all_of(a->begin(), a->end(), [&](const auto& e) { return finite(e, depth + 1); });
  }
  if (const auto* o = v.if_object()) {
    return std::all_of(o->begin(), o->end(),
                       [&](const auto& e) { return finite(e.value(), depth + 1); });
  }
  return true;
}

}  // namespace

std::string Path::text() const {
  std::string out = up ? up->text() : std::string();
  if (index != kNone) return out + "[" + std::to_string(index) + "]";
  if (name.empty()) return out;
  if (!out.empty()) out += ".";
  return out + printable(name);
}

void Problems::add(const Path& at, std::string problem) {
  if (++count_ <= kMost) list_.push_back({at.text(), std::move(problem)});
}

void Problems::raise() const {
  if (empty()) return;
  constexpr std::size_t kNamed = 3;
  std::string detail;
  for (std::size_t i = 0; i < std::min(kNamed, list_.size()); ++i) {
    if (i > 0) detail += "; ";
    detail += (list_[i].field.empty() ? "the request" : list_[i].field) + " " + list_[i].problem;
  }
  if (count_ > kNamed) detail += "; and " + std::to_string(count_ - kNamed) + " more";
  throw Error(400, "request.invalid", detail + ".").with_fields(list_);
}

void put_text(json::object& into, const Member& member, std::string_view text, Problems& problems) {
  json::value value = json::string(text);
  if (member.kind == Kind::boolean && (text == "true" || text == "false")) {
    value = text == "true";
  } else if (member.kind == Kind::integer) {
    std::int64_t n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec == std::errc() && end == text.data() + text.size()) value = n;
    std::uint64_t u = 0;
    const auto [uend, uec] = std::from_chars(text.data(), text.data() + text.size(), u);
    if (value.is_string() && uec == std::errc() && uend == text.data() + text.size()) value = u;
  } else if (member.kind == Kind::number) {
    double d = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), d);
    if (ec == std::errc() && end == text.data() + text.size()) value = d;
  }
  json::value& slot = into[member.name];
  if (member.repeated) {
    if (!slot.is_array()) slot = json::array();
    slot.as_array().push_back(std::move(value));
  } else if (!slot.is_null()) {
    problems.add(Path{}.member(member.name), "is given more than once");
  } else {
    slot = std::move(value);
  }
}

std::pair<std::string, bool> Definitions::name(std::type_index type, const std::string& variant) {
  const auto [slot, fresh] = names_.try_emplace({type, variant});
  if (!fresh) return {slot->second, false};
  std::string full = boost::core::demangle(type.name());
  for (std::size_t i; (i = full.find("(anonymous namespace)::")) != std::string::npos;) {
    full.erase(i, std::string_view("(anonymous namespace)::").size());
  }
  const std::size_t cut = full.rfind("::");
  std::string name = cut == std::string::npos ? full : full.substr(cut + 2);
  if (!variant.empty()) name += "Body";
  const auto taken = [this](const std::string& n) { return schemas_.contains(n); };
  if (taken(name) && cut != std::string::npos) {
    const std::size_t start = full.rfind("::", cut - 1);
    std::string module = full.substr(start == std::string::npos ? 0 : start + 2, cut);
    module.resize(std::min(module.find(':'), module.size()));
    module[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(module[0])));
    name = module + name;
  }
  const std::string base = name;
  for (int i = 2; taken(name); ++i) name = base + std::to_string(i);
  slot->second = name;
  return {name, true};
}

namespace detail {

void read_bool(const json::value& v, bool& out, const Path& at, Problems& problems) {
  if (const bool* b = v.if_bool()) {
    out = *b;
  } else {
    problems.add(at, "must be true or false");
  }
}

bool read_integer(const json::value& v, const Spec& spec, std::int64_t lowest,
                  std::uint64_t highest, std::uint64_t& out, const Path& at, Problems& problems) {
  // Bounds of the type and of the rule, both kept as integers.
  const std::int64_t min = std::max(lowest, spec.min.value_or(lowest));
  const std::uint64_t max =
      spec.max ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, *spec.max)) : highest;
  const std::int64_t signed_max =
      spec.max
          ? *spec.max
          : static_cast<std::int64_t>(std::min<std::uint64_t>(
                highest, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
  bool small = false, large = false;
  if (const std::int64_t* i = v.if_int64()) {
    small = *i < min;
    large = *i > signed_max;
    out = static_cast<std::uint64_t>(*i);
  } else if (const std::uint64_t* u = v.if_uint64()) {
    large = *u > max;
    out = *u;
  } else if (const double* d = v.if_double(); d && std::isfinite(*d) && *d == std::trunc(*d) &&
                                              std::fabs(*d) <= 9007199254740992.0) {
    const auto whole = static_cast<std::int64_t>(*d);
    small = whole < min;
    large = whole > signed_max;
    out = static_cast<std::uint64_t>(whole);
  } else if (v.is_double() && std::fabs(v.get_double()) > 9007199254740992.0) {
    (v.get_double() < 0 ? small : large) = true;
  } else {
    problems.add(at, "must be an integer");
    return false;
  }
  if (small) problems.add(at, "must be at least " + std::to_string(min));
  if (large)
    problems.add(at,
                 "must be at most " +
                     std::to_string(spec.max ? static_cast<std::int64_t>(*spec.max) : signed_max));
  return !small && !large;
}

void read_number(const json::value& v, const Spec& spec, double& out, const Path& at,
                 Problems& problems) {
  if (!v.is_number()) return problems.add(at, "must be a number");
  const double d = v.is_double()  ? v.get_double()
                   : v.is_int64() ? static_cast<double>(v.get_int64())
                                  : static_cast<double>(v.get_uint64());
  if (!std::isfinite(d)) return problems.add(at, "must be a finite number");
  if (spec.min && d < static_cast<double>(*spec.min)) {
    problems.add(at, "must be at least " + std::to_string(*spec.min));
  } else if (spec.max && d > static_cast<double>(*spec.max)) {
    problems.add(at, "must be at most " + std::to_string(*spec.max));
  }
  out = d;
}

void read_string(const json::value& v, const Spec& spec, std::string& out, const Path& at,
                 Problems& problems) {
  const json::string* s = v.if_string();
  if (!s) return problems.add(at, "must be a string");
  const std::string_view text(s->data(), s->size());
  if (!valid_utf8(text)) return problems.add(at, "must be valid UTF-8");
  if (text.find('\0') != std::string_view::npos) {
    return problems.add(at, "must not contain a NUL character");
  }
  if (spec.min || spec.max) {
    const std::size_t length = code_points(text);
    check_size(length, spec, "character", at, problems);
    if (spec.max && length > static_cast<std::size_t>(*spec.max)) return;
  }
  if (!spec.values[0].empty() &&
      std::find(spec.values.begin(), spec.values.end(), text) == spec.values.end()) {
    problems.add(at, "must be one of " + list_of(spec.values.begin(), spec.values.end()));
  }
  if (!spec.pattern.empty() && !matches(text, spec.pattern)) {
    problems.add(at, "must match " + std::string(spec.pattern));
  }
  out.assign(text);
}

int read_enum(const json::value& v, std::span<const char* const> names, const Path& at,
              Problems& problems) {
  if (const json::string* s = v.if_string()) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (*s == names[i]) return static_cast<int>(i);
    }
  }
  problems.add(at, "must be one of " + list_of(names.begin(), names.end()));
  return -1;
}

void read_instant(const json::value& v, Instant& out, const Path& at, Problems& problems) {
  const json::string* s = v.if_string();
  const auto micros = s ? parse_instant({s->data(), s->size()}) : std::nullopt;
  if (!micros) {
    return problems.add(at, "must be an instant such as 2026-11-21T09:02:36Z");
  }
  out.micros = *micros;
}

void read_any(const json::value& v, json::value& out, const Path& at, Problems& problems) {
  if (!finite(v, 0)) return problems.add(at, "holds a number out of range or nests too deeply");
  out = v;
}

const json::array* read_array(const json::value& v, const Spec& spec, const Path& at,
                              Problems& problems) {
  const json::array* array = v.if_array();
  if (!array) {
    problems.add(at, "must be an array");
  } else if (at.depth > kMaxDepth) {
    problems.add(at, "nests too deeply");
    return nullptr;
  } else {
    check_size(array->size(), spec, "element", at, problems);
    if (spec.max && array->size() > static_cast<std::size_t>(*spec.max)) return nullptr;
  }
  return array;
}

const json::object* read_object(const json::value& v, const Spec& spec, const Path& at,
                                Problems& problems) {
  const json::object* object = v.if_object();
  if (!object) {
    problems.add(at, "must be an object");
  } else if (at.depth > kMaxDepth) {
    problems.add(at, "nests too deeply");
    return nullptr;
  } else {
    check_size(object->size(), spec, "entry", at, problems);
    if (spec.max && object->size() > static_cast<std::size_t>(*spec.max)) return nullptr;
  }
  return object;
}

bool read_key(std::string_view key, const Path& at, Problems& problems) {
  if (valid_utf8(key) && key.find('\0') == std::string_view::npos) return true;
  problems.add(at, "has a name that is not valid UTF-8 without NUL");
  return false;
}

void unknown_fields(const json::object& object, std::span<const Member> known, const Path& at,
                    Problems& problems) {
  for (const auto& [key, value] : object) {
    const std::string_view name(key.data(), key.size());
    const bool found =
        std::any_of(known.begin(), known.end(), [&](const Member& m) { return m.name == name; });
    if (!found) problems.add(at.member(name), "is not known here");
  }
}

json::value write_number(double value) {
  if (!std::isfinite(value)) throw internal("a number in an answer is not finite");
  return value;
}

json::value integer_schema(const Spec& spec, std::int64_t lowest, std::uint64_t highest) {
  json::object out{{"type", "integer"}};
  const bool wide = highest > std::numeric_limits<std::uint32_t>::max();
  if (wide) out["format"] = "int64";
  out["minimum"] = std::max(lowest, spec.min.value_or(lowest));
  if (spec.max) {
    out["maximum"] = *spec.max;
  } else {
    out["maximum"] = highest;
  }
  return out;
}

json::value number_schema(const Spec& spec) {
  json::object out{{"type", "number"}, {"format", "double"}};
  put_bounds(out, spec, "minimum", "maximum");
  return out;
}

json::value string_schema(const Spec& spec) {
  json::object out{{"type", "string"}};
  put_bounds(out, spec, "minLength", "maxLength");
  if (!spec.pattern.empty()) out["pattern"] = spec.pattern;
  if (!spec.values[0].empty()) {
    json::array names;
    for (const std::string_view name : spec.values) {
      if (!name.empty()) names.emplace_back(name);
    }
    out["enum"] = std::move(names);
  }
  return out;
}

json::value enum_schema(std::span<const char* const> names) {
  return json::object{{"type", "string"}, {"enum", json::array(names.begin(), names.end())}};
}

json::value array_schema(const Spec& spec, json::value items) {
  json::object out{{"type", "array"}, {"items", std::move(items)}};
  put_bounds(out, spec, "minItems", "maxItems");
  return out;
}

json::value map_schema(const Spec& spec, json::value values) {
  json::object out{{"type", "object"}, {"additionalProperties", std::move(values)}};
  put_bounds(out, spec, "minProperties", "maxProperties");
  return out;
}

json::value nullable(json::value schema) {
  return json::object{{"anyOf", json::array{std::move(schema), json::object{{"type", "null"}}}}};
}

}  // namespace detail

}  // namespace ob::wire
