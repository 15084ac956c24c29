#include "collab/dynamo_documents.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "collab/crdt.h"

namespace ob::collab {

namespace {

constexpr std::size_t kHeadsKept = 20'000;
constexpr std::int64_t kRecordsAtOnce = 100, kPiecesAtOnce = 40;
constexpr std::size_t kBytesAtOnce = 8 << 20;

constexpr const char* kNewHead =
    "SET #epoch = :epoch, #generation = :zero, #covered = :zero, #first = :one, #swept = :one, "
    "#sets = :none, #record = :record, #last = :last";

// What a load reads was replaced by a snapshot meanwhile.
struct Moved {};

}  // namespace

Error DynamoDocuments::contended() {
  return {503, "collab.unavailable",
          "The document cannot be reached at the moment. Try again shortly.",
          "others write to it all the time"};
}

void DynamoDocuments::give_way(int round) {
  thread_local std::minstd_rand chance{std::random_device()()};
  const int most = 10 * std::min(round + 1, 10);
  const std::chrono::milliseconds pause(std::uniform_int_distribution(0, most)(chance));
  std::this_thread::sleep_for(pause);
}

DynamoDocuments::DynamoDocuments(const DynamoPlace& place) : table_(place), ends_(kHeadsKept) {
  table_.ensure();
}

// ---- the head

Head DynamoDocuments::head_of(const std::string& document) {
  for (int i = 0; i < kTries; ++i) {
    Head head = to_head(table_.get(document));
    // Whoever is first to read an old item makes it one of ours; nobody else may do so, too.
    if (head.epoch.empty() && head.data) {
      if (adopt(document, *head.data))
        log::info("an old document was taken over", {{"document", document.c_str()}});
      continue;
    }
    ends_.put(document, end_of(head), 1);
    return head;
  }
  throw contended();
}

// The values of kNewHead.
DynamoItem DynamoDocuments::new_head(const std::string& epoch, const End& end) {
  return {{":epoch", dynamo_text(epoch)},
          {":zero", dynamo_number(0)},
          {":one", dynamo_number(1)},
          {":none", boost::json::object{{"M", boost::json::object()}}},
          {":record", dynamo_number(end.record)},
          {":last", dynamo_number(end.last)}};
}

// False: somebody else was first.
bool DynamoDocuments::adopt(const std::string& document, const std::string& data) {
  std::string update;
  if (!data.empty()) {
    Crdt crdt;
    update = crdt.apply_delta(crdt.change_to(ops_of_delta(data)));
  }
  End next{new_name()};
  std::vector<DynamoItem> fresh;
  if (!update.empty() && update != kNoUpdate) {
    const std::string bytes = framed({update});
    if (in_pieces(bytes).size() > kPiecesOfCommit)
      throw internal("an old document in DynamoDB is too large to be taken over");
    fresh = record_items(document, next.epoch, 0, bytes);
    describe(fresh.front(), new_name(), 1, 1);
    next.record = static_cast<std::int64_t>(fresh.size());
    next.last = 1;
  }
  DynamoChange change{.id = document,
                      .update = std::string(kNewHead) + " REMOVE #Data",
                      .condition = "attribute_not_exists(#epoch)",
                      .values = new_head(next.epoch, next)};
  if (!data.empty()) {  // else there may be no such attribute
    change.condition += " AND #Data = :data";
    change.values[":data"] = dynamo_text(data);
  }
  return table_.commit(change, fresh);
}

// ---- loading

struct DynamoDocuments::Reading {
  const Store::Each& each;
  Position position;
  std::string rest;                  // bytes of an update that is not whole yet
  std::vector<std::string> updates;  // to be passed on
  std::size_t bytes = 0;             // of those
  std::int64_t number = 0;           // of the next update
  std::int64_t covered = 0;          // the snapshot has those up to it

