#include "documents/audited.h"

#include "documents/levels.h"

namespace ob::documents {
namespace {

constexpr std::string_view kLive = "live";  // as src/app tells it of sockets

void describe(audit::Event& event, const Link& link) {
  event.details["link"] = link.id;
  event.details["level"] = link_text(link.level);
  event.details["password"] = link.has_password;
  if (link.expires_at) event.details["expires_at"] = format_instant(*link.expires_at);
}

}  // namespace

audit::Event AuditedDocuments::event_of(const Visitor& visitor, const char* action,
                                        const std::string& id) {
  return audit::event_of(visitor.caller, action, {"document", id, title_of(visitor, id)});
}

Document AuditedDocuments::create(const Caller& caller, const NewDocument& fresh) {
  return audit::act(audit_, audit::event_of(caller, "document.create", {"document", "", ""}),
                    [&](audit::Event& event) {
                      if (!fresh.template_id.empty()) event.details["template"] = fresh.template_id;
                      Document out = DocumentService::create(caller, fresh);
                      event.object.id = out.id, event.object.name = out.title;
                      return out;
                    });
}

Document AuditedDocuments::duplicate(const Visitor& visitor, const std::string& id,
                                     const NewDocument& fresh) {
  auto before = event_of(visitor, "document.create", id);
  before.details["copy_of"] = id;
  return audit::act(audit_, std::move(before), [&](audit::Event& event) {
    Document out = DocumentService::duplicate(visitor, id, fresh);
    event.object.id = out.id, event.object.name = out.title;
    return out;
  });
}

Document AuditedDocuments::change(const Visitor& visitor, const std::string& id,
                                  const Change& change) {
  // Of a star the request's own entry says enough.
  if (!change.title && !change.link_access) return DocumentService::change(visitor, id, change);
  auto event = event_of(visitor, change.link_access ? "document.share" : "document.rename", id);
  if (change.title) event.details["title"] = *change.title;
  if (change.link_access && *change.link_access != Level::owner)
    event.details["link_access"] = link_text(*change.link_access);
  return audit::act(audit_, std::move(event),
                    [&](audit::Event&) { return DocumentService::change(visitor, id, change); });
}

void AuditedDocuments::trash(const Caller& caller, const std::string& id) {
  audit::act(audit_, event_of({caller, ""}, "document.trash", id),
             [&](audit::Event&) { DocumentService::trash(caller, id); });
}

Document AuditedDocuments::restore(const Caller& caller, const std::string& id) {
  return audit::act(audit_, event_of({caller, ""}, "document.restore", id),
                    [&](audit::Event&) { return DocumentService::restore(caller, id); });
}

void AuditedDocuments::remove(const Caller& caller, const std::string& id) {
  audit::act(audit_, event_of({caller, ""}, "document.remove", id),
             [&](audit::Event&) { DocumentService::remove(caller, id); });
}

void AuditedDocuments::note_read(const Visitor& visitor, const std::string& id,
                                 std::string_view how) {
  if (how == kLive && lately_live(visitor.caller, id)) return;
  // Whoever reads was let in, by a share link that the visitor may no longer name.
  auto event = audit::event_of(visitor.caller, "document.read", {"document", id, title_of(id)});
  if (!how.empty()) event.details["how"] = how;
  audit_.record(std::move(event));
  DocumentService::note_read(visitor, id, how);
}

// A connection that breaks is made anew, and one socket may open a document any number of times: an
// entry every ten minutes says as much.
bool AuditedDocuments::lately_live(const Caller& caller, const std::string& id) {
  constexpr Micros kApart = 600'000'000;
  constexpr std::size_t kMostKept = 20'000;
  const Micros now = now_micros();
  const std::lock_guard lock(mutex_);
  if (live_.size() > kMostKept) live_.clear();
  Micros& last = live_[{id, caller.user_id.empty() ? caller.address : caller.user_id}];
  if (now - last < kApart) return true;
  last = now;
  return false;
}

void AuditedDocuments::set_content(const Visitor& visitor, const std::string& id,
                                   const std::string& delta) {
  audit::act(audit_, event_of(visitor, "document.replaceContent", id),
             [&](audit::Event&) { DocumentService::set_content(visitor, id, delta); });
}

Link AuditedDocuments::create_link(const Caller& caller, const std::string& document,
                                   const NewLink& fresh) {
  return audit::act(audit_, event_of({caller, ""}, "document.createLink", document),
                    [&](audit::Event& event) {
                      Link out = DocumentService::create_link(caller, document, fresh);
                      describe(event, out);
                      return out;
                    });
}

void AuditedDocuments::remove_link(const Caller& caller, const std::string& document,
                                   const std::string& id) {
  auto event = event_of({caller, ""}, "document.removeLink", document);
  event.details["link"] = id;
  audit::act(audit_, std::move(event),
             [&](audit::Event&) { DocumentService::remove_link(caller, document, id); });
}

Opened AuditedDocuments::open_link(const Caller& caller, const std::string& token,
                                   const std::string& password) {
  return audit::act(
      audit_, audit::event_of(caller, "document.openLink", {"document", "", ""}),
      [&](audit::Event& event) {
        Opened out = DocumentService::open_link(caller, token, password);
        event.object.id = out.document.id, event.object.name = out.document.title;
        return out;
      },
      audit::Kind::read);
}

}  // namespace ob::documents
