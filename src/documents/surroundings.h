#pragma once
// What comments, versions, activity and attachments use of the parts around them.
#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <string>

#include "documents/documents.h"
#include "notify/notify.h"

namespace ob::documents {

struct Surroundings {
  db::Database& database;
  identity::Identity& identity;
  // Those of the service: authorises, and tells of documents that go for ever.
  std::function<Document(const Visitor&, const std::string& document, Level)> require;
  std::function<void(std::function<void(db::Tx&, const std::string& document)>)> on_remove;
  // As the service's. May be empty.
  std::function<void(const Visitor&, const std::string& document, std::string_view how)> note_read;
  // To those who are looking, by a topic such as "document:<id>". May be empty.
  std::function<void(const std::string& topic, const boost::json::value&)> publish;
  // Whether a user may see a document, by their own rights or because everybody may.
  std::function<bool(const std::string& user, const std::string& document)> may_see;
};

// Names of people for one answer, each looked up once. Never an address: strangers read comments,
// too.
class Names {
 public:
  explicit Names(identity::Identity& identity) : identity_(identity) {}
  const std::string& of(const std::string& user);

 private:
  identity::Identity& identity_;
  std::map<std::string, std::string> known_;
};

// {"type": …} to "document:<id>".
void tell_document(const Surroundings&, const std::string& document, std::string_view type,
                   const std::string& id);

// Lists of ids in one column.
std::string list_text(const std::vector<std::string>& ids);
std::vector<std::string> list_of(const std::string& text);

}  // namespace ob::documents
