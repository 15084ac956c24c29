#include "engine/registry.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "engine/duck.h"
#include "engine/engine.h"
#include "engine/json_depth.h"

namespace ob::engine {

std::int64_t PartitionKeys::number(const std::string& encoded) {
  const std::lock_guard lock(mutex_);
  const auto found = numbers_.find(encoded);
  if (found != numbers_.end()) return found->second;
  if (encoded_.size() >= limit_) return -1;
  const auto fresh = static_cast<std::int64_t>(encoded_.size());
  numbers_.emplace(encoded, fresh);
  encoded_.push_back(encoded);
  return fresh;
}

// Each part: '0' for NULL, or '1', eight bytes of length and the text.
void PartitionKeys::encode(std::string& out, std::optional<std::string_view> text) {
  out.push_back(text ? '1' : '0');
  if (!text) return;
  const std::uint64_t size = text->size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out.append(*text);
}

PartitionKeys::Key PartitionKeys::key(std::int64_t number) const {
  const std::lock_guard lock(mutex_);
  const std::string& encoded = encoded_.at(static_cast<std::size_t>(number));
  Key out;
  for (std::size_t at = 0; at < encoded.size();) {
    if (encoded[at++] == '0') {
      out.emplace_back();
      continue;
    }
    std::uint64_t size = 0;
    std::memcpy(&size, encoded.data() + at, sizeof size);
    at += sizeof size;
    out.emplace_back(encoded.substr(at, size));
    at += size;
  }
  return out;
}

namespace {

template <class T>
const T* column(duckdb_data_chunk chunk, idx_t index) {
  return static_cast<const T*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, index)));
}

void live(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& functions =
      *static_cast<const Functions*>(duckdb_scalar_function_get_extra_info(info));
  const idx_t rows = duckdb_data_chunk_get_size(input);
  if (rows == 0) return;
  const auto deleted = functions.deleted->find(column<std::int64_t>(input, 0)[0]);
  if (!deleted) {
    duckdb_scalar_function_set_error(info, "the scan that this belongs to has ended");
    return;
  }
  const auto* files = column<std::uint64_t>(input, 1);
  const auto* indexes = column<std::int64_t>(input, 2);
  auto* out = static_cast<bool*>(duckdb_vector_get_data(output));
  const std::vector<std::uint64_t>* list = nullptr;
  std::uint64_t file = ~std::uint64_t{0};
  std::vector<std::uint64_t>::const_iterator next;
  std::uint64_t previous = 0;
  for (idx_t i = 0; i < rows; ++i) {
    const auto row = static_cast<std::uint64_t>(indexes[i]);
    if (files[i] != file || list == nullptr || row < previous) {
      file = files[i];
      if (file >= deleted->files.size()) {
        duckdb_scalar_function_set_error(info, "unknown file of a scan");
        return;
      }
      list = &deleted->files[file];
      next = std::ranges::lower_bound(*list, row);
    }
    previous = row;
    // Rows come in order: step to this one, or search when it is far.
    if (next != list->end() && *next < row) {
      next = *next + 64 < row
                 ? std::lower_bound(next, list->end(), row)
                 : std::find_if(next, list->end(), [row](std::uint64_t d) { return d >= row; });
    }
    out[i] = next == list->end() || *next != row;
  }
}

void partition(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const auto& functions =
      *static_cast<const Functions*>(duckdb_scalar_function_get_extra_info(info));
  const idx_t rows = duckdb_data_chunk_get_size(input);
  if (rows == 0) return;
  const auto keys = functions.partitions->find(column<std::int64_t>(input, 0)[0]);
  if (!keys) {
    duckdb_scalar_function_set_error(info, "the write that this belongs to has ended");
    return;
  }
  const idx_t parts = duckdb_data_chunk_get_column_count(input);
  auto* out = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  std::string encoded, last;
  std::int64_t last_number = -1;
  for (idx_t i = 0; i < rows; ++i) {
    encoded.clear();
    for (idx_t p = 1; p < parts; ++p) {
      const duckdb_vector vector = duckdb_data_chunk_get_vector(input, p);
      auto* validity = duckdb_vector_get_validity(vector);
      if (validity != nullptr && !duckdb_validity_row_is_valid(validity, i)) {
        PartitionKeys::encode(encoded, std::nullopt);
      } else {
        auto& text = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector))[i];
        PartitionKeys::encode(
            encoded, std::string_view(duckdb_string_t_data(&text), duckdb_string_t_length(text)));
      }
    }
    if (last_number < 0 || encoded != last) {
      last_number = keys->number(encoded);
      if (last_number < 0) {
        duckdb_scalar_function_set_error(info, "ob.tooManyPartitions");
        return;
      }
      last = encoded;
    }
    out[i] = last_number;
  }
}

