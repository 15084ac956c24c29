#include "sso/scim_patch.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "sso/scim_filter.h"

namespace ob::sso::scim {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxOperations = 1000, kMaxValues = 20'000;
constexpr std::size_t kMaxGrowth = 16 * 1024 * 1024;  // bytes that all operations put into places

// A short message may put the same value into very many places.
class Room {
 public:
  // Before the value goes to so many places.
  void take(const Path& path, const json::value& value, std::size_t places) {
    const std::size_t each = path.attribute.size() + path.sub.size() + size_of(value) + 32;
    if (places > left_ / each) {
      throw refusal(400, "tooMany", "The operations put too much into too many places.");
    }
    left_ -= each * places;
  }

 private:
  std::size_t size_of(const json::value& value) {
    if (measured_ != &value) {
      measured_ = &value;
      size_ = json::serialize(value).size();
    }
    return size_;
  }
  std::size_t left_ = kMaxGrowth, size_ = 0;
  const json::value* measured_ = nullptr;
};

// Two of several values are the same when this is: what they call their value, else all of them.
std::string key_of(const json::value& one) {
  const auto* object = one.if_object();
  const auto* value = object ? find(*object, "value") : nullptr;
  return value ? "value " + json::serialize(*value) : json::serialize(one);
}

// One, or each of several.
template <class Fn>
void for_each(const json::value& value, Fn fn) {
  if (const auto* several = value.if_array()) {
    for (const auto& one : *several) fn(one);
  } else {
    fn(value);
  }
}

void append(json::array& list, const json::value& value) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < list.size(); ++i) places.try_emplace(key_of(list[i]), i);
  for_each(value, [&](const json::value& one) {
    const auto [place, fresh] = places.try_emplace(key_of(one), list.size());
    if (!fresh) {
      list[place->second] = one;
    } else if (list.size() < kMaxValues) {
      list.push_back(one);
    } else {
      throw refusal(400, "tooMany", "An attribute has too many values.");
    }
  });
}

void merge(json::object& into, const json::object& from) {
  for (const auto& [key, value] : from) slot(into, key) = value;
}

// Puts the value at an attribute without a filter.
void put(json::object& in, const Path& path, const json::value& value, bool add, Room& room) {
  json::value& place = slot(in, path.attribute);
  room.take(path, value, 1);
  if (!path.sub.empty()) {
    if (auto* list = place.if_array()) {
      room.take(path, value, list->size());
      for (auto& one : *list) {
        if (auto* object = one.if_object()) slot(*object, path.sub) = value;
      }
      return;
    }
    if (!place.is_object()) place = json::object();
    slot(place.get_object(), path.sub) = value;
    return;
  }
  // A single new value of several, as of members.
  const bool listed = value.is_object() && find(value.get_object(), "value");
  if (add && (place.is_array() || value.is_array() || (listed && place.is_null()))) {
    if (!place.is_array()) place = json::array();
    append(place.get_array(), value);
  } else if (place.is_object() && value.is_object()) {
    merge(place.get_object(), value.get_object());
  } else {
    place = value;
  }
}

// The value that "type eq \"work\"" is about, for when there is none yet.
json::object described(const Filter& filter) {
  json::object out;
  if (filter.kind == Filter::Kind::comparison && filter.operation == "eq") {
    out[filter.path.attribute] = filter.value;
  }
  if (filter.kind == Filter::Kind::all) {
    for (const auto& part : filter.parts) merge(out, described(*part));
  }
  return out;
}

