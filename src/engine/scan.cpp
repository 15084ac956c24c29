#include "engine/scan.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <map>

#include "base/error.h"
#include "engine/column_sql.h"
#include "engine/error_text.h"
#include "engine/small_files.h"
#include "engine/text.h"
#include "relay/relay.h"

namespace ob::engine {

namespace {

using delta::Add;
using delta::Field;

// Up to so many distinct partition tuples are scanned apart, with the values as constants; more are
// joined by the number of the file.
constexpr std::size_t max_branches = 8;

constexpr std::int64_t kMaxDeletedRows = std::int64_t{1} << 28;  // 2 GiB as row indexes

struct File {
  const Add* add = nullptr;
  std::int64_t position = 0;  // among the snapshot's files
  std::string location;
  std::shared_ptr<const FileShape> shape;
  std::vector<std::optional<std::string>> partition;  // in the order of the partition columns
};

struct Chosen {
  const Add* add = nullptr;
  std::int64_t position = 0;
};

class Planner {
 public:
  Planner(Instance& instance, delta::Table& table, const delta::Snapshot& snapshot,
          const ScanOptions& options)
      : instance_(instance),
        table_(table),
        options_(options),
        schema_(snapshot.schema()),
        places_(options.places),
        mapped_(snapshot.column_mapping()) {
    const auto& metadata = snapshot.metadata();
    if (const auto rows = snapshot.row_count(); rows && !snapshot.files().empty())
      rows_a_file_ = static_cast<double>(*rows) / static_cast<double>(snapshot.files().size());
    const auto mode = metadata.configuration.find("delta.columnMapping.mode");
    by_id_ = mapped_ && mode != metadata.configuration.end() && mode->second == "id";
    for (const auto& name : metadata.partition_columns) {
      const Field* field = delta::find_field(schema_, name);
      if (field == nullptr)
        throw Error(422, "delta.badLog",
                    "The partition column \"" + name + "\" is not in the table's schema.");
      partition_.push_back(field);
    }
  }

  std::string plan(FileShapes& shapes, const std::vector<Chosen>& chosen) {
    if (schema_.empty()) throw bad_request("delta.noColumns", "The table has no columns to read.");
    shapes_ = &shapes;
    load(chosen);
    if (files_.empty()) return empty();
    std::map<std::vector<std::optional<std::string>>, std::vector<const File*>> tuples;
    for (const auto& file : files_) tuples[file.partition].push_back(&file);
    std::string out;
    const auto add_branches = [&](const std::vector<const File*>& files, bool join) {
      std::map<std::pair<const FileShape*, bool>, std::vector<const File*>> groups;
      for (const File* file : files)
        groups[{file->shape.get(), file->add->deletion_vector.has_value()}].push_back(file);
      for (const auto& [key, group] : groups)
        out += (out.empty() ? "" : " UNION ALL ") + branch(group, join);
    };
    if (tuples.size() <= max_branches) {
      for (const auto& [tuple, files] : tuples) add_branches(files, false);
    } else {
      std::vector<const File*> all;
      for (const auto& file : files_) all.push_back(&file);
      add_branches(all, true);
    }
    return out;
  }

  boost::json::object parameters() { return std::move(parameters_); }

  std::shared_ptr<void> keep_alive() {
    return std::make_shared<std::vector<std::shared_ptr<void>>>(std::move(handles_));
  }

 private:
  void load(const std::vector<Chosen>& chosen) {
    std::vector<FileShapes::File> files;
    for (const auto& [add, position] : chosen) {
      auto& file = files_.emplace_back();
      file.add = add;
      file.position = position;
      file.location = table_.file_location(add->path);
      const auto mark = add->tags.find(shape_tag);
      files.push_back({file.location, mark == add->tags.end() ? "" : mark->second});
      for (const Field* field : partition_) file.partition.push_back(partition_value(*add, *field));
    }
    if (files_.empty()) return;
    const auto found = shapes_->of(instance_, table_.location(), files);
    for (std::size_t i = 0; i < files_.size(); ++i) files_[i].shape = found[i];
  }

  std::string name_in_file(const Field& field) const {
    return mapped_ ? field.physical_name() : field.name;
  }

  std::optional<std::string> partition_value(const Add& add, const Field& field) const {
    const auto wanted = name_in_file(field);
    for (const auto& [name, value] : add.partition_values)
      if (equal_ignoring_case(name, wanted)) return value && !value->empty() ? value : std::nullopt;
    throw Error(422, "delta.badLog",
                "The table's log is broken: the file " + own_name(add.path) +
                    " has no value for the partition column \"" + field.name + "\".");
  }

  // A partition value as SQL. No statement may hold the NUL that such a value can.
  static std::string partition_literal(const std::optional<std::string>& value) {
    if (!value) return "CAST(NULL AS VARCHAR)";
    std::string out;
    for (std::size_t begin = 0; begin <= value->size();) {
      const auto end = std::min(value->find('\0', begin), value->size());
      out +=
          (begin == 0 ? "" : " || chr(0) || ") + quote_literal(value->substr(begin, end - begin));
      begin = end + 1;
    }
    return "(" + out + ")";
  }

