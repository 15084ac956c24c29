#include "engine/parquet_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <span>
#include <vector>

#include "base/error.h"

namespace ob::engine {
namespace {

constexpr std::size_t kEnd = 8;           // the footer's length and "PAR1"
constexpr std::size_t kTail = 64u << 10;  // read of files in stores in one request
constexpr std::size_t kMaxFooter = 1u << 30;
constexpr int kMaxNesting = 32;  // of Thrift's structs and lists; a footer has ten

// Compact protocol's types. A list's booleans take a byte each, a struct's are in the field's head.
enum Type : std::uint8_t {
  stop,
  yes,
  no,
  byte,
  i16,
  i32,
  i64,
  real,
  binary,
  list,
  set,
  map,
  structure,
  uuid
};

struct Fault {
  std::string reason;
};

class Walker {
 public:
  explicit Walker(std::string_view text) : rest_(text) {}

  void footer() {
    fields([&](int id, std::uint8_t type) {
      if (type == list && id == 2)
        schema();
      else if (type == list && id == 4)
        row_groups();
      else
        skip(type, 1);
    });
  }

 private:
  std::uint8_t next() {
    if (rest_.empty()) throw Fault{"its footer is cut off"};
    const auto out = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return out;
  }

  std::uint64_t number() {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto part = next();
      out |= static_cast<std::uint64_t>(part & 127) << shift;
      if (part < 128) return out;
    }
    throw Fault{"a number in its footer has no end"};
  }

  std::int64_t signed_number() {
    const auto n = number();
    return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
  }

  void drop(std::uint64_t bytes) {
    if (bytes > rest_.size()) throw Fault{"its footer is cut off"};
    rest_.remove_prefix(bytes);
  }

  // The fields of a struct.
  template <class Each>
  void fields(const Each& each) {
    if (++structs_ > max_footer_structs) throw Fault{"its footer has too many parts"};
    std::int64_t id = 0;
    for (;;) {
      const auto head = next();
      const std::uint8_t type = head & 15;
      if (type == stop) return;
      id = (head >> 4) != 0 ? id + (head >> 4) : signed_number();
      if (id < -32768 || id > 32767) throw Fault{"its footer is not Thrift"};
      each(static_cast<int>(id), type);
    }
  }

  struct Head {
    std::uint64_t count;
    std::uint8_t type;
  };

  // Each of the things takes a byte at least.
  Head list_head() {
    const auto head = next();
    Head out{static_cast<std::uint64_t>(head >> 4), static_cast<std::uint8_t>(head & 15)};
    if (out.count == 15) out.count = number();
    if (out.count > rest_.size()) throw Fault{"its footer counts more than it holds"};
    return out;
  }

  void skip_items(const Head& head, int depth) {
    for (std::uint64_t i = 0; i < head.count; ++i)
      head.type == yes || head.type == no ? drop(1) : skip(head.type, depth + 1);
  }

  void skip(std::uint8_t type, int depth) {
    if (depth > kMaxNesting) throw Fault{"its footer is nested too deeply"};
    switch (type) {
      case yes:
      case no:
        return;
      case byte:
        return drop(1);
      case i16:
      case i32:
      case i64:
        number();
        return;
      case real:
        return drop(8);
      case uuid:
        return drop(16);
      case binary:
        return drop(number());
      case list:
      case set:
        return skip_items(list_head(), depth);
      case map: {
        const auto count = number();
        if (count == 0) return;
        if (count > rest_.size()) throw Fault{"its footer counts more than it holds"};
        const auto types = next();
        for (std::uint64_t i = 0; i < count; ++i) {
          skip_items({1, static_cast<std::uint8_t>(types >> 4)}, depth);
          skip_items({1, static_cast<std::uint8_t>(types & 15)}, depth);
        }
        return;
      }
      case structure:
        return fields([&](int, std::uint8_t inner) { skip(inner, depth + 1); });
      default:
        throw Fault{"its footer is not Thrift"};
    }
  }

