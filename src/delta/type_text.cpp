// Type names of Spark and DuckDB, read and written.
#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"
#include "base/ids.h"
#include "delta/schema.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxText = 1u << 20;
constexpr std::size_t kMaxFields = 10'000;

enum class Dialect { ddl, duckdb };

struct Primitive {
  std::string_view delta, sql, duckdb;
};
constexpr std::array kPrimitives{
    Primitive{"string", "STRING", "VARCHAR"},
    Primitive{"long", "BIGINT", "BIGINT"},
    Primitive{"integer", "INT", "INTEGER"},
    Primitive{"short", "SMALLINT", "SMALLINT"},
    Primitive{"byte", "TINYINT", "TINYINT"},
    Primitive{"float", "FLOAT", "FLOAT"},
    Primitive{"double", "DOUBLE", "DOUBLE"},
    Primitive{"boolean", "BOOLEAN", "BOOLEAN"},
    Primitive{"binary", "BINARY", "BLOB"},
    Primitive{"date", "DATE", "DATE"},
    Primitive{"timestamp", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"},
    Primitive{"timestamp_ntz", "TIMESTAMP_NTZ", "TIMESTAMP"},
    Primitive{"void", "VOID", "INTEGER"},  // holds only nulls
};

// Names that mean the same in both dialects.
const std::map<std::string, std::string_view, std::less<>>& names() {
  static const std::map<std::string, std::string_view, std::less<>> table{
      {"string", "string"},
      {"varchar", "string"},
      {"text", "string"},
      {"char", "string"},
      {"bpchar", "string"},
      {"character", "string"},
      {"nvarchar", "string"},
      {"uuid", "string"},
      {"json", "string"},
      {"time", "string"},
      {"timetz", "string"},
      {"time_ns", "string"},
      {"interval", "string"},
      {"bit", "string"},
      {"bitstring", "string"},
      {"bigint", "long"},
      {"long", "long"},
      {"int8", "long"},
      {"int64", "long"},
      {"int", "integer"},
      {"integer", "integer"},
      {"int4", "integer"},
      {"int32", "integer"},
      {"signed", "integer"},
      {"smallint", "short"},
      {"short", "short"},
      {"int2", "short"},
      {"int16", "short"},
      {"tinyint", "byte"},
      {"byte", "byte"},
      {"int1", "byte"},
      {"utinyint", "short"},
      {"uint8", "short"},
      {"usmallint", "integer"},
      {"uint16", "integer"},
      {"uinteger", "long"},
      {"uint32", "long"},
      {"ubigint", "decimal(20,0)"},
      {"uint64", "decimal(20,0)"},
      {"hugeint", "decimal(38,0)"},
      {"int128", "decimal(38,0)"},
      {"uhugeint", "decimal(38,0)"},
      {"uint128", "decimal(38,0)"},
      {"float", "float"},
      {"real", "float"},
      {"float4", "float"},
      {"double", "double"},
      {"float8", "double"},
      {"boolean", "boolean"},
      {"bool", "boolean"},
      {"logical", "boolean"},
      {"binary", "binary"},
      {"blob", "binary"},
      {"bytea", "binary"},
      {"varbinary", "binary"},
      {"date", "date"},
      {"timestamptz", "timestamp"},
      {"timestamp_ltz", "timestamp"},
      {"timestamp_ntz", "timestamp_ntz"},
      {"timestamp_s", "timestamp_ntz"},
      {"timestamp_ms", "timestamp_ntz"},
      {"timestamp_us", "timestamp_ntz"},
      {"timestamp_ns", "timestamp_ntz"},
      {"datetime", "timestamp_ntz"},
      {"void", "void"},
      {"null", "void"},
  };
  return table;
}

bool word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

class TypeParser {
 public:
  TypeParser(std::string_view text, Dialect dialect) : text_(text), dialect_(dialect) {}

  DataType whole() {
    if (text_.size() > kMaxText) throw fail("the text is longer than 1 MB");
    auto type = this->type(0);
    skip_space();
    if (at_ != text_.size()) throw fail("there is text after the type");
    if (height(type) > kMaxDepth) throw fail("it is nested more than 64 levels deep");
    return type;
  }

 private:
  static int height(const DataType& type) {
    int most = 0;
    for (const auto& f : type.fields) most = std::max(most, height(f.type));
    if (type.element) most = std::max(most, height(*type.element));
    if (type.key) most = std::max(most, height(*type.key));
    return most + 1;
  }

  Error fail(const std::string& why) const {
    auto shown = std::string(text_.substr(0, 200));
    if (!valid_utf8(shown)) shown = "(not UTF-8)";
    std::string where;
    if (at_ > 0 && at_ < text_.size()) where = " (at character " + std::to_string(at_ + 1) + ")";
    return {400, dialect_ == Dialect::ddl ? "sql.unknownType" : "sql.typeNotStorable",
            (dialect_ == Dialect::ddl ? "Not a type: \"" : "A table cannot store the type \"") +
                shown + "\": " + why + where + "."};
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r'))) {
      ++at_;
    }
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) throw fail(std::string("expected \"") + c + "\"");
  }
  std::string_view word() {
    skip_space();
    const auto start = at_;
    while (at_ < text_.size() && word_char(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }
  bool accept_word(std::string_view wanted) {
    skip_space();
    const auto before = at_;
    if (equal_ignoring_case(word(), wanted)) return true;
    at_ = before;
    return false;
  }
  std::string quoted(char quote) {
    expect(quote);
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != quote) {
        if (c == '\\' && quote == '\'' && dialect_ == Dialect::ddl && at_ < text_.size()) {
          out += text_[at_++];
          continue;
        }
        out += c;
      } else if (at_ < text_.size() && text_[at_] == quote) {
        out += quote;
        ++at_;
      } else {
        return out;
      }
    }
    throw fail("a quote is not closed");
  }
  int number() {
    const auto digits = word();
    int value = 0;
    if (!parse_whole(digits, value) || value < 0) throw fail("expected a number");
    return value;
  }

  DataType type(int depth) {
    if (depth > kMaxDepth) throw fail("it is nested more than 64 levels deep");
    auto out = base(depth);
    // Each suffix wraps once more, so they count as levels too.
    for (int levels = depth; accept('[');) {
      if (++levels > kMaxDepth) throw fail("it is nested more than 64 levels deep");
      if (!accept(']')) {
        number();  // DuckDB's fixed-size arrays are stored as arrays
        expect(']');
      }
      out = array_of(std::move(out));
    }
    return out;
  }

  static DataType array_of(DataType element) {
    DataType out{.name = "array"};
    out.element = std::make_shared<DataType>(std::move(element));
    return out;
  }

  DataType base(int depth) {
    const char c = peek();
    std::string name;
    if (c == '"' || c == '`') {
      name = lower(quoted(c));
    } else {
      name = lower(word());
    }
    if (name.empty()) throw fail("expected the name of a type");
    if (name == "struct" || name == "row") return struct_type(depth);
    if (name == "map") return map_type(depth);
    if (name == "array" || name == "list") {
      const char close = accept('<') ? '>' : (expect('('), ')');
      auto out = array_of(type(depth + 1));
      expect(close);
      return out;
    }
    if (name == "decimal" || name == "numeric" || name == "dec") return decimal();
    if (name == "enum") {
      skip_arguments();
      return DataType{.name = "string"};
    }
    return primitive(name);
  }

  DataType primitive(const std::string& name) {
    if (name == "timestamp") return DataType{.name = std::string(timestamp())};
    if (name == "time" && (accept_word("with") || accept_word("without"))) {
      if (!accept_word("time") || !accept_word("zone")) throw fail("expected TIME ZONE");
      return DataType{.name = "string"};
    }
    if (name == "double") accept_word("precision");
    if (name == "character") accept_word("varying");
    const auto found = names().find(name);
    if (found == names().end()) {
      throw fail(dialect_ == Dialect::ddl ? "there is no type of this name"
                                          : "Delta Lake has no type for it");
    }
    DataType out{.name = std::string(found->second)};
    if (out.is("void") && dialect_ == Dialect::duckdb) out.name = "integer";  // as DuckDB stores it
    if (peek() == '(') skip_arguments();  // VARCHAR(20): lengths are not kept, as in DuckDB
    return out;
  }

  std::string_view timestamp() {
    if (peek() == '(') skip_arguments();
    if (accept_word("with")) {
      accept_word("local");
      if (!accept_word("time") || !accept_word("zone")) throw fail("expected TIME ZONE");
      return "timestamp";
    }
    if (accept_word("without")) {
      if (!accept_word("time") || !accept_word("zone")) throw fail("expected TIME ZONE");
      return "timestamp_ntz";
    }
    return dialect_ == Dialect::ddl ? "timestamp" : "timestamp_ntz";
  }

  void skip_arguments() {
    expect('(');
    do {
      if (peek() == '\'') {
        quoted('\'');
      } else {
        number();
      }
    } while (accept(','));
    expect(')');
  }

  DataType decimal() {
    int precision = dialect_ == Dialect::ddl ? 10 : 18, scale = dialect_ == Dialect::ddl ? 0 : 3;
    if (accept('(')) {
      precision = number();
      scale = accept(',') ? number() : 0;
      expect(')');
    }
    if (precision < 1 || precision > 38) throw fail("a decimal has 1 to 38 digits");
    if (scale > precision) throw fail("a decimal's scale is at most its precision");
    return DataType{.name = decimal_name(precision, scale)};
  }

  DataType map_type(int depth) {
    const char close = accept('<') ? '>' : (expect('('), ')');
    DataType out{.name = "map"};
    out.key = std::make_shared<DataType>(type(depth + 1));
    expect(',');
    out.element = std::make_shared<DataType>(type(depth + 1));
    expect(close);
    return out;
  }

  DataType struct_type(int depth) {
    const char close = accept('<') ? '>' : (expect('('), ')');
    DataType out{.name = "struct"};
    do {
      if (++fields_ > kMaxFields) throw fail("it has more than 10,000 fields");
      auto field = this->field(depth);
      for (const auto& other : out.fields) {
        if (equal_ignoring_case(other.name, field.name)) {
          throw fail("two fields of a struct are named \"" + field.name + "\"");
        }
      }
      out.fields.push_back(std::move(field));
    } while (accept(','));
    expect(close);
    return out;
  }

  Field field(int depth) {
    Field out;
    const char c = peek();
    out.name = c == '"' || c == '`' ? quoted(c) : std::string(word());
    if (out.name.empty()) throw fail("a field of a struct needs a name");
    accept(':');
    out.type = type(depth + 1);
    if (accept_word("not")) {
      if (!accept_word("null")) throw fail("expected NOT NULL");
      out.nullable = false;
    }
    if (accept_word("comment")) {
      const char quote = peek();
      if (quote != '\'' && quote != '"') throw fail("a comment needs quotes");
      out.metadata["comment"] = quoted(quote);
    }
    return out;
  }

  std::string_view text_;
  Dialect dialect_;
  std::size_t at_ = 0;
  std::size_t fields_ = 0;
};

