#include "query/history.h"

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "query/lexer.h"

namespace ob::query {
namespace {

constexpr Micros kept_for = Micros{30} * 24 * 3600 * 1'000'000;
constexpr std::int64_t kept_items = 10'000;
constexpr std::size_t waiting_limit = 10'000;
constexpr std::string_view history_columns =
    "id, user_id, user_name, sql, state, started_at, elapsed_ms, row_count, error_id, error_detail";

HistoryItem item_of(const db::Row& row) {
  HistoryItem item;
  item.id = row.text(0);
  item.user_id = row.text(1);
  item.user = row.text(2);
  item.sql = row.text(3);
  item.state = row.text(4);
  item.started_at = row.integer(5);
  item.elapsed_ms = row.integer(6);
  item.rows = row.optional_integer(7);
  item.error_id = row.text(8);
  item.error_detail = row.text(9);
  return item;
}

// Of texts that hold this one, in any case; empty: of all.
std::string like_pattern(const std::string& text) {
  if (text.empty()) return "";
  std::string out = "%";
  for (const char c : lower(text)) {
    if (c == '%' || c == '_' || c == '!') out += '!';
    out += c;
  }
  return out + "%";
}

db::Value optional_value(const std::optional<std::int64_t>& number) {
  return number ? db::Value(*number) : db::Value(nullptr);
}

}  // namespace

History::History(db::Database& database)
    : database_(database), writer_([this](const std::stop_token& stop) { work(stop); }) {}

History::~History() {
  writer_.request_stop();
  writer_.join();
}

void History::add(HistoryItem item) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= waiting_limit) waiting_.pop_front();
  waiting_.push_back(std::move(item));
  changed_.notify_one();
}

void History::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::vector<HistoryItem> items(std::make_move_iterator(waiting_.begin()),
                                         std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    writing_ = true;
    lock.unlock();
    try {
      store(items);
    } catch (const std::exception& error) {
      log::error("query history was not written", {{"reason", error.what()}});
    }
    lock.lock();
    writing_ = false;
    drained_.notify_all();
  }
}

void History::store(const std::vector<HistoryItem>& items) {
  database_.write([&](db::Tx& tx) {
    for (const HistoryItem& item : items)
      tx.execute(
          "INSERT INTO query_history (" + std::string(history_columns) +
              ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO "
              "UPDATE SET sql = $4, state = $5, started_at = $6, elapsed_ms = $7, "
              "row_count = $8, error_id = $9, error_detail = $10 WHERE query_history.user_id = $2",
          {item.id, item.user_id, item.user, item.sql, item.state, item.started_at, item.elapsed_ms,
           optional_value(item.rows), item.error_id, item.error_detail});
  });
  since_prune_ += static_cast<int>(items.size());
  if (since_prune_ < 100) return;
  since_prune_ = 0;
  prune();
}

void History::prune() {
  database_.write([](db::Tx& tx) {
    tx.execute("DELETE FROM query_history WHERE started_at < $1", {now_micros() - kept_for});
    const auto edge = tx.query_one(
        "SELECT started_at FROM query_history ORDER BY started_at DESC LIMIT 1 OFFSET $1",
        {kept_items});
    if (edge) tx.execute("DELETE FROM query_history WHERE started_at <= $1", {edge->integer(0)});
  });
}

void History::flush() {
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [this] { return waiting_.empty() && !writing_; });
}

std::vector<HistoryItem> History::list(const std::string& user_id, std::size_t limit,
                                       const HistoryFilter& filter) {
  flush();
  return database_.reading([&](db::Tx& tx) {
    Micros before = std::numeric_limits<Micros>::max();
    if (!filter.after.empty()) {
      const auto row =
          tx.query_one("SELECT started_at FROM query_history WHERE id = $1", {filter.after});
      if (row) before = row->integer(0);
    }
    std::vector<HistoryItem> items;
    const auto rows = tx.query(
        "SELECT " + std::string(history_columns) +
            " FROM query_history WHERE (started_at < $1 OR (started_at = $1 AND id < $2)) AND "
            "($3 = '' OR user_id = $3) AND ($4 = '' OR state = $4) AND ($5 = '' OR user_name = $5) "
            "AND ($6 = '' OR lower(sql) LIKE $6 ESCAPE '!') ORDER BY started_at DESC, id DESC "
            "LIMIT $7",
        {before, filter.after, user_id, filter.state, filter.user, like_pattern(filter.text),
         static_cast<std::int64_t>(limit)});
    for (const db::Row& row : rows) items.push_back(item_of(row));
    return items;
  });
}

std::optional<HistoryItem> History::find(const std::string& id) {
  flush();
  return database_.reading([&](db::Tx& tx) -> std::optional<HistoryItem> {
    const auto row = tx.query_one(
        "SELECT " + std::string(history_columns) + " FROM query_history WHERE id = $1", {id});
    if (!row) return std::nullopt;
    return item_of(*row);
  });
}

}  // namespace ob::query
