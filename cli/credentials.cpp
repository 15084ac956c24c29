#include "cli/credentials.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace ob::cli {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw Error(0, "cli.file", what + " " + file.string() + ": " + std::strerror(errno) + ".");
}

void make_private_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return;
  fs::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail(folder, "Cannot make");
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

fs::path user_folder(const char* variable, const char* below_home) {
  if (const char* folder = std::getenv(variable); folder != nullptr && *folder == '/')
    return fs::path(folder) / "openbricks";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    const passwd* entry = ::getpwuid(::getuid());
    home = entry != nullptr ? entry->pw_dir : "/";
  }
  return fs::path(home) / below_home / "openbricks";
}

void write_private_file(const fs::path& file, const std::string& content) {
  make_private_folder(file.parent_path());
  const fs::path fresh = file.string() + "." + std::to_string(::getpid());
  const int out = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) fail(fresh, "Cannot write");
  const bool written =
      ::write(out, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  const bool closed = ::close(out) == 0;
  if (!written || !closed || ::rename(fresh.c_str(), file.c_str()) != 0) {
    const int reason = errno;
    ::unlink(fresh.c_str());
    errno = reason;
    fail(file, "Cannot write");
  }
}

fs::path Credentials::default_file() {
  return user_folder("XDG_CONFIG_HOME", ".config") / "credentials.json";
}

Credentials::Credentials(fs::path file) : file_(std::move(file)) {
  make_private_folder(file_.parent_path());
  const fs::path lock = file_.string() + ".lock";
  lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) fail(lock, "Cannot open");
  if (::flock(lock_, LOCK_EX) != 0) {
    ::close(lock_);
    fail(lock, "Cannot lock");
  }
  load();
}

Credentials::~Credentials() {
  ::close(lock_);
}

void Credentials::load() {
  std::ifstream in(file_);
  if (!in) return;
  std::stringstream text;
  text << in.rdbuf();
  boost::system::error_code error;
  const json::value value = json::parse(text.str(), error);
  if (error || !value.is_object())
    throw Error(
        0, "cli.file",
        file_.string() + " is not what `openbricks login` wrote: remove it and sign in again.");
  const json::object& root = value.get_object();
  last_url_ = text_at(root, "last_url");
  const auto* servers = root.if_contains("servers");
  if (servers == nullptr || !servers->is_object()) return;
  for (const auto& [url, entry] : servers->get_object()) {
    if (!entry.is_object()) continue;
    const json::object& from = entry.get_object();
    const auto* expires = from.if_contains("expires_at");
    servers_[std::string(url)] = {
        .email = text_at(from, "email"),
        .access_token = text_at(from, "access_token"),
        .refresh_token = text_at(from, "refresh_token"),
        .expires_at = expires != nullptr && expires->is_int64() ? expires->get_int64() : 0};
  }
}

void Credentials::save() const {
  json::object servers;
  for (const auto& [url, entry] : servers_) {
    servers[url] = {{"email", entry.email},
                    {"access_token", entry.access_token},
                    {"refresh_token", entry.refresh_token},
                    {"expires_at", entry.expires_at}};
  }
  const json::object root{{"last_url", last_url_}, {"servers", std::move(servers)}};
  write_private_file(file_, json::serialize(root) + "\n");
}

std::optional<SignIn> Credentials::find(const std::string& url) const {
  const auto at = servers_.find(url);
  return at == servers_.end() ? std::nullopt : std::optional(at->second);
}

void Credentials::keep(const std::string& url, SignIn sign_in) {
  servers_[url] = std::move(sign_in);
  last_url_ = url;
  save();
}

void Credentials::forget(const std::string& url) {
  servers_.erase(url);
  save();
}

}  // namespace ob::cli
