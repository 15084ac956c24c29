#include "engine/small_files.h"

#include <openbricks_native/src/parquet/bridge.rs.h>
#include <rust/cxx.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "engine/duck.h"
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
constexpr std::size_t most_columns = 1000;
constexpr std::int64_t most_average = 16 << 10;
constexpr std::size_t files_a_thread = 32;
// When so many files of a scan were DuckDB's to read, it gets them in larger numbers.
constexpr std::size_t few_others = 16, others_at_once = 256;
constexpr double most_rows = 1000;  // of a file on average
// After so much a chunk goes on, so that little is held at once and the first rows come soon.
constexpr std::size_t files_a_chunk = 64, bytes_a_chunk = 2 << 20;

struct Kind {
  SmallKind kind;
  duckdb_type type;
  std::size_t width;  // 0: texts
  // `precision` is DuckDB's, `digits` those that the files tell.
  int precision = 0, scale = 0, digits = 0;
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
    if (precision > 9)
      return Kind{SmallKind::Decimal64, DUCKDB_TYPE_DECIMAL, 8, precision, scale, precision};
    return Kind{
        SmallKind::Decimal32, DUCKDB_TYPE_DECIMAL, 4, std::max(precision, 5), scale, precision};
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

// What the function knows of its database.
struct Known {
  Functions& functions;
  std::shared_ptr<Works> works;
};

struct Bound {
  std::shared_ptr<SmallFiles> files;
  std::shared_ptr<Work> work;  // of the connection
};

struct Shared {
  explicit Shared(const Bound& bound)
      : files(bound.files), work(bound.work), progress(work->begin(files->files())) {}
  void check_running() const {
    if (work->interrupts() != interrupts)
      throw Error(499, "query.cancelled", "The query was cancelled.");
  }

  const std::shared_ptr<SmallFiles> files;
  const std::shared_ptr<Work> work;
  const std::shared_ptr<Work::Progress> progress;
  const std::uint64_t interrupts = work->interrupts();  // before it began
  std::vector<std::size_t> wanted;                      // columns
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> others = 0;  // how often DuckDB had to read
};

// Files' rows by DuckDB's own reader, which come as they are asked for.
struct Other {
  std::unique_ptr<DuckConnection> connection;
  std::shared_ptr<void> joined;
  std::unique_ptr<Result> result;
  std::size_t files = 0;
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
    const auto& known = *static_cast<Known*>(duckdb_bind_get_extra_info(info));
    const duck::Value id(duckdb_bind_get_parameter(info, 0));
    auto files = known.functions.small_files->find(duckdb_get_int64(id.get()));
    duck::Context context;
    duckdb_table_function_get_client_context(info, context.out());
    auto work = known.works->find(duckdb_client_context_get_connection_id(context.get()));
    if (!files || !work) throw internal("the files of a scan are gone");
    for (const auto& column : files->columns()) {
      const auto type = logical_type(kind_of(column.type).value());
      duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
    }
    // An estimate, from which no bound may be taken: DuckDB 1.5 reads the flag the wrong way round
    // (SmallFilesTest.MoreRowsThanTheLogTells fails where it no longer does).
    duckdb_bind_set_cardinality(info, static_cast<idx_t>(std::max<std::int64_t>(files->rows(), 1)),
                                true);
    duckdb_bind_set_bind_data(info, new Bound{std::move(files), std::move(work)}, forget<Bound>);
  } catch (const std::exception& error) {
    duckdb_bind_set_error(info, error.what());
  }
}

void init(duckdb_init_info info) {
  try {
    const auto& bound = *static_cast<Bound*>(duckdb_init_get_bind_data(info));
    auto shared = std::make_unique<Shared>(bound);
    shared->wanted = wanted_columns(info, *bound.files);
    duckdb_init_set_max_threads(info, bound.files->files() / files_a_thread + 1);
    duckdb_init_set_init_data(info, shared.release(), forget<Shared>);
  } catch (const std::exception& error) {
    duckdb_init_set_error(info, error.what());
  }
}

rust::Box<native::SmallFiles> reader_of(const SmallFiles& files,
                                        const std::vector<std::size_t>& wanted) {
  rust::Vec<native::SmallColumn> columns;
  for (const auto number : wanted) {
    const auto& column = files.columns()[number];
    const Kind kind = kind_of(column.type).value();
    columns.push_back({rust::String(column.name), kind.kind, static_cast<std::uint32_t>(kind.scale),
                       static_cast<std::uint32_t>(kind.digits)});
  }
  return native::new_small_files(std::move(columns));
}

