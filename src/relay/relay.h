#pragma once
// The objects of cloud stores for DuckDB: an S3 server on this machine's loopback interface in
// front of objects::Store. So DuckDB needs no credentials, speaks one protocol whatever the
// provider is, and every request has the stores' retries, conditions and limits. Thread-safe; calls
// block.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "objects/objects.h"

namespace ob::relay {

// The one bucket, of which all paths are: "s3://objects/…".
inline constexpr std::string_view kBucket = "objects";

// The path by which DuckDB names the object at a location ("s3://…", "gs://…", "az://…",
// "abfss://…"), and back. A path holds [A-Za-z0-9._/=~-] only, so that nothing in a file's name
// means anything to DuckDB's readers of URLs and patterns. ob::Error 400 for what is not one.
bool is_remote(std::string_view location);
std::string to_path(std::string_view location);
std::string to_location(std::string_view path);

struct Mount {
  std::string prefix;  // what locations of the store start with: "s3://bucket/prefix/"
  std::shared_ptr<objects::Store> store;
  // What of it may be asked for, by key; and of which keys the object never changes once it is
  // there, so that it is looked up once.
  std::function<bool(const std::string& key)> serves, immutable;
};

class Relay {
 public:
  virtual ~Relay() = default;
  // Serves a store; one of the same prefix is replaced. The first one opens the port: ob::Error
  // when there is none.
  virtual void mount(Mount mount) = 0;
  virtual void unmount(const std::string& prefix) = 0;
  // Whether there has been a store; only then there is an endpoint.
  virtual bool started() const = 0;
  // What a client has to know: "127.0.0.1:port", and the session token that its requests carry.
  virtual const std::string& endpoint() const = 0;
  virtual const std::string& token() const = 0;

  // 404 objects.notFound, and what the store says.
  virtual std::shared_ptr<objects::Reader> open(const std::string& location) = 0;
  // Looks objects up side by side, before they are read one after the other. What fails here fails
  // again when it is read, and is told then.
  virtual void prefetch(const std::vector<std::string>& locations) = 0;
  // Removes what a write left that did not end: unfinished uploads to locations with this prefix,
  // and objects there.
  virtual void discard(const std::string& prefix) = 0;
  // Why the request failed that a message of DuckDB's is about, if it names one's path.
  virtual std::optional<Error> failure(std::string_view message) = 0;
};

std::unique_ptr<Relay> make();

}  // namespace ob::relay
