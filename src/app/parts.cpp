#include "app/parts.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/contents.h"
#include "app/memory.h"
#include "app/metrics.h"
#include "app/shares.h"
#include "app/tracker.h"
#include "audit/api.h"
#include "base/error.h"
#include "catalog/api.h"
#include "collab/api.h"
#include "documents/api.h"
#include "documents/delta_protocol.h"
#include "documents/export_api.h"
#include "identity/api.h"
#include "identity/authenticator.h"
#include "identity/service_account_api.h"
#include "mail/api.h"
#include "notify/api.h"
#include "oauth/api.h"
#include "realtime/api.h"
#include "sso/api.h"
#include "tracking/api.h"
#include "workspaces/api.h"

namespace ob::app {
namespace {

namespace fs = std::filesystem;

fs::path program_directory() {
  std::error_code code;
  const auto program = fs::read_symlink("/proc/self/exe", code);
  return code ? fs::current_path() : program.parent_path();
}

// The setting, else the first of the places beside the program that exists.
std::string find_directory(const std::string& setting,
                           std::initializer_list<const char*> beside_program) {
  if (!setting.empty()) return fs::absolute(setting).string();
  for (const char* place : beside_program) {
    const auto path = (program_directory() / place).lexically_normal();
    if (fs::is_directory(path)) return path.string();
  }
  return {};
}

// What the engine may reach of the store: not the whole, uploads in the making stay out of reach.
constexpr std::array kEngineKeys = {"tables", "volumes"};

std::string file_content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) {
    throw bad_request("config.badValue", "Setting 'objects_service_account_file' names '" + path +
                                             "', which cannot be read.");
  }
  return std::move(text).str();
}

objects::Credentials store_credentials(const Config& config) {
  objects::Credentials out;
  out.access_key = config.text("objects_access_key");
  out.secret_key = config.text("objects_secret_key");
  out.session_token = config.text("objects_session_token");
  if (const auto& file = config.text("objects_service_account_file"); !file.empty())
    out.service_account = file_content(file);
  out.account_key = config.text("objects_account_key");
  out.sas_token = config.text("objects_sas_token");
  out.tenant_id = config.text("objects_tenant_id");
  out.client_id = config.text("objects_client_id");
  out.client_secret = config.text("objects_client_secret");
  out.ambient = out.access_key.empty() && out.service_account.empty() && out.account_key.empty() &&
                out.sas_token.empty() && out.client_secret.empty();
  out.allow_http = config.flag("objects_allow_http");
  return out;
}

objects::RemoteOptions store_options(const Config& config, const std::string& url) {
  objects::RemoteOptions out;
  out.encryption = config.text("objects_encryption");
  out.kms_key = config.text("objects_kms_key");
  const bool known = out.encryption == "AES256" || out.encryption == "aws:kms";
  if (!out.encryption.empty() && !known) {
    throw bad_request("config.badValue", "Setting 'objects_encryption' is '" + out.encryption +
                                             "' but must be AES256 or aws:kms.");
  }
  if (!out.kms_key.empty() && out.encryption != "aws:kms") {
    throw bad_request("config.badValue",
                      "Setting 'objects_kms_key' needs objects_encryption to be aws:kms.");
  }
  if (!out.encryption.empty() && !url.starts_with("s3://")) {
    throw bad_request("config.badValue",
                      "Setting 'objects_encryption' is for S3. A local disk is encrypted by its "
                      "volume; Google Cloud and Azure encrypt everything, with keys of your own by "
                      "the settings of the bucket or account.");
  }
  return out;
}

// A store that does not know the header would keep everything as it is, and say nothing.
void require_encryption(objects::Store& store, const std::string& wanted) {
  if (wanted.empty()) return;
  const std::string told = store.encryption().value_or("");
  if (told == wanted) return;
  throw Error(500, "app.notEncrypted",
              "The object store does not encrypt as objects_encryption asks (" + wanted +
                  "): of a new object it says " + (told.empty() ? "nothing" : "'" + told + "'") +
                  ". Choose what the store can do, or take the setting out.");
}

