#include "engine/write.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "engine/file_shapes.h"
#include "engine/write_place.h"
#include "engine/write_sql.h"
#include "engine/write_values.h"

namespace ob::engine {

namespace {

constexpr std::size_t max_partitions = 20'000;
constexpr std::string_view suffix = ".zstd.parquet";
// A file is closed when it passes this, so that tables of many gigabytes have files of even size.
constexpr std::int64_t file_size = 512'000'000;
// From here on writing starts before all is made.
constexpr std::int64_t much = 8'000'000;
// DuckDB's, unless told otherwise.
constexpr std::int64_t row_group_rows = 122'880;

// "\"a\".\"b\"\"c\"" → {a, b"c}
std::vector<std::string> split_path(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '.') ++i;
    std::string part;
    if (i < text.size() && text[i] == '"') {
      for (++i; i < text.size(); ++i) {
        if (text[i] == '"') {
          if (i + 1 >= text.size() || text[i + 1] != '"') break;
          ++i;
        }
        part.push_back(text[i]);
      }
      ++i;
    } else {
      while (i < text.size() && text[i] != '.') part.push_back(text[i++]);
    }
    out.push_back(std::move(part));
  }
  return out;
}

// From RETURN_STATS' map of column to map of statistic to text, as JSON.
std::vector<delta::ColumnStats> column_stats(const std::string& json) {
  std::vector<delta::ColumnStats> out;
  const auto parsed = boost::json::parse(json);
  for (const auto& [column, values] : parsed.as_object()) {
    auto& stats = out.emplace_back();
    stats.path = split_path(column);
    const auto text = [&](std::string_view key) -> std::optional<std::string> {
      const auto* found = values.as_object().if_contains(key);
      if (found == nullptr || !found->is_string()) return std::nullopt;
      return std::string(found->as_string());
    };
    stats.min = text("min");
    stats.max = text("max");
    if (const auto nulls = text("null_count")) stats.null_count = std::stoll(*nulls);
    stats.has_nan = text("has_nan") == "true";
  }
  return out;
}

bool has_floating_point(const delta::DataType& type) {
  if (type.is("float") || type.is("double")) return true;
  const auto in = [](const auto& inner) { return inner && has_floating_point(*inner); };
  return in(type.element) || in(type.key) ||
         std::ranges::any_of(type.fields, has_floating_point, &delta::Field::type);
}

// Encodings of Parquet 2 (DELTA_BINARY_PACKED and its kin) read a third faster and are smaller. Its
// encoding of floating point numbers, BYTE_STREAM_SPLIT, is one that Spark's vectorized reader
// lacks, and DuckDB chooses by file, not by column.
std::string_view parquet_version(const delta::Schema& schema) {
  return std::ranges::any_of(schema, has_floating_point, &delta::Field::type) ? "V1" : "V2";
}

// The type of a leaf that Parquet names, through lists and maps; null when there is none.
const delta::DataType* leaf_type(const delta::Schema& schema,
                                 const std::vector<std::string>& path) {
  const delta::Schema* fields = &schema;
  const delta::DataType* type = nullptr;
  for (const auto& part : path) {
    if (type != nullptr && (type->is("array") || type->is("map"))) {
      if (part == "key") type = type->key.get();
      if (part == "element" || part == "value") type = type->element.get();
    } else {
      if (type != nullptr) fields = &type->fields;
      const auto field = std::ranges::find(*fields, part, &delta::Field::physical_name);
      if (field == fields->end()) return nullptr;
      type = &field->type;
    }
  }
  return type;
}

// Whether an INT column spans more than 2³¹: DuckDB's DELTA_BINARY_PACKED then holds differences
// that do not fit 32 bits, which arrow-rs refuses.
bool wide_integers(const delta::Schema& schema, const std::vector<delta::ColumnStats>& columns) {
  return std::ranges::any_of(columns, [&](const delta::ColumnStats& stats) {
    const auto* type = leaf_type(schema, stats.path);
    return type != nullptr && type->is("integer") && stats.min && stats.max &&
           std::stoll(*stats.max) - std::stoll(*stats.min) > INT32_MAX;
  });
}

// DuckDB has dates and instants without end, which no other reader of Parquet knows.
void refuse_infinite(const delta::DataType* type, const std::optional<std::string>& value,
                     const std::string& column) {
  if (type == nullptr || !value || (*value != "infinity" && *value != "-infinity")) return;
  if (type->is("date") || type->is("timestamp") || type->is("timestamp_ntz"))
    throw bad_request("delta.infinite", "The column \"" + column + "\" holds " + *value +
                                            ", which a table cannot keep: write NULL or a date.");
}

