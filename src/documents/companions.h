#pragma once
// What goes along with documents: comments, versions, activity and attachments, with the work that
// no request waits for.
#include <memory>

#include "api/api.h"
#include "documents/activity.h"
#include "documents/attachments.h"
#include "documents/comments.h"
#include "documents/versions.h"

namespace ob::documents {

struct CompanionOptions {
  // See Surroundings.
  std::function<void(const std::string& topic, const boost::json::value&)> publish;
  std::function<bool(const std::string& user, const std::string& document)> may_see;
};

// Thread-safe.
class Companions {
 public:
  virtual ~Companions() = default;

  virtual Service& documents() const = 0;
  virtual identity::Identity& identity() const = 0;
  virtual Comments& comments() const = 0;
  virtual Versions& versions() const = 0;
  virtual Activity& activity() const = 0;
  virtual Attachments& attachments() const = 0;

  // For collab::Service::on_change. Blocks.
  virtual void changed(const collab::Change&) = 0;
  // A thread writes figures every few seconds and, where `keeps`, keeps versions and removes what
  // is left of what was deleted.
  virtual void start(bool keeps) = 0;
  virtual void stop() = 0;      // the destructor does it too
  virtual void clean_up() = 0;  // once a day
};

// Everything given outlives it. Before the first request: it is told of documents that go.
std::unique_ptr<Companions> open_companions(db::Database&, identity::Identity&, Service&,
                                            collab::Contents&, notify::Inbox&,
                                            std::shared_ptr<objects::Store>,
                                            const CompanionOptions&);

// `companions` outlives the registry; `blocking` moves bytes of files.
void register_companions_api(api::Registry&, Companions&, Pool& blocking);

// The parts of it, a file each.
void register_comments(api::Registry&, const Companions&);
void register_versions(api::Registry&, const Companions&);
void register_activity(api::Registry&, const Companions&);
void register_attachments(api::Registry&, const Companions&, Pool& blocking);

}  // namespace ob::documents
