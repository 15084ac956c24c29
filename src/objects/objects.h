#pragma once
// Object storage: keys are '/'-separated relative paths without "." or ".." or empty parts; bytes
// are opaque. All calls block: run them on a Pool. Thread-safe. A put is atomic: readers see the
// whole new object or the old state, also after a crash; when it has returned, the object survives
// a power loss. (A removal is visible at once, but a power loss within seconds may undo it.)
// Errors: ob::Error 400 objects.badKey, 404 objects.notFound, 409 objects.keyConflict (a key below
// an object, or an object where keys lie below), 413 objects.tooLarge, 507 objects.diskFull.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace ob::objects {

struct ObjectInfo {
  std::string key;  // whole key
  std::int64_t size = 0;
  Micros modified = 0;
  bool is_prefix = false;  // a "directory" in a delimited listing
  std::string version;     // opaque, of [0-9a-f-]: differs whenever the bytes do; "" for a prefix
};

class Reader {
 public:
  virtual ~Reader() = default;
  virtual std::int64_t size() const = 0;
  // Reads up to out.size() bytes at offset; 0 at the end.
  virtual std::size_t read(std::int64_t offset, std::span<std::byte> out) = 0;
  // The very object that is being read, also when the key has been replaced since.
  virtual ObjectInfo info() const;
};

// A new object in the making: nothing is visible before commit(); destruction without commit leaves
// nothing behind.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual void write(std::span<const std::byte> data) = 0;
  virtual void commit() = 0;            // replaces an existing object
  virtual bool commit_if_absent() = 0;  // false, and nothing changed, when the key exists
};

// An object that grows over several calls and restarts, and is visible to no other call before it
// is published. One user at a time. A published one is gone from the staged.
class Staged {
 public:
  virtual ~Staged() = default;
  virtual std::int64_t size() const = 0;
  virtual void append(std::span<const std::byte> data) = 0;
  virtual void sync() = 0;  // what was appended survives a power loss
  virtual void publish(const std::string& key) = 0;
  virtual bool publish_if_absent(const std::string& key) = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  virtual std::optional<ObjectInfo> head(const std::string& key) = 0;
  virtual std::string get(const std::string& key,
                          std::int64_t max_bytes) = 0;               // ob::Error 404 / 413
  virtual std::unique_ptr<Reader> open(const std::string& key) = 0;  // ob::Error 404
  virtual std::unique_ptr<Writer> create(const std::string& key) = 0;
  virtual void put(const std::string& key, std::string_view bytes) = 0;
  virtual bool put_if_absent(const std::string& key, std::string_view bytes) = 0;
  virtual bool remove(const std::string& key) = 0;  // false when absent
  // Replaces an object at `to`. 404 when `from` is absent.
  virtual void move(const std::string& from, const std::string& to) = 0;
  virtual bool move_if_absent(const std::string& from, const std::string& to);
  // Moves every key below "from/" to the same place below "to/". False, and nothing changed, when
  // there is an object at `to` or below it; 404 when there is none below `from`. Atomic on a local
  // directory; elsewhere a crash may leave some keys moved.
  virtual bool move_prefix(const std::string& from, const std::string& to);
  // Keys that start with prefix and are greater than `after`, in byte order, at most limit. With
  // delimiter, keys are folded to one level ("a/b/" entries with is_prefix).
  virtual std::vector<ObjectInfo> list(const std::string& prefix, const std::string& after,
                                       std::size_t limit, bool delimited) = 0;
  // The URL or local path under which DuckDB and other engines open this key.
  virtual std::string location(const std::string& key) const = 0;

  // Staged objects by an id of the caller's (one key part). Without `create`, null when absent.
  virtual std::unique_ptr<Staged> stage(const std::string& id, bool create);
  virtual bool drop_staged(const std::string& id);  // false when absent
  virtual std::vector<std::string> staged();        // all ids
};

// Throws 400 objects.badKey: empty, longer than 1,024 bytes, a part that is empty, "." or "..",
// longer than 255 bytes or with NUL, or a first part that the store keeps for itself.
void validate_key(std::string_view key);

// A directory: "file:///path". Objects are files; temporary files live under ".openbricks-tmp" and
// are cleaned at open (unless another process has the store open too); staged objects live under
// ".openbricks-staged".
std::unique_ptr<Store> open(const std::string& url);

}  // namespace ob::objects