struct RawFile {
  std::string path;  // DuckDB's
  std::int64_t rows = 0, size = 0;
  std::vector<delta::ColumnStats> stats;
  std::int64_t partition = -1;
};

class Writer {
 public:
  Writer(Instance& instance, Connection& connection, delta::Table& table,
         const delta::Schema& schema, const std::vector<std::string>& partition_columns,
         const WriteOptions& options)
      : connection_(connection),
        relay_(instance.relay()),
        schema_(schema),
        partition_columns_(partition_columns),
        options_(options),
        names_{.location = table.location(),
               .id = new_uuid(),
               .suffix = std::string(suffix),
               .partitioned = !partition_columns.empty()},
        mark_(shape_mark(schema, partition_columns)),
        keys_(std::make_shared<PartitionKeys>(max_partitions)) {
    auto [id, handle] = instance.functions().partitions->add(keys_);
    keys_id_ = id;
    keys_handle_ = std::move(handle);
    names_.prefix = "part-" + names_.id + "-";
  }

  std::vector<WrittenFile> run(const std::string& select_sql, const Parameters& parameters,
                               int indexed) {
    const auto source = columns_of(select_sql, parameters);
    const auto plan = plan_write(select_sql, source, schema_, partition_columns_, keys_id_);
    const auto place = open_write_place(names_, relay_);
    std::vector<WrittenFile> out;
    const auto version = parquet_version(schema_);
    auto writeback = options_.expected_bytes >= much ? place->write_back() : nullptr;
    auto files = copy(plan, place->target(), parameters, version);
    if (version == "V2" && std::ranges::any_of(files, [&](const RawFile& file) {
          return wide_integers(schema_, file.stats);
        })) {
      for (const auto& file : files) place->drop(file.path);
      files = copy(plan, place->target(), parameters, "V1");
    }
    writeback.reset();
    for (auto& file : files) {
      find_nans(file);
      if (file.rows == 0) {
        place->drop(file.path);
        continue;
      }
      for (const auto& stats : file.stats)
        for (const auto& bound : {stats.min, stats.max})
          refuse_infinite(leaf_type(schema_, stats.path), bound, stats.path.front());
      out.push_back(describe(plan, file, *place, out.size(), indexed));
    }
    place->finish();
    return out;
  }

 private:
  std::vector<Column> columns_of(const std::string& select_sql, const Parameters& parameters) {
    std::vector<Column> out;
    for (const auto& name : options_.columns) out.push_back({name, ""});
    if (!out.empty()) return out;
    // LIMIT 0 runs nothing.
    return connection_.execute("SELECT * FROM (" + select_sql + "\n) LIMIT 0", parameters)
        ->columns();
  }

  std::vector<RawFile> copy(const WritePlan& plan, const std::string& target,
                            const Parameters& parameters, std::string_view version) {
    // Of a file that it is to name in a store and may not write, DuckDB says that it is not there.
    const bool few = options_.literal && !relay::is_remote(names_.location);
    const bool one_file = (options_.ordered || few) && plan.partition.empty();
    const std::string place =
        one_file ? target + "/" + names_.prefix + "0" + std::string(suffix) : target;
    std::string sql = "COPY (" + plan.select + ") TO " + quote_literal(place) +
                      " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION " +
                      std::string(version) + ", RETURN_STATS";
    if (!one_file)
      sql += ", OVERWRITE_OR_IGNORE, FILE_EXTENSION 'zstd.parquet', FILENAME_PATTERN " +
             quote_literal(names_.prefix + "{i}");
    if (!plan.partition.empty())
      sql += ", PARTITION_BY (" + quote_identifier(partition_column) +
             "), WRITE_PARTITION_COLUMNS false";
    else if (!one_file)
      sql += ", FILE_SIZE_BYTES " +
             std::to_string(options_.file_bytes > 0 ? options_.file_bytes : file_size);
    if (!plan.field_ids.empty()) sql += ", FIELD_IDS " + plan.field_ids;
    sql += ")";
    std::vector<RawFile> out;
    try {
      const auto result = options_.literal && parameters.is_null()
                              ? connection_.execute_at_once(sql)
                              : connection_.execute(sql, parameters);
      while (const auto batch = result->next())
        for (std::int64_t row = 0; row < batch->rows(); ++row) out.push_back(read_row(*batch, row));
    } catch (const Error& error) {
      throw_clearly(error);
    }
    return out;
  }

