#include "collab/protocol.h"
#include "collab/socket.h"

namespace ob::collab {

namespace asio = boost::asio;

namespace {

// A socket of the y-websocket protocol: one document, named by the address.
class YjsSession final : public Session {
 public:
  explicit YjsSession(std::unique_ptr<Attached> attached) : attached_(std::move(attached)) {}
  void recheck() override { attached_->recheck(); }
  Attached& attached() { return *attached_; }

 private:
  const std::unique_ptr<Attached> attached_;
};

std::optional<Parsed> parse(std::string_view message) {
  Reader reader(message);
  switch (reader.number()) {
    case static_cast<std::uint64_t>(MessageType::sync):
      return parse_sync(reader);
    case static_cast<std::uint64_t>(MessageType::awareness):
      return Parsed{Room::Kind::awareness, std::string(reader.bytes())};
    case static_cast<std::uint64_t>(MessageType::query_awareness):
      return Parsed{Room::Kind::query_awareness, {}};
    case static_cast<std::uint64_t>(MessageType::auth):
      return std::nullopt;
    default:
      throw bad_request("collab.badMessage", "The kind of message is not known.");
  }
}

void refuse(net::WebSocketSender& out, const Error& error) {
  out.push(net::make_frame(denied_message(error.what()), false));
  out.close(close_code(error), error.what());
}

// Lets the visitor in; throws Error.
asio::awaitable<std::shared_ptr<YjsSession>> enter(Rooms& rooms, std::unique_ptr<Visitor> visitor,
                                                   std::string document,
                                                   std::shared_ptr<Peer> peer) {
  const std::uint64_t generation = rooms.gatekeeper().generation();
  auto attach = [&] {
    return std::make_unique<Attached>(rooms, std::move(*visitor), document, peer);
  };
  visitor->caller =
      co_await rooms.authenticator().sign_in(visitor->caller, visitor->credentials.bearer);
  auto session = std::make_shared<YjsSession>(co_await rooms.pool().run(attach));
  rooms.add(session);
  co_await session->attached().join();
  // Rights that changed meanwhile were looked at without this session.
  auto again = [session] { session->recheck(); };
  if (rooms.gatekeeper().generation() != generation) co_await rooms.pool().run(again);
  co_return session;
}

void take(Attached& attached, net::WebSocketSender& out, const net::WebSocket::Message& message) {
  if (message.pong) return;
  try {
    if (message.text) throw bad_request("collab.badMessage", "Messages are binary.");
    auto parsed = parse(message.data);
    if (parsed && !attached.receive(parsed->kind, std::move(parsed->data)))
      throw Error(503, "collab.unavailable", "connect again");
  } catch (const Error& e) {
    out.close(close_code(e), e.what());
  }
}

// Lasts as long as the connection: what only the beginning needs is not in its frame.
asio::awaitable<void> visit(Rooms& rooms, std::unique_ptr<Visitor> visitor, std::string document,
                            std::unique_ptr<net::WebSocket> socket) {
  const auto out = socket->sender();
  std::shared_ptr<YjsSession> session;
  // However this ends.
  const std::shared_ptr<void> farewell(nullptr, [&](void*) {
    if (session) rooms.remove(session.get());
  });
  try {
    auto peer = std::make_shared<Peer>();
    peer->out = out;
    peer->end = [out](int code, const std::string& reason) { out->close(code, reason); };
    session = co_await enter(rooms, std::move(visitor), std::move(document), std::move(peer));
  } catch (const Error& e) {
    refuse(*out, e);
  }
  while (auto message = co_await socket->receive()) {
    if (!session) continue;
    take(session->attached(), *out, *message);
    message.reset();
    if (session->attached().crowded()) co_await pace(session->attached());
  }
}

}  // namespace

asio::awaitable<void> serve_yjs(Rooms& rooms, api::Context& context, std::string document,
                                net::Exchange& exchange) {
  auto visitor = std::make_unique<Visitor>(caller_of(context, exchange.request()),
                                           api::credentials_of(exchange.request()));
  co_await exchange.accept_websocket(
      [&rooms, visitor = std::move(visitor),
       document = std::move(document)](std::unique_ptr<net::WebSocket> socket) mutable {
        return visit(rooms, std::move(visitor), std::move(document), std::move(socket));
      });
}

}  // namespace ob::collab
