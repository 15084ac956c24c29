#include "catalog/locations.h"

#include <filesystem>

#include "base/error.h"
#include "base/ids.h"
#include "catalog/storage_credentials.h"
#include "net/net.h"

namespace ob::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLocation = 4096;

Error bad_location(const std::string& problem) {
  Error error = bad_request("catalog.badLocation", "The location cannot be used: it " + problem +
                                                       ". Give the absolute path of a directory.");
  error.with_fields({{"location", problem}});
  return error;
}

bool is_inside(const std::string& path, const std::string& directory) {
  return path == directory || (path.size() > directory.size() && path.starts_with(directory) &&
                               (directory.ends_with('/') || path[directory.size()] == '/'));
}

// The path that was written, without scheme.
std::string path_of(const std::string& location) {
  if (location.size() > kMaxLocation) throw bad_location("is too long");
  if (!valid_utf8(location)) throw bad_location("is not UTF-8");
  std::string path = location;
  if (path.starts_with("file:")) {
    path = net::percent_decode(std::string_view(path).substr(5));
    if (path.starts_with("//")) path.erase(0, 2);
  } else if (path.find("://") != std::string::npos) {
    throw bad_location("names a kind of storage that is not supported here");
  }
  if (path.empty() || path.front() != '/') throw bad_location("is not an absolute path");
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      throw bad_location("holds control characters");
    }
  }
  for (const auto& part : fs::path(path)) {
    if (part == "..") throw bad_location("holds '..'");
  }
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Follows links in the part of the path that exists; the rest is taken as written.
std::string real_path(const std::string& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  if (error) throw bad_location("cannot be resolved");
  // A dangling link counts as absent above, and would be followed when the directory is made.
  for (fs::path p = real; p.has_relative_path(); p = p.parent_path()) {
    if (fs::is_symlink(fs::symlink_status(p, error))) throw bad_location("holds a dangling link");
  }
  std::string text = real.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace

bool overlaps(const std::string& a, const std::string& b) {
  return is_inside(a, b) || is_inside(b, a);
}

Locations::Locations(const std::string& data_dir, const std::vector<std::string>& prefixes,
                     StorageCredentials* cloud)
    : data_dir_(real_path(fs::absolute(data_dir).lexically_normal().string())), cloud_(cloud) {
  for (const auto& prefix : prefixes) {
    const auto refuse = [&](const std::string& problem) {
      return Error(500, "config.externalLocations",
                   "external_locations: " + prefix + " " + problem + ".");
    };
    if (!prefix.starts_with('/')) throw refuse("is not an absolute path");
    std::error_code error;
    if (!fs::is_directory(prefix, error)) throw refuse("is not an existing directory");
    const std::string real = fs::canonical(prefix).string();
    if (is_inside(real, data_dir_)) throw refuse("lies inside the data directory");
    prefixes_.push_back(real);
  }
}

std::string Locations::prefix_of(const std::string& path) const {
  if (overlaps(path, data_dir_)) return "";
  std::string longest;
  for (const auto& prefix : prefixes_) {
    if (path != prefix && is_inside(path, prefix) && prefix.size() > longest.size()) {
      longest = prefix;
    }
  }
  return longest;
}

std::string Locations::resolve(const std::string& location) const {
  if (cloud_ != nullptr && relay::is_remote(location)) return cloud_->resolve(location);
  std::string path = real_path(path_of(location));
  if (prefix_of(path).empty()) {
    throw forbidden("catalog.locationNotAllowed",
                    prefixes_.empty()
                        ? "External tables are off: an administrator has to name the directories "
                          "where they may live (OPENBRICKS_EXTERNAL_LOCATIONS)."
                        : "That location is not below one of the directories where external "
                          "tables may live (OPENBRICKS_EXTERNAL_LOCATIONS).");
  }
  return path;
}

Locations::Place Locations::place(const std::string& path) {
  if (cloud_ != nullptr && relay::is_remote(path)) return cloud_->place(path);
  const std::string prefix = real_path(path) == path ? prefix_of(path) : "";
  if (prefix.empty()) {
    throw forbidden("catalog.locationNotAllowed",
                    "The table's location is no longer among the directories where external "
                    "tables may live (OPENBRICKS_EXTERNAL_LOCATIONS).");
  }
  const std::lock_guard lock(mutex_);
  auto& store = stores_[prefix];
  if (!store) store = objects::open("file://" + prefix);
  const std::size_t skip = prefix.ends_with('/') ? prefix.size() : prefix.size() + 1;
  return {store, path.substr(skip)};
}

}  // namespace ob::catalog
