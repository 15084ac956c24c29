#include "catalog/storage_credentials.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "catalog/names.h"
#include "catalog/store.h"

namespace ob::catalog {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLocation = 4096;
constexpr std::size_t kMaxUrls = 20;
constexpr std::size_t kMaxSecret = 16 * 1024;
constexpr std::size_t kMaxCredentials = 1000;

// The texts among the settings, by their names in the sealed JSON.
constexpr std::array<std::pair<const char*, std::string objects::Credentials::*>, 9> kSecrets{{
    {"access_key", &objects::Credentials::access_key},
    {"secret_key", &objects::Credentials::secret_key},
    {"session_token", &objects::Credentials::session_token},
    {"service_account", &objects::Credentials::service_account},
    {"account_key", &objects::Credentials::account_key},
    {"sas_token", &objects::Credentials::sas_token},
    {"tenant_id", &objects::Credentials::tenant_id},
    {"client_id", &objects::Credentials::client_id},
    {"client_secret", &objects::Credentials::client_secret},
}};

std::string to_text(const objects::Credentials& secrets) {
  json::object out;
  for (const auto& [name, member] : kSecrets) {
    if ((secrets.*member).size() > kMaxSecret)
      throw bad_request("catalog.badCredential", std::string("The ") + name + " is too long.");
    if (!(secrets.*member).empty()) out[name] = secrets.*member;
  }
  return json::serialize(out);
}

// Never those of this machine: only the operator may lend them.
objects::Credentials from_text(const std::string& text) {
  objects::Credentials out;
  const auto parsed = json::parse(text);
  for (const auto& [name, member] : kSecrets)
    if (const auto* value = parsed.as_object().if_contains(name)) out.*member = value->as_string();
  return out;
}

std::string context_of(const std::string& id) {
  return "storage credential " + id;
}

// "s3://bucket/prefix/" of "s3://bucket/prefix?region=…".
std::string prefix_of(std::string_view url) {
  url = url.substr(0, url.find('?'));
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url) + "/";
}

bool overlapping(const std::string& a, const std::string& b) {
  return a.starts_with(b) || b.starts_with(a);
}

Error bad_location(const std::string& problem) {
  Error error = bad_request("catalog.badLocation",
                            "The location cannot be used: it " + problem +
                                ". Give the URL of a directory, like s3://bucket/tables/sales.");
  error.with_fields({{"location", problem}});
  return error;
}

// A key that cannot be one is the location's fault.
std::string clean_location(std::string location) {
  if (location.size() > kMaxLocation) throw bad_location("is too long");
  if (!valid_utf8(location)) throw bad_location("is not UTF-8");
  for (const char c : location) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '?' || c == '#' || c == '\\')
      throw bad_location("holds a character that has no place there");
  }
  while (location.ends_with('/')) location.pop_back();
  const auto slash = location.find('/', location.find("://") + 3);
  if (slash == location.npos) throw bad_location("names no directory in the bucket");
  try {
    objects::validate_key(std::string_view(location).substr(slash + 1));
  } catch (const Error&) {
    throw bad_location("has an empty part, '.' or '..'");
  }
  return location;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : "\n") + text;
  return out;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Error not_allowed() {
  return forbidden("catalog.locationNotAllowed",
                   "That location is not below a URL of a storage credential. An administrator can "
                   "make one (POST /api/v1/storage-credentials).");
}

// Whether these can be URLs of a credential, and whether the stores answer and take the secrets.
void ask_stores(const std::vector<std::string>& urls, const objects::Credentials& secrets) {
  if (urls.empty() || urls.size() > kMaxUrls)
    throw bad_request("catalog.badCredential", "Give 1 to " + std::to_string(kMaxUrls) + " URLs.");
  for (const auto& url : urls) {
    if (url.size() > kMaxLocation || url.find('\n') != url.npos || !relay::is_remote(url))
      throw bad_request("catalog.badCredential",
                        "A URL of a storage credential starts with s3://, gs://, az:// or "
                        "abfss://.");
    objects::open(url, secrets)->list("", "", 1, true);
  }
}

bool below_any(const std::string& location, const std::vector<std::string>& urls) {
  return std::ranges::any_of(
      urls, [&](const std::string& url) { return location.starts_with(prefix_of(url)); });
}

}  // namespace

StorageCredentials::StorageCredentials(db::Database& database, identity::Identity& identity,
                                       relay::Relay* relay, std::string own)
    : db_(database), identity_(identity), relay_(relay), own_(std::move(own)) {}

