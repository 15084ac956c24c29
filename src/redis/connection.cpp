#include "redis/connection.h"

#include <hiredis/hiredis.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/error.h"

namespace ob::redis {

namespace asio = boost::asio;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

Error away(std::string_view what, const std::string& why) {
  return {503, "redis.away", "Redis does not answer.", std::string(what) + ": " + why};
}

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

Reply converted(const redisReply& from) {
  Reply out;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      out.kind = Reply::Kind::integer;
      out.integer = from.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      out.kind = from.type == REDIS_REPLY_ERROR ? Reply::Kind::error : Reply::Kind::text;
      out.text.assign(from.str, static_cast<std::size_t>(from.len));
      break;
    case REDIS_REPLY_ARRAY:
      out.kind = Reply::Kind::array;
      for (std::size_t i = 0; i < from.elements; ++i) {
        out.items.push_back(converted(*from.element[i]));
      }
      break;
    default:
      break;
  }
  return out;
}

}  // namespace

Address parse_url(const std::string& url) {
  const auto bad = [] {
    return bad_request("config.badValue",
                       "Setting 'redis_url' must be redis://user:password@host:port/database, or "
                       "rediss:// with TLS; special characters of the password are "
                       "percent-encoded.");
  };
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) throw bad();
  Address out;
  out.tls = parsed->scheme() == "rediss";
  out.host = parsed->host_address();
  out.port = parsed->has_port() ? std::string(parsed->port()) : "6379";
  out.user = parsed->user();
  out.password = parsed->password();
  const std::string path = parsed->path();
  out.database = path.size() > 1 ? path.substr(1) : "";
  const bool number = out.database.find_first_not_of("0123456789") == std::string::npos;
  const bool port = !parsed->has_port() || parsed->port_number() != 0;
  if (!port || (!out.tls && parsed->scheme() != "redis") || out.host.empty() || !number ||
      parsed->has_query() || parsed->has_fragment()) {
    throw bad();
  }
  return out;
}

std::string format(const Command& command) {
  std::string out = "*" + std::to_string(command.size()) + "\r\n";
  for (const std::string& part : command) {
    out += "$" + std::to_string(part.size()) + "\r\n" + part + "\r\n";
  }
  return out;
}

Connection::Connection(asio::io_context& io, const Address& address)
    : address_(address), resolver_(io), socket_(io), reader_(redisReaderCreate()) {
  if (!reader_) throw internal("no memory for a connection to Redis");
  if (!address.tls) return;
  context_.emplace(asio::ssl::context::tls_client);
  if (address.ca_file.empty()) {
    context_->set_default_verify_paths();
  } else {
    context_->load_verify_file(address.ca_file);
  }
  context_->set_verify_mode(asio::ssl::verify_peer);
}

asio::awaitable<void> Connection::open() {
  const auto [unresolved, found] =
      co_await resolver_.async_resolve(address_.host, address_.port, kTuple);
  if (unresolved) throw away("resolve", unresolved.message());
  const auto [refused, endpoint] = co_await asio::async_connect(socket_, found, kTuple);
  if (refused) throw away("connect", refused.message());
  socket_.set_option(Tcp::no_delay(true));
  if (address_.tls) {
    tls_.emplace(std::move(socket_), *context_);
    tls_->set_verify_callback(asio::ssl::host_name_verification(address_.host));
    SSL_set_tlsext_host_name(tls_->native_handle(), address_.host.c_str());
    const auto [failed] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kTuple);
    if (failed) throw away("TLS", failed.message());
  }
  if (!address_.password.empty()) {
    Command command{"AUTH"};
    if (!address_.user.empty()) command.push_back(address_.user);
    command.push_back(address_.password);
    co_await demand(std::move(command), "AUTH");
  }
  if (!address_.database.empty()) co_await demand({"SELECT", address_.database}, "SELECT");
  co_await demand({"PING"}, "PING");
}

asio::awaitable<void> Connection::demand(Command command, const char* what) {
  const std::string bytes = format(command);
  co_await write(bytes);
  const Reply reply = co_await read();
  if (reply.kind == Reply::Kind::error) throw away(what, reply.text);
}

asio::awaitable<void> Connection::write(std::string_view bytes) {
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  const auto [failed, n] = tls_ ? co_await asio::async_write(*tls_, buffer, kTuple)
                                : co_await asio::async_write(socket_, buffer, kTuple);
  if (failed) throw away("write", failed.message());
}

std::optional<Reply> Connection::parsed() {
  void* out = nullptr;
  if (redisReaderGetReply(reader_.get(), &out) != REDIS_OK) {
    throw away("read", static_cast<const char*>(reader_->errstr));
  }
  if (!out) return std::nullopt;
  const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(out));
  return converted(*reply);
}

asio::awaitable<Reply> Connection::read() {
  while (true) {
    if (auto reply = parsed()) co_return std::move(*reply);
    const auto buffer = asio::buffer(buffer_);
    const auto [failed, n] = tls_ ? co_await tls_->async_read_some(buffer, kTuple)
                                  : co_await socket_.async_read_some(buffer, kTuple);
    if (failed) throw away("read", failed.message());
    if (redisReaderFeed(reader_.get(), buffer_.data(), n) != REDIS_OK) {
      throw away("read", static_cast<const char*>(reader_->errstr));
    }
  }
}

void Connection::close() {
  boost::system::error_code ignored;
  resolver_.cancel();
  lowest().close(ignored);
}

}  // namespace ob::redis
