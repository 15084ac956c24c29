#pragma once
// Volumes of files: "/Volumes/<catalog>/<schema>/<volume>/<path>". A path's part is 1–255 bytes of
// UTF-8 without control characters; the whole below the volume at most 900 bytes. Every method
// authorises on the volume first (read or write). All blocking, thread-safe.
// Errors: ob::Error 400 storage.badPath, 404 storage.notFound, 409 storage.exists, isDirectory,
// notDirectory, notEmpty, and those of the catalog for the volume.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/api.h"
#include "audit/audit.h"
#include "base/caller.h"
#include "base/error.h"
#include "base/pool.h"
#include "base/time.h"
#include "catalog/catalog.h"
#include "db/db.h"
#include "objects/objects.h"

namespace ob::storage {

struct File {
  std::string path;  // whole, as the catalog spells the volume
  std::int64_t bytes = 0;
  Micros modified_at = 0;
  std::string version;  // differs whenever the bytes do
};

struct Entry {
  std::string name, path;
  bool directory = false;
  std::optional<std::int64_t> bytes;
  std::optional<Micros> modified_at;
};

struct Listing {
  std::vector<Entry> items;
  std::optional<std::string> next;  // cursor of the next page
};

// What the sender says about the bytes; checked before the file becomes visible.
struct Expected {
  std::optional<std::int64_t> bytes;
  std::string md5, sha256;  // raw digests; empty: not given
};

// A file being received. Nothing is visible before finish(); destruction leaves nothing.
class Incoming {
 public:
  virtual ~Incoming() = default;
  virtual void write(std::span<const std::byte> data) = 0;
  virtual File finish() = 0;  // durable when it returns
};

struct Outgoing {
  File file;
  std::shared_ptr<objects::Reader> reader;
};

// A resumable upload.
struct Upload {
  std::string id, path;
  std::int64_t bytes = 0;   // of the whole file
  std::int64_t offset = 0;  // bytes that are safe here
};

// 409 storage.offsetMismatch: the answer tells the offset to go on from.
class OffsetMismatch : public Error {
 public:
  explicit OffsetMismatch(std::int64_t current)
      : Error(409, "storage.offsetMismatch",
              "The upload has " + std::to_string(current) +
                  " bytes so far. Send the bytes from that offset on."),
        offset(current) {}
  std::int64_t offset;
};

// Bytes appended to an upload by one request. A later request takes the upload over.
class Appending {
 public:
  virtual ~Appending() = default;
  virtual std::int64_t remaining() const = 0;               // most bytes that may still be written
  virtual void write(std::span<const std::byte> data) = 0;  // 409 storage.uploadTaken
  virtual std::int64_t finish() = 0;  // the new offset; durable when it returns
};

class Service {
 public:
  virtual ~Service() = default;

  virtual std::unique_ptr<Incoming> receive(const Caller&, const std::string& path, bool overwrite,
                                            const Expected& expected) = 0;
  virtual Outgoing open_file(const Caller&, const std::string& path) = 0;
  virtual void remove_file(const Caller&, const std::string& path) = 0;

  virtual Listing list(const Caller&, const std::string& path, const std::string& after,
                       std::size_t limit) = 0;
  virtual Entry make_directory(const Caller&, const std::string& path) = 0;  // may be there already
  virtual void remove_directory(const Caller&, const std::string& path, bool recursive) = 0;
  // A file, or a directory (never over something that exists).
  virtual void move(const Caller&, const std::string& from, const std::string& to,
                    bool overwrite) = 0;

  virtual Upload create_upload(const Caller&, const std::string& path, std::int64_t bytes,
                               bool overwrite) = 0;
  virtual Upload upload(const Caller&, const std::string& id) = 0;
  virtual std::unique_ptr<Appending> append(const Caller&, const std::string& id,
                                            std::int64_t offset) = 0;
  virtual File finish_upload(const Caller&, const std::string& id) = 0;
  virtual void cancel_upload(const Caller&, const std::string& id) = 0;

  // Where the engine reads the file; for other parts that take a path from a caller.
  virtual std::string readable_location(const Caller&, const std::string& path) = 0;

  virtual std::int64_t max_file_bytes() const = 0;
};

struct Options {
  std::int64_t max_file_bytes = std::int64_t{1} << 40;
  audit::Audit* audit = nullptr;  // outlives it; null: nothing is recorded
};
// Applies its migrations and drops uploads older than seven days.
std::unique_ptr<Service> open(db::Database&, catalog::Service&, std::shared_ptr<objects::Store>,
                              const Options& options = {});

// The endpoints under /api/v1/files, /directories and /uploads. `blocking` runs the file work.
void register_api(api::Registry& registry, Service& service, Pool& blocking);

}  // namespace ob::storage
