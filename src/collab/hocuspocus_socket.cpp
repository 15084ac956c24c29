#include <limits>
#include <map>
#include <mutex>

#include "collab/protocol.h"
#include "collab/socket.h"
#include "net/later.h"

namespace ob::collab {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMostDocuments = 100;       // of one socket
constexpr std::size_t kMostName = 300;            // bytes, with what stands behind a NUL
constexpr std::size_t kMostQueued = 1024 * 1024;  // bytes before a document is opened
constexpr std::size_t kMostMessage = std::numeric_limits<std::size_t>::max();  // the server's limit
constexpr std::string_view kLinkPrefix = "share:";

// A socket of the Hocuspocus protocol: any number of documents, each named before every message,
// and opened by an authentication message.
class HocuspocusSession final : public Session {
 public:
  HocuspocusSession(Rooms& rooms, const Visitor& visitor, std::shared_ptr<net::WebSocketSender> out)
      : rooms_(rooms),
        visitor_(rooms.keep(visitor)),
        request_id_(visitor.caller.request_id),
        out_(std::move(out)) {}

  void recheck() override {
    for (const auto& attached : all()) attached->recheck();
  }

  asio::awaitable<void> take(std::string_view message) {
    constexpr std::string_view kPing{"\x09", 1}, kPong{"\x0a", 1};
    if (message == kPing) {
      out_->push(net::make_frame(kPong, false));
      co_return;
    }
    if (message == kPong) co_return;
    Reader reader(message);
    const std::string name(reader.bytes());
    if (name.size() > kMostName) throw bad_request("collab.badMessage", "The name is too long.");
    const std::uint64_t type = reader.number();
    const auto attached = find(name);
    if (attached) {
      handle(name, *attached, type, reader);
      if (attached->crowded()) co_await pace(*attached);
    } else if (type == static_cast<std::uint64_t>(MessageType::auth)) {
      co_await authenticate(name, reader);
    } else {
      queue(name, message);
    }
  }

  // No document was opened since the beginning, nor is one being opened.
  bool useless() const { return !opened_ && opening_ == 0; }
  bool opened() const { return opened_; }

