// The socket of the fourth seed's protocol: JSON messages {"type": …, "data": …} with Quill deltas.
#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <deque>
#include <mutex>

#include "base/log.h"
#include "documents/delta_protocol.h"
#include "documents/mirror.h"

namespace ob::documents {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kFailed = 1011;
// Clients that answer no ping have received what was sent so long ago.
constexpr auto kPatience = std::chrono::seconds(2);
// In which a client applies what it received.
constexpr auto kSettled = std::chrono::milliseconds(500);

std::string message(std::string_view type, json::value data) {
  return json::serialize(json::object{{"type", type}, {"data", std::move(data)}});
}

// Each client's mirror holds them some times over.
constexpr std::size_t kMostOps = 100'000;
Error too_many_ops() {
  return bad_request("documents.tooManyFormats",
                     "The document has more than 100,000 differently formatted parts: clients of "
                     "deltas cannot open it.");
}

// One client. What it sends and what happens to the document meet in the mirror.
class Client final : public collab::Follower {
 public:
  Client(std::string document, std::shared_ptr<net::WebSocketSender> out)
      : document_(std::move(document)), out_(std::move(out)), mirror_(Delta()) {}

  void begin(const std::string& ops) {
    const std::lock_guard lock(mutex_);
    Delta content = Delta::from_json(ops);
    if (content.ops().size() > kMostOps) throw too_many_ops();
    mirror_ = Mirror(std::move(content));
  }

  void changed(const std::string& ops) override {
    const std::lock_guard lock(mutex_);
    mirror_.changed(Delta::from_json(ops));
    if (mirror_.server().ops().size() > kMostOps) throw too_many_ops();
  }
  void stored() override {
    const std::lock_guard lock(mutex_);
    send_next();
  }
  void ended(int code, const std::string& reason) override { out_->close(code, reason); }

  void want_whole() {
    const std::lock_guard lock(mutex_);
    mirror_.want_whole();
    send_next();
  }
  void received(std::uint64_t mark) {
    const std::lock_guard lock(mutex_);
    mirror_.received(mark);
    stirred_at_ = Clock::now();
    send_next();
  }
  // The ops for the text of today; called between changes of the document.
  std::string take(const Delta& delta, bool whole) {
    const std::lock_guard lock(mutex_);
    const bool quiet = Clock::now() - stirred_at_ > kSettled;
    const Delta today = whole ? mirror_.take_whole(delta, quiet) : mirror_.take(delta);
    if (mirror_.server().ops().size() > kMostOps) {
      ended(collab::close_code(too_many_ops()), too_many_ops().what());
      throw too_many_ops();
    }
    if (!whole) stirred_at_ = Clock::now();
    return json::serialize(today.to_array());
  }
  // What the client has is not what it should: it gets the whole text again.
  void refused(const Error& error) {
    log::debug("a change of a document by deltas was refused",
               {{"document", document_.c_str()}, {"error", std::string_view(error.what())}});
    want_whole();
  }

 private:
  void send_next() {
    if (mirror_.waits() && Clock::now() - sent_at_ > kPatience) mirror_.received(last_mark_);
    const auto next = mirror_.next();
    if (!next) return;
    const std::string content = next->delta.to_json();
    out_->push(net::make_frame(
        next->whole ? message("db-document", json::object{{"id", document_}, {"Data", content}})
                    : message("update-document", json::parse(content)),
        true));
    last_mark_ = next->mark;
    sent_at_ = Clock::now();
    out_->ping("m" + std::to_string(next->mark));
  }

  const std::string document_;
  const std::shared_ptr<net::WebSocketSender> out_;
  std::mutex mutex_;
  Mirror mirror_;
  std::uint64_t last_mark_ = 0;
  Clock::time_point sent_at_, stirred_at_;  // the last that was sent; that went either way
};

// A delta, as an object or as a text of JSON, or inside a document ({"Data": …}).
Delta delta_of(const json::value& data) {
  if (const auto* object = data.if_object())
    if (const auto* inside = object->if_contains("Data")) return delta_of(*inside);
  if (const auto* text = data.if_string())
    return text->empty() ? Delta() : Delta::from_json(whole_pairs(*text));
  return Delta::from_json(data);
}

// Whoever may still be here is asked again when rights change.
class DeltaSession final : public std::enable_shared_from_this<DeltaSession> {
 public:
  DeltaSession(DeltaProtocol& parts, Visitor visitor, std::string bearer, std::string document,
               std::shared_ptr<net::WebSocketSender> out)
      : parts_(parts),
        visitor_(std::move(visitor)),
        bearer_(std::move(bearer)),
        document_(std::move(document)),
        out_(std::move(out)),
        client_(std::make_shared<Client>(document_, out_)) {}

