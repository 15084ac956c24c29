#pragma once
// What columns data files hold. Files never change, so an answer is kept; footers that are read
// here stay in DuckDB's cache for the scan itself.
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

class FileShapes {
 public:
  // One shape a location, in order; equal shapes are the same object. Throws ob::Error 409
  // sql.fileGone, or delta.dataFileUnreadable when a file is broken.
  std::vector<std::shared_ptr<const FileShape>> of(Instance& instance,
                                                   const std::vector<std::string>& locations);

 private:
  using ShapePtr = std::shared_ptr<const FileShape>;
  void probe(DuckConnection& connection, const std::vector<std::string>& locations);

  std::mutex mutex_;
  std::unordered_map<std::string, ShapePtr> by_location_;
  std::map<std::string, ShapePtr> by_text_;
};

// How DuckDB names the file at a location, and the pattern for its readers that matches exactly
// that.
std::string duck_path(const std::string& location);
std::string literal_pattern(const std::string& location);
// "['a', 'b']" for read_parquet and its like; the names are taken literally, not as patterns.
std::string file_list(const std::vector<std::string>& locations);

}  // namespace ob::engine
