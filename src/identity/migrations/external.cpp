// What single sign-on keeps in the tables of accounts; a module of its own for the numbers.
#include "identity/migrations/migrations.h"

namespace ob::identity {
namespace {

constexpr std::string_view kVia = R"sql(
ALTER TABLE sessions ADD COLUMN via TEXT NOT NULL DEFAULT '';
)sql";

constexpr db::Migration kAll[] = {{1, kVia}};

}  // namespace

std::span<const db::Migration> external_migrations() {
  return kAll;
}

}  // namespace ob::identity
