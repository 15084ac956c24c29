#pragma once
// Where contents of documents are kept, by the settings.
#include "app/parts.h"

namespace ob::app {

// `database`: a file of its own beside SQLite, the metadata's with PostgreSQL; stays null with
// DynamoDB. It has to outlive the service.
std::unique_ptr<collab::Service> open_contents(const Config& config, const Paths& paths,
                                               std::unique_ptr<db::Database>& database);

}  // namespace ob::app
