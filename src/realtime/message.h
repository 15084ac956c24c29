#pragma once
// What clients are told, made once for all of them.
#include <memory>
#include <optional>
#include <string>

#include "net/net.h"

namespace ob::realtime {

// Of one topic: an event, or that something was lost ("gap"), after which numbers go on from
// `sequence`.
struct Message {
  std::string topic;
  std::int64_t sequence = 0;
  bool gap = false;
  std::string json;
  mutable net::Frame frame;  // made when the first WebSocket wants it, on the hub's thread

  const net::Frame& as_frame() const {
    if (!frame) frame = net::make_frame(json, true);
    return frame;
  }
  std::size_t cost() const { return sizeof(Message) + 2 * json.size() + topic.size(); }
};
using MessagePtr = std::shared_ptr<const Message>;

// data: JSON.
MessagePtr event(const std::string& topic, std::int64_t sequence, std::string_view data);
MessagePtr gap(const std::string& topic, std::int64_t sequence);
MessagePtr subscribed(const std::string& topic, std::int64_t sequence);
// Without a number: the client's place in the topic stays what it was.
std::string refused(const std::string& topic, std::string_view reason);
std::string unsubscribed(const std::string& topic);

// One that listens: a WebSocket or an event stream. The hub calls it on its thread.
class Client {
 public:
  virtual ~Client() = default;
  // Neither blocks. False: it is gone, or was too slow and is cut off.
  virtual bool tell(const Message& message) = 0;
  virtual bool tell(const std::string& json) = 0;
  virtual void close(int code, const std::string& reason) = 0;
  virtual std::size_t queued() const = 0;  // bytes that wait for it
  virtual bool slow() const = 0;           // it was cut off since it did not read
};

// A topic's name: letters, digits and ":_./-", at most 200.
bool is_topic(std::string_view text);

}  // namespace ob::realtime
