#pragma once
// How much documents are edited and read, by day and person, for those who own them. Kept for 400
// days.
#include <memory>
#include <string>
#include <vector>

#include "documents/surroundings.h"

namespace ob::documents {

struct ActivityDay {
  std::int64_t day = 0;  // since 1970-01-01
  std::int64_t edits = 0, editors = 0, views = 0, viewers = 0;
};
struct ActivityPerson {
  std::string user;  // empty: guests, all together
  std::int64_t edits = 0, views = 0;
  Micros last_at = 0;
};
struct ActivityReport {
  std::vector<ActivityDay> days;       // those with any, oldest first
  std::vector<ActivityPerson> people;  // the latest first, at most 200
};

// Thread-safe.
class Activity {
 public:
  virtual ~Activity() = default;
  // Blocks. Owners.
  virtual ActivityReport report(const Visitor&, const std::string& document, std::int64_t days) = 0;
  // Somebody opened a document; "" is a guest. Once an hour counts. Does not block: flush() writes.
  virtual void viewed(const std::string& user, const std::string& document) = 0;
  virtual void changed(const collab::Change&) = 0;  // neither does this
  virtual void flush() = 0;
  virtual void clean_up() = 0;  // drops what is older than 400 days
};

std::unique_ptr<Activity> open_activity(const Surroundings&);

}  // namespace ob::documents
