#pragma once
// Local files that the engine itself makes.
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace ob::engine {

// Forces the contents of files and the entries of directories to disk. All lie on one file system.
// Throws ob::Error 500.
void sync_paths(const std::vector<std::filesystem::path>& paths);

// Writes a file that is not there yet; sync_paths() makes it durable. Throws ob::Error 500, 507
// query.diskFull.
void write_new(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);

// Hands what others write into files of `directory` whose names start with `prefix` to the disk
// while they are being written, so that sync_paths() has little left to wait for.
class EarlyWriteback {
 public:
  EarlyWriteback(std::filesystem::path directory, std::string prefix);
  EarlyWriteback(const EarlyWriteback&) = delete;
  EarlyWriteback& operator=(const EarlyWriteback&) = delete;
  ~EarlyWriteback();

 private:
  void start_writing() const;

  const std::filesystem::path directory_;
  const std::string prefix_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  std::thread thread_;
};

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