void StorageCredentials::open_all() {
  for (const auto& row : db_.reading([](db::Tx& tx) { return rows(tx); })) {
    for (const auto& url : row.credential.urls) {
      try {
        store_of(row, url);
      } catch (const Error& error) {
        log::error("a storage credential cannot be used",
                   {{"name", json::value(row.credential.name)},
                    {"error", json::value(error.what())},
                    {"cause", json::value(error.cause())}});
      }
    }
  }
}

std::vector<StorageCredentials::Row> StorageCredentials::rows(db::Tx& tx) {
  std::vector<Row> out;
  for (const auto& row : tx.query("SELECT id, name, owner, urls, sealed, created_at FROM "
                                  "catalog_storage_credentials ORDER BY name_key")) {
    out.push_back({{.id = row.text(0),
                    .name = row.text(1),
                    .owner = row.text(2),
                    .urls = split(row.text(3)),
                    .created_at = row.integer(5)},
                   row.text(4)});
  }
  return out;
}

std::vector<StorageCredential> StorageCredentials::list() {
  std::vector<StorageCredential> out;
  for (auto& row : db_.reading([](db::Tx& tx) { return rows(tx); }))
    out.push_back(std::move(row.credential));
  return out;
}

void StorageCredentials::check_urls(const StorageCredential& fresh,
                                    const std::vector<Row>& others) const {
  if (others.size() >= kMaxCredentials)
    throw conflict("catalog.tooManyCredentials", "There are too many storage credentials.");
  for (const auto& url : fresh.urls) {
    const auto prefix = prefix_of(url);
    if (!own_.empty() && overlapping(prefix, own_))
      throw conflict("catalog.locationTaken", "The URL " + prefix +
                                                  " lies over this server's own data. Choose "
                                                  "another prefix or bucket.");
    for (const auto& other : others)
      for (const auto& taken : other.credential.urls)
        if (overlapping(prefix, prefix_of(taken)))
          throw conflict("catalog.locationTaken", "The URL " + prefix +
                                                      " lies over one of the storage credential " +
                                                      other.credential.name + ".");
  }
}

StorageCredential StorageCredentials::create(StorageCredential fresh,
                                             const objects::Credentials& secrets) {
  check_part(fresh.name, "name");
  if (relay_ == nullptr)
    throw Error(501, "catalog.noHttpfs",
                "This server was built without httpfs.duckdb_extension, which tables in the cloud "
                "need. ./dev build puts it beside the program.");
  fresh.id = new_uuid();
  fresh.created_at = now_micros();
  const auto sealed = base64_encode(identity_.seal(to_text(secrets), context_of(fresh.id)));
  ask_stores(fresh.urls, secrets);
  try {
    db_.write([&](db::Tx& tx) {
      check_urls(fresh, rows(tx));
      tx.execute(
          "INSERT INTO catalog_storage_credentials (id, name, name_key, owner, urls, "
          "sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
          {fresh.id, fresh.name, fold(fresh.name), fresh.owner, joined(fresh.urls), sealed,
           fresh.created_at});
    });
  } catch (const db::UniqueViolation&) {
    throw conflict("catalog.credentialExists",
                   "A storage credential named " + fresh.name + " is already there.");
  }
  for (const auto& url : fresh.urls) store_of({fresh, sealed}, url);
  return fresh;
}

StorageCredentials::Row StorageCredentials::row_named(const std::string& name) {
  for (auto& row : db_.reading([](db::Tx& tx) { return rows(tx); }))
    if (fold(row.credential.name) == fold(name)) return row;
  throw not_found("catalog.credentialNotFound", "There is no such storage credential.");
}

objects::Credentials StorageCredentials::secrets_of(const Row& row) const {
  std::string sealed;
  if (!base64_decode(row.sealed, sealed)) throw internal("a storage credential is not base64");
  return from_text(identity_.unseal(sealed, context_of(row.credential.id)));
}

