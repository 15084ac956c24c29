#include "base/wire.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>

namespace {

namespace wire = ob::wire;
namespace json = boost::json;

enum class State { queued, running, done };
BOOST_DESCRIBE_ENUM(State, queued, running, done)

struct Step {
  std::string name;
  std::optional<std::string> note;
  std::vector<Step> children;
};
BOOST_DESCRIBE_STRUCT(Step, (), (name, note, children))

struct Job {
  std::string id;
  int priority = 3;
  std::int64_t bytes = 0;
  std::optional<std::vector<std::string>> tags;
  std::map<std::string, double> weights;
  State state = State::queued;
  std::vector<Step> steps;
  json::value extra;
  bool dry = false;
  std::optional<wire::Instant> at;
  std::uint64_t big = 0;
  std::string mode = "create";
  std::vector<std::optional<int>> holes;
};
BOOST_DESCRIBE_STRUCT(Job, (),
                      (id, priority, bytes, tags, weights, state, steps, extra, dry, at, big, mode,
                       holes))

struct Keyword {
  std::string template_;
};
BOOST_DESCRIBE_STRUCT(Keyword, (), (template_))

struct Base {
  int x = 0;
};
BOOST_DESCRIBE_STRUCT(Base, (), (x))
struct Derived : Base {
  int y = 0;
};
BOOST_DESCRIBE_STRUCT(Derived, (Base), (y))

}  // namespace

template <>
struct ob::wire::Rules<Step> {
  static constexpr auto value =
      rules(rule(&Step::name, {.min = 1, .max = 8}), rule(&Step::note, {.max = 4}),
            rule(&Step::children, {.optional = true}));
};
template <>
struct ob::wire::Rules<Job> {
  static constexpr auto value = rules(
      rule(&Job::id, {.min = 1, .max = 64, .pattern = "^[a-z0-9-]+$", .text = "Job to start."}),
      rule(&Job::priority, {.min = 0, .max = 9, .optional = true}),
      rule(&Job::bytes, {.optional = true}),
      rule(&Job::tags, {.max = 3, .each_min = 1, .each_max = 5}),
      rule(&Job::weights, {.max = 2, .each_min = 0, .optional = true}),
      rule(&Job::state, {.optional = true}), rule(&Job::steps, {.optional = true}),
      rule(&Job::extra, {.optional = true}), rule(&Job::dry, {.optional = true}),
      rule(&Job::big, {.optional = true}),
      rule(&Job::mode, {.values = {"create", "append"}, .optional = true}),
      rule(&Job::holes, {.each_max = 5, .optional = true}));
};

namespace {

std::map<std::string, std::string> problems(std::string_view text) {
  try {
    wire::decode<Job>(json::parse(text));
  } catch (const ob::Error& e) {
    EXPECT_EQ(e.status(), 400);
    EXPECT_EQ(e.id(), "request.invalid");
    std::map<std::string, std::string> out;
    for (const auto& f : e.fields()) out[f.field] = f.problem;
    return out;
  }
  return {};
}

TEST(Wire, DecodesAndEncodesBack) {
  const auto text = R"({"id":"j-1","priority":0,"bytes":-9007199254740993,"tags":["a"],
    "weights":{"w":1.5},"state":"done","steps":[{"name":"s","note":"n","children":[{"name":"c","children":[]}]}],
    "extra":{"any":[1,null]},"dry":true,"at":"2026-11-21T09:02:36.000000Z","big":18446744073709551615,
    "mode":"append","holes":[1,null]})";
  const Job job = wire::decode<Job>(json::parse(text));
  EXPECT_EQ(job.bytes, -9007199254740993);
  EXPECT_EQ(job.big, 18446744073709551615ULL);
  EXPECT_EQ(job.state, State::done);
  EXPECT_EQ(job.steps[0].children[0].name, "c");
  EXPECT_FALSE(job.holes[1]);
  EXPECT_EQ(wire::encode(job), json::parse(text));
}

TEST(Wire, AbsentMembersKeepDefaultsAndAbsentOptionalsAreLeftOut) {
  const Job job = wire::decode<Job>(json::parse(R"({"id":"a","priority":4.0})"));
  EXPECT_EQ(job.priority, 4);
  EXPECT_EQ(job.mode, "create");
  const auto out = wire::encode(job).as_object();
  EXPECT_FALSE(out.contains("tags"));
  EXPECT_EQ(out.at("priority"), 4);
}

