#pragma once
// Who may do what with a document now: asked by the sockets of `collab` for each connection, and
// again whenever generation() grew.
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collab/collab.h"
#include "documents/documents.h"

namespace ob::documents {

// Grows whenever an answer may have changed: apart from Access, for what asks before that is made
// and after it is gone.
class Generation {
 public:
  std::uint64_t ask() {
    asked_.store(true, std::memory_order_relaxed);
    return value_.load(std::memory_order_acquire);
  }
  void raise() { value_.fetch_add(1, std::memory_order_release); }
  std::uint64_t now() const { return value_.load(std::memory_order_acquire); }
  bool was_asked() { return asked_.exchange(false); }

 private:
  std::atomic<std::uint64_t> value_ = 1;
  std::atomic<bool> asked_ = false;
};

// Rights come from roles (owner and editor write, commenter comments, viewer reads), from what the
// document allows whoever has its address, and from a share link; the highest counts. Thread-safe.
class Access final : public collab::Gatekeeper {
 public:
  Access(db::Database&, identity::Identity&, workspaces::Service&,
         std::shared_ptr<Generation> = std::make_shared<Generation>());
  ~Access() override;
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  collab::Access access(const Caller&, const std::string& link,
                        const std::string& document) override;
  // While somebody asks, a thread looks at the database eight times a second for what changed,
  // here or in another process: grants, groups, roles, places, links, trash, sign-outs, keys.
  std::uint64_t generation() override;

  // What a visitor may do with a document.
  struct Seen {
    Document document;                      // its access: all in all; none: nothing at all
    std::vector<identity::Securable> path;  // from the document up
    Level by_role = Level::none;            // without the address and the link
  };
  // Throws 404 and 401 when there is no such document, 403 for a share that does not hold, unless
  // the visitor may see the document without it.
  Seen see(const Visitor&, const std::string& document);
  // As see(), but throws as Service::require does. from_trash: not for those who may bring it back.
  Seen require(const Visitor&, const std::string& document, Level wanted, bool from_trash = false);
  // For lists: by grants and by the address.
  Level level(const Caller&, std::span<const identity::Securable> path, Level link_access);
  // The proof that a link was opened with its password; the token itself where there is none.
  std::string pass_of(const Link&, const std::string& password_hash);
  // After a change in this process: generation() has grown.
  void changed();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ob::documents
