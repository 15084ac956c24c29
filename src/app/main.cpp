// `openbricks serve` is the server, `openbricks reseal` changes its master key; every other command
// is the client.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "app/reseal.h"
#include "app/server.h"
#include "base/config.h"
#include "base/error.h"
#include "cli/cli.h"

namespace {

std::string flag_name(std::string_view key) {
  std::string name = "--" + std::string(key);
  for (char& c : name) {
    if (c == '_') c = '-';
  }
  return name;
}

// `serve` and `reseal` take the same settings.
int run(bool reseal, int argc, char** argv) {
  CLI::App app(reseal ? "Seals the stored secrets anew under the newest master key."
                      : "Starts the OpenBricks server.",
               reseal ? "openbricks reseal" : "openbricks serve");
  bool new_key = false;
  if (reseal) {
    app.add_flag("--new-key", new_key,
                 "Makes a new key first, in the master key file; the server must be stopped.");
  }
  std::map<std::string, std::string> given;
  std::string file;
  app.add_option("--config", file, "TOML file with any of the settings below.");
  std::map<std::string, std::string> texts;
  std::map<std::string, bool> flags;
  std::vector<std::pair<std::string, CLI::Option*>> options;
  for (const auto& setting : ob::settings()) {
    const std::string key(setting.key);
    std::string help(setting.text);
    if (!setting.fallback.empty()) help += " [" + std::string(setting.fallback) + "]";
    options.emplace_back(key, setting.kind == ob::Setting::Kind::flag
                                  ? app.add_flag(flag_name(key), flags[key], help)
                                  : app.add_option(flag_name(key), texts[key], help));
  }
  app.footer(
      "Each setting can also come from a variable: --admin-email from OPENBRICKS_ADMIN_EMAIL.");
  CLI11_PARSE(app, argc, argv);
  for (const auto& [key, option] : options) {
    if (option->count() == 0) continue;
    given[key] = flags.contains(key) ? (flags[key] ? "true" : "false") : texts[key];
  }
  const auto config = ob::Config::load(given, file);
  return reseal ? ob::app::run_reseal(config, new_key) : ob::app::run_server(config);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string_view command = argc < 2 ? "" : argv[1];
  if (command != "serve" && command != "reseal") return ob::cli::cli_main(argc, argv);
  try {
    return run(command == "reseal", argc - 1, argv + 1);
  } catch (const ob::Error& e) {
    std::fprintf(stderr, "openbricks: %s\n", e.what());
    if (!e.cause().empty()) std::fprintf(stderr, "  %s\n", e.cause().c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "openbricks: %s\n", e.what());
  }
  return 1;
}
