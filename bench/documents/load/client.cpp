#include "client.h"

#include <stdexcept>

namespace load {

namespace {

enum Kind : std::uint8_t { sync = 0, auth = 2, sync_reply = 4, close = 7 };
enum Step : std::uint8_t { step1 = 0, step2 = 1, update = 2 };
enum Auth : std::uint8_t { token = 0, denied = 1 };
constexpr std::string_view kEmptyUpdate("\0\0", 2);

std::string path(const Target& target, const std::string& document) {
  std::string found = target.prefix;
  if (target.protocol == Protocol::y_websocket) {
    found += document;
    if (!target.token.empty()) found += "?token=" + target.token;
  }
  return found;
}

}  // namespace

Client::Client(int epoll, const Target& target, std::string document, int from)
    : protocol_(target.protocol),
      document_(std::move(document)),
      token_(target.token),
      socket_(epoll, target.port, from, path(target, document_),
              [this](std::string_view message) { received(message); }) {
  socket_.on_open = [this] { begin(); };
}

void Client::begin() {
  if (protocol_ == Protocol::hocuspocus) {
    std::string message;
    put_text(message, document_);
    put_number(message, Kind::auth);
    put_number(message, Auth::token);
    put_text(message, token_);
    put_text(message, "4.8.0");
    socket_.send(message);
  }
  ask(known);
}

void Client::ask(const std::vector<Id>& known) {
  synced_ = false;
  std::string vector;
  put_number(vector, known.size());
  for (const Id& id : known) {
    put_number(vector, id.client);
    put_number(vector, id.clock);
  }
  send_sync(Step::step1, vector);
}

void Client::send_update(std::string_view payload) {
  send_sync(Step::update, payload);
}

void Client::send_sync(int type, std::string_view payload) {
  std::string message;
  if (protocol_ == Protocol::hocuspocus) put_text(message, document_);
  put_number(message, Kind::sync);
  put_number(message, type);
  put_text(message, payload);
  socket_.send(message);
}

void Client::received(std::string_view message) {
  Reader in(message);
  if (protocol_ == Protocol::hocuspocus && in.text() != document_) {
    throw std::runtime_error("a message for another document");
  }
  const auto kind = in.number();
  if (kind == Kind::auth && in.number() == Auth::denied) {
    throw std::runtime_error("the server denied access: " + std::string(in.text()));
  }
  if (kind == Kind::close) throw std::runtime_error("the server closed a document");
  if (kind != Kind::sync && kind != Kind::sync_reply) return;
  const auto step = in.number();
  const auto payload = in.text();
  if (step == Step::step1) return send_sync(Step::step2, kEmptyUpdate);
  if (step == Step::step2) synced_ = true;
  if (on_update) on_update(payload);
}

}  // namespace load
