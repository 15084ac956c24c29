#include "engine/arrow_append.h"

#include <bit>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "engine/json_text.h"
#include "engine/scalar_text.h"

namespace ob::engine::arrow {

namespace {

void check(ArrowErrorCode code) {
  if (code != NANOARROW_OK) throw internal("arrow: out of memory");
}

// Room for `bytes` more; the caller writes them and then counts them in.
std::uint8_t* reserve(ArrowBuffer* buffer, std::uint64_t bytes) {
  check(ArrowBufferReserve(buffer, static_cast<std::int64_t>(bytes)));
  return buffer->data + buffer->size_bytes;
}

std::size_t fixed_width(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_UTINYINT:
      return 1;
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_USMALLINT:
      return 2;
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_INTEGER_LITERAL:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DATE:
      return 4;
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_NS:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return 8;
    case DUCKDB_TYPE_HUGEINT:
      return 16;
    default:
      return 0;
  }
}

void add_offset(ArrowBuffer* offsets, std::int64_t end) {
  if (end > std::numeric_limits<std::int32_t>::max())
    throw too_large("query.valueTooLarge",
                    "The values of one column are too large for an Arrow batch (2 GB). Select "
                    "fewer columns or shorter values.");
  const auto offset = static_cast<std::int32_t>(end);
  check(ArrowBufferAppend(offsets, &offset, sizeof offset));
}

std::int64_t last_offset(const ArrowBuffer* offsets) {
  std::int32_t last = 0;
  std::memcpy(&last, offsets->data + offsets->size_bytes - sizeof last, sizeof last);
  return last;
}

}  // namespace

Appender::Appender(ArrowArray* array, const Type& type) : array_(array), type_(&type) {
  switch (type.id) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
      children_.emplace_back(array->children[0], type.children[0]);
      break;
    case DUCKDB_TYPE_MAP:
      for (std::size_t i = 0; i < 2; ++i)
        children_.emplace_back(array->children[0]->children[i], type.children[i]);
      break;
    case DUCKDB_TYPE_STRUCT:
      for (std::size_t i = 0; i < type.children.size(); ++i)
        children_.emplace_back(array->children[i], type.children[i]);
      break;
    default:
      break;
  }
}

std::int64_t Appender::bytes() const {
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < array_->n_buffers; ++i)
    total += ArrowArrayBuffer(array_, i)->size_bytes;
  for (const auto& child : children_) total += child.bytes();
  return total;
}

void Appender::append_validity(const Vec& vec, std::uint64_t first, std::uint64_t count) {
  if (type_->id == DUCKDB_TYPE_SQLNULL) {
    nulls_ += static_cast<std::int64_t>(count);
    return;
  }
  ArrowBitmap* bitmap = ArrowArrayValidityBitmap(array_);
  std::uint64_t valid = count;
  if (vec.validity != nullptr) {
    valid = 0;
    for (std::uint64_t i = first; i < first + count; ++i) valid += vec.valid(i) ? 1 : 0;
  }
  if (valid == count) {
    if (nulls_ > 0) check(ArrowBitmapAppend(bitmap, 1, static_cast<std::int64_t>(count)));
    return;
  }
  // The bitmap starts with the first NULL: rows before it were all valid.
  if (nulls_ == 0) check(ArrowBitmapAppend(bitmap, 1, length_));
  check(ArrowBitmapReserve(bitmap, static_cast<std::int64_t>(count)));
  if (first % 8 == 0 && length_ % 8 == 0 && std::endian::native == std::endian::little) {
    std::memcpy(bitmap->buffer.data + length_ / 8,
                reinterpret_cast<const std::uint8_t*>(vec.validity) + first / 8, (count + 7) / 8);
    bitmap->size_bits += static_cast<std::int64_t>(count);
    bitmap->buffer.size_bytes = _ArrowBytesForBits(bitmap->size_bits);
  } else {
    for (std::uint64_t i = first; i < first + count; ++i)
      ArrowBitmapAppendUnsafe(bitmap, vec.valid(i) ? 1 : 0, 1);
  }
  nulls_ += static_cast<std::int64_t>(count - valid);
}

