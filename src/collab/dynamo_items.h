#pragma once
// How a document lies in a table of DynamoDB. There is no sort key, so the ids of all its items are
// worked out from the head:
//
//   <document>                   the head: what there is; an old one holds only `Data`
//   <document>/<epoch>/<number>  a record: updates, each after its length, or the rest of the
//   record before <document>/<set>/<number>    a piece of a snapshot, or of updates too large for
//   one commit
//
// The epoch and the names of sets are random, so that what arrives late, or is removed late, never
// meets what was made later. Records and pieces are only ever made and removed, never changed.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collab/dynamo.h"

namespace ob::collab {

struct PieceSet {
  static constexpr std::int64_t kStaged = -1;  // not part of the document yet
  static constexpr std::int64_t kDoomed = -2;  // and never will be
  std::int64_t pieces = 0;
  std::int64_t record = 0;  // that it belongs to; 0: a snapshot's
  std::int64_t at = 0;      // when it was begun
};

struct Head {
  std::string epoch;                // empty: there is none, or it is an old one
  std::optional<std::string> data;  // of an old one
  std::int64_t generation = 0;      // of the snapshot
  std::int64_t covered = 0;         // last update in it
  std::string snapshot;             // its set of pieces; empty: none
  std::int64_t last = 0;            // number of the last update
  std::int64_t first = 1;           // record that holds the update after `covered`
  std::int64_t record = 0;          // the last one
  std::int64_t swept = 1;           // records before it are removed
  std::map<std::string, PieceSet> sets;

  bool uses(const std::string& name, const PieceSet& set) const {
    return name == snapshot || set.record >= first;
  }
};
Head to_head(const std::optional<DynamoItem>& item);
boost::json::object to_item(const PieceSet& set);

std::string record_id(const std::string& document, const std::string& epoch, std::int64_t number);
std::vector<std::string> piece_ids(const std::string& document, const std::string& set,
                                   std::int64_t pieces);
std::string new_name();  // of an epoch or a set

// An item has 400 KB at most, a commit 4 MB.
inline constexpr std::size_t kPieceBytes = 350 << 10;
inline constexpr std::size_t kPiecesOfCommit = 9;
std::vector<std::string_view> in_pieces(std::string_view bytes);
// Records after number `last`. The first one of an append is described by the append's name, its
// first update's number, and how many there are.
std::vector<DynamoItem> record_items(const std::string& document, const std::string& epoch,
                                     std::int64_t last, std::string_view bytes);
void describe(DynamoItem& record, const std::string& name, std::int64_t from, std::int64_t count);
DynamoItem piece_item(const std::string& document, const std::string& set, std::int64_t number,
                      std::string_view bytes);

// Updates as one text of bytes.
std::string framed(const std::vector<std::string>& updates);
// Takes the whole ones off the front of `bytes`, from `at` on.
std::vector<std::string_view> unframed(std::string_view bytes, std::size_t& at);

}  // namespace ob::collab
