#include "db/testing.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace ob::db::testing {
namespace {

namespace fs = std::filesystem;
constexpr const char* kPassword = "a b/c:d@e";  // needs care in a URL
constexpr const char* kEncoded = "a%20b%2Fc%3Ad%40e";

std::string find_binaries() {
  // Debian keeps each version apart and puts none on the path.
  std::string newest;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const auto bin = entry.path() / "bin";
    if (fs::exists(bin / "initdb") && bin.string() > newest) newest = bin.string();
  }
  if (!newest.empty()) return newest;
  std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find(':', at), path.size());
    const auto bin = fs::path(path.substr(at, end - at));
    if (fs::exists(bin / "initdb") && fs::exists(bin / "postgres")) return bin.string();
    at = end + 1;
  }
  throw std::runtime_error("no initdb and postgres: install the package postgresql");
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

// PostgreSQL refuses to run as root.
const passwd* other_user() {
  if (::geteuid() != 0) return nullptr;
  const passwd* user = ::getpwnam("postgres");
  if (!user) user = ::getpwnam("nobody");
  if (!user) throw std::runtime_error("no user to run PostgreSQL as");
  return user;
}

}  // namespace

Postgres::Postgres() : binaries_(find_binaries()), port_(free_port()) {
  char name[] = "/tmp/ob_pg_XXXXXX";
  if (!mkdtemp(name)) throw std::runtime_error("no directory for PostgreSQL");
  directory_ = name;
  std::ofstream(directory_ + "/password") << kPassword;
  fs::create_directory(directory_ + "/data");
  fs::permissions(directory_ + "/data", fs::perms::owner_all);
  if (const auto* user = other_user()) {
    for (const auto* part : {"", "/password", "/data"}) {
      if (::chown((directory_ + part).c_str(), user->pw_uid, user->pw_gid) != 0) {
        throw std::runtime_error("chown failed");
      }
    }
  }
  const pid_t made = spawn("initdb", {"--no-sync", "--auth=scram-sha-256", "--username=admin",
                                      "--pwfile=" + directory_ + "/password", "--encoding=UTF8",
                                      "--locale=C.UTF-8", "--pgdata=" + directory_ + "/data"});
  int status = 0;
  ::waitpid(made, &status, 0);
  if (status != 0) throw std::runtime_error("initdb failed: see " + directory_ + "/log");
  start();
}

Postgres::~Postgres() {
  kill();
  std::error_code none;
  fs::remove_all(directory_, none);
}

pid_t Postgres::spawn(const std::string& program, const std::vector<std::string>& arguments) const {
  const std::string path = binaries_ + "/" + program, log = directory_ + "/log";
  std::vector<const char*> argv{path.c_str()};
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  argv.push_back(nullptr);
  const passwd* user = other_user();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (user && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
               ::setuid(user->pw_uid) != 0)) {
    ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // a test that crashes leaves no server
  const int out = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::chdir(directory_.c_str()) != 0) ::_exit(126);
  ::setenv("TZ", "UTC", 1);
  ::execv(path.c_str(), const_cast<char* const*>(argv.data()));
  ::_exit(127);
}

void Postgres::start() {
  const std::string admin = "postgresql://admin:" + std::string(kEncoded) +
                            "@127.0.0.1:" + std::to_string(port_) + "/postgres?connect_timeout=5";
  for (int attempt = 0; attempt < 20; ++attempt) {
    pid_ = spawn("postgres",
                 {"-D", directory_ + "/data", "-p", std::to_string(port_), "-h", "127.0.0.1", "-c",
                  "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=20", "-c",
                  "shared_buffers=16MB", "-c", "superuser_reserved_connections=3"});
    for (int wait = 0; wait < 600; ++wait) {
      if (PQping(admin.c_str()) == PQPING_OK) return;
      if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
        pid_ = 0;  // it ended by itself: children of a killed one may still be in its way
        break;
      }
      ::usleep(25'000);
    }
    kill();
    ::usleep(100'000);
  }
  throw std::runtime_error("PostgreSQL does not start: see " + directory_ + "/log");
}

void Postgres::kill() {
  if (pid_ <= 0) return;
  // Its children notice, and end; a new server waits for them by itself.
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

std::string Postgres::run(const std::string& url, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                             PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

std::string Postgres::create_database() {
  const std::string server =
      "postgresql://admin:" + std::string(kEncoded) + "@127.0.0.1:" + std::to_string(port_) + "/";
  const std::string name = "test_" + std::to_string(++databases_);
  run(server + "postgres",
      "CREATE DATABASE " + name + " TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'");
  return server + name;
}

Postgres& postgres() {
  static Postgres server;
  return server;
}

bool on_postgres() {
  const char* wanted = std::getenv("OPENBRICKS_TEST_DATABASE");
  return wanted && std::string_view(wanted) == "postgres";
}

std::string url_in(const std::string& directory, const std::string& name) {
  if (!on_postgres()) return "sqlite://" + directory + "/" + name + ".db";
  static std::mutex mutex;
  static std::map<std::string, std::string> urls;
  const std::lock_guard lock(mutex);
  std::string& url = urls[directory + "/" + name];
  if (url.empty()) url = postgres().create_database();
  return url;
}

}  // namespace ob::db::testing
