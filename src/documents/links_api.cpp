// Endpoints of share links.
#include "documents/api_types.h"

namespace ob::documents {

struct LinkAnswer {
  std::string id;
  LinkLevel level = LinkLevel::view;
  std::string url, token;
  std::optional<wire::Instant> expires_at;
  bool has_password = false;
  wire::Instant created_at;
  DocumentPerson created_by;
  std::optional<wire::Instant> last_used_at;
};
BOOST_DESCRIBE_STRUCT(LinkAnswer, (),
                      (id, level, url, token, expires_at, has_password, created_at, created_by,
                       last_used_at))
struct LinkList {
  std::vector<LinkAnswer> links;
};
BOOST_DESCRIBE_STRUCT(LinkList, (), (links))
struct CreateLink {
  std::string id;
  LinkLevel level = LinkLevel::view;
  std::optional<wire::Instant> expires_at;
  std::optional<std::string> password;
};
BOOST_DESCRIBE_STRUCT(CreateLink, (), (id, level, expires_at, password))
struct LinkPath {
  std::string id, link;
};
BOOST_DESCRIBE_STRUCT(LinkPath, (), (id, link))
struct OpenLink {
  std::string token;
  std::optional<std::string> password;
};
BOOST_DESCRIBE_STRUCT(OpenLink, (), (token, password))
struct OpenedDocument {
  DocumentAnswer document;
  DocumentAccess access = DocumentAccess::viewer;
  std::string pass;
};
BOOST_DESCRIBE_STRUCT(OpenedDocument, (), (document, access, pass))

}  // namespace ob::documents

template <>
struct ob::wire::Rules<ob::documents::CreateLink> {
  static constexpr auto value =
      rules(rule(&documents::CreateLink::password,
                 {.min = 8, .max = 72, .text = "Asked for when the link is opened."}));
};
template <>
struct ob::wire::Rules<ob::documents::OpenLink> {
  static constexpr auto value = rules(rule(&documents::OpenLink::token, {.min = 1, .max = 200}),
                                      rule(&documents::OpenLink::password, {.max = 200}));
};

namespace ob::documents {
namespace {

LinkAnswer answer_of(Service& service, const Link& link) {
  LinkAnswer out{.id = link.id};
  out.level = static_cast<LinkLevel>(static_cast<int>(link.level) - 1);
  out.url = link.url, out.token = link.token, out.has_password = link.has_password;
  if (link.expires_at) out.expires_at = wire::Instant{*link.expires_at};
  out.created_at = {link.created_at}, out.created_by = person_of(service, link.created_by);
  if (link.last_used_at) out.last_used_at = wire::Instant{*link.last_used_at};
  return out;
}

}  // namespace

void register_links_api(api::Registry& registry, Service& service, Pool& sign_ins) {
  const std::string path = "/api/v1/documents/{id}/links";
  registry.add<DocumentPath, LinkList>(
      "GET", path,
      {.operation = "listDocumentLinks",
       .tag = "documents",
       .summary = "The share links of a document, for its owners",
       .errors = {404}},
      [&service](api::Context& ctx, const DocumentPath& request) {
        LinkList out;
        for (const Link& link : service.links(ctx.caller, request.id))
          out.links.push_back(answer_of(service, link));
        return out;
      });
  registry.add<CreateLink, LinkAnswer>(
      "POST", path,
      {.operation = "createDocumentLink",
       .tag = "documents",
       .summary = "Make a share link: who has it needs no sign-in",
       .status = 201,
       .errors = {404, 409},
       .pool = &sign_ins},
      [&service](api::Context& ctx, const CreateLink& body) {
        NewLink fresh{.level = level_of(body.level),
                      .expires_at = {},
                      .password = body.password.value_or("")};
        if (body.expires_at) fresh.expires_at = body.expires_at->micros;
        return answer_of(service, service.create_link(ctx.caller, body.id, fresh));
      });
  registry.add<LinkPath, api::Empty>("DELETE", path + "/{link}",
                                     {.operation = "deleteDocumentLink",
                                      .tag = "documents",
                                      .summary = "Take a share link back",
                                      .status = 204,
                                      .errors = {404}},
                                     [&service](api::Context& ctx, const LinkPath& request) {
                                       service.remove_link(ctx.caller, request.id, request.link);
                                       return api::Empty{};
                                     });
  registry.add<OpenLink, OpenedDocument>(
      "POST", "/api/v1/shared-documents/open",
      {.operation = "openDocumentLink",
       .tag = "documents",
       .summary = "Open a share link",
       .description = "The answer's `pass` proves link and password afterwards: as the header "
                      "X-Share, or as ?share= of a socket.",
       .errors = {404},
       .guests = true,
       .pool = &sign_ins,
       .changes = false},
      [&service](api::Context& ctx, const OpenLink& body) {
        const Opened opened = service.open_link(ctx.caller, body.token, body.password.value_or(""));
        OpenedDocument out{.document = to_answer(service, opened.document)};
        out.access = out.document.access, out.pass = opened.pass;
        return out;
      });
}

}  // namespace ob::documents
