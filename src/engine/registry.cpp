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

void shallow(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const idx_t rows = duckdb_data_chunk_get_size(input);
  const duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  auto* validity = duckdb_vector_get_validity(vector);
  auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  for (idx_t i = 0; i < rows; ++i) {
    if (validity != nullptr && !duckdb_validity_row_is_valid(validity, i)) {
      duckdb_vector_ensure_validity_writable(output);
      duckdb_validity_set_row_invalid(duckdb_vector_get_validity(output), i);
      continue;
    }
    const std::string_view text(duckdb_string_t_data(&texts[i]), duckdb_string_t_length(texts[i]));
    if (!JsonDepth().feed(text)) {
      duckdb_scalar_function_set_error(info, "JSON is nested too deeply for this function");
      return;
    }
    duckdb_vector_assign_string_element_len(output, i, text.data(), text.size());
  }
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
  duckdb_scalar_function_set_name(same.get(), unforeseen_function.data());
  duckdb_scalar_function_add_parameter(same.get(), bigint.get());
  duckdb_scalar_function_set_volatile(same.get());
  duckdb_scalar_function_set_return_type(same.get(), bigint.get());
  duckdb_scalar_function_set_function(same.get(), guarded<unforeseen>);
  register_function(connection, same);

  const duck::ScalarFunction checked(duckdb_create_scalar_function());
  duckdb_scalar_function_set_name(checked.get(), "__ob_shallow");
  duckdb_scalar_function_add_parameter(checked.get(), varchar.get());
  duckdb_scalar_function_set_return_type(checked.get(), varchar.get());
  duckdb_scalar_function_set_special_handling(checked.get());
  duckdb_scalar_function_set_function(checked.get(), guarded<shallow>);
  register_function(connection, checked);
}

}  // namespace ob::engine
