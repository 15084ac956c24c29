#include <gmock/gmock.h>

#include <random>

#include "delta/features.h"
#include "delta/testing.h"

namespace ob::delta {
namespace {

using testing::error_id;
using testing::field;

TEST(Schema, KeepsWhatItReads) {
  const std::string json =
      R"({"type":"struct","fields":[{"name":"a","type":"integer","nullable":false,)"
      R"("metadata":{"delta.columnMapping.id":4,"delta.columnMapping.physicalName":"col-1",)"
      R"("comment":"x \"y\"","nested":{"k":[1,25,null]}}},{"name":"b","type":{"type":"array",)"
      R"x("elementType":{"type":"map","keyType":"string","valueType":"decimal(10,2)",)x"
      R"("valueContainsNull":true},"containsNull":false},"nullable":true,"metadata":{}},)"
      R"({"name":"c","type":{"type":"struct","fields":[{"name":"d","type":"timestamp_ntz",)"
      R"("nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}}]})";
  const auto schema = parse_schema(json);
  EXPECT_EQ(to_json(schema), json);
  EXPECT_EQ(schema[0].physical_name(), "col-1");
  EXPECT_EQ(schema[0].field_id(), 4);
  EXPECT_EQ(schema[0].comment(), "x \"y\"");
  EXPECT_EQ(schema[1].field_id(), -1);
  EXPECT_EQ(parse_schema(to_json(schema)), schema);
  EXPECT_EQ(find_field(schema, "B")->name, "b");
  EXPECT_EQ(find_field(schema, "e"), nullptr);
}

TEST(Schema, KnowsWhatItIsPartitionedBy) {
  const Schema schema{field("a", "INT"), field("b", "STRUCT<c: INT>")};
  check_partitioning(schema, {"A"});
  for (const std::vector<std::string>& columns :
       {std::vector<std::string>{"c"}, {"a", "A"}, {"b"}, {""}})
    EXPECT_EQ(error_id([&] { check_partitioning(schema, columns); }), "delta.badLog");
}

TEST(Schema, RefusesBrokenOnes) {
  for (
      const auto* json :
      {"",
       "[]",
       "{",
       "null",
       "\"string\"",
       R"({"type":"array"})",
       R"({"type":"struct"})",
       R"({"type":"struct","fields":[1]})",
       R"({"type":"struct","fields":[{"name":"a"}]})",
       R"({"type":"struct","fields":[{"name":1,"type":"long"}]})",
       R"x({"type":"struct","fields":[{"name":"a","type":"decimal(39,2)"}]})x",
       R"x({"type":"struct","fields":[{"name":"a","type":"decimal(3,4)"}]})x",
       R"({"type":"struct","fields":[{"name":"a","type":"struct"}]})",
       R"({"type":"struct","fields":[{"name":"a","type":{"type":"array"}}]})",
       R"({"type":"struct","fields":[{"name":"a","type":{"type":"udt"}}]})",
       R"({"type":"struct","fields":[{"name":"a","type":"long","metadata":[]}]})",
       R"({"type":"struct","fields":[{"name":"","type":"long"}]})",
       R"({"type":"struct","fields":[{"name":"a\u0000","type":"long"}]})",
       R"({"type":"struct","fields":[{"name":"a","type":"long"},{"name":"A","type":"long"}]})",
       R"({"type":"struct","fields":[{"name":"a","type":"long"},{"name":"b","type":"long",)"
       R"("metadata":{"delta.columnMapping.physicalName":"a"}}]})",
       R"({"type":"struct","fields":[{"name":"a","type":{"type":"struct","fields":[]}}]})",
       R"({"type":"struct","fields":[{"name":"a","type":{"type":"array","elementType":)"
       R"({"type":"struct","fields":[{"name":"b","type":"long"},{"name":"B","type":"long"}]}}}]})"}) {
    EXPECT_EQ(error_id([&] { parse_schema(json); }), "delta.badLog") << json;
  }
  std::string deep = R"({"type":"struct","fields":[{"name":"a","type":)";
  for (int i = 0; i < 5000; ++i) deep += R"({"type":"array","elementType":)";
  EXPECT_EQ(error_id([&] { parse_schema(deep); }), "delta.badLog");
}

