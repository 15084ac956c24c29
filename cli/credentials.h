#pragma once
// Where a sign-in is kept between commands: $XDG_CONFIG_HOME/openbricks/credentials.json, mode
// 0600.
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace ob::cli {

struct SignIn {
  std::string email, access_token, refresh_token;
  std::int64_t expires_at = 0;  // seconds since 1970, of the access token
};

// The file, locked against other commands for as long as this lives (a refresh token works only
// once, so two commands must not use the same).
class Credentials {
 public:
  explicit Credentials(std::filesystem::path file = default_file());
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  const std::string& last_url() const { return last_url_; }
  std::optional<SignIn> find(const std::string& url) const;
  // Both write the file at once, as a whole.
  void keep(const std::string& url, SignIn sign_in);
  void forget(const std::string& url);

  static std::filesystem::path default_file();

 private:
  void load();
  void save() const;
  std::filesystem::path file_;
  int lock_ = -1;
  std::string last_url_;
  std::map<std::string, SignIn> servers_;
};

// A file of the user's that only they may read, replaced as a whole. Makes its folder.
void write_private_file(const std::filesystem::path& file, const std::string& content);
std::filesystem::path user_folder(const char* variable, const char* below_home);

}  // namespace ob::cli
