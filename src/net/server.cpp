#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "net/connection.h"
#include "net/head.h"
#include "net/loops.h"

namespace ob::net {

namespace {

using tcp = asio::ip::tcp;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// Says why, as far as that goes without waiting, and closes.
void turn_away(tcp::socket socket, bool plain) {
  error_code ignored;
  if (plain) {
    const Response response = problem_response(
        Error(503, "net.tooManyConnections",
              "Too many connections are open. Close some, or try again in a moment."),
        "");
    std::string text;
    append_head(text, response.status, response.headers, Framing::length, response.body.size(),
                false, true);
    text += response.body;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
  }
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  socket.close(ignored);
}

class AsioServer final : public Server {
 public:
  using Place = std::function<asio::any_io_executor()>;  // for the next connection

  AsioServer(asio::io_context& io, Place place, const ServerOptions& options, Handler handler)
      : io_(io),
        state_(std::make_shared<ServerState>(options, std::move(handler))),
        acceptor_(std::make_shared<tcp::acceptor>(asio::make_strand(io))) {
    if (!options.tls_certificate.empty() || !options.tls_key.empty()) {
      state_->tls.emplace(options.tls_certificate, options.tls_key);
    }
    bind();
    asio::co_spawn(acceptor_->get_executor(), accept_loop(acceptor_, state_, std::move(place)),
                   [state = state_](std::exception_ptr failure) {
                     if (failure) log::error("the acceptor failed");
                     const std::lock_guard lock(state->mutex);
                     state->draining = true;
                     state->changed.notify_all();
                   });
  }

  ~AsioServer() override {
    if (!stopped_ && !io_.stopped()) shutdown(0);
  }

  int port() const override { return port_; }

  int connections() const override {
    const std::lock_guard lock(state_->mutex);
    return static_cast<int>(state_->connections.size());
  }

  void shutdown(int seconds) override {
    stopped_ = true;
    asio::post(acceptor_->get_executor(), [acceptor = acceptor_] {
      error_code ignored;
      acceptor->close(ignored);
    });
    std::unique_lock lock(state_->mutex);
    state_->changed.wait(lock, [this] { return state_->draining; });
    for (const auto& connection : state_->connections) connection->drain();
    const auto none = [this] { return state_->connections.empty(); };
    if (state_->changed.wait_for(lock, std::chrono::seconds(seconds), none)) return;
    for (const auto& connection : state_->connections) connection->abort();
    constexpr int kGraceSeconds = 3;  // for cancelled requests to answer
    if (state_->changed.wait_for(lock, std::chrono::seconds(kGraceSeconds), none)) return;
    for (const auto& connection : state_->connections) connection->kill();
    state_->changed.wait(lock, none);
  }

 private:
  void bind() {
    error_code ec;
    const auto fail = [&](const std::string& what) {
      throw Error(500, "net.cannotListen",
                  "Cannot " + what + " " + state_->options.host + ":" +
                      std::to_string(state_->options.port) + ": " + ec.message() +
                      ". Choose another with --host and --port.");
    };
    tcp::resolver resolver(io_);
    const auto found = resolver.resolve(state_->options.host, std::to_string(state_->options.port),
                                        tcp::resolver::passive, ec);
    if (ec) fail("resolve");
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_->open(endpoint.protocol(), ec);
    if (ec) fail("open");
    acceptor_->set_option(tcp::acceptor::reuse_address(true), ec);
    if (ec) fail("set up");
    acceptor_->bind(endpoint, ec);
    if (ec) fail("listen on");
    acceptor_->listen(asio::socket_base::max_listen_connections, ec);
    if (ec) fail("listen on");
    port_ = acceptor_->local_endpoint().port();
  }

