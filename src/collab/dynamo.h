#pragma once
// One table of DynamoDB whose only key is the text `id`. Items are JSON in DynamoDB's own form
// ({"n": {"N": "1"}}). All calls block, try again where that may help, and throw Error 502 to 504
// that says what to look at. Thread-safe.
#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collab/dynamo_place.h"

namespace ob::collab {

using DynamoItem = boost::json::object;

// Values of an item. Those of what is not there are empty.
boost::json::object dynamo_number(std::int64_t value);
boost::json::object dynamo_text(std::string_view value);
boost::json::object dynamo_bytes(std::string_view value);
std::int64_t number_of(const DynamoItem& item, std::string_view name);
std::string text_of(const DynamoItem& item, std::string_view name);
std::string bytes_of(const DynamoItem& item, std::string_view name);

// Names in expressions are written #name, values :name.
struct DynamoChange {
  std::string id;
  std::string update, condition;
  DynamoItem values = {};
};

class DynamoTable {
 public:
  explicit DynamoTable(const DynamoPlace& place);
  ~DynamoTable();
  // Makes the table if it is missing. Throws if it has another key.
  void ensure();

  std::optional<DynamoItem> get(const std::string& id);
  // At the places of their ids; `names`: only these attributes, comma-separated as #name.
  std::vector<std::optional<DynamoItem>> get_many(const std::vector<std::string>& ids,
                                                  const std::string& names = {});
  // These three: false where a condition does not hold, also when an earlier attempt of the same
  // request, whose answer was lost, had its effect.
  bool change(const DynamoChange& change);
  bool remove(const DynamoChange& condition);
  // All or nothing; `fresh` items must not be there yet. 100 items and 4 MB at most.
  bool commit(const DynamoChange& change, const std::vector<DynamoItem>& fresh);
  // Any number, in no order, replacing what is there.
  void put_many(const std::vector<DynamoItem>& items);
  void remove_many(const std::vector<std::string>& ids);

 private:
  struct Impl;
  boost::json::object call(const char* operation, const boost::json::object& request);
  bool conditional(const char* operation, const boost::json::object& request);
  void create();
  void write_many(boost::json::array requests);

  const std::string table_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ob::collab
