#pragma once
#include <map>
#include <mutex>

#include "documents/service.h"

namespace ob::documents {

// Documents whose changes, and whose share links, stand in the audit log.
class AuditedDocuments final : public DocumentService {
 public:
  AuditedDocuments(db::Database& database, identity::Identity& identity,
                   workspaces::Service& workspaces, Access& access, collab::Contents& contents,
                   const Options& options)
      : DocumentService(database, identity, workspaces, access, contents, options),
        audit_(options.audit ? *options.audit : audit::nowhere()) {}

  Document create(const Caller&, const NewDocument&) override;
  Document change(const Visitor&, const std::string& id, const Change&) override;
  void trash(const Caller&, const std::string& id) override;
  Document restore(const Caller&, const std::string& id) override;
  void remove(const Caller&, const std::string& id) override;
  Document duplicate(const Visitor&, const std::string& id, const NewDocument&) override;
  void note_read(const Visitor&, const std::string& id, std::string_view how) override;
  void set_content(const Visitor&, const std::string& id, const std::string& delta) override;
  Link create_link(const Caller&, const std::string& document, const NewLink&) override;
  void remove_link(const Caller&, const std::string& document, const std::string& id) override;
  Opened open_link(const Caller&, const std::string& token, const std::string& password) override;

 private:
  audit::Event event_of(const Visitor&, const char* action, const std::string& id);

  bool lately_live(const Caller&, const std::string& id);

  audit::Audit& audit_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Micros> live_;  // by document, then who
};

}  // namespace ob::documents
