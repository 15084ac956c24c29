// One editor of one document, by y-websocket's or Hocuspocus's protocol.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "socket.h"
#include "yjs.h"

namespace load {

enum class Protocol : std::uint8_t { y_websocket, hocuspocus };

struct Target {
  std::uint16_t port = 0;
  Protocol protocol = Protocol::y_websocket;
  std::string prefix;  // of the path; y-websocket's goes on with the document
  std::string token;
};

class Client {
 public:
  Client(int epoll, const Target& target, std::string document, int from);

  Socket& socket() { return socket_; }
  bool synced() const { return synced_; }
  void ask(const std::vector<Id>& known);  // sync step 1: `synced` once it is answered
  void send_update(std::string_view update);
  std::function<void(std::string_view update)> on_update;
  std::vector<Id> known;  // what this client has already: how many clocks of each client

 private:
  void begin();
  void received(std::string_view message);
  void send_sync(int type, std::string_view payload);

  Protocol protocol_;
  std::string document_, token_;
  bool synced_ = false;
  Socket socket_;
};

}  // namespace load