// Serves the managed data to the engine, when it is in the cloud.
void mount_store(relay::Relay* relay, const std::shared_ptr<objects::Store>& store) {
  const auto inside = store->location("x");
  if (!relay::is_remote(inside)) return;
  if (relay == nullptr) {
    throw Error(500, "app.noHttpfs",
                "The file httpfs.duckdb_extension is missing beside the program; it is needed for "
                "object storage in the cloud. ./dev build puts it there.");
  }
  relay->mount({.prefix = inside.substr(0, inside.size() - 1),
                .store = store,
                .serves =
                    [](const std::string& key) {
                      return std::ranges::any_of(kEngineKeys, [&](const std::string& top) {
                        return key.starts_with(top + "/");
                      });
                    },
                // The log's files are the only ones of a table that may be written anew.
                .immutable =
                    [](const std::string& key) {
                      return key.starts_with("tables/") && key.find("/_delta_log/") == key.npos;
                    }});
}

engine::Options engine_options(const Config& config, const Paths& paths,
                               const objects::Store& store, relay::Relay* relay) {
  engine::Options options;
  options.allowed_directories = paths.external_locations;
  if (!relay::is_remote(store.location("x")))
    for (const auto* key : kEngineKeys) options.allowed_directories.push_back(store.location(key));
  options.relay = relay;
  options.httpfs = paths.httpfs;
  options.allowed_directories.push_back(paths.temp);
  options.temp_directory = paths.temp;
  const auto memory = config.number("memory_mb");
  options.memory_bytes = memory > 0 ? memory << 20 : machine_memory() / 2;
  options.threads = static_cast<int>(config.number("threads"));
  return options;
}

mail::Sealer mail_sealer(identity::Identity& identity) {
  return {[&identity](std::string_view secret, std::string_view context) {
            return identity.seal(secret, context);
          },
          [&identity](std::string_view sealed, std::string_view context) {
            return identity.unseal(sealed, context);
          }};
}

identity::Registration registration(const std::string& name) {
  if (name == "open") return identity::Registration::open;
  if (name == "invitation") return identity::Registration::invitation;
  if (name == "off") return identity::Registration::off;
  throw bad_request("config.badValue", "Setting 'registration' is '" + name +
                                           "' but must be open, invitation or off.");
}

// Without the slash at its end; links are made by adding to it.
std::string checked_url(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  const bool ok = (url.starts_with("http://") || url.starts_with("https://")) &&
                  url.find_first_of(" \t\r\n\"<>?#@") == url.npos;
  if (!url.empty() && !ok) {
    throw bad_request("config.badValue", "Setting 'public_url' is '" + url +
                                             "' but must be an http:// or https:// address.");
  }
  return url;
}

mail::Options mail_options(const Config& config) {
  return {.smtp_url = config.text("smtp_url"),
          .ca_file = config.text("smtp_ca_file"),
          .from = config.text("mail_from")};
}

query::Options query_options(const Config& config, const Paths& paths, audit::Audit* audit) {
  query::Options options;
  options.temp_directory = paths.temp;
  options.timeout_s = config.number("query_timeout_seconds");
  options.running_total = static_cast<int>(config.number("queries_at_once"));
  options.result_cache_bytes = config.number("result_cache_mb") << 20;
  options.audit = audit;
  options.vacuum_retention_check = config.flag("vacuum_retention_check");
  return options;
}

// For /readyz: why the metadata cannot be read, if so.
std::optional<std::string> database_problem(db::Database& database) {
  try {
    database.read([](db::Tx& tx) { tx.query("SELECT 1"); });
    return std::nullopt;
  } catch (const Error& error) {
    return error.what();
  }
}

