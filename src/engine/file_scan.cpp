#include "engine/file_scan.h"

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <span>

#include "base/error.h"
#include "base/ids.h"
#include "engine/file_options.h"
#include "engine/file_shapes.h"
#include "engine/json_depth.h"
#include "engine/parquet_guard.h"
#include "engine/text.h"
#include "relay/relay.h"

namespace ob::engine {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t head_size = 64 * 1024;
constexpr std::int64_t sample_all_below = 64 << 20;  // bytes
constexpr const char* sample_rows = "200000";
constexpr std::int64_t max_json_object = 16 << 20;  // bytes
constexpr int max_csv_columns = 10'000;
constexpr int max_json_depth = 24;  // deeper parts stay JSON text

struct Head {
  std::int64_t size = 0;
  std::string bytes;
  std::string tail;  // last four bytes
};

Head read_head(relay::Relay& relay, const std::string& location) {
  const auto reader = relay.open(location);
  Head head;
  head.size = reader->size();
  const auto fill = [&](std::string& out, std::size_t size, std::int64_t at) {
    out.resize(size);
    if (reader->read(at, std::as_writable_bytes(std::span(out))) != size)
      throw internal("cannot read an uploaded file");
  };
  fill(head.bytes, std::min<std::size_t>(head_size, static_cast<std::size_t>(head.size)), 0);
  if (head.size >= 12) fill(head.tail, 4, head.size - 4);
  return head;
}

Head read_head(relay::Relay* relay, const std::string& location) {
  if (relay::is_remote(location)) {
    if (relay == nullptr) throw internal("engine: no relay for an uploaded file");
    return read_head(*relay, location);
  }
  std::ifstream in(location, std::ios::binary);
  std::error_code failed;
  Head head;
  head.size = static_cast<std::int64_t>(fs::file_size(location, failed));
  if (!in || failed) throw not_found("file.notFound", "There is no such file.");
  head.bytes.resize(std::min<std::size_t>(head_size, static_cast<std::size_t>(head.size)));
  in.read(head.bytes.data(), static_cast<std::streamsize>(head.bytes.size()));
  if (head.size >= 12) {
    head.tail.resize(4);
    in.seekg(-4, std::ios::end);
    in.read(head.tail.data(), 4);
  }
  if (!in) throw internal("cannot read an uploaded file");
  return head;
}

bool compressed(std::string_view name) {
  return name.ends_with(".gz") || name.ends_with(".zst");
}

std::string by_name(const std::string& location) {
  std::string name = lower(fs::path(location).filename().string());
  for (const std::string_view packed : {".gz", ".zst"})
    if (name.ends_with(packed)) name.resize(name.size() - packed.size());
  for (const std::string_view end : {".csv", ".tsv", ".txt", ".tab"})
    if (name.ends_with(end)) return "csv";
  for (const std::string_view end : {".json", ".jsonl", ".ndjson"})
    if (name.ends_with(end)) return "json";
  return name.ends_with(".parquet") || name.ends_with(".pq") ? "parquet" : "";
}

// The first bytes may end inside a character.
bool is_text(std::string_view bytes, bool whole) {
  if (bytes.find('\0') != std::string_view::npos) return false;
  if (!whole)
    for (int i = 0; i < 3 && !bytes.empty() && (bytes.back() & 0x80) != 0; ++i)
      bytes.remove_suffix(1);
  return valid_utf8(bytes);
}

std::string by_content(const Head& head) {
  if (head.bytes.starts_with("PAR1")) return "parquet";
  const auto start = head.bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (start != std::string::npos && (head.bytes[start] == '{' || head.bytes[start] == '['))
    return "json";
  return is_text(head.bytes, head.size <= static_cast<std::int64_t>(head_size)) ? "csv" : "";
}

std::string tell_format(const std::string& location, const std::string& wanted, const Head& head) {
  std::string format = lower(wanted);
  if (format == "tsv") format = "csv";
  if (format == "ndjson" || format == "jsonl") format = "json";
  if (format.empty()) {
    if (head.bytes.starts_with("PAR1")) return "parquet";
    format = by_name(location);
    if (format.empty()) format = by_content(head);
  }
  if (format != "csv" && format != "json" && format != "parquet")
    throw bad_request("file.unknownFormat",
                      "The file is neither CSV, JSON nor Parquet. Name its format if it is one of "
                      "these.");
  return format;
}

void check_content(const std::string& location, const std::string& format, const Head& head,
                   const boost::json::object& options) {
  if (head.size == 0) throw bad_request("file.empty", "The file is empty.");
  if (format == "parquet") {
    if (!head.bytes.starts_with("PAR1"))
      throw bad_request("file.broken", "The file is not Parquet: it does not start with PAR1.");
    if (head.tail != "PAR1")
      throw bad_request("file.broken",
                        "The Parquet file is incomplete: its end is missing. Upload it again.");
    return;
  }
  if (compressed(lower(location)) || options.contains("encoding")) return;
  if (head.bytes.find('\0') != std::string::npos)
    throw bad_request("file.broken", "The file holds binary data, not " + format + " text.");
  if (!is_text(head.bytes, head.size <= static_cast<std::int64_t>(head_size)))
    throw bad_request("file.notUtf8",
                      "The file is not UTF-8 text. Convert it, or for CSV give the option "
                      "\"encoding\" (utf-16, latin-1).");
}

std::string sample_of(const std::string& location, const Head& head) {
  const bool all = head.size < sample_all_below && !compressed(lower(location));
  return ", sample_size = " + (all ? std::string("-1") : std::string(sample_rows));
}

std::string function_of(const std::string& format, const std::string& location, const Head& head,
                        const boost::json::object& options, const std::string& arguments) {
  const std::string file = quote_literal(literal_pattern(location));
  const std::string sample = sample_of(location, head);
  if (format == "parquet")
    return "read_parquet(" + file + ", hive_partitioning = false" + arguments + ")";
  if (format == "json")
    return "read_json(" + file +
           ", hive_partitioning = false, maximum_depth = " + std::to_string(max_json_depth) +
           ", maximum_object_size = " +
           std::to_string(
               std::min(max_json_object, std::max<std::int64_t>(head.size, 1 << 20) + 1024)) +
           (options.contains("columns") ? "" : sample) + arguments + ")";
  return "read_csv(" + file + ", hive_partitioning = false" + sample + arguments + ")";
}

// Detection takes time with the square of the columns: the first lines tell how many there are.
void check_width(DuckConnection& connection, const std::string& location,
                 const boost::json::object& options) {
  std::string counts = "0";
  const auto count = [&](std::string_view mark) {
    const std::string literal = quote_literal(mark);
    counts +=
        ", (length(line) - length(replace(line, " + literal + ", ''))) // length(" + literal + ")";
  };
  for (const char* mark : {",", ";", "|", "\t"}) count(mark);
  for (const char* name : {"delim", "delimiter", "sep"})
    if (const auto* given = options.if_contains(name); given && !given->as_string().empty())
      count(given->as_string());
  boost::json::object encoding;
  if (const auto* given = options.if_contains("encoding")) encoding["encoding"] = *given;
  const auto widest = connection.rows(
      "SELECT max(greatest(" + counts +
      ")) FROM (SELECT regexp_replace(line, '\"[^\"]*\"', '', 'g') "
      "AS line FROM read_csv(" +
      quote_literal(literal_pattern(location)) +
      ", hive_partitioning = false, auto_detect = false, header = false, delim = '\x01', "
      "quote = '', escape = '', columns = {'line': 'VARCHAR'}, null_padding = true, "
      "ignore_errors = true" +
      file_arguments("csv", encoding) + ") LIMIT 100)");
  if (const auto& most = widest.at(0).at(0); most && std::stoll(*most) >= max_csv_columns)
    throw bad_request("file.tooManyColumns",
                      "The file has more than " + std::to_string(max_csv_columns) +
                          " columns, the most that a table from a file may have. Make rows of "
                          "them, or split the file.");
}

// read_csv with everything spelled out that detection found, so that the file is examined once and
// not again by every statement that plans it.
std::string detected_csv(DuckConnection& connection, const std::string& location, const Head& head,
                         const boost::json::object& options, const std::string& given_arguments) {
  check_width(connection, location, options);
  const std::string file = quote_literal(literal_pattern(location));
  const auto found = connection.rows(
      "SELECT Delimiter, Quote, Escape, NewLineDelimiter, Comment, DateFormat, TimestampFormat, "
      "SkipRows, HasHeader, to_json(Columns) FROM sniff_csv(" +
      file + sample_of(location, head) + given_arguments + ")");
  const auto& row = found.at(0);
  boost::json::object rest = options;  // what detection has not consumed
  for (const char* consumed : {"types", "all_varchar", "normalize_names"}) rest.erase(consumed);
  std::string arguments = ", auto_detect = false" + file_arguments("csv", rest);
  const auto given = [&](std::string_view name) { return options.contains(name); };
  const auto mark = [](const std::optional<std::string>& text) {
    return text && *text != "(empty)" ? *text : std::string();
  };
  if (!given("delim") && !given("delimiter") && !given("sep"))
    arguments += ", delim = " + quote_literal(mark(row[0]));
  if (!given("quote")) arguments += ", quote = " + quote_literal(mark(row[1]));
  if (!given("escape")) {
    // Without any escape in the sample a later quote inside quotes is doubled (RFC 4180).
    const std::string escape = mark(row[2]).empty() ? mark(row[1]) : mark(row[2]);
    if (!given("quote")) arguments += ", escape = " + quote_literal(escape);
  }
  if (!mark(row[3]).empty()) arguments += ", new_line = " + quote_literal(mark(row[3]));
  if (!given("comment")) arguments += ", comment = " + quote_literal(mark(row[4]));
  if (!given("dateformat") && row[5]) arguments += ", dateformat = " + quote_literal(*row[5]);
  if (!given("timestampformat") && row[6])
    arguments += ", timestampformat = " + quote_literal(*row[6]);
  if (!given("skip")) arguments += ", skip = " + row[7].value();
  if (!given("header")) arguments += ", header = " + row[8].value();
  std::string columns;
  for (const auto& column : boost::json::parse(row[9].value()).as_array())
    columns += (columns.empty() ? "" : ", ") +
               quote_literal(std::string_view(column.at("name").as_string())) + ": " +
               quote_literal(std::string_view(column.at("type").as_string()));
  return "read_csv(" + file + ", hive_partitioning = false" + arguments + ", columns = {" +
         columns + "})";
}

// DuckDB's reasons, as faults of the file.
Error file_fault(const Error& error, const std::string& format) {
  std::string reason = error.what();
  if (error.status() == 500) reason = "its contents are damaged.";
  if (reason.find("nvalid unicode") != std::string::npos ||
      reason.find("not utf-8 encoded") != std::string::npos)
    return {400, "file.notUtf8",
            "The file is not UTF-8 text. Convert it, or for CSV give the option \"encoding\" "
            "(utf-16, latin-1).",
            reason};
  return {400, "file.broken", "The file cannot be read as " + format + ": " + reason,
          error.cause()};
}

}  // namespace

