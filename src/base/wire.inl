#pragma once
// Templates of base/wire.h. What does not depend on the type is in wire.cpp, to keep compiling
// quick.

namespace ob::wire {

namespace detail {

namespace describe = boost::describe;

template <class T>
concept Struct = describe::has_describe_members<T>::value && !std::is_union_v<T>;
template <class T>
concept Enum = describe::has_describe_enumerators<T>::value;

template <class T>
struct OptionalOf : std::false_type {};
template <class T>
struct OptionalOf<std::optional<T>> : std::true_type {
  using Item = T;
};
template <class T>
struct VectorOf : std::false_type {};
template <class T>
struct VectorOf<std::vector<T>> : std::true_type {
  using Item = T;
};
template <class T>
struct MapOf : std::false_type {};
template <class T, class C>
struct MapOf<std::map<std::string, T, C>> : std::true_type {
  using Item = T;
};

template <class T>
using Members = describe::describe_members<T, describe::mod_public | describe::mod_inherited>;
// As it stands on the wire: template_ is "template", which no member of C++ can be called.
constexpr std::string_view wire_name(std::string_view member) {
  if (member.ends_with('_')) member.remove_suffix(1);
  return member;
}
template <class D>
inline constexpr std::string_view kName = wire_name(D::name);
template <class T, class D>
using TypeOf = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;

template <class T, auto Pointer>
constexpr Spec find_spec() {
  Spec found{};
  const auto look = [&found](const auto& r) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(r.member)>,
                                 std::remove_cvref_t<decltype(Pointer)>>) {
      if (r.member == Pointer) found = r.spec;
    }
  };
  std::apply([&look](const auto&... r) { (look(r), ...); }, Rules<T>::value);
  return found;
}
template <class T, class D>
inline constexpr Spec kSpec = find_spec<T, D::pointer>();
inline constexpr Spec kNoSpec{};

// The rule of the elements of a vector or a map.
constexpr Spec each(const Spec& s) {
  return {.min = s.each_min, .max = s.each_max, .pattern = s.pattern, .values = s.values};
}

void read_bool(const json::value& v, bool& out, const Path& at, Problems& problems);
bool read_integer(const json::value& v, const Spec& spec, std::int64_t lowest,
                  std::uint64_t highest, std::uint64_t& out, const Path& at, Problems& problems);
void read_number(const json::value& v, const Spec& spec, double& out, const Path& at,
                 Problems& problems);
void read_string(const json::value& v, const Spec& spec, std::string& out, const Path& at,
                 Problems& problems);
int read_enum(const json::value& v, std::span<const char* const> names, const Path& at,
              Problems& problems);  // index, -1 when wrong
void read_instant(const json::value& v, Instant& out, const Path& at, Problems& problems);
void read_any(const json::value& v, json::value& out, const Path& at, Problems& problems);
const json::array* read_array(const json::value& v, const Spec& spec, const Path& at,
                              Problems& problems);
const json::object* read_object(const json::value& v, const Spec& spec, const Path& at,
                                Problems& problems);
bool read_key(std::string_view key, const Path& at, Problems& problems);
void unknown_fields(const json::object& object, std::span<const Member> known, const Path& at,
                    Problems& problems);
json::value write_number(double value);
json::value integer_schema(const Spec& spec, std::int64_t lowest, std::uint64_t highest);
json::value number_schema(const Spec& spec);
json::value string_schema(const Spec& spec);
json::value enum_schema(std::span<const char* const> names);
json::value array_schema(const Spec& spec, json::value items);
json::value map_schema(const Spec& spec, json::value values);
json::value nullable(json::value schema);

template <Enum T>
constexpr auto enum_names() {
  return []<class... D>(boost::mp11::mp_list<D...>) {
    return std::array<const char*, sizeof...(D)>{D::name...};
  }(boost::mp11::mp_rename<describe::describe_enumerators<T>, boost::mp11::mp_list>{});
}
template <Enum T>
constexpr auto enum_values() {
  return []<class... D>(boost::mp11::mp_list<D...>) {
    return std::array<T, sizeof...(D)>{D::value...};
  }(boost::mp11::mp_rename<describe::describe_enumerators<T>, boost::mp11::mp_list>{});
}
template <Enum T>
inline constexpr auto kNames = enum_names<T>();
template <Enum T>
inline constexpr auto kValues = enum_values<T>();

