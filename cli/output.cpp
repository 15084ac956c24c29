#include "cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <map>
#include <set>

#include "base/error.h"

namespace ob::cli {
namespace json = boost::json;
namespace {

constexpr std::size_t rows_to_measure = 1000;
constexpr std::size_t narrowest =
    10;  // columns are not cut below this: the last ones are left out instead

// The next code point of UTF-8; advances. Broken bytes come back one by one as U+FFFD.
char32_t next_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80       ? 1
                             : lead >> 5 == 6  ? 2
                             : lead >> 4 == 14 ? 3
                             : lead >> 3 == 30 ? 4
                                               : 0;
  if (length == 0 || length > text.size()) {
    text.remove_prefix(1);
    return 0xFFFD;
  }
  char32_t point = length == 1 ? lead : lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >> 6 != 2) {
      text.remove_prefix(1);
      return 0xFFFD;
    }
    point = point << 6 | (byte & 0x3F);
  }
  text.remove_prefix(length);
  return point;
}

std::size_t width_of(char32_t point) {
  const int width = ::wcwidth(static_cast<wchar_t>(point));
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

std::string json_cell(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::null:
      return "null";
    case Cell::Kind::text:
      return json_quote(cell.text);
    case Cell::Kind::raw:
      return cell.text;
  }
  return "null";
}

std::string shown(const Cell& cell) {
  return cell.kind == Cell::Kind::null ? "NULL" : printable(cell.text);
}

class JsonWriter : public Writer {
 public:
  JsonWriter(std::ostream& out, const std::vector<OutputColumn>& columns) : out_(out) {
    std::set<std::string> taken;
    for (const auto& column : columns) {  // every value gets a name of its own
      std::string name = column.name;
      for (int i = 1; !taken.insert(name).second; ++i) name = column.name + "_" + std::to_string(i);
      names_.push_back(json_quote(name));
    }
  }
  void row(const Row& row) override {
    out_ << (first_ ? "[\n {" : ",\n {");
    first_ = false;
    for (std::size_t i = 0; i < names_.size(); ++i)
      out_ << (i == 0 ? "" : ",") << names_[i] << ':' << json_cell(row.at(i));
    out_ << '}';
  }
  void finish() override { out_ << (first_ ? "[]\n" : "\n]\n") << std::flush; }

 private:
  std::ostream& out_;
  std::vector<std::string> names_;
  bool first_ = true;
};

class CsvWriter : public Writer {
 public:
  CsvWriter(std::ostream& out, const std::vector<OutputColumn>& columns) : out_(out) {
    for (std::size_t i = 0; i < columns.size(); ++i) field(i, columns[i].name);
    out_ << "\r\n";
  }
  void row(const Row& row) override {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].kind == Cell::Kind::null) {
        if (i > 0) out_ << ',';  // NULL is empty without quotes, the empty text is ""
      } else {
        field(i, row[i].text);
      }
    }
    out_ << "\r\n";
  }
  void finish() override { out_ << std::flush; }

 private:
  void field(std::size_t index, std::string_view text) {
    if (index > 0) out_ << ',';
    if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
      out_ << text;
      return;
    }
    out_ << '"';
    for (const char c : text) {
      if (c == '"') out_ << '"';
      out_ << c;
    }
    out_ << '"';
  }
  std::ostream& out_;
};

// Measures the first rows, then streams.
class TableWriter : public Writer {
 public:
  TableWriter(std::ostream& out, std::vector<OutputColumn> columns,
              std::optional<std::size_t> width)
      : out_(out), columns_(std::move(columns)), width_(width) {}

  void row(const Row& row) override {
    std::vector<std::string> cells;
    cells.reserve(row.size());
    for (const auto& cell : row) cells.push_back(shown(cell));
    if (measured_) {
      line(cells);
    } else {
      waiting_.push_back(std::move(cells));
      if (waiting_.size() == rows_to_measure) measure();
    }
  }
  void finish() override {
    if (!measured_) measure();
    if (hidden_ > 0)
      std::cerr << hidden_ << (hidden_ == 1 ? " more column does" : " more columns do")
                << " not fit: widen the terminal or use --output json\n";
    out_ << std::flush;
  }

