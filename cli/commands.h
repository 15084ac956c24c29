#pragma once
// Each file of commands adds its own to the program. `run` is set to what the chosen one does.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace ob::cli {

class Session;

struct Program {
  CLI::App app{"OpenBricks: a lakehouse, apps and documents in one workspace.", "openbricks"};
  std::string url;           // --url; empty: variable, then the last sign-in, then the default
  std::function<int()> run;  // returns the exit status
  CLI::App* add(CLI::App* parent, const std::string& name, const std::string& text,
                const std::string& examples, std::function<int()> run);
};

// -o, --output
void add_output(CLI::App* command, std::string& output);

void add_sign_in_commands(Program& program);
void add_sql_command(Program& program);
void add_table_commands(Program& program);
void add_file_commands(Program& program);
void add_key_commands(Program& program);
void add_storage_credential_commands(Program& program);

}  // namespace ob::cli
