#include "documents/mirror.h"

#include <algorithm>

namespace ob::documents {

namespace {

// How much of a text a change is about.
std::int64_t reach(const Delta& change) {
  std::int64_t out = 0;
  for (const Op& op : change.ops())
    if (op.kind != Op::Kind::insert) out += op.length();
  return out;
}

// What is left of a change where the text is shorter than the change believes.
Delta clipped(const Delta& change, std::int64_t length) {
  Delta out;
  for (const Op& op : change.ops()) {
    if (op.kind == Op::Kind::insert) {
      out.push(op);
      continue;
    }
    Op rest = op;
    rest.count = std::min(op.count, length);
    length -= rest.count;
    if (rest.count > 0) out.push(std::move(rest));
  }
  return out;
}

}  // namespace

void Mirror::changed(const Delta& change) {
  server_ = server_.compose(change);
  missing_ = missing_.compose(change);
  since_ = since_.compose(change);
}

std::optional<Mirror::Send> Mirror::next() {
  if (in_flight_) return std::nullopt;
  if (!want_whole_ && missing_.ops().empty()) return std::nullopt;
  in_flight_ = Send{want_whole_, want_whole_ ? server_ : missing_, ++marks_};
  want_whole_ = crossed_ = false;
  since_ = {};
  return in_flight_;
}

void Mirror::received(std::uint64_t mark) {
  if (!in_flight_ || mark < in_flight_->mark) return;
  const Send sent = *std::exchange(in_flight_, std::nullopt);
  if (sent.whole) {
    client_ = sent.delta;
    guessed_ = false;
    missing_ = crossed_ ? client_.diff(server_) : since_;
  } else if (!crossed_) {
    client_ = client_.compose(sent.delta);
    missing_ = since_;
  } else {
    // It applied to its own text what was made for another.
    client_ = apply_to_client(sent.delta);
    missing_ = client_.diff(server_);
    guessed_ = true;
  }
}

Delta Mirror::apply_to_client(const Delta& change) const {
  return client_.compose(clipped(change, client_.length()));
}

Delta Mirror::take(const Delta& sent) {
  Delta change = sent;
  if (reach(sent) > client_.length()) {
    // Its text is longer than it is known to be: what is beyond belongs to the end.
    change = clipped(sent, client_.length());
    guessed_ = true;
  }
  const Delta today = missing_.transform(change, true);
  missing_ = change.transform(missing_, false);
  client_ = client_.compose(change);
  server_ = server_.compose(today);
  if (in_flight_) crossed_ = true;
  return today;
}

Delta Mirror::take_whole(const Delta& text, bool quiet) {
  if (in_flight_ && !in_flight_->whole && !crossed_ && text == client_.compose(in_flight_->delta))
    received(in_flight_->mark);
  if (in_flight_) return {};
  if (text == client_) {
    guessed_ = false;
    return {};
  }
  if (!quiet) return {};
  if (!guessed_) return take(client_.diff(text));
  // Not a change of the client's, but what crossing messages made of its text.
  client_ = text;
  missing_ = client_.diff(server_);
  guessed_ = false;
  return {};
}

}  // namespace ob::documents
