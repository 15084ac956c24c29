#pragma once
// Who hashes next: passwords cost a fifth of a second of a core each, so few are at work at once,
// and those who wait take turns by network. A flood from one network delays itself.
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace ob::identity {

// Where a hash is asked from. Work of the server's own has neither.
struct Line {
  std::string network;
  bool known = false;  // a device or network of the account: goes first
};

class Gate {
 public:
  // at_once: hashes at a time. most_waiting: of a network; more are refused.
  Gate(unsigned at_once, unsigned most_waiting) : at_once_(at_once), most_waiting_(most_waiting) {}

  class Turn {
   public:
    explicit Turn(Gate& gate) : gate_(gate) {}
    Turn(const Turn&) = delete;
    ~Turn() { gate_.leave(); }

   private:
    Gate& gate_;
  };
  // Blocks until it is its turn, at most 10 s. Throws ob::Error 503 identity.busy.
  Turn enter(const Line& line);

 private:
  struct Waiting {
    const Line* line;
    bool called = false;
  };
  void leave();
  void call_next();

  const unsigned at_once_, most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned running_ = 0;
  std::uint64_t turns_ = 0;
  std::vector<Waiting*> waiting_;                          // in order of arrival
  std::unordered_map<std::string, std::uint64_t> served_;  // network: its last turn
};

}  // namespace ob::identity
