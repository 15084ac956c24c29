#pragma once
// Documents in a table of DynamoDB, one call at a time; dynamo_items.h tells how they lie there.
// Several instances may write: whatever becomes part of a document does so by a commit that names
// the end of the document that its writer knows. Decision 0014 tells why so.
#include <functional>

#include "base/error.h"
#include "base/lru.h"
#include "collab/dynamo_items.h"
#include "collab/store.h"

namespace ob::collab {

// Thread-safe. All block.
class DynamoDocuments {
 public:
  explicit DynamoDocuments(const DynamoPlace& place);

  // As those of Store.
  Position load(const std::string& document, const Store::Each& each);
  Store::Written append(const std::string& document, std::int64_t after,
                        const std::vector<std::string>& updates);
  // What the snapshot replaces stays until it is swept.
  Store::Written put_snapshot(const std::string& document, std::int64_t generation,
                              std::int64_t last, const std::string& bytes);
  void sweep(const std::string& document) { sweep(document, false); }
  void remove(const std::string& document);

 private:
  struct Reading;
  // The end of a document's log.
  struct End {
    std::string epoch;  // empty: the document has no head
    std::int64_t record = 0, last = 0;
  };
  static End end_of(const Head& head) { return {head.epoch, head.record, head.last}; }
  static constexpr int kTries = 30;  // against others that write the same document
  static void give_way(int round);   // to them
  static Error contended();
  static DynamoItem new_head(const std::string& epoch, const End& end);
  Head head_of(const std::string& document);
  bool adopt(const std::string& document, const std::string& data);

  void read_snapshot(const std::string& document, const Head& head, Reading& reading);
  void read_records(const std::string& document, const Head& head, Reading& reading);
  std::vector<std::optional<DynamoItem>> records_from(const std::string& document, const Head& head,
                                                      std::int64_t number,
                                                      const std::string& names = {});
  std::string joined(const std::string& document, const std::string& set, std::int64_t pieces);

  Store::Written write(const std::string& document, std::int64_t after,
                       const std::vector<std::string>& updates);
  bool prepare(const std::string& document, End& end, const std::string& name,
               std::string_view bytes);
  bool commit(const std::string& document, const End& end, const End& next,
              const std::vector<DynamoItem>& fresh, const std::string& set);
  bool landed(const std::string& document, const std::string& epoch, std::int64_t record,
              const std::string& name);
  bool stage(const std::string& document, const std::string& epoch, const std::string& name,
             std::string_view bytes);

  std::int64_t record_after(const std::string& document, const Head& head, std::int64_t last);
  void sweep(const std::string& document, bool all_staged);
  void sweep_sets(const std::string& document, const Head& head, bool all_staged);
  void sweep_records(const std::string& document, const Head& head);

  DynamoTable table_;
  LruCache<End> ends_;  // as they were last seen: only a guess, since others may write
};

}  // namespace ob::collab