Engine::FileScan make_file_scan(DuckConnection& connection, const std::string& location,
                                const std::string& format, const boost::json::object& options) {
  if (location.find('\0') != std::string::npos || !valid_utf8(location))
    throw bad_request("file.badName", "The file's name is not valid text.");
  const auto head = read_head(connection.relay(), location);
  Engine::FileScan scan;
  scan.format = tell_format(location, format, head);
  check_content(location, scan.format, head, options);
  if (scan.format == "json") {
    if (lower(location).ends_with(".zst"))
      throw bad_request("file.unknownFormat",
                        "JSON may be compressed with gzip only. Compress the file again.");
    if (relay::is_remote(location))
      check_json_object(*connection.relay()->open(location));
    else
      check_json_file(location);
  }
  if (scan.format == "parquet")
    if (const auto fault = parquet_fault(connection.relay(), location))
      throw bad_request("file.broken", "The file cannot be read as parquet: " + *fault + ".");
  const std::string arguments = file_arguments(scan.format, options);
  try {
    scan.sql = scan.format == "csv" && !options.contains("columns")
                   ? detected_csv(connection, location, head, options, arguments)
                   : function_of(scan.format, location, head, options, arguments);
    scan.columns = connection.describe("SELECT * FROM " + scan.sql);
  } catch (const Error& error) {
    if (error.status() == 499 || error.status() == 403 || error.status() > 500) throw;
    if (error.id() == "sql.fileGone" || error.id() == "objects.changed" ||
        error.id() == "file.tooManyColumns")
      throw;
    throw file_fault(error, scan.format);
  }
  if (scan.columns.empty()) throw bad_request("file.empty", "The file has no columns.");
  return scan;
}

}  // namespace ob::engine
