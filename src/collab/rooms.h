#pragma once
// All documents in memory, the sockets that use them, and the work that time brings.
#include <boost/asio/thread_pool.hpp>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/pool.h"
#include "collab/cluster.h"
#include "collab/collab.h"
#include "collab/room.h"

namespace ob::collab {

// Who opened a socket, and what with.
struct Visitor {
  Caller caller;  // without a user_id: anonymous
  api::Credentials credentials;
};

// A socket, as the look at rights sees it.
class Session {
 public:
  virtual ~Session() = default;
  // Asks the gatekeeper again; closes what is not allowed any more. Blocks; one call at a time.
  virtual void recheck() = 0;
};

class Rooms final : public Service, private Cluster::Host {
 public:
  using OpenStore = std::function<std::unique_ptr<Store>(StoreOptions)>;
  Rooms(const OpenStore& open_store, Options options);
  ~Rooms() override;

  void set_gatekeeper(Gatekeeper& gatekeeper, api::Authenticator& authenticator) override {
    gatekeeper_ = &gatekeeper;
    authenticator_ = &authenticator;
  }
  void share(bus::Bus& bus, redis::Client& redis) override;
  void on_change(std::function<void(const Change&)> changed) override {
    changed_ = std::move(changed);
  }
  void on_open(std::function<void(const Caller&, const std::string&)> opened) override {
    opened_ = std::move(opened);
  }
  void start(net::Loops& loops) override;
  void stop() override;
  Metrics metrics() override;

  std::string delta(const std::string& document) override;
  std::string text(const std::string& document) override;
  void apply(const std::string& document, const std::string& update,
             const std::string& user) override;
  void apply_delta(const std::string& document, const std::string& delta,
                   const std::string& user) override;
  void set_delta(const std::string& document, const std::string& delta,
                 const std::string& user) override;
  void remove(const std::string& document) override;

  std::unique_ptr<Following> follow(const std::string& document, std::shared_ptr<Follower> follower,
                                    std::function<void(const std::string&)> begin) override;

  std::shared_ptr<void> watch_rights(std::function<void()> look) override;

  // For sockets.
  Gatekeeper& gatekeeper() { return *gatekeeper_; }
  api::Authenticator& authenticator() { return *authenticator_; }
  Pool& pool() override { return pool_; }
  Counters& counters() { return counters_; }
  // Where the document is used, here or by way of another instance. Blocks. Throws Error 503
  // collab.unavailable.
  std::shared_ptr<Place> find(const std::string& document);
  // The document in this instance's memory, loaded if need be. Blocks. Throws the same.
  std::shared_ptr<Room> open(const std::string& document);
  void opened(const Caller& caller, const std::string& document) {
    if (opened_) opened_(caller, document);
  }
  // Somebody's tabs and documents are the same visitor's, but for the request: they share it.
  std::shared_ptr<const Visitor> keep(Visitor visitor);
  // Throws Error 503 when there are too many.
  void add(const std::shared_ptr<Session>& session);
  void remove(const Session* session);

 private:
  using Loading = std::shared_future<std::shared_ptr<Room>>;
  std::shared_ptr<Room> load(const std::string& document);
  void forget(const std::string& document, const Room* room);
  static void close_and_wait(const Loading& loading);
  // The instance that holds it, if that is another one. Blocks.
  std::optional<std::string> elsewhere(const std::string& document);
  Crdt stored(const std::string& document);  // as it is in the store
  std::shared_ptr<Room> hold(const std::string& document) override { return open(document); }
  void give_up(const std::string& document, const std::string& why) override;
  void remove_here(const std::string& document) override;
  void tick();
  void look_at_rights();
  void tell_changes();
  void forget_idle();
  std::vector<std::shared_ptr<Room>> loaded();
  template <class Ask>
  void ask(const std::string& document, Ask ask);
  void read(const std::string& document, const std::function<void(const Crdt&)>& read);
  void change(const std::string& document, const std::function<Room::Made(Crdt&)>& make,
              const std::string& user);

  const Options options_;
  Counters counters_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Cluster> cluster_;  // null: this instance is alone
  Pool pool_;                         // what blocks for a moment: loads, rights
  Pool listeners_;                    // what other modules do of what is told here
  Room::Setup setup_;
  Gatekeeper* gatekeeper_ = nullptr;
  api::Authenticator* authenticator_ = nullptr;
  std::function<void(const Change&)> changed_;
  std::function<void(const Caller&, const std::string&)> opened_;
  net::Loops* loops_ = nullptr;

  std::mutex mutex_;
  std::unordered_map<std::string, Loading> rooms_;
  std::unordered_map<const Session*, std::weak_ptr<Session>> sessions_;
  std::mutex visitors_mutex_;
  // By their credentials.
  std::map<std::pair<std::string_view, std::string_view>, std::weak_ptr<const Visitor>> visitors_;
  std::uint64_t seen_generation_ = 0;
  std::condition_variable wake_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> telling_ = false, looking_ = false;
  std::thread ticker_;
};

}  // namespace ob::collab
