#include "realtime/message.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace ob::realtime {

namespace {

// The names of topics need no escaping.
std::string head(std::string_view type, const std::string& topic) {
  return R"({"type":")" + std::string(type) + R"(","topic":")" + topic + '"';
}

MessagePtr numbered(std::string_view type, const std::string& topic, std::int64_t sequence,
                    std::string_view data) {
  auto out = std::make_shared<Message>();
  out->topic = topic;
  out->sequence = sequence;
  out->gap = type == "gap";
  out->json = head(type, topic) + R"(,"sequence":)" + std::to_string(sequence);
  if (!data.empty()) out->json.append(R"(,"data":)").append(data);
  out->json += '}';
  return out;
}

}  // namespace

MessagePtr event(const std::string& topic, std::int64_t sequence, std::string_view data) {
  return numbered("event", topic, sequence, data);
}

MessagePtr gap(const std::string& topic, std::int64_t sequence) {
  return numbered("gap", topic, sequence, {});
}

MessagePtr subscribed(const std::string& topic, std::int64_t sequence) {
  return numbered("subscribed", topic, sequence, {});
}

std::string refused(const std::string& topic, std::string_view reason) {
  return head("refused", topic) + R"(,"reason":)" +
         boost::json::serialize(boost::json::string(reason)) + "}";
}

std::string unsubscribed(const std::string& topic) {
  return head("unsubscribed", topic) + "}";
}

bool is_topic(std::string_view text) {
  constexpr std::size_t kMost = 200;
  return !text.empty() && text.size() <= kMost && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '_' || c == '.' || c == '/' || c == '-';
  });
}

}  // namespace ob::realtime
