#include "identity/guard.h"

#include <arpa/inet.h>

#include <array>

#include "base/ids.h"
#include "identity/account_store.h"
#include "identity/budget.h"
#include "identity/identity.h"

namespace ob::identity {
namespace {

constexpr Micros kSecond = 1'000'000;

// The first `bytes` bytes of an IPv6 address as text; nullopt for others, IPv4 in IPv6 too.
std::optional<std::string> prefix_v6(const std::string& address, std::size_t bytes) {
  in6_addr parsed;
  if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1 || IN6_IS_ADDR_V4MAPPED(&parsed)) {
    return std::nullopt;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "v6:";
  for (std::size_t i = 0; i < bytes; ++i) {
    out += kHex[parsed.s6_addr[i] >> 4];
    out += kHex[parsed.s6_addr[i] & 15];
  }
  return out;
}

// Whoever owns one IPv6 address mostly owns its /48.
std::string neighbourhood_of(const std::string& address) {
  return prefix_v6(address, 6).value_or(address.substr(0, address.rfind('.')));
}

// 8 + 5 and 12 + 6 guesses in any hour. The keys are hashes: what strangers type (a password in the
// field of the email) must not stay.
std::array<Budget, 2> budgets_of(const Guard::Guess& guess) {
  return {{{sha256_hex("near|" + neighbourhood_of(guess.address) + "|" + guess.account), 8,
            720 * kSecond},
           {sha256_hex("all|" + guess.account), 12, 515 * kSecond}}};
}

std::string place_of(const Guard::Guess& guess) {
  return guess.device.empty() ? guess.address : "device:" + guess.device;
}

}  // namespace

std::string network_of(const std::string& address) {
  return prefix_v6(address, 8).value_or(address);
}

Guard::Attempt::Attempt(Guard& guard, const Guess& guess)
    : guard_(guard),
      guess_(guess),
      throttled_(guard.throttle_.begin(guess.account, place_of(guess))),
      line_{.network = network_of(guess.address), .known = guess.known} {
  if (!guess_.known) guard_.reserve(guess_);
}

void Guard::Attempt::succeed() {
  throttled_.succeed();
  if (!guess_.known) guard_.give_back(guess_);
}

void Guard::reserve(const Guess& guess) {
  const auto budgets = budgets_of(guess);
  const Micros now = clock_();
  // A flood is refused without a write.
  db_.read([&](db::Tx& tx) {
    for (const Budget& budget : budgets) require_left(tx, budget, now);
  });
  db_.write([&](db::Tx& tx) {
    store::delete_unused_budgets(tx, now);
    for (const Budget& budget : budgets) take(tx, budget, now);
  });
}

void Guard::give_back(const Guess& guess) {
  db_.write([&](db::Tx& tx) {
    for (const Budget& budget : budgets_of(guess)) {
      store::set_budget(tx, budget.key, store::budget_used_until(tx, budget.key) - budget.each);
    }
  });
}

}  // namespace ob::identity
