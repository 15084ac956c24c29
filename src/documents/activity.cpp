#include "documents/activity.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <tuple>

namespace ob::documents {
namespace {

constexpr const char* kFirst = R"sql(
CREATE TABLE document_activity (
  document_id TEXT NOT NULL,
  day BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  edits BIGINT NOT NULL,
  views BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (document_id, day, user_id)
);
CREATE INDEX document_activity_day ON document_activity (day)
)sql";
constexpr std::array<db::Migration, 1> kMigrations{{{1, kFirst}}};

constexpr Micros kHour = std::int64_t{3'600'000'000}, kDay = 24 * kHour;
constexpr std::int64_t kKeptDays = 400;
constexpr std::int64_t kMostPeople = 200;
constexpr std::size_t kMostWaiting = 10'000;

class ActivityService final : public Activity {
 public:
  explicit ActivityService(Surroundings around)
      : around_(std::move(around)), db_(around_.database) {
    around_.on_remove([](db::Tx& tx, const std::string& document) {
      tx.execute("DELETE FROM document_activity WHERE document_id = $1", {document});
    });
  }

  ActivityReport report(const Visitor& visitor, const std::string& document,
                        std::int64_t days) override {
    around_.require(visitor, document, Level::owner);
    flush();
    const std::int64_t since = now_micros() / kDay - days + 1;
    return db_.reading([&](db::Tx& tx) {
      ActivityReport out;
      for (const auto& row : tx.query(
               "SELECT day, CAST(sum(edits) AS BIGINT), count(CASE WHEN edits > 0 THEN 1 END), "
               "CAST(sum(views) AS BIGINT), count(CASE WHEN views > 0 THEN 1 END) FROM "
               "document_activity WHERE "
               "document_id = $1 AND day >= $2 GROUP BY day ORDER BY day",
               {document, since})) {
        out.days.push_back(
            {row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4)});
      }
      for (const auto& row :
           tx.query("SELECT user_id, CAST(sum(edits) AS BIGINT), CAST(sum(views) AS BIGINT), "
                    "max(last_at) AS latest FROM "
                    "document_activity WHERE document_id = $1 AND day >= $2 GROUP BY user_id ORDER "
                    "BY latest DESC, user_id LIMIT $3",
                    {document, since, kMostPeople})) {
        out.people.push_back({row.text(0), row.integer(1), row.integer(2), row.integer(3)});
      }
      return out;
    });
  }

  void viewed(const std::string& user, const std::string& document) override {
    const Micros now = now_micros();
    const std::scoped_lock lock(mutex_);
    Micros& last = seen_[{document, user}];
    if (now - last < kHour) return;
    last = now;
    if (seen_.size() > kMostWaiting)
      std::erase_if(seen_, [&](const auto& each) { return now - each.second > kHour; });
    if (seen_.size() > kMostWaiting) seen_.clear();
    add(document, user, now, 0, 1);
  }

  void changed(const collab::Change& change) override {
    if (change.updates == 0 || change.users.empty()) return;
    const auto people = static_cast<std::int64_t>(change.users.size());
    const std::scoped_lock lock(mutex_);
    // Who made how many of them is not known.
    for (const auto& user : change.users)
      add(change.document, user, change.at, std::max<std::int64_t>(1, change.updates / people), 0);
  }

  void flush() override {
    const std::scoped_lock writing(flushing_);
    std::map<Key, Count> waiting;
    {
      const std::scoped_lock lock(mutex_);
      waiting.swap(waiting_);
    }
    if (waiting.empty()) return;
    try {
      db_.write([&](db::Tx& tx) {
        for (const auto& [key, count] : waiting) put(tx, key, count);
      });
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      for (const auto& [key, count] : waiting) {
        if (waiting_.size() < kMostWaiting) waiting_[key] += count;
      }
      throw;
    }
  }

  void clean_up() override {
    const std::int64_t before = now_micros() / kDay - kKeptDays;
    const auto some = [&](db::Tx& tx) {
      // Whole days of whole documents at a time: there is no other key to bound it by.
      const auto row = tx.query_one(
          "SELECT document_id FROM document_activity WHERE day < $1 LIMIT 1", {before});
      return row && tx.execute("DELETE FROM document_activity WHERE document_id = $1 AND day < $2",
                               {row->text(0), before}) > 0;
    };
    while (db_.writing(some)) {
    }
  }

 private:
  using Key = std::tuple<std::string, std::int64_t, std::string>;  // document, day, user
  struct Count {
    std::int64_t edits = 0, views = 0;
    Micros last_at = 0;
    Count& operator+=(const Count& other) {
      edits += other.edits, views += other.views;
      last_at = std::max(last_at, other.last_at);
      return *this;
    }
  };

  void add(const std::string& document, const std::string& user, Micros at, std::int64_t edits,
           std::int64_t views) {
    const Key key{document, at / kDay, user};
    // Figures may be lost, memory may not be: when nobody writes them for long.
    if (waiting_.size() >= kMostWaiting && !waiting_.contains(key)) return;
    waiting_[key] += {edits, views, at};
  }

  static void put(db::Tx& tx, const Key& key, const Count& count) {
    const auto& [document, day, user] = key;
    tx.execute(
        "INSERT INTO document_activity (document_id, day, user_id, edits, views, last_at) VALUES "
        "($1, $2, $3, $4, $5, $6) ON CONFLICT (document_id, day, user_id) DO UPDATE SET edits = "
        "document_activity.edits + $4, views = document_activity.views + $5, last_at = $6",
        {document, day, user, count.edits, count.views, count.last_at});
  }

  const Surroundings around_;
  db::Database& db_;
  std::mutex mutex_, flushing_;
  std::map<Key, Count> waiting_;
  std::map<std::pair<std::string, std::string>, Micros> seen_;  // by document and user
};

}  // namespace

std::unique_ptr<Activity> open_activity(const Surroundings& around) {
  around.database.migrate("document_activity", kMigrations);
  return std::make_unique<ActivityService>(around);
}

}  // namespace ob::documents
