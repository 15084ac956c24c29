#pragma once
// Rows as an aligned table, JSON (an array of objects) or CSV (RFC 4180), streamed.
#include <boost/json/value.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace ob::cli {

struct Cell {
  enum class Kind {
    null,
    text,
    raw
  };  // raw: numbers, booleans, nested values, as JSON writes them
  Kind kind = Kind::null;
  std::string text;
};
using Row = std::vector<Cell>;

struct OutputColumn {
  std::string name;
  bool number = false;  // aligned to the right
};

class Writer {
 public:
  virtual ~Writer() = default;
  virtual void row(const Row& row) = 0;
  virtual void finish() = 0;  // not after a failure
};

enum class Format { table, json, csv };
Format parse_format(const std::string& name);

// width: columns of the terminal that a table must fit; nullopt: as wide as it needs.
std::unique_ptr<Writer> make_writer(Format format, std::ostream& out,
                                    std::vector<OutputColumn> columns,
                                    std::optional<std::size_t> width);
// The terminal's width when standard output is one.
std::optional<std::size_t> terminal_width();

// Small lists of the API: the named members of each object become columns.
void write_objects(Format format, const std::vector<boost::json::value>& items,
                   const std::vector<std::string>& members);

Cell cell_of(const boost::json::value& value);
std::string json_quote(std::string_view text);
std::size_t display_width(std::string_view utf8);
std::string fit(std::string_view utf8, std::size_t width);  // cut with "…"
std::string printable(std::string_view utf8);  // control characters escaped, as \n or \x1b
std::string human_count(std::int64_t n);       // 336,776
std::string human_bytes(std::int64_t n);       // 1.5 GB
bool is_number_type(std::string_view sql_type);

}  // namespace ob::cli