TEST(TypeText, ReadsSparkAndDuckDb) {
  const auto same = [](const char* text, const char* sql) {
    EXPECT_EQ(to_sql(parse_type(text)), sql) << text;
  };
  same("bigint", "BIGINT");
  same(" Int ", "INT");
  same("TIMESTAMP", "TIMESTAMP");
  same("timestamp with time zone", "TIMESTAMP");
  same("TIMESTAMP WITHOUT TIME ZONE", "TIMESTAMP_NTZ");
  same("timestamp_ntz", "TIMESTAMP_NTZ");
  same("TIMESTAMPTZ", "TIMESTAMP");
  same("decimal", "DECIMAL(10,0)");
  same("numeric( 12 , 3 )", "DECIMAL(12,3)");
  same("varchar(20)", "STRING");
  same("double precision", "DOUBLE");
  same("BIGINT[3]", "ARRAY<BIGINT>");
  same("INT[][]", "ARRAY<ARRAY<INT>>");
  same("MAP(VARCHAR, BIGINT)", "MAP<STRING, BIGINT>");
  same("STRUCT<a: INT COMMENT 'it''s', b: ARRAY<STRING>>",
       "STRUCT<a: INT COMMENT 'it\\'s', b: ARRAY<STRING>>");
  same("struct<`a``b` int not null, c:map<int,array<int>>>",
       "STRUCT<`a``b`: INT NOT NULL, c: MAP<INT, ARRAY<INT>>>");
  same(R"(STRUCT(a INTEGER, "b c" VARCHAR[]))", "STRUCT<a: INT, `b c`: ARRAY<STRING>>");
  for (const auto* wrong : {"",
                            "what",
                            "INT INT",
                            "ARRAY<INT",
                            "ARRAY",
                            "MAP<INT>",
                            "STRUCT<>",
                            "STRUCT<a>",
                            "DECIMAL(39)",
                            "DECIMAL(2,3)",
                            "DECIMAL(-1)",
                            "INT[",
                            "INT[x]",
                            "UNION(a INT)",
                            "STRUCT<a: INT, A: INT>",
                            "`",
                            "\"int",
                            "STRUCT<a: INT COMMENT x>",
                            "TIMESTAMP WITH",
                            "INT]",
                            "\xff"}) {
    EXPECT_EQ(error_id([&] { parse_type(wrong); }), "sql.unknownType") << wrong;
  }
}

TEST(TypeText, RoundTripsThroughSqlAndDuckDb) {
  for (const auto* text :
       {"BIGINT", "INT", "SMALLINT", "TINYINT", "FLOAT", "DOUBLE", "STRING", "BOOLEAN", "BINARY",
        "DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "DECIMAL(38,10)", "ARRAY<MAP<STRING, DATE>>",
        "STRUCT<a: INT, `ü x`: STRUCT<`b\"c`: TIMESTAMP>>"}) {
    const auto type = parse_type(text);
    EXPECT_EQ(to_sql(type), text);
    EXPECT_EQ(from_duckdb(to_duckdb(type)), type) << to_duckdb(type);
  }
  EXPECT_EQ(to_duckdb(parse_type("TIMESTAMP")), "TIMESTAMP WITH TIME ZONE");
  EXPECT_EQ(to_duckdb(parse_type("STRUCT<a: INT, b: STRING>")),
            R"(STRUCT("a" INTEGER, "b" VARCHAR))");
}

TEST(TypeText, StoresWhatDuckDbHas) {
  const auto is = [](const char* duckdb, const char* delta) {
    EXPECT_EQ(from_duckdb(duckdb).name, delta) << duckdb;
  };
  is("TIMESTAMP", "timestamp_ntz");
  is("TIMESTAMP_NS", "timestamp_ntz");
  is("TIMESTAMP WITH TIME ZONE", "timestamp");
  is("TIME WITH TIME ZONE", "string");
  is("UTINYINT", "short");
  is("USMALLINT", "integer");
  is("UINTEGER", "long");
  is("UBIGINT", "decimal(20,0)");
  is("HUGEINT", "decimal(38,0)");
  is("UUID", "string");
  is("JSON", "string");
  is("ENUM('a', 'b, ''c''')", "string");
  is("INTERVAL", "string");
  is("DECIMAL(18,3)", "decimal(18,3)");
  is("\"NULL\"", "integer");
  is("STRUCT(a ENUM('x)'), b INTEGER[2])[]", "array");
  for (const auto* wrong : {"UNION(num INTEGER, str VARCHAR)", "VARIANT", "GEOMETRY"}) {
    EXPECT_EQ(error_id([&] { from_duckdb(wrong); }), "sql.typeNotStorable") << wrong;
  }
}