  void add(const DynamoItem& record, const std::string& more) {
    if (const std::int64_t from = number_of(record, "from")) {
      if (!rest.empty()) throw internal("an update in DynamoDB is not whole");
      number = from;
    }
    rest += more;
    std::size_t at = 0;
    for (const auto update : unframed(rest, at)) {
      if (number++ <= covered) continue;
      updates.emplace_back(update);
      bytes += update.size();
    }
    rest.erase(0, at);
    if (bytes > kBytesAtOnce) pass_on();
  }
  void pass_on() {
    if (updates.empty()) return;
    position.since += static_cast<std::int64_t>(updates.size());
    position.bytes += static_cast<std::int64_t>(bytes);
    each({updates.begin(), updates.end()});
    updates.clear();
    bytes = 0;
  }
};

Position DynamoDocuments::load(const std::string& document, const Store::Each& each) {
  std::string missed;  // the snapshot beside which something was missing
  for (int i = 0; i < kTries; ++i) {
    const Head head = head_of(document);
    Reading reading{.each = each, .covered = head.covered};
    reading.position = {head.generation, head.last, 0, 0};
    if (head.epoch.empty()) return reading.position;
    const std::string now = head.epoch + "/" + std::to_string(head.generation);
    if (now == missed) throw internal("items of document " + document + " are missing in DynamoDB");
    try {
      read_snapshot(document, head, reading);
      read_records(document, head, reading);
      return reading.position;
    } catch (const Moved&) {
      missed = now;  // what came already comes again, in the next snapshot
    }
  }
  throw contended();
}

std::string DynamoDocuments::joined(const std::string& document, const std::string& set,
                                    std::int64_t pieces) {
  std::string out;
  const auto ids = piece_ids(document, set, pieces);
  for (std::size_t at = 0; at < ids.size(); at += kPiecesAtOnce) {
    const auto end = std::min(ids.size(), at + kPiecesAtOnce);
    const std::vector<std::string> some(ids.begin() + static_cast<std::ptrdiff_t>(at),
                                        ids.begin() + static_cast<std::ptrdiff_t>(end));
    for (const auto& item : table_.get_many(some)) {
      if (!item) throw Moved();
      out += bytes_of(*item, "bytes");
    }
  }
  return out;
}

void DynamoDocuments::read_snapshot(const std::string& document, const Head& head,
                                    Reading& reading) {
  if (head.snapshot.empty()) return;
  const auto set = head.sets.find(head.snapshot);
  if (set == head.sets.end()) throw internal("a snapshot in DynamoDB has no pieces");
  const std::string bytes = joined(document, head.snapshot, set->second.pieces);
  reading.position.bytes += static_cast<std::int64_t>(bytes.size());
  reading.each({bytes});
}

std::vector<std::optional<DynamoItem>> DynamoDocuments::records_from(const std::string& document,
                                                                     const Head& head,
                                                                     std::int64_t number,
                                                                     const std::string& names) {
  std::vector<std::string> ids;
  const auto end = std::min(head.record + 1, number + kRecordsAtOnce);
  for (; number < end; ++number) ids.push_back(record_id(document, head.epoch, number));
  return table_.get_many(ids, names);
}

void DynamoDocuments::read_records(const std::string& document, const Head& head,
                                   Reading& reading) {
  for (std::int64_t n = head.first; n <= head.record;) {
    for (const auto& item : records_from(document, head, n)) {
      if (!item) throw Moved();
      ++n;
      const std::string set = text_of(*item, "set");
      if (set.empty()) {
        reading.add(*item, bytes_of(*item, "bytes"));
      } else {
        reading.add(*item, joined(document, set, number_of(*item, "pieces")));
      }
    }
    reading.pass_on();
  }
  const bool none = head.first > head.record;
  if (!reading.rest.empty() || (!none && reading.number != head.last + 1))
    throw internal("the updates of document " + document + " in DynamoDB are not whole");
}

// ---- appending

Store::Written DynamoDocuments::append(const std::string& document, std::int64_t after,
                                       const std::vector<std::string>& updates) {
  try {
    return write(document, after, updates);
  } catch (...) {
    ends_.erase(document);
    throw;
  }
}

Store::Written DynamoDocuments::write(const std::string& document, std::int64_t after,
                                      const std::vector<std::string>& updates) {
  const std::string name = new_name(), bytes = framed(updates);
  const auto count = static_cast<std::int64_t>(updates.size());
  const bool large = in_pieces(bytes).size() > kPiecesOfCommit;
  const auto known = ends_.find(document);
  End end = known ? *known : end_of(head_of(document));
  std::string staged;  // the epoch in which it is
  for (int i = 0; i < kTries; ++i) {
    if (large && (end.epoch.empty() || staged != end.epoch)) {
      if (!prepare(document, end, name, bytes)) continue;
      staged = end.epoch;
    }
    const std::string epoch = end.epoch.empty() ? new_name() : end.epoch;
    const std::int64_t from = std::max(end.last, after) + 1;
    auto items = record_items(document, epoch, end.record, large ? "" : bytes);
    describe(items.front(), name, from, count);
    if (large) {
      items.front()["set"] = dynamo_text(name);
      items.front()["pieces"] = dynamo_number(static_cast<std::int64_t>(in_pieces(bytes).size()));
    }
    const End next{epoch, end.record + static_cast<std::int64_t>(items.size()), from + count - 1};
    if (commit(document, end, next, items, large ? name : "") ||
        landed(document, epoch, end.record + 1, name)) {
      ends_.put(document, next, 1);
      return {.last = next.last, .foreign = end.last > after};
    }
    give_way(i);
    end = end_of(head_of(document));
  }
  throw contended();
}

// Stages what is too large for a commit; there must be a head for that. False: not yet.
bool DynamoDocuments::prepare(const std::string& document, End& end, const std::string& name,
                              std::string_view bytes) {
  if (end.epoch.empty()) {
    // Somebody else may be first, with another one.
    const std::string epoch = new_name();
    table_.change({.id = document,
                   .update = kNewHead,
                   .condition = "attribute_not_exists(#id)",
                   .values = new_head(epoch, {})});
    end = end_of(head_of(document));
  }
  if (!end.epoch.empty() && stage(document, end.epoch, name, bytes)) return true;
  end = end_of(head_of(document));
  return false;
}

// Makes the records part of the document; false when its end is another.
bool DynamoDocuments::commit(const std::string& document, const End& end, const End& next,
                             const std::vector<DynamoItem>& fresh, const std::string& set) {
  if (end.epoch.empty()) {
    return table_.commit({.id = document,
                          .update = kNewHead,
                          .condition = "attribute_not_exists(#id)",
                          .values = new_head(next.epoch, next)},
                         fresh);
  }
  DynamoChange change{.id = document,
                      .update = "SET #record = :next, #last = :last",
                      .condition = "#epoch = :epoch AND #record = :record",
                      .values = {{":epoch", dynamo_text(end.epoch)},
                                 {":record", dynamo_number(end.record)},
                                 {":next", dynamo_number(next.record)},
                                 {":last", dynamo_number(next.last)}}};
  if (!set.empty()) {
    change.update += ", #sets.#" + set + ".#record = :next";
    change.condition += " AND #sets.#" + set + ".#record = :staged";
    change.values[":staged"] = dynamo_number(PieceSet::kStaged);
  }
  return table_.commit(change, fresh);
}

// Whether a commit that was refused is there: its own second attempt may have met it.
bool DynamoDocuments::landed(const std::string& document, const std::string& epoch,
                             std::int64_t record, const std::string& name) {
  const auto item = table_.get(record_id(document, epoch, record));
  return item && text_of(*item, "name") == name;
}

// Writes pieces that are no part of the document yet. The head knows of them first, so that they
// are swept when nobody goes on. False: there is no such head any more.
bool DynamoDocuments::stage(const std::string& document, const std::string& epoch,
                            const std::string& name, std::string_view bytes) {
  const auto pieces = in_pieces(bytes);
  const PieceSet set{static_cast<std::int64_t>(pieces.size()), PieceSet::kStaged, now_micros()};
  const bool there =
      table_.change({.id = document,
                     .update = "SET #sets.#" + name + " = :set",
                     .condition = "#epoch = :epoch",
                     .values = {{":set", to_item(set)}, {":epoch", dynamo_text(epoch)}}});
  if (!there) return false;
  for (std::size_t at = 0; at < pieces.size();) {
    std::vector<DynamoItem> items;
    for (; at < pieces.size() && items.size() < kPiecesOfCommit; ++at)
      items.push_back(piece_item(document, name, static_cast<std::int64_t>(at) + 1, pieces[at]));
    table_.put_many(items);
  }
  return true;
}

}  // namespace ob::collab