  static std::string partition_expression(const Field& field, const std::string& text) {
    if (field.type.is("binary")) return "encode(" + text + ")";
    return "CAST(" + text + " AS " + delta::to_duckdb(field.type) + ")";
  }

  std::string empty() const {
    std::string out = "SELECT ";
    for (const auto& field : schema_) {
      if (&field != &schema_.front()) out += ", ";
      out +=
          "CAST(NULL AS " + delta::to_duckdb(field.type) + ") AS " + quote_identifier(field.name);
    }
    if (places_)
      for (const auto* name : {&places_->file, &places_->row})
        out += ", CAST(NULL AS BIGINT) AS " + quote_identifier(*name);
    return out + " WHERE false";
  }

  // The columns of ScanOptions::places.
  std::string places(const std::vector<const File*>& files) const {
    if (!places_) return {};
    std::string positions;
    for (const File* file : files)
      positions += (positions.empty() ? "" : ", ") + std::to_string(file->position);
    return ", list_extract(CAST([" + positions +
           "] AS BIGINT[]), CAST(f.file_index AS BIGINT) + 1) AS " +
           quote_identifier(places_->file) + ", CAST(f.file_row_number AS BIGINT) AS " +
           quote_identifier(places_->row);
  }

  // The name that the files of this shape give the column; empty when they lack it.
  std::string find_column(const FileShape& shape, const Field& field) const {
    if (by_id_) {
      for (const auto& column : shape.columns)
        if (column.field_id >= 0 && column.field_id == field.field_id()) return column.name;
      return {};
    }
    const auto wanted = name_in_file(field);
    std::string loose;
    for (const auto& column : shape.columns) {
      if (column.name == wanted) return column.name;
      if (equal_ignoring_case(column.name, wanted)) loose = column.name;
    }
    return loose;
  }

  std::string column_expression(const FileShape& shape, const Field& field) const {
    const auto name = field.type.is("void") ? std::string() : find_column(shape, field);
    if (name.empty()) return "CAST(NULL AS " + delta::to_duckdb(field.type) + ")";
    // A cast to the type that a column has already costs nothing: DuckDB drops it.
    return to_logical(
        field.type,
        "CAST(f." + quote_identifier(name) + " AS " + physical_type(field.type, mapped_) + ")",
        mapped_);
  }

  std::string partition_join(const std::vector<const File*>& files) const {
    std::string rows, names = "i", casts = "i";
    for (std::size_t i = 0; i < files.size(); ++i) {
      rows += (i == 0 ? "(" : ", (") + std::to_string(i);
      for (const auto& value : files[i]->partition) rows += ", " + partition_literal(value);
      rows += ")";
    }
    for (std::size_t k = 0; k < partition_.size(); ++k) {
      const auto name = "v" + std::to_string(k);
      names += ", " + name;
      casts += ", " + partition_expression(*partition_[k], name) + " AS " + name;
    }
    return " JOIN (SELECT " + casts + " FROM (VALUES " + rows + ") AS t(" + names +
           ")) AS p ON f.file_index = p.i";
  }

  // Files of one shape, all or none with a deletion vector.
  std::string branch(const std::vector<const File*>& files, bool join) {
    const FileShape& shape = *files.front()->shape;
    const bool deleted = files.front()->add->deletion_vector.has_value();
    if (deleted || join || places_) require_no_clash(shape);
    std::string out = "SELECT ";
    for (const auto& field : schema_) {
      if (&field != &schema_.front()) out += ", ";
      const auto found = std::ranges::find(partition_, &field);
      if (found == partition_.end()) {
        out += column_expression(shape, field);
      } else {
        const auto k = static_cast<std::size_t>(found - partition_.begin());
        const auto& value = files.front()->partition[k];
        out += join ? "p.v" + std::to_string(k)
                    : partition_expression(field, partition_literal(value));
      }
      out += " AS " + quote_identifier(field.name);
    }
    out += places(files);
    if (const auto id = deleted || join || places_ ? std::nullopt : small_files(files))
      return out + " FROM __ob_small_files(" + std::to_string(*id) + ") AS f";
    // Of those in stores, which take a request each, only where the shape was not known.
    if (!relay::is_remote(table_.location()))
      for (const File* file : files) shapes_->guard(instance_, table_.location(), file->location);
    out += " FROM read_parquet($" + add_list(files) + ", hive_partitioning = false) AS f";
    if (join) out += partition_join(files);
    if (deleted)
      out += " WHERE __ob_live(" + std::to_string(deletions(files)) +
             ", f.file_index, f.file_row_number)";
    return out;
  }

