#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/session.h"

namespace ob::cli {
namespace json = boost::json;
namespace {

constexpr std::string_view endpoint = "/api/v1/storage-credentials";
constexpr std::size_t most_bytes = 256 * 1024;  // of a file of secrets

struct CredentialOptions {
  std::string name, secrets, service_account, output = "table";
  std::vector<std::string> urls;
};

std::string path_of(const std::string& name) {
  return std::string(endpoint) + "/" + percent_encode(name, false);
}

// The whole of a file, of standard input for "-".
std::string content_of(const std::string& file) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened) throw not_found("cli.noFile", "Cannot read the file '" + file + "'.");
  }
  std::istream& in = file == "-" ? std::cin : opened;
  std::string text(most_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > most_bytes)
    throw bad_request("cli.tooLarge", "The file '" + file + "' is too large for secrets.");
  return text;
}

// Secrets never stand in the arguments, where other users of the machine would see them.
json::object body_of(const CredentialOptions& options) {
  json::object body;
  if (!options.secrets.empty()) {
    boost::system::error_code problem;
    const auto parsed = json::parse(content_of(options.secrets), problem);
    if (problem || !parsed.is_object())
      throw bad_request("cli.badSecrets",
                        "The secrets must be a JSON object, such as {\"access_key\": \"…\", "
                        "\"secret_key\": \"…\"}.");
    body = parsed.get_object();
  }
  if (!options.service_account.empty())
    body["service_account"] = content_of(options.service_account);
  if (!options.urls.empty()) body["urls"] = json::value_from(options.urls);
  return body;
}

int create(const std::string& url, const CredentialOptions& options) {
  json::object body = body_of(options);
  body["name"] = options.name;
  Session(url).call("POST", std::string(endpoint), body);
  std::cerr << "Created the storage credential " << options.name << ".\n";
  return 0;
}

int change(const std::string& url, const CredentialOptions& options) {
  const json::object body = body_of(options);
  if (body.empty())
    throw bad_request("cli.nothingToChange",
                      "Say what to change: --url-prefix, --secrets or --service-account.");
  Session(url).call("PATCH", path_of(options.name), body);
  std::cerr << "Changed the storage credential " << options.name << ".\n";
  return 0;
}

int list(const std::string& url, const CredentialOptions& options) {
  const auto answer = Session(url).call("GET", std::string(endpoint));
  const auto& items = answer.at("items").as_array();
  write_objects(parse_format(options.output), {items.begin(), items.end()},
                {"name", "urls", "owner", "created_at"});
  return 0;
}

int test(const std::string& url, const CredentialOptions& options) {
  const auto answer = Session(url).call("POST", path_of(options.name) + "/test");
  const auto& items = answer.at("items").as_array();
  write_objects(parse_format(options.output), {items.begin(), items.end()},
                {"url", "works", "detail"});
  const bool works = std::ranges::all_of(
      items, [](const json::value& item) { return item.at("works").as_bool(); });
  return works ? 0 : 1;
}

int remove(const std::string& url, const CredentialOptions& options) {
  Session(url).call("DELETE", path_of(options.name));
  std::cerr << "Deleted the storage credential " << options.name << ".\n";
  return 0;
}

void add_name(CLI::App* command, CredentialOptions& options) {
  command->add_option("name", options.name, "Its name.")->required();
}

CLI::Option* add_urls(CLI::App* command, CredentialOptions& options) {
  return command->add_option("--url-prefix", options.urls,
                             "Where tables may live, e.g. s3://bucket/prefix?region=eu-west-1; may "
                             "be given several times.");
}

void add_secrets(CLI::App* command, CredentialOptions& options) {
  command->add_option("--secrets", options.secrets,
                      "A file with a JSON object of them (access_key, secret_key, session_token; "
                      "account_key, sas_token, tenant_id, client_id, client_secret); - for "
                      "standard input.");
  command->add_option("--service-account", options.service_account,
                      "Google Cloud: the account's key file; - for standard input.");
}

}  // namespace

void add_storage_credential_commands(Program& program) {
  auto* group = program.app.add_subcommand(
      "storage-credentials", "Where in the cloud external tables may live (administrators).");
  group->require_subcommand(1);
  auto options = std::make_shared<CredentialOptions>();
  const auto add = [&](const char* name, const char* text, const char* examples, auto action) {
    return program.add(group, name, text, examples,
                       [&program, options, action] { return action(program.url, *options); });
  };

  add_output(add("list", "List them, without their secrets.", "", list), options->output);

  auto* made = add("create", "Make one; the stores are asked first.",
                   "  openbricks storage-credentials create lake --url-prefix "
                   "'s3://lake/tables?region=eu-west-1' --secrets keys.json",
                   create);
  add_name(made, *options);
  add_urls(made, *options)->required();
  add_secrets(made, *options);

  auto* changed =
      add("change", "Change its URLs, its secrets or both; the stores are asked first.",
          "  vault read … | openbricks storage-credentials change lake --secrets -", change);
  add_name(changed, *options);
  add_urls(changed, *options);
  add_secrets(changed, *options);

  auto* tested =
      add("test", "Ask its stores; the exit status is not 0 when one refuses.", "", test);
  add_name(tested, *options);
  add_output(tested, options->output);

  add_name(add("delete", "Delete one that no table uses.", "", remove), *options);
}

}  // namespace ob::cli
