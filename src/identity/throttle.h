#pragma once
// Slows the guessing of passwords: after some failures of an account from an address, and of an
// address over all accounts, each further attempt waits twice as long.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace ob::identity {

class Throttle {
 public:
  explicit Throttle(std::function<Micros()> clock = now_micros) : clock_(std::move(clock)) {}

  // Ends with fail(), succeed(), or neither when the password was not looked at.
  enum class Outcome { unknown, right, wrong };
  class Attempt {
   public:
    Attempt(Throttle& throttle, std::string pair, std::string address)
        : throttle_(throttle), pair_(std::move(pair)), address_(std::move(address)) {}
    Attempt(const Attempt&) = delete;
    ~Attempt() { throttle_.end(pair_, address_, outcome_); }
    void succeed() { outcome_ = Outcome::right; }
    void fail() { outcome_ = Outcome::wrong; }

   private:
    Throttle& throttle_;
    std::string pair_, address_;
    Outcome outcome_ = Outcome::unknown;
  };

  // Throws Throttled. Attempts at the same time cannot exceed the free ones: those beyond wait.
  Attempt begin(const std::string& account, const std::string& address);

 private:
  struct Entry {
    int failures = 0;
    int running = 0;
    Micros blocked_until = 0;
    Micros last = 0;
  };
  struct Limit {
    int free;             // failures without any delay
    std::int64_t most_s;  // the longest delay
  };
  static constexpr Limit kPair{5, 900}, kAddress{50, 60};

  bool ready(Entry& entry, const Limit& limit);
  void end(const std::string& pair, const std::string& address, Outcome outcome);
  void forget_old();

  std::function<Micros()> clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace ob::identity
