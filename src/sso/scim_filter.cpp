#include "sso/scim_filter.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace ob::sso::scim {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxText = 2000;
constexpr int kMaxDepth = 20;
constexpr std::string_view kCore = "urn:ietf:params:scim:schemas:core:2.0:";
constexpr std::array<std::string_view, 9> kOperations{"eq", "ne", "co", "sw", "ew",
                                                      "gt", "ge", "lt", "le"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string folded(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '$' || c == ':' || c == '.';
}

// Reads from the front of a text.
class Parser {
 public:
  Parser(std::string_view text, std::string problem) : text_(text), problem_(std::move(problem)) {
    if (text.size() > kMaxText) fail("is longer than 2,000 bytes");
  }

  FilterPtr whole_filter() {
    auto out = any_of(0);
    skip();
    if (!text_.empty()) fail("goes on after its end");
    return out;
  }

  Path whole_path() {
    Path out = path(0);
    skip();
    if (!text_.empty() || (out.attribute.empty() && out.schema.empty()))
      fail("is not the path of an attribute");
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw refusal(400, problem_,
                  (problem_ == "invalidPath" ? "The path " : "The filter ") + why + ".");
  }
  void skip() {
    while (text_.starts_with(' ')) text_.remove_prefix(1);
  }
  bool take(std::string_view sign) {
    skip();
    if (!text_.starts_with(sign)) return false;
    text_.remove_prefix(sign.size());
    return true;
  }
  bool take_word(std::string_view word) {
    skip();
    if (text_.size() < word.size() || !same(text_.substr(0, word.size()), word)) return false;
    if (text_.size() > word.size() && is_name(text_[word.size()])) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  std::string name() {
    skip();
    const auto end = std::ranges::find_if_not(text_, is_name);
    std::string out(text_.begin(), end);
    if (out.empty()) fail("lacks the name of an attribute");
    text_.remove_prefix(out.size());
    return out;
  }

  FilterPtr any_of(int depth) {
    return joined(depth, "or", Filter::Kind::any, [&] { return all_of(depth); });
  }
  FilterPtr all_of(int depth) {
    return joined(depth, "and", Filter::Kind::all, [&] { return term(depth); });
  }
  template <class Next>
  FilterPtr joined(int depth, std::string_view word, Filter::Kind kind, Next next) {
    if (depth > kMaxDepth) fail("is nested too deep");
    auto first = next();
    if (!take_word(word)) return first;
    auto out = std::make_shared<Filter>();
    out->kind = kind;
    out->parts = {first};
    do out->parts.push_back(next());
    while (take_word(word));
    return out;
  }

  FilterPtr term(int depth) {
    const bool negated = take_word("not");
    if (take("(")) {
      auto inner = any_of(depth + 1);
      if (!take(")")) fail("lacks a closing parenthesis");
      if (!negated) return inner;
      auto out = std::make_shared<Filter>();
      out->kind = Filter::Kind::negation;
      out->parts = {inner};
      return out;
    }
    if (negated) fail("has a 'not' without parentheses");
    return comparison(depth);
  }

  FilterPtr comparison(int depth) {
    auto out = std::make_shared<Filter>();
    out->path = path(depth + 1);
    // emails[type eq "work"] alone: there is such a value.
    if (take_word("pr") || (out->path.filter && out->path.sub.empty())) {
      out->operation = "pr";
      return out;
    }
    for (const auto one : kOperations) {
      if (take_word(one)) {
        out->operation = one;
        out->value = literal();
        return out;
      }
    }
    fail("has no operator that is known (eq, ne, co, sw, ew, gt, ge, lt, le, pr)");
  }

  json::value literal() {
    skip();
    std::size_t size = 0;
    if (text_.starts_with('"')) {
      for (size = 1; size < text_.size() && text_[size] != '"'; ++size) {
        if (text_[size] == '\\') ++size;
      }
      ++size;
    } else {
      while (size < text_.size() && text_[size] != ' ' && text_[size] != ')' &&
             text_[size] != ']') {
        ++size;
      }
    }
    boost::system::error_code failed;
    const std::string_view part = text_.substr(0, std::min(size, text_.size()));
    json::value out = json::parse(part, failed);
    if (failed && (same(part, "true") || same(part, "false"))) {
      out = same(part, "true");
    } else if (failed || out.is_object() || out.is_array()) {
      fail("compares with what is no value");
    }
    text_.remove_prefix(part.size());
    return out;
  }

  Path path(int depth) {
    if (depth > kMaxDepth) fail("is nested too deep");
    Path out;
    std::string whole = name();
    if (folded(whole).starts_with("urn:")) split_urn(whole, out);
    const auto dot = whole.find('.');
    out.attribute = whole.substr(0, dot);
    if (dot != whole.npos) out.sub = whole.substr(dot + 1);
    if (text_.starts_with('[')) {
      text_.remove_prefix(1);
      out.filter = any_of(depth + 1);
      if (!take("]")) fail("lacks a closing bracket");
      if (text_.starts_with('.')) {
        text_.remove_prefix(1);
        out.sub = name();
      }
    }
    return out;
  }

  // "urn:…:2.0:User:name.familyName": the URN has dots of its own and ends with its resource.
  static void split_urn(std::string& whole, Path& out) {
    const std::string small = folded(whole);
    for (const std::string_view end : {":user", ":group"}) {
      const auto at = small.find(end);
      const auto after = at + end.size();
      if (at == small.npos || (after < small.size() && small[after] != ':')) continue;
      if (!small.starts_with(kCore)) out.schema = whole.substr(0, after);
      whole = after < whole.size() ? whole.substr(after + 1) : "";
      return;
    }
  }

  std::string_view text_;
  std::string problem_;
};

bool compare(const Filter& filter, const json::value& value, bool exact) {
  const std::string& operation = filter.operation;
  if (value.is_string() && filter.value.is_string()) {
    std::string a(value.get_string()), b(filter.value.get_string());
    if (!exact) {
      a = folded(a);
      b = folded(b);
    }
    if (operation == "eq") return a == b;
    if (operation == "ne") return a != b;
    if (operation == "co") return a.find(b) != a.npos;
    if (operation == "sw") return a.starts_with(b);
    if (operation == "ew") return a.ends_with(b);
    if (operation == "gt") return a > b;
    if (operation == "ge") return a >= b;
    if (operation == "lt") return a < b;
    return operation == "le" && a <= b;
  }
  const bool numbers = value.is_number() && filter.value.is_number();
  if (numbers) {
    const auto a = value.to_number<double>(), b = filter.value.to_number<double>();
    if (operation == "gt") return a > b;
    if (operation == "ge") return a >= b;
    if (operation == "lt") return a < b;
    if (operation == "le") return a <= b;
    return operation == "eq" ? a == b : operation == "ne" && a != b;
  }
  if (operation == "eq") return value == filter.value;
  return operation == "ne" && value != filter.value;
}

bool is_present(const json::value& value) {
  if (value.is_null()) return false;
  if (value.is_string()) return !value.get_string().empty();
  if (value.is_array()) return !value.get_array().empty();
  return !value.is_object() || !value.get_object().empty();
}

// Of an attribute: itself, or each of several values; below them the wanted part.
std::vector<const json::value*> candidates(const Path& path, const json::object& resource) {
  const json::object* in = &resource;
  if (!path.schema.empty()) {
    const auto* extension = find(resource, path.schema);
    if (!extension || !extension->is_object()) return {};
    in = &extension->get_object();
  }
  const auto* value = find(*in, path.attribute);
  if (!value) return {};
  std::vector<const json::value*> all, out;
  if (value->is_array()) {
    for (const auto& one : value->get_array()) all.push_back(&one);
  } else {
    all.push_back(value);
  }
  for (const auto* one : all) {
    if (path.filter && !matches(*path.filter, *one)) continue;
    const auto* object = one->if_object();
    const std::string part = path.sub.empty() && value->is_array() ? "value" : path.sub;
    if (part.empty()) {
      out.push_back(one);
    } else if (object) {
      if (const auto* found = find(*object, part)) out.push_back(found);
    } else if (path.sub.empty()) {
      out.push_back(one);
    }
  }
  return out;
}

}  // namespace

Error refusal(int status, const std::string& type, const std::string& detail) {
  Error error(status, "scim.refused", detail);
  if (!type.empty()) error.with_member("scimType", type);
  return error;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

const json::value* find(const json::object& in, std::string_view name) {
  for (const auto& [key, value] : in) {
    if (same(key, name)) return &value;
  }
  return nullptr;
}

json::value* find(json::object& in, std::string_view name) {
  for (auto& [key, value] : in) {
    if (same(key, name)) return &value;
  }
  return nullptr;
}

json::value& slot(json::object& in, std::string_view name) {
  if (auto* found = find(in, name)) return *found;
  return in[name];
}

FilterPtr parse_filter(std::string_view text) {
  return Parser(text, "invalidFilter").whole_filter();
}

Path parse_path(std::string_view text) {
  return Parser(text, "invalidPath").whole_path();
}

bool matches(const Filter& filter, const json::value& resource) {
  const auto holds = [&](const FilterPtr& part) { return matches(*part, resource); };
  switch (filter.kind) {
    case Filter::Kind::all:
      return std::ranges::all_of(filter.parts, holds);
    case Filter::Kind::any:
      return std::ranges::any_of(filter.parts, holds);
    case Filter::Kind::negation:
      return !holds(filter.parts.front());
    case Filter::Kind::comparison:
      break;
  }
  if (!resource.is_object()) {
    // One of several plain values, asked for as "value".
    return same(filter.path.attribute, "value") &&
           (filter.operation == "pr" ? is_present(resource) : compare(filter, resource, false));
  }
  const auto found = candidates(filter.path, resource.get_object());
  const bool exact = same(filter.path.attribute, "id") || same(filter.path.attribute, "externalId");
  if (filter.operation == "pr") {
    return std::ranges::any_of(found, [](const auto* one) { return is_present(*one); });
  }
  if (filter.operation == "ne" && found.empty()) return true;
  return std::ranges::any_of(found, [&](const auto* one) { return compare(filter, *one, exact); });
}

}  // namespace ob::sso::scim
