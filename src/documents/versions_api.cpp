// Endpoints of versions.
#include <boost/json/parse.hpp>

#include "documents/api_types.h"
#include "documents/companions.h"

namespace ob::documents {

struct VersionAnswer {
  std::string id;
  std::optional<std::string> name;
  wire::Instant created_at;
  std::vector<DocumentPerson> authors;
  std::int64_t words = 0, bytes = 0;
  bool automatic = false;
};
BOOST_DESCRIBE_STRUCT(VersionAnswer, (), (id, name, created_at, authors, words, bytes, automatic))
struct VersionList {
  std::vector<VersionAnswer> versions;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(VersionList, (), (versions, next))
struct VersionDetails {
  VersionAnswer version;
  boost::json::value delta;
  std::optional<boost::json::value> diff;
};
BOOST_DESCRIBE_STRUCT(VersionDetails, (), (version, delta, diff))
struct ListVersions {
  std::string id, after;
  std::int64_t limit = 50;
};
BOOST_DESCRIBE_STRUCT(ListVersions, (), (id, after, limit))
struct CreateVersion {
  std::string id, name;
};
BOOST_DESCRIBE_STRUCT(CreateVersion, (), (id, name))
struct RenameVersion {
  std::string id, version, name;
};
BOOST_DESCRIBE_STRUCT(RenameVersion, (), (id, version, name))
struct ShowVersion {
  std::string id, version, compare;
};
BOOST_DESCRIBE_STRUCT(ShowVersion, (), (id, version, compare))
struct VersionPath {
  std::string id, version;
};
BOOST_DESCRIBE_STRUCT(VersionPath, (), (id, version))

}  // namespace ob::documents

namespace ob::wire {

constexpr std::int64_t kLongestVersionName = 200;

template <>
struct Rules<documents::ListVersions> {
  static constexpr auto value =
      rules(rule(&documents::ListVersions::after,
                 {.max = 64, .optional = true, .text = "The `next` of the page before."}),
            rule(&documents::ListVersions::limit, {.min = 1, .max = 200, .optional = true}));
};
template <>
struct Rules<documents::CreateVersion> {
  static constexpr auto value =
      rules(rule(&documents::CreateVersion::name, {.max = kLongestVersionName, .optional = true}));
};
template <>
struct Rules<documents::RenameVersion> {
  static constexpr auto value = rules(
      rule(&documents::RenameVersion::name,
           {.max = kLongestVersionName, .text = "Empty takes it away; one with a name is kept."}));
};
template <>
struct Rules<documents::ShowVersion> {
  static constexpr auto value =
      rules(rule(&documents::ShowVersion::compare,
                 {.max = 64,
                  .optional = true,
                  .text = "The id of another version, or `current`: `diff` leads from the older "
                          "of the two to the newer."}));
};
template <>
struct Rules<documents::VersionAnswer> {
  static constexpr auto value = rules(
      rule(&documents::VersionAnswer::authors,
           {.text = "Who changed the document since the version before; id and name are empty of "
                    "guests."}),
      rule(&documents::VersionAnswer::bytes, {.text = "Of its delta."}),
      rule(&documents::VersionAnswer::automatic,
           {.text = "Kept by the server; without a name it may go when it is old."}));
};
template <>
struct Rules<documents::VersionDetails> {
  static constexpr auto value =
      rules(rule(&documents::VersionDetails::delta, {.text = "{\"ops\": […]} as Quill takes it."}),
            rule(&documents::VersionDetails::diff,
                 {.text = "Operations whose attribute `diff` is insert, delete or format."}));
};

}  // namespace ob::wire

namespace ob::documents {
namespace {

VersionAnswer answer_of(Names& names, const Version& version) {
  VersionAnswer out{.id = version.id,
                    .created_at = {version.created_at},
                    .words = version.words,
                    .bytes = version.bytes,
                    .automatic = version.automatic};
  if (!version.name.empty()) out.name = version.name;
  for (const auto& id : version.authors)
    out.authors.push_back({id, id.empty() ? std::string() : names.of(id)});
  return out;
}

void register_changes(api::Registry& registry, const Companions& all) {
  registry.add<CreateVersion, VersionAnswer>(
      "POST", "/api/v1/documents/{id}/versions",
      {.operation = "createVersion",
       .tag = "documents",
       .summary = "Keep the document as it is now as a version",
       .status = 201,
       .errors = {404, 409},
       .guests = true},
      [&all](api::Context& ctx, const CreateVersion& request) {
        Names names(all.identity());
        return answer_of(names, all.versions().create(visitor_of(ctx), request.id, request.name));
      });
  registry.add<RenameVersion, VersionAnswer>(
      "PATCH", "/api/v1/documents/{id}/versions/{version}",
      {.operation = "renameVersion",
       .tag = "documents",
       .summary = "Name a version",
       .errors = {404, 409},
       .guests = true},
      [&all](api::Context& ctx, const RenameVersion& request) {
        Names names(all.identity());
        return answer_of(names, all.versions().rename(visitor_of(ctx), request.id, request.version,
                                                      request.name));
      });
  registry.add<VersionPath, DocumentAnswer>(
      "POST", "/api/v1/documents/{id}/versions/{version}/restore",
      {.operation = "restoreVersion",
       .tag = "documents",
       .summary = "Make the content what it was in a version",
       .description = "A change like any other, for those who are editing too; a version keeps "
                      "what it was before.",
       .errors = {404, 409},
       .guests = true},
      [&all](api::Context& ctx, const VersionPath& path) {
        return to_answer(all.documents(),
                         all.versions().restore(visitor_of(ctx), path.id, path.version));
      });
  registry.add<VersionPath, api::Empty>("DELETE", "/api/v1/documents/{id}/versions/{version}",
                                        {.operation = "deleteVersion",
                                         .tag = "documents",
                                         .summary = "Delete a version (owners of the document)",
                                         .status = 204,
                                         .errors = {404},
                                         .guests = true},
                                        [&all](api::Context& ctx, const VersionPath& path) {
                                          all.versions().remove(visitor_of(ctx), path.id,
                                                                path.version);
                                          return api::Empty{};
                                        });
}

}  // namespace

void register_versions(api::Registry& registry, const Companions& all) {
  registry.add<ListVersions, VersionList>(
      "GET", "/api/v1/documents/{id}/versions",
      {.operation = "listVersions",
       .tag = "documents",
       .summary = "Versions of a document, newest first (editors)",
       .errors = {404},
       .guests = true},
      [&all](api::Context& ctx, const ListVersions& request) {
        Names names(all.identity());
        const VersionPage page = all.versions().list(visitor_of(ctx), request.id, request.after,
                                                     static_cast<std::size_t>(request.limit));
        VersionList out;
        for (const Version& version : page.versions)
          out.versions.push_back(answer_of(names, version));
        if (!page.next.empty()) out.next = page.next;
        return out;
      });
  registry.add<ShowVersion, VersionDetails>(
      "GET", "/api/v1/documents/{id}/versions/{version}",
      {.operation = "getVersion",
       .tag = "documents",
       .summary = "A version with its content, and what differs from another",
       .errors = {404},
       .guests = true},
      [&all](api::Context& ctx, const ShowVersion& request) {
        Names names(all.identity());
        const Shown shown =
            all.versions().get(visitor_of(ctx), request.id, request.version, request.compare);
        VersionDetails out{.version = answer_of(names, shown.version),
                           .delta = boost::json::parse(shown.delta)};
        if (shown.diff) out.diff = boost::json::parse(*shown.diff);
        return out;
      });
  register_changes(registry, all);
}

}  // namespace ob::documents
