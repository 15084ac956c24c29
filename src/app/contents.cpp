#include "app/contents.h"

#include "base/error.h"
#include "collab/dynamo_place.h"

namespace ob::app {

namespace {

collab::DynamoPlace table_place(const Config& config) {
  auto out =
      collab::parse_dynamo_url(config.text("documents_store"), config.flag("documents_allow_http"));
  out.access_key = config.text("documents_access_key");
  out.secret_key = config.text("documents_secret_key");
  out.session_token = config.text("documents_session_token");
  if (out.access_key.empty() != out.secret_key.empty()) {
    throw bad_request("config.badValue",
                      "Settings 'documents_access_key' and 'documents_secret_key' belong together: "
                      "give both or neither.");
  }
  return out;
}

}  // namespace

std::unique_ptr<collab::Service> open_contents(const Config& config, const Paths& paths,
                                               std::unique_ptr<db::Database>& database) {
  const std::string& sync = config.text("sync");
  if (sync != "second" && sync != "full") {
    throw bad_request("config.badValue",
                      "Setting 'sync' is '" + sync + "' but must be second or full.");
  }
  if (!config.text("documents_store").empty()) return collab::open(table_place(config));
  // Edits come by the hundred a second: with SQLite they have a file of their own.
  const bool sqlite = paths.database_url.starts_with("sqlite:");
  database = db::open(sqlite ? "sqlite://" + paths.data + "/documents.db" : paths.database_url,
                      {.relaxed = sync != "full",
                       .connections = static_cast<int>(config.number("database_connections"))});
  const std::string journal = sqlite ? paths.data : "";
  // What a crash left there while the setting was another one.
  if (sync == "full" && sqlite) collab::open(*database, {.journal = journal})->stop();
  return collab::open(*database, {.journal = sync == "full" ? "" : journal});
}

}  // namespace ob::app
