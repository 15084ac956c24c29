#pragma once
// Several instances: which of them holds a document, and how the clients of the others get there.
//
// A document is held by the instance whose name stands in Redis, as long as that one gives signs of
// life there. Clients of other instances are relayed to it over the bus: what they say goes to the
// holder, what all are told comes back once for each instance. Whenever something may have been
// lost (a gap of the bus, a holder that died or lost the document) the clients in question are sent
// away with 1012 and connect again, which loses nothing: what they were not told of as stored they
// still have, and the rest is in the store. Two holders for a moment do no harm either: the store
// only appends, and who learns that another wrote, too, loads the document anew.
#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/pool.h"
#include "bus/bus.h"
#include "collab/room.h"
#include "redis/redis.h"

namespace ob::collab {

class Hosted;
class Relay;
struct Envelope;

class Cluster {
 public:
  // The documents of this instance.
  class Host {
   public:
    virtual ~Host() = default;
    // Loads it if need be. Blocks. Throws Error 503.
    virtual std::shared_ptr<Room> hold(const std::string& document) = 0;
    // Sends all away that use it here, and forgets it.
    virtual void give_up(const std::string& document, const std::string& why) = 0;
    virtual void remove_here(const std::string& document) = 0;  // blocks
    virtual Pool& pool() = 0;
  };
  Cluster(bus::Bus& bus, redis::Client& redis, Host& host);
  ~Cluster();
  // The others take over at once.
  void stop();

  // Who holds the document; nullopt: this instance, from now on. Blocks.
  std::optional<std::string> holder(const std::string& document);
  void release(const std::string& document);  // it left memory
  std::shared_ptr<Place> relay(const std::string& document, const std::string& holder);
  // Asks the holder to store an update, or to remove the document. Block. Throw Error 503.
  void apply(const std::string& document, const std::string& holder, const std::string& update,
             const std::string& user);
  void remove(const std::string& document, const std::string& holder);
  // What this instance stored without holding it, the holder has to load.
  void tell_stale(const std::string& document, const std::string& holder);

 private:
  friend class Hosted;
  friend class Relay;
  using Clock = std::chrono::steady_clock;
  using Key = std::pair<std::string, std::string>;  // instance, document

  void send(const std::string& to, Envelope envelope);
  void heard(std::string_view message);
  void heard_by_holder(const Envelope& envelope);
  void heard_by_relay(const Envelope& envelope);
  void serve(const Envelope& envelope);  // apply and remove
  void answer(const Envelope& question, bool done);
  void give_up(const std::string& document, const std::string& why);
  void ask(const std::string& holder, Envelope envelope);
  void reset_all(const std::string& why);
  void drop(const std::string& instance, const std::string& why);
  void forget(const Hosted* hosted);
  void forget(const Relay* relay);
  void run();
  void beat();
  void watch();
  bool listens(const std::string& instance);
  void renew();
  void later(std::function<void()> work);

  bus::Bus& bus_;
  redis::Client& redis_;
  Host& host_;
  const std::string id_;
  std::atomic<std::uint64_t> next_ = 0;  // clients and questions

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::atomic<bool> silent_ = false;  // the bus may be gone
  std::size_t renewing_ = 0;          // questions to Redis
  std::vector<std::function<void()>> work_;
  std::optional<Clock::time_point> gap_since_;  // messages were lost
  std::set<std::string> held_;
  std::map<std::string, std::shared_ptr<Relay>> relays_;
  std::map<Key, std::shared_ptr<Hosted>> hosted_;
  std::map<std::uint64_t, std::promise<bool>> questions_;
  // Of the thread:
  std::optional<Clock::time_point> away_since_;
  std::map<std::string, int> deaf_;  // looks at which nobody listened
  std::thread thread_;
  bus::Subscription inbox_, all_;
};

}  // namespace ob::collab
