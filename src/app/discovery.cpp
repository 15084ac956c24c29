#include "app/discovery.h"

#include <chrono>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"

namespace ob::app {

namespace {

constexpr auto kBeat = std::chrono::seconds(5);
constexpr auto kRetry = std::chrono::milliseconds(200);  // until Redis is there for the first time
const std::string kLifetime = "15";                      // seconds

}  // namespace

void check_advertised(const std::string& url) {
  const std::size_t authority = url.find("//");
  const bool plain = url.starts_with("http://") || url.starts_with("https://");
  if (plain && url.size() > authority + 2 && url.find('/', authority + 2) == url.npos &&
      url.find_first_of(" \t\r\n\"<>?#@") == url.npos) {
    return;
  }
  throw bad_request("config.badValue",
                    "Setting 'advertise_url' is '" + url +
                        "' but must be the address at which the proxy reaches this instance, such "
                        "as http://10.0.0.5:8080, without a path.");
}

Discovery::Discovery(redis::Client& redis, std::string url, const std::vector<std::string>& roles)
    : redis_(redis) {
  // The same instance has the same name after a restart.
  const std::string name = sha256_hex(url).substr(0, 12);
  for (const std::string& role : roles) {
    const std::string balancer = "traefik/http/services/openbricks-" + role + "/loadbalancer/";
    own_.emplace_back(balancer + "servers/" + name + "/url", url);
    shared_.emplace_back(balancer + "healthcheck/path", "/readyz");
    shared_.emplace_back(balancer + "healthcheck/interval", "2s");
    shared_.emplace_back(balancer + "healthcheck/timeout", "1s");
    shared_.emplace_back(balancer + "passivehealthcheck/failurewindow", "3s");
    shared_.emplace_back(balancer + "passivehealthcheck/maxfailedattempts", "1");
  }
  thread_ = std::thread([this] { run(); });
}

void Discovery::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    const bool up = redis_.up();
    if (up) write();
    if (up && !checked_) check_notifications();
    lock.lock();
    wake_.wait_for(lock, up ? std::chrono::duration_cast<std::chrono::milliseconds>(kBeat) : kRetry,
                   [this] { return stop_; });
  }
}

void Discovery::write() {
  for (const auto* pairs : {&shared_, &own_}) {
    for (const auto& [key, value] : *pairs) {
      // What fails is written again with the next beat; the client tells when Redis is away.
      redis_.send({"SET", key, value, "EX", kLifetime}, [](const auto&) {});
    }
  }
}

// Without them Traefik hears of no change.
void Discovery::check_notifications() {
  const auto reply = redis::ask_now(redis_, {"CONFIG", "GET", "notify-keyspace-events"});
  if (!reply) return;
  checked_ = true;
  const bool told = reply->kind == redis::Reply::Kind::array && reply->items.size() == 2;
  if (told && reply->items[1].text.find('K') == std::string::npos) {
    log::warn(
        "Redis tells nobody of changes, so Traefik will not find new instances: start it with "
        "notify-keyspace-events KEA");
  }
}

void Discovery::leave() {
  {
    const std::scoped_lock lock(mutex_);
    if (stop_) return;
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
  redis::Command remove{"DEL"};
  for (const auto& [key, value] : own_) remove.push_back(key);
  redis::ask_now(redis_, remove);
}

}  // namespace ob::app