template <class M>
constexpr Kind kind_of() {
  if constexpr (OptionalOf<M>::value) {
    return kind_of<typename OptionalOf<M>::Item>();
  } else if constexpr (VectorOf<M>::value) {
    return kind_of<typename VectorOf<M>::Item>();
  } else if constexpr (std::is_same_v<M, bool>) {
    return Kind::boolean;
  } else if constexpr (std::is_integral_v<M>) {
    return Kind::integer;
  } else if constexpr (std::is_floating_point_v<M>) {
    return Kind::number;
  } else if constexpr (std::is_same_v<M, std::string> || std::is_same_v<M, Instant> || Enum<M>) {
    return Kind::string;
  } else {
    return Kind::compound;
  }
}
template <class M>
constexpr bool is_repeated() {
  if constexpr (OptionalOf<M>::value) {
    return is_repeated<typename OptionalOf<M>::Item>();
  } else {
    return VectorOf<M>::value;
  }
}

template <Struct T>
constexpr auto make_members() {
  return []<class... D>(boost::mp11::mp_list<D...>) {
    return std::array<Member, sizeof...(D)>{
        Member{kName<D>, kind_of<TypeOf<T, D>>(), is_repeated<TypeOf<T, D>>(),
               !OptionalOf<TypeOf<T, D>>::value && !kSpec<T, D>.optional}...};
  }(boost::mp11::mp_rename<Members<T>, boost::mp11::mp_list>{});
}

template <class T>
void read(const json::value& v, T& out, const Spec& spec, const Path& at, Problems& problems);

template <Struct T>
void read_struct(const json::value& v, T& out, const Path& at, Problems& problems);

// An element of a vector or a map: optionals may be null there.
template <class T>
void read_element(const json::value& v, T& out, const Spec& spec, const Path& at,
                  Problems& problems) {
  if constexpr (OptionalOf<T>::value) {
    if (v.is_null()) {
      out.reset();
    } else {
      read(v, out.emplace(), spec, at, problems);
    }
  } else {
    read(v, out, spec, at, problems);
  }
}

template <class T>
void read(const json::value& v, T& out, const Spec& spec, const Path& at, Problems& problems) {
  if constexpr (OptionalOf<T>::value) {
    using Item = typename OptionalOf<T>::Item;
    if (v.is_null() && !std::is_same_v<Item, json::value>) {
      problems.add(at, "must not be null: leave it out instead");
    } else {
      read(v, out.emplace(), spec, at, problems);
    }
  } else if constexpr (std::is_same_v<T, json::value>) {
    read_any(v, out, at, problems);
  } else if constexpr (std::is_same_v<T, bool>) {
    read_bool(v, out, at, problems);
  } else if constexpr (std::is_integral_v<T>) {
    using Limits = std::numeric_limits<T>;
    std::uint64_t bits = 0;
    if (read_integer(v, spec, static_cast<std::int64_t>(Limits::min()),
                     static_cast<std::uint64_t>(Limits::max()), bits, at, problems)) {
      out = static_cast<T>(bits);
    }
  } else if constexpr (std::is_same_v<T, double>) {
    read_number(v, spec, out, at, problems);
  } else if constexpr (std::is_same_v<T, std::string>) {
    read_string(v, spec, out, at, problems);
  } else if constexpr (std::is_same_v<T, Instant>) {
    read_instant(v, out, at, problems);
  } else if constexpr (Enum<T>) {
    const int i = read_enum(v, kNames<T>, at, problems);
    if (i >= 0) out = kValues<T>[static_cast<std::size_t>(i)];
  } else if constexpr (VectorOf<T>::value) {
    const json::array* array = read_array(v, spec, at, problems);
    if (!array) return;
    out.clear();
    out.reserve(array->size());
    const Spec item = each(spec);
    for (std::size_t i = 0; i < array->size(); ++i) {
      typename VectorOf<T>::Item one{};
      read_element((*array)[i], one, item, at.element(i), problems);
      out.push_back(std::move(one));
    }
  } else if constexpr (MapOf<T>::value) {
    const json::object* object = read_object(v, spec, at, problems);
    if (!object) return;
    out.clear();
    const Spec item = each(spec);
    for (const auto& [key, value] : *object) {
      const Path here = at.member({key.data(), key.size()});
      if (!read_key(key, here, problems)) continue;
      read_element(value, out[std::string(key)], item, here, problems);
    }
  } else {
    static_assert(Struct<T>, "this type has no wire form: see base/wire.h");
    read_struct(v, out, at, problems);
  }
}

