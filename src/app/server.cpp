#include "app/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "app/memory.h"
#include "app/parts.h"
#include "app/samples.h"
#include "base/error.h"
#include "base/log.h"

namespace ob::app {
namespace {

namespace asio = boost::asio;

void set_log_level(const std::string& name) {
  using log::Level;
  if (name == "debug") return log::set_level(Level::debug);
  if (name == "info") return log::set_level(Level::info);
  if (name == "warn") return log::set_level(Level::warn);
  if (name == "error") return log::set_level(Level::error);
  throw bad_request("config.badValue", "Setting 'log_level' is '" + name +
                                           "' but must be debug, info, warn or error.");
}

net::ServerOptions server_options(const Config& config) {
  net::ServerOptions options;
  options.host = config.text("host");
  options.port = static_cast<int>(config.number("port"));
  options.tls_certificate = config.text("tls_certificate");
  options.tls_key = config.text("tls_key");
  options.max_body_bytes = config.number("max_body_mb") << 20;
  options.max_connections_per_address = static_cast<int>(config.number("sockets_per_address"));
  return options;
}

// Work that no request waits for: the samples once, the purge of what was dropped once a day. Ends
// with the object.
class Background {
 public:
  Background(Parts& parts, bool samples)
      : parts_(parts), thread_([this, samples] { run(samples); }) {}
  ~Background() {
    cancel_.cancel("the server stops");
    {
      const std::scoped_lock lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  template <class Fn>
  void guarded(const char* what, Fn fn) {
    try {
      fn();
    } catch (const Error& e) {
      if (!cancel_.cancelled())
        log::error(what, {{"error", std::string_view(e.what())}, {"cause", e.cause()}});
    } catch (const std::exception& e) {
      if (!cancel_.cancelled()) log::error(what, {{"error", std::string_view(e.what())}});
    }
  }

  void run(bool samples) {
    if (samples) {
      guarded("the samples could not be loaded", [this] {
        SampleLoader loader{*parts_.catalog, parts_.store,
                            [this](const Caller& caller, const std::string& sql) {
                              parts_.query->run_to_end(caller, sql);
                            }};
        load_samples(loader, identity::Identity::system(), parts_.paths.samples, cancel_);
      });
    }
    while (true) {
      guarded("the purge of dropped objects failed", [this] { parts_.catalog->purge(); });
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, std::chrono::hours(24), [this] { return stop_; })) return;
    }
  }

  Parts& parts_;
  CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

std::string served_url(const Config& config, int port) {
  std::string host = config.text("host");
  if (host == "0.0.0.0" || host == "::") host = "localhost";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  const std::string scheme = config.text("tls_certificate").empty() ? "http" : "https";
  return scheme + "://" + host + ":" + std::to_string(port);
}

void announce(const Config& config, const std::string& url,
              const std::optional<std::string>& made_up_password) {
  if (made_up_password) {
    std::printf(
        "The administrator is %s with the password %s\nIt is not shown again: change it under "
        "Account.\n",
        config.text("admin_email").c_str(), made_up_password->c_str());
  }
  std::printf("OpenBricks is ready at %s\n", url.c_str());
  std::fflush(stdout);
}

}  // namespace

int run_server(const Config& config) {
  set_log_level(config.text("log_level"));
  bound_memory();
  Parts parts(config);

  asio::io_context io;
  auto server = net::serve(io, server_options(config), parts.gateway->handler());
  parts.gateway->add_gauge("openbricks_http_connections", "Connections open now.",
                           [&] { return static_cast<double>(server->connections()); });
  asio::signal_set signals(io, SIGINT, SIGTERM);
  std::thread stopper;
  signals.async_wait([&](const boost::system::error_code& code, int signal) {
    if (code) return;
    log::info("stopping", {{"signal", signal}});
    // Not on an I/O thread: it waits for requests that those threads serve.
    stopper = std::thread([&] {
      server->shutdown(static_cast<int>(config.number("shutdown_seconds")));
      io.stop();
    });
  });
  const std::string url = served_url(config, server->port());
  if (parts.public_url.empty()) parts.public_url = url;
  parts.mail->start();
  announce(config, url, parts.made_up_password);
  {
    Background background(parts, config.flag("samples"));
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::max(2U, std::thread::hardware_concurrency()); ++i) {
      threads.emplace_back([&] { io.run(); });
    }
    io.run();
    for (auto& thread : threads) thread.join();
  }
  // Their work ends in coroutines of `io`, which goes before them.
  parts.blocking.executor().join();
  parts.sign_ins.executor().join();
  parts.query->pool().executor().join();
  if (stopper.joinable()) stopper.join();
  return 0;
}

}  // namespace ob::app
