#include "delta/values.h"

#include <gmock/gmock.h>
#include <roaring/roaring.h>
#include <zlib.h>

#include <boost/json/parse.hpp>
#include <random>

#include "delta/deletion_vector.h"
#include "delta/testing.h"

namespace ob::delta {
namespace {

using ::testing::ElementsAre;
using testing::error_id;
using testing::field;
using testing::TableTest;
namespace json = boost::json;

TEST(Values, Moments) {
  const auto micros = [](const char* text) {
    const auto m = parse_moment(text);
    return m ? m->micros : -1;
  };
  EXPECT_EQ(micros("1970-01-02"), 86'400'000'000);
  EXPECT_EQ(micros("1970-01-01 00:00:01.5"), 1'500'000);
  EXPECT_EQ(micros("1970-01-01T00:00:00.123456789Z"), 123'456);
  EXPECT_EQ(micros("1970-01-01 05:30:00+05:30"), 0);
  EXPECT_EQ(micros("1969-12-31 19:00:00-05"), 0);
  EXPECT_TRUE(parse_moment("1970-01-01 00:00:00+00")->zone);
  EXPECT_FALSE(parse_moment("1970-01-01 00:00:00")->zone);
  for (const auto* wrong :
       {"", "infinity", "-infinity", "0000-01-01", "10000-01-01", "0044-03-15 (BC)", "2023-02-29",
        "2023-13-01", "2023-01-01 24:00:00", "2023-01-01x", "2023-01-01 00:00:00 CET"}) {
    EXPECT_FALSE(parse_moment(wrong)) << wrong;
  }
  EXPECT_EQ(format_moment(-1, 'T', 6), "1969-12-31T23:59:59.999999");
  EXPECT_EQ(format_moment(-1, ' ', 3), "1969-12-31 23:59:59.999");
}

TEST(Values, Decimals) {
  const auto order = [](const char* a, const char* b) {
    return Decimal::parse(a)->compare(*Decimal::parse(b));
  };
  EXPECT_EQ(order("1", "1.000"), 0);
  EXPECT_EQ(order("-0", "0.0"), 0);
  EXPECT_EQ(order("0.1", "0.12"), -1);
  EXPECT_EQ(order("-0.1", "-0.12"), 1);
  EXPECT_EQ(order("99999999999999999999999999999999999999", "1e38"), -1);
  EXPECT_EQ(order("1.5E3", "1500"), 0);
  EXPECT_EQ(order("12e-3", "0.012"), 0);
  EXPECT_EQ(order("10", "9"), 1);
  for (const auto* wrong : {"", "-", ".", "1.2.3", "x", "1e999", "0x1"}) {
    EXPECT_FALSE(Decimal::parse(wrong)) << wrong;
  }
}

json::object stats(const std::string& type, std::optional<std::string> min,
                   std::optional<std::string> max, bool nan = false) {
  ColumnStats c{.path = {"c"}, .min = std::move(min), .max = std::move(max), .null_count = 1};
  c.has_nan = nan;
  return json::parse(make_stats({field("c", type)}, 9, {c})).as_object();
}
json::value bound(const std::string& type, const std::string& value, bool upper) {
  const auto s = stats(type, value, value);
  const auto& o = s.at(upper ? "maxValues" : "minValues").as_object();
  return o.contains("c") ? o.at("c") : json::value(nullptr);
}

TEST(Stats, BoundsOfEachType) {
  const auto s = stats("BIGINT", "-5", "9223372036854775807");
  EXPECT_EQ(s.at("numRecords"), 9);
  EXPECT_EQ(s.at("minValues").at("c"), -5);
  EXPECT_EQ(s.at("maxValues").at("c"), INT64_MAX);
  EXPECT_EQ(s.at("nullCount").at("c"), 1);
  EXPECT_EQ(s.at("tightBounds"), true);
  EXPECT_EQ(bound("DATE", "2026-11-21", true), "2026-11-21");
  EXPECT_EQ(bound("TIMESTAMP", "2026-11-21 09:02:36.123456+00", false), "2026-11-21T09:02:36.123Z");
  EXPECT_EQ(bound("TIMESTAMP", "2026-11-21 10:02:36.999001+01", true), "2026-11-21T09:02:37.000Z");
  EXPECT_EQ(bound("TIMESTAMP_NTZ", "1960-01-01 00:00:00.0005", false), "1960-01-01T00:00:00.000");
  EXPECT_EQ(bound("TIMESTAMP_NTZ", "1960-01-01 00:00:00.0005", true), "1960-01-01T00:00:00.001");
  EXPECT_TRUE(bound("TIMESTAMP_NTZ", "9999-12-31 23:59:59.999999", true).is_null());
  EXPECT_TRUE(bound("TIMESTAMP", "infinity", true).is_null());
  EXPECT_TRUE(bound("DATE", "290309-12-22 (BC)", false).is_null());
  EXPECT_EQ(bound("DOUBLE", "1e+300", true), 1e300);
  EXPECT_EQ(bound("FLOAT", "0.1", true), 0.1);
  EXPECT_TRUE(bound("DOUBLE", "inf", true).is_null());
  EXPECT_TRUE(bound("DOUBLE", "nan", true).is_null());
  EXPECT_TRUE(std::signbit(bound("DOUBLE", "0.0", false).as_double()));
  EXPECT_FALSE(std::signbit(bound("DOUBLE", "-0.0", true).as_double()));
  EXPECT_TRUE(stats("DOUBLE", "1", "2", true).at("maxValues").as_object().empty());
  EXPECT_TRUE(bound("BOOLEAN", "true", true).is_null());
  EXPECT_TRUE(bound("BINARY", "abc", true).is_null());
  ColumnStats d{.path = {"c"}, .min = "-0.50", .max = "99999999999999999999999999999999999.123"};
  EXPECT_THAT(make_stats({field("c", "DECIMAL(38,3)")}, 1, {d}),
              ::testing::AllOf(::testing::HasSubstr("\"c\":-0.50"),
                               ::testing::HasSubstr(":99999999999999999999999999999999999.123")));
}

std::string text_bound(const std::string& value, bool upper) {
  const auto found = bound("STRING", value, upper);
  return found.is_string() ? std::string(found.get_string()) : "(none)";
}

TEST(Stats, LongTextsAreCut) {
  const std::string longer(33, 'b');
  EXPECT_EQ(text_bound(longer, false), std::string(32, 'b'));
  EXPECT_EQ(text_bound(longer, true), std::string(31, 'b') + "c");
  std::string umlauts, last;
  for (int i = 0; i < 40; ++i) umlauts += "ü";
  for (int i = 0; i < 40; ++i) last += "\xF4\x8F\xBF\xBF";
  EXPECT_EQ(text_bound(umlauts, false).size(), 64u);
  EXPECT_GT(text_bound(umlauts, true), umlauts);
  EXPECT_EQ(text_bound(last, true), "(none)");
  EXPECT_EQ(text_bound("a\"\\\n\x01"
                       "b",
                       true),
            "a\"\\\n\x01"
            "b");
  EXPECT_EQ(text_bound("a\xff", true), "(none)");
  EXPECT_EQ(text_bound(std::string(31, 'x') + "\xED\x9F\xBF" + "y", true),
            std::string(31, 'x') + "\xEE\x80\x80");  // not into the surrogates
}

TEST(Stats, NestsAndCounts) {
  Schema schema{field("s", "STRUCT<x: INT, y: STRUCT<z: STRING>>"), field("l", "INT[]")};
  for (int i = 0; i < 40; ++i) schema.push_back(field("c" + std::to_string(i), "INT"));
  std::vector<ColumnStats> columns{{.path = {"s", "x"}, .min = "1", .max = "2", .null_count = 0},
                                   {.path = {"s", "y", "z"}, .min = "a", .max = "b"},
                                   {.path = {"l", "list", "element"}, .min = "1"}};
  for (int i = 0; i < 40; ++i) columns.push_back({.path = {"c" + std::to_string(i)}, .min = "7"});
  const auto s = json::parse(make_stats(schema, 1, columns)).as_object();
  EXPECT_EQ(s.at("minValues").at("s").at("y").at("z"), "a");
  EXPECT_EQ(s.at("nullCount").at("s").at("x"), 0);
  EXPECT_TRUE(s.at("minValues").as_object().contains("c28"));  // s.x, s.y.z, l, c0 … c28: 32
  EXPECT_FALSE(s.at("minValues").as_object().contains("c29"));
  const auto none = json::parse(make_stats(schema, 1, columns, 0)).as_object();
  EXPECT_TRUE(none.at("minValues").as_object().empty());
  EXPECT_TRUE(
      json::parse(make_stats(schema, 1, columns, -1)).at("minValues").as_object().contains("c39"));
}

TEST(Partition, Texts) {
  const auto text = [](const char* type, const char* duckdb) {
    return partition_text(parse_type(type), duckdb).value_or("(null)");
  };
  EXPECT_EQ(partition_text(parse_type("INT"), std::nullopt), std::nullopt);
  EXPECT_EQ(text("STRING", ""), "(null)");
  EXPECT_EQ(text("STRING", " a/b%=ü\n"), " a/b%=ü\n");
  EXPECT_EQ(text("BIGINT", "-5"), "-5");
  EXPECT_EQ(text("DATE", "2026-11-21"), "2026-11-21");
  EXPECT_EQ(text("TIMESTAMP", "2026-11-21 10:02:36.5+01"), "2026-11-21T09:02:36.500000Z");
  EXPECT_EQ(text("TIMESTAMP_NTZ", "2026-11-21 10:02:36"), "2026-11-21 10:02:36.000000");
  EXPECT_EQ(text("DOUBLE", "nan"), "NaN");
  EXPECT_EQ(text("DOUBLE", "-inf"), "-Infinity");
  EXPECT_EQ(text("DOUBLE", "1e+20"), "1e+20");
  EXPECT_EQ(text("BOOLEAN", "true"), "true");
  EXPECT_EQ(text("DECIMAL(5,2)", "1.50"), "1.50");
  EXPECT_EQ(text("BINARY", "a\\xC3\\xBC\\x5C"), "aü\\");
  for (const auto& [type, value] : std::vector<std::pair<const char*, const char*>>{
           {"BINARY", "\\xFF"}, {"DATE", "infinity"}, {"INT[]", "[1]"}, {"INT", "x"}}) {
    EXPECT_EQ(error_id([&] { text(type, value); }), "delta.badPartitionValue") << type;
  }
}

TEST(Partition, Directories) {
  EXPECT_EQ(partition_directory({{"a", "1"}, {"b", "x y"}}), "a=1/b=x%20y");
  EXPECT_EQ(partition_directory({{"a", std::nullopt}, {"b", ""}}),
            "a=__HIVE_DEFAULT_PARTITION__/b=__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(partition_directory({{"k=v", "a/b%:*?[ü\n"}}), "k%3Dv=a%2Fb%25%3A%2A%3F%5B%C3%BC%0A");
  EXPECT_EQ(encode_path("b=x%20y/f ü.parquet"), "b=x%2520y/f%20%C3%BC.parquet");
  EXPECT_LT(partition_directory({{"a", std::string(1000, 'x')}}).size(), 255u);
}

// --- deletion vectors

std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}
std::string big(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

// As CRoaring serialises it, so that the decoder is held against another implementation.
std::string serialize(const std::vector<std::uint64_t>& rows) {
  std::map<std::uint32_t, roaring_bitmap_t*> parts;
  for (const auto row : rows) {
    auto*& part = parts[static_cast<std::uint32_t>(row >> 32)];
    if (!part) part = roaring_bitmap_create();
    roaring_bitmap_add(part, static_cast<std::uint32_t>(row));
  }
  auto out = little(1681511377, 4) + little(parts.size(), 8);
  for (auto& [key, part] : parts) {
    roaring_bitmap_run_optimize(part);
    std::string bytes(roaring_bitmap_portable_size_in_bytes(part), '\0');
    roaring_bitmap_portable_serialize(part, bytes.data());
    out += little(key, 4) + bytes;
    roaring_bitmap_free(part);
  }
  return out;
}

std::vector<std::uint64_t> sample(std::mt19937_64& random) {
  std::vector<std::uint64_t> rows;
  const auto add_range = [&](std::uint64_t from, std::uint64_t count, std::uint64_t step) {
    for (std::uint64_t i = 0; i < count; ++i) rows.push_back(from + i * step);
  };
  for (int i = static_cast<int>(random() % 6); i >= 0; --i) {
    const auto base = (random() % 3) << 32 | (random() % 5'000'000);
    add_range(base, 1 + random() % 20'000, 1 + random() % 3);
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

TEST(DeletionVectors, DecodeWhatCRoaringEncodes) {
  std::mt19937_64 random(1);
  EXPECT_TRUE(decode_bitmap(serialize({}), 0).empty());
  for (int i = 0; i < 60; ++i) {
    const auto rows = sample(random);
    EXPECT_EQ(decode_bitmap(serialize(rows), static_cast<std::int64_t>(rows.size())), rows);
  }
}

TEST(DeletionVectors, AreEncodedForCRoaring) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 60; ++i) {
    const auto rows = sample(random);
    const auto bytes = encode_bitmap(rows);
    EXPECT_EQ(decode_bitmap(bytes, std::ssize(rows)), rows);
    if (rows.empty() || rows.back() >> 32 != 0) continue;
    // Magic, count and key come before CRoaring's own part.
    roaring_bitmap_t* bitmap =
        roaring_bitmap_portable_deserialize_safe(bytes.data() + 16, bytes.size() - 16);
    ASSERT_NE(bitmap, nullptr);
    std::vector<std::uint32_t> read(roaring_bitmap_get_cardinality(bitmap));
    roaring_bitmap_to_uint32_array(bitmap, read.data());
    roaring_bitmap_free(bitmap);
    EXPECT_TRUE(std::ranges::equal(read, rows));
  }
  EXPECT_TRUE(decode_bitmap(encode_bitmap({}), 0).empty());
}

TEST(DeletionVectors, NamesAreBase85) {
  const std::string bytes("\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B", 8);  // the RFC's own example
  EXPECT_EQ(z85_encode(bytes), "HelloWorld");
  EXPECT_EQ(z85_decode(z85_encode(bytes)), bytes);
}

TEST(DeletionVectors, RefuseWrongCounts) {
  const std::vector<std::uint64_t> rows{1, 2, 3, 1ull << 33};
  const auto bytes = serialize(rows);
  for (const std::int64_t count : {0ll, 3ll, 5ll, -1ll, 1ll << 40}) {
    EXPECT_EQ(error_id([&] { decode_bitmap(bytes, count); }), "delta.badDeletionVector") << count;
  }
  EXPECT_EQ(error_id([&] { decode_bitmap(bytes + "x", 4); }), "delta.badDeletionVector");
  EXPECT_EQ(error_id([&] { decode_bitmap(bytes.substr(0, bytes.size() - 1), 4); }),
            "delta.badDeletionVector");
  EXPECT_EQ(error_id([&] { decode_bitmap(little(1681511377, 4) + little(UINT64_MAX, 8), 4); }),
            "delta.badDeletionVector");
}

TEST(DeletionVectors, SurviveNoise) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 150; ++i) {
    const auto rows = sample(random);
    auto bytes = serialize(rows);
    if (bytes.size() > 4000) continue;
    for (int round = 0; round < 10; ++round) {
      auto text = bytes;
      for (int edits = 1 + static_cast<int>(random() % 4); edits > 0; --edits) {
        text[random() % text.size()] = static_cast<char>(random());
      }
      if (random() % 4 == 0) text.resize(random() % text.size());
      const auto id = error_id([&] {
        const auto got = decode_bitmap(text, static_cast<std::int64_t>(rows.size()));
        EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
        EXPECT_EQ(got.size(), rows.size());
      });
      EXPECT_THAT(id, ::testing::AnyOf("", "delta.badDeletionVector"));
    }
  }
}

class DeletionVectorFiles : public TableTest {};

TEST_F(DeletionVectorFiles, ReadAndChecked) {
  create();
  const auto bitmap = serialize({3, 4, 7, 11, 18, 29});
  const auto sum =
      crc32(0, reinterpret_cast<const Bytef*>(bitmap.data()), static_cast<uInt>(bitmap.size()));
  const auto entry = big(static_cast<std::uint32_t>(bitmap.size())) + bitmap +
                     big(static_cast<std::uint32_t>(sum));
  const auto path = dir / "t" / "ab" / "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
  testing::write_file(path, "\x01" + entry + entry);
  DeletionVector dv{"u", "ab^-aqEH.-t@S}K{vb[*k^", 1, static_cast<std::int32_t>(bitmap.size()), 6};
  EXPECT_THAT(table->deleted_rows(dv), ElementsAre(3, 4, 7, 11, 18, 29));
  auto second = dv;
  second.offset = 1 + static_cast<std::int32_t>(entry.size());
  EXPECT_EQ(table->deleted_rows(second).size(), 6u);
  auto absolute = dv;
  absolute.storage_type = "p";
  absolute.path_or_inline = path.string();
  EXPECT_EQ(table->deleted_rows(absolute).size(), 6u);
  const auto id = [&](DeletionVector wrong) {
    return error_id([&] { table->deleted_rows(wrong); });
  };
  const auto with = [&](auto change) {
    auto copy = dv;
    change(copy);
    return id(copy);
  };
  EXPECT_EQ(with([](auto& d) { d.offset = 2; }), "delta.badDeletionVector");
  EXPECT_EQ(with([](auto& d) { d.offset = INT32_MAX; }), "delta.badDeletionVector");
  EXPECT_EQ(with([](auto& d) { d.size_bytes = INT32_MAX; }), "delta.badDeletionVector");
  EXPECT_EQ(with([](auto& d) { d.size_bytes = -1; }), "delta.badDeletionVector");
  EXPECT_EQ(with([](auto& d) { d.cardinality = 5; }), "delta.badDeletionVector");
  EXPECT_EQ(with([](auto& d) { d.storage_type = "x"; }), "delta.badDeletionVector");
  EXPECT_EQ(with([](auto& d) { d.path_or_inline = "short"; }), "delta.badDeletionVector");
  EXPECT_EQ(with([](auto& d) { d.path_or_inline = "../.." + d.path_or_inline; }), "delta.badPath");
  EXPECT_EQ(with([](auto& d) { d.storage_type = "p", d.path_or_inline = "/etc/passwd"; }),
            "delta.badPath");
  auto broken = "\x01" + entry;
  broken[20] ^= 1;
  testing::write_file(path, broken);
  EXPECT_EQ(id(dv), "delta.badDeletionVector");
}

}  // namespace
}  // namespace ob::delta
