#pragma once
// What a client has that speaks deltas without versions (the fourth seed's protocol): it applies
// what it is sent as it comes, also where its own changes crossed it on the way. The server keeps a
// mirror of its text, by what the client proved to have received, transforms its changes to the
// text of today, and mends what crossing messages did (differential synchronisation, N. Fraser,
// 2009; operational transformation, Ellis and Gibbs, 1989). Not thread-safe.
#include <optional>
#include <string>

#include "documents/delta.h"

namespace ob::documents {

class Mirror {
 public:
  explicit Mirror(Delta content) : server_(std::move(content)) {}

  const Delta& server() const { return server_; }  // the text of today
  // The text changed by somebody else.
  void changed(const Delta& change);

  struct Send {
    bool whole = false;  // the content takes the place of the client's text; else a change
    Delta delta;
    std::uint64_t mark = 0;
  };
  // What to send next, if anything; nothing while the client has not received the last.
  std::optional<Send> next();
  // The client asked for the whole.
  void want_whole() { want_whole_ = true; }
  // The client received all up to this mark.
  void received(std::uint64_t mark);
  bool waits() const { return in_flight_.has_value(); }

  // A change of the client's: what it means for the text of today, which is changed by it.
  Delta take(const Delta& sent);
  // The client's whole text: what in it is new to the server, as take() answers it. `quiet`:
  // nothing went either way for so long that the client has surely applied what it received; else a
  // text that differs may only be of a moment before, and tells nothing.
  Delta take_whole(const Delta& text, bool quiet);

 private:
  Delta apply_to_client(const Delta& change) const;

  Delta server_;
  Delta client_;   // as far as it is known
  Delta missing_;  // makes client_ the text of today
  bool want_whole_ = true;
  std::optional<Send> in_flight_;
  Delta since_;           // changes after what is in flight, if nothing crossed it
  bool crossed_ = false;  // the client changed its text before it received what is in flight
  bool guessed_ =
      false;  // client_ may be wrong: messages crossed since the client's last whole text
  std::uint64_t marks_ = 0;
};

}  // namespace ob::documents
