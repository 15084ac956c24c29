#pragma once
// One topic on this instance: its last events, and who listens.
#include <chrono>
#include <deque>
#include <map>
#include <unordered_map>
#include <vector>

#include "realtime/message.h"

namespace ob::realtime {

struct Topic {
  using Clock = std::chrono::steady_clock;
  struct Kept {
    MessagePtr message;
    Clock::time_point at;
  };
  struct Waiting {
    std::shared_ptr<Client> client;
    std::optional<std::int64_t> after;
  };

  explicit Topic(std::string topic) : name(std::move(topic)) {}

  const std::string name;
  std::unordered_map<Client*, std::shared_ptr<Client>> clients;
  Clock::time_point unused_since = Clock::now();

  // `kept` holds all of the numbers after `floor` up to `last`.
  std::deque<Kept> kept;
  std::size_t bytes = 0;
  std::int64_t floor = 0, last = 0;

  // With Redis: what came before its turn, while Redis is asked for what is between.
  bool known = false;                   // where it stands; until then clients wait
  bool asking = false, failed = false;  // it did not answer
  bool soon = false;                    // it will be asked if that does not come by itself
  std::int64_t asked_after = 0;
  std::map<std::int64_t, MessagePtr> early;
  std::vector<Waiting> waiting;

  void start_at(std::int64_t number) {
    kept.clear();
    bytes = 0;
    floor = last = number;
    known = true;
  }
  // The next one.
  void keep(MessagePtr message, Clock::time_point now) {
    last = message->sequence;
    bytes += message->cost();
    kept.push_back({std::move(message), now});
  }
  void drop_oldest() {
    floor = kept.front().message->sequence;
    bytes -= kept.front().message->cost();
    kept.pop_front();
  }
  // Whether everything after that number is here.
  bool reaches(std::int64_t after) const { return after >= floor && after <= last; }
};

}  // namespace ob::realtime