template <Struct T>
void read_struct(const json::value& v, T& out, const Path& at, Problems& problems) {
  static constexpr auto known = make_members<T>();
  const json::object* object = read_object(v, kNoSpec, at, problems);
  if (!object) return;
  std::size_t seen = 0;
  boost::mp11::mp_for_each<Members<T>>([&](auto d) {
    using D = decltype(d);
    constexpr const Spec& spec = kSpec<T, D>;
    const Path here = at.member(kName<D>);
    const json::value* found = object->if_contains(kName<D>);
    if (found) {
      ++seen;
      read(*found, out.*D::pointer, spec, here, problems);
    } else if (!OptionalOf<TypeOf<T, D>>::value && !spec.optional) {
      problems.add(here, "is required");
    }
  });
  if (seen != object->size()) unknown_fields(*object, known, at, problems);
}

template <class T>
json::value schema_of(Definitions& definitions, const Spec& spec);
template <Struct T>
json::value reference_to(Definitions& definitions, std::span<const std::string> excluded);

template <class T>
json::value element_schema(Definitions& definitions, const Spec& spec) {
  if constexpr (OptionalOf<T>::value) {
    return nullable(schema_of<typename OptionalOf<T>::Item>(definitions, spec));
  } else {
    return schema_of<T>(definitions, spec);
  }
}

template <class T>
json::value schema_of(Definitions& definitions, const Spec& spec) {
  if constexpr (OptionalOf<T>::value) {
    return schema_of<typename OptionalOf<T>::Item>(definitions, spec);
  } else if constexpr (std::is_same_v<T, json::value>) {
    return json::object{};
  } else if constexpr (std::is_same_v<T, bool>) {
    return json::object{{"type", "boolean"}};
  } else if constexpr (std::is_integral_v<T>) {
    using Limits = std::numeric_limits<T>;
    return integer_schema(spec, static_cast<std::int64_t>(Limits::min()),
                          static_cast<std::uint64_t>(Limits::max()));
  } else if constexpr (std::is_same_v<T, double>) {
    return number_schema(spec);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return string_schema(spec);
  } else if constexpr (std::is_same_v<T, Instant>) {
    return json::object{{"type", "string"}, {"format", "date-time"}};
  } else if constexpr (Enum<T>) {
    return enum_schema(kNames<T>);
  } else if constexpr (VectorOf<T>::value) {
    return array_schema(spec, element_schema<typename VectorOf<T>::Item>(definitions, each(spec)));
  } else if constexpr (MapOf<T>::value) {
    return map_schema(spec, element_schema<typename MapOf<T>::Item>(definitions, each(spec)));
  } else {
    static_assert(Struct<T>, "this type has no wire form: see base/wire.h");
    return reference_to<T>(definitions, {});
  }
}

}  // namespace detail

// The described members of T, in order.
template <detail::Struct T>
std::span<const Member> members() {
  static constexpr auto list = detail::make_members<T>();
  return list;
}

// Decodes what `input` holds and records every wrong field below `at`.
template <class T>
void decode_into(const json::value& input, T& out, const Path& at, Problems& problems) {
  detail::read(input, out, detail::kNoSpec, at, problems);
}

