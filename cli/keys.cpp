#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/session.h"

namespace ob::cli {
namespace json = boost::json;
namespace {

struct KeyOptions {
  std::string name, expires_in, output = "table";
  std::vector<std::string> scopes;
};

int create(const std::string& url, const KeyOptions& options) {
  json::object body{{"name", options.name}};
  if (!options.expires_in.empty()) {
    body["expires_at"] =
        format_instant(now_micros() + parse_duration(options.expires_in) * 1'000'000);
  }
  if (!options.scopes.empty()) body["scopes"] = json::value_from(options.scopes);
  const json::value made = Session(url).call("POST", "/api/v1/keys", body);
  if (parse_format(options.output) == Format::json) {
    std::cout << json::serialize(made) << '\n';
  } else {
    std::cout << std::string_view(made.at("key").as_string()) << '\n';
    std::cerr << "Keep this key: it is not shown again.\n";
  }
  return 0;
}

int list(const std::string& url, const KeyOptions& options) {
  write_objects(parse_format(options.output), Session(url).list("/api/v1/keys"),
                {"id", "name", "prefix", "created_at", "expires_at", "last_used_at", "scopes"});
  return 0;
}

int remove(const std::string& url, const KeyOptions& options) {
  Session session(url);
  std::string id;
  for (const auto& key : session.list("/api/v1/keys")) {
    const bool same_name = key.at("name").as_string() == options.name;
    if (key.at("id").as_string() != options.name && !same_name) continue;
    if (!id.empty())
      throw conflict("cli.ambiguous", "Several keys are named '" + options.name +
                                          "': give the id (openbricks keys list).");
    id = key.at("id").as_string();
  }
  if (id.empty()) throw not_found("cli.noKey", "There is no key '" + options.name + "'.");
  session.call("DELETE", "/api/v1/keys/" + percent_encode(id, false));
  std::cerr << "Deleted the key " << options.name << ".\n";
  return 0;
}

}  // namespace

void add_key_commands(Program& program) {
  auto* keys = program.app.add_subcommand("keys", "API keys for programs.");
  keys->require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();

  auto* made = program.add(keys, "create", "Make a key; it is printed once.",
                           "  openbricks keys create nightly-load --expires-in 90d\n"
                           "  export OPENBRICKS_TOKEN=$(openbricks keys create laptop)",
                           [&program, options] { return create(program.url, *options); });
  made->add_option("name", options->name, "What it is for.")->required();
  made->add_option("--expires-in", options->expires_in, "90d, 12h, 30m; without it, never.");
  made->add_option("--scope", options->scopes,
                   "What it is limited to, e.g. sql:read; may be given several times. Without it, "
                   "all that you may do.");
  add_output(made, options->output);

  auto* listed = program.add(keys, "list", "List your keys.", "",
                             [&program, options] { return list(program.url, *options); });
  add_output(listed, options->output);

  auto* removed = program.add(keys, "delete", "Delete a key by its name or id.",
                              "  openbricks keys delete nightly-load",
                              [&program, options] { return remove(program.url, *options); });
  removed->add_option("key", options->name, "Name or id.")->required();
}

}  // namespace ob::cli
