#include "base/error.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>

#include "base/ids.h"
#include "engine/engine.h"
#include "engine/error_text.h"
#include "engine/row_source.h"

namespace ob::engine {

namespace {

struct Parsed {
  std::string kind;  // "Binder", "Out of Memory", …
  std::string message;
  std::optional<std::size_t> position;
};

std::string text_member(const boost::json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found && found->is_string() ? std::string(found->as_string()) : std::string();
}

Parsed parse_message(std::string_view raw) {
  Parsed out;
  const auto brace = raw.find('{');
  if (brace != std::string_view::npos) {
    boost::system::error_code failed;
    const auto json = boost::json::parse(raw.substr(brace), failed);
    if (!failed && json.is_object() && json.as_object().contains("exception_type")) {
      const auto& object = json.as_object();
      out.kind = text_member(object, "exception_type");
      out.message = text_member(object, "exception_message");
      const auto position = text_member(object, "position");
      if (!position.empty() && position.size() < 10 &&
          position.find_first_not_of("0123456789") == std::string::npos)
        out.position = std::stoul(position);
      return out;
    }
  }
  const auto colon = raw.find(" Error: ");
  if (colon != std::string_view::npos && colon < 40) {
    out.kind = std::string(raw.substr(0, colon));
    out.message = std::string(raw.substr(colon + 8));
  } else {
    out.message = std::string(raw);
  }
  return out;
}

// What stands before and behind paths in messages.
constexpr std::string_view kBeforePath = "\"'(= \t\n\v\f\r", kBehindPath = "\"',) \t\n\v\f\r";

bool path_at(std::string_view message, std::size_t at) {
  constexpr std::array<std::string_view, 5> kStarts{"/", "file:/", "s3:/", "http:/", "https:/"};
  const bool begins = at == 0 || kBeforePath.find(message[at - 1]) != kBeforePath.npos;
  return begins && std::ranges::any_of(kStarts, [&](std::string_view start) {
           return message.substr(at).starts_with(start);
         });
}

std::string_view path_from(std::string_view message, std::size_t at) {
  return message.substr(at, message.find_first_of(kBehindPath, at) - at);
}

// Absolute paths become the files' own names.
// By hand: callers choose how long messages are, and std::regex takes stack for each character.
std::string without_paths(std::string_view message) {
  std::string out;
  for (std::size_t at = 0; at < message.size();) {
    if (path_at(message, at)) {
      const auto path = path_from(message, at);
      out += own_name(path);
      at += path.size();
    } else {
      out += message[at++];
    }
  }
  return out;
}

std::string first_path(std::string_view message) {
  for (std::size_t at = 0; at < message.size(); ++at)
    if (path_at(message, at)) return own_name(path_from(message, at));
  return {};
}

// DuckDB's advice names its own settings and functions, which a caller cannot use here.
std::string without_advice(std::string message) {
  for (const std::string_view mark :
       {"\n\nPossible solutions", "\nPossible solutions", "\nPossible fixes", "\nTo resolve this",
        "\n\nThis error signals", "\n\nStack Trace", "\nSee https://",
        "\n\nFor more information"}) {
    const auto at = message.find(mark);
    if (at != std::string::npos) message.resize(at);
  }
  // What it calls a subquery with named columns, as which it sees a table here.
  if (message.starts_with("Values list \"")) message.replace(0, 11, "Table");
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  return message;
}

// At a space where there is one, else between characters.
void shorten(std::string& detail) {
  constexpr std::size_t kMost = 2000;
  if (detail.size() <= kMost) return;
  std::size_t end = detail.find_last_of(" \n", kMost);
  if (end == std::string::npos)
    for (end = kMost; end > 0 && (static_cast<unsigned char>(detail[end]) & 0xC0) == 0x80;) --end;
  detail.resize(end);
}

Error internal_fault(const Parsed& parsed) {
  return Error(500, "internal",
               "The server failed to run this statement. The log has the reason under the request "
               "id.",
               parsed.kind + ": " + parsed.message);
}

Error error_of(const Parsed& parsed) {
  if (auto failure = source_failure(parsed.message)) return *failure;
  const std::string& kind = parsed.kind;
  std::string detail = without_advice(without_paths(parsed.message));
  shorten(detail);
  const auto is = [&](auto... names) { return ((kind == names) || ...); };
  if (is("Parser", "Syntax")) return Error(400, "sql.syntax", detail);
  if (is("Binder", "Catalog", "Planner", "Parameter Not Resolved", "Parameter Not Allowed",
         "Expression"))
    return Error(400, "sql.binding", detail);
  if (is("Conversion", "Out of Range", "Invalid Input", "Mismatch Type", "Invalid type", "Decimal",
         "Divide by Zero", "Sequence", "Object Size", "Unknown Type"))
    return Error(400, "sql.value", detail);
  if (is("Not implemented", "Not Implemented", "not implemented"))
    return Error(400, "sql.unsupported", detail);
  if (is("Constraint")) return Error(400, "sql.constraint", detail);
  if (is("Out of Memory"))
    return Error(507, "query.memory",
                 "The query needs more memory than it may use. Select fewer columns or rows, or "
                 "raise the server's memory limit.",
                 parsed.message);
  if (is("INTERRUPT", "Interrupt"))
    return Error(499, "query.cancelled", "The query was cancelled.");
  if (is("Permission"))
    return Error(403, "sql.forbidden", "This statement may not reach that file or setting.",
                 parsed.message);
  // What the Parquet reader throws when a file's bytes contradict each other.
  if (is("Invalid"))
    return Error(400, "sql.io", "A file that this statement reads is damaged (" + detail + ").",
                 parsed.message);
  if (is("IO", "HTTP", "Network")) {
    const auto says = [&](std::string_view text) { return parsed.message.contains(text); };
    if (const auto full = disk_full(parsed.message)) return *full;
    if (says("No files found that match") || says("HTTP 404") || says("404 (Not Found)"))
      return file_gone(parsed.message);
    return Error(400, "sql.io", detail, parsed.message);
  }
  if (is("Settings", "Invalid Configuration", "Missing Extension", "Extension Autoloading",
         "Dependency", "TransactionContext", "Serialization"))
    return Error(400, "sql.unsupported", detail, parsed.message);
  return internal_fault(parsed);
}

std::size_t byte_of_character(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && seen++ == characters) break;
  return at;
}

bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Takes a name off the front of `text`.
std::string take_name(std::string_view& text) {
  std::string name;
  if (!text.starts_with('"')) {
    while (!text.empty() && in_name(text.front())) {
      name += text.front();
      text.remove_prefix(1);
    }
    return name;
  }
  text.remove_prefix(1);
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') {
      if (!text.starts_with('"')) return name;
      text.remove_prefix(1);
    }
    name += c;
  }
  return {};
}

