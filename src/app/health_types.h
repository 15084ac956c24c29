#pragma once
// How the health of the server is told on the wire.
#include <optional>
#include <string>
#include <vector>

#include "base/wire.h"

namespace ob::app {

struct HealthFact {
  std::string id, label;
  std::string unit;  // bytes, count, milliseconds, percent, text
  std::optional<double> value, most;
  std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(HealthFact, (), (id, label, unit, value, most, text))

struct HealthPart {
  std::string id, name, state = "ok", text;
  std::vector<HealthFact> facts;
};
BOOST_DESCRIBE_STRUCT(HealthPart, (), (id, name, state, text, facts))

struct HealthInstance {
  std::string id, host, version;
  std::vector<std::string> roles;
  bool self = false;
  std::string state = "ok";
  std::vector<std::string> problems;
  wire::Instant started_at;
  std::int64_t seen_seconds_ago = 0;
};
BOOST_DESCRIBE_STRUCT(HealthInstance, (),
                      (id, host, version, roles, self, state, problems, started_at,
                       seen_seconds_ago))

struct HealthTask {
  std::string id, name, state;
  std::optional<std::string> error;
  std::optional<wire::Instant> started_at, ended_at, next_at;
};
BOOST_DESCRIBE_STRUCT(HealthTask, (), (id, name, state, error, started_at, ended_at, next_at))

struct HealthAnswer {
  std::string state, version;
  wire::Instant checked_at, started_at;
  std::vector<HealthPart> parts;
  std::vector<HealthInstance> instances;
  std::vector<HealthTask> tasks;
};
BOOST_DESCRIBE_STRUCT(HealthAnswer, (),
                      (state, version, checked_at, started_at, parts, instances, tasks))

}  // namespace ob::app

namespace ob::wire {

template <>
struct Rules<app::HealthFact> {
  static constexpr auto value = rules(
      rule(&app::HealthFact::unit,
           {.values = {"bytes", "count", "milliseconds", "percent", "text"}}),
      rule(&app::HealthFact::most, {.text = "Of which the value is a part: a limit, a capacity."}),
      rule(&app::HealthFact::text, {.text = "Instead of a value, for the unit text."}));
};
template <>
struct Rules<app::HealthPart> {
  static constexpr auto value = rules(
      rule(&app::HealthPart::state,
           {.values = {"ok", "warning", "failing", "off"},
            .text = "warning: it works, and wants to be looked at. off: it is not set up."}),
      rule(&app::HealthPart::text, {.text = "What is wrong and how to mend it; may be empty."}));
};
template <>
struct Rules<app::HealthInstance> {
  static constexpr auto value = rules(
      rule(&app::HealthInstance::self, {.text = "Whether it is the one that answers."}),
      rule(&app::HealthInstance::state,
           {.values = {"ok", "warning", "away"},
            .text = "away: it has not been heard of for 30 seconds, and did not say goodbye."}),
      rule(&app::HealthInstance::problems, {.text = "Of its work in the background."}));
};
template <>
struct Rules<app::HealthTask> {
  static constexpr auto value =
      rules(rule(&app::HealthTask::state, {.values = {"ok", "running", "failing"}}),
            rule(&app::HealthTask::error, {.text = "Of the last run that ended."}));
};
template <>
struct Rules<app::HealthAnswer> {
  static constexpr auto value =
      rules(rule(&app::HealthAnswer::state,
                 {.values = {"ok", "warning", "failing"}, .text = "The worst of all."}),
            rule(&app::HealthAnswer::started_at, {.text = "Of the instance that answers."}));
};

}  // namespace ob::wire
