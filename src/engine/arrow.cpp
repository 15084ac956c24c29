#include "engine/arrow.h"

#include <nanoarrow/nanoarrow_ipc.h>

#include <optional>

#include "base/error.h"
#include "engine/arrow_append.h"

namespace ob::engine {

namespace {

constexpr std::int64_t batch_bytes = 4 << 20;
constexpr std::int64_t batch_rows = 122'880;

void check(ArrowErrorCode code, const ArrowError& error) {
  if (code != NANOARROW_OK)
    throw internal(std::string("arrow: ") + ArrowErrorMessage(const_cast<ArrowError*>(&error)));
}

void check(ArrowErrorCode code) {
  if (code != NANOARROW_OK) throw internal("arrow: out of memory");
}

ArrowType simple_type(const Type& type) {
  switch (type.id) {
    case DUCKDB_TYPE_BOOLEAN:
      return NANOARROW_TYPE_BOOL;
    case DUCKDB_TYPE_TINYINT:
      return NANOARROW_TYPE_INT8;
    case DUCKDB_TYPE_SMALLINT:
      return NANOARROW_TYPE_INT16;
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_INTEGER_LITERAL:
      return NANOARROW_TYPE_INT32;
    case DUCKDB_TYPE_BIGINT:
      return NANOARROW_TYPE_INT64;
    case DUCKDB_TYPE_UTINYINT:
      return NANOARROW_TYPE_UINT8;
    case DUCKDB_TYPE_USMALLINT:
      return NANOARROW_TYPE_UINT16;
    case DUCKDB_TYPE_UINTEGER:
      return NANOARROW_TYPE_UINT32;
    case DUCKDB_TYPE_UBIGINT:
      return NANOARROW_TYPE_UINT64;
    case DUCKDB_TYPE_FLOAT:
      return NANOARROW_TYPE_FLOAT;
    case DUCKDB_TYPE_DOUBLE:
      return NANOARROW_TYPE_DOUBLE;
    case DUCKDB_TYPE_DATE:
      return NANOARROW_TYPE_DATE32;
    case DUCKDB_TYPE_INTERVAL:
      return NANOARROW_TYPE_INTERVAL_MONTH_DAY_NANO;
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_GEOMETRY:
      return NANOARROW_TYPE_BINARY;
    case DUCKDB_TYPE_SQLNULL:
      return NANOARROW_TYPE_NA;
    default:
      return NANOARROW_TYPE_STRING;
  }
}

struct Temporal {
  ArrowType type;
  ArrowTimeUnit unit;
  const char* zone;
};

std::optional<Temporal> temporal_type(const Type& type) {
  switch (type.id) {
    case DUCKDB_TYPE_TIME:
      return Temporal{NANOARROW_TYPE_TIME64, NANOARROW_TIME_UNIT_MICRO, nullptr};
    case DUCKDB_TYPE_TIME_NS:
      return Temporal{NANOARROW_TYPE_TIME64, NANOARROW_TIME_UNIT_NANO, nullptr};
    case DUCKDB_TYPE_TIMESTAMP:
      return Temporal{NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_MICRO, ""};
    case DUCKDB_TYPE_TIMESTAMP_S:
      return Temporal{NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_SECOND, ""};
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return Temporal{NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_MILLI, ""};
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return Temporal{NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_NANO, ""};
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return Temporal{NANOARROW_TYPE_TIMESTAMP, NANOARROW_TIME_UNIT_MICRO, "UTC"};
    default:
      return std::nullopt;
  }
}

void set_schema(ArrowSchema* schema, const Type& type);

void set_nested(ArrowSchema* schema, const Type& type) {
  switch (type.id) {
    case DUCKDB_TYPE_LIST:
      check(ArrowSchemaSetType(schema, NANOARROW_TYPE_LIST));
      set_schema(schema->children[0], type.children[0]);
      break;
    case DUCKDB_TYPE_ARRAY:
      check(ArrowSchemaSetTypeFixedSize(schema, NANOARROW_TYPE_FIXED_SIZE_LIST,
                                        static_cast<std::int32_t>(type.array_size)));
      set_schema(schema->children[0], type.children[0]);
      break;
    case DUCKDB_TYPE_MAP: {
      check(ArrowSchemaSetType(schema, NANOARROW_TYPE_MAP));
      ArrowSchema* entries = schema->children[0];
      set_schema(entries->children[0], type.children[0]);
      entries->children[0]->flags &= ~ARROW_FLAG_NULLABLE;
      set_schema(entries->children[1], type.children[1]);
      break;
    }
    default:
      check(ArrowSchemaSetTypeStruct(schema, static_cast<std::int64_t>(type.children.size())));
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        set_schema(schema->children[i], type.children[i]);
        check(ArrowSchemaSetName(schema->children[i], type.labels[i].c_str()));
      }
  }
}

// SQL types that an Arrow type alone does not tell: 39 digits in a DECIMAL128, texts with a form.
bool hidden_by_arrow(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_UUID:
    case DUCKDB_TYPE_TIME_TZ:
    case DUCKDB_TYPE_BIT:
      return true;
    default:
      return false;
  }
}

// The field's metadata "sql_type", so that clients can give such values their own type.
void set_sql_type(ArrowSchema* schema, const Type& type) {
  ArrowBuffer metadata;
  check(ArrowMetadataBuilderInit(&metadata, nullptr));
  auto code = ArrowMetadataBuilderAppend(&metadata, ArrowCharView("sql_type"),
                                         ArrowCharView(type.text.c_str()));
  if (code == NANOARROW_OK)
    code = ArrowSchemaSetMetadata(schema, reinterpret_cast<const char*>(metadata.data));
  ArrowBufferReset(&metadata);
  check(code);
}

