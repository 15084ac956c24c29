#include "mail/migrations.h"

namespace ob::mail {
namespace {

// kind: "letter", or that of a note; a letter's content goes when it was sent or given up.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE mail_outbox (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  subject TEXT NOT NULL,
  sealed {blob},
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  good_until BIGINT NOT NULL,
  error TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  sent_at BIGINT
);
CREATE INDEX mail_outbox_due ON mail_outbox (state, due_at);
CREATE INDEX mail_outbox_created ON mail_outbox (created_at);
)sql";

constexpr db::Migration kAll[] = {{1, kFirst}};

}  // namespace

std::span<const db::Migration> migrations() {
  return kAll;
}

}  // namespace ob::mail
