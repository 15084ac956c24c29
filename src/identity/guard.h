#pragma once
// Stands before each guess of a secret (a password, a code). Three limits, so that strangers can
// try fewer than 20 an hour however many addresses they have, and still lock nobody out:
//
//  - of an account from one network (and from one device): a few, then growing delays;
//  - of an account from all networks that it never signed in from, in two budgets that every
//    process shares: one for each neighbourhood (/24, /48) and a larger one for all, so that a
//    stranger in one place leaves room for the owner in another;
//  - a network or a device from which the account did sign in before does not touch the budgets.
#include <functional>
#include <optional>
#include <string>

#include "base/time.h"
#include "db/db.h"
#include "identity/gate.h"
#include "identity/throttle.h"

namespace ob::identity {

// The network of an address: itself, or the /64 of an IPv6 address.
std::string network_of(const std::string& address);

class Guard {
 public:
  // What is guessed, and from where.
  struct Guess {
    std::string account;  // with a prefix for other secrets than its password
    std::string address;
    std::string device;  // of a device that signed in to the account before, else empty
    bool known = false;  // the device, or the network
  };

  explicit Guard(db::Database& database, std::function<Micros()> clock = now_micros)
      : db_(database), clock_(clock), throttle_(std::move(clock)) {}

  class Attempt {
   public:
    Attempt(Guard& guard, const Guess& guess);
    void succeed();
    void fail() { throttled_.fail(); }
    const Line& line() const { return line_; }

   private:
    Guard& guard_;
    const Guess guess_;
    Throttle::Attempt throttled_;
    Line line_;
  };
  // Throws Throttled.
  Attempt begin(const Guess& guess) { return {*this, guess}; }

 private:
  void reserve(const Guess& guess);
  void give_back(const Guess& guess);

  db::Database& db_;
  std::function<Micros()> clock_;
  Throttle throttle_;
};

}  // namespace ob::identity
