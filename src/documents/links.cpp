// Share links: who has the token of one, and knows its password, may do what it says.
#include "base/error.h"
#include "base/ids.h"
#include "documents/doors.h"
#include "documents/service.h"

namespace ob::documents {
namespace {

constexpr std::size_t kTokenBytes = 32, kMostLinks = 100;
constexpr std::size_t kLeastPassword = 8, kMostPassword = 72;  // bcrypt takes no more

Error no_such_link() {
  return not_found("documents.linkNotFound",
                   "The link does not work, or not any more. Ask whoever gave it to you for a new "
                   "one.");
}

void check(const NewLink& fresh, Micros now) {
  if (fresh.level == Level::none || fresh.level == Level::owner)
    throw bad_request("documents.badLevel", "A link lets people view, comment or edit.");
  if (fresh.expires_at && *fresh.expires_at <= now)
    throw bad_request("documents.badExpiry", "A link expires in the future.");
  if (fresh.password.empty()) return;
  if (fresh.password.size() < kLeastPassword || fresh.password.size() > kMostPassword)
    throw bad_request("documents.badPassword", "The password of a link has 8 to 72 bytes.");
}

}  // namespace

std::string DocumentService::reveal(const store::LinkRow& row) const {
  return identity_.unseal(row.sealed, context_of(row.link.id));
}

std::string DocumentService::url_of(const Link& link) const {
  return (options_.public_url ? options_.public_url() : "") + "/s/" + link.token;
}

std::vector<Link> DocumentService::links(const Caller& caller, const std::string& document) {
  access_.require({caller, ""}, document, Level::owner);
  std::vector<Link> out;
  for (const auto& row : db_.reading([&](db::Tx& tx) { return store::links(tx, document); })) {
    out.push_back(row.link);
    out.back().token = reveal(row);
    out.back().url = url_of(out.back());
  }
  return out;
}

Link DocumentService::create_link(const Caller& caller, const std::string& document,
                                  const NewLink& fresh) {
  access_.require({caller, ""}, document, Level::owner);
  const Micros now = now_micros();
  check(fresh, now);
  store::LinkRow row;
  Link& link = row.link;
  link.id = new_uuid(), link.document = document, link.token = random_token(kTokenBytes);
  link.level = fresh.level, link.expires_at = fresh.expires_at;
  link.has_password = !fresh.password.empty();
  link.created_at = now, link.created_by = caller.user_id;
  row.token_hash = sha256_hex(link.token);
  row.sealed = identity_.seal(link.token, context_of(link.id));
  if (link.has_password) row.password_hash = doors_->passwords.hash(fresh.password);
  db_.write([&](db::Tx& tx) {
    if (!store::find(tx, document, "")) throw no_such_link();
    if (store::links(tx, document).size() >= kMostLinks)
      throw conflict("documents.tooManyLinks", "There are 100 links: remove some first.");
    store::insert_link(tx, row);
    store::raise(tx);
  });
  tell(document, "access");
  link.url = url_of(link);
  return std::move(link);
}

void DocumentService::remove_link(const Caller& caller, const std::string& document,
                                  const std::string& id) {
  access_.require({caller, ""}, document, Level::owner);
  db_.write([&](db::Tx& tx) {
    if (!store::remove_link(tx, document, id))
      throw not_found("documents.linkNotFound", "The document has no such link.");
    store::raise(tx);
  });
  tell(document, "access");
}

Opened DocumentService::open_link(const Caller& caller, const std::string& token,
                                  const std::string& password) {
  const auto row =
      db_.reading([&](db::Tx& tx) { return store::link_by_hash(tx, sha256_hex(token)); });
  if (!row || (row->link.expires_at && now_micros() >= *row->link.expires_at)) throw no_such_link();
  if (row->link.has_password) {
    if (password.empty())
      throw forbidden("documents.passwordNeeded", "The link asks for a password.");
    // Who guesses needs the link, and gets few tries; nobody else is slowed down.
    auto attempt = doors_->guard.begin({.account = "documents.link:" + row->link.id,
                                        .address = caller.address,
                                        .device = "",
                                        .known = false});
    if (password.size() > kMostPassword ||
        !doors_->passwords.verify(password, row->password_hash, attempt.line())) {
      attempt.fail();
      throw forbidden("documents.wrongPassword", "That is not the password of the link.");
    }
    attempt.succeed();
  }
  Link link = row->link;
  link.token = token;
  std::string pass = access_.pass_of(link, row->password_hash);
  return {access_.require({caller, pass}, link.document, Level::viewer).document, std::move(pass)};
}

}  // namespace ob::documents
