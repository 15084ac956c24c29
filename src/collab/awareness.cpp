#include "collab/awareness.h"

#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "collab/json_state.h"
#include "collab/protocol.h"

namespace ob::collab {

namespace {

constexpr std::size_t kMostClients = 32;       // of one connection
constexpr std::size_t kMostState = 64 * 1024;  // bytes of one state
constexpr std::size_t kMostGone = 1000;        // whose clocks are remembered
constexpr std::string_view kGone = "null";

struct Entry {
  Awareness::Client client;
  std::uint64_t clock;
  std::string_view json;
};

std::vector<Entry> parse(std::string_view update) {
  Reader reader(update);
  const std::uint64_t count = reader.number();
  std::vector<Entry> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    Entry entry{};
    entry.client = reader.number();
    entry.clock = reader.number();
    entry.json = reader.bytes();
    if (entry.json.size() > kMostState) {
      throw bad_request("collab.awarenessTooLarge", "A client's state may have 64 KiB.");
    }
    if (!valid_utf8(entry.json)) throw bad_request("collab.badMessage", "A state is not UTF-8.");
    if (!is_state(entry.json)) {
      throw bad_request("collab.badMessage",
                        "A state must be a JSON object or null, nested 64 deep at most.");
    }
    out.push_back(entry);
  }
  return out;
}

void put(std::string& out, const Entry& entry) {
  put_number(out, entry.client);
  put_number(out, entry.clock);
  put_bytes(out, entry.json);
}

std::string encode(std::size_t count, const std::string& entries) {
  if (count == 0) return {};
  std::string out;
  put_number(out, count);
  return out + entries;
}

}  // namespace

std::size_t Awareness::owned(Owner owner) const {
  return static_cast<std::size_t>(std::count_if(states_.begin(), states_.end(), [&](const auto& s) {
    return s.second.owner == owner && s.second.json != kGone;
  }));
}

std::string Awareness::update(Owner owner, const std::string& user, std::string_view update) {
  std::string changed;
  std::size_t count = 0;
  std::size_t mine = owned(owner);
  for (const Entry& entry : parse(update)) {
    const auto found = states_.find(entry.client);
    const bool gone = entry.json == kGone;
    if (found == states_.end()) {
      if (gone) continue;
      // Clients repeat what they hear of others, so that more than a few mean no harm by
      // themselves.
      if (mine >= kMostClients) {
        throw bad_request("collab.tooManyClients", "A connection may stand for 32 clients.");
      }
    } else {
      State& known = found->second;
      const bool own_end =
          gone && entry.clock == known.clock && known.owner == owner && known.json != kGone;
      if (entry.clock <= known.clock && !own_end) continue;
      if (known.json != kGone && known.owner != owner && known.user != user) continue;
      if (known.json == kGone && !gone && mine >= kMostClients) continue;
    }
    State& state = states_[entry.client];
    const bool was_there = found != states_.end() && state.json != kGone;
    if (!was_there && !gone) ++mine;
    state = {entry.clock, std::string(entry.json), owner, user};
    if (gone) ++gone_;
    put(changed, entry);
    ++count;
  }
  forget_gone();
  return encode(count, changed);
}

std::string Awareness::leave(Owner owner) {
  std::string changed;
  std::size_t count = 0;
  for (auto& [client, state] : states_) {
    if (state.owner != owner) continue;
    state.owner = nullptr;
    if (state.json == kGone) continue;
    state.json = kGone;
    ++gone_;
    put(changed, {client, state.clock, kGone});
    ++count;
  }
  forget_gone();
  return encode(count, changed);
}

std::string Awareness::all() const {
  std::string out;
  std::size_t count = 0;
  for (const auto& [client, state] : states_) {
    if (state.json == kGone) continue;
    put(out, {client, state.clock, state.json});
    ++count;
  }
  return encode(count, out);
}

// Clocks of those who went keep late repetitions from bringing them back; not for ever.
void Awareness::forget_gone() {
  if (gone_ <= kMostGone) return;
  std::erase_if(states_, [](const auto& s) { return s.second.json == kGone; });
  gone_ = 0;
}

}  // namespace ob::collab
