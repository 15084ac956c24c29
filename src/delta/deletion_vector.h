#pragma once
// Deletion vectors (Delta Transaction Log Protocol, "Deletion Vector Format").
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delta/actions.h"
#include "objects/objects.h"

namespace ob::delta {

// Of the vectors' bytes: the array of 32-bit bitmaps, and their portable Roaring format.
inline constexpr std::uint32_t kMagic = 1681511377;
inline constexpr std::uint32_t kCookieNoRuns = 12346;
inline constexpr std::size_t kArrayLimit = 4096, kBitmapBytes = 8192;
inline constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

// Z85 (ZeroMQ RFC 32). nullopt when the text is not of it.
std::optional<std::string> z85_decode(std::string_view text);

std::string z85_encode(std::string_view bytes);  // of whole 4-byte words

// The serialized RoaringBitmapArray of sorted, distinct row indexes.
std::string encode_bitmap(const std::vector<std::uint64_t>& rows);

// Sorted row indexes of a serialized RoaringBitmapArray (magic and 64-bit portable bitmap). Throws
// ob::Error 422 delta.badDeletionVector; never more than `cardinality` rows.
std::vector<std::uint64_t> decode_bitmap(std::string_view bytes, std::int64_t cardinality);

// The file that holds it, relative to the table at `location`; nullopt for an inline one. Throws
// ob::Error 422 delta.badPath, delta.badDeletionVector.
std::optional<std::string> vector_path(const DeletionVector& dv, const std::string& location);

// As Table::deleted_rows(). `root` is the table's key prefix.
std::vector<std::uint64_t> read_deletion_vector(objects::Store& store, const std::string& root,
                                                const DeletionVector& dv);

}  // namespace ob::delta