void Appender::append_fixed(const void* data, std::uint64_t first, std::uint64_t count,
                            std::size_t width) {
  check(ArrowBufferAppend(buffer(1), static_cast<const std::uint8_t*>(data) + first * width,
                          static_cast<std::int64_t>(count * width)));
}

void Appender::append_strings(const Vec& vec, std::uint64_t first, std::uint64_t count) {
  ArrowBuffer* offsets = buffer(1);
  ArrowBuffer* data = buffer(2);
  std::int64_t end = last_offset(offsets);
  const auto* strings = static_cast<const duckdb_string_t*>(vec.data);
  const bool nulls = vec.validity != nullptr;
  std::int64_t total = end;
  for (std::uint64_t i = first; i < first + count; ++i)
    if (!nulls || vec.valid(i)) total += strings[i].value.inlined.length;
  if (total > std::numeric_limits<std::int32_t>::max()) add_offset(offsets, total);
  auto* offset = reinterpret_cast<std::int32_t*>(reserve(offsets, count * sizeof(std::int32_t)));
  // A little more than needed: short strings are copied as whole twelve bytes.
  std::uint8_t* out = reserve(data, static_cast<std::uint64_t>(total - end) + 12);
  for (std::uint64_t i = first; i < first + count; ++i) {
    if (!nulls || vec.valid(i)) {
      const auto& value = strings[i].value;
      const std::uint32_t length = value.inlined.length;
      if (length <= 12)
        std::memcpy(out, value.inlined.inlined, 12);
      else
        std::memcpy(out, value.pointer.ptr, length);
      out += length;
      end += length;
    }
    *offset++ = static_cast<std::int32_t>(end);
  }
  offsets->size_bytes += static_cast<std::int64_t>(count * sizeof(std::int32_t));
  data->size_bytes = end;
}

void Appender::append_as_text(const Vec& vec, std::uint64_t first, std::uint64_t count) {
  std::string text;
  std::int64_t end = last_offset(buffer(1));
  for (std::uint64_t i = first; i < first + count; ++i) {
    if (vec.valid(i)) {
      text.clear();
      append_plain(text, vec, i);
      check(ArrowBufferAppend(buffer(2), text.data(), static_cast<std::int64_t>(text.size())));
      end += static_cast<std::int64_t>(text.size());
    }
    add_offset(buffer(1), end);
  }
}

void Appender::append_decimals(const Vec& vec, std::uint64_t first, std::uint64_t count) {
  auto* out = reinterpret_cast<Int128*>(reserve(buffer(1), count * 16));
  const auto widen = [&]<class T>(const T* in) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const Int128 value = in[first + i];
      std::memcpy(out + i, &value, sizeof value);
    }
  };
  switch (type_->storage) {
    case DUCKDB_TYPE_SMALLINT:
      widen(static_cast<const std::int16_t*>(vec.data));
      break;
    case DUCKDB_TYPE_INTEGER:
      widen(static_cast<const std::int32_t*>(vec.data));
      break;
    case DUCKDB_TYPE_BIGINT:
      widen(static_cast<const std::int64_t*>(vec.data));
      break;
    default:
      std::memcpy(out, static_cast<const duckdb_hugeint*>(vec.data) + first, count * 16);
  }
  buffer(1)->size_bytes += static_cast<std::int64_t>(count * 16);
}

void Appender::append_intervals(const Vec& vec, std::uint64_t first, std::uint64_t count) {
  struct MonthDayNano {
    std::int32_t months, days;
    std::int64_t nanos;
  };
  for (std::uint64_t i = first; i < first + count; ++i) {
    MonthDayNano out{};
    if (vec.valid(i)) {
      const auto& in = vec.at<duckdb_interval>(i);
      if (__builtin_mul_overflow(in.micros, std::int64_t{1000}, &out.nanos))
        throw bad_request("sql.value",
                          "An INTERVAL is too long for Arrow's nanoseconds. Cast it to VARCHAR.");
      out.months = in.months;
      out.days = in.days;
    }
    check(ArrowBufferAppend(buffer(1), &out, sizeof out));
  }
}

