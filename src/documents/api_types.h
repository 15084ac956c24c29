#pragma once
// What the endpoints of documents take and answer.
#include <optional>
#include <string>
#include <vector>

#include "documents/api.h"

namespace ob::documents {

// As they stand on the wire.
enum class DocumentAccess { viewer, commenter, editor, owner };
BOOST_DESCRIBE_ENUM(DocumentAccess, viewer, commenter, editor, owner)
enum class LinkAccess { off, view, comment, edit };
BOOST_DESCRIBE_ENUM(LinkAccess, off, view, comment, edit)
enum class LinkLevel { view, comment, edit };
BOOST_DESCRIBE_ENUM(LinkLevel, view, comment, edit)
BOOST_DESCRIBE_ENUM(Filter, all, mine, shared, starred, recent, trash)
BOOST_DESCRIBE_ENUM(Sort, updated, title, created)

struct DocumentPerson {
  std::string id, name;
};
BOOST_DESCRIBE_STRUCT(DocumentPerson, (), (id, name))

struct DocumentAnswer {
  std::string id, title, workspace, folder;
  DocumentPerson owner;
  DocumentAccess access = DocumentAccess::viewer;
  LinkAccess link_access = LinkAccess::off;
  wire::Instant created_at, updated_at;
  std::optional<DocumentPerson> updated_by;
  std::optional<wire::Instant> trashed_at;
  std::optional<std::int64_t> words;
  std::optional<bool> starred, is_template;
  std::optional<std::string> snippet;
};
BOOST_DESCRIBE_STRUCT(DocumentAnswer, (),
                      (id, title, workspace, folder, owner, access, link_access, created_at,
                       updated_at, updated_by, trashed_at, words, starred, is_template, snippet))

struct DocumentPath {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(DocumentPath, (), (id))

// For every part that answers with a document or a person.
DocumentAnswer to_answer(Service&, const Document&);
DocumentPerson person_of(Service&, const std::string& user);
Level level_of(LinkAccess);
Level level_of(LinkLevel);

// The parts of register_api, a file each.
void register_links_api(api::Registry&, Service&, Pool& sign_ins);
void register_content_api(api::Registry&, Service&, Pool& blocking, Formats formats);

}  // namespace ob::documents
