// The load on a server of Yjs documents: one light client for all contestants of
// bench/documents.py.
//   type   clients type for some seconds; how long each edit takes to arrive at all the others
//   hold   opens clients, says so, and keeps them open until its standard input ends
//   load   how long a new client waits for a document
//   fill   one client writes many updates
// Prints one line of JSON.
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "client.h"
#include "histogram.h"

namespace {

using namespace load;
namespace json = boost::json;
using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using std::chrono::nanoseconds;

struct Options {
  std::string mode, documents_file;
  Target target;
  int clients = 1, pid = 0, text = 1, addresses = 1;
  double rate = 5, seconds = 10;
  std::uint64_t updates = 1, id = 0;
};

struct Usage {  // of the server
  double cpu = 0;
  double memory = 0;  // MB
};

Usage usage(int pid) {
  if (pid == 0) return {};
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stat, line);
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  double user = 0, system = 0;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  fields >> user >> system;
  Usage found{.cpu = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK))};
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  while (std::getline(status, line)) {
    if (line.starts_with("VmRSS:")) found.memory = std::stod(line.substr(6)) / 1024;
  }
  return found;
}

double seconds_since(Time start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class World {
 public:
  explicit World(Options options) : options_(std::move(options)), epoll_(epoll_create1(0)) {
    std::ifstream file(options_.documents_file);
    for (std::string line; std::getline(file, line);) documents_.push_back(line);
    if (documents_.empty()) throw std::runtime_error("no documents");
  }
  ~World() { ::close(epoll_); }

  json::object type();
  json::object hold();
  json::object load();
  json::object fill();

 private:
  Client& connect(std::size_t document);
  void wait(nanoseconds most);
  template <typename Done>
  void until(Done done, double seconds, const char* what);
  void connect_all(std::vector<Id> known = {});
  void write(Client& client, Id& next, std::uint64_t updates, const std::string& text);

  Options options_;
  int epoll_;
  std::vector<std::string> documents_;
  std::vector<std::unique_ptr<Client>> clients_;
};

Client& World::connect(std::size_t document) {
  const int from = 1 + static_cast<int>(clients_.size()) % options_.addresses;
  clients_.push_back(std::make_unique<Client>(epoll_, options_.target, documents_[document], from));
  return *clients_.back();
}

void World::wait(nanoseconds most) {
  static std::vector<epoll_event> events(1024);
  most = std::max(most, nanoseconds(0));
  const timespec timeout{.tv_sec = most.count() / 1'000'000'000,
                         .tv_nsec = most.count() % 1'000'000'000};
  const int got =
      epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < got; ++i) {
    auto& socket = *static_cast<Socket*>(events[i].data.ptr);
    socket.ready(events[i].events);
    if (socket.closed()) throw std::runtime_error("a socket closed: " + socket.reason());
  }
}

template <typename Done>
void World::until(Done done, double seconds, const char* what) {
  const Time start = Clock::now();
  while (!done()) {
    if (seconds_since(start) > seconds) throw std::runtime_error(std::string("no ") + what);
    wait(std::chrono::milliseconds(100));
  }
}

void World::connect_all(std::vector<Id> known) {
  for (int i = 0; i < options_.clients; ++i) {
    auto& client = connect(i % documents_.size());
    client.known = known;
    // Some at once, not all: servers have queues of their own for connections.
    if (i % 50 == 49) until([&] { return client.synced(); }, 120, "sync");
  }
  until([&] { return std::ranges::all_of(clients_, [](auto& c) { return c->synced(); }); }, 120,
        "sync");
}

// Updates that follow one another; at times it waits until the server has answered, which says that
// it has taken all before.
void World::write(Client& client, Id& next, std::uint64_t updates, const std::string& text) {
  constexpr std::uint64_t kAtOnce = 1000;
  const auto catch_up = [&] {
    client.ask({next});
    until([&] { return client.synced(); }, 300, "answer");
  };
  for (std::uint64_t i = 0; i < updates; ++i) {
    const Id origin{.client = next.client, .clock = next.clock - 1};
    client.send_update(insert_update(next, next.clock == 0 ? nullptr : &origin, text));
    next.clock += text.size();
    if (i % kAtOnce == kAtOnce - 1) catch_up();
  }
  catch_up();
}

json::object World::fill() {
  auto& client = connect(0);
  until([&] { return client.socket().open(); }, 60, "connection");
  const Time start = Clock::now();
  Id next{.client = options_.id};
  write(client, next, options_.updates, std::string(options_.text, 'x'));
  return {{"seconds", seconds_since(start)}};
}

json::object World::hold() {
  const Usage before = usage(options_.pid);
  const Time start = Clock::now();
  connect_all();
  for (std::size_t i = 0; i < std::min(documents_.size(), clients_.size()) && options_.updates;
       ++i) {
    Id next{.client = options_.id + i};
    write(*clients_[i], next, options_.updates, std::string(options_.text, 'x'));
  }
  const double took = seconds_since(start);
  const Time idle = Clock::now();
  while (seconds_since(idle) < options_.seconds) wait(std::chrono::milliseconds(100));
  const Usage after = usage(options_.pid);
  return {{"seconds", took},
          {"before", before.memory},
          {"after", after.memory},
          {"cpu", after.cpu - before.cpu}};
}

json::object World::load() {
  std::vector<double> took;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < options_.updates; ++i) {
    const Time start = Clock::now();
    auto& client = connect(0);
    until([&] { return client.synced(); }, 600, "sync");
    took.push_back(seconds_since(start) * 1000);
    bytes = client.socket().received();
    if (options_.updates > 1) clients_.pop_back();
  }
  std::ranges::sort(took);
  return {{"median", took[took.size() / 2]},
          {"least", took.front()},
          {"most", took.back()},
          {"bytes", bytes}};
}

