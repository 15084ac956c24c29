#pragma once
// Object storage: keys are '/'-separated relative paths without "." or ".." or empty parts; bytes
// are opaque. All calls block: run them on a Pool. Thread-safe. A put is atomic: readers see the
// whole new object or the old state, also after a crash; when it has returned, the object survives
// a power loss.
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
};

class Reader {
 public:
  virtual ~Reader() = default;
  virtual std::int64_t size() const = 0;
  // Reads up to out.size() bytes at offset; 0 at the end.
  virtual std::size_t read(std::int64_t offset, std::span<std::byte> out) = 0;
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
  virtual void move(const std::string& from, const std::string& to) = 0;
  // Keys that start with prefix and are greater than `after`, in byte order, at most limit. With
  // delimiter, keys are folded to one level ("a/b/" entries with is_prefix).
  virtual std::vector<ObjectInfo> list(const std::string& prefix, const std::string& after,
                                       std::size_t limit, bool delimited) = 0;
  // The URL or local path under which DuckDB and other engines open this key.
  virtual std::string location(const std::string& key) const = 0;
};

// A directory: "file:///path". Objects are files; temporary files live under ".tmp" and are cleaned
// at open.
std::unique_ptr<Store> open(const std::string& url);

}  // namespace ob::objects
