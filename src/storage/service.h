#pragma once
#include <functional>
#include <mutex>
#include <unordered_map>

#include "storage/paths.h"
#include "storage/storage.h"
#include "storage/store.h"

namespace ob::storage {

// A path whose volume was found and authorised.
struct Located {
  catalog::Name volume;  // as the catalog spells it
  std::string inside;
  std::string key;  // of the object; for inside "" the volume's own prefix
  std::string text() const { return to_text(volume, inside); }
};

enum class Kind { none, file, directory };

// Finds and authorises a volume: catalog::Service::volume.
using VolumeFinder =
    std::function<catalog::Volume(const Caller&, const catalog::Name&, identity::Privilege)>;

class StorageService : public Service {
 public:
  // Applies its migrations and drops stale uploads.
  StorageService(db::Database& database, VolumeFinder find_volume,
                 std::shared_ptr<objects::Store> objects, const Options& options);

  std::unique_ptr<Incoming> receive(const Caller&, const std::string& path, bool overwrite,
                                    const Expected& expected) override;
  Outgoing open_file(const Caller&, const std::string& path) override;
  void remove_file(const Caller&, const std::string& path) override;
  Listing list(const Caller&, const std::string& path, const std::string& after,
               std::size_t limit) override;
  Entry make_directory(const Caller&, const std::string& path) override;
  void remove_directory(const Caller&, const std::string& path, bool recursive) override;
  void move(const Caller&, const std::string& from, const std::string& to, bool overwrite) override;
  Upload create_upload(const Caller&, const std::string& path, std::int64_t bytes,
                       bool overwrite) override;
  Upload upload(const Caller&, const std::string& id) override;
  std::unique_ptr<Appending> append(const Caller&, const std::string& id,
                                    std::int64_t offset) override;
  File finish_upload(const Caller&, const std::string& id) override;
  void cancel_upload(const Caller&, const std::string& id) override;
  std::string readable_location(const Caller&, const std::string& path) override;
  std::int64_t max_file_bytes() const override { return options_.max_file_bytes; }

  // Authorises and locates; a file's path has at least one part inside the volume.
  Located locate(const Caller&, const std::string& path, identity::Privilege);
  Located locate_inside(const Caller&, const std::string& path, identity::Privilege);
  // Throws 409 when a file cannot come to be there.
  void check_target(const Located& target, bool overwrite);
  File stat(const Located& file);
  objects::Store& objects() { return *objects_; }

 private:
  // An upload while requests append to it.
  struct Active {
    std::mutex mutex;
    std::uint64_t turn = 0;  // of the request that may append
    std::unique_ptr<objects::Staged> staged;
    bool gone = false;  // published or cancelled
    int holders = 0;    // guarded by active_mutex_
  };
  class Hold;
  class ActiveAppending;

  Kind kind_of(const std::string& key);
  void require_directories_above(const Located& target);
  void keep_directory_above(const Located& file);
  void move_directory(const Located& from, const Located& to);
  store::UploadRow find_upload(const Caller&, const std::string& id);
  // The staged bytes; the caller holds active.mutex.
  objects::Staged& staged_of(const store::UploadRow& row, Active& active);
  File publish(const store::UploadRow& row, const Located& target, Active& active);
  std::optional<File> published(const store::UploadRow& row, const Located& target);
  void drop_stale_uploads();

  db::Database& db_;
  VolumeFinder find_volume_;
  std::shared_ptr<objects::Store> objects_;
  const Options options_;
  std::mutex active_mutex_;
  std::unordered_map<std::string, Active> active_;
};

}  // namespace ob::storage
