#pragma once
#include <shared_mutex>
#include <unordered_map>

#include "documents/access.h"
#include "documents/documents.h"
#include "documents/store.h"

namespace ob::documents {

class Doors;  // the passwords of links, and the limits on guessing them

class DocumentService : public Service {
 public:
  DocumentService(db::Database&, identity::Identity&, workspaces::Service&, Access&,
                  collab::Contents&, const Options&);
  ~DocumentService() override;

  Document require(const Visitor&, const std::string& id, Level wanted) override;
  Document create(const Caller&, const NewDocument&) override;
  Page list(const Caller&, const Query&) override;
  Document get(const Visitor&, const std::string& id) override;
  Document change(const Visitor&, const std::string& id, const Change&) override;
  void trash(const Caller&, const std::string& id) override;
  Document restore(const Caller&, const std::string& id) override;
  void remove(const Caller&, const std::string& id) override;
  Document duplicate(const Visitor&, const std::string& id, const NewDocument&) override;
  std::vector<Template> templates(const Caller&) override;
  void set_template(const Caller&, const std::string& id, bool is_template) override;
  std::vector<Link> links(const Caller&, const std::string& document) override;
  Link create_link(const Caller&, const std::string& document, const NewLink&) override;
  void remove_link(const Caller&, const std::string& document, const std::string& id) override;
  Opened open_link(const Caller&, const std::string& token, const std::string& password) override;
  std::string content(const Visitor&, const std::string& id) override;
  void set_content(const Visitor&, const std::string& id, const std::string& delta) override;
  void note_read(const Visitor&, const std::string& document, std::string_view how) override;
  void on_read(std::function<void(const std::string&, const std::string&)>) override;
  void contents_changed(const std::string& document, const std::string& text, std::int64_t words,
                        const std::vector<std::string>& users) override;
  void on_remove(std::function<void(db::Tx&, const std::string&)>) override;
  void on_copy(Adopt) override;
  void on_event(Listener) override;
  void purge(const std::function<bool()>& stopped) override;
  std::string display_name(const std::string& user) override;

 protected:
  // For the audit log: the title, when the caller may see it.
  std::string title_of(const Visitor&, const std::string& id);
  std::string title_of(const std::string& id);  // of those who were let in

 private:
  // source: of which document the delta is; empty: of none.
  Document make(const Visitor&, const NewDocument&, const std::string& title, std::string delta,
                const std::string& source);
  // Titles and contents of what may be a template or is to be copied.
  std::vector<Document> found(const Caller&, const store::Wanted&, std::string& next);
  void tell(const std::string& document, const char* what);
  void sweep(const std::function<bool()>& stopped);
  std::string context_of(const std::string& link) const { return "documents.link:" + link; }
  std::string reveal(const store::LinkRow&) const;
  std::string url_of(const Link&) const;

  db::Database& db_;
  identity::Identity& identity_;
  workspaces::Service& workspaces_;
  Access& access_;
  collab::Contents& contents_;
  const Options options_;
  std::unique_ptr<Doors> doors_;
  std::vector<std::function<void(db::Tx&, const std::string&)>> on_remove_;
  Adopt adopt_;
  std::vector<Listener> listeners_;
  std::function<void(const std::string&, const std::string&)> on_read_;
  std::shared_mutex names_mutex_;
  std::unordered_map<std::string, std::pair<std::string, Micros>> names_;
};

}  // namespace ob::documents
