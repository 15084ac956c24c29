#pragma once
// Files of updates that are on their way to a database: what append() wrote survives the end of the
// process, and after sync() that of the machine. A file is a row of records: length of the body and
// its CRC-32 (4 bytes each, little-endian), then the body in lib0's encodings.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ob::collab {

// For one thread at a time.
class Journal {
 public:
  explicit Journal(std::filesystem::path directory);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Updates that got the numbers after `after`, or, without any, the removal of the document.
  struct Record {
    std::string_view document;
    std::int64_t after = 0;
    std::vector<std::string_view> updates;
  };
  // Those of earlier times, too, oldest first.
  std::vector<std::int64_t> files() const;
  // All records of a file; any thread, once nothing is written to it any more. Where
  // something cannot be read (of the last record the end, if its writer was killed) a copy is kept
  // as `*.damaged`, and it is logged.
  void read(std::int64_t file, const std::function<void(const Record&)>& each) const;

  std::int64_t current() const { return current_; }
  void next();  // goes on in a new file
  // Returns how many bytes that took. Throws Error 507 or 503; then nothing was written.
  std::size_t append(const std::string& document, std::int64_t after,
                     const std::vector<std::string>& updates);
  // A descriptor of the file of today, for fdatasync beside append(); the caller closes it. -1:
  // none.
  int handle() const;
  // Up to that one, oldest first, when what was in them is in the database, and on the disk there.
  void remove(std::int64_t file);

 private:
  std::filesystem::path path_of(std::int64_t file) const;
  void write();  // buffer_

  const std::filesystem::path directory_;
  std::int64_t oldest_ = 1, current_ = 0;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::string buffer_;
};

}  // namespace ob::collab
