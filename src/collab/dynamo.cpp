#include "collab/dynamo.h"

#include <openbricks_native/src/dynamo/bridge.rs.h>
#include <rust/cxx.h>

#include <boost/json.hpp>
#include <charconv>
#include <thread>
#include <unordered_map>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"

namespace ob::collab {

namespace json = boost::json;

namespace {

constexpr std::size_t kGetsAtOnce = 100, kWritesAtOnce = 25;
constexpr std::size_t kWriteBytes = 4 << 20;  // of one request; 16 MB are allowed
constexpr int kPatience = 10;                 // rounds in which nothing of a batch was taken
constexpr auto kFirstPause = std::chrono::milliseconds(20);

// #names of expressions; none of them is a reserved word this way.
void add_names(std::string_view expression, json::object& names) {
  for (std::size_t at = 0; (at = expression.find('#', at)) != expression.npos;) {
    std::size_t end = at + 1;
    while (end < expression.size() && std::isalnum(static_cast<unsigned char>(expression[end])))
      ++end;
    names[expression.substr(at, end - at)] = expression.substr(at + 1, end - at - 1);
    at = end;
  }
}

json::object key(std::string_view id) {
  return {{"id", dynamo_text(id)}};
}

json::object request(const std::string& table, const DynamoChange& change) {
  json::object out{{"TableName", table}, {"Key", key(change.id)}};
  json::object names;
  if (!change.update.empty()) out["UpdateExpression"] = change.update;
  if (!change.condition.empty()) out["ConditionExpression"] = change.condition;
  add_names(change.update, names);
  add_names(change.condition, names);
  if (!names.empty()) out["ExpressionAttributeNames"] = std::move(names);
  if (!change.values.empty()) out["ExpressionAttributeValues"] = change.values;
  return out;
}

const json::value* value_of(const DynamoItem& item, std::string_view name, std::string_view type) {
  const json::value* found = item.if_contains(name);
  if (!found || !found->is_object()) return nullptr;
  return found->get_object().if_contains(type);
}

std::string text_value(const DynamoItem& item, std::string_view name, std::string_view type) {
  const json::value* found = value_of(item, name, type);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

Error to_error(native::dynamo::Outcome outcome, const std::string& where, const char* operation,
               const std::string& text) {
  using native::dynamo::Outcome;
  const std::string cause = std::string(operation) + ": " + text;
  switch (outcome) {
    case Outcome::NoTable:
      return {502, "collab.noTable",
              "There is no " + where + " any more. Make it again, or start the server anew.",
              cause};
    case Outcome::Denied:
      return {502, "collab.tableDenied",
              "DynamoDB refused the access to the " + where + " (" + text +
                  "). Check the credentials and their rights.",
              cause};
    case Outcome::Throttled:
      return {503, "collab.tableThrottled",
              "DynamoDB has too many requests for the " + where + ". Try again shortly.", cause};
    case Outcome::Unavailable:
      return {503, "collab.tableUnavailable",
              "DynamoDB does not work with the " + where + " (" + text + "). Try again later.",
              cause};
    case Outcome::Timeout:
      return {504, "collab.tableTimeout",
              "DynamoDB did not answer in time about the " + where + ". Try again later.", cause};
    default:
      return {502, "collab.tableRefused",
              "DynamoDB did not take a request for the " + where + " (" + text +
                  "). Check its region and endpoint.",
              cause};
  }
}

void pause(int round) {
  std::this_thread::sleep_for(kFirstPause * (1 << std::min(round, 6)));
}

}  // namespace

json::object dynamo_number(std::int64_t value) {
  return json::object{{"N", std::to_string(value)}};
}
json::object dynamo_text(std::string_view value) {
  return {{"S", value}};
}
json::object dynamo_bytes(std::string_view value) {
  return {{"B", base64_encode(value)}};
}

std::int64_t number_of(const DynamoItem& item, std::string_view name) {
  const std::string text = text_value(item, name, "N");
  std::int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}
std::string text_of(const DynamoItem& item, std::string_view name) {
  return text_value(item, name, "S");
}
std::string bytes_of(const DynamoItem& item, std::string_view name) {
  const json::value* found = value_of(item, name, "B");
  std::string out;
  if (found && found->is_string() && !base64_decode(std::string_view(found->get_string()), out))
    throw internal("an item of DynamoDB is not base64");
  return out;
}

struct DynamoTable::Impl {
  std::string where;
  rust::Box<native::dynamo::Client> client;
};

DynamoTable::DynamoTable(const DynamoPlace& place) : table_(place.table) {
  constexpr std::uint32_t kRequests = 64;  // at a time
  const std::string where = "table '" + place.table + "' in " + place.region;
  try {
    impl_ = std::make_unique<Impl>(
        where, native::dynamo::open_client({.region = place.region,
                                            .endpoint = place.endpoint,
                                            .access_key = place.access_key,
                                            .secret_key = place.secret_key,
                                            .session_token = place.session_token,
                                            .allow_http = place.plain_http,
                                            .attempts = place.attempts,
                                            .attempt_timeout_ms = place.attempt_timeout_ms,
                                            .backoff_ms = place.backoff_ms,
                                            .requests = kRequests}));
  } catch (const rust::Error& e) {
    throw bad_request("collab.badTable", "The settings of the " + where +
                                             " are not right: " + std::string(e.what()) + ".");
  }
}
DynamoTable::~DynamoTable() = default;

json::object DynamoTable::call(const char* operation, const json::object& request) {
  const auto answer = impl_->client->call(operation, json::serialize(request));
  if (answer.outcome != native::dynamo::Outcome::Done)
    throw to_error(answer.outcome, impl_->where, operation, std::string(answer.text));
  boost::system::error_code code;
  json::value out = json::parse(std::string_view(answer.text.data(), answer.text.size()), code);
  if (code || !out.is_object())
    throw to_error(native::dynamo::Outcome::Unavailable, impl_->where, operation, "no JSON");
  return std::move(out.get_object());
}

bool DynamoTable::conditional(const char* operation, const json::object& request) {
  const auto answer = impl_->client->call(operation, json::serialize(request));
  if (answer.outcome == native::dynamo::Outcome::Done) return true;
  if (answer.outcome == native::dynamo::Outcome::Condition) return false;
  throw to_error(answer.outcome, impl_->where, operation, std::string(answer.text));
}

// ---- the table

void DynamoTable::create() {
  const json::object wanted{
      {"TableName", table_},
      {"AttributeDefinitions",
       json::array{json::object{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
      {"KeySchema", json::array{json::object{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
      {"BillingMode", "PAY_PER_REQUEST"}};
  const auto answer = impl_->client->call("CreateTable", json::serialize(wanted));
  using native::dynamo::Outcome;
  if (answer.outcome == Outcome::Done) {
    log::info("a table of DynamoDB was made", {{"table", table_.c_str()}});
  } else if (answer.outcome != Outcome::InUse) {  // else another instance makes it
    throw Error(502, "collab.noTable",
                "There is no " + impl_->where + ", and it could not be made (" +
                    std::string(answer.text) +
                    "). Make it with the key 'id' (a string, no sort key), or allow "
                    "dynamodb:CreateTable.");
  }
}

void DynamoTable::ensure() {
  constexpr int kRounds = 300;
  constexpr auto kPause = std::chrono::milliseconds(200);
  for (int round = 0; round < kRounds; ++round) {
    const auto answer =
        impl_->client->call("DescribeTable", json::serialize(json::object{{"TableName", table_}}));
    if (answer.outcome == native::dynamo::Outcome::NoTable) {
      create();
    } else if (answer.outcome != native::dynamo::Outcome::Done) {
      throw to_error(answer.outcome, impl_->where, "DescribeTable", std::string(answer.text));
    } else {
      const auto found = json::parse(std::string_view(answer.text.data(), answer.text.size()));
      const json::value& table = found.at("Table");
      const json::array& keys = table.at("KeySchema").as_array();
      json::object id_is_text{{"AttributeName", "id"}, {"AttributeType", "S"}};
      const bool fits = keys.size() == 1 && keys[0].at("AttributeName") == "id" &&
                        std::ranges::count(table.at("AttributeDefinitions").as_array(),
                                           json::value(id_is_text)) == 1;
      if (!fits) {
        throw Error(502, "collab.otherTable",
                    "The " + impl_->where +
                        " has another key than documents need: 'id', a string, and no sort key. "
                        "Name another table in documents_store.");
      }
      if (table.at("TableStatus") == "ACTIVE" || table.at("TableStatus") == "UPDATING") return;
    }
    std::this_thread::sleep_for(kPause);
  }
  throw Error(503, "collab.tableUnavailable",
              "The " + impl_->where + " does not become active. Look at it in DynamoDB.");
}

// ---- items

std::optional<DynamoItem> DynamoTable::get(const std::string& id) {
  json::object answer =
      call("GetItem", {{"TableName", table_}, {"Key", key(id)}, {"ConsistentRead", true}});
  json::value* item = answer.if_contains("Item");
  if (!item || !item->is_object()) return std::nullopt;
  return std::move(item->get_object());
}

std::vector<std::optional<DynamoItem>> DynamoTable::get_many(const std::vector<std::string>& ids,
                                                             const std::string& names) {
  std::vector<std::optional<DynamoItem>> out(ids.size());
  std::unordered_map<std::string, std::size_t> places;
  json::array waiting;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    places.emplace(ids[i], i);
    waiting.push_back(key(ids[i]));
  }
  for (int vain = 0; !waiting.empty();) {
    const auto some =
        waiting.begin() + static_cast<std::ptrdiff_t>(std::min(waiting.size(), kGetsAtOnce));
    json::object wanted{{"Keys", json::array(waiting.begin(), some)}, {"ConsistentRead", true}};
    if (!names.empty()) {
      json::object all;
      add_names(names, all);
      wanted["ProjectionExpression"] = names;
      wanted["ExpressionAttributeNames"] = std::move(all);
    }
    json::object answer =
        call("BatchGetItem", {{"RequestItems", json::object{{table_, std::move(wanted)}}}});
    json::array rest;
    if (const auto* left = answer["UnprocessedKeys"].if_object()) {
      if (const auto* mine = left->if_contains(table_)) rest = mine->at("Keys").as_array();
    }
    const bool progress = rest.size() < static_cast<std::size_t>(some - waiting.begin());
    for (json::value& item : answer["Responses"].at(table_).as_array()) {
      const auto place = places.find(text_of(item.as_object(), "id"));
      if (place != places.end()) out[place->second] = std::move(item.get_object());
    }
    rest.insert(rest.end(), some, waiting.end());
    waiting = std::move(rest);
    if (progress) {
      vain = 0;
    } else if (++vain == kPatience) {
      throw to_error(native::dynamo::Outcome::Throttled, impl_->where, "BatchGetItem",
                     "keys were left out");
    } else {
      pause(vain);
    }
  }
  return out;
}

bool DynamoTable::change(const DynamoChange& change) {
  return conditional("UpdateItem", request(table_, change));
}

bool DynamoTable::remove(const DynamoChange& condition) {
  return conditional("DeleteItem", request(table_, condition));
}

bool DynamoTable::commit(const DynamoChange& change, const std::vector<DynamoItem>& fresh) {
  json::array actions{json::object{{"Update", request(table_, change)}}};
  for (const DynamoItem& item : fresh) {
    actions.push_back(json::object{
        {"Put", json::object{{"TableName", table_},
                             {"Item", item},
                             {"ConditionExpression", "attribute_not_exists(#id)"},
                             {"ExpressionAttributeNames", json::object{{"#id", "id"}}}}}});
  }
  // With the token another attempt of the same is no second one, as long as AWS remembers it.
  return conditional("TransactWriteItems",
                     {{"TransactItems", std::move(actions)}, {"ClientRequestToken", new_uuid()}});
}

void DynamoTable::put_many(const std::vector<DynamoItem>& items) {
  json::array requests;
  std::size_t bytes = 0;
  for (const DynamoItem& item : items) {
    const json::value* body = value_of(item, "bytes", "B");
    const std::size_t size = body && body->is_string() ? body->get_string().size() : 0;
    if (requests.size() == kWritesAtOnce || bytes + size > kWriteBytes) {
      write_many(std::exchange(requests, {}));
      bytes = 0;
    }
    bytes += size;
    requests.push_back(json::object{{"PutRequest", json::object{{"Item", item}}}});
  }
  if (!requests.empty()) write_many(std::move(requests));
}

void DynamoTable::remove_many(const std::vector<std::string>& ids) {
  json::array requests;
  for (const std::string& id : ids) {
    requests.push_back(json::object{{"DeleteRequest", json::object{{"Key", key(id)}}}});
    if (requests.size() == kWritesAtOnce) write_many(std::exchange(requests, {}));
  }
  if (!requests.empty()) write_many(std::move(requests));
}

void DynamoTable::write_many(json::array requests) {
  for (int vain = 0; !requests.empty();) {
    const std::size_t before = requests.size();
    json::object answer =
        call("BatchWriteItem", {{"RequestItems", json::object{{table_, std::move(requests)}}}});
    requests = {};
    if (auto* left = answer["UnprocessedItems"].if_object()) {
      if (auto* mine = left->if_contains(table_)) requests = std::move(mine->as_array());
    }
    if (requests.size() < before) {
      vain = 0;
      continue;
    }
    if (++vain == kPatience) {
      throw to_error(native::dynamo::Outcome::Throttled, impl_->where, "BatchWriteItem",
                     "items were left out");
    }
    pause(vain);
  }
}

}  // namespace ob::collab