 private:
  void measure() {
    measured_ = true;
    std::vector<std::string> names;
    for (const auto& column : columns_) {
      names.push_back(printable(column.name));
      widths_.push_back(display_width(names.back()));
    }
    for (const auto& cells : waiting_) {
      for (std::size_t i = 0; i < cells.size(); ++i)
        widths_[i] = std::max(widths_[i], display_width(cells[i]));
    }
    if (width_) shrink(*width_);
    line(names);
    std::string rule;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      if (i > 0) rule += "  ";
      for (std::size_t n = 0; n < widths_[i]; ++n) rule += "─";
    }
    out_ << rule << '\n';
    for (const auto& cells : waiting_) line(cells);
    waiting_.clear();
  }

  // Takes from the widest columns until all fit, then leaves out the last ones.
  void shrink(std::size_t room) {
    const auto total = [&] {
      std::size_t sum = 2 * (widths_.size() - 1);
      for (const auto width : widths_) sum += width;
      return sum;
    };
    while (!widths_.empty() && total() > room) {
      auto widest = std::ranges::max_element(widths_);
      if (*widest > narrowest) {
        --*widest;
      } else if (widths_.size() > 1) {
        widths_.pop_back();
        ++hidden_;
      } else {
        return;
      }
    }
  }

  void line(const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      if (i > 0) text += "  ";
      const std::string cell = width_ ? fit(cells[i], widths_[i]) : cells[i];
      const std::size_t width = display_width(cell);
      const std::string padding(width < widths_[i] ? widths_[i] - width : 0, ' ');
      text += columns_[i].number ? padding + cell : cell + padding;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out_ << text << '\n';
  }

  std::ostream& out_;
  std::vector<OutputColumn> columns_;
  std::optional<std::size_t> width_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> waiting_;
  bool measured_ = false;
  std::size_t hidden_ = 0;
};

}  // namespace

Format parse_format(const std::string& name) {
  static const std::map<std::string, Format> formats{
      {"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}};
  const auto found = formats.find(name);
  if (found == formats.end())
    throw bad_request("cli.badFormat", "There is no output '" + name + "': table, json or csv.");
  return found->second;
}

std::unique_ptr<Writer> make_writer(Format format, std::ostream& out,
                                    std::vector<OutputColumn> columns,
                                    std::optional<std::size_t> width) {
  if (format == Format::json) return std::make_unique<JsonWriter>(out, columns);
  if (format == Format::csv) return std::make_unique<CsvWriter>(out, columns);
  return std::make_unique<TableWriter>(out, std::move(columns), width);
}

std::optional<std::size_t> terminal_width() {
  if (::isatty(STDOUT_FILENO) == 0) return std::nullopt;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void write_objects(Format format, const std::vector<json::value>& items,
                   const std::vector<std::string>& members) {
  std::vector<OutputColumn> columns;
  for (const auto& member : members) {
    const bool number = !items.empty() && std::ranges::all_of(items, [&](const json::value& item) {
      const auto* value = item.is_object() ? item.get_object().if_contains(member) : nullptr;
      return value == nullptr || value->is_null() || value->is_number();
    });
    columns.push_back({member, number});
  }
  const auto writer = make_writer(format, std::cout, columns, terminal_width());
  for (const auto& item : items) {
    Row row;
    for (const auto& member : members) {
      const auto* value = item.is_object() ? item.get_object().if_contains(member) : nullptr;
      row.push_back(value != nullptr ? cell_of(*value) : Cell{});
    }
    writer->row(row);
  }
  writer->finish();
}

Cell cell_of(const json::value& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return {Cell::Kind::text, std::string(value.get_string())};
  if (value.is_double()) {  // Boost writes 1E0
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value.get_double()).ptr;
    return {Cell::Kind::raw, std::string(text.data(), end)};
  }
  return {Cell::Kind::raw, json::serialize(value)};
}

std::string json_quote(std::string_view text) {
  return json::serialize(json::string_view(text.data(), text.size()));
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  while (!utf8.empty()) width += width_of(next_code_point(utf8));
  return width;
}

std::string fit(std::string_view utf8, std::size_t width) {
  if (display_width(utf8) <= width) return std::string(utf8);
  std::string out;
  std::size_t used = 0;
  while (!utf8.empty()) {
    std::string_view rest = utf8;
    const std::size_t wide = width_of(next_code_point(rest));
    if (used + wide + 1 > width) break;
    out += utf8.substr(0, utf8.size() - rest.size());
    used += wide;
    utf8 = rest;
  }
  return out + "…";
}

std::string printable(std::string_view utf8) {
  std::string out;
  while (!utf8.empty()) {
    std::string_view rest = utf8;
    const char32_t point = next_code_point(rest);
    if (point == '\n') {
      out += "\\n";
    } else if (point == '\t') {
      out += "\\t";
    } else if (point == '\r') {
      out += "\\r";
    } else if (point < 0x20 || (point >= 0x7F && point < 0xA0)) {
      std::array<char, 8> text{};
      std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned>(point));
      out += text.data();
    } else if (point == 0xFFFD) {
      out += "\uFFFD";
    } else {
      out += utf8.substr(0, utf8.size() - rest.size());
    }
    utf8 = rest;
  }
  return out;
}

std::string human_count(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (n < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string human_bytes(std::int64_t n) {
  constexpr std::array units{"B", "KB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(n);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < units.size(); ++unit) value /= 1000;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text.data();
}

bool is_number_type(std::string_view type) {
  constexpr std::array numbers{"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT",
                               "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
                               "FLOAT",    "DOUBLE",    "REAL",     "INT",     "LONG"};
  return type.starts_with("DECIMAL(") && !type.ends_with("]")
             ? true
             : std::ranges::find(numbers, type) != numbers.end();
}

}  // namespace ob::cli