  // Columns: filename, count, file_size_bytes, footer_size_bytes, column_statistics,
  // partition_keys.
  static RawFile read_row(const Batch& batch, std::int64_t row) {
    RawFile file;
    file.path = batch.text(row, 0).value();
    file.rows = std::stoll(batch.text(row, 1).value());
    file.size = std::stoll(batch.text(row, 2).value());
    file.stats = column_stats(batch.text(row, 4).value_or("{}"));
    if (const auto keys = batch.text(row, 5)) {
      const auto parsed = boost::json::parse(*keys);
      if (const auto* value = parsed.as_object().if_contains(partition_column))
        file.partition = std::stoll(std::string(value->as_string()));
    }
    return file;
  }

  // What COPY tells of NaNs counts for the last row group alone; in the footer a row group that has
  // some has no bounds.
  void find_nans(RawFile& file) {
    if (file.rows <= row_group_rows ||
        !std::ranges::any_of(schema_, has_floating_point, &delta::Field::type))
      return;
    const auto name = relay::is_remote(names_.location) ? file.path : literal_pattern(file.path);
    for (const auto& row : connection_.rows(
             "SELECT DISTINCT path_in_schema FROM parquet_metadata(" + quote_literal(name) +
             ") WHERE type IN ('FLOAT', 'DOUBLE') AND stats_min_value IS NULL AND "
             "coalesce(stats_null_count, 0) < num_values"))
      for (auto& stats : file.stats) {
        std::string path;
        for (const auto& part : stats.path) path += (path.empty() ? "" : ", ") + part;
        if (row[0] == path) stats.has_nan = true;
      }
  }

  [[noreturn]] static void throw_clearly(const Error& error) {
    const std::string_view text = error.what();
    if (const auto column = null_violation(text); !column.empty())
      throw bad_request("delta.notNull",
                        "The column \"" + column + "\" must not be NULL, but a row has none.");
    if (text.find("ob.tooManyPartitions") != std::string_view::npos)
      throw bad_request("delta.tooManyPartitions",
                        "This would write more than " + std::to_string(max_partitions) +
                            " partitions at once. Partition by a column with fewer values.");
    throw error;
  }

  WrittenFile describe(const WritePlan& plan, const RawFile& file, WritePlace& place,
                       std::size_t number, int indexed) {
    WrittenFile out;
    std::string directory;
    if (!plan.partition.empty()) {
      const auto key = keys_->key(file.partition);
      for (std::size_t i = 0; i < plan.partition.size(); ++i) {
        const auto& field = *plan.partition[i];
        refuse_infinite(&field.type, key[i], field.name);
        out.add.partition_values.emplace_back(field.physical_name(),
                                              delta::partition_text(field.type, key[i]));
      }
      directory = delta::partition_directory(out.add.partition_values);
    }
    out.add.path = delta::encode_path(place.settle(file.path, directory, number));
    out.add.size = file.size;
    out.add.modification_time = now_micros() / 1000;
    out.add.data_change = true;
    out.add.tags[shape_tag] = mark_;
    out.add.stats = delta::make_stats(schema_, file.rows, file.stats, indexed);
    out.rows = file.rows;
    return out;
  }

  Connection& connection_;
  relay::Relay* const relay_;
  const delta::Schema& schema_;
  const std::vector<std::string>& partition_columns_;
  const WriteOptions options_;
  WriteNames names_;
  const std::string mark_;
  std::shared_ptr<PartitionKeys> keys_;
  std::int64_t keys_id_ = 0;
  std::shared_ptr<void> keys_handle_;
};

// Of the table as it is; a table that is being created has the default.
int indexed_columns_of(delta::Table& table) {
  try {
    return delta::indexed_columns(table.snapshot()->metadata());
  } catch (const Error& error) {
    if (error.status() != 404) throw;
    return delta::indexed_columns({});
  }
}

}  // namespace

std::vector<WrittenFile> write_files(Instance& instance, Connection& connection,
                                     const std::string& select_sql, const Parameters& parameters,
                                     delta::Table& table, const delta::Schema& schema,
                                     const std::vector<std::string>& partition_columns,
                                     const WriteOptions& options) {
  const int indexed = indexed_columns_of(table);
  if (options.rows && partition_columns.empty())
    if (auto file = write_values(instance, table, schema, options.columns, *options.rows, indexed))
      return {std::move(*file)};
  Writer writer(instance, connection, table, schema, partition_columns, options);
  return writer.run(select_sql, parameters, indexed);
}

}  // namespace ob::engine
