#pragma once
// The two ends of a relayed document: where the clients are, and where it is held.
#include <deque>
#include <map>

#include "collab/cluster.h"
#include "collab/envelope.h"

namespace ob::collab {

// Clients of this instance in a document that another one holds.
class Relay final : public Place, public std::enable_shared_from_this<Relay> {
 public:
  Relay(Cluster& cluster, std::string document, std::string holder)
      : cluster_(cluster), document_(std::move(document)), holder_(std::move(holder)) {}
  const std::string& document() const { return document_; }
  const std::string& holder() const { return holder_; }
  bool closed() const;

  bool join(std::shared_ptr<Peer> peer) override;
  void leave(std::shared_ptr<Peer> peer) override;
  bool receive(const std::shared_ptr<Peer>& peer, Kind kind, std::string data) override;
  std::size_t waiting() const override;

  void heard(const Envelope& envelope);
  void close(const std::string& why);  // 1012 to all

 private:
  struct Client {
    std::shared_ptr<Peer> peer;
    bool may_write;  // as the holder knows it
  };
  std::shared_ptr<Peer> find(std::uint64_t client) const;
  void broadcast(const std::string& message, std::uint64_t except);

  Cluster& cluster_;
  const std::string document_, holder_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::map<std::uint64_t, Client> clients_;
  std::atomic<std::int64_t> waiting_ = 0;  // bytes that the holder did not look at yet
};

// Clients of another instance in a document that this one holds.
class Hosted final : public Via, public std::enable_shared_from_this<Hosted> {
 public:
  Hosted(Cluster& cluster, std::string instance, std::string document)
      : cluster_(cluster), instance_(std::move(instance)), document_(std::move(document)) {}
  const std::string& instance() const { return instance_; }
  const std::string& document() const { return document_; }

  void heard(Envelope envelope);
  void ready(std::shared_ptr<Room> room);  // what came meanwhile follows
  void drop();                             // its clients are gone

  void send(std::uint64_t client, std::string_view message, int times) override;
  void broadcast(std::string_view message, std::uint64_t except) override;

 private:
  bool take(const Envelope& envelope);  // false: it is not held any more
  void join(const Envelope& envelope);
  void give_back();

  Cluster& cluster_;
  const std::string instance_, document_;
  std::mutex mutex_;
  bool dropped_ = false;
  std::shared_ptr<Room> room_;  // null while it is loaded
  std::deque<Envelope> early_;
  std::map<std::uint64_t, std::shared_ptr<Peer>> peers_;
  std::uint64_t taken_ = 0;  // bytes, not told yet
};

}  // namespace ob::collab
