#pragma once
// Local files that the engine itself makes.
#include <filesystem>
#include <string>
#include <vector>

namespace ob::engine {

// Forces the contents of files and the entries of directories to disk. All lie on one file system.
// Throws ob::Error 500.
void sync_paths(const std::vector<std::filesystem::path>& paths);

// Removes what was written when a write does not finish.
class Cleanup {
 public:
  // Files of `directory` whose names start with `prefix`, and the directory `staging` with all in
  // it when that is not empty.
  Cleanup(std::filesystem::path directory, std::string prefix, std::filesystem::path staging)
      : directory_(std::move(directory)),
        prefix_(std::move(prefix)),
        staging_(std::move(staging)) {}
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;
  ~Cleanup();
  void add(std::filesystem::path file) { moved_.push_back(std::move(file)); }
  void keep() { keep_ = true; }

 private:
  std::filesystem::path directory_;
  std::string prefix_;
  std::filesystem::path staging_;
  std::vector<std::filesystem::path> moved_;
  bool keep_ = false;
};

}  // namespace ob::engine