gateway::Options gateway_options(const Config& config, const Paths& paths, db::Database& database,
                                 audit::Audit* audit, redis::Client* redis) {
  gateway::Options options;
  options.not_ready = [&database] { return database_problem(database); };
  options.audit = audit;
  options.web_dir = paths.web;
  options.cors = {.origins = split_list(config.text("cors_origins")),
                  .headers = split_list(config.text("cors_headers")),
                  .credentials = config.flag("cors_credentials"),
                  .max_age_s = static_cast<int>(config.number("cors_max_age_seconds"))};
  options.response_headers = config.text("response_headers");
  options.hsts_s = config.number("hsts_seconds");
  options.https_redirect = config.flag("https_redirect");
  options.public_url = checked_url(config.text("public_url"));
  options.requests_per_second = static_cast<int>(config.number("requests_per_second"));
  options.rate_limits = config.text("rate_limits");
  options.redis = redis;
  options.roles = gateway::Roles(split_list(config.text("roles")));
  return options;
}

// What concerns a user alone.
bool may_hear_of_user(const realtime::Asker& asker, const std::string& user) {
  require_scope(asker.scopes, "account:read");
  return !asker.user_id.empty() && asker.user_id == user;
}

// By their own rights, or because everybody may.
bool may_see_document(documents::Access& access, const std::string& user, const std::string& id) {
  documents::Visitor visitor;
  visitor.caller.user_id = user;
  try {
    return access.see(visitor, id).document.access != documents::Level::none;
  } catch (const Error&) {
    return false;  // gone
  }
}

class VolumeFiles final : public query::FileResolver {
 public:
  explicit VolumeFiles(storage::Service& storage) : storage_(storage) {}
  std::string readable_location(const Caller& caller, const std::string& path) override {
    return storage_.readable_location(caller, path);
  }

 private:
  storage::Service& storage_;
};

}  // namespace

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at <= text.size()) {
    const auto comma = std::min(text.find(',', at), text.size());
    std::string part = text.substr(at, comma - at);
    part.erase(0, part.find_first_not_of(" \t"));
    part.erase(part.find_last_not_of(" \t") + 1);
    if (!part.empty()) out.push_back(std::move(part));
    at = comma + 1;
  }
  return out;
}

Paths::Paths(const Config& config) {
  data = fs::absolute(config.text("data")).lexically_normal().string();
  fs::create_directories(data);
  data = fs::canonical(data).string();
  fs::permissions(data, fs::perms::owner_all);
  database_url = config.text("database_url");
  if (database_url.empty()) database_url = "sqlite://" + data + "/openbricks.db";
  objects_url = config.text("objects_url");
  if (objects_url.empty()) objects_url = "file://" + data + "/objects";
  temp = data + "/tmp";
  web = find_directory(config.text("web_dir"), {"web", "../../web/dist"});
  if (const auto file = program_directory() / "httpfs.duckdb_extension"; fs::exists(file))
    httpfs = file.string();
  samples = find_directory(config.text("samples_dir"), {"samples", "../../third_party/samples"});
  for (const auto& location : split_list(config.text("external_locations"))) {
    std::error_code code;
    const auto path = fs::canonical(location, code);
    if (code || !fs::is_directory(path)) {
      throw bad_request("config.badValue",
                        "Setting 'external_locations' names '" + location +
                            "', which is not a directory that the server can open.");
    }
    external_locations.push_back(path.string());
  }
}

void Paths::make_temp() const {
  fs::remove_all(temp);  // what a killed server left
  fs::create_directories(temp);
}

