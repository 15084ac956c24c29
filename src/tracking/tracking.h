#pragma once
// Errors are told to a tracker that speaks Sentry's protocol: every line that is logged as an
// error, and what fails in people's pages. Texts are rid of what must not leave (scrub.h).
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ob::tracking {

struct Options {
  std::string dsn;  // https://key@host/project
  std::string environment, release;
  std::string version;  // of this program
};

struct Failure {
  std::string kind;   // of the exception: "internal", "std::bad_alloc", "TypeError"
  std::string text;   // its own
  std::string what;   // what failed: "a request failed"
  std::string where;  // "GET /api/v1/documents/{id}"; of a page its pattern
  std::vector<std::pair<std::string, std::string>> tags = {};
  std::string stack = {};  // of a page, as its browser writes it
  bool page = false;
};

struct Stats {
  std::int64_t sent = 0;
  std::int64_t full = 0;     // no place in the queue, or too many at once
  std::int64_t limited = 0;  // the tracker takes none for now
  std::int64_t failed = 0;   // it did not answer, or refused
};

// Thread-safe. Hears what is logged from its making to stop().
class Tracker {
 public:
  virtual ~Tracker() = default;
  // Does not block, and throws nothing.
  virtual void tell(Failure failure) noexcept = 0;
  virtual Stats stats() = 0;
  // Sends what waits, for some seconds at most.
  virtual void stop() = 0;
};

// Null without a DSN. Throws Error 400 config.badValue for one that is none.
std::unique_ptr<Tracker> open(Options options);

}  // namespace ob::tracking