  static asio::awaitable<void> accept_loop(std::shared_ptr<tcp::acceptor> acceptor,
                                           std::shared_ptr<ServerState> state, Place place) {
    while (acceptor->is_open()) {
      auto [ec, socket] = co_await acceptor->async_accept(place(), kTuple);
      if (!ec) {
        admit(std::move(socket), state);
      } else if (acceptor->is_open() && ec != asio::error::connection_aborted) {
        // Out of descriptors, most likely: give some time to be closed.
        constexpr auto kPause = std::chrono::milliseconds(50);
        asio::steady_timer pause(acceptor->get_executor(), kPause);
        co_await pause.async_wait(kTuple);
      }
    }
  }

  static void admit(tcp::socket socket, const std::shared_ptr<ServerState>& state) {
    error_code ec;
    const auto remote = socket.remote_endpoint(ec);
    if (ec) return;  // gone already
    std::string address = plain_address(remote.address().to_string());
    // A proxy's connections are those of many clients.
    const bool trusted = state->proxies.trusts(address);
    socket.set_option(tcp::no_delay(true), ec);
    std::shared_ptr<Connection> connection;
    const auto tls = state->tls ? state->tls->context() : nullptr;
    {
      const std::lock_guard lock(state->mutex);
      int& count = state->per_address[address];
      const bool full =
          (!trusted && count >= state->options.max_connections_per_address) ||
          static_cast<int>(state->connections.size()) >= state->options.max_connections;
      if (state->draining || full) {
        if (count == 0) state->per_address.erase(address);
        return turn_away(std::move(socket), !state->tls);
      }
      ++count;
      Socket stream = state->tls ? Socket(std::move(socket), *tls) : Socket(std::move(socket));
      connection = std::make_shared<Connection>(std::move(stream), state, address, trusted);
      state->connections.insert(connection);
    }
    asio::co_spawn(connection->socket().lowest().get_executor(), connection->run(),
                   [connection, state](const std::exception_ptr& failure) {
                     if (failure || !connection->has_session())
                       return leave(connection, state, failure);
                     converse(connection, state);
                   });
  }

  // A WebSocket's coroutine is alone: those of its request would be held as long as it lasts.
  static void converse(const std::shared_ptr<Connection>& connection,
                       const std::shared_ptr<ServerState>& state) {
    const auto executor = connection->socket().lowest().get_executor();
    std::optional<asio::awaitable<void>> session;
    try {
      session = connection->start_session();
    } catch (...) {
      return leave(connection, state, std::current_exception());
    }
    asio::co_spawn(executor, std::move(*session),
                   [connection, state, executor](const std::exception_ptr& failure) {
                     if (failure) {
                       const Error error = as_error(failure);
                       if (error.status() >= 500)
                         log::error("a WebSocket failed", {{"cause", error.cause().c_str()}});
                     }
                     asio::co_spawn(executor, connection->finish(),
                                    [connection, state](const std::exception_ptr& end) {
                                      leave(connection, state, end);
                                    });
                   });
  }

  static void leave(const std::shared_ptr<Connection>& connection,
                    const std::shared_ptr<ServerState>& state, const std::exception_ptr& failure) {
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const Error&) {
        // The client went away in the middle of an answer of ours: nothing to tell.
      } catch (const std::exception& e) {
        log::error("a connection failed", {{"cause", e.what()}});
      }
    }
    const std::lock_guard lock(state->mutex);
    state->connections.erase(connection);
    const auto count = state->per_address.find(connection->address());
    if (--count->second == 0) state->per_address.erase(count);
    state->changed.notify_all();
  }

  asio::io_context& io_;
  std::shared_ptr<ServerState> state_;
  std::shared_ptr<tcp::acceptor> acceptor_;
  int port_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Server> serve(asio::io_context& io, const ServerOptions& options,
                              Server::Handler handler) {
  const auto strand = [&io]() -> asio::any_io_executor { return asio::make_strand(io); };
  return std::make_unique<AsioServer>(io, strand, options, std::move(handler));
}

std::unique_ptr<Server> serve(Loops& loops, const ServerOptions& options, Server::Handler handler) {
  const auto next = [&loops] { return loops.next(); };
  return std::make_unique<AsioServer>(loops.first(), next, options, std::move(handler));
}

}  // namespace ob::net
