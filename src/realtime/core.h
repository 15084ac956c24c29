#pragma once
// The hub itself: all topics and clients belong to one thread of its own, which never blocks; what
// blocks (may they hear it?) is asked by a second one.
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "realtime/journal.h"
#include "realtime/realtime.h"
#include "realtime/topic.h"

namespace ob::realtime {

class Core final : public Hub {
 public:
  Core(Needs needs, const Options& options);
  ~Core() override;

  void publish(const std::string& topic, const boost::json::value& data) override;
  void allow(std::string prefix, Allow may) override;
  void stop() override;
  Stats stats() const override;

  // ---- for endpoints, any thread
  api::Authenticator& authenticator() { return needs_.authenticator; }
  const Options& options() const { return options_; }
  // As it was known a moment ago; what was allowed since is looked at again.
  std::uint64_t generation() const { return generation_; }
  // Why they may not hear it; nullopt: they may. Blocks.
  std::optional<std::string> refusal(const Asker& asker, const std::string& topic) const;

  void join(std::shared_ptr<Client> client, Asker asker, std::string bearer);
  void leave(const std::shared_ptr<Client>& client);
  // They signed in anew; what they listen to is looked at again.
  void renew(const std::shared_ptr<Client>& client, Asker asker, std::string bearer);
  // generation: from before they were allowed to. after: the last number that they have.
  void subscribe(std::shared_ptr<Client> client, const std::string& topic,
                 std::optional<std::int64_t> after, std::uint64_t generation);
  void unsubscribe(const std::shared_ptr<Client>& client, const std::string& topic);

 private:
  using Clock = std::chrono::steady_clock;
  struct Session {
    std::shared_ptr<Client> client;
    Asker asker;
    std::string bearer;
    std::unordered_map<std::string, std::uint64_t> topics;  // with the generation that allowed it
  };
  // What the second thread looks at, and what it found.
  struct Check {
    std::shared_ptr<Client> client;
    Asker asker;
    std::string bearer;
    std::vector<std::string> topics;
  };

  template <class Fn>
  void on_thread(Fn fn) {
    boost::asio::post(io_, std::move(fn));
  }

  // ---- hub.cpp: events
  void heard(std::string_view text);
  void arrive(const std::string& name, std::int64_t number, bool is_gap, std::string_view data);
  void hear(std::string_view text);
  void read_all();
  void next_local(const std::string& name, std::string data);
  void lose(const std::string& name);
  void tell_lost();
  void append(const std::string& topic, const std::string& data, bool is_gap, std::int64_t beyond);
  void read_on(Topic& topic);
  void read_soon(Topic& topic);
  void have_read(const std::string& name, std::optional<Journal::Past> past);
  void catch_up(Topic& topic, const Journal::Past& past);
  void take_early(Topic& topic);
  void add(Topic& topic, MessagePtr message);
  void tell_gap(Topic& topic, std::int64_t number);
  void tell_all(Topic& topic, const Message& message);
  void halve();

  // ---- clients.cpp
  Topic* find(const std::string& name);
  Topic& topic_of(const std::string& name);
  void begin(Topic& topic, const Topic::Waiting& who);
  void drop(Client* client);
  void drop_topic(Client* client, const std::string& name);
  void tick();
  void forget_old(Clock::time_point now);
  std::uint64_t ask_generation(std::uint64_t otherwise) const;
  void want_check();
  void run_checks();
  std::vector<Check> to_check(bool all, std::uint64_t generation);
  void check(const Check& one, std::uint64_t generation);
  void check_topics(const Check& one, const Asker& asker, std::uint64_t generation);

  const Needs needs_;
  const Options options_;
  std::vector<std::pair<std::string, Allow>> rules_;
  std::optional<Journal> journal_;

  // All below belong to the thread.
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  boost::asio::steady_timer timer_{io_};
  std::unordered_map<std::string, std::unique_ptr<Topic>> topics_;
  std::unordered_map<Client*, Session> sessions_;
  std::size_t kept_bytes_ = 0;
  std::unordered_set<std::string> lost_;  // topics with events that other instances do not know
  Clock::time_point looked_ = Clock::now(), touched_ = looked_;
  std::uint64_t newest_generation_ = 0;
  bool stopped_ = false;

  // Of events on their way to the thread, and to Redis.
  std::atomic<std::size_t> waiting_bytes_ = 0, sending_bytes_ = 0;
  std::atomic<bool> behind_ = false;  // the thread is too slow for the bus
  std::atomic<std::uint64_t> published_ = 0, delivered_ = 0, slow_ = 0, gaps_ = 0;
  std::atomic<std::size_t> connections_ = 0, topic_count_ = 0, subscriptions_ = 0;

  std::atomic<std::uint64_t> generation_ = 1;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool check_wanted_ = false;  // somebody was allowed before the generation moved
  std::thread thread_, checker_;
  bus::Subscription subscription_;
};

}  // namespace ob::realtime
