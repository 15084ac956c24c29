#pragma once
// Leaky buckets in the database, which all processes share: so much of something in a time.
#include <string>

#include "base/time.h"
#include "db/db.h"

namespace ob::identity {

struct Budget {
  std::string key;  // a hash: what strangers type must not stay
  int burst;        // so many at once …
  Micros each;      // … then one each so long
};

// Whether there is something left; takes it.
bool try_take(db::Tx& tx, const Budget& budget, Micros now);
// The same, but throws Throttled when there is not.
void take(db::Tx& tx, const Budget& budget, Micros now);
void require_left(db::Tx& tx, const Budget& budget, Micros now);  // takes nothing

}  // namespace ob::identity
