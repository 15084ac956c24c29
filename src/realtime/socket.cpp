// The WebSocket of events.
#include <boost/json/serialize.hpp>

#include "base/error.h"
#include "net/later.h"
#include "realtime/endpoints.h"

namespace ob::realtime {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t kMostMessage = 16 * 1024;
constexpr int kMalformed = 4400, kSignIn = 4401, kTryAgain = 1013;

class SocketClient final : public Client {
 public:
  SocketClient(std::shared_ptr<net::WebSocketSender> sender, std::size_t most)
      : sender_(std::move(sender)), most_(most) {}

  bool tell(const Message& message) override { return push(message.as_frame()); }
  bool tell(const std::string& text) override { return push(net::make_frame(text, true)); }
  void close(int code, const std::string& reason) override { sender_->close(code, reason); }
  std::size_t queued() const override { return sender_->queued(); }
  bool slow() const override { return slow_; }

 private:
  bool push(net::Frame frame) {
    if (sender_->queued() > most_) {
      slow_ = true;
      sender_->close(kTryAgain, "too slow: connect again to catch up");
      return false;
    }
    return sender_->push(std::move(frame));
  }

  const std::shared_ptr<net::WebSocketSender> sender_;
  const std::size_t most_;
  std::atomic<bool> slow_ = false;
};

// What ends a socket.
struct Close {
  int code;
  std::string reason;
};

struct Order {
  std::string type, topic, token;
  std::optional<std::int64_t> after;
};

std::string text_of(const json::object& from, std::string_view name) {
  const json::value* value = from.if_contains(name);
  if (!value) return {};
  if (!value->is_string()) throw Close{kMalformed, std::string(name) + " must be a string"};
  return std::string(value->get_string());
}

Order parse(const net::WebSocket::Message& message) {
  if (!message.text) throw Close{kMalformed, "messages are JSON texts"};
  json::value value;
  try {
    value = api::parse_json(message.data);
  } catch (const Error&) {
    throw Close{kMalformed, "a message is not JSON"};
  }
  const json::object* from = value.if_object();
  if (!from) throw Close{kMalformed, "a message must be a JSON object"};
  Order out{text_of(*from, "type"), text_of(*from, "topic"), text_of(*from, "token"), {}};
  if (const json::value* after = from->if_contains("after"); after && !after->is_null()) {
    boost::system::error_code wrong;
    out.after = after->to_number<std::int64_t>(wrong);
    if (wrong) throw Close{kMalformed, "after must be a whole number"};
  }
  return out;
}

class Socket {
 public:
  Socket(Core& core, Pool& blocking, net::WebSocket& socket)
      : core_(core),
        blocking_(blocking),
        client_(std::make_shared<SocketClient>(socket.sender(), core.options().client_bytes)) {}
  ~Socket() { core_.leave(client_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Throws Close.
  asio::awaitable<void> sign_in(Caller request, api::Credentials credentials) {
    request_ = request;
    std::optional<Close> refused;
    asking_ = true;
    try {
      static_cast<Caller&>(asker_) =
          co_await core_.authenticator().sign_in(std::move(request), credentials.bearer);
    } catch (const Error& error) {
      refused = Close{error.status() < 500 ? kSignIn : kTryAgain, error.what()};
    }
    asking_ = false;
    if (refused) throw Close(std::move(*refused));
    asker_.share = std::move(credentials.share);
    joined_ ? core_.renew(client_, asker_, credentials.bearer)
            : core_.join(client_, asker_, credentials.bearer);
    joined_ = true;
  }

  asio::awaitable<void> handle(const net::WebSocket::Message message) {
    const Order order = parse(message);
    if (order.type == "ping") {
      client_->tell(R"({"type":"pong"})");
    } else if (order.type == "authenticate") {
      co_await sign_in(request_, {order.token, asker_.share});
      client_->tell(R"({"type":"authenticated"})");
    } else if (order.type == "subscribe" || order.type == "unsubscribe") {
      if (!is_topic(order.topic)) throw Close{kMalformed, "there is no topic of such a name"};
      if (order.type == "subscribe") {
        co_await subscribe(order);
      } else if (topics_.erase(order.topic) > 0) {
        core_.unsubscribe(client_, order.topic);
      } else {
        client_->tell(unsubscribed(order.topic));
      }
    } else {
      throw Close{kMalformed, "type must be subscribe, unsubscribe, authenticate or ping"};
    }
  }

  // Somebody unknown who hears nothing, and asked for nothing that is still looked at.
  bool useless() const { return !asking_ && asker_.user_id.empty() && topics_.empty(); }

 private:
  asio::awaitable<void> subscribe(const Order& order) {
    const std::size_t most = core_.options().topics_per_client;
    if (!topics_.contains(order.topic) && topics_.size() >= most) {
      client_->tell(
          refused(order.topic, "A connection has at most " + std::to_string(most) + " topics."));
      co_return;
    }
    const std::uint64_t generation = core_.generation();
    auto ask = [this, &order]() -> std::optional<std::string> {
      try {
        return core_.refusal(asker_, order.topic);
      } catch (const Error&) {
        return "The server could not look whether it is yours to hear. Try again.";
      }
    };
    asking_ = true;
    const auto why = co_await blocking_.run(std::move(ask));
    asking_ = false;
    if (why) {
      if (topics_.erase(order.topic) > 0) core_.unsubscribe(client_, order.topic);
      client_->tell(refused(order.topic, *why));
      co_return;
    }
    topics_.insert(order.topic);
    core_.subscribe(client_, order.topic, order.after, generation);
  }

  Core& core_;
  Pool& blocking_;
  const std::shared_ptr<SocketClient> client_;
  Caller request_;
  Asker asker_;
  bool joined_ = false, asking_ = false;
  std::unordered_set<std::string> topics_;  // that were asked for
};

asio::awaitable<void> visit(Core& core, Pool& blocking, Caller caller, api::Credentials credentials,
                            std::unique_ptr<net::WebSocket> socket) {
  Socket of(core, blocking, *socket);
  std::optional<Close> close;
  net::Opening opening(
      socket->executor(), socket->sender(), [&of] { return of.useless(); },
      "sign in, or subscribe to a topic, within 10 seconds");
  try {
    co_await of.sign_in(std::move(caller), std::move(credentials));
    socket->limit(kMostMessage);
    while (auto message = co_await socket->receive()) {
      if (!message->pong) co_await of.handle(std::move(*message));
      opening.look();
    }
  } catch (const Close& why) {
    close = why;
  }
  if (close) co_await socket->close(close->code, close->reason);
}

}  // namespace

asio::awaitable<void> serve_socket(Core& core, Pool& blocking, api::Context& context,
                                   net::Exchange& exchange) {
  co_await exchange.accept_websocket([&core, &blocking, caller = context.caller,
                                      credentials = api::credentials_of(exchange.request())](
                                         std::unique_ptr<net::WebSocket> socket) mutable {
    return visit(core, blocking, std::move(caller), std::move(credentials), std::move(socket));
  });
}

}  // namespace ob::realtime
