#include "app/server.h"

#include <sys/resource.h>

#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "app/discovery.h"
#include "app/memory.h"
#include "app/parts.h"
#include "app/presence.h"
#include "app/samples.h"
#include "base/error.h"
#include "base/log.h"
#include "gateway/redirect.h"
#include "gateway/roles.h"
#include "net/loops.h"

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

// "/bricks" of "https://example.org/bricks".
std::string path_of(const std::string& url) {
  const auto authority = url.find("//");
  const auto slash = authority == url.npos ? url.npos : url.find('/', authority + 2);
  return slash == url.npos ? std::string() : url.substr(slash);
}

// The second listener, which only tells where TLS is; null when none is asked for.
std::unique_ptr<net::Server> serve_redirect(net::Loops& loops, const Config& config,
                                            net::ServerOptions options, int tls_port) {
  options.port = static_cast<int>(config.number("redirect_port"));
  if (options.port == 0) return nullptr;
  options.tls_certificate.clear();
  options.tls_key.clear();
  try {
    return net::serve(loops, options,
                      gateway::redirect_handler(config.text("public_url"), tls_port));
  } catch (...) {
    loops.stop();  // nothing runs yet: the first listener must not wait for it
    throw;
  }
}

// A shell mostly gives 1,024, though the system would allow more.
void allow_many_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) log::warn("few connections may be open at once");
}

net::ServerOptions server_options(const Config& config) {
  net::ServerOptions options;
  options.host = config.text("host");
  options.port = static_cast<int>(config.number("port"));
  options.tls_certificate = config.text("tls_certificate");
  options.tls_key = config.text("tls_key");
  if (config.number("redirect_port") != 0 && options.tls_certificate.empty()) {
    throw bad_request("config.badValue",
                      "Setting 'redirect_port' needs tls_certificate and tls_key: without them "
                      "there is nothing to redirect to.");
  }
  if (config.flag("https_redirect") && config.text("trusted_proxies").empty()) {
    throw bad_request("config.badValue",
                      "Setting 'https_redirect' needs trusted_proxies: they tell which requests "
                      "came without TLS. For a port of this server's own there is redirect_port.");
  }
  options.max_body_bytes = config.number("max_body_mb") << 20;
  options.max_connections = 20'000;  // an idle WebSocket takes some 6 KB
  options.max_connections_per_address = static_cast<int>(config.number("sockets_per_address"));
  options.trusted_proxies = split_list(config.text("trusted_proxies"));
  options.forwarded_header = config.flag("forwarded_header");
  options.path_prefix = path_of(config.text("public_url"));
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
  // id, name: under which the administrators see it.
  template <class Fn>
  void guarded(const char* id, const char* name, const char* what, Fn fn) {
    TaskLog& tasks = parts_.task_log;
    tasks.begin(id, name);
    try {
      fn();
      tasks.end(id, "");
    } catch (const Error& e) {
      tasks.end(id, e.what());
      if (!cancel_.cancelled())
        log::error(what, {{"error", std::string_view(e.what())}, {"cause", e.cause()}});
    } catch (const std::exception& e) {
      tasks.end(id, "It failed. The log of the server has the reason.");
      if (!cancel_.cancelled()) log::error(what, {{"error", std::string_view(e.what())}});
    }
  }

  void run(bool samples) {
    if (samples) {
      guarded("samples", "Load the samples", "the samples could not be loaded", [this] {
        SampleLoader loader{*parts_.catalog, parts_.store,
                            [this](const Caller& caller, const std::string& sql) {
                              parts_.query->run_to_end(caller, sql);
                            }};
        load_samples(loader, identity::Identity::system(), parts_.paths.samples, cancel_);
      });
    }
    while (true) {
      guarded("purge", "Remove what was dropped", "the purge of dropped objects failed",
              [this] { parts_.catalog->purge(); });
      guarded("audit", "Clean up the audit log", "the clean-up of the audit log failed",
              [this] { parts_.audit->clean_up([this] { return cancel_.cancelled(); }); });
      guarded("documents", "Empty the trash of documents",
              "the clean-up of documents in the trash failed",
              [this] { parts_.documents->purge([this] { return cancel_.cancelled(); }); });
      guarded("inbox", "Clean up inboxes and figures of documents",
              "the clean-up of inboxes failed", [this] {
                parts_.inbox->clean_up();
                parts_.companions->clean_up();
              });
      const Micros next = now_micros() + std::chrono::microseconds(kRound).count();
      for (const char* id : {"purge", "audit", "documents", "inbox"})
        parts_.task_log.plan(id, next);
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, kRound, [this] { return stop_; })) return;
    }
  }

  static constexpr auto kRound = std::chrono::hours(24);

  Parts& parts_;
  CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

