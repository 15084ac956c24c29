#include "app/health.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

#include "app/memory.h"
#include "app/parts.h"
#include "app/presence.h"
#include "base/error.h"
#include "base/ids.h"
#include "db/usage.h"

namespace ob::app {
namespace {

namespace fs = std::filesystem;
using Clock = Probe::Clock;

constexpr auto kPatience = std::chrono::seconds(3);
constexpr double kSlowMs = 500;                        // an answer that takes longer is told
constexpr double kMuchMemory = 0.85, kFullDisk = 0.9;  // shares that are told
constexpr std::int64_t kLeastDisk = 512LL << 20;       // bytes; with less, writing fails soon

HealthFact text(std::string id, std::string label, std::string value) {
  return {.id = std::move(id), .label = std::move(label), .unit = "text", .text = std::move(value)};
}

HealthFact number(std::string id, std::string label, std::string unit, double value,
                  std::optional<double> most = std::nullopt) {
  return {.id = std::move(id),
          .label = std::move(label),
          .unit = std::move(unit),
          .value = value,
          .most = most};
}

template <class T>
HealthFact count(std::string id, std::string label, T value,
                 std::optional<double> most = std::nullopt) {
  return number(std::move(id), std::move(label), "count", static_cast<double>(value), most);
}

template <class T>
HealthFact bytes(std::string id, std::string label, T value,
                 std::optional<double> most = std::nullopt) {
  return number(std::move(id), std::move(label), "bytes", static_cast<double>(value), most);
}

void worsen(HealthPart& part, const std::string& state, const std::string& why) {
  if (part.state != "failing") part.state = state;
  part.text += (part.text.empty() ? "" : " ") + why;
}

// Runs fn, and tells how long it took.
template <class Fn>
void timed(HealthPart& part, Fn fn) {
  const auto begin = Clock::now();
  fn();
  const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
  part.facts.push_back(number("latency", "Answers within", "milliseconds", took.count()));
  if (took.count() > kSlowMs) worsen(part, "warning", "It is slow to answer.");
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

std::string kind_of(const std::string& objects_url) {
  const auto scheme = objects_url.substr(0, objects_url.find(':'));
  if (scheme == "file") return "Local directory";
  if (scheme == "s3" || scheme == "s3a") return "S3";
  if (scheme == "gs" || scheme == "gcs") return "Google Cloud Storage";
  if (scheme.starts_with("az") || scheme.starts_with("abfs")) return "Azure";
  return scheme;
}

// Where the objects are, on a local disk.
std::optional<std::string> local_objects(const std::string& url) {
  constexpr std::string_view kFile = "file://";
  return url.starts_with(kFile) ? std::optional(url.substr(kFile.size())) : std::nullopt;
}

std::int64_t engine_memory(const Config& config) {
  const auto megabytes = config.number("memory_mb");
  return megabytes > 0 ? megabytes << 20 : machine_memory() / 2;
}

// The disk below a path; its trouble is told to the part.
void add_disk(HealthPart& part, const std::string& id, const std::string& label,
              const std::string& path) {
  std::error_code code;
  const auto space = fs::space(path, code);
  if (code) return worsen(part, "failing", label + " cannot be looked at: " + code.message() + ".");
  const auto all = static_cast<double>(space.capacity);
  const double used = all - static_cast<double>(space.available);
  part.facts.push_back(bytes(id, label, used, all));
  part.facts.push_back(bytes(id + "_free", label + ", free", space.available));
  if (static_cast<std::int64_t>(space.available) < kLeastDisk) {
    worsen(part, "failing", "The disk is full: free some space, or writing fails.");
  } else if (all > 0 && used / all > kFullDisk) {
    worsen(part, "warning", "The disk is nearly full: free some space.");
  }
}

}  // namespace

Health::Health(Parts& parts, const Config& config)
    : parts_(parts),
      id_(new_uuid()),
      host_(host_name()),
      roles_(gateway::Roles(split_list(config.text("roles"))).text()),
      objects_kind_(kind_of(parts.paths.objects_url)),
      started_at_(now_micros()),
      engine_memory_(engine_memory(config)),
      answers_most_(config.number("result_cache_mb") << 20),
      running_most_(parts.query->options().running_total),
      waiting_most_(parts.query->options().queued_total),
      looked_at_(Clock::now()),
      pool_("health", 4) {
  add("database", "Database", &Health::check_database);
  add("storage", "Storage", &Health::check_storage);
  add("memory", "Memory", &Health::check_memory);
  add("mail", "Mail", &Health::check_mail);
}

Health::~Health() {
  cancel_.cancel("the server stops");
}

void Health::add(std::string id, std::string name, void (Health::*check)(HealthPart&)) {
  probes_.push_back(
      std::make_shared<Probe>(pool_, HealthPart{.id = std::move(id), .name = std::move(name)},
                              [this, check](HealthPart& part) { (this->*check)(part); }));
}

HealthAnswer Health::look(const Caller& caller) {
  if (!caller.admin) {
    throw forbidden("identity.notAdmin", "Only an administrator may do this.");
  }
  const auto until = Clock::now() + kPatience;
  std::vector<std::uint64_t> runs;
  for (const auto& probe : probes_) runs.push_back(probe->begin());
  HealthAnswer out{.version = OPENBRICKS_VERSION,
                   .checked_at = {now_micros()},
                   .started_at = {started_at_},
                   .instances = instances(),
                   .tasks = tasks()};
  out.parts.push_back(server_part());
  for (std::size_t i = 0; i < probes_.size(); ++i) {
    out.parts.push_back(probes_[i]->wait(runs[i], until));
  }
  for (HealthPart part : {redis_part(), disk_part(), queries_part(), cache_part(), audit_part()}) {
    out.parts.push_back(std::move(part));
  }
  bool warning = std::ranges::any_of(out.instances, [](const auto& i) { return i.state != "ok"; });
  bool failing = false;
  for (const HealthPart& part : out.parts) {
    failing |= part.state == "failing";
    warning |= part.state == "warning";
  }
  warning |=
      std::ranges::any_of(out.tasks, [](const auto& task) { return task.error.has_value(); });
  out.state = failing ? "failing" : warning ? "warning" : "ok";
  return out;
}

HealthInstance Health::self() const {
  HealthInstance out{.id = id_,
                     .host = host_,
                     .version = OPENBRICKS_VERSION,
                     .roles = split_list(roles_),
                     .started_at = {started_at_}};
  for (const TaskLog::Task& task : parts_.task_log.list()) {
    if (!task.error.empty()) out.problems.push_back(task.name + ": " + task.error);
  }
  if (!out.problems.empty()) out.state = "warning";
  return out;
}

std::vector<HealthInstance> Health::instances() const {
  std::vector<HealthInstance> out;
  if (parts_.redis) {
    if (auto all = list_instances(*parts_.redis)) out = std::move(*all);
  }
  std::erase_if(out, [&](const HealthInstance& one) { return one.id == id_; });
  out.insert(out.begin(), self());
  out.front().self = true;
  return out;
}

std::vector<HealthTask> Health::tasks() const {
  std::vector<HealthTask> out;
  const auto instant = [](const std::optional<Micros>& at) {
    return at ? std::optional(wire::Instant{*at}) : std::nullopt;
  };
  for (const TaskLog::Task& task : parts_.task_log.list()) {
    out.push_back({.id = task.id,
                   .name = task.name,
                   .state = task.running         ? "running"
                            : task.error.empty() ? "ok"
                                                 : "failing",
                   .error = task.error.empty() ? std::nullopt : std::optional(task.error),
                   .started_at = instant(task.started_at),
                   .ended_at = instant(task.ended_at),
                   .next_at = instant(task.next_at)});
  }
  return out;
}

// Of all processors, since the last look.
double Health::busy_percent() {
  const double cpu = parts_.gateway->vitals().cpu_seconds;
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const double wall = std::chrono::duration<double>(now - looked_at_).count();
  const double cores = std::max(1U, std::thread::hardware_concurrency());
  const double share = wall > 0 ? (cpu - cpu_seconds_) / wall / cores : 0;
  cpu_seconds_ = cpu;
  looked_at_ = now;
  return std::clamp(share * 100, 0.0, 100.0);
}

HealthPart Health::server_part() {
  HealthPart part{.id = "server", .name = "Requests"};
  const gateway::Vitals vitals = parts_.gateway->vitals();
  part.facts = {count("in_flight", "At work now", vitals.in_flight),
                count("answered", "Answered since the start", vitals.answered),
                count("failed", "Failed for a reason of the server's", vitals.failed),
                count("limited", "Refused by a rate limit", vitals.limited),
                number("cpu", "Processors busy", "percent", busy_percent(), 100)};
  if (vitals.draining) worsen(part, "warning", "The server stops.");
  return part;
}

void Health::check_database(HealthPart& part) {
  db::Usage usage;
  timed(part, [&] {
    parts_.database->read([](db::Tx& tx) { tx.query("SELECT 1"); });
    usage = db::usage_of(*parts_.database);
  });
  part.facts.insert(part.facts.begin(), text("kind", "Kind", usage.kind + " " + usage.version));
  part.facts.push_back(bytes("size", "Size", usage.bytes));
  if (usage.most == 0) return;
  const int used = usage.open - usage.idle;
  part.facts.push_back(count("connections", "Connections in use", used, usage.most));
  if (used >= usage.most) {
    worsen(part, "warning",
           "All connections are in use: raise database_connections if it stays so.");
  }
}

void Health::check_storage(HealthPart& part) {
  part.facts.push_back(text("kind", "Kind", objects_kind_));
  const objects::Cancelling stops(cancel_);
  timed(part, [&] { parts_.store->list("tables/", "", 1, true); });
  // In a directory that is gone, nothing is found without any error.
  const auto directory = local_objects(parts_.paths.objects_url);
  if (directory && !fs::is_directory(*directory))
    worsen(part, "failing", "The directory of the objects is gone: bring it back.");
}

void Health::check_memory(HealthPart& part) {
  const double resident = parts_.gateway->vitals().resident_bytes;
  const auto most = static_cast<double>(machine_memory());
  part.facts.push_back(bytes("resident", "Of the process", resident, most));
  const auto rows = parts_.engine->connect()->rows(
      "SELECT sum(memory_usage_bytes)::BIGINT, sum(temporary_storage_bytes)::BIGINT "
      "FROM duckdb_memory()");
  const auto value = [&](std::size_t column) {
    return std::stod(rows.at(0).at(column).value_or("0"));
  };
  part.facts.push_back(bytes("engine", "Of statements", value(0), engine_memory_));
  part.facts.push_back(bytes("spilled", "Spilled to the disk", value(1)));
  if (resident > kMuchMemory * most) {
    worsen(part, "warning", "Memory runs short: lower memory_mb, or give the server more.");
  }
}

void Health::check_mail(HealthPart& part) {
  const mail::Backlog backlog = parts_.mail->backlog(identity::Identity::system());
  part.facts = {count("waiting", "Waiting", backlog.waiting), count("sent", "Sent", backlog.sent),
                count("failed", "Given up", backlog.failed)};
  if (!parts_.mail->has_server()) {
    part.state = "off";
    part.text = "Letters are shown in the log. Set smtp_url to send them.";
    return;
  }
  if (!backlog.last_error.empty())
    part.facts.push_back(text("last_error", "Last error", backlog.last_error));
  if (backlog.refused > 0 || backlog.failed_lately > 0)
    worsen(part, "warning", "Letters could not be sent lately: look at the last error.");
}

HealthPart Health::redis_part() {
  HealthPart part{.id = "redis", .name = "Redis"};
  if (!parts_.redis) {
    part.state = "off";
    part.text = "One instance needs none. Set redis_url where several share the work.";
    return part;
  }
  const char* away = "Redis does not answer: each instance goes on by itself until it is back.";
  if (!parts_.redis->up()) {
    part.state = "failing";
    part.text = away;
    return part;
  }
  timed(part, [&] {
    if (!redis::ask_now(*parts_.redis, {"PING"})) worsen(part, "failing", away);
  });
  return part;
}

HealthPart Health::disk_part() const {
  HealthPart part{.id = "disk", .name = "Disk"};
  add_disk(part, "data", "Data directory", parts_.paths.data);
  const auto objects = local_objects(parts_.paths.objects_url);
  if (objects && !objects->starts_with(parts_.paths.data + "/"))
    add_disk(part, "objects", "Objects", *objects);
  return part;
}

HealthPart Health::queries_part() const {
  HealthPart part{.id = "queries", .name = "Statements"};
  const query::Load load = parts_.query->load();
  part.facts = {count("running", "Running", load.running, running_most_),
                count("waiting", "Waiting", load.waiting, waiting_most_)};
  if (load.waiting > 0 && load.running >= running_most_) {
    worsen(part, "warning", "All places are taken: raise queries_at_once if it stays so.");
  }
  return part;
}

HealthPart Health::cache_part() const {
  HealthPart part{.id = "caches", .name = "Cached answers"};
  const query::Load load = parts_.query->load();
  if (answers_most_ == 0) {
    part.state = "off";
    part.text = "Set result_cache_mb to keep answers.";
    return part;
  }
  part.facts = {count("answers", "Answers", load.answers),
                bytes("size", "Memory", load.answer_bytes, answers_most_),
                count("hits", "Answered from the cache", load.hits),
                count("misses", "Computed", load.misses)};
  return part;
}

HealthPart Health::audit_part() const {
  HealthPart part{.id = "audit", .name = "Audit log"};
  try {
    parts_.audit->require_working();
  } catch (const Error& error) {
    part.state = "failing";
    part.text = error.what();
  }
  return part;
}

}  // namespace ob::app
