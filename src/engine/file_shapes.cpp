#include "engine/file_shapes.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <unordered_set>

#include "base/error.h"
#include "base/ids.h"
#include "engine/error_text.h"
#include "engine/parquet_guard.h"
#include "relay/relay.h"

namespace ob::engine {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_kept = 200'000;
constexpr std::size_t probe_at_once = 1'000;

// The top-level columns from the depth-first list of a file's schema elements:
// [[name, children, field_id, type], …], the root first. Types only tell shapes apart: read_parquet
// reads a list of files with the types of its first.
FileShape shape_from(const std::string& text) {
  FileShape shape;
  const auto elements = boost::json::parse(text);
  const auto& list = elements.as_array();
  const auto children = [&](std::size_t i) {
    const auto& value = list[i].as_array()[1];
    return value.is_int64() ? value.get_int64() : 0;
  };
  std::size_t i = 1;
  while (i < list.size()) {
    const auto& element = list[i].as_array();
    FileShape::Top top{std::string(element[0].as_string()), -1};
    if (element[2].is_int64()) top.field_id = static_cast<int>(element[2].get_int64());
    shape.columns.push_back(std::move(top));
    for (std::int64_t open = 1; open > 0 && i < list.size(); ++i) open += children(i) - 1;
  }
  return shape;
}

Error unreadable(const std::string& location, const std::string& reason, std::string cause = {}) {
  return {409, "delta.dataFileUnreadable",
          "The data file " + own_name(location) +
              " of this table version cannot be read: " + reason + ".",
          std::move(cause)};
}

// Links may lead anywhere, also into other tables.
void require_inside(const std::string& table, const std::string& location) {
  std::error_code failed;
  const auto target = fs::canonical(location, failed);
  if (failed) return;  // DuckDB tells why
  const auto root = fs::canonical(table, failed);
  if (!failed && std::ranges::search(target, root).begin() != target.begin())
    throw Error(422, "delta.badPath",
                "The table's file " + own_name(location) +
                    " is a link to a place outside the table. Only files inside the table's "
                    "directory are read.");
}

}  // namespace

std::string duck_path(const std::string& location) {
  return relay::is_remote(location) ? relay::to_path(location) : location;
}

std::string literal_pattern(const std::string& location) {
  if (relay::is_remote(location)) return relay::to_path(location);
  std::string out;
  for (const char c : location) {
    if (c == '*' || c == '?' || c == '[')
      out += {'[', c, ']'};
    else
      out.push_back(c);
  }
  return out;
}

std::string file_list(const std::vector<std::string>& locations) {
  std::string out = "[";
  for (const auto& location : locations) {
    if (out.size() > 1) out += ", ";
    out += quote_literal(literal_pattern(location));
  }
  return out + "]";
}

void FileShapes::probe(DuckConnection& connection, const std::vector<std::string>& locations) {
  std::vector<std::vector<std::optional<std::string>>> answer;
  try {
    answer = connection.rows(
        "SELECT file_name, to_json(list([to_json(name), to_json(num_children), to_json(field_id), "
        "to_json(concat_ws('|', type, duckdb_type, converted_type, logical_type, scale, precision, "
        "type_length, repetition_type = 'REPEATED'))] ORDER BY column_id)) FROM parquet_schema(" +
        file_list(locations) + ") GROUP BY file_name");
  } catch (const Error& error) {
    if (error.status() != 400) throw;
    if (locations.size() == 1)
      throw unreadable(locations.front(), "it is not valid Parquet",
                       std::string(error.what()) + " " + error.cause());
    const auto middle = locations.begin() + static_cast<std::ptrdiff_t>(locations.size() / 2);
    probe(connection, {locations.begin(), middle});
    return probe(connection, {middle, locations.end()});
  }
  if (answer.size() != std::unordered_set(locations.begin(), locations.end()).size())
    throw internal("parquet_schema left files out");
  const std::lock_guard lock(mutex_);
  for (const auto& row : answer) {
    auto& shape = by_text_[*row[1]];
    if (!shape) shape = std::make_shared<const FileShape>(shape_from(*row[1]));
    by_location_[row[0]->starts_with('/') ? *row[0] : relay::to_location(*row[0])] = shape;
  }
}

