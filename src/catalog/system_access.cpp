#include "catalog/system_access.h"

#include <algorithm>

#include "base/error.h"
#include "catalog/names.h"

namespace ob::catalog {
namespace {

using engine::RowSource;

constexpr std::size_t kPiece = 8'192;  // entries read at a time

// The entries that there are when the reading begins, oldest first.
class AuditReader final : public RowSource::Reader {
 public:
  AuditReader(audit::Audit& audit, std::vector<std::size_t> wanted)
      : audit_(audit), wanted_(std::move(wanted)), end_(now_micros() + 1) {
    // The place of the last one read is needed to go on.
    columns_ = wanted_;
    columns_.push_back(0);
    columns_.push_back(1);
  }

  std::size_t next(RowSource::Sink& sink, std::size_t most) override {
    if (given_ == rows_.size() && !fetch()) return 0;
    const std::size_t count = std::min(most, rows_.size() - given_);
    for (std::size_t row = 0; row < count; ++row) {
      for (std::size_t i = 0; i < wanted_.size(); ++i) put(sink, i, row, rows_[given_ + row]);
    }
    given_ += count;
    return count;
  }

 private:
  void put(RowSource::Sink& sink, std::size_t i, std::size_t row, const db::Row& entry) {
    using Type = audit::Column::Type;
    const auto& column = audit::columns()[wanted_[i]];
    if (column.type == Type::text) {
      const std::string& text = entry.text(i);
      text.empty() ? sink.null(i, row) : sink.text(i, row, text);
      return;
    }
    const std::int64_t value = entry.integer(i);
    const bool absent = column.type == Type::integer && value == 0;
    absent ? sink.null(i, row) : sink.integer(i, row, value);
  }

  bool fetch() {
    if (last_) return false;
    rows_ = audit_.scan(columns_, after_, end_, kPiece);
    given_ = 0;
    last_ = rows_.size() < kPiece;
    if (rows_.empty()) return false;
    const db::Row& row = rows_.back();
    after_ = {row.integer(wanted_.size()), row.text(wanted_.size() + 1)};
    return true;
  }

  audit::Audit& audit_;
  const std::vector<std::size_t> wanted_;
  const Micros end_;
  std::vector<std::size_t> columns_;
  std::vector<db::Row> rows_;
  std::size_t given_ = 0;
  bool last_ = false;
  audit::Position after_;
};

class AuditSource final : public RowSource {
 public:
  explicit AuditSource(audit::Audit& audit) : audit_(audit) {
    for (const auto& column : audit::columns())
      columns_.push_back({column.name, static_cast<Column::Type>(column.type)});
  }
  const std::vector<Column>& columns() const override { return columns_; }
  std::unique_ptr<Reader> read(std::vector<std::size_t> wanted) override {
    return std::make_unique<AuditReader>(audit_, std::move(wanted));
  }

 private:
  audit::Audit& audit_;
  std::vector<Column> columns_;
};

class SystemAccess final : public TableProvider {
 public:
  SystemAccess(audit::Audit& audit, engine::Engine& engine) : audit_(audit) {
    std::tie(from_, source_) = engine.add_source(std::make_shared<AuditSource>(audit));
  }

  std::optional<std::string> scan_sql(const identity::Caller& caller, const Name& name) override {
    if (fold(name.catalog) != "system" || fold(name.schema) != "access") return std::nullopt;
    if (fold(name.object) != "audit" || !caller.admin) {
      throw not_found("catalog.tableNotFound",
                      "There is no table or view " + name.text() + " that you may see.");
    }
    require_scope(caller.scopes, "admin:read");
    audit_.record(audit::event_of(caller, "audit.read", {"audit", "", "system.access.audit"}));
    return "SELECT * FROM " + from_;
  }

  std::vector<Name> list(const std::string& catalog) override {
    if (fold(catalog) != "system") return {};
    return {{"system", "access", "audit"}};
  }

 private:
  audit::Audit& audit_;
  std::string from_;
  std::shared_ptr<void> source_;
};

}  // namespace

std::unique_ptr<TableProvider> make_system_access(audit::Audit& audit, engine::Engine& engine) {
  return std::make_unique<SystemAccess>(audit, engine);
}

}  // namespace ob::catalog