void put_filtered(json::object& in, const Path& path, const json::value& value, Room& room) {
  json::value& place = slot(in, path.attribute);
  if (!place.is_array()) place = json::array();
  auto& list = place.get_array();
  const auto set = [&](json::value& one) {
    room.take(path, value, 1);
    if (!one.is_object()) one = json::object();
    if (!path.sub.empty()) {
      slot(one.get_object(), path.sub) = value;
    } else if (value.is_object()) {
      merge(one.get_object(), value.get_object());
    } else {
      throw refusal(400, "invalidValue", "The value must be an object.");
    }
  };
  bool found = false;
  for (auto& one : list) {
    if (!matches(*path.filter, one)) continue;
    set(one);
    found = true;
  }
  if (found) return;
  json::value fresh = described(*path.filter);
  set(fresh);
  append(list, fresh);
}

void remove(json::object& in, const Path& path, const json::value* value) {
  json::value* place = find(in, path.attribute);
  if (!place) return;
  auto* list = place->if_array();
  if (path.filter || (value && list)) {
    if (!list) return;
    std::set<std::string> keys;
    if (!path.filter) for_each(*value, [&](const json::value& one) { keys.insert(key_of(one)); });
    const auto wanted = [&](const json::value& one) {
      return path.filter ? matches(*path.filter, one) : keys.contains(key_of(one));
    };
    if (!path.sub.empty()) {
      for (auto& one : *list) {
        auto* object = one.if_object();
        if (!object || !wanted(one)) continue;
        if (auto* part = find(*object, path.sub)) *part = nullptr;
      }
      return;
    }
    list->erase(std::remove_if(list->begin(), list->end(), wanted), list->end());
  } else if (path.sub.empty()) {
    *place = nullptr;  // unassigned (RFC 7643, 2.5)
  } else if (auto* object = place->if_object()) {
    if (auto* part = find(*object, path.sub)) *part = nullptr;
  }
}

void apply(json::object& resource, std::string_view operation, const Path& path,
           const json::value* value, Room& room) {
  json::object* in = &resource;
  if (!path.schema.empty()) {
    json::value& extension = slot(resource, path.schema);
    if (!extension.is_object()) extension = json::object();
    in = &extension.get_object();
  }
  if (same(operation, "remove")) {
    if (path.attribute.empty()) {
      in->clear();
    } else {
      remove(*in, path, value);
    }
    return;
  }
  if (!value) throw refusal(400, "invalidValue", "The operation has no value.");
  if (path.attribute.empty()) {
    if (!value->is_object()) throw refusal(400, "invalidValue", "The value must be an object.");
    merge(*in, value->get_object());
  } else if (path.filter) {
    put_filtered(*in, path, *value, room);
  } else {
    put(*in, path, *value, same(operation, "add"), room);
  }
}

}  // namespace

void patch(json::object& resource, const json::object& message) {
  const auto* operations = find(message, "Operations");
  if (!operations || !operations->is_array() || operations->get_array().size() > kMaxOperations) {
    throw refusal(400, "invalidSyntax", "Operations must be a list of at most 1,000.");
  }
  Room room;
  for (const auto& one : operations->get_array()) {
    const auto* operation = one.if_object();
    const auto* name = operation ? find(*operation, "op") : nullptr;
    if (!name || !name->is_string() ||
        !(same(name->get_string(), "add") || same(name->get_string(), "replace") ||
          same(name->get_string(), "remove"))) {
      throw refusal(400, "invalidSyntax", "An operation is add, replace or remove.");
    }
    const auto* path = find(*operation, "path");
    const auto* value = find(*operation, "value");
    if (path && !path->is_null()) {
      if (!path->is_string()) throw refusal(400, "invalidPath", "A path is a text.");
      apply(resource, name->get_string(), parse_path(path->get_string()), value, room);
      continue;
    }
    if (same(name->get_string(), "remove")) {
      throw refusal(400, "noTarget", "What is removed needs a path.");
    }
    if (!value || !value->is_object()) {
      throw refusal(400, "invalidValue", "Without a path the value must be an object.");
    }
    // Keys may be paths themselves, as Entra sends them.
    for (const auto& [key, part] : value->get_object()) {
      apply(resource, name->get_string(), parse_path(key), &part, room);
    }
  }
}

}  // namespace ob::sso::scim
