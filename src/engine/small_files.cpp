#include "engine/small_files.h"

#include <openbricks_native/src/parquet/bridge.rs.h>
#include <rust/cxx.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "engine/duck.h"
#include "engine/error_text.h"
#include "engine/file_shapes.h"
#include "engine/row_source.h"
#include "engine/text.h"
#include "relay/relay.h"

namespace ob::engine {
namespace {

using native::SmallKind;
using TableFunction = duck::Handle<duckdb_table_function, duckdb_destroy_table_function>;

// Fewer, or larger ones, are no trouble to DuckDB, which writes what it reads of them with all
// threads in the same order.
constexpr std::size_t least_files = 64;
constexpr std::int64_t most_bytes = 256 << 10;  // of a file
constexpr std::int64_t most_average = 16 << 10;
constexpr std::size_t files_a_thread = 32;
// When so many files of a scan were DuckDB's to read, it gets them in larger numbers.
constexpr std::size_t few_others = 16, others_at_once = 256;

struct Kind {
  SmallKind kind;
  duckdb_type type;
  std::size_t width;  // 0: texts
  int precision = 0, scale = 0;
};

std::optional<Kind> kind_of(const delta::DataType& type) {
  static const std::vector<std::pair<const char*, Kind>> kinds{
      {"boolean", {SmallKind::Boolean, DUCKDB_TYPE_BOOLEAN, 1}},
      {"byte", {SmallKind::Int32, DUCKDB_TYPE_INTEGER, 4}},
      {"short", {SmallKind::Int32, DUCKDB_TYPE_INTEGER, 4}},
      {"integer", {SmallKind::Int32, DUCKDB_TYPE_INTEGER, 4}},
      {"long", {SmallKind::Int64, DUCKDB_TYPE_BIGINT, 8}},
      {"float", {SmallKind::Float, DUCKDB_TYPE_FLOAT, 4}},
      {"double", {SmallKind::Double, DUCKDB_TYPE_DOUBLE, 8}},
      {"string", {SmallKind::Text, DUCKDB_TYPE_VARCHAR, 0}},
      {"binary", {SmallKind::Binary, DUCKDB_TYPE_BLOB, 0}},
      {"date", {SmallKind::Date, DUCKDB_TYPE_DATE, 4}},
      {"timestamp", {SmallKind::Instant, DUCKDB_TYPE_TIMESTAMP_TZ, 8}},
      {"timestamp_ntz", {SmallKind::Instant, DUCKDB_TYPE_TIMESTAMP, 8}}};
  int precision = 0, scale = 0;
  if (type.is_decimal(&precision, &scale)) {
    if (precision > 18) return std::nullopt;
    // Those of fewer digits, which DuckDB keeps in two bytes, are cast to what they are.
    if (precision > 9) return Kind{SmallKind::Decimal64, DUCKDB_TYPE_DECIMAL, 8, precision, scale};
    return Kind{SmallKind::Decimal32, DUCKDB_TYPE_DECIMAL, 4, std::max(precision, 5), scale};
  }
  const auto found =
      std::ranges::find_if(kinds, [&](const auto& item) { return type.is(item.first); });
  return found == kinds.end() ? std::nullopt : std::optional(found->second);
}

duck::LogicalType logical_type(const Kind& kind) {
  if (kind.type != DUCKDB_TYPE_DECIMAL)
    return duck::LogicalType(duckdb_create_logical_type(kind.type));
  return duck::LogicalType(duckdb_create_decimal_type(static_cast<std::uint8_t>(kind.precision),
                                                      static_cast<std::uint8_t>(kind.scale)));
}

struct Bound {
  std::shared_ptr<SmallFiles> files;
};

struct Shared {
  std::shared_ptr<SmallFiles> files;
  std::vector<std::size_t> wanted;  // columns
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> others = 0;  // how often DuckDB had to read
};

// Files' rows by DuckDB's own reader.
struct Other {
  std::unique_ptr<DuckConnection> connection;
  duck::RawResult result;
};

// A thread's place.
struct Place {
  explicit Place(rust::Box<native::SmallFiles> box) : reader(std::move(box)) {}
  rust::Box<native::SmallFiles> reader;
  std::string bytes;
  std::size_t at = 0, rows = 0;   // in the file that the reader holds
  std::vector<std::string> left;  // locations of files that are DuckDB's to read
  std::unique_ptr<Other> other;
};

template <class T>
void forget(void* data) {
  delete static_cast<T*>(data);
}

// Columns of the function that are asked for. Where none is needed, DuckDB asks for one that is
// none.
std::vector<std::size_t> wanted_columns(duckdb_init_info info, const SmallFiles& files) {
  std::vector<std::size_t> out;
  for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i)
    if (const idx_t column = duckdb_init_get_column_index(info, i); column < files.columns().size())
      out.push_back(column);
  return out;
}

void bind(duckdb_bind_info info) {
  try {
    const auto& functions = *static_cast<Functions*>(duckdb_bind_get_extra_info(info));
    const duck::Value id(duckdb_bind_get_parameter(info, 0));
    auto files = functions.small_files->find(duckdb_get_int64(id.get()));
    if (!files) throw internal("the files of a scan are gone");
    for (const auto& column : files->columns()) {
      const auto type = logical_type(kind_of(column.type).value());
      duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
    }
    duckdb_bind_set_cardinality(info, static_cast<idx_t>(std::max<std::int64_t>(files->rows(), 1)),
                                false);
    duckdb_bind_set_bind_data(info, new Bound{std::move(files)}, forget<Bound>);
  } catch (const std::exception& error) {
    duckdb_bind_set_error(info, error.what());
  }
}

void init(duckdb_init_info info) {
  try {
    const auto& bound = *static_cast<Bound*>(duckdb_init_get_bind_data(info));
    auto shared = std::make_unique<Shared>();
    shared->files = bound.files;
    shared->wanted = wanted_columns(info, *bound.files);
    duckdb_init_set_max_threads(info, bound.files->files() / files_a_thread + 1);
    duckdb_init_set_init_data(info, shared.release(), forget<Shared>);
  } catch (const std::exception& error) {
    duckdb_init_set_error(info, error.what());
  }
}

void init_thread(duckdb_init_info info) {
  try {
    const auto& files = *static_cast<Bound*>(duckdb_init_get_bind_data(info))->files;
    rust::Vec<native::SmallColumn> columns;
    for (const auto number : wanted_columns(info, files)) {
      const auto& column = files.columns()[number];
      const Kind kind = kind_of(column.type).value();
      columns.push_back(
          {rust::String(column.name), kind.kind, static_cast<std::uint32_t>(kind.scale)});
    }
    duckdb_init_set_init_data(info, new Place(native::new_small_files(std::move(columns))),
                              forget<Place>);
  } catch (const std::exception& error) {
    duckdb_init_set_error(info, error.what());
  }
}

void put_values(const Place& place, std::size_t column, const Kind& kind, duckdb_vector to,
                std::size_t at, std::size_t count) {
  const auto bytes = place.reader->bytes(column);
  const auto* data = reinterpret_cast<const char*>(bytes.data());
  if (const auto valid = place.reader->valid(column); !valid.empty()) {
    duckdb_vector_ensure_validity_writable(to);
    auto* mask = duckdb_vector_get_validity(to);
    for (std::size_t i = 0; i < count; ++i)
      if (valid[place.at + i] == 0) duckdb_validity_set_row_invalid(mask, at + i);
  }
  if (kind.width > 0) {
    std::memcpy(static_cast<char*>(duckdb_vector_get_data(to)) + at * kind.width,
                data + place.at * kind.width, count * kind.width);
    return;
  }
  const auto ends = place.reader->ends(column);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = place.at + i, start = row == 0 ? 0 : ends[row - 1];
    // The reader has checked that texts are UTF-8.
    duckdb_unsafe_vector_assign_string_element_len(to, at + i, data + start, ends[row] - start);
  }
}

