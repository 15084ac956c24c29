#include "audit/store.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace ob::audit {

namespace json = boost::json;

const std::vector<Column>& columns() {
  using Type = Column::Type;
  static const std::vector<Column> all{{"time", Type::instant},
                                       {"id"},
                                       {"action"},
                                       {"outcome"},
                                       {"actor_kind"},
                                       {"actor_id"},
                                       {"actor"},
                                       {"acting_as_id"},
                                       {"acting_as"},
                                       {"object_type"},
                                       {"object_id"},
                                       {"object"},
                                       {"address"},
                                       {"user_agent"},
                                       {"request_id"},
                                       {"session_id"},
                                       {"credential_id"},
                                       {"statement_id"},
                                       {"status", Type::integer},
                                       {"error"},
                                       {"details"}};
  return all;
}

namespace store {
namespace {

constexpr std::array<std::string_view, 3> kOutcomes{"allowed", "denied", "failed"};
constexpr std::array<std::string_view, 5> kKinds{"user", "service", "key", "anonymous", "system"};
constexpr std::size_t kRowsAtOnce = 32;
constexpr std::int64_t kDeletedAtOnce = 5'000;

template <class E, std::size_t N>
E from_text(const std::array<std::string_view, N>& words, const std::string& text) {
  const auto found = std::ranges::find(words, text);
  if (found == words.end()) throw internal("an unknown word in the audit log: " + text);
  return static_cast<E>(found - words.begin());
}

std::string column_list() {
  std::string out;
  for (const Column& column : columns()) out += (out.empty() ? "" : ", ") + column.name;
  return out;
}

std::string insert_sql(std::size_t rows) {
  std::string out = "INSERT INTO audit_entries (" + column_list() + ") VALUES ";
  std::size_t parameter = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    out += row == 0 ? "(" : ", (";
    for (std::size_t i = 0; i < columns().size(); ++i)
      out += (i == 0 ? "$" : ", $") + std::to_string(++parameter);
    out += ")";
  }
  return out + " ON CONFLICT (time, id) DO NOTHING";
}

void append(std::vector<db::Value>& out, const Entry& entry) {
  const Event& e = entry.event;
  const std::string details = e.details.empty() ? "" : json::serialize(e.details);
  for (db::Value value : std::initializer_list<db::Value>{e.time,
                                                          entry.id,
                                                          e.action,
                                                          std::string(to_text(e.outcome)),
                                                          std::string(to_text(e.actor_kind)),
                                                          e.actor_id,
                                                          e.actor,
                                                          e.acting_as_id,
                                                          e.acting_as,
                                                          e.object.type,
                                                          e.object.id,
                                                          e.object.name,
                                                          e.address,
                                                          e.user_agent,
                                                          e.request_id,
                                                          e.session_id,
                                                          e.credential,
                                                          e.statement_id,
                                                          std::int64_t{e.status},
                                                          e.error,
                                                          details})
    out.push_back(std::move(value));
}

Entry entry_of(const db::Row& row) {
  Entry out;
  Event& e = out.event;
  std::size_t at = 0;
  const auto next = [&] { return row.text(at++); };
  e.time = row.integer(at++);
  out.id = next();
  e.action = next();
  e.outcome = from_text<Outcome>(kOutcomes, next());
  e.actor_kind = from_text<ActorKind>(kKinds, next());
  e.actor_id = next();
  e.actor = next();
  e.acting_as_id = next();
  e.acting_as = next();
  e.object = {next(), next(), next()};
  e.address = next();
  e.user_agent = next();
  e.request_id = next();
  e.session_id = next();
  e.credential = next();
  e.statement_id = next();
  e.status = static_cast<int>(row.integer(at++));
  e.error = next();
  if (const std::string details = next(); !details.empty())
    e.details = json::parse(details).as_object();
  return out;
}

// The conditions of a filter with their values.
class Conditions {
 public:
  void add(const std::string& sql) { sql_ += (sql_.empty() ? " WHERE " : " AND ") + sql; }
  std::string value(db::Value value) {
    values_.push_back(std::move(value));
    return "$" + std::to_string(values_.size());
  }
  void text(std::string_view column, const std::string& wanted) {
    if (wanted.empty()) return;
    const std::string name(column);
    if (!wanted.ends_with('*')) return add(name + " = " + value(wanted));
    const std::string start = wanted.substr(0, wanted.size() - 1);
    add(name + " >= " + value(start));
    add(name + " < " + value(start + "\xF4\x8F\xBF\xBF"));  // the last character that there is
  }
  const std::string& sql() const { return sql_; }
  std::vector<db::Value>& values() { return values_; }

