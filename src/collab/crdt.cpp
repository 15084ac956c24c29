#include "collab/crdt.h"

#include <openbricks_native/src/crdt/bridge.rs.h>
#include <rust/cxx.h>

#include <boost/json.hpp>
#include <cstring>

#include "base/error.h"

namespace ob::collab {

namespace json = boost::json;

namespace {

rust::Slice<const std::uint8_t> slice(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}
rust::Str text_slice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string to_string(const rust::Vec<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string batch_of(std::span<const std::string_view> updates) {
  std::size_t size = 0;
  for (const auto update : updates) size += update.size() + sizeof(std::uint32_t);
  std::string batch;
  batch.reserve(size);
  for (const auto update : updates) {
    const auto length = static_cast<std::uint32_t>(update.size());  // little endian, as the machine
    batch.append(reinterpret_cast<const char*>(&length), sizeof(length));
    batch += update;
  }
  return batch;
}

template <class Fn>
auto told(Fn fn) {
  try {
    return fn();
  } catch (const rust::Error& e) {
    throw bad_request("collab.badUpdate", e.what());
  } catch (const std::invalid_argument&) {
    throw bad_request("collab.badText", "The text is not UTF-8.");
  }
}

}  // namespace

struct Crdt::Impl {
  rust::Box<native::crdt::Document> document = native::crdt::new_document();
};

Crdt::Crdt() : impl_(std::make_unique<Impl>()) {}
Crdt::~Crdt() = default;
Crdt::Crdt(Crdt&&) noexcept = default;
Crdt& Crdt::operator=(Crdt&&) noexcept = default;

Crdt::Applied Crdt::apply(std::span<const std::string_view> updates, bool want_delta) {
  const std::string batch = batch_of(updates);
  auto applied = told([&] { return impl_->document->apply(slice(batch), want_delta); });
  return {to_string(applied.update),
          {applied.refused.begin(), applied.refused.end()},
          applied.pending,
          std::string(applied.delta)};
}

bool Crdt::load(std::span<const std::string_view> updates) {
  if (updates.size() == 1)
    return told([&] { return impl_->document->load_one(slice(updates[0])); });
  const std::string batch = batch_of(updates);
  return told([&] { return impl_->document->load(slice(batch)); }).empty();
}

bool Crdt::pending() const {
  return impl_->document->pending();
}
std::string Crdt::state_vector() const {
  return told([&] { return to_string(impl_->document->state_vector()); });
}
std::string Crdt::diff(std::string_view state_vector) const {
  return told([&] { return to_string(impl_->document->diff(slice(state_vector))); });
}
std::string Crdt::delta() const {
  return told([&] { return std::string(impl_->document->delta()); });
}
std::string Crdt::text() const {
  std::string out;
  told([&] { impl_->document->text_into(out); });
  return out;
}
std::string Crdt::apply_delta(std::string_view ops) {
  return told([&] { return to_string(impl_->document->apply_delta(text_slice(ops))); });
}
std::string Crdt::change_to(std::string_view ops) const {
  return told([&] { return std::string(impl_->document->change_to(text_slice(ops))); });
}

std::string ops_of_delta(std::string_view delta) {
  boost::system::error_code code;
  json::parse_options options;
  constexpr std::size_t kDepth = 64;
  options.max_depth = kDepth;
  const json::value value = json::parse(delta, code, {}, options);
  const json::value* ops = code ? nullptr : &value;
  if (ops && ops->is_object()) ops = ops->get_object().if_contains("ops");
  if (!ops || !ops->is_array()) {
    throw bad_request("collab.badDelta",
                      "The content must be a Quill delta: {\"ops\": [{\"insert\": \"text\"}, …]}.");
  }
  return json::serialize(*ops);
}

}  // namespace ob::collab
