// Snapshots, and what goes.
#include "base/error.h"
#include "base/time.h"
#include "collab/dynamo_documents.h"

namespace ob::collab {

namespace {

constexpr std::int64_t kSweptAtOnce = 500;
constexpr Micros kStagedLong = 3'600'000'000;  // then nobody goes on with a set of pieces
constexpr const char* kSameEnd = "#epoch = :epoch AND #record = :record";

}  // namespace

// ---- snapshots

Store::Written DynamoDocuments::put_snapshot(const std::string& document, std::int64_t generation,
                                             std::int64_t last, const std::string& bytes) {
  const Head head = head_of(document);
  Store::Written foreign{.foreign = true};
  if (head.epoch.empty() || head.generation != generation || last > head.last) return foreign;
  const std::int64_t first = record_after(document, head, last);
  const std::string name = new_name();
  const auto pieces = in_pieces(bytes);
  const PieceSet set{static_cast<std::int64_t>(pieces.size()), 0, now_micros()};
  DynamoChange change{
      .id = document,
      .update = "SET #generation = :next, #covered = :last, #first = :first, #snapshot = :name",
      .condition = "#epoch = :epoch AND #generation = :generation",
      .values = {{":epoch", dynamo_text(head.epoch)},
                 {":generation", dynamo_number(generation)},
                 {":next", dynamo_number(generation + 1)},
                 {":last", dynamo_number(last)},
                 {":first", dynamo_number(first)},
                 {":name", dynamo_text(name)}}};
  std::vector<DynamoItem> fresh;
  if (pieces.size() <= kPiecesOfCommit) {
    change.update += ", #sets.#" + name + " = :set";
    change.values[":set"] = to_item(set);
    for (const auto piece : pieces)
      fresh.push_back(
          piece_item(document, name, static_cast<std::int64_t>(fresh.size()) + 1, piece));
  } else {
    if (!stage(document, head.epoch, name, bytes)) return foreign;
    change.update += ", #sets.#" + name + ".#record = :zero";
    change.condition += " AND #sets.#" + name + ".#record = :staged";
    change.values[":zero"] = dynamo_number(0);
    change.values[":staged"] = dynamo_number(PieceSet::kStaged);
  }
  if (table_.commit(change, fresh)) return {};
  // Refused, or done by an attempt whose answer was lost.
  foreign.foreign = head_of(document).snapshot != name;
  return foreign;
}

// The first record with updates after `last`.
std::int64_t DynamoDocuments::record_after(const std::string& document, const Head& head,
                                           std::int64_t last) {
  if (last >= head.last) return head.record + 1;
  std::int64_t out = head.first;
  for (std::int64_t n = head.first; n <= head.record;) {
    for (const auto& item : records_from(document, head, n, "#id, #from, #count")) {
      // One that is gone is in a snapshot already, which the condition on the generation finds out.
      const std::int64_t from = item ? number_of(*item, "from") : 0;
      if (from > 0) out = n;
      if (from > 0 && from + number_of(*item, "count") - 1 > last) return out;
      ++n;
    }
  }
  return out;
}

// ---- removing

void DynamoDocuments::remove(const std::string& document) {
  for (int i = 0; i < kTries; ++i) {
    const Head head = to_head(table_.get(document));
    ends_.erase(document);
    if (head.epoch.empty()) {
      if (!head.data) return;
      if (table_.remove({.id = document, .condition = "attribute_not_exists(#epoch)"})) return;
      continue;
    }
    // From here on it is empty, whatever happens.
    DynamoItem values{{":epoch", dynamo_text(head.epoch)}, {":record", dynamo_number(head.record)}};
    DynamoChange emptied{.id = document,
                         .update =
                             "SET #generation = :next, #covered = #last, #first = :first "
                             "REMOVE #snapshot",
                         .condition = kSameEnd,
                         .values = values};
    emptied.values[":next"] = dynamo_number(head.generation + 1);
    emptied.values[":first"] = dynamo_number(head.record + 1);
    if (!table_.change(emptied)) {
      give_way(i);
      continue;
    }
    sweep(document, true);
    // Unless somebody writes to it again.
    values[":none"] = dynamo_number(0);
    table_.remove({.id = document,
                   .condition = std::string(kSameEnd) + " AND size(#sets) = :none",
                   .values = values});
    return;
  }
  throw contended();
}

// Removes what is not used any more. The head forgets it afterwards.
void DynamoDocuments::sweep(const std::string& document, bool all_staged) {
  const Head head = to_head(table_.get(document));
  if (head.epoch.empty()) return;
  sweep_sets(document, head, all_staged);
  sweep_records(document, head);
}

void DynamoDocuments::sweep_sets(const std::string& document, const Head& head, bool all_staged) {
  for (const auto& [name, set] : head.sets) {
    if (head.uses(name, set)) continue;
    const std::string place = "#sets.#" + name;
    if (set.record == PieceSet::kStaged) {
      if (!all_staged && now_micros() - set.at < kStagedLong) continue;
      // Whoever is still writing it cannot make it a part of the document after this.
      const bool doomed =
          table_.change({.id = document,
                         .update = "SET " + place + ".#record = :doomed",
                         .condition = place + ".#record = :staged",
                         .values = {{":doomed", dynamo_number(PieceSet::kDoomed)},
                                    {":staged", dynamo_number(PieceSet::kStaged)}}});
      if (!doomed) continue;
    }
    table_.remove_many(piece_ids(document, name, set.pieces));
    table_.change({.id = document,
                   .update = "REMOVE " + place,
                   .condition = "#epoch = :epoch",
                   .values = {{":epoch", dynamo_text(head.epoch)}}});
  }
}

void DynamoDocuments::sweep_records(const std::string& document, const Head& head) {
  for (std::int64_t n = head.swept; n < head.first;) {
    const std::int64_t end = std::min(head.first, n + kSweptAtOnce);
    std::vector<std::string> ids;
    for (; n < end; ++n) ids.push_back(record_id(document, head.epoch, n));
    table_.remove_many(ids);
    table_.change({.id = document,
                   .update = "SET #swept = :end",
                   .condition = "#epoch = :epoch AND #swept < :end",
                   .values = {{":epoch", dynamo_text(head.epoch)}, {":end", dynamo_number(end)}}});
  }
}

}  // namespace ob::collab