constexpr std::int64_t max_length = 16 << 20;
constexpr const char* too_long =
    "a text or list of more than 16777216 elements cannot be made at once";

// NULL where any of the row's inputs is; DuckDB leaves that to the function.
bool null_row(duckdb_data_chunk input, duckdb_vector output, idx_t row) {
  for (idx_t i = 0; i < duckdb_data_chunk_get_column_count(input); ++i) {
    auto* validity = duckdb_vector_get_validity(duckdb_data_chunk_get_vector(input, i));
    if (validity == nullptr || duckdb_validity_row_is_valid(validity, row)) continue;
    duckdb_vector_ensure_validity_writable(output);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), row);
    return true;
  }
  return false;
}

void length(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const idx_t rows = duckdb_data_chunk_get_size(input);
  const auto* lengths = column<std::int64_t>(input, 0);
  auto* out = static_cast<std::int32_t*>(duckdb_vector_get_data(output));
  for (idx_t i = 0; i < rows; ++i) {
    if (null_row(input, output, i)) continue;
    if (lengths[i] > max_length) return duckdb_scalar_function_set_error(info, too_long);
    out[i] = static_cast<std::int32_t>(std::max<std::int64_t>(lengths[i], INT32_MIN));
  }
}

// At least so many microseconds; months as 28 days.
double least_micros(const duckdb_interval& step) {
  constexpr double day = 86'400e6;
  return step.months * 28 * day + step.days * day + static_cast<double>(step.micros);
}
double least_micros(std::int64_t step) {
  return static_cast<double>(step);
}

// The end of range(start, end, step), when it has not too many elements. Step: BIGINT or INTERVAL.
template <class Step>
void range_end(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const idx_t rows = duckdb_data_chunk_get_size(input);
  const auto* starts = column<std::int64_t>(input, 0);
  const auto* ends = column<std::int64_t>(input, 1);
  const auto* steps = column<Step>(input, 2);
  auto* out = static_cast<std::int64_t*>(duckdb_vector_get_data(output));
  for (idx_t i = 0; i < rows; ++i) {
    if (null_row(input, output, i)) continue;
    const double span = static_cast<double>(ends[i]) - static_cast<double>(starts[i]);
    const double step = least_micros(steps[i]);
    if (step != 0 && span / step > static_cast<double>(max_length))
      return duckdb_scalar_function_set_error(info, too_long);
    out[i] = ends[i];
  }
}

// The texts as they are, where `allowed` says so.
template <class Allowed>
void copy_texts(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output,
                const Allowed& allowed, const char* error) {
  const idx_t rows = duckdb_data_chunk_get_size(input);
  const duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  for (idx_t i = 0; i < rows; ++i) {
    if (null_row(input, output, i)) continue;
    const std::string_view text(duckdb_string_t_data(&texts[i]), duckdb_string_t_length(texts[i]));
    if (!allowed(text)) return duckdb_scalar_function_set_error(info, error);
    duckdb_vector_assign_string_element_len(output, i, text.data(), text.size());
  }
}

void shallow(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  copy_texts(
      info, input, output, [](std::string_view text) { return JsonDepth().feed(text); },
      "JSON is nested too deeply for this function");
}

// Formats may ask for a width in digits, or by "*" and "{}" from a value.
bool modest_format(std::string_view format) {
  int digits = 0, depth = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const char c = format[i];
    if ((c == '{' || c == '}') && depth == 0 && format.substr(i).starts_with(std::string(2, c))) {
      ++i;  // a brace itself
      continue;
    }
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (c == '{') ++depth;
    if (c == '}') depth = std::max(0, depth - 1);
    if (digits > 5 || depth > 1 || (c == '*' && format.find('%') != std::string_view::npos))
      return false;
  }
  return true;
}

void modest(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  copy_texts(info, input, output, modest_format,
             "a format may not name widths of more than five digits, nor take them from values");
}

void brief(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  constexpr std::size_t most = 4096;
  copy_texts(
      info, input, output, [](std::string_view text) { return text.size() <= most; },
      "texts of more than 4096 bytes cannot be compared by distance");
}

void unforeseen(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  std::memcpy(duckdb_vector_get_data(output), column<std::int64_t>(input, 0),
              duckdb_data_chunk_get_size(input) * sizeof(std::int64_t));
}

// No exception may cross into DuckDB's C callers.
template <void (*Function)(duckdb_function_info, duckdb_data_chunk, duckdb_vector)>
void guarded(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  try {
    Function(info, input, output);
  } catch (const std::exception& failure) {
    duckdb_scalar_function_set_error(info, failure.what());
  }
}

void register_function(duckdb_connection connection, const duck::ScalarFunction& function) {
  if (duckdb_register_scalar_function(connection, function.get()) != DuckDBSuccess)
    throw internal("cannot register a scalar function");
}