 private:
  std::string sql_;
  std::vector<db::Value> values_;
};

bool is_uuid(const std::string& text) {
  return text.size() == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-';
}

}  // namespace

std::string_view to_text(Outcome outcome) {
  return kOutcomes.at(static_cast<std::size_t>(outcome));
}

std::string_view to_text(ActorKind kind) {
  return kKinds.at(static_cast<std::size_t>(kind));
}

void insert(db::Tx& tx, std::span<const Entry> entries) {
  static const std::string many = insert_sql(kRowsAtOnce), one = insert_sql(1);
  while (!entries.empty()) {
    const std::size_t rows = entries.size() >= kRowsAtOnce ? kRowsAtOnce : 1;
    std::vector<db::Value> values;
    values.reserve(rows * columns().size());
    for (const Entry& entry : entries.first(rows)) append(values, entry);
    tx.execute(rows == 1 ? one : many, std::move(values));
    entries = entries.subspan(rows);
  }
}

std::vector<Entry> list(db::Tx& tx, const Filter& filter, const std::optional<Position>& after,
                        std::size_t limit) {
  Conditions where;
  where.text(is_uuid(filter.actor) ? "actor_id" : "actor", filter.actor);
  where.text("action", filter.action);
  where.text(is_uuid(filter.object) ? "object_id" : "object", filter.object);
  where.text("address", filter.address);
  if (filter.outcome) where.text("outcome", std::string(to_text(*filter.outcome)));
  if (filter.from) where.add("time >= " + where.value(*filter.from));
  if (filter.to) where.add("time < " + where.value(*filter.to));
  if (after) {
    const std::string time = where.value(after->time), id = where.value(after->id);
    where.add("(time, id) < (" + time + ", " + id + ")");
  }
  const std::string most = where.value(static_cast<std::int64_t>(limit));
  std::vector<Entry> out;
  for (const db::Row& row : tx.query("SELECT " + column_list() + " FROM audit_entries" +
                                         where.sql() + " ORDER BY time DESC, id DESC LIMIT " + most,
                                     std::move(where.values())))
    out.push_back(entry_of(row));
  return out;
}

std::vector<db::Row> scan(db::Tx& tx, const std::vector<std::size_t>& wanted, const Position& after,
                          Micros end, std::size_t limit) {
  std::string list;
  for (const std::size_t i : wanted) list += (list.empty() ? "" : ", ") + columns().at(i).name;
  return tx.query("SELECT " + list +
                      " FROM audit_entries WHERE (time, id) > ($1, $2) AND time < $3 "
                      "ORDER BY time, id LIMIT $4",
                  {after.time, after.id, end, static_cast<std::int64_t>(limit)});
}

std::int64_t delete_before(db::Tx& tx, Micros time) {
  const auto edge =
      tx.query_one("SELECT time FROM audit_entries WHERE time < $1 ORDER BY time LIMIT 1 OFFSET $2",
                   {time, kDeletedAtOnce});
  return tx.execute("DELETE FROM audit_entries WHERE time < $1",
                    {edge ? std::min(time, edge->integer(0) + 1) : time});
}

}  // namespace store
}  // namespace ob::audit