void check_advertising(const Config& config) {
  if (config.text("advertise_url").empty()) return;
  check_advertised(config.text("advertise_url"));
  if (config.text("redis_url").empty()) {
    throw bad_request("config.badValue",
                      "Setting 'advertise_url' needs redis_url: the address is written there.");
  }
}

// Null unless the configuration asks for it.
std::unique_ptr<Discovery> advertise(const Config& config, Parts& parts) {
  const auto& url = config.text("advertise_url");
  if (url.empty()) return nullptr;
  const gateway::Roles roles(split_list(config.text("roles")));
  return std::make_unique<Discovery>(*parts.redis, url, roles.answering());
}

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
  check_advertising(config);
  bound_memory();
  allow_many_descriptors();
  Parts parts(config);

  // The other half of the cores does what these ask for. Where there are two, one alone serves many
  // sockets for a tenth less than both, which wake each other up.
  net::Loops loops(std::max(1U, std::thread::hardware_concurrency() / 2));
  parts.collab->start(loops);
  const auto listen = server_options(config);
  auto server = net::serve(loops, listen, parts.gateway->handler());
  auto redirect = serve_redirect(loops, config, listen, server->port());
  parts.gateway->add_gauge("openbricks_http_connections", "Connections open now.",
                           [&] { return static_cast<double>(server->connections()); });
  const SpareMemory spare;
  auto discovery = advertise(config, parts);
  std::optional<Presence> presence;
  if (parts.redis) presence.emplace(*parts.redis, [&] { return parts.health->self(); });
  asio::signal_set signals(loops.first(), SIGINT, SIGTERM);
  std::thread stopper;
  signals.async_wait([&](const boost::system::error_code& code, int signal) {
    if (code) return;
    log::info("stopping", {{"signal", signal}});
    // Not on an I/O thread: it waits for requests that those threads serve.
    stopper = std::thread([&] {
      if (discovery) discovery->leave();
      parts.gateway->drain();
      std::this_thread::sleep_for(std::chrono::seconds(config.number("drain_seconds")));
      parts.events->stop();
      if (redirect) redirect->shutdown(0);
      server->shutdown(static_cast<int>(config.number("shutdown_seconds")));
      // They ask documents, which work on `loops`.
      parts.collab->stop();
      parts.companions->stop();
      loops.stop();
    });
  });
  const std::string url = served_url(config, server->port());
  if (parts.public_url.empty()) parts.public_url = url;
  const gateway::Roles roles(split_list(config.text("roles")));
  if (roles.has(gateway::Role::worker)) parts.mail->start();
  parts.inbox->start(roles.has(gateway::Role::worker));
  parts.companions->start(roles.has(gateway::Role::worker));
  announce(config, url, parts.made_up_password);
  {
    std::optional<Background> background;
    if (roles.has(gateway::Role::worker)) background.emplace(parts, config.flag("samples"));
    loops.run();
  }
  // Their work ends in coroutines of `loops`, which go before them.
  parts.blocking.executor().join();
  parts.sign_ins.executor().join();
  parts.outbound.executor().join();
  parts.query->pool().executor().join();
  parts.collab->stop();
  parts.companions->stop();
  parts.inbox->stop();
  parts.audit->stop();
  if (stopper.joinable()) stopper.join();
  discovery.reset();
  presence.reset();
  // Connections that it still knows are of `loops`, which go before it.
  parts.events.reset();
  parts.bus.reset();
  parts.redis.reset();
  return 0;
}

}  // namespace ob::app
