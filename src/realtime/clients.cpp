// Who listens to what, and whether they still may.
#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "realtime/core.h"

namespace ob::realtime {

namespace {

constexpr const char* kNoTopic = "There is no such topic, or it is not yours to hear.";
constexpr auto kTick = std::chrono::milliseconds(250), kLook = std::chrono::milliseconds(1000);

}  // namespace

void Core::allow(std::string prefix, Allow may) {
  rules_.emplace_back(std::move(prefix), std::move(may));
}

std::optional<std::string> Core::refusal(const Asker& asker, const std::string& topic) const {
  for (const auto& [prefix, may] : rules_) {
    if (!topic.starts_with(prefix)) continue;
    try {
      if (may(asker, topic.substr(prefix.size()))) return std::nullopt;
    } catch (const Error& error) {
      if (error.status() >= 500) throw;
      return error.what();
    }
    break;
  }
  return kNoTopic;
}

void Core::stop() {
  std::promise<void> done;
  on_thread([this, &done] {
    stopped_ = true;
    for (auto& [client, session] : sessions_) {
      client->close(1001, "the server goes away: connect again");
    }
    done.set_value();
  });
  done.get_future().wait();
}

Stats Core::stats() const {
  return {.published = published_,
          .delivered = delivered_,
          .slow = slow_,
          .gaps = gaps_,
          .connections = connections_,
          .topics = topic_count_,
          .subscriptions = subscriptions_};
}

void Core::join(std::shared_ptr<Client> client, Asker asker, std::string bearer) {
  on_thread([this, client = std::move(client), asker = std::move(asker),
             bearer = std::move(bearer)]() mutable {
    if (stopped_) client->close(1001, "the server goes away: connect again");
    Client* key = client.get();
    sessions_.insert_or_assign(key,
                               Session{std::move(client), std::move(asker), std::move(bearer), {}});
    connections_ = sessions_.size();
  });
}

void Core::leave(const std::shared_ptr<Client>& client) {
  on_thread([this, client] { drop(client.get()); });
}

void Core::renew(const std::shared_ptr<Client>& client, Asker asker, std::string bearer) {
  on_thread([this, client, asker = std::move(asker), bearer = std::move(bearer)]() mutable {
    const auto found = sessions_.find(client.get());
    if (found == sessions_.end()) return;
    found->second.asker = std::move(asker);
    found->second.bearer = std::move(bearer);
    for (auto& [name, allowed] : found->second.topics) allowed = 0;
    want_check();
  });
}

void Core::subscribe(std::shared_ptr<Client> client, const std::string& topic,
                     std::optional<std::int64_t> after, std::uint64_t generation) {
  on_thread([this, client = std::move(client), topic, after, generation] {
    const auto session = sessions_.find(client.get());
    if (session == sessions_.end()) return;
    if (session->second.topics.insert_or_assign(topic, generation).second) ++subscriptions_;
    if (generation < newest_generation_) want_check();
    Topic& to = topic_of(topic);
    if (to.known) return begin(to, {client, after});
    to.waiting.push_back({client, after});
    read_on(to);
  });
}

void Core::unsubscribe(const std::shared_ptr<Client>& client, const std::string& topic) {
  on_thread([this, client, topic] {
    drop_topic(client.get(), topic);
    client->tell(unsubscribed(topic));
  });
}

Topic* Core::find(const std::string& name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second.get();
}

Topic& Core::topic_of(const std::string& name) {
  std::unique_ptr<Topic>& topic = topics_[name];
  if (!topic) {
    topic = std::make_unique<Topic>(name);
    if (!journal_) topic->start_at(now_micros());
    topic_count_ = topics_.size();
  }
  return *topic;
}

// Lets one listen, from where they were if that is still known.
void Core::begin(Topic& topic, const Topic::Waiting& who) {
  Client* client = who.client.get();
  const auto session = sessions_.find(client);
  if (session == sessions_.end() || !session->second.topics.contains(topic.name)) return;
  std::size_t bytes = client->queued();
  const std::int64_t after = who.after.value_or(topic.last);
  bool whole = topic.reaches(after);
  auto next = std::ranges::upper_bound(topic.kept, after, {},
                                       [](const auto& kept) { return kept.message->sequence; });
  for (auto it = next; whole && it != topic.kept.end(); ++it) {
    bytes += it->message->json.size();
    whole = bytes <= options_.client_bytes / 2;
  }
  topic.clients[client] = who.client;
  bool fine = client->tell(*subscribed(topic.name, whole ? after : topic.last));
  if (!whole) {
    ++gaps_;
    fine = fine && client->tell(*gap(topic.name, topic.last));
    next = topic.kept.end();
  }
  for (; fine && next != topic.kept.end(); ++next, ++delivered_)
    fine = client->tell(*next->message);
  if (!fine) drop(client);
}

void Core::drop(Client* client) {
  const auto found = sessions_.find(client);
  if (found == sessions_.end()) return;
  const auto names = std::move(found->second.topics);
  if (client->slow()) ++slow_;
  for (const auto& [name, allowed] : names) {
    --subscriptions_;
    if (Topic* topic = find(name)) {
      topic->clients.erase(client);
      topic->unused_since = Clock::now();
    }
  }
  sessions_.erase(found);
  connections_ = sessions_.size();
}

void Core::drop_topic(Client* client, const std::string& name) {
  const auto found = sessions_.find(client);
  if (found == sessions_.end() || found->second.topics.erase(name) == 0) return;
  --subscriptions_;
  if (Topic* topic = find(name)) {
    topic->clients.erase(client);
    topic->unused_since = Clock::now();
  }
}

void Core::tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    if (journal_) tell_lost();
    const auto now = Clock::now();
    if (now - looked_ >= kLook) forget_old(now);
    tick();
  });
}