TEST(Wire, NamesEveryWrongField) {
  const auto found = problems(R"({"id":"","priority":12,"tags":["a",7,""],"weights":{"a":-1},
    "steps":[{"name":"s","note":"12345"},{"nme":"x"},{"name":"s","children":[{"name":"123456789"}]}],
    "state":"gone","dry":1,"at":"soon","mode":"x","bytes":1.5,"big":-1,"bogus":1,"holes":[9]})");
  EXPECT_EQ(found.at("priority"), "must be at most 9");
  EXPECT_EQ(found.at("tags[1]"), "must be a string");
  EXPECT_EQ(found.at("tags[2]"), "must have at least 1 character");
  EXPECT_EQ(found.at("weights.a"), "must be at least 0");
  EXPECT_EQ(found.at("steps[0].note"), "must have at most 4 characters");
  EXPECT_EQ(found.at("steps[1].name"), "is required");
  EXPECT_EQ(found.at("steps[1].nme"), "is not known here");
  EXPECT_EQ(found.at("steps[2].children[0].name"), "must have at most 8 characters");
  EXPECT_EQ(found.at("state"), "must be one of queued, running, done");
  EXPECT_EQ(found.at("mode"), "must be one of create, append");
  EXPECT_EQ(found.at("dry"), "must be true or false");
  EXPECT_EQ(found.at("bytes"), "must be an integer");
  EXPECT_EQ(found.at("big"), "must be at least 0");
  EXPECT_EQ(found.at("bogus"), "is not known here");
  EXPECT_EQ(found.at("holes[0]"), "must be at most 5");
  EXPECT_TRUE(found.contains("at"));
  EXPECT_TRUE(found.contains("id"));
}

TEST(Wire, RefusesNullNulAndBadShapes) {
  EXPECT_EQ(problems(R"({"id":"a","tags":null})").at("tags"),
            "must not be null: leave it out instead");
  EXPECT_EQ(problems(R"({"id":"a","steps":[{"name":"a\u0000"}]})").at("steps[0].name"),
            "must not contain a NUL character");
  EXPECT_EQ(problems("[]").at(""), "must be an object");
  EXPECT_EQ(problems("{}").at("id"), "is required");
  EXPECT_EQ(problems(R"({"id":"a\nb"})").count("id"), 1u);
  EXPECT_EQ(problems(R"({"id":"a","bytes":9223372036854775808})").at("bytes"),
            "must be at most 9223372036854775807");
  EXPECT_EQ(problems(R"({"id":"a","bytes":-1e30})").at("bytes"),
            "must be at least -9223372036854775808");
  json::value bad = json::object{{"id", "a"}, {"mode", json::string("\xff\xfe")}};
  EXPECT_THROW(wire::decode<Job>(bad), ob::Error);
}

TEST(Wire, DepthIsBounded) {
  json::value inner = json::object{{"name", "x"}};
  for (int i = 0; i < 200; ++i) {
    inner = json::object{{"name", "x"}, {"children", json::array{inner}}};
  }
  EXPECT_THROW(wire::decode<Step>(inner), ob::Error);
}

TEST(Wire, LengthCountsCodePoints) {
  EXPECT_NO_THROW(wire::decode<Step>(json::object{{"name", "ÄÖÜßäöü€"}}));
  EXPECT_THROW(wire::decode<Step>(json::object{{"name", "ÄÖÜßäöü€x"}}), ob::Error);
}

TEST(Wire, InheritedMembers) {
  const auto d = wire::decode<Derived>(json::parse(R"({"x":1,"y":2})"));
  EXPECT_EQ(d.x, 1);
  EXPECT_EQ(d.y, 2);
}

TEST(Wire, WhatCppCannotCallSo) {
  const auto one = wire::decode<Keyword>(json::parse(R"({"template":"x"})"));
  EXPECT_EQ(one.template_, "x");
  EXPECT_EQ(json::serialize(wire::encode(one)), R"({"template":"x"})");
  EXPECT_TRUE(wire::schema<Keyword>()
                  .at("$defs")
                  .at("Keyword")
                  .at("properties")
                  .as_object()
                  .contains("template"));
}