void open_other(const Shared& shared, Place& place) {
  const SmallFiles& files = *shared.files;
  std::string sql;
  for (const auto number : shared.wanted) {
    const auto& column = files.columns()[number];
    const Kind kind = kind_of(column.type).value();
    std::string type = delta::to_duckdb(column.type);
    if (kind.type == DUCKDB_TYPE_INTEGER) type = "INTEGER";
    if (kind.type == DUCKDB_TYPE_DECIMAL)
      type = "DECIMAL(" + std::to_string(kind.precision) + "," + std::to_string(kind.scale) + ")";
    sql +=
        (sql.empty() ? "CAST(" : ", CAST(") + quote_identifier(column.name) + " AS " + type + ")";
  }
  sql = "SELECT " + (sql.empty() ? std::string("1") : sql) + " FROM read_parquet(" +
        file_list(place.left) + ", hive_partitioning = false)";
  auto other = std::make_unique<Other>();
  other->connection = files.instance().connect();
  if (duckdb_query(other->connection->handle(), sql.c_str(), other->result.get()) != DuckDBSuccess)
    throw error_from(duckdb_result_error(other->result.get()));
  place.other = std::move(other);
  place.left.clear();
}

// The next rows that DuckDB reads; 0 at their end.
std::size_t fill_from_other(const Shared& shared, Place& place, duckdb_data_chunk out) {
  const duck::Chunk chunk(duckdb_fetch_chunk(*place.other->result.get()));
  if (!chunk || duckdb_data_chunk_get_size(chunk.get()) == 0) {
    place.other.reset();
    return 0;
  }
  for (std::size_t i = 0; i < shared.wanted.size(); ++i)
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(out, i),
                                   duckdb_data_chunk_get_vector(chunk.get(), i));
  return duckdb_data_chunk_get_size(chunk.get());
}

