#include "identity/budget.h"

#include <algorithm>

#include "identity/account_store.h"
#include "identity/identity.h"

namespace ob::identity {
namespace {

constexpr Micros kSecond = 1'000'000;

// How long until there is one more; 0 when there is one now.
Micros missing(const Budget& budget, Micros used_until, Micros now) {
  const Micros next = std::max(used_until, now) + budget.each;
  return std::max<Micros>(0, next - now - budget.burst * budget.each);
}

}  // namespace

bool try_take(db::Tx& tx, const Budget& budget, Micros now) {
  const Micros used = store::budget_used_until(tx, budget.key);
  if (missing(budget, used, now) > 0) return false;
  store::set_budget(tx, budget.key, std::max(used, now) + budget.each);
  return true;
}

void require_left(db::Tx& tx, const Budget& budget, Micros now) {
  const Micros wait = missing(budget, store::budget_used_until(tx, budget.key), now);
  if (wait > 0) throw Throttled((wait + kSecond - 1) / kSecond);
}

void take(db::Tx& tx, const Budget& budget, Micros now) {
  require_left(tx, budget, now);
  try_take(tx, budget, now);
}

}  // namespace ob::identity