TEST(TypeText, BoundsNesting) {
  std::string open, suffix = "INT";
  for (int i = 0; i < 100'000; ++i) open += "ARRAY<";
  for (int i = 0; i < 100'000; ++i) suffix += "[]";
  EXPECT_EQ(error_id([&] { parse_type(open); }), "sql.unknownType");
  EXPECT_EQ(error_id([&] { parse_type(suffix); }), "sql.unknownType");
  std::string mixed;
  for (int i = 0; i < 60; ++i) mixed += "STRUCT<a:";
  mixed += "INT";
  for (int i = 0; i < 60; ++i) mixed += ">[][][]";
  EXPECT_EQ(error_id([&] { parse_type(mixed); }), "sql.unknownType");
}

TEST(TypeText, SurvivesNoise) {
  std::mt19937 random(7);
  const std::string seed =
      R"(STRUCT<a: INT COMMENT 'x', `b`: MAP(VARCHAR, "D"[3]), c DECIMAL(3,1)>)";
  for (int i = 0; i < 6'000; ++i) {
    auto text = seed;
    for (int edits = 1 + static_cast<int>(random() % 6); edits > 0; --edits) {
      const auto at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 8);
          break;
        default:
          text.insert(at, seed.substr(random() % seed.size(), random() % 12));
      }
      if (text.empty()) text = "x";
    }
    try {
      const auto type = parse_type(text);
      EXPECT_EQ(parse_type(to_sql(type)), type) << text;
    } catch (const Error&) {
    }
    error_id([&] { from_duckdb(text); });
  }
}

TEST(Schema, SurvivesNoise) {
  std::mt19937 random(11);
  const auto seed =
      to_json({field("a", "STRUCT<x: MAP<STRING, DECIMAL(3,1)>>"), field("b", "DATE")});
  for (int i = 0; i < 6'000; ++i) {
    auto text = seed;
    for (int edits = 1 + static_cast<int>(random() % 4); edits > 0; --edits) {
      const auto at = random() % text.size();
      if (random() % 2) {
        text[at] = static_cast<char>(random());
      } else {
        text.insert(at, seed.substr(random() % seed.size(), random() % 20));
      }
    }
    EXPECT_THAT(error_id([&] { parse_schema(text); }), ::testing::AnyOf("", "delta.badLog"));
  }
}

TEST(Features, NewTablesGetWhatTheyNeed) {
  const auto plain = protocol_for({field("a", "INT")}, {});
  EXPECT_EQ(plain.min_reader, 1);
  EXPECT_EQ(plain.min_writer, 2);
  const auto ntz = protocol_for({field("a", "STRUCT<b: ARRAY<TIMESTAMP_NTZ>>")}, {});
  EXPECT_EQ(ntz.min_reader, 3);
  EXPECT_EQ(ntz.min_writer, 7);
  EXPECT_THAT(ntz.reader_features, ::testing::ElementsAre("timestampNtz"));
  EXPECT_THAT(ntz.writer_features,
              ::testing::ElementsAre("appendOnly", "invariants", "timestampNtz"));
  const auto mapped = protocol_for({field("a", "INT")}, {{"delta.columnMapping.mode", "name"}});
  EXPECT_EQ(mapped.min_reader, 2);
  EXPECT_EQ(mapped.min_writer, 5);
  const auto times = protocol_for({}, {{"delta.enableInCommitTimestamps", "TRUE"}});
  EXPECT_EQ(times.min_reader, 1);
  EXPECT_EQ(times.min_writer, 7);
  EXPECT_TRUE(times.reader_features.empty());
}

TEST(Features, MergeKeepsWhatOldVersionsMeant) {
  const auto merged = extend({.min_reader = 2, .min_writer = 5}, {"timestampNtz"});
  EXPECT_EQ(merged.min_reader, 3);
  EXPECT_EQ(merged.min_writer, 7);
  EXPECT_THAT(merged.reader_features, ::testing::ElementsAre("columnMapping", "timestampNtz"));
  EXPECT_THAT(
      merged.writer_features,
      ::testing::ElementsAre("appendOnly", "changeDataFeed", "checkConstraints", "columnMapping",
                             "generatedColumns", "invariants", "timestampNtz"));
  const Protocol enough{3, 7, {"timestampNtz"}, {"appendOnly", "invariants", "timestampNtz"}};
  EXPECT_TRUE(same_protocol(extend(enough, {"timestampNtz"}), enough));
  const auto feed = extend(enough, {"changeDataFeed"});
  EXPECT_THAT(feed.writer_features,
              ::testing::ElementsAre("appendOnly", "changeDataFeed", "invariants", "timestampNtz"));
}