// Lists and maps: offsets here, elements in the children.
void Appender::append_lists(const Vec& vec, std::uint64_t first, std::uint64_t count) {
  std::int64_t end = last_offset(buffer(1));
  // Neighbouring entries are mostly adjacent in the child: copy runs, not entries.
  std::uint64_t run_first = 0, run_count = 0;
  const auto copy_run = [&] {
    if (run_count == 0) return;
    for (std::size_t c = 0; c < children_.size(); ++c)
      children_[c].append(vec.children[c], run_first, run_count);
    run_count = 0;
  };
  for (std::uint64_t i = first; i < first + count; ++i) {
    if (vec.valid(i)) {
      const auto& entry = vec.at<duckdb_list_entry>(i);
      if (entry.length > 0) {
        if (run_first + run_count != entry.offset) copy_run();
        if (run_count == 0) run_first = entry.offset;
        run_count += entry.length;
        end += static_cast<std::int64_t>(entry.length);
      }
    }
    add_offset(buffer(1), end);
  }
  copy_run();
}

void Appender::append_children(const Vec& vec, std::uint64_t first, std::uint64_t count) {
  const std::uint64_t each = type_->id == DUCKDB_TYPE_ARRAY ? type_->array_size : 1;
  for (std::size_t c = 0; c < children_.size(); ++c)
    children_[c].append(vec.children[c], first * each, count * each);
}

void Appender::append(const Vec& vec, std::uint64_t first, std::uint64_t count) {
  append_validity(vec, first, count);
  switch (type_->id) {
    case DUCKDB_TYPE_SQLNULL:
      break;
    case DUCKDB_TYPE_BOOLEAN: {
      ArrowBuffer* bits = buffer(1);
      const auto size = _ArrowBytesForBits(length_ + static_cast<std::int64_t>(count));
      check(ArrowBufferAppendFill(bits, 0, size - bits->size_bytes));
      for (std::uint64_t i = 0; i < count; ++i)
        if (static_cast<const std::uint8_t*>(vec.data)[first + i] != 0 && vec.valid(first + i))
          ArrowBitSet(bits->data, length_ + static_cast<std::int64_t>(i));
      break;
    }
    case DUCKDB_TYPE_DECIMAL:
      append_decimals(vec, first, count);
      break;
    case DUCKDB_TYPE_INTERVAL:
      append_intervals(vec, first, count);
      break;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_STRING_LITERAL:
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_GEOMETRY:
      append_strings(vec, first, count);
      break;
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_MAP:
      append_lists(vec, first, count);
      break;
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_STRUCT:
      append_children(vec, first, count);
      break;
    default:
      if (const auto width = fixed_width(type_->id); width != 0)
        append_fixed(vec.data, first, count, width);
      else
        append_as_text(vec, first, count);
  }
  length_ += static_cast<std::int64_t>(count);
}

void Appender::clear() {
  for (auto& child : children_) child.clear();
  if (type_->id == DUCKDB_TYPE_MAP) array_->children[0]->length = 0;
  const auto& layout = static_cast<const ArrowArrayPrivateData*>(array_->private_data)->layout;
  ArrowArrayValidityBitmap(array_)->size_bits = 0;
  for (std::int64_t i = 0; i < array_->n_buffers; ++i) {
    buffer(i)->size_bytes = 0;
    if (layout.buffer_type[i] == NANOARROW_BUFFER_TYPE_DATA_OFFSET) add_offset(buffer(i), 0);
  }
  array_->length = 0;
  array_->null_count = 0;
  length_ = 0;
  nulls_ = 0;
}

void Appender::finish() {
  for (auto& child : children_) child.finish();
  if (type_->id == DUCKDB_TYPE_MAP) array_->children[0]->length = children_[0].length_;
  array_->length = length_;
  array_->null_count = nulls_;
}

}  // namespace ob::engine::arrow
