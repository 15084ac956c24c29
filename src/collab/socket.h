#pragma once
// What the two kinds of sockets share: who is there, and what they may do.
#include <boost/asio/awaitable.hpp>

#include "api/api.h"
#include "collab/rooms.h"
#include "net/net.h"

namespace ob::collab {

inline constexpr int kBadMessage = 4400, kSignIn = 4401, kForbidden = 4403, kNoDocument = 4404;

// What the request tells of the caller, before they sign in.
Caller caller_of(const api::Context& context, const net::Request& request);

// A peer that is in a room; looks at rights.
class Attached {
 public:
  // Admits the visitor and loads the document. Blocks. Throws Error.
  Attached(Rooms& rooms, const Visitor& visitor, std::string document, std::shared_ptr<Peer> peer);
  ~Attached();
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

  const Peer& peer() const { return *peer_; }
  const std::shared_ptr<Peer>& shared_peer() const { return peer_; }
  // False when the document left memory: it closed the socket.
  bool receive(Room::Kind kind, std::string data);
  bool crowded() const;  // the room has much to do: wait before you read on
  // Throws Error 503 when the document leaves memory again and again.
  boost::asio::awaitable<void> join();
  void recheck();

 private:
  Access admit(const Caller& caller);

  Rooms& rooms_;
  const std::shared_ptr<const Visitor> visitor_;
  const std::string document_;
  const std::shared_ptr<Peer> peer_;
  std::shared_ptr<Place> place_;
  bool joined_ = false;
};

// A message of the y-protocols behind its type; throws Error 400. Nullopt: of no interest.
struct Parsed {
  Room::Kind kind;
  std::string data;
};
std::optional<Parsed> parse_sync(class Reader& reader);

boost::asio::awaitable<void> serve_yjs(Rooms& rooms, api::Context& context, std::string document,
                                       net::Exchange& exchange);
boost::asio::awaitable<void> serve_hocuspocus(Rooms& rooms, api::Context& context,
                                              net::Exchange& exchange);
// Waits while the room has more to do than it should hold.
boost::asio::awaitable<void> pace(const Attached& attached);

}  // namespace ob::collab
