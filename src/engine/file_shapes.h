#pragma once
// What columns data files hold. Files never change, so an answer is kept; footers that are read
// here stay in DuckDB's cache for the scan itself.
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/database.h"

namespace ob::engine {

struct FileShape {
  struct Top {
    std::string name;
    int field_id = -1;  // -1: none
  };
  std::vector<Top> columns;
};

// What `tags` of an add action tell of a file that was written here: files of a table with the same
// value have the same shape, so that the footer of one of them tells it of all.
inline constexpr const char* shape_tag = "ob.shape";
std::string shape_mark(const delta::Schema& schema,
                       const std::vector<std::string>& partition_columns);

class FileShapes {
 public:
  struct File {
    std::string location;
    std::string mark;  // value of its shape_tag; empty: none
  };
  // One shape a file of the table, in order; equal shapes are the same object. Throws ob::Error 409
  // sql.fileGone or delta.dataFileUnreadable when a file whose footer is read is gone or broken.
  std::vector<std::shared_ptr<const FileShape>> of(Instance& instance, const std::string& table,
                                                   const std::vector<File>& files);
  // What DuckDB is to read was looked at since it changed; throws as require_readable.
  void guard(Instance& instance, const std::string& table, const std::string& location);

 private:
  using ShapePtr = std::shared_ptr<const FileShape>;
  using Stamp = std::array<std::int64_t, 4>;  // a file's number, size and time of change
  std::vector<File> unknown(const std::string& table, const std::vector<File>& files);
  void look_up(Instance& instance, const std::vector<File>& files);
  void probe(DuckConnection& connection, const std::vector<std::string>& locations);

  std::mutex mutex_;
  std::unordered_map<std::string, ShapePtr> by_location_;
  std::map<std::string, ShapePtr> by_text_;
  // Of each table by itself: who writes the log of one could mislead the reading of others.
  std::unordered_map<std::string, ShapePtr> by_mark_;
  std::unordered_map<std::string, Stamp> guarded_;
};

// Throws ob::Error 409 delta.dataFileUnreadable for a data file that DuckDB must not read (see
// parquet_guard.h), and 422 delta.badPath for a link that leads out of the table's directory.
void require_readable(Instance& instance, const std::string& table, const std::string& location);

// How DuckDB names the file at a location, and the pattern for its readers that matches exactly
// that.
std::string duck_path(const std::string& location);
std::string literal_pattern(const std::string& location);
// "['a', 'b']" for read_parquet and its like; the names are taken literally, not as patterns.
std::string file_list(const std::vector<std::string>& locations);

}  // namespace ob::engine
