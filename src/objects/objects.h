#pragma once
// Object storage: keys are '/'-separated relative paths without "." or ".." or empty parts; bytes
// are opaque. All calls block: run them on a Pool. Thread-safe. A put is atomic: readers see the
// whole new object or the old state, also after a crash; when it has returned, the object survives
// a power loss. (A removal is visible at once, but a power loss within seconds may undo it.)
// Errors: ob::Error 400 objects.badKey, 404 objects.notFound, 413 objects.tooLarge;
//   of a directory: 409 objects.keyConflict (a key below an object, or an object where keys lie
//   below), 507 objects.diskFull;
//   of a cloud store: 409 objects.changed (replaced while it was read), 499 objects.cancelled,
//   501 objects.unsupported, 502 objects.denied (credentials or rights), objects.noBucket and
//   objects.refused (wrong region, endpoint, …), 503 objects.throttled and objects.unavailable, 504
//   objects.timeout. After the last three, a write may or may not have taken effect, or may still
//   do so.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
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
  // Reads up to out.size() bytes at offset; 0 at the end. On a cloud store 409 objects.changed when
  // the object has been replaced since it was opened (unless the bucket keeps old versions).
  virtual std::size_t read(std::int64_t offset, std::span<std::byte> out) = 0;
  // The same from any number of threads at once, in one request to a cloud store: for those who
  // know how much they want. Nothing is kept or read ahead.
  virtual std::size_t read_range(std::int64_t offset, std::span<std::byte> out) {
    return read(offset, out);
  }
  // The very object that is being read, also when the key has been replaced since.
  virtual ObjectInfo info() const;
};

// A new object in the making: nothing is visible before commit(); destruction without commit leaves
// nothing behind. Of an object in a cloud store up to six parts are in memory.
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

  // How the store says that it encrypts a new object ("AES256", "aws:kms"), "" when it does not
  // say; nullopt of a directory, which the disk encrypts or not. Asks the store.
  virtual std::optional<std::string> encryption() { return std::nullopt; }

  // Staged objects by an id of the caller's (one key part). Without `create`, null when absent.
  virtual std::unique_ptr<Staged> stage(const std::string& id, bool create);
  virtual bool drop_staged(const std::string& id);  // false when absent
  virtual std::vector<std::string> staged();        // all ids
};

// Throws 400 objects.badKey: empty, longer than 1,024 bytes, a part that is empty, "." or "..",
// longer than 255 bytes or with NUL, or a first part that the store keeps for itself.
void validate_key(std::string_view key);

// Who asks a cloud store. Every field may be empty; none is ever logged or part of an error's text.
// Without any the requests are anonymous.
struct Credentials {
  std::string access_key, secret_key, session_token;  // S3
  std::string service_account;                        // Google Cloud: its key file's JSON
  std::string account_key, sas_token;                 // Azure: one of these, or all of the next
  std::string tenant_id, client_id, client_secret;
  // Use what the process's environment (AWS_…, GOOGLE_…, AZURE_…) and the machine's identity give.
  // Only for stores that the operator has chosen, never for one that a user names.
  bool ambient = false;
  // These go before what the URL says.
  std::string endpoint;            // "https://host[:port]"; empty: the provider's own
  std::string region;              // S3
  std::optional<bool> path_style;  // S3: default with an endpoint, or when the bucket has dots
  // Allow an http:// endpoint elsewhere than on this machine.
  bool allow_http = false;
};

// How a cloud store is asked. An attempt that moves bytes has longer, by their number.
struct RemoteOptions {
  int attempts = 6;
  std::int64_t attempt_timeout_ms = 15'000;
  std::int64_t backoff_ms = 100;     // before the second attempt; doubles, up to 5 s
  std::size_t part_bytes = 8 << 20;  // larger objects are uploaded in parts (5 MiB at least on S3)
  int requests = 32;                 // under way at once
  // Of S3: how the store is to encrypt what is written, "AES256" or "aws:kms" with a key's id or
  // ARN (else the account's own); empty: as the bucket says.
  std::string encryption, kms_key;
};

// A directory: "file:///path". Objects are files; temporary files live under ".openbricks-tmp" and
// are cleaned at open (unless another process has the store open too); staged objects live under
// ".openbricks-staged".
// A cloud store:
//   s3://bucket[/prefix][?region=…&endpoint=…&path_style=true|false]
//   gs://bucket[/prefix][?endpoint=…]
//   az://container[/prefix]?account=…[&endpoint=…]
//   abfss://container@account.dfs.core.windows.net[/prefix][?endpoint=…]
// Nothing is asked of the server before the first call. Keys also have to be UTF-8 without control
// characters. An object may stand where others lie below. Directories of objects that another
// program makes as empty objects ("a/") show as objects. What a crash leaves of an upload in parts
// stays unseen; a rule of the bucket (AbortIncompleteMultipartUpload) should remove it.
// Throws 400 objects.badUrl or objects.badSettings, never with a secret in it.
std::unique_ptr<Store> open(const std::string& url);
std::unique_ptr<Store> open(const std::string& url, const Credentials& credentials,
                            const RemoteOptions& options = {});

// While it lives, this thread's calls into cloud stores (their readers, writers, staged objects)
// stop with 499 objects.cancelled once the token is cancelled. The innermost one counts.
class Cancelling {
 public:
  // A token that nobody cancels: for work that must not be cut, like a commit or its clearing up.
  explicit Cancelling(CancelToken token = {});
  ~Cancelling();
  Cancelling(const Cancelling&) = delete;
  Cancelling& operator=(const Cancelling&) = delete;

 private:
  CancelToken token_;
  const CancelToken* outer_;
};

// Calls `stop` once this thread's innermost Cancelling is cancelled, as long as the handle lives.
[[nodiscard]] CancelToken::Handle on_cancelling(std::function<void()> stop);

}  // namespace ob::objects
