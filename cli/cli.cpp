#include "cli/cli.h"

#include <clocale>
#include <cstdio>
#include <exception>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/http.h"

namespace ob::cli {
namespace {

constexpr std::string_view examples = R"(Examples:
  openbricks serve --samples
  openbricks login --email admin@localhost
  openbricks sql "select carrier, count(*) from samples.nycflights13.flights group by all"
  openbricks tables create main.default.orders --from orders.csv
  openbricks files put report.pdf /Volumes/main/default/files/

Variables: OPENBRICKS_URL (default http://127.0.0.1:8080), OPENBRICKS_TOKEN (an API key or access token).
Each command explains itself with --help.)";

void report(const Error& error) {
  std::fprintf(stderr, "openbricks: %s\n", error.what());
  for (const auto& problem : error.fields())
    std::fprintf(stderr, "  %s: %s\n", problem.field.c_str(), problem.problem.c_str());
  if (!error.cause().empty()) std::fprintf(stderr, "  (%s)\n", error.cause().c_str());
}

}  // namespace

void add_output(CLI::App* command, std::string& output) {
  command->add_option("-o,--output", output, "table, json or csv.")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
}

CLI::App* Program::add(CLI::App* parent, const std::string& name, const std::string& text,
                       const std::string& command_examples, std::function<int()> action) {
  CLI::App* command = parent->add_subcommand(name, text);
  if (!command_examples.empty()) command->footer("Examples:\n" + command_examples);
  command->callback([this, action = std::move(action)] { run = action; });
  return command;
}

int cli_main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "C.UTF-8");  // for the width of characters
  const auto program = std::make_unique<Program>();
  CLI::App& app = program->app;
  app.footer(std::string(examples));
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--url", program->url, "The server, e.g. http://127.0.0.1:8080.");
  app.add_subcommand("serve", "Start the server (openbricks serve --help).");
  app.add_subcommand("reseal", "Change the server's master key (openbricks reseal --help).");
  add_sign_in_commands(*program);
  add_sql_command(*program);
  add_table_commands(*program);
  add_file_commands(*program);
  add_key_commands(*program);
  add_storage_credential_commands(*program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    catch_interrupts();
    return program->run ? program->run() : 2;
  } catch (const Interrupted&) {
    std::fputs("openbricks: interrupted\n", stderr);
    return 130;
  } catch (const Error& e) {
    report(e);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "openbricks: %s\n", e.what());
  }
  return 1;
}

}  // namespace ob::cli
