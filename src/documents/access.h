#pragma once
// Who may do what with a document now: asked by the sockets of `collab` for each connection, and
// again whenever generation() grew.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collab/collab.h"
#include "documents/documents.h"

namespace ob::documents {

// Rights come from roles (owner and editor write, commenter comments, viewer reads), from what the
// document allows whoever has its address, and from a share link; the highest counts. Thread-safe.
class Access final : public collab::Gatekeeper {
 public:
  Access(db::Database&, identity::Identity&, workspaces::Service&);
  ~Access() override;
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  collab::Access access(const Caller&, const std::string& link,
                        const std::string& document) override;
  // While somebody asks, a thread looks at the database five times a second for what changed,
  // here or in another process: grants, groups, roles, places, links, trash, sign-outs, keys.
  std::uint64_t generation() override;

  // What the visitor may do with a document; none: not even know of it. Throws 401 when the
  // caller's sign-in has ended, 403 for a share that does not hold.
  struct Seen {
    workspaces::Item item;
    std::vector<identity::Securable> path;  // from the document up
    Level link_access = Level::none;
    std::optional<Micros> trashed_at;
    Level by_role = Level::none;  // without the address and the link
    Level level = Level::none;    // all in all
  };
  Seen see(const Visitor&, const std::string& document);
  // As see(), but throws as Service::require does.
  Seen require(const Visitor&, const std::string& document, Level wanted);
  // After a change in this process: generation() has grown.
  void changed();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ob::documents