std::string quote(std::string_view name, char mark) {
  std::string out(1, mark);
  for (char c : name) {
    if (c == mark) out += mark;
    out += c;
  }
  return out += mark;
}

bool simple_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (char c : name) {
    if (!word_char(c) || c == '$' || static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

}  // namespace

std::string to_sql(const DataType& type) {
  if (type.is("array")) return "ARRAY<" + to_sql(*type.element) + ">";
  if (type.is("map")) return "MAP<" + to_sql(*type.key) + ", " + to_sql(*type.element) + ">";
  if (type.is("struct")) {
    std::string out = "STRUCT<";
    for (const auto& f : type.fields) {
      if (&f != &type.fields.front()) out += ", ";
      out += (simple_name(f.name) ? f.name : quote(f.name, '`')) + ": " + to_sql(f.type);
      if (!f.nullable) out += " NOT NULL";
      if (const auto comment = f.comment(); !comment.empty()) {
        std::string escaped;
        for (char c : comment) {
          if (c == '\'' || c == '\\') escaped += '\\';
          escaped += c;
        }
        out += " COMMENT '" + escaped + "'";
      }
    }
    return out + ">";
  }
  for (const auto& p : kPrimitives) {
    if (type.name == p.delta) return std::string(p.sql);
  }
  int precision = 0, scale = 0;
  if (type.is_decimal(&precision, &scale)) {
    return "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
  }
  return type.name;  // a type of a feature that this library refuses to read
}

std::string read_as_partition(const DataType& type, const std::string& value) {
  return type.is("string") || type.is("binary") ? "nullif(" + value + ", '')" : value;
}

std::string to_duckdb(const DataType& type) {
  if (type.is("array")) return to_duckdb(*type.element) + "[]";
  if (type.is("map")) return "MAP(" + to_duckdb(*type.key) + ", " + to_duckdb(*type.element) + ")";
  if (type.is("struct")) {
    std::string out = "STRUCT(";
    for (const auto& f : type.fields) {
      if (&f != &type.fields.front()) out += ", ";
      out += quote(f.name, '"') + " " + to_duckdb(f.type);
    }
    return out + ")";
  }
  for (const auto& p : kPrimitives) {
    if (type.name == p.delta) return std::string(p.duckdb);
  }
  int precision = 0, scale = 0;
  if (type.is_decimal(&precision, &scale)) {
    return "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
  }
  throw Error(400, "delta.unsupportedFeature",
              "The type \"" + type.name + "\" is not supported here.");
}

DataType parse_type(std::string_view text) {
  return TypeParser(text, Dialect::ddl).whole();
}

DataType from_duckdb(std::string_view type) {
  return TypeParser(type, Dialect::duckdb).whole();
}

}  // namespace ob::delta