StorageCredential StorageCredentials::change(const std::string& name,
                                             const std::optional<std::vector<std::string>>& urls,
                                             const std::optional<objects::Credentials>& secrets) {
  const Row old = row_named(name);
  Row fresh = old;
  fresh.credential.id = new_uuid();
  if (urls) fresh.credential.urls = *urls;
  const auto used = secrets ? *secrets : secrets_of(old);
  fresh.sealed = base64_encode(identity_.seal(to_text(used), context_of(fresh.credential.id)));
  ask_stores(fresh.credential.urls, used);
  db_.write([&](db::Tx& tx) {
    auto others = rows(tx);
    if (std::erase_if(others,
                      [&](const Row& row) { return row.credential.id == old.credential.id; }) == 0)
      throw conflict("catalog.changed", "Somebody else changed the storage credential meanwhile.");
    check_urls(fresh.credential, others);
    for (const auto& location : store::external_locations(tx))
      if (below_any(location, old.credential.urls) && !below_any(location, fresh.credential.urls))
        throw conflict("catalog.credentialInUse",
                       "Tables lie at a URL that would go (dropped ones count until they are "
                       "deleted for good, after 7 days). Drop them first, or keep the URL.");
    tx.execute(
        "UPDATE catalog_storage_credentials SET id = $2, urls = $3, sealed = $4 WHERE id = $1",
        {old.credential.id, fresh.credential.id, joined(fresh.credential.urls), fresh.sealed});
  });
  forget(old.credential.urls);
  for (const auto& url : fresh.credential.urls) store_of(fresh, url);
  return fresh.credential;
}

std::vector<std::pair<std::string, std::optional<Error>>> StorageCredentials::test(
    const std::string& name) {
  const Row row = row_named(name);
  const auto secrets = secrets_of(row);
  std::vector<std::pair<std::string, std::optional<Error>>> out;
  for (const auto& url : row.credential.urls) {
    auto& [tested, problem] = out.emplace_back(url, std::nullopt);
    try {
      ask_stores({tested}, secrets);
    } catch (const Error& error) {
      problem = error;
    }
  }
  return out;
}

void StorageCredentials::forget(const std::vector<std::string>& urls) {
  const std::lock_guard lock(mutex_);
  for (const auto& url : urls) {
    relay_->unmount(prefix_of(url));
    opened_.erase(prefix_of(url));
  }
}

void StorageCredentials::drop(const std::string& name) {
  std::vector<std::string> urls;
  db_.write([&](db::Tx& tx) {
    urls.clear();
    const auto all = rows(tx);
    const auto found = std::ranges::find_if(
        all, [&](const Row& row) { return fold(row.credential.name) == fold(name); });
    if (found == all.end())
      throw not_found("catalog.credentialNotFound", "There is no such storage credential.");
    urls = found->credential.urls;
    for (const auto& location : store::external_locations(tx))
      if (below_any(location, urls))
        throw conflict("catalog.credentialInUse",
                       "Tables lie at its URLs (dropped ones count until they are deleted for "
                       "good, after 7 days). Drop them first.");
    tx.execute("DELETE FROM catalog_storage_credentials WHERE id = $1", {found->credential.id});
  });
  forget(urls);
}

std::optional<std::pair<StorageCredentials::Row, std::string>> StorageCredentials::find(
    const std::string& location) {
  if (!own_.empty() && overlapping(location + "/", own_)) return std::nullopt;
  for (auto& row : db_.reading([](db::Tx& tx) { return rows(tx); }))
    for (const auto& url : row.credential.urls)
      if (location.starts_with(prefix_of(url))) return std::pair(row, url);
  return std::nullopt;
}

std::string StorageCredentials::resolve(const std::string& location) {
  auto clean = clean_location(location);
  if (!find(clean)) throw not_allowed();
  return clean;
}

Locations::Place StorageCredentials::place(const std::string& location) {
  const auto found = find(location);
  if (!found) throw not_allowed();
  return {store_of(found->first, found->second), location.substr(prefix_of(found->second).size())};
}

std::shared_ptr<objects::Store> StorageCredentials::store_of(const Row& row,
                                                             const std::string& url) {
  if (relay_ == nullptr) throw internal("there is no relay for " + url);
  const auto prefix = prefix_of(url);
  const std::lock_guard lock(mutex_);
  auto& opened = opened_[prefix];
  if (opened.store && opened.id == row.credential.id) return opened.store;
  opened = {row.credential.id, objects::open(url, secrets_of(row))};
  relay_->mount(
      {.prefix = prefix,
       .store = opened.store,
       .serves = [](const std::string&) { return true; },
       // The log's files are the only ones of a table that may be written anew.
       .immutable = [](const std::string& key) { return key.find("_delta_log/") == key.npos; }});
  return opened.store;
}

}  // namespace ob::catalog
