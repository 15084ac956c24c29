#include "relay/files.h"

#include "base/ids.h"

namespace ob::relay {
namespace {

constexpr std::size_t kMaxUploads = 4'096;
constexpr std::size_t kPage = 1'000;

Error no_object() {
  return not_found("objects.notFound", "There is no such object.");
}

Error no_upload() {
  return not_found("relay.noUpload", "There is no such upload.");
}

Error bad_order() {
  return {501, "relay.partOrder", "The parts of an object have to come whole and in their order."};
}

}  // namespace

void Files::mount(Mount mount) {
  auto prefix = mount.prefix;
  const std::lock_guard lock(mounts_mutex_);
  mounts_[std::move(prefix)] = std::make_shared<const Mount>(std::move(mount));
}

void Files::unmount(const std::string& prefix) {
  const std::lock_guard lock(mounts_mutex_);
  mounts_.erase(prefix);
}

// The longest prefix decides: it comes first of those that fit.
Files::Place Files::find(const std::string& location) {
  const std::shared_lock lock(mounts_mutex_);
  for (auto at = mounts_.lower_bound(location); at != mounts_.end(); ++at) {
    if (!location.starts_with(at->first)) continue;
    Place place{at->second, location.substr(at->first.size())};
    objects::validate_key(place.key);
    if (!place.mount->serves(place.key)) throw no_object();
    return place;
  }
  throw no_object();
}

std::shared_ptr<objects::Reader> Files::open(const std::string& location, bool fresh) {
  const Place place = find(location);
  if (!fresh || place.mount->immutable(place.key)) {
    if (auto known = readers_.find(location)) return *known;
  }
  std::shared_ptr<objects::Reader> reader = place.mount->store->open(place.key);
  readers_.put(location, reader, 1);
  return reader;
}

std::unique_ptr<objects::Writer> Files::create(const std::string& location) {
  const Place place = find(location);
  forget(location);
  return place.mount->store->create(place.key);
}

void Files::discard(const std::string& prefix) {
  std::vector<std::shared_ptr<Upload>> dropped;  // their writers end outside the lock
  {
    const std::lock_guard lock(uploads_mutex_);
    for (auto at = uploads_.begin(); at != uploads_.end();) {
      const bool ours = at->second->location.starts_with(prefix);
      if (ours) dropped.push_back(at->second);
      at = ours ? uploads_.erase(at) : std::next(at);
    }
  }
  const Place place = find(prefix);
  while (true) {
    const auto page = place.mount->store->list(place.key, "", kPage, false);
    for (const auto& object : page) {
      place.mount->store->remove(object.key);
      forget(place.mount->prefix + object.key);
    }
    if (page.size() < kPage) return;
  }
}

std::string Files::start_upload(const std::string& location) {
  auto upload = std::make_shared<Upload>();
  upload->location = location;
  upload->writer = create(location);
  auto id = random_token(18);
  const std::lock_guard lock(uploads_mutex_);
  if (uploads_.size() >= kMaxUploads)
    throw Error(503, "relay.tooManyUploads", "Too many files are being written at once.");
  uploads_.emplace(id, std::move(upload));
  return id;
}

std::shared_ptr<Files::Upload> Files::upload(const std::string& id, const std::string& location) {
  const std::lock_guard lock(uploads_mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end() || found->second->location != location) throw no_upload();
  return found->second;
}

std::unique_ptr<Files::Part> Files::part(const std::string& id, const std::string& location,
                                         int number) {
  return std::make_unique<Part>(upload(id, location), number);
}

void Files::complete(const std::string& id, const std::string& location, int parts) {
  {
    const Turn turn(upload(id, location));
    if (turn->broken || parts == 0 || parts != turn->parts) throw bad_order();
    turn->writer->commit();
  }
  abort(id);
}

void Files::abort(const std::string& id) {
  std::shared_ptr<Upload> dropped;
  const std::lock_guard lock(uploads_mutex_);
  const auto found = uploads_.find(id);
  if (found == uploads_.end()) return;
  dropped = found->second;
  uploads_.erase(found);
}

void Files::note_failure(const std::string& path, const Error& error) {
  failures_.put(path, error, 1);
}

Files::Turn::Turn(std::shared_ptr<Upload> upload) : upload_(std::move(upload)) {
  if (upload_->busy.exchange(true)) throw bad_order();
}

Files::Part::Part(std::shared_ptr<Upload> upload, int number) : turn_(std::move(upload)) {
  if (turn_->broken || number != turn_->parts + 1) throw bad_order();
}

Files::Part::~Part() {
  if (whole_)
    ++turn_->parts;
  else
    turn_->broken = true;
}

}  // namespace ob::relay
