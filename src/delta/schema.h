#pragma once
// Delta's schema model (Delta Transaction Log Protocol, "Schema Serialization Format").
#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ob::delta {

struct Field;

struct DataType {
  // primitive name:
  // "string","long","integer","short","byte","float","double","boolean","binary","date","timestamp",
  // "timestamp_ntz","decimal(p,s)", "void"; or "struct", "array", "map".
  std::string name;
  std::vector<Field> fields;          // struct
  std::shared_ptr<DataType> element;  // array element, or map value
  std::shared_ptr<DataType> key;      // map key
  bool contains_null = true;          // array elements / map values

  bool is(std::string_view n) const { return name == n; }
  bool is_nested() const { return name == "struct" || name == "array" || name == "map"; }
  bool is_decimal(int* precision = nullptr, int* scale = nullptr) const;
  bool operator==(const DataType& other) const;
};

struct Field {
  std::string name;
  DataType type;
  bool nullable = true;
  boost::json::object metadata;  // delta.columnMapping.id, .physicalName, comment, …

  std::string physical_name() const;  // column mapping's, else name
  int field_id() const;               // column mapping's, else -1
  std::string comment() const;
  bool operator==(const Field& other) const;
};

using Schema = std::vector<Field>;

constexpr std::size_t max_fields = 20'000;  // of a schema, those in its structs included

Schema parse_schema(std::string_view json);  // throws ob::Error delta.badLog
// The same where the log partitions a table by what its schema does not have.
void check_partitioning(const Schema& schema, const std::vector<std::string>& columns);
std::string to_json(const Schema& schema);
const Field* find_field(const Schema& schema,
                        std::string_view name);  // case-insensitive, as Delta compares names

// Spark's DDL spelling and back: "BIGINT", "STRUCT<a: INT, b: ARRAY<STRING>>", "DECIMAL(10,2)",
// "TIMESTAMP_NTZ". Also DuckDB's names. Throws ob::Error sql.unknownType.
std::string to_sql(const DataType& type);
DataType parse_type(std::string_view text);
// The DuckDB type that holds it: "TIMESTAMP WITH TIME ZONE", "BIGINT", "STRUCT(a INTEGER, …)",
// "MAP(…)", "DECIMAL(10,2)".
std::string to_duckdb(const DataType& type);
// DuckDB's expression for what a partition by `value`, of this type, is read as: an empty string is
// NULL (protocol, "Partition Value Serialization").
std::string read_as_partition(const DataType& type, const std::string& value);
// Delta type for a DuckDB type as Engine spells it. UTINYINT→short, USMALLINT→integer,
// UINTEGER→long, UBIGINT→decimal(20,0), HUGEINT→decimal(38,0),
// UUID/ENUM/JSON/TIME/INTERVAL/BIT→string, TIMESTAMP_S/MS/NS→timestamp_ntz. Throws ob::Error
// sql.typeNotStorable for UNION and others that have none.
DataType from_duckdb(std::string_view type);

}  // namespace ob::delta
