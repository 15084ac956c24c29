#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/session.h"

namespace ob::cli {
namespace {

std::string read_line() {
  std::string line;
  std::getline(std::cin, line);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string ask_password() {
  if (::isatty(STDIN_FILENO) == 0)
    throw bad_request("cli.noPassword",
                      "There is no terminal to ask for the password: use --password-stdin.");
  std::fputs("Password: ", stderr);
  termios shown{};
  ::tcgetattr(STDIN_FILENO, &shown);
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  std::string password = read_line();
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  std::fputs("\n", stderr);
  return password;
}

struct LoginOptions {
  std::string email;
  bool password_stdin = false;
};

int login(const std::string& url, const LoginOptions& options) {
  const std::string password = options.password_stdin ? read_line() : ask_password();
  if (password.empty()) throw bad_request("cli.noPassword", "No password was given.");
  Session session(url);
  session.sign_in(options.email, password);
  std::fprintf(stderr, "Signed in to %s as %s.\n", session.url().c_str(), options.email.c_str());
  return 0;
}

}  // namespace

void add_sign_in_commands(Program& program) {
  auto options = std::make_shared<LoginOptions>();
  auto* command = program.add(&program.app, "login",
                              "Sign in; later commands use it and renew it by themselves.",
                              "  openbricks login --email admin@localhost\n"
                              "  printf %s \"$PASSWORD\" | openbricks login --email me@example.com "
                              "--password-stdin --url https://bricks.example.com",
                              [&program, options] { return login(program.url, *options); });
  command->add_option("--email", options->email, "Who you are.")->required();
  command->add_flag("--password-stdin", options->password_stdin,
                    "Read the password from the first line of standard input.");

  program.add(&program.app, "logout", "End the sign-in, here and on the server.", "", [&program] {
    Session session(program.url);
    session.sign_out();
    std::fprintf(stderr, "Signed out of %s.\n", session.url().c_str());
    return 0;
  });
}

}  // namespace ob::cli
