#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "fetch/fetch.h"
#include "tracking/dsn.h"
#include "tracking/event.h"
#include "tracking/quota.h"
#include "tracking/scrub.h"
#include "tracking/tracking.h"

namespace ob::tracking {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMostText = 4096, kMostStack = 20'000;
constexpr int kTimeoutSeconds = 3;
constexpr milliseconds kStopWithin{2000};
constexpr milliseconds kFirstRest{1000}, kLongestRest{60'000};  // after a failure

std::string name_of_host() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "";
  return name.data();
}

std::string text_of(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

// Of a line's fields only those are looked at that say what failed, not on whose data.
Failure failure_of(std::string_view message, log::Fields fields) {
  Failure out{.what = std::string(message)};
  std::string error, cause, method, route;
  for (const log::Field& field : fields) {
    const std::string value = text_of(field.value);
    if (field.name == "error") error = value;
    if (field.name == "cause" || field.name == "reason") cause = value;
    if (field.name == "kind") out.kind = value;
    if (field.name == "method") method = value;
    if (field.name == "route") route = value;
    if (field.name == "request_id" || field.name == "status")
      out.tags.emplace_back(field.name, value);
  }
  if (out.kind.empty()) out.kind = out.what;
  out.text = cause.empty() ? error : cause;
  if (out.text.empty()) out.text = out.what;
  if (!route.empty()) out.where = method.empty() ? route : method + " " + route;
  return out;
}

struct Waiting {
  Failure failure;
  Micros at = 0;
};

// Errors come by the thousand when a database goes away, and pages tell what anybody likes: each
// kind has places and a budget of its own. Not thread-safe.
class Lane {
 public:
  // As many wait at most, and are taken at once; then `a_second`.
  Lane(double most, double a_second) : most_(most), a_second_(a_second) {}

  bool put(Failure failure) {
    const auto now = Clock::now();
    const std::chrono::duration<double> passed = now - counted_;
    left_ = std::min(most_, left_ + passed.count() * a_second_);
    counted_ = now;
    if (left_ < 1 || static_cast<double>(waiting.size()) >= most_) return false;
    waiting.push_back({std::move(failure), now_micros()});
    left_ -= 1;
    return true;
  }

  std::deque<Waiting> waiting;

 private:
  const double most_, a_second_;
  double left_ = most_;
  Clock::time_point counted_ = Clock::now();
};

class TrackerImpl final : public Tracker {
 public:
  explicit TrackerImpl(Options options)
      : dsn_(parse_dsn(options.dsn)),
        sender_{.server = name_of_host(),
                .environment = std::move(options.environment),
                .release = std::move(options.release),
                .version = std::move(options.version)},
        client_({.private_hosts = {dsn_.host}}),  // the administrator's own choice
        auth_("Sentry sentry_version=7, sentry_client=openbricks/" + sender_.version +
              ", sentry_key=" + dsn_.key +
              (dsn_.secret.empty() ? "" : ", sentry_secret=" + dsn_.secret)),
        thread_([this] { run(); }) {
    log::on_error([this](std::string_view message, log::Fields fields) {
      tell(failure_of(message, fields));
    });
  }
  ~TrackerImpl() override { stop(); }

  void tell(Failure failure) noexcept override {
    try {
      // What waits is of bounded size.
      for (std::string* text : {&failure.kind, &failure.text, &failure.what, &failure.where})
        text->resize(shortened(*text, kMostText).size());
      failure.stack.resize(shortened(failure.stack, kMostStack).size());
      const std::lock_guard lock(mutex_);
      Lane& lane = failure.page ? pages_ : server_;
      if (stop_by_ || !lane.put(std::move(failure))) {
        ++stats_.full;
        return;
      }
      wake_.notify_one();
    } catch (...) {  // no memory: there is nothing to tell it to
    }
  }

  Stats stats() override {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

  void stop() override {
    log::on_error(nullptr);
    {
      const std::lock_guard lock(mutex_);
      if (!stop_by_) stop_by_ = Clock::now() + kStopWithin;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  // With mutex_.
  std::size_t waiting() const { return server_.waiting.size() + pages_.waiting.size(); }

  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stop_by_ || waiting() > 0; });
      if (waiting() == 0 || (stop_by_ && Clock::now() >= *stop_by_)) return;
      if (Clock::now() < limited_until_) {
        stats_.limited += static_cast<std::int64_t>(waiting());
        server_.waiting.clear();
        pages_.waiting.clear();
        continue;
      }
      // The tracker is away: what waits stays, and what finds no place is counted.
      if (Clock::now() < rest_until_) {
        if (stop_by_) return;
        wake_.wait_until(lock, rest_until_, [this] { return stop_by_.has_value(); });
        continue;
      }
      Lane& lane = server_.waiting.empty() ? pages_ : server_;
      const Waiting one = std::move(lane.waiting.front());
      lane.waiting.pop_front();
      lock.unlock();
      const Outcome outcome = send(one);
      lock.lock();
      note(outcome);
    }
  }

  struct Outcome {
    int status = 0;  // 0: no answer
    milliseconds pause{0};
  };

  Outcome send(const Waiting& one) {
    try {
      const fetch::Response answer = client_.send(
          {.method = "POST",
           .url = dsn_.envelopes,
           .headers = {{"Content-Type", "application/x-sentry-envelope"}, {"X-Sentry-Auth", auth_}},
           .body = envelope_of(one.failure, sender_, one.at),
           .timeout_s = kTimeoutSeconds});
      const milliseconds pause = pause_of(answer.status, answer.header("retry-after"),
                                          answer.header("x-sentry-rate-limits"));
      say(answer.status, "");
      return {.status = answer.status, .pause = pause};
    } catch (const Error& e) {
      say(0, e.what());
    } catch (const std::exception& e) {
      say(0, e.what());
    }
    return {};
  }

  // Once when it begins to fail, once when it is over. Not as an error, which would be told, too.
  void say(int status, std::string_view error) {
    const bool good = taken(status);
    if (good == !away_) return;
    away_ = !good;
    if (good) return log::info("the error tracker takes errors again");
    log::warn("the error tracker takes no errors", {{"status", status}, {"error", error}});
  }
  static bool taken(int status) { return (status >= 200 && status < 300) || status == 429; }

  // With mutex_.
  void note(const Outcome& outcome) {
    const auto now = Clock::now();
    if (outcome.pause.count() > 0) limited_until_ = now + outcome.pause;
    if (outcome.status == 429) {
      ++stats_.limited;
    } else if (taken(outcome.status)) {
      ++stats_.sent;
    } else {
      ++stats_.failed;
    }
    if (outcome.status != 0 && outcome.status < 500) {
      rest_ = kFirstRest;
      return;
    }
    rest_until_ = now + rest_;
    rest_ = std::min(rest_ * 2, kLongestRest);
  }

  const Dsn dsn_;
  const Sender sender_;
  fetch::Client client_;
  const std::string auth_;
  bool away_ = false;  // of the thread
  std::mutex mutex_;
  std::condition_variable wake_;
  Lane server_{100, 1}, pages_{20, 0.2};
  Stats stats_;
  Clock::time_point limited_until_, rest_until_;
  milliseconds rest_ = kFirstRest;
  std::optional<Clock::time_point> stop_by_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace

std::unique_ptr<Tracker> open(Options options) {
  if (options.dsn.empty()) return nullptr;
  return std::make_unique<TrackerImpl>(std::move(options));
}

}  // namespace ob::tracking
