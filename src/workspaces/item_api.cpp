// Endpoints of folders and what is in them.
#include "workspaces/api_parts.h"

namespace ob::workspaces {

struct ItemAnswer {
  std::string type, id, name, workspace, folder, owner_id, owner;
  wire::Instant created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(ItemAnswer, (),
                      (type, id, name, workspace, folder, owner_id, owner, created_at, updated_at))
struct ItemList {
  std::vector<ItemAnswer> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(ItemList, (), (items, next))
struct ItemDetails {
  ItemAnswer item;
  std::vector<ItemAnswer> folders;
};
BOOST_DESCRIBE_STRUCT(ItemDetails, (), (item, folders))
struct ListItems {
  std::string workspace, folder, type, search, after;
  std::int64_t limit = 100;
};
BOOST_DESCRIBE_STRUCT(ListItems, (), (workspace, folder, type, search, after, limit))
struct ListShared {
  std::string type, search, after;
  std::int64_t limit = 100;
};
BOOST_DESCRIBE_STRUCT(ListShared, (), (type, search, after, limit))
struct CreateFolder {
  std::string workspace, folder, name;
};
BOOST_DESCRIBE_STRUCT(CreateFolder, (), (workspace, folder, name))
struct PlaceRequest {
  std::string workspace, folder;
};
BOOST_DESCRIBE_STRUCT(PlaceRequest, (), (workspace, folder))
struct ChangeItem {
  std::string id;
  std::optional<std::string> name;
  std::optional<PlaceRequest> place;
};
BOOST_DESCRIBE_STRUCT(ChangeItem, (), (id, name, place))
struct DeleteItem {
  std::string id;
  bool with_content = false;
};
BOOST_DESCRIBE_STRUCT(DeleteItem, (), (id, with_content))

}  // namespace ob::workspaces

namespace ob::wire {

constexpr std::string_view kFolder = "The id of a folder; the top of the workspace when empty.";
constexpr std::string_view kType = "Only this type: folder, saved_query, …";

template <>
struct Rules<workspaces::ListItems> {
  static constexpr auto value =
      rules(rule(&workspaces::ListItems::folder, {.max = 100, .optional = true, .text = kFolder}),
            rule(&workspaces::ListItems::type, {.max = 50, .optional = true, .text = kType}),
            rule(&workspaces::ListItems::search,
                 {.max = 200, .optional = true, .text = "A part of the name, in all folders."}),
            rule(&workspaces::ListItems::after,
                 {.max = 100, .optional = true, .text = "The `next` of the page before."}),
            rule(&workspaces::ListItems::limit, {.min = 1, .max = 500, .optional = true}));
};
template <>
struct Rules<workspaces::ListShared> {
  static constexpr auto value =
      rules(rule(&workspaces::ListShared::type, {.max = 50, .optional = true, .text = kType}),
            rule(&workspaces::ListShared::search, {.max = 200, .optional = true}),
            rule(&workspaces::ListShared::after, {.max = 100, .optional = true}),
            rule(&workspaces::ListShared::limit, {.min = 1, .max = 500, .optional = true}));
};
template <>
struct Rules<workspaces::CreateFolder> {
  static constexpr auto value = rules(
      rule(&workspaces::CreateFolder::folder, {.max = 100, .optional = true, .text = kFolder}),
      rule(&workspaces::CreateFolder::name, {.min = 1, .max = 200}));
};
template <>
struct Rules<workspaces::PlaceRequest> {
  static constexpr auto value = rules(
      rule(&workspaces::PlaceRequest::workspace,
           {.max = 100, .optional = true, .text = "Empty: private to its owner."}),
      rule(&workspaces::PlaceRequest::folder, {.max = 100, .optional = true, .text = kFolder}));
};
template <>
struct Rules<workspaces::ChangeItem> {
  static constexpr auto value =
      rules(rule(&workspaces::ChangeItem::name, {.min = 1, .max = 200}),
            rule(&workspaces::ChangeItem::place, {.text = "Where it is moved to."}));
};
template <>
struct Rules<workspaces::DeleteItem> {
  static constexpr auto value =
      rules(rule(&workspaces::DeleteItem::with_content,
                 {.optional = true, .text = "A folder with all that is in it."}));
};

}  // namespace ob::wire

namespace ob::workspaces {
namespace {

ItemAnswer answer_of(Service& service, const Item& item) {
  return {std::string(identity::to_text(item.type)),
          item.id,
          item.name,
          item.place.workspace,
          item.place.folder,
          item.owner,
          service.owner_name(item.owner),
          {item.created_at},
          {item.updated_at}};
}

ItemList list_of(Service& service, const ItemPage& page) {
  ItemList out;
  for (const Item& item : page.items) out.items.push_back(answer_of(service, item));
  if (!page.next.empty()) out.next = page.next;
  return out;
}

template <class Request>
Filter filter_of(const Request& request) {
  Filter out{{}, request.search, request.after, static_cast<std::size_t>(request.limit)};
  if (request.type.empty()) return out;
  out.type = identity::object_type_named(request.type);
  if (!out.type)
    throw bad_request("workspaces.badType", "There is no type of object '" + request.type + "'.");
  return out;
}

void register_lists(api::Registry& registry, Service& service) {
  registry.add<ListItems, ItemList>(
      "GET", "/api/v1/workspaces/{workspace}/items",
      {.operation = "listItems",
       .tag = "folders",
       .summary = "What a folder holds: folders first, by name",
       .errors = {404}},
      [&service](api::Context& ctx, const ListItems& request) {
        return list_of(service, service.items(ctx.caller, {request.workspace, request.folder},
                                              filter_of(request)));
      });
  registry.add<ListShared, ItemList>(
      "GET", "/api/v1/me/shared",
      {.operation = "listShared",
       .tag = "folders",
       .summary = "Folders and objects shared with you in workspaces of others"},
      [&service](api::Context& ctx, const ListShared& request) {
        return list_of(service, service.shared(ctx.caller, filter_of(request)));
      });
}

}  // namespace

void register_items(api::Registry& registry, Service& service) {
  register_lists(registry, service);
  registry.add<CreateFolder, ItemAnswer>(
      "POST", "/api/v1/workspaces/{workspace}/folders",
      {.operation = "createFolder",
       .tag = "folders",
       .summary = "Make a folder",
       .status = 201,
       .errors = {404, 409}},
      [&service](api::Context& ctx, const CreateFolder& request) {
        return answer_of(
            service,
            service.create_folder(ctx.caller, {request.workspace, request.folder}, request.name));
      });
  registry.add<IdPath, ItemDetails>(
      "GET", "/api/v1/items/{id}",
      {.operation = "getItem",
       .tag = "folders",
       .summary = "A folder or an object in one, with the folders above it from the top",
       .errors = {404}},
      [&service](api::Context& ctx, const IdPath& path) {
        ItemDetails out{answer_of(service, service.item(ctx.caller, path.id)), {}};
        for (const Item& folder : service.folders_above(ctx.caller, path.id))
          out.folders.push_back(answer_of(service, folder));
        return out;
      });
  registry.add<ChangeItem, ItemAnswer>(
      "PATCH", "/api/v1/items/{id}",
      {.operation = "changeItem",
       .tag = "folders",
       .summary = "Rename or move a folder or an object",
       .errors = {404, 409}},
      [&service](api::Context& ctx, const ChangeItem& request) {
        if (request.place)
          service.move(ctx.caller, request.id, {request.place->workspace, request.place->folder});
        if (request.name) service.rename(ctx.caller, request.id, *request.name);
        return answer_of(service, service.item(ctx.caller, request.id));
      });
  registry.add<DeleteItem, api::Empty>("DELETE", "/api/v1/items/{id}",
                                       {.operation = "deleteItem",
                                        .tag = "folders",
                                        .summary = "Delete a folder or an object",
                                        .status = 204,
                                        .errors = {404, 409}},
                                       [&service](api::Context& ctx, const DeleteItem& request) {
                                         service.remove_item(ctx.caller, request.id,
                                                             request.with_content);
                                         return api::Empty{};
                                       });
}

}  // namespace ob::workspaces