  // Blocks. Throws 401, 403, 404.
  void open() {
    look_at_rights();
    following_ = parts_.contents.follow(
        document_, client_, [client = client_](const std::string& ops) { client->begin(ops); });
    parts_.service.note_read(visitor_, document_, "live");
  }

  void take(const net::WebSocket::Message& message) {
    if (message.pong) return take_pong(message.data);
    boost::system::error_code code;
    const json::value value = json::parse(whole_pairs(message.data), code);
    const auto* object = code ? nullptr : value.if_object();
    const auto* type = object ? object->if_contains("type") : nullptr;
    if (!type || !type->is_string())
      throw bad_request("documents.badMessage", R"(A message is {"type": …, "data": …}.)");
    const json::string& name = type->get_string();
    static const json::value kNothing;
    const auto* found = object->if_contains("data");
    const json::value& data = found ? *found : kNothing;
    if (name == "get-document") return client_->want_whole();
    if (name == "changes-received") return change(delta_of(data), false);
    if (name == "save-changes") return change(delta_of(data), true);
    throw bad_request("documents.badMessage",
                      "The types are get-document, changes-received and save-changes.");
  }

  // Blocks.
  void look_at_rights() {
    const Visitor now{parts_.authenticator.again(visitor_.caller, bearer_), visitor_.share};
    require_scope(now.caller.scopes, "documents:read");
    may_write_ = now.caller.scopes.allow("documents:write") && !now.caller.read_only &&
                 parts_.service.require(now, document_, Level::viewer).access >= Level::editor;
    if (!may_write_) parts_.service.require(now, document_, Level::viewer);
  }
  void recheck() {
    try {
      look_at_rights();
    } catch (const Error& e) {
      may_write_ = false;
      out_->close(collab::close_code(e), e.what());
    } catch (const std::exception&) {
      may_write_ = false;
      out_->close(kFailed, "connect again");
    }
  }

 private:
  void take_pong(std::string_view mark) {
    std::uint64_t number = 0;
    if (!mark.starts_with('m')) return;
    std::from_chars(mark.data() + 1, mark.data() + mark.size(), number);
    client_->received(number);
  }

  void change(Delta delta, bool whole) {
    if (!may_write_) {
      // A client saves what it has every other second, whether it changed or not.
      if (whole) return;
      throw forbidden("documents.readOnly", "You may read this document, not change it.");
    }
    if (whole && !delta.is_document())
      throw bad_request("documents.badDelta", "What is saved is a whole content: insertions only.");
    following_->change(
        [client = client_, delta = std::move(delta), whole] { return client->take(delta, whole); },
        visitor_.caller.user_id, [client = client_](const Error& e) { client->refused(e); });
  }

  DeltaProtocol& parts_;
  const Visitor visitor_;
  const std::string bearer_;
  const std::string document_;
  const std::shared_ptr<net::WebSocketSender> out_;
  const std::shared_ptr<Client> client_;
  std::unique_ptr<collab::Following> following_;
  std::atomic<bool> may_write_ = false;
};

asio::awaitable<void> visit(DeltaProtocol& parts, Visitor visitor, std::string bearer,
                            std::string document, std::unique_ptr<net::WebSocket> socket) {
  const auto out = socket->sender();
  std::shared_ptr<DeltaSession> session;
  try {
    visitor.caller = co_await parts.authenticator.sign_in(visitor.caller, bearer);
    session = std::make_shared<DeltaSession>(parts, std::move(visitor), std::move(bearer),
                                             std::move(document), out);
    auto open = [session] { session->open(); };
    co_await parts.pool.run(open);
  } catch (const Error& e) {
    out->close(collab::close_code(e), e.what());
    session.reset();
  }
  const auto watch =
      session ? parts.contents.watch_rights([session] { session->recheck(); }) : nullptr;
  if (session) {
    // Rights may have changed while it was opened.
    auto again = [session] { session->recheck(); };
    co_await parts.pool.run(again);
  }
  while (auto message = co_await socket->receive()) {
    if (!session) continue;
    try {
      session->take(*message);
    } catch (const Error& e) {
      out->close(collab::close_code(e), e.what());
    }
  }
}

}  // namespace

asio::awaitable<void> serve_deltas(DeltaProtocol& parts, api::Context& context,
                                   std::string document, net::Exchange& exchange) {
  api::Credentials credentials = api::credentials_of(exchange.request());
  Visitor visitor{.caller = context.caller, .share = credentials.share};
  co_await exchange.accept_websocket(
      [&parts, visitor = std::move(visitor), bearer = std::move(credentials.bearer),
       document = std::move(document)](std::unique_ptr<net::WebSocket> socket) mutable {
        return visit(parts, std::move(visitor), std::move(bearer), std::move(document),
                     std::move(socket));
      });
}

}  // namespace ob::documents