 private:
  std::shared_ptr<Attached> find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = attached_.find(name);
    return found == attached_.end() ? nullptr : found->second;
  }
  std::vector<std::shared_ptr<Attached>> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Attached>> out;
    for (const auto& [name, attached] : attached_) out.push_back(attached);
    return out;
  }

  void send(const std::string& name, std::string_view message) {
    std::string named;
    put_bytes(named, name);
    named += message;
    out_->push(net::make_frame(named, false));
  }

  void send_auth(const std::string& name, AuthType type, std::string_view text) {
    std::string message;
    message += static_cast<char>(MessageType::auth);
    message += static_cast<char>(type);
    put_bytes(message, text);
    send(name, message);
  }

  // Clients do not wait for the answer to the authentication.
  void queue(const std::string& name, std::string_view message) {
    constexpr std::size_t kOverhead = 256;
    queued_bytes_ += message.size() + kOverhead;
    if (queued_bytes_ > kMostQueued || queued_.size() > kMostDocuments)
      throw bad_request("collab.badMessage", "Authenticate before you send more.");
    queued_[name].emplace_back(message);
  }

  asio::awaitable<void> authenticate(const std::string& name, Reader& reader) {
    if (reader.number() != static_cast<std::uint64_t>(AuthType::token)) co_return;
    const std::string token(reader.bytes());
    Visitor visitor = *visitor_;
    visitor.caller.request_id = request_id_;
    if (token.starts_with(kLinkPrefix)) {
      visitor.credentials.share = token.substr(kLinkPrefix.size());
    } else if (!token.empty()) {
      visitor.credentials.bearer = token;
    }
    auto peer = std::make_shared<Peer>();
    peer->out = out_;
    peer->wire = Peer::Wire::hocuspocus;
    peer->name = name;
    peer->end = [out = out_](int code, const std::string& reason) { out->close(code, reason); };
    std::optional<Error> refused;
    ++opening_;
    try {
      {
        const std::lock_guard lock(mutex_);
        if (attached_.size() >= kMostDocuments)
          throw bad_request("collab.tooManyDocuments", "A connection may open 100 documents.");
      }
      visitor.caller =
          co_await rooms_.authenticator().sign_in(visitor.caller, visitor.credentials.bearer);
      // What stands behind a NUL tells apart several uses of one document.
      auto attach = [&] {
        return std::make_shared<Attached>(rooms_, std::move(visitor),
                                          name.substr(0, name.find('\0')), peer);
      };
      const std::uint64_t generation = rooms_.gatekeeper().generation();
      const auto attached = co_await rooms_.pool().run(attach);
      send_auth(name, AuthType::authenticated, peer->may_write ? "read-write" : "readonly");
      co_await attached->join();
      {
        const std::lock_guard lock(mutex_);
        attached_[name] = attached;
        opened_ = true;
      }
      // Rights that changed meanwhile were looked at without it.
      auto again = [attached] { attached->recheck(); };
      if (rooms_.gatekeeper().generation() != generation) co_await rooms_.pool().run(again);
    } catch (const Error& e) {
      refused = e;
    }
    --opening_;
    const auto waited = queued_.extract(name);
    if (!waited.empty())
      for (const auto& message : waited.mapped()) queued_bytes_ -= message.size() + 256;
    if (refused) {
      // Nothing that holds: the client is to try again. Not all its other documents with it.
      if (refused->status() >= 500 && all().empty()) throw Error(std::move(*refused));
      send_auth(name, AuthType::denied, refused->what());
      co_return;
    }
    if (waited.empty()) co_return;
    for (const auto& message : waited.mapped()) co_await take(message);
  }

  void handle(const std::string& name, Attached& attached, std::uint64_t type, Reader& reader) {
    bool open = true;
    switch (type) {
      case static_cast<std::uint64_t>(MessageType::sync):
      case static_cast<std::uint64_t>(MessageType::sync_reply): {
        auto parsed = parse_sync(reader);
        const bool reply = type == static_cast<std::uint64_t>(MessageType::sync_reply);
        if (reply && parsed->kind == Room::Kind::step1) parsed->kind = Room::Kind::step1_answered;
        open = attached.receive(parsed->kind, std::move(parsed->data));
        break;
      }
      case static_cast<std::uint64_t>(MessageType::awareness):
        open = attached.receive(Room::Kind::awareness, std::string(reader.bytes()));
        break;
      case static_cast<std::uint64_t>(MessageType::query_awareness):
        open = attached.receive(Room::Kind::query_awareness, {});
        break;
      case static_cast<std::uint64_t>(MessageType::broadcast_stateless): {
        std::string message(1, static_cast<char>(MessageType::stateless));
        put_bytes(message, reader.bytes());
        open = attached.receive(Room::Kind::stateless, std::move(message));
        break;
      }
      case static_cast<std::uint64_t>(MessageType::close): {
        const std::lock_guard lock(mutex_);
        attached_.erase(name);
        break;
      }
      case static_cast<std::uint64_t>(MessageType::auth):       // a fresh token: the old one holds
      case static_cast<std::uint64_t>(MessageType::stateless):  // to the server, which wants none
      case static_cast<std::uint64_t>(MessageType::sync_status):
        break;
      default:
        throw bad_request("collab.badMessage", "The kind of message is not known.");
    }
    if (!open) throw Error(503, "collab.unavailable", "connect again");
  }

  Rooms& rooms_;
  const std::shared_ptr<const Visitor> visitor_;
  const std::string request_id_;
  const std::shared_ptr<net::WebSocketSender> out_;
  mutable std::mutex mutex_;  // attached_ is read by other threads, too
  std::map<std::string, std::shared_ptr<Attached>> attached_;
  std::map<std::string, std::vector<std::string>> queued_;
  std::size_t queued_bytes_ = 0;
  bool opened_ = false;  // of the connection's thread, as the next
  int opening_ = 0;
};

asio::awaitable<void> visit(Rooms& rooms, std::unique_ptr<const Visitor> visitor,
                            std::unique_ptr<net::WebSocket> socket) {
  const auto out = socket->sender();
  const auto session = std::make_shared<HocuspocusSession>(rooms, *visitor, out);
  visitor.reset();
  // However this ends.
  const std::shared_ptr<void> farewell(nullptr, [&](void*) { rooms.remove(session.get()); });
  try {
    rooms.add(session);
  } catch (const Error& e) {
    out->close(close_code(e), e.what());
  }
  // Null once a document was opened.
  auto opening = std::make_unique<net::Opening>(
      socket->executor(), out, [&] { return session->useless(); },
      "authenticate for a document within 10 seconds");
  // Strangers do not fill the memory.
  socket->limit(kMostQueued);
  while (auto message = co_await socket->receive()) {
    if (message->pong) continue;
    try {
      if (message->text) throw bad_request("collab.badMessage", "Messages are binary.");
      co_await session->take(message->data);
    } catch (const Error& e) {
      out->close(close_code(e), e.what());
    }
    if (!opening) continue;
    opening->look();
    if (session->opened()) {
      opening.reset();
      socket->limit(kMostMessage);
    }
  }
}

}  // namespace

asio::awaitable<void> serve_hocuspocus(Rooms& rooms, api::Context& context,
                                       net::Exchange& exchange) {
  auto visitor = std::make_unique<const Visitor>(caller_of(context, exchange.request()),
                                                 api::credentials_of(exchange.request()));
  co_await exchange.accept_websocket(
      [&rooms, visitor = std::move(visitor)](std::unique_ptr<net::WebSocket> socket) mutable {
        return visit(rooms, std::move(visitor), std::move(socket));
      });
}

}  // namespace ob::collab