// Leaves a file to DuckDB, and the next ones with it where that is what becomes of many.
void leave(Shared& shared, Place& place, std::size_t file) {
  const SmallFiles& files = *shared.files;
  place.left.push_back(files.location(file));
  if (shared.others++ < few_others) return;
  const std::size_t first = shared.next.fetch_add(others_at_once);
  for (auto i = first; i < std::min(first + others_at_once, files.files()); ++i)
    place.left.push_back(files.location(i));
}

std::size_t fill_rows(Shared& shared, Place& place, duckdb_data_chunk out) {
  const std::size_t most = duckdb_vector_size();
  std::size_t filled = 0;
  while (filled < most) {
    if (place.other) {
      if (const auto rows = fill_from_other(shared, place, out)) return rows;
      continue;
    }
    if (!place.left.empty()) {
      if (filled > 0) break;  // its rows come in chunks of their own
      open_other(shared, place);
      continue;
    }
    if (place.at == place.rows) {
      const std::size_t file = shared.next++;
      if (file >= shared.files->files()) break;
      place.at = place.rows = 0;
      if (!shared.files->load(file, place.bytes) ||
          !place.reader->read(
              {reinterpret_cast<const std::uint8_t*>(place.bytes.data()), place.bytes.size()}))
        leave(shared, place, file);
      else
        place.rows = place.reader->rows();
      continue;
    }
    const std::size_t count = std::min(most - filled, place.rows - place.at);
    for (std::size_t i = 0; i < shared.wanted.size(); ++i)
      put_values(place, i, kind_of(shared.files->columns()[shared.wanted[i]].type).value(),
                 duckdb_data_chunk_get_vector(out, i), filled, count);
    filled += count;
    place.at += count;
  }
  return filled;
}

void fill(duckdb_function_info info, duckdb_data_chunk chunk) {
  try {
    auto& shared = *static_cast<Shared*>(duckdb_function_get_init_data(info));
    auto& place = *static_cast<Place*>(duckdb_function_get_local_init_data(info));
    duckdb_data_chunk_set_size(chunk, fill_rows(shared, place, chunk));
  } catch (const Error& error) {
    fail_source(info, error);
  } catch (const std::exception& error) {
    duckdb_function_set_error(info, error.what());
  }
}

}  // namespace

bool SmallFiles::suit(const Instance& instance, const std::string& table,
                      const std::vector<Column>& columns, const std::vector<File>& files) {
  if (relay::is_remote(table) || files.size() < least_files || columns.empty()) return false;
  std::int64_t bytes = 0;
  for (const File& file : files) {
    if (file.size <= 0 || file.size > most_bytes) return false;
    bytes += file.size;
  }
  if (bytes / std::ssize(files) > most_average) return false;
  for (const Column& column : columns)
    if (!kind_of(column.type) || std::ranges::count_if(columns, [&](const Column& other) {
                                   return equal_ignoring_case(other.name, column.name);
                                 }) > 1)
      return false;
  // What DuckDB would check of each file: the directory is one that may be read, by no link.
  std::error_code failed;
  return instance.may_reach(table) && std::filesystem::canonical(table, failed) == table && !failed;
}

SmallFiles::SmallFiles(Instance& instance, const std::string& table, std::vector<Column> columns,
                       std::vector<File> files, std::int64_t rows)
    : instance_(instance),
      table_(table),
      tree_(table),
      columns_(std::move(columns)),
      files_(std::move(files)),
      rows_(rows) {}

bool SmallFiles::load(std::size_t file, std::string& out) const {
  const auto& [location, size] = files_[file];
  if (!location.starts_with(table_ + "/")) return false;
  const objects::Fd fd = tree_.file(location.substr(table_.size() + 1));
  if (!fd) return false;
  out.resize(static_cast<std::size_t>(size) + 1);  // so that a longer one shows
  std::size_t got = 0;
  while (got < out.size()) {
    const auto now = ::pread(fd.get(), out.data() + got, out.size() - got, static_cast<off_t>(got));
    if (now < 0 && errno == EINTR) continue;
    if (now < 0) return false;
    if (now == 0) break;
    got += static_cast<std::size_t>(now);
  }
  out.resize(got);
  return got == static_cast<std::size_t>(size);
}

void register_small_files(duckdb_connection connection, Functions& functions) {
  const duck::LogicalType bigint(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  const TableFunction rows(duckdb_create_table_function());
  duckdb_table_function_set_name(rows.get(), "__ob_small_files");
  duckdb_table_function_add_parameter(rows.get(), bigint.get());
  duckdb_table_function_set_extra_info(rows.get(), &functions, nullptr);
  duckdb_table_function_set_bind(rows.get(), bind);
  duckdb_table_function_set_init(rows.get(), init);
  duckdb_table_function_set_local_init(rows.get(), init_thread);
  duckdb_table_function_set_function(rows.get(), fill);
  duckdb_table_function_supports_projection_pushdown(rows.get(), true);
  if (duckdb_register_table_function(connection, rows.get()) != DuckDBSuccess)
    throw internal("cannot register a table function");
}

}  // namespace ob::engine
