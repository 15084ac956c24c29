// Statements whose rows are being taken: from the engine, or from the cache of answers.
#include <stdexcept>

#include "base/time.h"
#include "query/service.h"

namespace ob::query {
namespace {

// The first rows of a batch.
class PartOfBatch : public engine::Batch {
 public:
  PartOfBatch(std::unique_ptr<engine::Batch> whole, std::int64_t rows)
      : whole_(std::move(whole)), rows_(rows) {}
  std::int64_t rows() const override { return rows_; }
  void append_json(std::string& out, std::int64_t first, std::int64_t last) const override {
    whole_->append_json(out, first, std::min(last, rows_));
  }
  void append_csv(std::string&) const override {
    throw std::logic_error("a part of a batch is for pages only");
  }
  std::optional<std::string> text(std::int64_t row, std::size_t column) const override {
    return whole_->text(row, column);
  }
  std::span<const std::int64_t> integers(std::size_t column) const override {
    return whole_->integers(column).first(static_cast<std::size_t>(rows_));
  }

 private:
  std::unique_ptr<engine::Batch> whole_;
  std::int64_t rows_;
};

// Takes down an answer while it goes out, until it gets too large.
class Recording {
 public:
  Recording(ResultCache& results, const ResultKey& key, const std::vector<engine::Column>& columns)
      : results_(results), key_(key) {
    if (key.text.empty()) return;
    result_ = std::make_shared<CachedResult>();
    result_->columns = columns;
  }

  // Gives the same rows, as JSON is made of them only once.
  std::unique_ptr<engine::Batch> add(std::unique_ptr<engine::Batch> batch) {
    if (!result_) return batch;
    auto piece = std::make_shared<CachedResult>();
    for (std::int64_t row = 0; row < batch->rows(); ++row) {
      batch->append_json(piece->bytes, row, row + 1);
      piece->bytes += ',';
      if (piece->bytes.size() > results_.largest()) break;
      piece->ends.push_back(static_cast<std::uint32_t>(piece->bytes.size()));
    }
    if (!fits(piece->bytes.size())) return batch;
    const auto before = static_cast<std::uint32_t>(result_->bytes.size());
    result_->bytes += piece->bytes;
    for (const std::uint32_t end : piece->ends) result_->ends.push_back(before + end);
    const std::size_t rows = piece->ends.size();
    return std::make_unique<CachedRows>(std::move(piece), 0, rows);
  }
  void add(std::string_view message) {
    if (!result_ || !fits(message.size())) return;
    result_->bytes += message;
    result_->ends.push_back(static_cast<std::uint32_t>(result_->bytes.size()));
  }
  void keep(bool truncated) {
    if (!result_) return;
    result_->truncated = truncated;
    result_->bytes.shrink_to_fit();
    results_.put(key_, std::move(result_));
  }

 private:
  bool fits(std::size_t more) {
    if (result_->bytes.size() + more > results_.largest()) result_.reset();
    return result_ != nullptr;
  }

  ResultCache& results_;
  const ResultKey key_;
  std::shared_ptr<CachedResult> result_;
};

class RunningStatement : public Execution {
 public:
  RunningStatement(std::unique_ptr<Started> started, Activity& activity, ResultCache& results,
                   std::optional<std::int64_t> cut)
      : started_(std::move(started)),
        activity_(activity),
        result_(started_->guarded([this] {
          const Plan& plan = started_->plan;
          return plan.counts.empty() ? started_->connection().execute(plan.sql, plan.parameters)
                                     : engine::result_of(plan.counts);
        })),
        recording_(results, started_->plan.key, result_->columns()),
        cut_(cut) {}

  const std::string& id() const override { return started_->id(); }
  const std::vector<engine::Column>& columns() const override { return result_->columns(); }

  std::unique_ptr<engine::Batch> next() override {
    if (ended_) return nullptr;
    auto batch = started_->guarded([this] { return result_->next(); });
    if (batch && cut_ && rows_ + batch->rows() > *cut_) {
      truncated_ = true;
      const std::int64_t kept = *cut_ - rows_;
      batch = kept > 0 ? std::make_unique<PartOfBatch>(std::move(batch), kept) : nullptr;
    }
    if (!batch) {
      end(rows_);
      return nullptr;
    }
    rows_ += batch->rows();
    batch = recording_.add(std::move(batch));
    if (truncated_) end(rows_);
    return batch;
  }

  bool next_arrow(std::string& out) override {
    if (ended_) return false;
    const std::size_t before = out.size();
    const bool more = started_->guarded([&] { return result_->next_arrow(out); });
    if (more) {
      recording_.add(std::string_view(out).substr(before));
    } else {
      end(std::nullopt);
    }
    return more;
  }

  bool truncated() const override { return truncated_; }

  Statistics statistics() const override {
    Statistics statistics = started_->plan.statistics;
    statistics.elapsed_ms = (now_micros() - started_->job().started_at()) / 1000;
    return statistics;
  }

  void park() override {
    if (!ended_) activity_.park(started_->job());
  }
  void resume() override {
    if (!ended_) started_->guarded([this] { activity_.resume(started_->job()); });
  }

 private:
  void end(std::optional<std::int64_t> rows) {
    ended_ = true;
    recording_.keep(truncated_);
    started_->finish(rows);
  }

  std::unique_ptr<Started> started_;
  Activity& activity_;
  std::unique_ptr<engine::Result> result_;  // destroyed before its connection in started_
  Recording recording_;
  std::optional<std::int64_t> cut_;
  std::int64_t rows_ = 0;
  bool truncated_ = false, ended_ = false;
};

// It ends at once; its pages cost nothing that others could wait for.
class KnownAnswer : public Execution {
 public:
  explicit KnownAnswer(Started& started, bool rows)
      : id_(started.id()),
        result_(started.plan.result),
        elapsed_ms_((now_micros() - started.job().started_at()) / 1000) {
    started.finish(rows ? std::optional(static_cast<std::int64_t>(result_->ends.size()))
                        : std::nullopt);
  }
  const std::string& id() const override { return id_; }
  const std::vector<engine::Column>& columns() const override { return result_->columns; }
  std::unique_ptr<engine::Batch> next() override {
    if (std::exchange(given_, result_->ends.size()) == result_->ends.size()) return nullptr;
    return std::make_unique<CachedRows>(result_, 0, result_->ends.size());
  }
  bool next_arrow(std::string& out) override {
    if (given_ == result_->ends.size()) return false;
    out += result_->piece(given_++);
    return true;
  }
  bool truncated() const override { return result_->truncated; }
  Statistics statistics() const override { return {.elapsed_ms = elapsed_ms_, .cached = true}; }
  void park() override {}
  void resume() override {}

 private:
  const std::string id_;
  const CachedResultPtr result_;
  const std::int64_t elapsed_ms_;
  std::size_t given_ = 0;
};

}  // namespace

std::unique_ptr<Execution> running_statement(std::unique_ptr<Started> started, Activity& activity,
                                             ResultCache& results,
                                             std::optional<std::int64_t> cut) {
  return std::make_unique<RunningStatement>(std::move(started), activity, results, cut);
}

std::unique_ptr<Execution> known_answer(std::unique_ptr<Started> started, bool rows) {
  return std::make_unique<KnownAnswer>(*started, rows);
}

}  // namespace ob::query