TEST(Features, RefusesByName) {
  const Metadata m{.schema = {field("a", "INT")}};
  const auto text = [&](const Protocol& p, const Metadata& metadata) {
    return testing::error_text([&] { require_writable(p, metadata); });
  };
  EXPECT_EQ(text({1, 2, {}, {}}, m), "");
  EXPECT_EQ(text({2, 6, {}, {}}, m), "");
  EXPECT_THAT(text({3, 7, {"variantType", "columnMapping"}, {"variantType", "columnMapping"}}, m),
              ::testing::HasSubstr("variantType"));
  EXPECT_THAT(
      text({1, 7, {}, {"rowTracking", "icebergCompatV1"}}, m),
      ::testing::AllOf(::testing::HasSubstr("rowTracking"), ::testing::HasSubstr("icebergCompat")));
  EXPECT_NO_THROW(require_readable({1, 7, {}, {"rowTracking", "icebergCompatV1"}}, m));
  auto clustered = m;
  EXPECT_EQ(text({1, 7, {}, {"clustering", "domainMetadata"}}, clustered), "");
  clustered.configuration["delta.dataSkippingStatsColumns"] = "b";
  EXPECT_THAT(text({1, 7, {}, {"clustering", "domainMetadata"}}, clustered),
              ::testing::HasSubstr("clustering"));
  EXPECT_THAT(text({4, 8, {}, {}}, m), ::testing::HasSubstr("reader version 4"));
  auto constrained = m;
  constrained.configuration["delta.constraints.c"] = "a > 1";
  EXPECT_EQ(text({1, 3, {}, {}}, constrained), "");  // checked by who writes the rows
  auto invariant = m;
  invariant.schema = {field("s", "STRUCT<x: INT>")};
  invariant.schema[0].type.fields[0].metadata["delta.invariants"] = "{}";
  EXPECT_THAT(text({1, 2, {}, {}}, invariant), ::testing::HasSubstr("invariants"));
  auto mapped = m;
  mapped.configuration["delta.columnMapping.mode"] = "name";
  EXPECT_NO_THROW(require_readable({2, 5, {}, {}}, mapped));
  EXPECT_THAT(text({2, 5, {}, {}}, mapped), ::testing::HasSubstr("columnMapping"));
  mapped.schema[0].metadata["delta.columnMapping.physicalName"] = "col-1";
  mapped.schema[0].metadata["delta.columnMapping.id"] = 1;
  EXPECT_EQ(text({2, 5, {}, {}}, mapped), "");
  auto nulls = m;
  nulls.schema.push_back(field("v", "VOID"));
  EXPECT_EQ(text({1, 2, {}, {}}, nulls), "");
  nulls.schema.push_back(field("w", "VOID[]"));
  EXPECT_THAT(text({1, 2, {}, {}}, nulls), ::testing::HasSubstr("void"));
  auto odd = m;
  odd.schema.push_back({.name = "v", .type = {.name = "variant"}});
  EXPECT_EQ(error_id([&] { require_readable({1, 2, {}, {}}, odd); }), "delta.unsupportedFeature");
}

TEST(Features, ValidatesNewSchemas) {
  const auto check = [](Schema schema, std::vector<std::string> partitions = {}) {
    return error_id([&] {
      validate_metadata({.schema = std::move(schema), .partition_columns = std::move(partitions)});
    });
  };
  EXPECT_EQ(check({field("a", "INT"), field("First Name", "STRING")}), "");
  EXPECT_EQ(check({field("a", "INT"), field("A", "INT")}), "delta.badSchema");
  EXPECT_EQ(check({field("", "INT")}), "delta.badSchema");
  EXPECT_EQ(check({field("a\nb", "INT")}), "delta.badSchema");
  EXPECT_EQ(check({field("a", "INT"), field("b", "INT")}, {"B"}), "");
  EXPECT_EQ(check({field("a", "INT")}, {"b"}), "delta.badSchema");
  EXPECT_EQ(check({field("a", "INT")}, {"a"}), "delta.badSchema");
  EXPECT_EQ(check({field("a", "INT"), field("b", "INT[]")}, {"b"}), "delta.badSchema");
  EXPECT_EQ(check({field("a", "INT"), field("b", "INT")}, {"b", "B"}), "delta.badSchema");
  Schema wide;
  for (std::size_t i = 0; i < max_fields / 2; ++i)
    wide.push_back(field("c" + std::to_string(i), "STRUCT<x: INT>"));
  EXPECT_EQ(check(wide), "");
  wide.push_back(field("last", "INT"));
  EXPECT_EQ(check(wide), "delta.badSchema");
}

TEST(EnforceSchema, NamesEachColumn) {
  const Schema table{field("id", "BIGINT", false), field("name", "STRING"),
                     field("price", "DECIMAL(10,2)"), field("s", "STRUCT<x: INT, y: STRING>"),
                     field("t", "TIMESTAMP")};
  EXPECT_NO_THROW(enforce_schema(table, {field("ID", "INT"), field("price", "DECIMAL(5,2)"),
                                         field("s", "STRUCT<X: SMALLINT>"), field("t", "DATE")}));
  try {
    enforce_schema(table, {field("name", "INT"), field("price", "DECIMAL(11,2)"),
                           field("other", "INT"), field("s", "STRUCT<z: INT>")});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.id(), "delta.schemaMismatch");
    std::vector<std::string> names;
    for (const auto& f : e.fields()) names.push_back(f.field);
    EXPECT_THAT(names, ::testing::ElementsAre("name", "price", "other", "s", "id"));
  }
}

}  // namespace
}  // namespace ob::delta