TEST(Wire, Schema) {
  const auto s = wire::schema<Job>();
  const auto& job = s.at("$defs").at("Job");
  EXPECT_EQ(s.at("$ref"), "#/$defs/Job");
  EXPECT_EQ(job.at("required"), json::parse(R"(["id"])"));
  EXPECT_EQ(job.at("properties").at("id"),
            json::parse(R"({"type":"string","minLength":1,"maxLength":64,"pattern":"^[a-z0-9-]+$",
                            "description":"Job to start."})"));
  EXPECT_EQ(job.at("properties").at("priority"),
            json::parse(R"({"type":"integer","minimum":0,"maximum":9,"default":3})"));
  EXPECT_EQ(json::serialize(job.at("properties").at("big").at("maximum")), "18446744073709551615");
  EXPECT_EQ(job.at("properties").at("tags"), json::parse(R"({"type":"array","maxItems":3,
                            "items":{"type":"string","minLength":1,"maxLength":5}})"));
  EXPECT_EQ(job.at("properties").at("steps").at("items").at("$ref"), "#/$defs/Step");
  EXPECT_EQ(s.at("$defs").at("Step").at("properties").at("children").at("items").at("$ref"),
            "#/$defs/Step");
  EXPECT_EQ(job.at("additionalProperties"), false);
}

TEST(Wire, TextsOfParameters) {
  wire::Problems wrong;
  json::object in;
  const auto put = [&](std::string_view name, std::string_view text) {
    for (const auto& m : wire::members<Job>()) {
      if (m.name == name) wire::put_text(in, m, text, wrong);
    }
  };
  put("id", "7");
  put("priority", "5");
  put("tags", "a");
  put("tags", "b");
  put("dry", "true");
  put("big", "18446744073709551615");
  EXPECT_TRUE(wrong.empty());
  const Job job = wire::decode<Job>(in);
  EXPECT_EQ(job.id, "7");
  EXPECT_EQ(job.tags->size(), 2u);
  EXPECT_TRUE(job.dry);
  EXPECT_EQ(job.big, 18446744073709551615ULL);
  put("id", "8");
  EXPECT_THROW(wrong.raise(), ob::Error);
  in.clear();
  put("id", "x");
  put("priority", "1x");
  EXPECT_THROW(wire::decode<Job>(in), ob::Error);
}

// Random JSON of random shape, half of it made of names and values that the type knows: the decoder
// must answer with a value or with an Error, and what it accepts must survive a round trip.
class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : random_(seed) {}
  json::value make(int depth = 0) {
    switch (random_() % (depth > 5 ? 7 : 9)) {
      case 0:
        return nullptr;
      case 1:
        return random_() % 2 == 0;
      case 2:
        return static_cast<std::int64_t>(random_()) - 5;
      case 3:
        return static_cast<std::uint64_t>(random_()) << 33;
      case 4:
        return static_cast<double>(random_()) / 7.0 - 1e8;
      case 5:
        return static_cast<std::int64_t>(random_() % 10);
      case 6:
        return word();
      case 7: {
        json::array a;
        for (unsigned i = random_() % 5; i > 0; --i) a.push_back(make(depth + 1));
        return a;
      }
      default: {
        json::object o;
        for (unsigned i = random_() % 8; i > 0; --i) o[std::string(word())] = make(depth + 1);
        return o;
      }
    }
  }

 private:
  json::string word() {
    static constexpr std::array<std::string_view, 20> kWords{
        "id",     "priority", "bytes", "tags", "weights", "state",    "steps",
        "extra",  "dry",      "at",    "name", "note",    "children", "done",
        "create", "",         "\xff",  "a-1",  "mode",    "big"};
    return json::string(kWords[random_() % kWords.size()]);
  }
  std::mt19937 random_;
};

TEST(Wire, RandomInputIsAcceptedOrRefused) {
  RandomJson make(20261121);
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    json::value v = make.make();
    if (i % 2 == 0) {
      if (!v.is_object()) v = json::object();
      v.as_object()["id"] = "a";
    }
    try {
      const Job job = wire::decode<Job>(v);
      ++accepted;
      EXPECT_EQ(wire::encode(wire::decode<Job>(wire::encode(job))), wire::encode(job));
    } catch (const ob::Error& e) {
      EXPECT_EQ(e.status(), 400);
      EXPECT_FALSE(e.fields().empty());
      EXPECT_LE(e.fields().size(), wire::Problems::kMost);
    }
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