  // The number of the files' registration where they are better read without DuckDB.
  std::optional<std::int64_t> small_files(const std::vector<const File*>& files) {
    if (!rows_a_file_ || files.size() < SmallFiles::least) return std::nullopt;
    // Most tables of large files are known by their first.
    if (!std::ranges::all_of(files, [](auto* file) { return SmallFiles::small(file->add->size); }))
      return std::nullopt;
    std::vector<SmallFiles::Column> columns;
    for (const auto& field : schema_) {
      if (std::ranges::find(partition_, &field) != partition_.end() || field.type.is("void"))
        continue;
      if (const auto name = find_column(*files.front()->shape, field); !name.empty())
        columns.push_back({name, field.type});
    }
    std::vector<SmallFiles::File> list;
    for (const File* file : files) list.push_back({file->location, file->add->size});
    auto found = SmallFiles::of(instance_, table_.location(), std::move(columns), std::move(list),
                                std::llround(*rows_a_file_ * static_cast<double>(files.size())));
    if (!found) return std::nullopt;
    auto [id, handle] = instance_.functions().small_files->add(std::move(found));
    handles_.push_back(std::move(handle));
    return id;
  }

  // The name of a parameter with the files' locations.
  std::string add_list(const std::vector<const File*>& files) {
    boost::json::array locations;
    locations.reserve(files.size());
    for (const File* file : files) locations.emplace_back(literal_pattern(file->location));
    std::string name =
        options_.parameter_prefix + std::to_string(options_.first_parameter + parameters_.size());
    parameters_[name] = std::move(locations);
    return name;
  }

  std::int64_t deletions(const std::vector<const File*>& files) {
    auto rows = std::make_shared<DeletedRows>();
    // Each vector has its own limit; a log may name any number of them.
    for (const File* file : files)
      deleted_ +=
          std::clamp<std::int64_t>(file->add->deletion_vector->cardinality, 0, kMaxDeletedRows + 1);
    if (deleted_ > kMaxDeletedRows)
      throw Error(422, "delta.tooManyDeletedRows",
                  "The files of this scan have " + std::to_string(deleted_) +
                      " deleted rows, more than can be kept at once: narrow the statement to fewer "
                      "files, or let OPTIMIZE write them anew.");
    for (const File* file : files)
      rows->files.push_back(table_.deleted_rows(*file->add->deletion_vector));
    auto [id, handle] = instance_.functions().deleted->add(std::move(rows));
    handles_.push_back(std::move(handle));
    return id;
  }

  // DuckDB's names for a row's place give way to columns of the same name.
  static void require_no_clash(const FileShape& shape) {
    for (const auto& column : shape.columns)
      for (const char* reserved : {"file_index", "file_row_number"})
        if (equal_ignoring_case(column.name, reserved))
          throw bad_request("delta.unsupportedName",
                            "A table with a column named " + column.name +
                                " cannot be read when it has deletion vectors or many partitions, "
                                "nor changed. Rename the column.");
  }

  Instance& instance_;
  FileShapes* shapes_ = nullptr;
  delta::Table& table_;
  const ScanOptions& options_;
  const delta::Schema& schema_;
  const std::optional<ScanOptions::Places> places_;
  const bool mapped_;
  bool by_id_ = false;
  std::optional<double> rows_a_file_;  // on average, where the log tells it
  std::int64_t deleted_ = 0;           // rows, by deletion vectors
  std::vector<const Field*> partition_;
  std::vector<File> files_;
  boost::json::object parameters_;
  std::vector<std::shared_ptr<void>> handles_;
};

// Pruning keeps the order of the snapshot's files.
std::vector<Chosen> choose(const delta::Snapshot& snapshot, const ScanOptions& options) {
  std::vector<const Add*> pruned;
  if (!options.only) pruned = delta::prune(snapshot, options.conjuncts);
  std::vector<Chosen> out;
  std::int64_t position = 0;
  for (const Add& add : snapshot.files()) {
    const auto next = out.size();
    const bool wanted = options.only
                            ? next < options.only->size() && (*options.only)[next] == position
                            : next < pruned.size() && pruned[next] == &add;
    if (wanted) out.push_back({&add, position});
    ++position;
  }
  return out;
}

}  // namespace

Engine::Scan make_scan(Instance& instance, FileShapes& shapes, delta::Table& table,
                       const delta::SnapshotPtr& snapshot, const ScanOptions& options) {
  snapshot->require_readable();
  const auto chosen = choose(*snapshot, options);
  Planner planner(instance, table, *snapshot, options);
  Engine::Scan scan;
  scan.sql = planner.plan(shapes, chosen);
  scan.parameters = planner.parameters();
  scan.files = chosen.size();
  scan.files_skipped = snapshot->files().size() - chosen.size();
  for (const auto& [add, position] : chosen) scan.bytes += add->size;
  scan.keep_alive = planner.keep_alive();
  return scan;
}

}  // namespace ob::engine
