#include <fcntl.h>
#include <spawn.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
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

// Opens the page where there is a desktop; the address is shown in any case.
void open_page(const std::string& page) {
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) return;
  std::string program = "xdg-open", address = page;
  char* arguments[] = {program.data(), address.data(), nullptr};
  posix_spawn_file_actions_t quiet;
  ::posix_spawn_file_actions_init(&quiet);
  ::posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  // Not waited for: some stay until the browser is closed. The address stands there anyway.
  ::posix_spawnp(&child, program.c_str(), &quiet, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&quiet);
}

int login_by_page(const std::string& url) {
  Session session(url);
  const std::string email = session.sign_in_by_page([](const std::string& page,
                                                       const std::string& code) {
    std::fprintf(stderr, "Open this page, check that it shows the code %s, and approve it:\n  %s\n",
                 code.c_str(), page.c_str());
    open_page(page);
  });
  std::fprintf(stderr, "Signed in to %s as %s.\n", session.url().c_str(), email.c_str());
  return 0;
}

int login(const std::string& url, const LoginOptions& options) {
  if (options.email.empty()) return login_by_page(url);
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
                              "  openbricks login\n"
                              "  openbricks login --email admin@localhost\n"
                              "  printf %s \"$PASSWORD\" | openbricks login --email me@example.com "
                              "--password-stdin --url https://bricks.example.com",
                              [&program, options] { return login(program.url, *options); });
  auto* email = command->add_option(
      "--email", options->email,
      "Sign in with this email and a password; without it, through the browser.");
  command
      ->add_flag("--password-stdin", options->password_stdin,
                 "Read the password from the first line of standard input.")
      ->needs(email);

  program.add(&program.app, "logout", "End the sign-in, here and on the server.", "", [&program] {
    Session session(program.url);
    session.sign_out();
    std::fprintf(stderr, "Signed out of %s.\n", session.url().c_str());
    return 0;
  });
}

}  // namespace ob::cli
