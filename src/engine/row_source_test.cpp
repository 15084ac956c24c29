#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/ids.h"
#include "engine/engine.h"

namespace ob::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

// n rows: n, "row n" (NULL each third), n seconds since 1970.
class Numbers final : public RowSource {
 public:
  explicit Numbers(std::int64_t rows, std::int64_t fails_at = -1)
      : rows_(rows), fails_at_(fails_at) {}
  const std::vector<Column>& columns() const override { return columns_; }
  std::unique_ptr<RowSource::Reader> read(std::vector<std::size_t> wanted) override {
    asked = wanted;
    return std::make_unique<Reading>(*this, std::move(wanted));
  }
  std::vector<std::size_t> asked;

 private:
  class Reading final : public RowSource::Reader {
   public:
    Reading(Numbers& source, std::vector<std::size_t> wanted)
        : source_(source), wanted_(std::move(wanted)) {}
    std::size_t next(Sink& sink, std::size_t most) override {
      std::size_t row = 0;
      for (; row < most && at_ < source_.rows_; ++row, ++at_) {
        if (at_ == source_.fails_at_)
          throw Error(503, "numbers.gone", "There are no more numbers.");
        for (std::size_t i = 0; i < wanted_.size(); ++i) {
          if (wanted_[i] == 1) {
            at_ % 3 == 0 ? sink.null(i, row) : sink.text(i, row, "row " + std::to_string(at_));
          } else {
            sink.integer(i, row, wanted_[i] == 0 ? at_ : at_ * 1'000'000);
          }
        }
      }
      return row;
    }

   private:
    Numbers& source_;
    const std::vector<std::size_t> wanted_;
    std::int64_t at_ = 0;
  };

  const std::int64_t rows_, fails_at_;
  const std::vector<Column> columns_{
      {"n", Column::Type::integer}, {"text", Column::Type::text}, {"time", Column::Type::instant}};
};

class RowSourceTest : public ::testing::Test {
 protected:
  void TearDown() override {
    connection_.reset();
    engine_.reset();
    std::filesystem::remove_all(directory_);
  }
  auto rows(const std::string& sql) { return connection_->rows(sql); }

  const std::string directory_ =
      (std::filesystem::temp_directory_path() / ("ob-rows-" + new_uuid())).string();
  std::unique_ptr<Engine> engine_ = open({.temp_directory = directory_});
  std::unique_ptr<Connection> connection_ = engine_->connect();
};

TEST_F(RowSourceTest, GivesItsRowsToAllThatSqlDoes) {
  const auto numbers = std::make_shared<Numbers>(10'000);
  const auto [from, handle] = engine_->add_source(numbers);
  EXPECT_THAT(rows("SELECT * FROM " + from + " WHERE n BETWEEN 3 AND 4"),
              ElementsAre(ElementsAre(Optional(std::string("3")), std::nullopt,
                                      Optional(std::string("1970-01-01T00:00:03Z"))),
                          ElementsAre(Optional(std::string("4")), Optional(std::string("row 4")),
                                      Optional(std::string("1970-01-01T00:00:04Z")))));
  EXPECT_EQ(rows("SELECT sum(n), count(text) FROM " + from).at(0).at(0), "49995000");
  EXPECT_THAT(numbers->asked, ElementsAre(0, 1));
  EXPECT_EQ(rows("SELECT count(*) FROM " + from).at(0).at(0), "10000");
  EXPECT_EQ(rows("SELECT count(*) FROM " + from + " a JOIN " + from + " b USING (n)").at(0).at(0),
            "10000");
  EXPECT_EQ(rows("SELECT text FROM " + from + " ORDER BY time DESC LIMIT 1").at(0).at(0),
            std::nullopt);
}

TEST_F(RowSourceTest, AnEmptyOneIsEmpty) {
  const auto [from, handle] = engine_->add_source(std::make_shared<Numbers>(0));
  EXPECT_TRUE(rows("SELECT * FROM " + from).empty());
  EXPECT_EQ(rows("SELECT count(*) FROM " + from).at(0).at(0), "0");
}

TEST_F(RowSourceTest, ItsErrorsAreToldAsTheyAre) {
  const auto [from, handle] = engine_->add_source(std::make_shared<Numbers>(10'000, 5'000));
  try {
    rows("SELECT max(n) FROM " + from);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), 503);
    EXPECT_EQ(error.id(), "numbers.gone");
    EXPECT_STREQ(error.what(), "There are no more numbers.");
  }
  EXPECT_EQ(rows("SELECT 1").at(0).at(0), "1");
}

TEST_F(RowSourceTest, IsGoneWithItsHandle) {
  auto [from, handle] = engine_->add_source(std::make_shared<Numbers>(1));
  handle.reset();
  EXPECT_THROW(rows("SELECT * FROM " + from), Error);
  EXPECT_THROW(rows("SELECT * FROM __ob_rows(7)"), Error);
}

}  // namespace
}  // namespace ob::engine
