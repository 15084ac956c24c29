// Staged objects in a store that cannot append: each is a prefix of its own, with its token under
// "made" and its bytes in parts named by where they start and end. Publishing writes them as one
// object with the token as its marker, so that publishing again after a crash finds it done.
#include <algorithm>
#include <charconv>
#include <map>

#include "base/error.h"
#include "base/ids.h"
#include "objects/local.h"
#include "objects/remote_store.h"

namespace ob::objects {
namespace {

constexpr std::size_t kPage = 1000;
constexpr std::int64_t kTokenBytes = 64;

std::string area(const std::string& id) {
  validate_key(id);
  if (id.find('/') != id.npos) {
    throw bad_request("objects.badKey", "The id of a staged object is one part.");
  }
  return std::string(kStaged) + "/" + id + "/";
}

std::string hex16(std::int64_t value) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, 16).ptr;
  std::string out(16 - static_cast<std::size_t>(end - digits), '0');
  return out.append(digits, end);
}

struct Part {
  std::string key;
  std::int64_t start = 0;
  std::int64_t end = 0;
};

// "…/part-<start>-<end>", both of 16 hexadecimal digits.
bool parse_part(const std::string& key, std::size_t at, Part& out) {
  const std::string_view name = std::string_view(key).substr(at);
  if (!name.starts_with("part-") || name.size() != 38 || name[21] != '-') return false;
  const auto number = [&](std::size_t from, std::int64_t& value) {
    const auto* end = name.data() + from + 16;
    const auto result = std::from_chars(name.data() + from, end, value, 16);
    return result.ec == std::errc() && result.ptr == end;
  };
  out.key = key;
  return number(5, out.start) && number(22, out.end) && out.start >= 0 && out.start < out.end;
}

std::vector<ObjectInfo> everything(RemoteStore& store, const std::string& prefix) {
  std::vector<ObjectInfo> all;
  while (true) {
    auto page = store.list_any(prefix, all.empty() ? "" : all.back().key, kPage, false);
    const bool more = page.size() == kPage;
    std::ranges::move(page, std::back_inserter(all));
    if (!more) return all;
  }
}

// The parts that reach furthest from 0 without a gap. An append whose answer was lost may have left
// one that overlaps those after it.
std::vector<Part> longest_chain(std::vector<Part> parts) {
  std::ranges::sort(parts, [](const Part& a, const Part& b) { return a.start > b.start; });
  std::map<std::int64_t, std::pair<std::int64_t, const Part*>> reach;  // start → end, first part
  for (const auto& part : parts) {
    const auto next = reach.find(part.end);
    const std::int64_t end = next == reach.end() ? part.end : next->second.first;
    auto& best = reach[part.start];
    if (end > best.first) best = {end, &part};
  }
  std::vector<Part> chain;
  for (auto at = reach.find(0); at != reach.end(); at = reach.find(chain.back().end)) {
    chain.push_back(*at->second.second);
  }
  return chain;
}

void clear(RemoteStore& store, const std::string& prefix) {
  // "made" sorts before the parts; it goes last, so that a crash in between leaves a listed one.
  const auto all = everything(store, prefix);
  for (auto at = all.rbegin(); at != all.rend(); ++at) store.remove_any(at->key);
}

class RemoteStaged : public Staged {
 public:
  RemoteStaged(RemoteStore& store, std::string prefix, std::string token)
      : store_(store), prefix_(std::move(prefix)), token_(std::move(token)) {
    std::vector<Part> parts;
    for (const auto& object : everything(store_, prefix_)) {
      Part part;
      if (parse_part(object.key, prefix_.size(), part) && part.end - part.start == object.size) {
        parts.push_back(std::move(part));
      }
    }
    parts_ = longest_chain(std::move(parts));
  }

  std::int64_t size() const override { return stored() + std::ssize(buffer_); }

  void append(std::span<const std::byte> data) override {
    while (!data.empty()) {
      const auto now = std::min(data.size(), store_.part_bytes() - buffer_.size());
      buffer_.append(reinterpret_cast<const char*>(data.data()), now);
      data = data.subspan(now);
      if (buffer_.size() == store_.part_bytes()) sync();
    }
  }

  void sync() override {
    if (buffer_.empty()) return;
    Part part{.start = stored(), .end = size()};
    part.key = prefix_ + "part-" + hex16(part.start) + "-" + hex16(part.end);
    try {
      store_.put_any(part.key, buffer_);
    } catch (...) {
      buffer_.clear();  // size() tells what is kept, and the caller goes on from there
      throw;
    }
    parts_.push_back(std::move(part));
    buffer_.clear();
  }

  void publish(const std::string& key) override { place(key, true); }
  bool publish_if_absent(const std::string& key) override { return place(key, false); }

 private:
  std::int64_t stored() const { return parts_.empty() ? 0 : parts_.back().end; }

  bool place(const std::string& key, bool replace) {
    sync();
    const auto found = store_.head(key) ? store_.head_any(key) : std::nullopt;
    const bool ours = found && found->marker == token_;
    if (found && !ours && !replace) return false;
    if (!ours && !write(key, replace)) return false;
    clear(store_, prefix_);
    parts_.clear();
    return true;
  }

  bool write(const std::string& key, bool replace) {
    auto writer = store_.create_any(key, token_);
    for (const auto& part : parts_) {
      const auto bytes = store_.get_any(part.key, part.end - part.start);
      writer->write(std::as_bytes(std::span(bytes)));
    }
    if (!replace) return writer->commit_if_absent();
    writer->commit();
    return true;
  }

  RemoteStore& store_;
  std::string prefix_;
  std::string token_;
  std::vector<Part> parts_;
  std::string buffer_;
};

}  // namespace

std::unique_ptr<Staged> open_staged(RemoteStore& store, const std::string& id, bool create) {
  const std::string prefix = area(id);
  const std::string made = prefix + "made";
  if (!store.head_any(made)) {
    if (!create) return nullptr;
    store.put_any_if_absent(made, random_token(18));
  }
  return std::make_unique<RemoteStaged>(store, prefix, store.get_any(made, kTokenBytes));
}

bool drop_staged(RemoteStore& store, const std::string& id) {
  const std::string prefix = area(id);
  const bool found = store.head_any(prefix + "made").has_value();
  clear(store, prefix);
  return found;
}

std::vector<std::string> staged_ids(RemoteStore& store) {
  std::vector<std::string> ids;
  const std::string start = std::string(kStaged) + "/";
  std::string after;
  while (true) {
    const auto page = store.list_any(start, after, kPage, true);
    for (const auto& entry : page) {
      if (!entry.is_prefix) continue;
      ids.push_back(entry.key.substr(start.size(), entry.key.size() - start.size() - 1));
    }
    if (page.size() < kPage) return ids;
    after = page.back().key;
  }
}

}  // namespace ob::objects
