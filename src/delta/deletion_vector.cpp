#include "delta/deletion_vector.h"

#include <zlib.h>

#include <array>
#include <bit>

#include "base/error.h"
#include "delta/paths.h"

namespace ob::delta {
namespace {

constexpr std::int64_t kMaxRows = 1ll << 27;  // 1 GiB as row indexes
constexpr std::int32_t kMaxBytes = 512 << 20;
constexpr std::uint32_t kCookieRuns = 12347;
constexpr std::uint32_t kNoOffsetThreshold = 4;

Error bad_vector(const std::string& what) {
  return {422, "delta.badDeletionVector",
          "A deletion vector of the table is broken: " + what + "."};
}

// Little-endian reads within bounds.
class Bytes {
 public:
  explicit Bytes(std::string_view data) : data_(data) {}
  std::string_view take(std::size_t n) {
    if (n > data_.size()) throw bad_vector("it ends too early");
    const auto out = data_.substr(0, n);
    data_.remove_prefix(n);
    return out;
  }
  template <class T>
  T number() {
    T out = 0;
    const auto raw = take(sizeof(T));
    for (std::size_t i = sizeof(T); i-- > 0;) {
      out = static_cast<T>((out << 8) | static_cast<unsigned char>(raw[i]));
    }
    return out;
  }
  bool empty() const { return data_.empty(); }

 private:
  std::string_view data_;
};

class Decoder {
 public:
  Decoder(std::string_view bytes, std::int64_t cardinality)
      : bytes_(bytes), limit_(static_cast<std::size_t>(cardinality)) {
    // A container of 8 KiB holds at most 65,536 rows, a run of 4 bytes as many: reserve little.
    out_.reserve(std::min<std::size_t>(limit_, 1 << 16));
  }

  std::vector<std::uint64_t> run() {
    if (bytes_.number<std::uint32_t>() != kMagic) throw bad_vector("its magic number is unknown");
    const auto buckets = bytes_.number<std::uint64_t>();
    std::uint64_t least = 0;
    for (std::uint64_t i = 0; i < buckets; ++i) {
      const std::uint64_t key = bytes_.number<std::uint32_t>();
      if (key < least || key > INT32_MAX) throw bad_vector("its parts are out of order");
      least = key + 1;
      bitmap(key << 32);
    }
    if (!bytes_.empty()) throw bad_vector("there are bytes after its end");
    if (out_.size() != limit_) throw bad_vector("it does not have as many rows as the log says");
    return std::move(out_);
  }

 private:
  struct Container {
    std::uint64_t key;
    std::size_t cardinality;
    bool run;
  };

  // One 32-bit bitmap in the portable format of the RoaringFormatSpec.
  void bitmap(std::uint64_t high) {
    const auto cookie = bytes_.number<std::uint32_t>();
    std::size_t count = 0;
    std::string_view run_flags;
    if ((cookie & 0xFFFF) == kCookieRuns) {
      count = (cookie >> 16) + 1;
      run_flags = bytes_.take((count + 7) / 8);
    } else if (cookie == kCookieNoRuns) {
      count = bytes_.number<std::uint32_t>();
      if (count > 65536) throw bad_vector("it has too many containers");
    } else {
      throw bad_vector("its format is unknown");
    }
    std::vector<Container> containers(count);
    std::uint64_t least = 0;
    for (std::size_t i = 0; i < count; ++i) {
      auto& c = containers[i];
      c.key = bytes_.number<std::uint16_t>();
      c.cardinality = std::size_t{bytes_.number<std::uint16_t>()} + 1;
      c.run = !run_flags.empty() && ((run_flags[i / 8] >> (i % 8)) & 1);
      if (c.key < least) throw bad_vector("its containers are out of order");
      least = c.key + 1;
    }
    // The offsets repeat what reading in order finds out.
    if (run_flags.empty() || count >= kNoOffsetThreshold) bytes_.take(count * 4);
    for (const auto& c : containers) container(c, high | (c.key << 16));
  }

  void container(const Container& c, std::uint64_t high) {
    const auto before = out_.size();
    if (c.run) {
      runs(high);
    } else if (c.cardinality <= kArrayLimit) {
      std::uint64_t least = high;
      for (std::size_t i = 0; i < c.cardinality; ++i) {
        const auto row = high | bytes_.number<std::uint16_t>();
        if (row < least) throw bad_vector("its rows are out of order");
        least = row + 1;
        push(row);
      }
    } else {
      Bytes words(bytes_.take(kBitmapBytes));
      for (std::uint64_t w = 0; w < kBitmapBytes / 8; ++w) {
        for (auto bits = words.number<std::uint64_t>(); bits != 0; bits &= bits - 1) {
          push(high | (w * 64 + static_cast<std::uint64_t>(std::countr_zero(bits))));
        }
      }
    }
    if (out_.size() - before != c.cardinality) throw bad_vector("a container's count is wrong");
  }