// Who has seen what of whom, and when it was sent.
struct Typing {
  struct Person {
    Id next;
    std::vector<Time> sent;
    std::vector<std::uint64_t> seen;  // by each of the same document, in their order
  };

  void received(std::size_t reader, Id id, std::uint64_t length) {
    const std::uint64_t who = id.client - base;
    if (who >= people.size() || who == reader) return;
    auto& person = people[who];
    auto& seen = person.seen[reader / documents];
    const std::uint64_t end = (id.clock + length) / text;
    for (; seen < end && seen < person.sent.size(); ++seen) {
      times.add((now - person.sent[seen]).count());
    }
  }

  std::uint64_t base = 0, text = 1;
  std::size_t documents = 1;
  std::vector<Person> people;
  Histogram times;
  Time now;  // when the message that is being read came
};

json::object World::type() {
  connect_all(options_.id ? std::vector<Id>{{options_.id, options_.updates}} : std::vector<Id>());
  std::mt19937_64 random(std::random_device{}());
  const std::size_t count = clients_.size();
  Typing typing{.base = 1 + (random() & 0x7FF) * (1 << 20),
                .text = static_cast<std::uint64_t>(options_.text),
                .documents = documents_.size()};
  typing.people.resize(count);
  std::uint64_t readers = 0;  // of all, over documents
  const double interval = 1e9 / options_.rate;
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < count; ++i) {
    auto& person = typing.people[i];
    person.next.client = typing.base + i;
    person.seen.resize((count - i % documents_.size() - 1) / documents_.size() + 1);
    readers += person.seen.size() - 1;
    order.emplace_back(std::uniform_real_distribution<>(0, interval)(random), i);
    clients_[i]->on_update = [&typing, i](std::string_view update) {
      typing.now = Clock::now();
      each_insert(update, [&](Id id, std::uint64_t length) { typing.received(i, id, length); });
    };
  }
  std::ranges::sort(order);
  const std::string text(options_.text, 'x');
  const Usage before = usage(options_.pid);
  const Time start = Clock::now();
  const auto rounds = static_cast<std::uint64_t>(std::lround(options_.seconds * options_.rate));
  std::uint64_t sent = 0;
  nanoseconds late{0};
  while (sent < rounds * count) {
    const auto& [phase, who] = order[sent % count];
    const Time due = start + nanoseconds(static_cast<std::int64_t>(
                                 phase + interval * static_cast<double>(sent / count)));
    const Time now = Clock::now();
    if (now < due) {
      wait(due - now);
      continue;
    }
    late = std::max(late, nanoseconds(now - due));
    auto& person = typing.people[who];
    const Id origin{.client = person.next.client, .clock = person.next.clock - 1};
    person.sent.push_back(now);
    clients_[who]->send_update(
        insert_update(person.next, person.next.clock == 0 ? nullptr : &origin, text));
    person.next.clock += text.size();
    if (++sent % 16 == 0) {  // late or not, what came is read
      wait(nanoseconds(0));
    }
  }
  const double typed = seconds_since(start);
  const std::uint64_t expected = rounds * readers;
  std::uint64_t last = 0;
  for (Time progress = Clock::now();
       typing.times.count() < expected && seconds_since(progress) < 5;) {
    wait(std::chrono::milliseconds(10));
    if (typing.times.count() != last) progress = Clock::now();
    last = typing.times.count();
  }
  const double took = seconds_since(start);
  const Usage after = usage(options_.pid);
  const auto ms = [&](double share) { return static_cast<double>(typing.times.at(share)) / 1e6; };
  return {{"sent", sent},
          {"expected", expected},
          {"delivered", typing.times.count()},
          {"p50", ms(0.5)},
          {"p95", ms(0.95)},
          {"p99", ms(0.99)},
          {"most", ms(1)},
          {"seconds", took},
          {"typed", typed},
          {"late", static_cast<double>(late.count()) / 1e6},
          {"cpu", after.cpu - before.cpu},
          {"memory", after.memory}};
}

Options parse(int count, char** arguments) {
  if (count < 2) throw std::runtime_error("type, hold, load or fill, then options");
  std::map<std::string, std::string> given;
  for (int i = 2; i + 1 < count; i += 2) given[arguments[i]] = arguments[i + 1];
  const auto take = [&](const char* name, auto fallback) {
    const auto found = given.find(name);
    if (found == given.end()) return fallback;
    std::istringstream text(found->second);
    text >> fallback;
    return fallback;
  };
  Options options{.mode = arguments[1], .documents_file = take("--documents", std::string())};
  options.target = {.port = take("--port", std::uint16_t{0}),
                    .protocol = take("--protocol", std::string()) == "hocuspocus"
                                    ? Protocol::hocuspocus
                                    : Protocol::y_websocket,
                    .prefix = take("--prefix", std::string("/")),
                    .token = take("--token", std::string())};
  options.clients = take("--clients", 1);
  options.pid = take("--pid", 0);
  options.text = take("--text", 1);
  options.addresses = take("--addresses", 1);
  options.rate = take("--rate", 5.0);
  options.seconds = take("--seconds", 10.0);
  options.updates = take("--updates", std::uint64_t{0});
  options.id = take("--id", std::uint64_t{0});
  return options;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const Options options = parse(count, arguments);
    World world(options);
    json::object found;
    if (options.mode == "type") {
      found = world.type();
    } else if (options.mode == "hold") {
      found = world.hold();
    } else if (options.mode == "load") {
      found = world.load();
    } else {
      found = world.fill();
    }
    std::cout << json::serialize(found) << std::endl;
    if (options.mode == "hold") std::cin.get();
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "load: " << e.what() << '\n';
    return 1;
  }
}