void Core::forget_old(Clock::time_point now) {
  looked_ = now;
  const auto keep = std::chrono::seconds(options_.keep_s);
  const bool touch = journal_ && now - touched_ > keep / 4;
  if (touch) touched_ = now;
  kept_bytes_ = 0;
  std::erase_if(topics_, [&](const auto& entry) {
    Topic& topic = *entry.second;
    while (!topic.kept.empty() && now - topic.kept.front().at > keep) topic.drop_oldest();
    if (topic.failed && journal_->up()) read_on(topic);
    const bool used = !topic.clients.empty() || !topic.waiting.empty() || topic.asking;
    if (used && touch) journal_->touch(topic.name);
    if (!used && now - topic.unused_since > keep) return true;
    kept_bytes_ += topic.bytes;
    return false;
  });
  topic_count_ = topics_.size();
}

void Core::want_check() {
  const std::scoped_lock lock(mutex_);
  check_wanted_ = true;
}

// From 1 on; 0 is before all that was ever allowed.
std::uint64_t Core::ask_generation(std::uint64_t otherwise) const {
  try {
    return 1 + (needs_.generation ? needs_.generation() : 0);
  } catch (const std::exception&) {
    return otherwise;  // the database is away
  }
}

// The second thread: whenever rights changed, and every now and then for the credentials.
void Core::run_checks() {
  std::uint64_t seen = generation();
  auto looked = Clock::now();
  while (true) {
    bool wanted = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, std::chrono::milliseconds(options_.check_ms), [&] { return stopping_; });
      if (stopping_) return;
      wanted = std::exchange(check_wanted_, false);
    }
    const std::uint64_t now = ask_generation(seen);
    generation_ = now;
    const bool all = Clock::now() - looked > std::chrono::seconds(options_.again_s);
    if (now == seen && !wanted && !all) continue;
    if (all) looked = Clock::now();
    std::promise<std::vector<Check>> found;
    on_thread([&] { found.set_value(to_check(all, now)); });
    for (const Check& one : found.get_future().get()) {
      check(one, now);
      const std::scoped_lock lock(mutex_);
      if (stopping_) return;
    }
    seen = now;
  }
}

std::vector<Core::Check> Core::to_check(bool all, std::uint64_t generation) {
  newest_generation_ = std::max(newest_generation_, generation);
  std::vector<Check> out;
  for (const auto& [client, session] : sessions_) {
    Check one{session.client, session.asker, session.bearer, {}};
    for (const auto& [name, allowed] : session.topics) {
      if (all || allowed < generation) one.topics.push_back(name);
    }
    if (!one.topics.empty() || (all && !one.bearer.empty())) out.push_back(std::move(one));
  }
  return out;
}

void Core::check(const Check& one, std::uint64_t generation) {
  try {
    Asker asker = one.asker;
    static_cast<Caller&>(asker) = needs_.authenticator.again(one.asker, one.bearer);
    check_topics(one, asker, generation);
  } catch (const std::exception& failure) {
    const auto* error = dynamic_cast<const Error*>(&failure);
    if (error && error->status() == 401) {
      one.client->close(4401, error->what());
      return leave(one.client);
    }
    // The database is away: the next look tells.
    log::error("subscriptions could not be looked at again", {{"error", failure.what()}});
    want_check();
  }
}

void Core::check_topics(const Check& one, const Asker& asker, std::uint64_t generation) {
  std::vector<std::string> allowed;
  for (const std::string& topic : one.topics) {
    const auto why = refusal(asker, topic);
    if (!why) {
      allowed.push_back(topic);
      continue;
    }
    on_thread([this, client = one.client, topic, text = refused(topic, *why)] {
      drop_topic(client.get(), topic);
      client->tell(text);
    });
  }
  on_thread([this, client = one.client, generation, allowed = std::move(allowed)] {
    const auto found = sessions_.find(client.get());
    if (found == sessions_.end()) return;
    for (const std::string& topic : allowed) {
      const auto of = found->second.topics.find(topic);
      if (of != found->second.topics.end()) of->second = std::max(of->second, generation);
    }
  });
}

}  // namespace ob::realtime
