#include "mail/outbox.h"

namespace ob::mail::outbox {

std::int64_t count_waiting(db::Tx& tx) {
  return tx.query_one("SELECT count(*) FROM mail_outbox WHERE state = 'waiting'")->integer(0);
}

void insert(db::Tx& tx, const Row& row, Micros due_at) {
  tx.execute(
      "INSERT INTO mail_outbox (id, kind, recipient, subject, sealed, state, attempts, due_at, "
      "good_until, error, created_at) VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6, $7, '', $8)",
      {row.id, row.kind, row.recipient, row.subject, db::Blob{row.sealed}, due_at, row.good_until,
       row.created_at});
}

std::optional<Row> claim(db::Tx& tx, Micros now, Micros until) {
  const auto found = tx.query_one(
      "SELECT id, kind, recipient, subject, sealed, attempts, good_until, created_at "
      "FROM mail_outbox WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT 1",
      {now});
  if (!found) return std::nullopt;
  tx.execute("UPDATE mail_outbox SET due_at = $2, attempts = attempts + 1 WHERE id = $1",
             {found->text(0), until});
  return Row{.id = found->text(0),
             .kind = found->text(1),
             .recipient = found->text(2),
             .subject = found->text(3),
             .sealed = found->blob(4),
             .attempts = found->integer(5) + 1,
             .good_until = found->integer(6),
             .created_at = found->integer(7)};
}

bool remove(db::Tx& tx, const std::string& id) {
  return tx.execute("DELETE FROM mail_outbox WHERE id = $1", {id}) > 0;
}

void finish(db::Tx& tx, const std::string& id, const std::string& state, const std::string& error,
            Micros now) {
  tx.execute(
      "UPDATE mail_outbox SET state = $2, error = $3, sent_at = $4, sealed = NULL WHERE id = $1",
      {id, state, error, now});
}

void retry(db::Tx& tx, const std::string& id, const std::string& error, Micros due_at) {
  tx.execute("UPDATE mail_outbox SET error = $2, due_at = $3 WHERE id = $1", {id, error, due_at});
}

void delete_finished(db::Tx& tx, Micros before) {
  tx.execute("DELETE FROM mail_outbox WHERE state <> 'waiting' AND created_at < $1", {before});
}

Backlog backlog(db::Tx& tx, Micros lately) {
  Backlog out;
  for (const auto& row :
       tx.query("SELECT state, count(*), sum(CASE WHEN error <> '' THEN 1 ELSE 0 END), "
                "sum(CASE WHEN sent_at >= $1 THEN 1 ELSE 0 END) "
                "FROM mail_outbox WHERE kind = 'letter' GROUP BY state",
                {lately})) {
    const std::string& state = row.text(0);
    if (state == "waiting") {
      out.waiting = row.integer(1);
      out.refused = row.integer(2);
    } else if (state == "failed") {
      out.failed = row.integer(1);
      out.failed_lately = row.integer(3);
    } else if (state == "sent") {
      out.sent = row.integer(1);
    }
  }
  const auto last = tx.query_one(
      "SELECT error FROM mail_outbox WHERE kind = 'letter' AND error <> '' "
      "ORDER BY id DESC LIMIT 1");
  if (last) out.last_error = last->text(0);
  return out;
}

std::vector<Posted> list(db::Tx& tx, std::int64_t limit, const std::string& before) {
  std::vector<Posted> out;
  for (const auto& row :
       tx.query("SELECT id, recipient, subject, state, error, attempts, created_at, sent_at "
                "FROM mail_outbox WHERE kind = 'letter' AND ($1 = '' OR id < $1) "
                "ORDER BY id DESC LIMIT $2",
                {before, limit})) {
    out.push_back({.id = row.text(0),
                   .to = row.text(1),
                   .subject = row.text(2),
                   .state = row.text(3),
                   .error = row.text(4),
                   .attempts = row.integer(5),
                   .created_at = row.integer(6),
                   .sent_at = row.optional_integer(7)});
  }
  return out;
}

}  // namespace ob::mail::outbox
