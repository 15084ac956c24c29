// Assertions that a provider's form posts (SAML).
#include <boost/json.hpp>

#include "base/ids.h"
#include "sso/errors.h"
#include "sso/saml_xml.h"
#include "sso/service.h"

namespace ob::sso {
namespace {

namespace json = boost::json;

constexpr Micros kTicket = 120'000'000;
constexpr std::string_view kTicketContext = "sso.ticket";
constexpr std::string_view kKeyContext = "sso.key:";
constexpr std::string_view kEncryptionKey = "saml.encryption";
constexpr std::size_t kMaxRelay = 2000;

}  // namespace

saml::Ourselves SignOn::ourselves(const Provider& provider) {
  return {.entity_id = metadata_url(provider),
          .consumer = redirect_uri(provider),
          .certificate = [this] { return encryption_key().certificate; },
          .key =
              [this] {
                return identity_.unseal(encryption_key().sealed,
                                        std::string(kKeyContext) + std::string(kEncryptionKey));
              }};
}

store::KeyRow SignOn::encryption_key() {
  const std::string id(kEncryptionKey);
  if (auto found = db_.reading([&](db::Tx& tx) { return store::key(tx, id); })) return *found;
  const auto made = xml::make_key_pair();
  const store::KeyRow row{.id = id,
                          .sealed = identity_.seal(made.key_pem, std::string(kKeyContext) + id),
                          .certificate = made.certificate,
                          .created_at = now_micros()};
  return db_.writing([&](db::Tx& tx) {
    if (auto found = store::key(tx, id)) return *found;  // another process was quicker
    store::insert_key(tx, row);
    return row;
  });
}

std::string SignOn::metadata(const std::string& slug) {
  const Provider provider = enabled_provider(slug);
  if (provider.kind != Kind::saml) throw no_such_provider();
  return saml::metadata(ourselves(provider));
}

std::string SignOn::receive(const std::string& slug, const std::string& response) {
  const Provider provider = enabled_provider(slug);
  if (provider.kind != Kind::saml) throw no_such_provider();
  const Micros now = now_micros();
  const auto assertion = saml::read(provider, ourselves(provider), response, now);
  if (assertion.in_response_to.empty() && !provider.settings.idp_initiated) {
    throw untrusted("nobody asked for the assertion, and sign-ins do not begin at this provider");
  }
  const Ticket ticket{.provider_id = provider.id,
                      .in_response_to = assertion.in_response_to,
                      .subject = assertion.proof.subject,
                      .email = assertion.proof.email,
                      .name = assertion.proof.name,
                      .groups = assertion.proof.groups};
  const std::string token = random_token(24);
  const std::string sealed = identity_.seal(json::serialize(wire::encode(ticket)), kTicketContext);
  const bool fresh = db_.writing([&](db::Tx& tx) {
    const std::string key = sha256_hex("assertion|" + provider.id + "|" + assertion.id);
    if (!store::use_once(tx, key, assertion.until, now)) return false;
    store::insert_ticket(tx, sha256_hex(token), sealed, now + kTicket);
    return true;
  });
  if (!fresh) throw untrusted("the assertion was used before");
  return token;
}

Arrival SignOn::finish(const std::string& slug, const std::string& token, const std::string& relay,
                       const std::function<std::string(const std::string&)>& cookie,
                       const identity::Origin& origin) {
  return recorded(audit_, slug, origin, [&] {
    const Provider provider = enabled_provider(slug);
    if (relay.size() > kMaxRelay) throw bad_flow();
    const auto sealed = db_.writing(
        [&](db::Tx& tx) { return store::take_ticket(tx, sha256_hex(token), now_micros()); });
    if (!sealed) throw bad_flow();
    const auto ticket =
        wire::decode<Ticket>(json::parse(identity_.unseal(*sealed, kTicketContext)));
    if (ticket.provider_id != provider.id) throw bad_flow();
    const Proof proof{.subject = ticket.subject,
                      .email = ticket.email,
                      .name = ticket.name,
                      .groups = ticket.groups};
    if (ticket.in_response_to.empty()) {
      return admit(provider, proof, {.next = checked_next(relay)}, origin);
    }
    const Flow flow = open_flow(provider, relay, cookie(cookie_name(relay)));
    if (saml::request_id(flow.state) != ticket.in_response_to) throw bad_flow();
    use_state(flow);
    return admit(provider, proof, flow, origin);
  });
}

}  // namespace ob::sso
