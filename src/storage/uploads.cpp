// Resumable uploads: the bytes grow in a staged object, a row says where they belong. After a crash
// the client asks for the offset and goes on.
#include <unordered_set>

#include "base/ids.h"
#include "base/log.h"
#include "storage/service.h"

namespace ob::storage {
namespace {

using identity::Privilege;

constexpr Micros kStale = Micros{7} * 86'400 * 1'000'000;
constexpr std::int64_t kMaxOpen = 1000;  // uploads of one user

Error no_such_upload() {
  return not_found("storage.uploadNotFound",
                   "There is no such upload: it was finished, cancelled or has expired.");
}

}  // namespace

// The upload's state for as long as somebody uses it.
class StorageService::Hold {
 public:
  Hold(StorageService& service, const std::string& id) : service_(service), id_(id) {
    std::lock_guard lock(service_.active_mutex_);
    active_ = &service_.active_[id_];
    ++active_->holders;
  }
  Hold(const Hold&) = delete;
  ~Hold() {
    std::lock_guard lock(service_.active_mutex_);
    if (--active_->holders == 0) service_.active_.erase(id_);
  }
  Active* operator->() const { return active_; }
  Active& operator*() const { return *active_; }

 private:
  StorageService& service_;
  std::string id_;
  Active* active_;  // elements of the map stay where they are
};

// Appends for one request, until a later one takes the upload over.
class StorageService::ActiveAppending : public Appending {
 public:
  ActiveAppending(StorageService& service, const store::UploadRow& row, std::int64_t offset)
      : active_(service, row.id) {
    std::lock_guard lock(active_->mutex);
    if (active_->gone) throw no_such_upload();
    auto& staged = service.staged_of(row, *active_);
    if (staged.size() != offset) throw OffsetMismatch(staged.size());
    remaining_ = row.bytes - offset;
    turn_ = ++active_->turn;
  }

  std::int64_t remaining() const override { return remaining_; }

  void write(std::span<const std::byte> data) override {
    std::lock_guard lock(active_->mutex);
    require_turn();
    if (static_cast<std::int64_t>(data.size()) > remaining_) {
      throw too_large("storage.tooManyBytes", "These are more bytes than the upload was made for.");
    }
    active_->staged->append(data);
    remaining_ -= static_cast<std::int64_t>(data.size());
  }

  std::int64_t finish() override {
    std::lock_guard lock(active_->mutex);
    require_turn();
    active_->staged->sync();
    return active_->staged->size();
  }

 private:
  void require_turn() const {
    if (active_->gone) throw no_such_upload();
    if (active_->turn != turn_) {
      throw conflict("storage.uploadTaken", "A later request has taken this upload over.");
    }
  }

  Hold active_;
  std::uint64_t turn_ = 0;
  std::int64_t remaining_ = 0;
};

objects::Staged& StorageService::staged_of(const store::UploadRow& row, Active& active) {
  // A crash may have come between the row and the first byte: then it is made now.
  if (!active.staged) active.staged = objects_->stage(row.id, true);
  return *active.staged;
}

store::UploadRow StorageService::find_upload(const Caller& caller, const std::string& id) {
  const auto row = db_.reading([&](db::Tx& tx) { return store::upload(tx, id); });
  if (!row || row->owner != caller.user_id) throw no_such_upload();
  return *row;
}

Upload StorageService::create_upload(const Caller& caller, const std::string& path,
                                     std::int64_t bytes, bool overwrite) {
  const Located target = locate_inside(caller, path, Privilege::write);
  if (bytes < 0) throw bad_request("storage.badLength", "The number of bytes is negative.");
  if (bytes > options_.max_file_bytes) {
    throw too_large("storage.tooLarge", "The file is larger than this server takes.");
  }
  check_target(target, overwrite);
  const store::UploadRow row{.id = new_uuid(),
                             .path = target.text(),
                             .bytes = bytes,
                             .overwrite = overwrite,
                             .owner = caller.user_id,
                             .created_at = now_micros()};
  db_.write([&](db::Tx& tx) {
    if (store::count_uploads(tx, caller.user_id) >= kMaxOpen) {
      throw conflict("storage.tooManyUploads",
                     "You have 1,000 unfinished uploads. Finish or cancel one first.");
    }
    store::insert_upload(tx, row);
  });
  objects_->stage(row.id, true);
  return {row.id, row.path, row.bytes, 0};
}

// Whether a crash came after the file became visible and before its row was gone.
std::optional<File> StorageService::published(const store::UploadRow& row, const Located& target) {
  const auto info = objects_->head(target.key);
  if (!info || info->size != row.bytes || info->modified < row.created_at) return std::nullopt;
  return File{target.text(), info->size, info->modified, info->version};
}

Upload StorageService::upload(const Caller& caller, const std::string& id) {
  const auto row = find_upload(caller, id);
  const Located target = locate_inside(caller, row.path, Privilege::write);
  const Hold active(*this, id);
  std::lock_guard lock(active->mutex);
  if (active->gone) throw no_such_upload();
  Upload out{row.id, row.path, row.bytes, 0};
  if (!active->staged) active->staged = objects_->stage(id, false);
  if (active->staged) {
    active->staged->sync();
    out.offset = active->staged->size();
  } else if (published(row, target)) {
    out.offset = row.bytes;
  }
  return out;
}

std::unique_ptr<Appending> StorageService::append(const Caller& caller, const std::string& id,
                                                  std::int64_t offset) {
  const auto row = find_upload(caller, id);
  locate_inside(caller, row.path, Privilege::write);
  return std::make_unique<ActiveAppending>(*this, row, offset);
}

File StorageService::finish_upload(const Caller& caller, const std::string& id) {
  const auto row = find_upload(caller, id);
  const Located target = locate_inside(caller, row.path, Privilege::write);
  const Hold active(*this, id);
  std::lock_guard lock(active->mutex);
  if (active->gone) throw no_such_upload();
  if (!active->staged) active->staged = objects_->stage(id, false);
  std::optional<File> done;
  if (!active->staged) done = published(row, target);
  if (!done) done = publish(row, target, *active);
  active->gone = true;
  db_.write([&](db::Tx& tx) { store::delete_upload(tx, id); });
  return *done;
}

File StorageService::publish(const store::UploadRow& row, const Located& target, Active& active) {
  auto& staged = staged_of(row, active);
  if (staged.size() != row.bytes) throw OffsetMismatch(staged.size());
  // Whether a file is there is decided by publishing itself.
  check_target(target, true);
  if (row.overwrite) {
    staged.publish(target.key);
  } else if (!staged.publish_if_absent(target.key)) {
    throw conflict("storage.exists", "There is already something at " + target.text() + ".");
  }
  return stat(target);
}

void StorageService::cancel_upload(const Caller& caller, const std::string& id) {
  find_upload(caller, id);
  const Hold active(*this, id);
  std::lock_guard lock(active->mutex);
  active->gone = true;
  db_.write([&](db::Tx& tx) { store::delete_upload(tx, id); });
  objects_->drop_staged(id);
}

void StorageService::drop_stale_uploads() {
  const auto ids = db_.writing([&](db::Tx& tx) {
    store::delete_uploads(tx, now_micros() - kStale);
    return store::upload_ids(tx);
  });
  const std::unordered_set<std::string> live(ids.begin(), ids.end());
  for (const auto& id : objects_->staged()) {
    if (!live.contains(id) && objects_->drop_staged(id)) {
      log::info("dropped the bytes of an abandoned upload");
    }
  }
}

}  // namespace ob::storage
