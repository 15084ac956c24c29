#pragma once
// All SQL of the outbox.
#include <optional>
#include <string>
#include <vector>

#include "db/db.h"
#include "mail/mail.h"

namespace ob::mail::outbox {

struct Row {
  std::string id, kind, recipient, subject, sealed;
  std::int64_t attempts = 0;
  Micros good_until = 0, created_at = 0;
};

std::int64_t count_waiting(db::Tx&);
void insert(db::Tx&, const Row&, Micros due_at);
// Takes the one that is due longest, so that no other process has it before `until`.
std::optional<Row> claim(db::Tx&, Micros now, Micros until);
// The same inside the transaction that handles it; nullopt when another process was quicker.
bool remove(db::Tx&, const std::string& id);
void finish(db::Tx&, const std::string& id, const std::string& state, const std::string& error,
            Micros now);  // its content goes
void retry(db::Tx&, const std::string& id, const std::string& error, Micros due_at);
void delete_finished(db::Tx&, Micros before);
Backlog backlog(db::Tx&, Micros lately);  // lately: an instant
std::vector<Posted> list(db::Tx&, std::int64_t limit, const std::string& before);

}  // namespace ob::mail::outbox