void require_readable(Instance& instance, const std::string& table, const std::string& location) {
  if (!relay::is_remote(location)) require_inside(table, location);
  if (const auto fault = parquet_fault(instance.relay(), location))
    throw unreadable(location, *fault);
}

std::string shape_mark(const delta::Schema& schema,
                       const std::vector<std::string>& partition_columns) {
  // Changes when files of the same schema come to be written in another way.
  std::string text = std::string("1 ") + duckdb_library_version() + delta::to_json(schema);
  for (const auto& name : partition_columns) text += "\n" + name;
  return sha256_hex(text).substr(0, 12);
}

// The files that nothing is known of yet, also among themselves.
std::vector<FileShapes::File> FileShapes::unknown(const std::string& table,
                                                  const std::vector<File>& files) {
  const std::lock_guard lock(mutex_);
  if (by_location_.size() > max_kept || by_mark_.size() > max_kept) {
    by_location_.clear();
    by_mark_.clear();
    by_text_.clear();
  }
  if (guarded_.size() > max_kept) guarded_.clear();
  std::vector<File> out;
  std::unordered_set<std::string_view> marks;
  for (const auto& file : files) {
    const bool marked = !file.mark.empty();
    if (marked ? !by_mark_.contains(table + file.mark) && marks.insert(file.mark).second
               : !by_location_.contains(file.location))
      out.push_back(file);
  }
  return out;
}

void FileShapes::guard(Instance& instance, const std::string& table, const std::string& location) {
  Stamp stamp{};
  struct stat found{};
  if (!relay::is_remote(location) && ::stat(location.c_str(), &found) == 0)
    stamp = {static_cast<std::int64_t>(found.st_ino), found.st_size, found.st_mtim.tv_sec,
             found.st_mtim.tv_nsec};
  {
    const std::lock_guard lock(mutex_);
    if (const auto seen = guarded_.find(location); seen != guarded_.end() && seen->second == stamp)
      return;
  }
  require_readable(instance, table, location);
  const std::lock_guard lock(mutex_);
  guarded_[location] = stamp;
}

// DuckDB opens files one after the other, which takes a while where each is a request.
void FileShapes::look_up(Instance& instance, const std::vector<File>& files) {
  if (instance.relay() == nullptr || files.empty() || !relay::is_remote(files.front().location))
    return;
  std::vector<std::string> unseen;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& file : files)
      if (!by_location_.contains(file.location)) unseen.push_back(file.location);
  }
  for (std::size_t i = 0; i < unseen.size(); i += probe_at_once) {
    const auto first = unseen.begin() + static_cast<std::ptrdiff_t>(i);
    const auto count = std::min(probe_at_once, unseen.size() - i);
    instance.relay()->prefetch({first, first + static_cast<std::ptrdiff_t>(count)});
  }
}

std::vector<std::shared_ptr<const FileShape>> FileShapes::of(Instance& instance,
                                                             const std::string& table,
                                                             const std::vector<File>& files) {
  look_up(instance, files);
  const auto fresh = unknown(table, files);
  for (const auto& file : fresh) guard(instance, table, file.location);
  const auto connection = fresh.empty() ? nullptr : instance.connect();
  for (std::size_t i = 0; i < fresh.size(); i += probe_at_once) {
    std::vector<std::string> locations;
    for (std::size_t k = i; k < std::min(fresh.size(), i + probe_at_once); ++k)
      locations.push_back(fresh[k].location);
    probe(*connection, locations);
  }
  const std::lock_guard lock(mutex_);
  for (const auto& file : fresh)
    if (!file.mark.empty()) by_mark_[table + file.mark] = by_location_.at(file.location);
  std::vector<ShapePtr> out;
  for (const auto& file : files) {
    const auto& known = file.mark.empty() ? by_location_ : by_mark_;
    const auto found = known.find(file.mark.empty() ? file.location : table + file.mark);
    if (found == known.end()) throw internal("no schema for a data file");
    out.push_back(found->second);
    if (!file.mark.empty() && relay::is_remote(file.location))  // so that it is looked up once
      by_location_.emplace(file.location, found->second);
  }
  return out;
}

}  // namespace ob::engine
