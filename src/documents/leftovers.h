#pragma once
// Objects of documents that are to be removed from the object store: the key of one, or a prefix
// that ends with '/'. What is being written is among them, too, due later, until it is taken from
// there: so a crash leaves nothing for ever.
#include <optional>
#include <string>

#include "db/db.h"
#include "objects/objects.h"

namespace ob::documents::leftovers {

void migrate(db::Database&);
void leave(db::Tx&, const std::string& key, Micros due_at);
void leave_document(db::Tx&, const std::string& document);  // all of a document that is gone
bool taken(db::Tx&, const std::string& key);                // false: it was not there any more
// Removes what is due first. False: nothing is.
bool sweep_one(db::Database&, objects::Store&, Micros now);

}  // namespace ob::documents::leftovers
