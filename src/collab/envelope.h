#pragma once
// What instances tell each other of a document.
#include <cstdint>
#include <string>

#include "collab/protocol.h"

namespace ob::collab {

struct Envelope {
  enum class Kind : std::uint8_t {
    // To the holder:
    join,     // client, a: name, b: user, n: 1 may write, 2 Hocuspocus
    leave,    // client
    receive,  // client, n: kind, a: data
    apply,    // client: number of the question, a: update, b: user
    remove,   // client: number of the question
    stale,    // something was stored that the holder did not see
    // To the instance of clients:
    message,    // client, n: times, a: message
    broadcast,  // client: all but it, a: message
    end,        // client, n: code, a: reason
    taken,      // n: bytes that were looked at
    reset,      // a: reason; an empty document: all that the sender holds
    answer      // client: number of the question, n: 1 done
  };
  Kind kind;
  std::string from, document;
  std::uint64_t client = 0, n = 0;
  std::string a = {}, b = {};

  std::string encode() const {
    std::string out;
    out.reserve(from.size() + document.size() + a.size() + b.size() + 32);
    put_number(out, static_cast<std::uint64_t>(kind));
    put_bytes(out, from);
    put_bytes(out, document);
    put_number(out, client);
    put_number(out, n);
    put_bytes(out, a);
    put_bytes(out, b);
    return out;
  }
  // Throws Error 400.
  static Envelope decode(std::string_view text) {
    Reader reader(text);
    Envelope out{.kind = static_cast<Kind>(reader.number())};
    out.from = reader.bytes();
    out.document = reader.bytes();
    out.client = reader.number();
    out.n = reader.number();
    out.a = reader.bytes();
    out.b = reader.bytes();
    return out;
  }
};

}  // namespace ob::collab
