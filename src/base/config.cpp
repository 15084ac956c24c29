#include "base/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <optional>

#include "base/error.h"

namespace ob {
namespace {

std::string variable_name(std::string_view key) {
  std::string name = "OPENBRICKS_";
  for (const char c : key) name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

const Setting& find(std::string_view key) {
  for (const auto& setting : settings()) {
    if (setting.key == key) return setting;
  }
  throw bad_request("config.unknownSetting",
                    "There is no setting '" + std::string(key) + "'. See openbricks serve --help.");
}

std::optional<std::int64_t> parse_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void check(const Setting& setting, const std::string& value) {
  const auto fail = [&](const std::string& must) {
    throw bad_request("config.badValue", "Setting '" + std::string(setting.key) + "' is '" + value +
                                             "' but must be " + must + ".");
  };
  if (setting.kind == Setting::Kind::number) {
    const auto number = parse_number(value);
    if (!number || *number < setting.min || *number > setting.max) {
      fail("a whole number from " + std::to_string(setting.min) + " to " +
           std::to_string(setting.max));
    }
  }
  if (setting.kind == Setting::Kind::flag && value != "true" && value != "false")
    fail("true or false");
}

std::string normal(const Setting& setting, std::string value) {
  if (setting.kind == Setting::Kind::flag) {
    if (value == "1" || value == "on" || value == "yes") return "true";
    if (value == "0" || value == "off" || value == "no") return "false";
  }
  return value;
}

void read_file(const std::string& file,
               const std::function<void(std::string_view, std::string)>& set) {
  toml::table table;
  try {
    table = toml::parse_file(file);
  } catch (const toml::parse_error& e) {
    throw bad_request("config.badFile", "Configuration file '" + file + "', line " +
                                            std::to_string(e.source().begin.line) + ": " +
                                            std::string(e.description()) + ".");
  }
  for (const auto& [key, node] : table) {
    std::string value;
    if (const auto* text = node.as_string()) {
      value = text->get();
    } else if (const auto* number = node.as_integer()) {
      value = std::to_string(number->get());
    } else if (const auto* flag = node.as_boolean()) {
      value = flag->get() ? "true" : "false";
    } else {
      throw bad_request("config.badFile", "Configuration file '" + file + "': '" +
                                              std::string(key.str()) +
                                              "' must be a string, a whole number or true/false.");
    }
    set(key.str(), std::move(value));
  }
}

}  // namespace

const std::vector<Setting>& settings() {
  using Kind = Setting::Kind;
  static const std::vector<Setting> table{
      {"host", "127.0.0.1", "Address to listen on."},
      {"port", "8080", "Port to listen on; 0 takes any free one.", Kind::number, 0, 65535},
      {"roles", "",
       "What this instance does, comma-separated: auth, api, storage, realtime and web answer "
       "their "
       "paths, worker does the work that no request waits for (letters, samples, clean-up); by "
       "default "
       "all."},
      {"advertise_url", "",
       "Address at which the proxy reaches this instance (http://10.0.0.5:8080); with redis_url it "
       "is written there for Traefik to find."},
      {"data", "data", "Directory of everything the server keeps."},
      {"database_url", "",
       "Metadata database, sqlite:///path or postgresql://user:password@host:port/database; by "
       "default a file in the data directory."},
      {"sync", "second",
       "When edits of documents are on the disk: second, all of a second together; full, each "
       "before anybody sees it. Either way they survive the end of the process."},
      {"database_connections", "16", "Connections to a PostgreSQL database at a time, at most.",
       Kind::number, 2, 1000},
      {"objects_url", "",
       "Object storage: file:///path, s3://bucket/prefix, gs://bucket/prefix or "
       "az://container/prefix?account=name; also ?region=, endpoint= and path_style=true. By "
       "default "
       "a folder in the data directory."},
      {"objects_access_key", "",
       "Access key of an S3 store. Without any credentials those of the environment (AWS_…, "
       "GOOGLE_…, "
       "AZURE_…) and of the machine are used."},
      {"objects_secret_key", "", "Secret key of an S3 store."},
      {"objects_session_token", "", "Session token of temporary keys of an S3 store."},
      {"objects_service_account_file", "",
       "JSON file with the key of a service account of Google Cloud."},
      {"objects_account_key", "", "Key of an Azure storage account."},
      {"objects_sas_token", "", "Shared access signature of an Azure container."},
      {"objects_tenant_id", "", "Azure tenant of the application that accesses the container."},
      {"objects_client_id", "", "Id of that application."},
      {"objects_client_secret", "", "Secret of that application."},
      {"objects_allow_http", "false",
       "Lets the store's endpoint be http:// on another machine, where others may read what "
       "passes.",
       Kind::flag},
      {"objects_encryption", "",
       "How an S3 store is to encrypt what is written, AES256 or aws:kms; the start fails where it "
       "does not. By default as the bucket says."},
      {"objects_kms_key", "",
       "Id or ARN of the key for aws:kms; by default the account's own for S3."},
      {"documents_store", "",
       "Where the contents of documents are kept, dynamodb://REGION/TABLE of DynamoDB, with "
       "?endpoint=https://… for another server than that of AWS; by default in the metadata "
       "database."},
      {"documents_access_key", "",
       "Access key for that table. Without it those of the environment (AWS_…) and of the machine "
       "are used."},
      {"documents_secret_key", "", "Secret key for that table."},
      {"documents_session_token", "", "Session token of temporary keys for that table."},
      {"documents_allow_http", "false",
       "Lets the table's endpoint be http:// on another machine, where others may read what "
       "passes.",
       Kind::flag},
      {"external_locations", "",
       "Directories where external tables may live, comma-separated; never inside the data "
       "directory."},
      {"admin_email", "admin@localhost",
       "E-mail address of the administrator that the first start creates."},
      {"admin_password", "",
       "Password of that administrator; by default one is made up and printed once."},
      {"master_key_file", "",
       "File with the key that encrypts secrets at rest, 32 bytes as base64; further lines hold "
       "older keys that still open them. By default one in the data directory."},
      {"master_key", "",
       "The key itself instead of a file, and older ones after commas; as a variable, since others "
       "see flags."},
      {"registration", "invitation",
       "Who can make accounts: open (everybody), invitation (whom an administrator invites) or off "
       "(administrators only)."},
      {"bcrypt_cost", "12",
       "Cost of the hashes of passwords; older hashes are made anew at the next sign-in.",
       Kind::number, 10, 16},
      {"public_url", "",
       "Address at which people reach this server, for links in letters; by default the one it "
       "listens on. Its path, if it has one, is where the page and the API are."},
      {"trusted_proxies", "",
       "Addresses and networks of the proxies before this server, comma-separated (10.0.0.0/8): "
       "their X-Forwarded-For, -Proto, -Host and -Prefix say who the client is. Nobody else's do."},
      {"forwarded_header", "false",
       "Those proxies send Forwarded (RFC 7239) instead of X-Forwarded-For, -Proto and -Host.",
       Kind::flag},
      {"https_redirect", "false", "Sends what a trusted proxy took without TLS to https.",
       Kind::flag},
      {"redirect_port", "0", "Second port, without TLS, that sends everything to https; 0: none.",
       Kind::number, 0, 65535},
      {"hsts_seconds", "31536000",
       "Time for which browsers are told, over TLS, to come by TLS only; 0: they are not told.",
       Kind::number, 0, 315'360'000},
      {"outbound_private_hosts", "",
       "Hosts (or host:port) with private addresses that the server may call where people give it "
       "addresses, such as identity providers of the own network; comma-separated. They may be "
       "called without TLS."},
      {"sso_enforced", "true",
       "Refuses passwords where a provider of single sign-on is enforced; false lets "
       "administrators in again whose provider fails.",
       Kind::flag},
      {"smtp_url", "",
       "Server for letters, smtp://user:password@host:port or smtps://…; without it letters are "
       "shown in the log with their links, which is for development only."},
      {"smtp_ca_file", "",
       "PEM file with the authorities that the SMTP server's certificate is checked against; by "
       "default the system's."},
      {"mail_from", "OpenBricks <openbricks@localhost>",
       "Sender of letters: an address, or a name and an <address>."},
      {"inbox_letter_seconds", "300",
       "Seconds after which people get a letter about what they did not read in their inbox.",
       Kind::number, 0, 86400},
      {"signing_key_days", "30", "Days after which a new key signs access tokens.", Kind::number, 1,
       3650},
      {"access_token_seconds", "3600", "Lifetime of an access token.", Kind::number, 900, 86400},
      {"audit_days", "365", "Days that entries of the audit log are kept; 0: for ever.",
       Kind::number, 0, 36500},
      {"tls_certificate", "",
       "PEM file with the certificate chain; with tls_key turns TLS on. Replaced files are read "
       "anew."},
      {"tls_key", "", "PEM file with the certificate's private key."},
      {"cors_origins", "",
       "Origins that may call the API from a browser, comma-separated; * for all."},
      {"cors_headers", "",
       "Headers of such calls beside those that the API knows, comma-separated."},
      {"cors_credentials", "false", "Such calls may carry cookies.", Kind::flag},
      {"cors_max_age_seconds", "600", "Time for which a browser may keep these rules.",
       Kind::number, 0, 86400},
      {"response_headers", "",
       "Lines such as 'X-Robots-Tag: noindex', which set a header of every answer, or '-Server', "
       "which take one off."},
      {"samples", "false", "Loads the samples catalog at start.", Kind::flag},
      {"samples_dir", "",
       "Directory of the samples' CSV files; by default third_party/samples beside the build."},
      {"web_dir", "",
       "Directory of the built page; by default web beside the program, else web/dist of the "
       "source."},
      {"memory_mb", "0", "Memory that queries may use in all, in MiB; 0: half of the machine's.",
       Kind::number, 0, 16'777'216},
      {"threads", "0", "Threads for queries; 0: one a core.", Kind::number, 0, 1024},
      {"query_timeout_seconds", "300", "Time after which a query is stopped.", Kind::number, 1,
       86400},
      {"queries_at_once", "8", "Queries that run at the same time; others wait.", Kind::number, 1,
       1000},
      {"result_cache_mb", "64",
       "Memory for answers of queries on tables that did not change, in MiB; 0: none are kept.",
       Kind::number, 0, 1'048'576},
      {"vacuum_retention_check", "true",
       "VACUUM refuses to retain files for less than a table's delta.deletedFileRetentionDuration.",
       Kind::flag},
      {"max_body_mb", "16", "Largest JSON request body, in MiB.", Kind::number, 1, 1024},
      {"requests_per_second", "1000", "Requests a second that one address may send.", Kind::number,
       1, 1'000'000},
      {"rate_limits", "auth.address=100/s, any.user=2000/s, any.key=2000/s",
       "Further limits, comma-separated: class (any, auth, read, write, query, upload), whose "
       "(address, user, key), how many a second, minute or hour (s, m, h) and how many at once, as "
       "in query.user=600/m:50."},
      {"redis_url", "",
       "Redis that several instances share, redis://user:password@host:port/database or rediss:// "
       "with TLS: rate limits hold across them, and the proxy finds them."},
      {"redis_ca_file", "",
       "PEM file with the authorities of Redis' certificate; by default the system's."},
      {"sockets_per_address", "200", "Connections that one address may hold.", Kind::number, 1,
       1'000'000},
      {"drain_seconds", "0",
       "Time that a stopping server goes on answering while its /readyz says that it stops, so "
       "that "
       "proxies before it send elsewhere.",
       Kind::number, 0, 3600},
      {"shutdown_seconds", "10", "Time that running requests get when the server stops.",
       Kind::number, 0, 3600},
      {"error_tracking_dsn", "",
       "DSN of a project of an error tracker that speaks Sentry's protocol, "
       "https://key@host/project: "
       "what fails on the server and in its pages is told there, without data of people."},
      {"error_tracking_environment", "production",
       "Name of this installation in the error tracker, such as staging."},
      {"error_tracking_release", "",
       "Name of the release in the error tracker; by default openbricks@ and the version."},
      {"log_level", "info", "debug, info, warn or error."},
  };
  return table;
}

Config Config::load(const std::map<std::string, std::string>& flags, const std::string& file) {
  Config config;
  const auto set = [&](std::string_view key, std::string value) {
    const Setting& setting = find(key);
    value = normal(setting, std::move(value));
    check(setting, value);
    config.values_[std::string(key)] = std::move(value);
  };
  for (const auto& setting : settings())
    config.values_[std::string(setting.key)] = std::string(setting.fallback);
  if (!file.empty()) read_file(file, set);
  for (const auto& setting : settings()) {
    if (const char* value = std::getenv(variable_name(setting.key).c_str()))
      set(setting.key, value);
  }
  for (const auto& [key, value] : flags) set(key, value);
  return config;
}

const std::string& Config::text(std::string_view key) const {
  const auto at = values_.find(key);
  if (at == values_.end()) throw std::logic_error("no setting " + std::string(key));
  return at->second;
}

std::int64_t Config::number(std::string_view key) const {
  return parse_number(text(key)).value();
}

bool Config::flag(std::string_view key) const {
  return text(key) == "true";
}

}  // namespace ob
