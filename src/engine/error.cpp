#include "base/error.h"

#include <boost/json.hpp>
#include <regex>

#include "engine/error_text.h"

namespace ob::engine {

// DuckDB counts characters, not bytes.
Position position_of(std::string_view sql, std::size_t characters) {
  Position at;
  std::size_t seen = 0;
  for (const char c : sql) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;
    if (seen++ == characters) break;
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else {
      ++at.column;
    }
  }
  return at;
}

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

// Hides absolute paths: the last name is kept when quoted, as it may be the user's own file.
std::string without_paths(const std::string& message) {
  static const std::regex path(R"((["'\s(=]|^)((?:file:|s3:)?/[^"'\s,)]*))");
  return std::regex_replace(message, path, "$1(a file)");
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
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  return message;
}

Error internal_fault(const Parsed& parsed) {
  return Error(500, "internal",
               "The server failed to run this statement. The log has the reason under the request "
               "id.",
               parsed.kind + ": " + parsed.message);
}

}  // namespace

Error error_from(std::string_view raw, std::string_view sql) {
  const Parsed parsed = parse_message(raw);
  const std::string& kind = parsed.kind;
  std::string detail = without_advice(without_paths(parsed.message));
  if (detail.size() > 2000) detail.resize(detail.find_last_of(" \n", 2000));
  std::string where;
  if (parsed.position && *parsed.position <= sql.size()) {
    const auto at = position_of(sql, *parsed.position);
    where = " (line " + std::to_string(at.line) + ", column " + std::to_string(at.column) + ")";
  }
  const auto is = [&](auto... names) { return ((kind == names) || ...); };
  if (is("Parser", "Syntax")) return Error(400, "sql.syntax", detail + where);
  if (is("Binder", "Catalog", "Planner", "Parameter Not Resolved", "Parameter Not Allowed",
         "Expression"))
    return Error(400, "sql.binding", detail + where);
  if (is("Conversion", "Out of Range", "Invalid Input", "Mismatch Type", "Invalid type", "Decimal",
         "Divide by Zero", "Sequence", "Object Size", "Unknown Type"))
    return Error(400, "sql.value", detail + where);
  if (is("Not implemented", "Not Implemented", "not implemented"))
    return Error(400, "sql.unsupported", detail + where);
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
  if (is("IO", "HTTP", "Network")) return Error(400, "sql.io", detail, parsed.message);
  if (is("Settings", "Invalid Configuration", "Missing Extension", "Extension Autoloading",
         "Dependency", "TransactionContext", "Serialization"))
    return Error(400, "sql.unsupported", detail + where, parsed.message);
  return internal_fault(parsed);
}

}  // namespace ob::engine
