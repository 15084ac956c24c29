// The stream of events (text/event-stream).
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/error.h"
#include "realtime/endpoints.h"

namespace ob::realtime {

namespace asio = boost::asio;

namespace {

using Places = std::map<std::string, std::int64_t>;

// "document:1=17,user:2=5": names of topics have neither of these.
std::string encode(const Places& places) {
  std::string out;
  for (const auto& [topic, number] : places) {
    out += (out.empty() ? "" : ",") + topic + "=" + std::to_string(number);
  }
  return out;
}

// What makes no sense is passed over: its topic begins with now.
Places decode(std::string_view text) {
  Places out;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const auto equals = part.find('=');
    std::int64_t number = 0;
    const char* end = part.data() + part.size();
    if (equals == part.npos) continue;
    const auto [last, bad] = std::from_chars(part.data() + equals + 1, end, number);
    if (bad == std::errc{} && last == end) out[std::string(part.substr(0, equals))] = number;
  }
  return out;
}

class StreamClient final : public Client {
 public:
  StreamClient(asio::any_io_executor executor, std::size_t most)
      : executor_(executor), timer_(executor), most_(most) {}

  bool tell(const Message& message) override {
    const std::scoped_lock lock(mutex_);
    places_[message.topic] = message.sequence;
    return put("id: " + encode(places_) + "\ndata: " + message.json + "\n\n");
  }
  bool tell(const std::string& text) override {
    const std::scoped_lock lock(mutex_);
    return put("data: " + text + "\n\n");
  }
  void close(int code, const std::string& reason) override {
    const std::scoped_lock lock(mutex_);
    put(R"(data: {"type":"closed","code":)" + std::to_string(code) + R"(,"reason":)" +
        boost::json::serialize(boost::json::string(reason)) + "}\n\n");
    ended_ = true;
  }
  std::size_t queued() const override {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
  }
  bool slow() const override {
    const std::scoped_lock lock(mutex_);
    return slow_;
  }

  // ---- on the connection's strand

  // What to write next; empty when there is nothing for that long; nullopt at the end.
  asio::awaitable<std::optional<std::string>> next(std::chrono::seconds patience) {
    if (auto ready = take()) co_return std::move(*ready);
    timer_.expires_after(patience);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (auto ready = take()) co_return std::move(*ready);
    co_return std::string();
  }

  void wake() {
    asio::post(executor_, [weak = std::weak_ptr(self_.lock())] {
      if (const auto client = weak.lock()) client->timer_.cancel();
    });
  }
  void end() {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    wake();
  }
  void set_self(const std::shared_ptr<StreamClient>& self) { self_ = self; }

 private:
  bool put(std::string_view text) {
    if (ended_) return false;
    if (queue_.size() + text.size() > most_) {
      slow_ = ended_ = true;  // it connects again and goes on from its last id
    } else {
      queue_ += text;
    }
    wake();
    return !ended_;
  }
  // nullopt: nothing now; a nullopt in it: the end.
  std::optional<std::optional<std::string>> take() {
    const std::scoped_lock lock(mutex_);
    if (!queue_.empty()) return std::exchange(queue_, {});
    if (ended_) return std::optional<std::string>();
    return std::nullopt;
  }

  const asio::any_io_executor executor_;
  asio::steady_timer timer_;
  const std::size_t most_;
  std::weak_ptr<StreamClient> self_;
  mutable std::mutex mutex_;
  Places places_;
  std::string queue_;
  bool ended_ = false, slow_ = false;
};

// Asks for all topics at once; throws when none may be heard.
asio::awaitable<std::vector<std::string>> allowed_of(Core& core, Pool& blocking, const Asker& asker,
                                                     const std::vector<std::string>& topics,
                                                     StreamClient& client) {
  auto ask = [&] {
    std::vector<std::optional<std::string>> out;
    for (const auto& topic : topics) out.push_back(core.refusal(asker, topic));
    return out;
  };
  const auto refusals = co_await blocking.run(std::move(ask));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    refusals[i] ? static_cast<void>(client.tell(refused(topics[i], *refusals[i])))
                : out.push_back(topics[i]);
  }
  if (!out.empty()) co_return out;
  if (asker.user_id.empty() && asker.share.empty()) {
    throw unauthenticated("auth.missing",
                          "Sign in, or send an API key: Authorization: Bearer <token>.");
  }
  throw forbidden("events.refused", refusals.front().value_or(""));
}

class Joined {
 public:
  Joined(Core& core, std::shared_ptr<StreamClient> client)
      : core_(core), client_(std::move(client)) {}
  ~Joined() { core_.leave(client_); }
  Joined(const Joined&) = delete;
  Joined& operator=(const Joined&) = delete;

 private:
  Core& core_;
  std::shared_ptr<StreamClient> client_;
};

asio::awaitable<void> run(const Core& core, StreamClient& client, net::Exchange& exchange) {
  const auto ended = exchange.cancel_token().on_cancel([&client] { client.end(); });
  const std::chrono::seconds heartbeat(core.options().heartbeat_s);
  co_await exchange.write("retry: 2000\n\n");
  while (auto text = co_await client.next(heartbeat)) {
    co_await exchange.write(text->empty() ? std::string_view(":\n\n") : *text);
  }
  co_await exchange.finish();
}

}  // namespace

asio::awaitable<void> serve_stream(Core& core, Pool& blocking, api::Context& context,
                                   StreamRequest request, net::Exchange& exchange) {
  for (const auto& topic : request.topics) {
    if (!is_topic(topic)) {
      throw bad_request("events.badTopic", "'topic' may have letters, digits and : _ . / - only.");
    }
  }
  api::Credentials credentials = api::credentials_of(exchange.request());
  Asker asker;
  static_cast<Caller&>(asker) =
      co_await core.authenticator().sign_in(context.caller, credentials.bearer);
  asker.share = std::move(credentials.share);
  const std::uint64_t generation = core.generation();
  const auto client =
      std::make_shared<StreamClient>(exchange.executor(), core.options().client_bytes);
  client->set_self(client);
  const auto topics = co_await allowed_of(core, blocking, asker, request.topics, *client);
  net::Response head{200,
                     {{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-store"},
                      {"X-Accel-Buffering", "no"}},
                     {}};
  if (exchange.request().method == "HEAD") {
    co_await exchange.respond(std::move(head));
    co_return;
  }
  const std::string last =
      request.last_event_id.value_or(std::string(exchange.request().header("last-event-id")));
  const Places places = decode(last);
  core.join(client, asker, credentials.bearer);
  const Joined joined(core, client);
  for (const auto& topic : topics) {
    const auto place = places.find(topic);
    core.subscribe(client, topic,
                   place == places.end() ? std::nullopt : std::optional(place->second), generation);
  }
  co_await exchange.start(std::move(head));
  co_await run(core, *client, exchange);
}

}  // namespace ob::realtime
