// Applications that administrators register.
#include <algorithm>

#include "base/ids.h"
#include "oauth/service.h"

namespace ob::oauth {
namespace {

void require_admin(const Caller& caller) {
  if (!caller.admin || caller.read_only) {
    throw forbidden("identity.notAdmin", "Only an administrator may do this.");
  }
}

Error no_such_client() {
  return not_found("oauth.noSuchClient", "There is no such application.");
}

Error wrong(const std::string& field, const std::string& problem) {
  Error error(400, "request.invalid", "The request is not valid.");
  error.with_fields({{field, problem}});
  return error;
}

bool is_loopback(std::string_view rest) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"localhost", "127.0.0.1", "[::1]"},
      [&](std::string_view host) {
        if (!rest.starts_with(host)) return false;
        const auto after = rest.substr(host.size());
        return after.empty() || after.front() == ':' || after.front() == '/';
      });
}

// https, http on this machine, or a scheme of an app's own, which has a dot (RFC 8252, 7.1).
void check_redirect(const std::string& uri) {
  const auto colon = uri.find(':');
  const std::string scheme = uri.substr(0, colon);
  const bool printable =
      std::ranges::none_of(uri, [](unsigned char c) { return c <= 0x20 || c >= 0x7F; }) &&
      uri.find_first_of("\"<>\\^`{|}#") == uri.npos;
  const bool plain_scheme = std::ranges::all_of(scheme, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
  });
  bool ok = colon != uri.npos && printable && plain_scheme;
  if (uri.starts_with("https://") || uri.starts_with("http://")) {
    const auto rest = std::string_view(uri).substr(uri.find("//") + 2);
    const auto host = rest.substr(0, rest.find_first_of("/?"));
    ok = ok && !host.empty() && host.find('@') == host.npos &&
         (uri.starts_with("https://") || is_loopback(rest));
  } else {
    ok = ok && scheme.find('.') != scheme.npos;
  }
  if (!ok) {
    throw wrong("redirect_uris",
                "'" + uri.substr(0, 200) +
                    "' must be https://…, http:// on this machine, or of an app's own scheme, "
                    "without a fragment");
  }
}

}  // namespace

store::Client Provider::checked(const ClientChange& change) const {
  for (const auto& uri : change.redirect_uris) check_redirect(uri);
  return {.name = change.name,
          .redirect_uris = change.redirect_uris,
          .trusted = change.trusted,
          .updated_at = now_micros()};
}

std::vector<store::Client> Provider::clients(const Caller& caller) {
  require_admin(caller);
  return db_.reading([](db::Tx& tx) { return store::clients(tx); });
}

std::pair<store::Client, std::string> Provider::create_client(const Caller& caller,
                                                              const ClientChange& change,
                                                              bool confidential) {
  require_admin(caller);
  store::Client client = checked(change);
  client.id = std::string(application_prefix) + random_token(12);
  client.created_at = client.updated_at;
  const std::string secret = confidential ? random_token(32) : "";
  if (confidential) client.secret_hash = sha256_hex(secret);
  db_.write([&](db::Tx& tx) { store::insert_client(tx, client); });
  return {client, secret};
}

store::Client Provider::change_client(const Caller& caller, const std::string& id,
                                      const ClientChange& change) {
  require_admin(caller);
  store::Client client = checked(change);
  db_.write([&](db::Tx& tx) {
    const auto before = store::client(tx, id);
    if (!before) throw no_such_client();
    client.id = id;
    client.secret_hash = before->secret_hash;
    client.created_at = before->created_at;
    store::update_client(tx, client);
  });
  return client;
}

std::string Provider::renew_secret(const Caller& caller, const std::string& id) {
  require_admin(caller);
  const std::string secret = random_token(32);
  db_.write([&](db::Tx& tx) {
    auto client = store::client(tx, id);
    if (!client) throw no_such_client();
    if (client->secret_hash.empty()) {
      throw conflict("oauth.publicClient", "A public application has no secret.");
    }
    client->secret_hash = sha256_hex(secret);
    client->updated_at = now_micros();
    store::update_client(tx, *client);
  });
  return secret;
}

void Provider::delete_client(const Caller& caller, const std::string& id) {
  require_admin(caller);
  if (!db_.writing([&](db::Tx& tx) { return store::delete_client(tx, id); })) {
    throw no_such_client();
  }
}

}  // namespace ob::oauth
