#include "collab/dynamo_items.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/ids.h"

namespace ob::collab {

namespace json = boost::json;

namespace {

const json::object* map_of(const DynamoItem& item, std::string_view name) {
  const json::value* found = item.if_contains(name);
  if (!found || !found->is_object()) return nullptr;
  found = found->get_object().if_contains("M");
  return found && found->is_object() ? &found->get_object() : nullptr;
}

}  // namespace

Head to_head(const std::optional<DynamoItem>& item) {
  Head out;
  if (!item) return out;
  out.epoch = text_of(*item, "epoch");
  if (out.epoch.empty()) {
    out.data = text_of(*item, "Data");
    const auto* data = item->if_contains("Data");
    if (data && (!data->is_object() || !data->get_object().contains("S")))
      throw internal("the attribute Data of an item of DynamoDB is not a text");
    return out;
  }
  out.generation = number_of(*item, "generation");
  out.covered = number_of(*item, "covered");
  out.snapshot = text_of(*item, "snapshot");
  out.last = number_of(*item, "last");
  out.first = number_of(*item, "first");
  out.record = number_of(*item, "record");
  out.swept = number_of(*item, "swept");
  const json::object* sets = map_of(*item, "sets");
  for (const auto& [name, value] : sets ? *sets : json::object()) {
    const json::object wrapped{{"set", value}};
    if (const json::object* set = map_of(wrapped, "set")) {
      out.sets[std::string(name)] = {number_of(*set, "pieces"), number_of(*set, "record"),
                                     number_of(*set, "at")};
    }
  }
  return out;
}

json::object to_item(const PieceSet& set) {
  return json::object{{"M", json::object{{"pieces", dynamo_number(set.pieces)},
                                         {"record", dynamo_number(set.record)},
                                         {"at", dynamo_number(set.at)}}}};
}

std::string record_id(const std::string& document, const std::string& epoch, std::int64_t number) {
  return document + "/" + epoch + "/" + std::to_string(number);
}

std::vector<std::string> piece_ids(const std::string& document, const std::string& set,
                                   std::int64_t pieces) {
  std::vector<std::string> out;
  for (std::int64_t i = 1; i <= pieces; ++i) out.push_back(record_id(document, set, i));
  return out;
}

std::string new_name() {
  std::string out = "x";  // names in expressions are letters and digits
  for (const char c : new_uuid())
    if (c != '-') out += c;
  return out;
}

std::vector<std::string_view> in_pieces(std::string_view bytes) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < bytes.size() || out.empty(); at += kPieceBytes)
    out.push_back(bytes.substr(at, kPieceBytes));
  return out;
}

std::vector<DynamoItem> record_items(const std::string& document, const std::string& epoch,
                                     std::int64_t last, std::string_view bytes) {
  std::vector<DynamoItem> out;
  for (const auto piece : in_pieces(bytes))
    out.push_back(piece_item(document, epoch, ++last, piece));
  return out;
}

void describe(DynamoItem& record, const std::string& name, std::int64_t from, std::int64_t count) {
  record["name"] = dynamo_text(name);
  record["from"] = dynamo_number(from);
  record["count"] = dynamo_number(count);
}

DynamoItem piece_item(const std::string& document, const std::string& set, std::int64_t number,
                      std::string_view bytes) {
  return DynamoItem{{"id", dynamo_text(record_id(document, set, number))},
                    {"bytes", dynamo_bytes(bytes)}};
}

std::string framed(const std::vector<std::string>& updates) {
  std::string out;
  for (const std::string& update : updates) {
    const auto size = static_cast<std::uint32_t>(update.size());  // little endian, as the machine
    out.append(reinterpret_cast<const char*>(&size), sizeof(size));
    out += update;
  }
  return out;
}

std::vector<std::string_view> unframed(std::string_view bytes, std::size_t& at) {
  std::vector<std::string_view> out;
  for (std::uint32_t size = 0; bytes.size() - at >= sizeof(size);) {
    std::memcpy(&size, bytes.data() + at, sizeof(size));
    if (bytes.size() - at - sizeof(size) < size) break;
    out.push_back(bytes.substr(at + sizeof(size), size));
    at += sizeof(size) + size;
  }
  return out;
}

}  // namespace ob::collab
