#pragma once
// Who is there and where their cursors are: small JSON states by client, which live in memory only
// (y-protocols' awareness).
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ob::collab {

class Awareness {
 public:
  using Client = std::uint64_t;
  using Owner = const void*;  // whose connection told it

  // Takes a connection's update; answers what changed, for the others, or "" when nothing did. Only
  // a newer state of a client counts; it belongs to the connection that told it, and nobody but the
  // same user ("": a guest) speaks for that client while it is there. Throws Error 400 for what is
  // malformed or too much.
  std::string update(Owner owner, const std::string& user, std::string_view update);
  // The connection went: its clients, as an update that takes them away; "" when it had none.
  std::string leave(Owner owner);
  std::string all() const;  // "" when nobody is there
  std::size_t size() const { return states_.size(); }

 private:
  struct State {
    std::uint64_t clock = 0;
    std::string json;  // "null" when the client went
    Owner owner = nullptr;
    std::string user;
  };
  void forget_gone();
  std::size_t owned(Owner owner) const;
  std::map<Client, State> states_;
  std::size_t gone_ = 0;
};

}  // namespace ob::collab