void init_thread(duckdb_init_info info) {
  try {
    const auto& files = *static_cast<Bound*>(duckdb_init_get_bind_data(info))->files;
    duckdb_init_set_init_data(info, new Place(reader_of(files, wanted_columns(info, files))),
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
  for (const auto& location : place.left)
    require_readable(files.instance(), files.table(), location);
  auto other = std::make_unique<Other>();
  other->connection = files.instance().connect();
  other->joined = shared.work->join([other = other->connection.get()] { other->interrupt(); });
  shared.check_running();
  other->result = other->connection->execute(sql, nullptr);
  other->files = place.left.size();
  place.other = std::move(other);
  place.left.clear();
}

// The next rows that DuckDB reads; 0 at their end.
std::size_t fill_from_other(const Shared& shared, Place& place, duckdb_data_chunk out) {
  const auto batch = place.other->result->next();
  if (!batch) {
    shared.progress->done += place.other->files;
    place.other.reset();
    return 0;
  }
  duckdb_data_chunk chunk = chunk_of(*batch);
  for (std::size_t i = 0; i < shared.wanted.size(); ++i)
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(out, i),
                                   duckdb_data_chunk_get_vector(chunk, i));
  return duckdb_data_chunk_get_size(chunk);
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

// Whether the rows of a file can be given from here.
bool read(const SmallFiles& files, std::size_t file, std::string& bytes,
          native::SmallFiles& reader) {
  return files.load(file, bytes) &&
         reader.read({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

// Opens the next file; gives the bytes of its values.
std::size_t next_file(Shared& shared, Place& place, std::size_t file) {
  place.at = place.rows = 0;
  if (!read(*shared.files, file, place.bytes, *place.reader)) {
    leave(shared, place, file);
    return 0;
  }
  ++shared.progress->done;
  place.rows = place.reader->rows();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < shared.wanted.size(); ++i) bytes += place.reader->bytes(i).size();
  return bytes;
}

std::size_t fill_rows(Shared& shared, Place& place, duckdb_data_chunk out) {
  const std::size_t most = duckdb_vector_size();
  std::size_t filled = 0, bytes = 0, files = 0;
  while (filled < most) {
    shared.check_running();
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
      // No rows at all would be the end.
      if (filled > 0 && (files >= files_a_chunk || bytes >= bytes_a_chunk)) break;
      const std::size_t file = shared.next++;
      if (file >= shared.files->files()) break;
      bytes += next_file(shared, place, file);
      ++files;
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

namespace {

bool suit(const Instance& instance, const std::string& table,
          const std::vector<SmallFiles::Column>& columns,
          const std::vector<SmallFiles::File>& files, std::int64_t rows) {
  if (relay::is_remote(table) || columns.empty() || columns.size() > most_columns) return false;
  if (static_cast<double>(rows) > most_rows * static_cast<double>(files.size())) return false;
  std::int64_t bytes = 0;
  for (const SmallFiles::File& file : files) {
    if (!SmallFiles::small(file.size)) return false;
    bytes += file.size;
  }
  if (files.empty() || bytes / std::ssize(files) > most_average) return false;
  for (const SmallFiles::Column& column : columns)
    if (!kind_of(column.type) || std::ranges::count_if(columns, [&](const auto& other) {
                                   return equal_ignoring_case(other.name, column.name);
                                 }) > 1)
      return false;
  // What DuckDB would check of each file: the directory is one that may be read, by no link.
  std::error_code failed;
  return instance.may_reach(table) && std::filesystem::canonical(table, failed) == table && !failed;
}

}  // namespace

std::shared_ptr<SmallFiles> SmallFiles::of(Instance& instance, const std::string& table,
                                           std::vector<Column> columns, std::vector<File> files,
                                           std::int64_t rows) try {
  if (!suit(instance, table, columns, files, rows)) return nullptr;
  const std::shared_ptr<SmallFiles> out(
      new SmallFiles(instance, table, std::move(columns), std::move(files), rows));
  // Where the first file is none for here, most are not.
  std::vector<std::size_t> all(out->columns().size());
  std::iota(all.begin(), all.end(), 0);
  std::string bytes;
  return read(*out, 0, bytes, *reader_of(*out, all)) ? out : nullptr;
} catch (const Error&) {
  return nullptr;  // of the directory: DuckDB may read it all the same, or tells what is wrong
}

SmallFiles::SmallFiles(Instance& instance, const std::string& table, std::vector<Column> columns,
                       std::vector<File> files, std::int64_t rows)
    : instance_(instance),
      table_(table),
      tree_(table, true),
      columns_(std::move(columns)),
      files_(std::move(files)),
      rows_(rows) {}

bool SmallFiles::load(std::size_t file, std::string& out) const try {
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
} catch (const Error&) {
  return false;  // as above
}

void register_small_files(duckdb_connection connection, Functions& functions,
                          const std::shared_ptr<Works>& works) {
  const duck::LogicalType bigint(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  const TableFunction rows(duckdb_create_table_function());
  duckdb_table_function_set_name(rows.get(), "__ob_small_files");
  duckdb_table_function_add_parameter(rows.get(), bigint.get());
  duckdb_table_function_set_extra_info(rows.get(), new Known{functions, works}, forget<Known>);
  duckdb_table_function_set_bind(rows.get(), bind);
  duckdb_table_function_set_init(rows.get(), init);
  duckdb_table_function_set_local_init(rows.get(), init_thread);
  duckdb_table_function_set_function(rows.get(), fill);
  duckdb_table_function_supports_projection_pushdown(rows.get(), true);
  if (duckdb_register_table_function(connection, rows.get()) != DuckDBSuccess)
    throw internal("cannot register a table function");
}

}  // namespace ob::engine