  void runs(std::uint64_t high) {
    const auto count = bytes_.number<std::uint16_t>();
    std::uint64_t least = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t start = bytes_.number<std::uint16_t>();
      const std::uint64_t last = start + bytes_.number<std::uint16_t>();
      if (start < least || last > 0xFFFF) throw bad_vector("its runs are out of order");
      least = last + 1;
      for (auto row = start; row <= last; ++row) push(high | row);
    }
  }

  void push(std::uint64_t row) {
    if (out_.size() == limit_) throw bad_vector("it has more rows than the log says");
    out_.push_back(row);
  }

  Bytes bytes_;
  std::size_t limit_;
  std::vector<std::uint64_t> out_;
};

std::uint32_t big_endian(std::string_view raw) {
  std::uint32_t out = 0;
  for (char c : raw) out = (out << 8) | static_cast<unsigned char>(c);
  return out;
}

std::string read_bytes(objects::Reader& reader, std::int64_t offset, std::size_t size) {
  if (offset < 0 || offset > reader.size() ||
      static_cast<std::int64_t>(size) > reader.size() - offset) {
    throw bad_vector("its file is too short");
  }
  std::string out(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const auto n = reader.read(offset + static_cast<std::int64_t>(filled),
                               std::as_writable_bytes(std::span(out)).subspan(filled));
    if (n == 0) throw bad_vector("its file is too short");
    filled += n;
  }
  return out;
}

std::string uuid_text(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += digits[static_cast<unsigned char>(bytes[i]) >> 4];
    out += digits[static_cast<unsigned char>(bytes[i]) & 15];
  }
  return out;
}

}  // namespace

std::optional<std::string> z85_decode(std::string_view text) {
  if (text.size() % 5 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 5 * 4);
  for (std::size_t i = 0; i < text.size(); i += 5) {
    std::uint64_t value = 0;
    for (std::size_t j = 0; j < 5; ++j) {
      const auto digit = kZ85.find(text[i + j]);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 85 + digit;
    }
    if (value > UINT32_MAX) return std::nullopt;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xFF);
  }
  return out;
}

std::optional<std::string> vector_path(const DeletionVector& dv, const std::string& location) {
  if (dv.storage_type == "i") return std::nullopt;
  if (dv.storage_type == "p") return resolve_path(dv.path_or_inline, location);
  if (dv.storage_type != "u") throw bad_vector("its storage type is unknown");
  const auto& text = dv.path_or_inline;
  if (text.size() < 20) throw bad_vector("its file's name is too short");
  const auto id = z85_decode(std::string_view(text).substr(text.size() - 20));
  if (!id) throw bad_vector("its file's name is not of base 85");
  const auto prefix = text.substr(0, text.size() - 20);
  const auto name = "deletion_vector_" + uuid_text(*id) + ".bin";
  auto relative = prefix.empty() ? name : prefix + "/" + name;
  resolve_path(relative, location);  // the prefix may hold anything
  return relative;
}

std::vector<std::uint64_t> decode_bitmap(std::string_view bytes, std::int64_t cardinality) {
  if (cardinality < 0 || cardinality > kMaxRows) {
    throw bad_vector("it removes " + std::to_string(cardinality) + " rows, more than can be read");
  }
  return Decoder(bytes, cardinality).run();
}

std::vector<std::uint64_t> read_deletion_vector(objects::Store& store, const std::string& root,
                                                const DeletionVector& dv) {
  if (dv.size_bytes < 0 || dv.size_bytes > kMaxBytes) throw bad_vector("its size is out of range");
  const auto size = static_cast<std::size_t>(dv.size_bytes);
  if (dv.storage_type == "i") {
    auto bytes = z85_decode(dv.path_or_inline);
    // Base 85 pads to whole words.
    if (!bytes || bytes->size() < size || bytes->size() - size > 3) {
      throw bad_vector("its inline text does not have the size that the log says");
    }
    bytes->resize(size);
    return decode_bitmap(*bytes, dv.cardinality);
  }
  const auto relative = *vector_path(dv, directory_location(store, root));
  const auto reader = store.open(root.empty() ? relative : root + "/" + relative);
  if (read_bytes(*reader, 0, 1)[0] != 1) throw bad_vector("its file has an unknown version");
  const std::int64_t offset = dv.offset.value_or(1);  // the first one follows the version byte
  const auto data = read_bytes(*reader, offset, size + 8);
  if (big_endian(std::string_view(data).substr(0, 4)) != size) {
    throw bad_vector("its file does not have the size that the log says");
  }
  const auto bitmap = std::string_view(data).substr(4, size);
  const auto sum =
      crc32(0, reinterpret_cast<const Bytef*>(bitmap.data()), static_cast<uInt>(bitmap.size()));
  if (big_endian(std::string_view(data).substr(4 + size)) != sum) {
    throw bad_vector("its checksum is wrong");
  }
  return decode_bitmap(bitmap, dv.cardinality);
}

}  // namespace ob::delta
