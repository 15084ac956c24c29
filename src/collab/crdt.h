#pragma once
// A Yjs document. One caller at a time. Errors of what is given are ob::Error 400 with a text for
// people; after an error of its own (500) it must be loaded anew.
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ob::collab {

// "\0\0": the update that changes nothing.
inline constexpr std::string_view kNoUpdate{"\0\0", 2};

class Crdt {
 public:
  Crdt();
  ~Crdt();
  Crdt(Crdt&&) noexcept;
  Crdt& operator=(Crdt&&) noexcept;

  struct Applied {
    std::string update;                // all that changed, as one; empty: nothing
    std::vector<std::size_t> refused;  // places of malformed ones; the others were applied
    bool pending = false;              // something waits for what did not come yet
    // Ops of what changed in the text, if asked for; "null": too large, who follows begins anew.
    std::string delta;
  };
  Applied apply(std::span<const std::string_view> updates, bool want_delta = false);
  // The same of what was accepted and stored, so without bounds on what it takes; false: one of
  // them is malformed.
  bool load(std::span<const std::string_view> updates);
  bool pending() const;  // something waits for what did not come yet
  std::string state_vector() const;
  std::string diff(std::string_view state_vector) const;
  std::string state() const { return diff(std::string_view("\0", 1)); }
  // JSON arrays of ops.
  std::string delta() const;
  std::string text() const;
  std::string apply_delta(std::string_view ops);  // gives the update
  // Ops of the least change that makes the content these ops.
  std::string change_to(std::string_view ops) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The array of ops of {"ops": […]} or […]. Throws Error 400 collab.badDelta.
std::string ops_of_delta(std::string_view delta);

}  // namespace ob::collab