// One function for the types that range() takes.
void register_range_ends(duckdb_connection connection) {
  const duck::ScalarFunctionSet set(duckdb_create_scalar_function_set("__ob_range_end"));
  const auto add = [&](duckdb_type value, duckdb_type step, duckdb_scalar_function_t function) {
    const duck::LogicalType values(duckdb_create_logical_type(value));
    const duck::LogicalType steps(duckdb_create_logical_type(step));
    const duck::ScalarFunction end(duckdb_create_scalar_function());
    duckdb_scalar_function_set_name(end.get(), "__ob_range_end");
    duckdb_scalar_function_add_parameter(end.get(), values.get());
    duckdb_scalar_function_add_parameter(end.get(), values.get());
    duckdb_scalar_function_add_parameter(end.get(), steps.get());
    duckdb_scalar_function_set_return_type(end.get(), values.get());
    duckdb_scalar_function_set_special_handling(end.get());
    duckdb_scalar_function_set_function(end.get(), function);
    if (duckdb_add_scalar_function_to_set(set.get(), end.get()) != DuckDBSuccess)
      throw internal("cannot add a scalar function to its set");
  };
  add(DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT, guarded<range_end<std::int64_t>>);
  add(DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_INTERVAL, guarded<range_end<duckdb_interval>>);
  add(DUCKDB_TYPE_TIMESTAMP_TZ, DUCKDB_TYPE_INTERVAL, guarded<range_end<duckdb_interval>>);
  if (duckdb_register_scalar_function_set(connection, set.get()) != DuckDBSuccess)
    throw internal("cannot register a set of scalar functions");
}

}  // namespace

void register_functions(duckdb_connection connection, Functions& functions) {
  const duck::LogicalType bigint(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  const duck::LogicalType ubigint(duckdb_create_logical_type(DUCKDB_TYPE_UBIGINT));
  const duck::LogicalType varchar(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  const duck::LogicalType boolean(duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN));

  const duck::ScalarFunction live_rows(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(live_rows.get(), "__ob_live");
  duckdb_scalar_function_add_parameter(live_rows.get(), bigint.get());
  duckdb_scalar_function_add_parameter(live_rows.get(), ubigint.get());
  duckdb_scalar_function_add_parameter(live_rows.get(), bigint.get());
  duckdb_scalar_function_set_return_type(live_rows.get(), boolean.get());
  duckdb_scalar_function_set_extra_info(live_rows.get(), &functions, nullptr);
  duckdb_scalar_function_set_function(live_rows.get(), guarded<live>);
  register_function(connection, live_rows);

  const duck::ScalarFunction number(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(number.get(), "__ob_partition");
  duckdb_scalar_function_add_parameter(number.get(), bigint.get());
  duckdb_scalar_function_set_varargs(number.get(), varchar.get());
  duckdb_scalar_function_set_special_handling(number.get());
  duckdb_scalar_function_set_volatile(number.get());
  duckdb_scalar_function_set_return_type(number.get(), bigint.get());
  duckdb_scalar_function_set_extra_info(number.get(), &functions, nullptr);
  duckdb_scalar_function_set_function(number.get(), guarded<partition>);
  register_function(connection, number);

  const duck::ScalarFunction same(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(same.get(), std::string(unforeseen_function).c_str());
  duckdb_scalar_function_add_parameter(same.get(), bigint.get());
  duckdb_scalar_function_set_volatile(same.get());
  duckdb_scalar_function_set_return_type(same.get(), bigint.get());
  duckdb_scalar_function_set_function(same.get(), guarded<unforeseen>);
  register_function(connection, same);

  const auto add_check = [&](const char* name, duckdb_scalar_function_t function) {
    const duck::ScalarFunction check(duckdb_create_scalar_function());
    duckdb_scalar_function_set_name(check.get(), name);
    duckdb_scalar_function_add_parameter(check.get(), varchar.get());
    duckdb_scalar_function_set_return_type(check.get(), varchar.get());
    duckdb_scalar_function_set_special_handling(check.get());
    duckdb_scalar_function_set_function(check.get(), function);
    register_function(connection, check);
  };
  add_check("__ob_shallow", guarded<shallow>);
  add_check("__ob_format", guarded<modest>);
  add_check("__ob_short", guarded<brief>);

  const duck::LogicalType integer(duckdb_create_logical_type(DUCKDB_TYPE_INTEGER));
  const duck::ScalarFunction bounded(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(bounded.get(), "__ob_length");
  duckdb_scalar_function_add_parameter(bounded.get(), bigint.get());
  duckdb_scalar_function_set_return_type(bounded.get(), integer.get());
  duckdb_scalar_function_set_special_handling(bounded.get());
  duckdb_scalar_function_set_function(bounded.get(), guarded<length>);
  register_function(connection, bounded);
  register_range_ends(connection);
}

}  // namespace ob::engine
