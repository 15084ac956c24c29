#pragma once
// The stores behind the server: which object a location means, what is known of it, and uploads in
// several parts. Everything blocks.
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

#include "base/lru.h"
#include "relay/relay.h"

namespace ob::relay {

class Files {
 public:
  void mount(Mount mount);
  void unmount(const std::string& prefix);

  // `fresh`: asks the store also when the object is known, unless it cannot have changed.
  std::shared_ptr<objects::Reader> open(const std::string& location, bool fresh);
  // 409 objects.changed and 404 make the object unknown again.
  void forget(const std::string& location) { readers_.erase(location); }
  std::unique_ptr<objects::Writer> create(const std::string& location);
  void discard(const std::string& prefix);

  // Parts come in order, one at a time: else 501 relay.partOrder. 404 relay.noUpload.
  std::string start_upload(const std::string& location);
  class Part;
  std::unique_ptr<Part> part(const std::string& id, const std::string& location, int number);
  void complete(const std::string& id, const std::string& location, int parts);
  void abort(const std::string& id);

  void note_failure(const std::string& path, const Error& error);
  std::optional<Error> failure(const std::string& path) { return failures_.find(path); }

 private:
  struct Place {
    std::shared_ptr<const Mount> mount;
    std::string key;
  };
  struct Upload {
    std::string location;
    std::atomic<bool> busy = false;  // who sets it may use what follows
    std::unique_ptr<objects::Writer> writer;
    int parts = 0;
    bool broken = false;  // a part did not arrive whole
  };
  class Turn;
  Place find(const std::string& location);
  std::shared_ptr<Upload> upload(const std::string& id, const std::string& location);

  std::shared_mutex mounts_mutex_;
  std::map<std::string, std::shared_ptr<const Mount>, std::greater<>> mounts_;
  std::mutex uploads_mutex_;
  std::map<std::string, std::shared_ptr<Upload>> uploads_;
  LruCache<std::shared_ptr<objects::Reader>> readers_{20'000};  // by location
  LruCache<Error> failures_{1'000};                             // by path
};

// The sole use of an upload. 501 relay.partOrder when it is in use.
class Files::Turn {
 public:
  explicit Turn(std::shared_ptr<Upload> upload);
  ~Turn() { upload_->busy = false; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  Upload* operator->() const { return upload_.get(); }

 private:
  std::shared_ptr<Upload> upload_;
};

// The bytes of one part, while they come. Without finish() the upload cannot be completed.
class Files::Part {
 public:
  Part(std::shared_ptr<Upload> upload, int number);
  ~Part();
  void write(std::span<const std::byte> data) { turn_->writer->write(data); }
  void finish() { whole_ = true; }

 private:
  Turn turn_;
  bool whole_ = false;
};

}  // namespace ob::relay
