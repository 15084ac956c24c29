#pragma once
// Where external tables may live: below configured prefixes of this machine's file system, never
// inside the data directory, and never through a symbolic link that leads out; and below the URLs
// of storage credentials.
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "objects/objects.h"

namespace ob::catalog {

class StorageCredentials;

class Locations {
 public:
  // Throws ob::Error config.externalLocations when a prefix is not an existing absolute directory
  // or lies inside the data directory.
  // `cloud` decides on URLs of cloud stores; null: there are none.
  Locations(const std::string& data_dir, const std::vector<std::string>& prefixes,
            StorageCredentials* cloud = nullptr);

  // The real absolute path of what a user wrote ("/path", "file:///path"); it need not exist yet.
  // Throws ob::Error 400 catalog.badLocation, 403 catalog.locationNotAllowed.
  std::string resolve(const std::string& location) const;

  struct Place {
    std::shared_ptr<objects::Store> store;
    std::string root;  // key prefix in it
  };
  // Opens a path that resolve() gave earlier. Throws 403 catalog.locationNotAllowed when it is no
  // longer allowed or now leads elsewhere.
  Place place(const std::string& path);

 private:
  std::string prefix_of(const std::string& path) const;  // "" when none allows it

  std::string data_dir_;
  std::vector<std::string> prefixes_;
  StorageCredentials* const cloud_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<objects::Store>> stores_;  // by prefix
};

// Is one of these directories the other or inside it?
bool overlaps(const std::string& a, const std::string& b);

}  // namespace ob::catalog
