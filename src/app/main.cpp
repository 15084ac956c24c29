// `openbricks serve` is the server; every other command is the client.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <string>

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

int serve(int argc, char** argv) {
  CLI::App app("Starts the OpenBricks server.", "openbricks serve");
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
  return ob::app::run_server(ob::Config::load(given, file));
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  if (argc < 2 || std::string_view(argv[1]) != "serve") return ob::cli::cli_main(argc, argv);
  try {
    return serve(argc - 1, argv + 1);
  } catch (const ob::Error& e) {
    std::fprintf(stderr, "openbricks: %s\n", e.what());
    if (!e.cause().empty()) std::fprintf(stderr, "  %s\n", e.cause().c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "openbricks: %s\n", e.what());
  }
  return 1;
}
