#pragma once
// What people are told by letter of what they did not read.
#include "notify/notify.h"

namespace ob::notify {

struct Told {
  Item item;
  std::string from;  // a name
};
// Of one object, oldest first, at least one; `more` beside them.
mail::Letter letter_of(const std::string& to, const std::vector<Told>& told, bool more,
                       const std::string& public_url);

}  // namespace ob::notify
