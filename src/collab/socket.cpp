#include "collab/socket.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "collab/protocol.h"

namespace ob::collab {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMostName = 100;
constexpr std::size_t kCrowded = 8 * 1024 * 1024;  // bytes that wait in a room

}  // namespace

Caller caller_of(const api::Context& context, const net::Request& request) {
  Caller out;
  out.request_id = context.request_id;
  out.address = request.remote_address;
  out.user_agent = std::string(request.header("user-agent"));
  return out;
}

int close_code(const Error& error) {
  switch (error.status()) {
    case 400:
      return kBadMessage;
    case 401:
      return kSignIn;
    case 403:
      return kForbidden;
    case 404:
      return kNoDocument;
    default:
      return error.status() == 503 ? 1013 : 1011;
  }
}

Attached::Attached(Rooms& rooms, const Visitor& visitor, std::string document,
                   std::shared_ptr<Peer> peer)
    : rooms_(rooms),
      visitor_(rooms.keep(visitor)),
      document_(std::move(document)),
      peer_(std::move(peer)) {
  peer_->may_write = admit(visitor.caller) == Access::write;
  peer_->user = visitor.caller.user_id;
  place_ = rooms_.find(document_);
  rooms_.opened(visitor.caller, document_);
}

Access Attached::admit(const Caller& caller) {
  const Error gone =
      not_found("documents.notFound", "There is no such document, or you may not see it.");
  if (document_.empty() || document_.size() > kMostName) throw gone;
  const Access access = rooms_.gatekeeper().access(caller, visitor_->credentials.share, document_);
  if (access == Access::none) throw gone;
  return access;
}

Attached::~Attached() {
  if (joined_) place_->leave(peer_);
}

asio::awaitable<void> Attached::join() {
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    if (place_->join(peer_)) {
      joined_ = true;
      co_return;
    }
    auto find = [this] { return rooms_.find(document_); };
    place_ = co_await rooms_.pool().run(find);
  }
  throw Error(503, "collab.unavailable", "The document cannot be reached. Try again shortly.");
}

bool Attached::receive(Room::Kind kind, std::string data) {
  auto& counters = rooms_.counters();
  counters.count(counters.bytes_in, static_cast<std::int64_t>(data.size()));
  return place_->receive(peer_, kind, std::move(data));
}

bool Attached::crowded() const {
  return place_->waiting() > kCrowded;
}

void Attached::recheck() {
  try {
    const Caller caller =
        rooms_.authenticator().again(visitor_->caller, visitor_->credentials.bearer);
    const bool may_write = admit(caller) == Access::write;
    // Who gains rights or loses some connects again, so that the client knows.
    if (may_write != peer_->may_write.exchange(may_write))
      peer_->end(kForbidden, may_write ? "you may write now: connect again" : "read only now");
  } catch (const Error& e) {
    peer_->may_write = false;
    peer_->end(close_code(e), e.what());
  } catch (const std::exception& e) {
    log::error("the rights of a connection could not be looked at",
               {{"document", document_.c_str()}, {"error", std::string_view(e.what())}});
  }
}

std::optional<Parsed> parse_sync(Reader& reader) {
  const std::uint64_t type = reader.number();
  switch (type) {
    case static_cast<std::uint64_t>(SyncType::step1):
      return Parsed{Room::Kind::step1, std::string(reader.bytes())};
    case static_cast<std::uint64_t>(SyncType::step2):
    case static_cast<std::uint64_t>(SyncType::update):
      return Parsed{Room::Kind::update, std::string(reader.bytes())};
    default:
      throw bad_request("collab.badMessage", "The kind of sync message is not known.");
  }
}

asio::awaitable<void> pace(const Attached& attached) {
  if (!attached.crowded()) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (attached.crowded()) {
    timer.expires_after(std::chrono::milliseconds(5));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace ob::collab