template <class T>
T decode(const json::value& input) {
  T out{};
  Problems problems;
  decode_into(input, out, Path{}, problems);
  problems.raise();
  return out;
}

template <class T>
json::value encode(const T& value) {
  using namespace detail;
  if constexpr (std::is_same_v<T, json::value>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    return json::value(value);
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_signed_v<T>) return json::value(static_cast<std::int64_t>(value));
    return json::value(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_same_v<T, double>) {
    return write_number(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return json::value(json::string(value));
  } else if constexpr (std::is_same_v<T, Instant>) {
    return json::value(json::string(format_instant(value.micros)));
  } else if constexpr (Enum<T>) {
    return json::value(describe::enum_to_string(value, ""));
  } else if constexpr (OptionalOf<T>::value) {
    return value ? encode(*value) : json::value(nullptr);
  } else if constexpr (VectorOf<T>::value) {
    json::array array;
    array.reserve(value.size());
    for (const typename VectorOf<T>::Item& item : value) array.push_back(encode(item));
    return array;
  } else if constexpr (MapOf<T>::value) {
    json::object object;
    object.reserve(value.size());
    for (const auto& [key, item] : value) object.emplace(key, encode(item));
    return object;
  } else {
    static_assert(Struct<T>, "this type has no wire form: see base/wire.h");
    json::object object;
    object.reserve(boost::mp11::mp_size<Members<T>>::value);
    boost::mp11::mp_for_each<Members<T>>([&](auto d) {
      const auto& member = value.*decltype(d)::pointer;
      if constexpr (OptionalOf<TypeOf<T, decltype(d)>>::value) {
        if (member) object.emplace(kName<decltype(d)>, encode(*member));
      } else {
        object.emplace(kName<decltype(d)>, encode(member));
      }
    });
    return object;
  }
}

// The schema of a struct as an object, without the members named in `excluded`.
template <detail::Struct T>
json::object object_schema(Definitions& definitions, std::span<const std::string> excluded) {
  using namespace detail;
  json::object properties;
  json::array required;
  const T defaults{};
  boost::mp11::mp_for_each<Members<T>>([&](auto d) {
    using D = decltype(d);
    constexpr const Spec& spec = kSpec<T, D>;
    for (const std::string& name : excluded) {
      if (name == kName<D>) return;
    }
    json::value one = schema_of<TypeOf<T, D>>(definitions, spec);
    json::object& fields = one.as_object();
    if (!spec.text.empty()) fields["description"] = spec.text;
    if constexpr (!OptionalOf<TypeOf<T, D>>::value) {
      if (spec.optional) {
        fields["default"] = encode(defaults.*D::pointer);
      } else {
        required.emplace_back(kName<D>);
      }
    }
    properties[kName<D>] = std::move(one);
  });
  json::object out{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  out["additionalProperties"] = false;
  return out;
}

// A "$ref" to the struct's schema, which is added to the definitions on first use.
template <detail::Struct T>
json::value struct_reference(Definitions& definitions, std::span<const std::string> excluded) {
  std::string variant;
  for (const std::string& name : excluded) variant += name + ",";
  const auto [name, fresh] = definitions.name(typeid(T), variant);
  if (fresh) {
    definitions.set(name, json::object{});  // a struct may hold itself
    definitions.set(name, object_schema<T>(definitions, excluded));
  }
  return definitions.reference(name);
}

template <detail::Struct T>
json::value detail::reference_to(Definitions& definitions, std::span<const std::string> excluded) {
  return struct_reference<T>(definitions, excluded);
}

template <class T>
json::value schema_in(Definitions& definitions) {
  return detail::schema_of<T>(definitions, detail::kNoSpec);
}

template <class T>
json::value schema() {
  Definitions definitions("#/$defs/");
  json::value root = schema_in<T>(definitions);
  json::object& out = root.as_object();
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  if (!definitions.schemas().empty()) out["$defs"] = definitions.schemas();
  return root;
}

}  // namespace ob::wire
