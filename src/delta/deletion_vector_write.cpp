// Writing of deletion vectors: all that a statement makes lie in one file.
#include <zlib.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "delta/deletion_vector.h"
#include "delta/maintenance.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

using Rows = std::vector<std::uint64_t>;

void little_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
}

void big_endian(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xFF);
}

// Rows that agree in all bits but the lowest `bits`.
struct Slice {
  Rows::const_iterator begin, end;
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

std::vector<Slice> slices(Slice rows, unsigned bits) {
  std::vector<Slice> out;
  while (rows.begin != rows.end) {
    const auto high = *rows.begin >> bits;
    const auto end = std::partition_point(rows.begin, rows.end,
                                          [&](std::uint64_t row) { return row >> bits == high; });
    out.push_back({rows.begin, end});
    rows.begin = end;
  }
  return out;
}

void container(std::string& out, const Slice& rows) {
  if (rows.size() <= kArrayLimit) {
    for (auto row = rows.begin; row != rows.end; ++row) little_endian(out, *row & 0xFFFF, 2);
    return;
  }
  const auto start = out.size();
  out.resize(start + kBitmapBytes, '\0');
  for (auto row = rows.begin; row != rows.end; ++row) {
    const auto bit = *row & 0xFFFF;
    auto& byte = out[start + bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) | (1u << (bit % 8)));
  }
}

// One 32-bit bitmap in the portable format of the RoaringFormatSpec.
void bitmap(std::string& out, const Slice& rows) {
  const auto containers = slices(rows, 16);
  little_endian(out, kCookieNoRuns, 4);
  little_endian(out, containers.size(), 4);
  for (const auto& c : containers) {
    little_endian(out, (*c.begin >> 16) & 0xFFFF, 2);
    little_endian(out, c.size() - 1, 2);
  }
  std::size_t offset = 8 + containers.size() * 8;
  for (const auto& c : containers) {
    little_endian(out, offset, 4);
    offset += c.size() <= kArrayLimit ? c.size() * 2 : kBitmapBytes;
  }
  for (const auto& c : containers) container(out, c);
}

std::string uuid_bytes(const std::string& uuid) {
  std::string hex, out;
  for (const char c : uuid) {
    if (c != '-') hex += c;
  }
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return out;
}

// The bounds may be those of rows that are gone.
std::string with_wide_bounds(const std::string& stats) {
  auto parsed = boost::json::parse(stats);
  parsed.as_object()["tightBounds"] = false;
  return boost::json::serialize(parsed);
}

// All rows of the file that are gone then, sorted.
Rows rows_gone(Table& table, const RowsToDelete& file) {
  auto rows = file.rows;
  if (file.add->deletion_vector) {
    const auto gone = table.deleted_rows(*file.add->deletion_vector);
    rows.insert(rows.end(), gone.begin(), gone.end());
  }
  std::ranges::sort(rows);
  const auto repeated = std::ranges::unique(rows);
  rows.erase(repeated.begin(), repeated.end());
  return rows;
}

}  // namespace

std::string z85_encode(std::string_view bytes) {
  if (bytes.size() % 4 != 0) throw internal("z85 takes whole words");
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    std::uint32_t value = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      value = (value << 8) | static_cast<unsigned char>(bytes[i + j]);
    }
    std::string word(5, '0');
    for (std::size_t j = 5; j-- > 0; value /= 85) word[j] = kZ85[value % 85];
    out += word;
  }
  return out;
}

std::string encode_bitmap(const std::vector<std::uint64_t>& rows) {
  std::string out;
  const auto parts = slices({rows.begin(), rows.end()}, 32);
  little_endian(out, kMagic, 4);
  little_endian(out, parts.size(), 8);
  for (const auto& part : parts) {
    little_endian(out, *part.begin >> 32, 4);
    bitmap(out, part);
  }
  return out;
}

std::vector<Add> with_deleted_rows(Table& table, const std::vector<RowsToDelete>& files) {
  const auto uuid = new_uuid();
  std::string content(1, '\x01');  // the version
  std::vector<Add> out;
  for (const auto& file : files) {
    const auto rows = rows_gone(table, file);
    const auto bytes = encode_bitmap(rows);
    Add add = *file.add;
    add.data_change = true;
    add.stats = with_wide_bounds(add.stats);
    add.deletion_vector = DeletionVector{.storage_type = "u",
                                         .path_or_inline = z85_encode(uuid_bytes(uuid)),
                                         .offset = static_cast<std::int32_t>(content.size()),
                                         .size_bytes = static_cast<std::int32_t>(bytes.size()),
                                         .cardinality = static_cast<std::int64_t>(rows.size())};
    big_endian(content, static_cast<std::uint32_t>(bytes.size()));
    content += bytes;
    big_endian(content,
               static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()),
                                                static_cast<uInt>(bytes.size()))));
    if (content.size() > INT32_MAX) throw internal("deletion vectors of more than 2 GiB");
    out.push_back(std::move(add));
  }
  if (!out.empty()) {
    const auto prefix = table.root().empty() ? std::string() : table.root() + "/";
    table.store().put(prefix + "deletion_vector_" + uuid + ".bin", content);
  }
  return out;
}

Add with_rows_left_out(Table& table, const RowsToDelete& file) {
  const auto rows = rows_gone(table, file);
  auto bytes = encode_bitmap(rows);
  const auto size = static_cast<std::int32_t>(bytes.size());
  bytes.resize((bytes.size() + 3) / 4 * 4);  // whole words for base 85
  Add add = *file.add;
  add.deletion_vector = DeletionVector{.storage_type = "i",
                                       .path_or_inline = z85_encode(bytes),
                                       .offset = {},
                                       .size_bytes = size,
                                       .cardinality = static_cast<std::int64_t>(rows.size())};
  return add;
}

}  // namespace ob::delta
