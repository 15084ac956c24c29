#pragma once
// Where a write puts its files: a directory of this machine, or a store.
#include <memory>
#include <string>

#include "relay/relay.h"

namespace ob::engine {

class WritePlace {
 public:
  virtual ~WritePlace() = default;         // without finish() nothing that was written stays
  virtual std::string target() const = 0;  // the directory, as COPY takes it
  virtual void drop(const std::string& file) = 0;  // one of COPY's that is not wanted
  // Puts a file of COPY's where it stays, and gives its path relative to the table. With
  // partitions: below `directory`, under the write's name and the number.
  virtual std::string settle(const std::string& file, const std::string& directory,
                             std::size_t number) = 0;
  // As long as the handle lives, what COPY writes goes to disk meanwhile; null where that is no
  // use.
  virtual std::shared_ptr<void> write_back() = 0;
  // What was settled is durable, and stays.
  virtual void finish() = 0;
};

struct WriteNames {
  std::string location;  // of the table
  std::string id;        // of the write
  std::string prefix;    // what all its files' names start with
  std::string suffix;    // what they end with
  bool partitioned = false;
};
// `relay`: for a location in a store.
std::unique_ptr<WritePlace> open_write_place(const WriteNames& names, relay::Relay* relay);

}  // namespace ob::engine