  // Depth first; each element says how many of the following ones are in it.
  void schema() {
    const auto head = list_head();
    if (head.type != structure) throw Fault{"its schema is no list of columns"};
    if (head.count > max_parquet_elements)
      throw Fault{"its schema has more than " + std::to_string(max_parquet_elements) + " parts"};
    std::vector<std::int64_t> open;  // children to come, of each level
    for (std::uint64_t i = 0; i < head.count; ++i) {
      std::int64_t children = 0;
      fields([&](int id, std::uint8_t type) {
        if (id == 5 && type == i32)
          children = signed_number();
        else
          skip(type, 2);
      });
      while (!open.empty() && open.back() == 0) open.pop_back();
      if (!open.empty()) --open.back();
      if (children > 0) open.push_back(children);
      if (open.size() > max_parquet_nesting)
        throw Fault{"its schema is nested deeper than " + std::to_string(max_parquet_nesting) +
                    " levels"};
    }
  }

  void row_groups() {
    const auto head = list_head();
    if (head.count > max_parquet_row_groups)
      throw Fault{"it has more than " + std::to_string(max_parquet_row_groups) + " row groups"};
    skip_items(head, 1);
  }

  std::string_view rest_;
  std::size_t structs_ = 0;
};

// The file's last bytes; `read` fills a buffer from an offset and says how much it got.
using Read = std::function<std::size_t(std::int64_t, std::span<std::byte>)>;

std::string bytes_at(const Read& read, std::int64_t at, std::size_t size) {
  std::string out(size, '\0');
  if (read(at, std::as_writable_bytes(std::span(out))) != size)
    throw Fault{"its end cannot be read"};
  return out;
}

std::optional<std::string> fault_in(std::int64_t size, std::size_t tail, const Read& read) {
  if (size < 12) return "it is too short for a Parquet file";
  try {
    const auto known = std::min(static_cast<std::size_t>(size), tail);
    std::string end = bytes_at(read, size - static_cast<std::int64_t>(known), known);
    if (end.ends_with("PARE")) return "its footer is encrypted";
    if (!end.ends_with("PAR1")) return "it does not end as a Parquet file does";
    std::uint32_t length = 0;
    std::memcpy(&length, end.data() + end.size() - kEnd, sizeof(length));
    if (length > kMaxFooter || static_cast<std::int64_t>(length + kEnd) > size)
      return "its footer is longer than it";
    if (length + kEnd > known)
      end = bytes_at(read, size - static_cast<std::int64_t>(length + kEnd), length + kEnd);
    return footer_fault(std::string_view(end).substr(end.size() - kEnd - length, length));
  } catch (const Fault& fault) {
    return fault.reason;
  }
}

}  // namespace

std::optional<std::string> footer_fault(std::string_view footer) {
  try {
    Walker(footer).footer();
  } catch (const Fault& fault) {
    return fault.reason;
  }
  return std::nullopt;
}

std::optional<std::string> parquet_fault(relay::Relay* relay, const std::string& location) {
  if (relay::is_remote(location)) {
    if (relay == nullptr) throw internal("engine: no relay for a file in a store");
    std::shared_ptr<objects::Reader> reader;
    try {
      reader = relay->open(location);
    } catch (const Error& error) {
      if (error.status() == 404) return std::nullopt;
      throw;
    }
    return fault_in(reader->size(), kTail, [&](std::int64_t at, std::span<std::byte> out) {
      return reader->read_range(at, out);
    });
  }
  // Not blocking: nobody may ever write to what is a pipe.
  const int file = ::open(location.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return std::nullopt;  // DuckDB tells why
  const struct Closing {
    int file;
    ~Closing() { ::close(file); }
  } closing{file};
  struct stat found{};
  if (::fstat(file, &found) != 0 || !S_ISREG(found.st_mode)) return "it is no regular file";
  return fault_in(found.st_size, 4096, [&](std::int64_t at, std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size()) {
      const auto got =
          ::pread(file, out.data() + done, out.size() - done, at + static_cast<std::int64_t>(done));
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  });
}

}  // namespace ob::engine