void set_schema(ArrowSchema* schema, const Type& type) {
  if (hidden_by_arrow(type.id)) set_sql_type(schema, type);
  switch (type.id) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_STRUCT:
      return set_nested(schema, type);
    case DUCKDB_TYPE_DECIMAL:
      return check(
          ArrowSchemaSetTypeDecimal(schema, NANOARROW_TYPE_DECIMAL128, type.width, type.scale));
    case DUCKDB_TYPE_HUGEINT:
      return check(ArrowSchemaSetTypeDecimal(schema, NANOARROW_TYPE_DECIMAL128, 38, 0));
    default:
      break;
  }
  if (const auto temporal = temporal_type(type)) {
    check(ArrowSchemaSetTypeDateTime(schema, temporal->type, temporal->unit, temporal->zone));
  } else {
    check(ArrowSchemaSetType(schema, simple_type(type)));
  }
}

// Appends one message as it goes over the wire: prefix, metadata, padding, then `body`.
void append_message(std::string& out, ArrowIpcEncoder* encoder, const ArrowBuffer& body) {
  ArrowBuffer head;
  ArrowBufferInit(&head);
  const auto code = ArrowIpcEncoderFinalizeBuffer(encoder, 1, &head);
  if (code == NANOARROW_OK) {
    out.append(reinterpret_cast<const char*>(head.data), static_cast<std::size_t>(head.size_bytes));
    if (body.size_bytes > 0)
      out.append(reinterpret_cast<const char*>(body.data),
                 static_cast<std::size_t>(body.size_bytes));
  }
  ArrowBufferReset(&head);
  check(code);
}

}  // namespace

struct ArrowStream::State {
  ArrowSchema schema{};
  ArrowIpcEncoder encoder{};
  ArrowArray array{};
  ArrowArrayView view{};
  ArrowBuffer body{};  // kept between batches, so that its pages stay mapped
  std::vector<arrow::Appender> columns;
  std::int64_t bytes = 0;

  State() {
    ArrowSchemaInit(&schema);
    ArrowBufferInit(&body);
    ArrowArrayViewInitFromType(&view, NANOARROW_TYPE_UNINITIALIZED);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (array.release) ArrowArrayRelease(&array);
    ArrowArrayViewReset(&view);
    if (encoder.private_data) ArrowIpcEncoderReset(&encoder);
    ArrowBufferReset(&body);
    if (schema.release) ArrowSchemaRelease(&schema);
  }
  // An array to append to.
  void begin() {
    ArrowError error{};
    check(ArrowArrayInitFromSchema(&array, &schema, &error), error);
    check(ArrowArrayStartAppending(&array));
    for (std::size_t i = 0; i < types.size(); ++i)
      columns.emplace_back(array.children[i], types[i]);
  }
  // Its rows go, its memory stays for the next ones: fresh pages cost as much as the copies.
  void clear() {
    for (auto& column : columns) column.clear();
    array.length = 0;
    bytes = 0;
  }
  std::vector<Type> types;
};

ArrowStream::ArrowStream(const std::vector<std::string>& names, const std::vector<Type>& types)
    : state_(std::make_unique<State>()) {
  auto& state = *state_;
  state.types = types;
  check(ArrowSchemaSetTypeStruct(&state.schema, static_cast<std::int64_t>(types.size())));
  for (std::size_t i = 0; i < types.size(); ++i) {
    set_schema(state.schema.children[i], types[i]);
    check(ArrowSchemaSetName(state.schema.children[i], names[i].c_str()));
  }
  check(ArrowIpcEncoderInit(&state.encoder));
  ArrowError error{};
  check(ArrowArrayViewInitFromSchema(&state.view, &state.schema, &error), error);
  state.begin();
}

ArrowStream::~ArrowStream() = default;

void ArrowStream::schema(std::string& out) {
  ArrowError error{};
  check(ArrowIpcEncoderEncodeSchema(&state_->encoder, &state_->schema, &error), error);
  ArrowBuffer none;
  ArrowBufferInit(&none);
  append_message(out, &state_->encoder, none);
}

void ArrowStream::append(const std::vector<Vec>& columns, std::uint64_t rows) {
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    state_->columns[i].append(columns[i], 0, rows);
    bytes += state_->columns[i].bytes();
  }
  state_->array.length += static_cast<std::int64_t>(rows);
  state_->bytes = bytes;
}

bool ArrowStream::full() const {
  return state_->bytes >= batch_bytes || state_->array.length >= batch_rows;
}

bool ArrowStream::empty() const {
  return state_->array.length == 0;
}

void ArrowStream::flush(std::string& out) {
  auto& state = *state_;
  ArrowError error{};
  for (auto& column : state.columns) column.finish();
  check(ArrowArrayFinishBuilding(&state.array, NANOARROW_VALIDATION_LEVEL_NONE, &error), error);
  check(ArrowArrayViewSetArray(&state.view, &state.array, &error), error);
  check(ArrowBufferResize(&state.body, 0, 0));
  check(ArrowIpcEncoderEncodeSimpleRecordBatch(&state.encoder, &state.view, &state.body, &error),
        error);
  append_message(out, &state.encoder, state.body);
  state.clear();
}

void ArrowStream::end(std::string& out) {
  out.append("\xFF\xFF\xFF\xFF\0\0\0\0", 8);
}

}  // namespace ob::engine