std::string word_at(std::string_view text) {
  if (text.empty()) return {};
  if (!in_name(text.front()) && text.front() != '"') {
    const auto end = text.find_first_not_of("+-*/%<>=!~^&|@#");
    return std::string(text.substr(0, std::max<std::size_t>(std::min(end, text.size()), 1)));
  }
  std::string name = take_name(text);
  while (text.starts_with('.')) {
    text.remove_prefix(1);
    name = take_name(text);
  }
  return name;
}

}  // namespace

Error error_from(std::string_view raw) {
  return error_of(parse_message(raw));
}

void throw_error(std::string_view raw, std::string_view sql, PlaceIn unit) {
  const Parsed parsed = parse_message(raw);
  const Error error = error_of(parsed);
  if (!parsed.position) throw error;
  const std::size_t at =
      unit == PlaceIn::bytes ? *parsed.position : byte_of_character(sql, *parsed.position);
  if (at > sql.size()) throw error;
  throw StatementError(error, at, word_at(sql.substr(at)));
}

std::optional<Error> disk_full(std::string_view message) {
  if (!message.contains("No space left on device") && !message.contains("Disk quota exceeded"))
    return std::nullopt;
  return Error(507, "query.diskFull",
               "The server's disk is full: nothing was written. Free some space and try again.",
               std::string(message));
}

Error file_gone(std::string cause) {
  const auto name = first_path(cause);
  return Error(409, "sql.fileGone",
               "A file that this statement reads has been removed" +
                   (name.empty() ? "" : ": " + name) +
                   ". Run it again; the files of older versions of a table are deleted by VACUUM.",
               std::move(cause));
}

std::string own_name(std::string_view path) {
  path = path.substr(path.rfind('/') + 1);
  if (path.ends_with('\\')) path.remove_suffix(1);  // of a quote in JSON
  return valid_utf8(path) ? std::string(path) : "(a name that is not UTF-8)";
}

}  // namespace ob::engine
