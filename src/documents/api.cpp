// Endpoints of documents: making, listing, changing, trash, templates.
#include "documents/api.h"

#include <array>

#include "documents/api_types.h"

namespace ob::documents {

struct DocumentList {
  std::vector<DocumentAnswer> documents;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(DocumentList, (), (documents, next))
struct ListDocuments {
  std::string text, after;
  std::optional<std::string> workspace, folder;
  Filter filter = Filter::all;
  Sort sort = Sort::updated;
  std::int64_t limit = 50;
};
BOOST_DESCRIBE_STRUCT(ListDocuments, (), (text, workspace, folder, filter, sort, after, limit))
struct CreateDocument {
  std::string title, workspace, folder, template_;
};
BOOST_DESCRIBE_STRUCT(CreateDocument, (), (title, workspace, folder, template_))
struct ChangeDocument {
  std::string id;
  std::optional<std::string> title;
  std::optional<LinkAccess> link_access;
  std::optional<bool> starred;
};
BOOST_DESCRIBE_STRUCT(ChangeDocument, (), (id, title, link_access, starred))
struct DuplicateDocument {
  std::string id, title, workspace, folder;
};
BOOST_DESCRIBE_STRUCT(DuplicateDocument, (), (id, title, workspace, folder))
struct DocumentTemplate {
  std::string id, title, text;
  bool built_in = false;
};
BOOST_DESCRIBE_STRUCT(DocumentTemplate, (), (id, title, text, built_in))
struct DocumentTemplates {
  std::vector<DocumentTemplate> templates;
};
BOOST_DESCRIBE_STRUCT(DocumentTemplates, (), (templates))

}  // namespace ob::documents

namespace ob::wire {

constexpr std::string_view kPlaceText = "The id of a workspace; empty: private to you.";
constexpr std::string_view kFolderText = "The id of a folder there; empty: at the top.";

template <>
struct Rules<documents::ListDocuments> {
  static constexpr auto value =
      rules(rule(&documents::ListDocuments::text,
                 {.max = 500,
                  .optional = true,
                  .text = "Words that stand in the title or in the content."}),
            rule(&documents::ListDocuments::workspace, {.max = 100, .text = "Only in this one."}),
            rule(&documents::ListDocuments::folder, {.max = 100, .text = "Only in this one."}),
            rule(&documents::ListDocuments::filter, {.optional = true}),
            rule(&documents::ListDocuments::sort,
                 {.optional = true, .text = "Newest first, titles by the alphabet."}),
            rule(&documents::ListDocuments::after,
                 {.max = 2000, .optional = true, .text = "The `next` of the page before."}),
            rule(&documents::ListDocuments::limit, {.min = 1, .max = 200, .optional = true}));
};
template <>
struct Rules<documents::CreateDocument> {
  static constexpr auto value = rules(
      rule(&documents::CreateDocument::title,
           {.max = 200, .optional = true, .text = "Empty: that of the template, or \"Untitled\"."}),
      rule(&documents::CreateDocument::workspace,
           {.max = 100, .optional = true, .text = kPlaceText}),
      rule(&documents::CreateDocument::folder, {.max = 100, .optional = true, .text = kFolderText}),
      rule(&documents::CreateDocument::template_,
           {.max = 100,
            .optional = true,
            .text = "The id of a template, or of a document that you may read."}));
};
template <>
struct Rules<documents::ChangeDocument> {
  static constexpr auto value =
      rules(rule(&documents::ChangeDocument::title, {.min = 1, .max = 200}),
            rule(&documents::ChangeDocument::link_access,
                 {.text = "What anyone may do who has the address, without signing in."}),
            rule(&documents::ChangeDocument::starred, {.text = "Of yours alone."}));
};
template <>
struct Rules<documents::DuplicateDocument> {
  static constexpr auto value =
      rules(rule(&documents::DuplicateDocument::title,
                 {.max = 200, .optional = true, .text = "Empty: \"Copy of …\"."}),
            rule(&documents::DuplicateDocument::workspace,
                 {.max = 100, .optional = true, .text = kPlaceText}),
            rule(&documents::DuplicateDocument::folder,
                 {.max = 100, .optional = true, .text = kFolderText}));
};

}  // namespace ob::wire

namespace ob::documents {

Visitor visitor_of(const api::Context& ctx) {
  return {ctx.caller, ctx.share};
}

Level level_of(LinkAccess access) {
  static constexpr std::array kLevels{Level::none, Level::viewer, Level::commenter, Level::editor};
  return kLevels.at(static_cast<std::size_t>(access));
}
Level level_of(LinkLevel level) {
  static constexpr std::array kLevels{Level::viewer, Level::commenter, Level::editor};
  return kLevels.at(static_cast<std::size_t>(level));
}

DocumentPerson person_of(Service& service, const std::string& user) {
  return {user, service.display_name(user)};
}

DocumentAnswer to_answer(Service& service, const Document& d) {
  DocumentAnswer out{.id = d.id,
                     .title = d.title,
                     .workspace = d.place.workspace,
                     .folder = d.place.folder,
                     .owner = person_of(service, d.owner)};
  // Nobody is answered who may do nothing.
  out.access = static_cast<DocumentAccess>(std::max(1, static_cast<int>(d.access)) - 1);
  out.link_access = static_cast<LinkAccess>(d.link_access);
  out.created_at = {d.created_at}, out.updated_at = {d.updated_at};
  if (!d.updated_by.empty()) out.updated_by = person_of(service, d.updated_by);
  if (d.trashed_at) out.trashed_at = wire::Instant{*d.trashed_at};
  out.words = d.words, out.starred = d.starred;
  if (d.is_template) out.is_template = true;
  if (!d.snippet.empty()) out.snippet = d.snippet;
  return out;
}

namespace {

Query query_of(const ListDocuments& r) {
  Query out;
  out.text = r.text, out.workspace = r.workspace, out.folder = r.folder;
  out.filter = r.filter, out.sort = r.sort, out.after = r.after;
  out.limit = static_cast<std::size_t>(r.limit);
  return out;
}

void register_making(api::Registry& registry, Service& service) {
  registry.add<ListDocuments, DocumentList>(
      "GET", "/api/v1/documents",
      {.operation = "listDocuments",
       .tag = "documents",
       .summary = "Documents that you may read: yours, those in your workspaces, and shared ones"},
      [&service](api::Context& ctx, const ListDocuments& request) {
        const Page page = service.list(ctx.caller, query_of(request));
        DocumentList out;
        for (const Document& one : page.documents) out.documents.push_back(to_answer(service, one));
        if (!page.next.empty()) out.next = page.next;
        return out;
      });
  registry.add<CreateDocument, DocumentAnswer>(
      "POST", "/api/v1/documents",
      {.operation = "createDocument",
       .tag = "documents",
       .summary = "Make a document",
       .status = 201,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const CreateDocument& body) {
        return to_answer(service,
                         service.create(ctx.caller, {.title = body.title,
                                                     .place = {body.workspace, body.folder},
                                                     .template_id = body.template_,
                                                     .id = ""}));
      });
  registry.add<DuplicateDocument, DocumentAnswer>(
      "POST", "/api/v1/documents/{id}/duplicate",
      {.operation = "duplicateDocument",
       .tag = "documents",
       .summary = "Make a copy, which is yours, of a document that you may read",
       .status = 201,
       .errors = {404, 409},
       .guests = true},
      [&service](api::Context& ctx, const DuplicateDocument& body) {
        return to_answer(service, service.duplicate(visitor_of(ctx), body.id,
                                                    {.title = body.title,
                                                     .place = {body.workspace, body.folder},
                                                     .template_id = "",
                                                     .id = ""}));
      });
}

void register_one(api::Registry& registry, Service& service) {
  const std::string path = "/api/v1/documents/{id}";
  registry.add<DocumentPath, DocumentAnswer>(
      "GET", path,
      {.operation = "getDocument",
       .tag = "documents",
       .summary = "A document, and what you may do with it",
       .errors = {404},
       .guests = true},
      [&service](api::Context& ctx, const DocumentPath& request) {
        return to_answer(service, service.get(visitor_of(ctx), request.id));
      });
  registry.add<ChangeDocument, DocumentAnswer>(
      "PATCH", path,
      {.operation = "changeDocument",
       .tag = "documents",
       .summary = "Rename it, star it, or say what anyone may do who has its address",
       .description = "Moving it to another place is changeItem; sharing it with people is "
                      "setGrant.",
       .errors = {404, 409},
       .guests = true},
      [&service](api::Context& ctx, const ChangeDocument& body) {
        Change change{.title = body.title, .link_access = {}, .starred = body.starred};
        if (body.link_access) change.link_access = level_of(*body.link_access);
        return to_answer(service, service.change(visitor_of(ctx), body.id, change));
      });
}

void register_trash(api::Registry& registry, Service& service) {
  const std::string path = "/api/v1/documents/{id}";
  registry.add<DocumentPath, api::Empty>(
      "DELETE", path,
      {.operation = "trashDocument",
       .tag = "documents",
       .summary = "Put it into the trash, from which it goes after 30 days",
       .status = 204,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const DocumentPath& request) {
        service.trash(ctx.caller, request.id);
        return api::Empty{};
      });
  registry.add<DocumentPath, DocumentAnswer>(
      "POST", path + "/restore",
      {.operation = "restoreDocument",
       .tag = "documents",
       .summary = "Bring it back from the trash",
       .errors = {404, 409}},
      [&service](api::Context& ctx, const DocumentPath& request) {
        return to_answer(service, service.restore(ctx.caller, request.id));
      });
  registry.add<DocumentPath, api::Empty>(
      "DELETE", path + "/forever",
      {.operation = "deleteDocument",
       .tag = "documents",
       .summary = "Remove it from the trash for ever, with all that belongs to it",
       .status = 204,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const DocumentPath& request) {
        service.remove(ctx.caller, request.id);
        return api::Empty{};
      });
}

void register_templates(api::Registry& registry, Service& service) {
  registry.add<api::Empty, DocumentTemplates>(
      "GET", "/api/v1/documents/templates",
      {.operation = "listDocumentTemplates",
       .tag = "documents",
       .summary = "What a new document can begin with"},
      [&service](api::Context& ctx, const api::Empty&) {
        DocumentTemplates out;
        for (const Template& one : service.templates(ctx.caller))
          out.templates.push_back({one.id, one.title, one.text, one.built_in});
        return out;
      });
  const auto set = [&](const char* method, const char* operation, const char* summary, bool on) {
    registry.add<DocumentPath, api::Empty>(
        method, "/api/v1/documents/{id}/template",
        {.operation = operation,
         .tag = "documents",
         .summary = summary,
         .status = 204,
         .errors = {404, 409}},
        [&service, on](api::Context& ctx, const DocumentPath& request) {
          service.set_template(ctx.caller, request.id, on);
          return api::Empty{};
        });
  };
  set("PUT", "makeDocumentTemplate", "Offer it as a template to all who may read it", true);
  set("DELETE", "unmakeDocumentTemplate", "Offer it as a template no more", false);
}

}  // namespace

void register_api(api::Registry& registry, Service& service, Pool& blocking, Pool& sign_ins,
                  Formats formats) {
  register_making(registry, service);
  register_one(registry, service);
  register_trash(registry, service);
  register_templates(registry, service);
  register_links_api(registry, service, sign_ins);
  register_content_api(registry, service, blocking, std::move(formats));
}

}  // namespace ob::documents