DataLock::DataLock(const std::string& data)
    : file_(::open((data + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
  if (file_ < 0 || ::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (file_ >= 0) ::close(file_);
    throw conflict(
        "app.dataInUse",
        "The data directory " + data +
            " is in use by another server. Stop that one, or give --data another place.");
  }
}

DataLock::~DataLock() {
  ::close(file_);
}

Parts::Parts(const Config& config)
    : paths(config),
      lock(paths.data),
      tracker(open_tracker(config)),
      blocking("blocking", 16),
      outbound("outbound", 16),
      sign_ins("sign-in", 48),
      registry(blocking, config.number("max_body_mb") << 20) {
  paths.make_temp();
  if (const auto& url = config.text("redis_url"); !url.empty())
    redis = redis::open(url, {.ca_file = config.text("redis_ca_file")});
  bus = redis ? bus::on_redis(config.text("redis_url"), config.text("redis_ca_file"))
              : bus::in_process();
  database = db::open(paths.database_url,
                      {.connections = static_cast<int>(config.number("database_connections"))});
  audit = audit::open(*database, {.days = config.number("audit_days")});
  store = objects::open(paths.objects_url, store_credentials(config),
                        store_options(config, paths.objects_url));
  require_encryption(*store, config.text("objects_encryption"));
  identity = identity::open(*database, paths.data, config.text("master_key_file"),
                            {.access_lifetime_s = config.number("access_token_seconds"),
                             .signing_key_period_s = config.number("signing_key_days") * 86'400,
                             .bcrypt_cost = static_cast<int>(config.number("bcrypt_cost")),
                             .master_key = config.text("master_key"),
                             .demand_verified = !config.text("smtp_url").empty(),
                             .audit = audit.get()});
  authenticator = identity::make_authenticator(*identity, blocking, audit.get());
  events = realtime::open(
      {*authenticator, *bus, redis.get(), [rights = rights_generation] { return rights->ask(); }});
  events->allow("user:", may_hear_of_user);
  mail = mail::open(*database, mail_sealer(*identity), mail_options(config));
  public_url = checked_url(config.text("public_url"));
  accounts = identity::open_accounts(*identity, *mail,
                                     {.registration = registration(config.text("registration")),
                                      .public_url = [this] { return public_url; }});
  device_flow = identity::open_device_flow(*identity, [this] { return public_url; });
  passkeys = identity::open_passkeys(*identity, *accounts);
  workspaces = workspaces::open(*database, *identity, *mail, [this] { return public_url; });
  collab = open_contents(config, paths, contents_database);
  if (bus->shared()) collab->share(*bus, *redis);
  document_access =
      std::make_unique<documents::Access>(*database, *identity, *workspaces, rights_generation);
  documents = documents::open(*database, *identity, *workspaces, *document_access, *collab,
                              {.public_url = [this] { return public_url; },
                               .audit = audit.get(),
                               .bcrypt_cost = static_cast<int>(config.number("bcrypt_cost"))});
  const auto may_see = [this](const std::string& user, const std::string& id) {
    return may_see_document(*document_access, user, id);
  };
  const auto publish = [this](const std::string& topic, const boost::json::value& data) {
    if (events) events->publish(topic, data);
  };
  inbox = notify::open(
      *database, *identity, *workspaces, *mail,
      {.public_url = [this] { return public_url; },
       .letter_delay = config.number("inbox_letter_seconds") * 1'000'000,
       .publish = publish,
       .may_see =
           [this, may_see](const std::string& user, std::string_view type, const std::string& id) {
             return type == "document" ? may_see(user, id) : holds_grant(*identity, user, id);
           }});
  tell_of_shares(identity->permissions(), *inbox);
  companions = documents::open_companions(*database, *identity, *documents, *collab, *inbox, store,
                                          {.publish = publish, .may_see = may_see});
  documents->on_event([publish](const std::string& id, const std::string& what) {
    publish("document:" + id, boost::json::object{{"type", what}});
  });
  events->allow("document:", [this](const realtime::Asker& asker, const std::string& id) {
    require_scope(asker.scopes, "documents:read");
    return document_access->access(asker, asker.share, id) != collab::Access::none;
  });
  collab->on_open([this](const Caller& caller, const std::string& id) {
    documents->note_read({caller, ""}, id, "live");
  });
  collab->set_gatekeeper(*document_access, *authenticator);
  collab->on_change([this](const collab::Change& change) {
    companions->changed(change);
    if (change.updates == 0) return;
    const std::string text = collab->text(change.document);
    documents->contents_changed(change.document, text, documents::count_words(text), change.users);
  });
  external = identity::open_external(*identity);
  sso = sso::open(*database, *identity, *accounts, *external,
                  {.public_url = [this] { return public_url; },
                   .private_hosts = split_list(config.text("outbound_private_hosts")),
                   .enforce = config.flag("sso_enforced"),
                   .audit = audit.get()});
  service_accounts = identity::open_service_accounts(*identity);
  oauth = oauth::open(*database, *identity, *accounts, *external,
                      {.public_url = [this] { return public_url; }});
  // Before the catalog, whose first start makes `main` for the administrator.
  made_up_password = identity->bootstrap(config.text("admin_email"), config.text("admin_password"));
  if (!paths.httpfs.empty()) relay = relay::make();
  mount_store(relay.get(), store);
  engine = engine::open(engine_options(config, paths, *store, relay.get()));
  catalog = catalog::open(*database, *identity, store, engine->parquet(),
                          {paths.data, paths.external_locations, relay.get(), audit.get()});
  workspaces->set_catalog_count([this](const std::string& id) { return catalog->catalogs_of(id); });
  const auto describe_view = [this](const Caller& caller, const catalog::Table& view) {
    return query->describe_view(caller, view);
  };
  information_schema = catalog::make_information_schema(*catalog, describe_view);
  system_access = catalog::make_system_access(*audit, *engine);
  storage = storage::open(*database, *catalog, store, {.audit = audit.get()});
  files = std::make_unique<VolumeFiles>(*storage);
  query = query::open(*engine, *catalog, *identity, *database,
                      {information_schema.get(), system_access.get()}, *files,
                      query_options(config, paths, audit.get()));
  saved_queries = query::open_saved_queries(*database, *workspaces);
  audit::register_api(registry, *audit, blocking);
  identity::register_api(registry, *identity);
  identity::register_account_api(registry, *identity, *accounts, sign_ins);
  identity::register_device_api(registry, *device_flow);
  identity::register_passkey_api(registry, *passkeys, sign_ins);
  oauth::register_api(registry, *oauth, {*identity, *accounts, *service_accounts, *device_flow},
                      blocking);
  sso::register_api(registry, *sso, blocking, outbound);
  identity::register_service_account_api(registry, *service_accounts);
  mail::register_api(registry, *mail);
  tracking::register_api(registry, tracker.get());
  realtime::register_api(registry, *events, blocking);
  workspaces::register_api(registry, *workspaces);
  collab::register_api(registry, *collab);
  const auto address = [this] { return public_url; };
  documents::register_api(registry, *documents, blocking, sign_ins, documents::formats(address));
  documents::register_companions_api(registry, *companions, blocking);
  documents::register_export_api(
      registry, *documents, blocking,
      {.public_url = address, .pictures = documents::picture_files(companions->attachments())});
  documents::register_pages(registry, *documents, blocking, sign_ins);
  documents::register_delta_protocol(registry, {*documents, *collab, *authenticator, blocking});
  notify::register_api(registry, *inbox);
  catalog::register_api(registry, *catalog, describe_view);
  storage::register_api(registry, *storage, blocking);
  query::register_api(registry, *query);
  query::register_api(registry, *saved_queries);
  health = std::make_unique<Health>(*this, config);
  register_health_api(registry, *health);
  gateway = gateway::make(registry, *identity, blocking,
                          gateway_options(config, paths, *database, audit.get(), redis.get()));
  gateway->add_gauge("openbricks_queries_running", "Statements at work now.",
                     [this] { return static_cast<double>(query->running()); });
  add_event_metrics(*gateway, *events);
  add_document_metrics(*gateway, *collab);
  if (tracker) add_tracking_metrics(*gateway, *tracker);
}

Parts::~Parts() {
  if (companions) companions->stop();
  if (inbox) inbox->stop();
  if (mail) mail->stop();
}

}  // namespace ob::app
