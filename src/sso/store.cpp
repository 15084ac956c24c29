#include "sso/store.h"

#include <boost/describe/enum_from_string.hpp>
#include <boost/json.hpp>

namespace ob::sso::store {
namespace {

namespace json = boost::json;

constexpr std::string_view kProvider =
    "SELECT p.id, p.slug, p.kind, p.name, p.enabled, p.settings, p.secret, p.created_at, "
    "p.updated_at FROM sso_providers p ";
constexpr std::string_view kIdentity =
    "SELECT id, provider_id, subject, user_id, email, created_at, last_used_at "
    "FROM sso_identities ";

Provider to_provider(const db::Row& row) {
  Provider out{.id = row.text(0),
               .slug = row.text(1),
               .name = row.text(3),
               .enabled = row.integer(4) != 0,
               .settings = wire::decode<Settings>(json::parse(row.text(5))),
               .sealed_secret = row.is_null(6) ? std::string() : row.blob(6),
               .created_at = row.integer(7),
               .updated_at = row.integer(8)};
  boost::describe::enum_from_string(row.text(2).c_str(), out.kind);
  return out;
}

IdentityRow to_identity(const db::Row& row) {
  return {.id = row.text(0),
          .provider_id = row.text(1),
          .subject = row.text(2),
          .user_id = row.text(3),
          .email = row.text(4),
          .created_at = row.integer(5),
          .last_used_at = row.integer(6)};
}

std::optional<Provider> one_provider(db::Tx& tx, std::string_view rest, const std::string& value) {
  const auto row = tx.query_one(std::string(kProvider).append(rest), {value});
  return row ? std::optional(to_provider(*row)) : std::nullopt;
}

db::Value secret_value(const Provider& provider) {
  return provider.sealed_secret.empty() ? db::Value(nullptr)
                                        : db::Value(db::Blob{provider.sealed_secret});
}

std::string settings_text(const Provider& provider) {
  return json::serialize(wire::encode(provider.settings));
}

void insert_domains(db::Tx& tx, const Provider& provider) {
  for (const auto& domain : provider.settings.enforced_domains) {
    tx.execute("INSERT INTO sso_domains (domain, provider_id) VALUES ($1, $2)",
               {domain, provider.id});
  }
}

}  // namespace

std::vector<Provider> providers(db::Tx& tx) {
  std::vector<Provider> out;
  for (const auto& row : tx.query(std::string(kProvider) + "ORDER BY p.name, p.slug")) {
    out.push_back(to_provider(row));
  }
  return out;
}

std::optional<Provider> provider_by_id(db::Tx& tx, const std::string& id) {
  return one_provider(tx, "WHERE p.id = $1", id);
}

std::optional<Provider> provider_by_slug(db::Tx& tx, const std::string& slug) {
  return one_provider(tx, "WHERE p.slug = $1", slug);
}

std::optional<Provider> provider_of_domain(db::Tx& tx, const std::string& domain) {
  return one_provider(
      tx, "JOIN sso_domains d ON d.provider_id = p.id WHERE d.domain = $1 AND p.enabled = 1",
      domain);
}

void insert_provider(db::Tx& tx, const Provider& provider) {
  tx.execute(
      "INSERT INTO sso_providers (id, slug, kind, name, enabled, settings, secret, created_at, "
      "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {provider.id, provider.slug,
       std::string(boost::describe::enum_to_string(provider.kind, "oidc")), provider.name,
       std::int64_t{provider.enabled ? 1 : 0}, settings_text(provider), secret_value(provider),
       provider.created_at, provider.updated_at});
  insert_domains(tx, provider);
}

void update_provider(db::Tx& tx, const Provider& provider) {
  tx.execute(
      "UPDATE sso_providers SET slug = $2, name = $3, enabled = $4, settings = $5, secret = $6, "
      "updated_at = $7 WHERE id = $1",
      {provider.id, provider.slug, provider.name, std::int64_t{provider.enabled ? 1 : 0},
       settings_text(provider), secret_value(provider), provider.updated_at});
  tx.execute("DELETE FROM sso_domains WHERE provider_id = $1", {provider.id});
  insert_domains(tx, provider);
}

bool delete_provider(db::Tx& tx, const std::string& id) {
  return tx.execute("DELETE FROM sso_providers WHERE id = $1", {id}) == 1;
}

std::optional<IdentityRow> identity(db::Tx& tx, const std::string& provider_id,
                                    const std::string& subject) {
  const auto row = tx.query_one(std::string(kIdentity) + "WHERE provider_id = $1 AND subject = $2",
                                {provider_id, subject});
  return row ? std::optional(to_identity(*row)) : std::nullopt;
}

std::vector<IdentityRow> identities_of(db::Tx& tx, const std::string& user_id) {
  std::vector<IdentityRow> out;
  for (const auto& row :
       tx.query(std::string(kIdentity) + "WHERE user_id = $1 ORDER BY created_at, id", {user_id})) {
    out.push_back(to_identity(row));
  }
  return out;
}

void insert_identity(db::Tx& tx, const IdentityRow& row) {
  tx.execute(
      "INSERT INTO sso_identities (id, provider_id, subject, user_id, email, created_at, "
      "last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {row.id, row.provider_id, row.subject, row.user_id, row.email, row.created_at,
       row.last_used_at});
}

void touch_identity(db::Tx& tx, const IdentityRow& row) {
  tx.execute("UPDATE sso_identities SET email = $2, last_used_at = $3 WHERE id = $1",
             {row.id, row.email, row.last_used_at});
}

void delete_identity(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM sso_identities WHERE id = $1", {id});
}

std::int64_t count_identities(db::Tx& tx, const std::string& provider_id) {
  return tx.query_one("SELECT count(*) FROM sso_identities WHERE provider_id = $1", {provider_id})
      ->integer(0);
}

bool use_once(db::Tx& tx, const std::string& key, Micros expires_at, Micros now) {
  tx.execute("DELETE FROM sso_used WHERE expires_at < $1", {now});
  return tx.execute(
             "INSERT INTO sso_used (key, expires_at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
             {key, expires_at}) == 1;
}

std::optional<KeyRow> key(db::Tx& tx, const std::string& id) {
  const auto row =
      tx.query_one("SELECT id, sealed, certificate, created_at FROM sso_keys WHERE id = $1", {id});
  if (!row) return std::nullopt;
  return KeyRow{row->text(0), row->blob(1), row->text(2), row->integer(3)};
}

void insert_key(db::Tx& tx, const KeyRow& row) {
  tx.execute("INSERT INTO sso_keys (id, sealed, certificate, created_at) VALUES ($1, $2, $3, $4)",
             {row.id, db::Blob{row.sealed}, row.certificate, row.created_at});
}

void insert_ticket(db::Tx& tx, const std::string& hash, const std::string& sealed,
                   Micros expires_at) {
  tx.execute("INSERT INTO sso_tickets (hash, sealed, expires_at) VALUES ($1, $2, $3)",
             {hash, db::Blob{sealed}, expires_at});
}

std::optional<std::string> take_ticket(db::Tx& tx, const std::string& hash, Micros now) {
  tx.execute("DELETE FROM sso_tickets WHERE expires_at < $1", {now});
  const auto row = tx.query_one("SELECT sealed FROM sso_tickets WHERE hash = $1", {hash});
  if (!row || tx.execute("DELETE FROM sso_tickets WHERE hash = $1", {hash}) != 1) {
    return std::nullopt;
  }
  return row->blob(0);
}

}  // namespace ob::sso::store
