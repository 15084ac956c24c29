#include "identity/secrets.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>

#include "base/ascii.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"

namespace ob::identity {
namespace {

constexpr std::size_t kKey = 32, kNonce = 12, kTag = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* c) const { EVP_CIPHER_CTX_free(c); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::string random_bytes(std::size_t n) {
  std::string out(n, '\0');
  if (RAND_bytes(bytes(out), static_cast<int>(n)) != 1) throw internal("no random bytes");
  return out;
}

Error key_error(const std::string& what, std::string cause = {}) {
  return {500, "identity.masterKey", what, std::move(cause)};
}

constexpr std::string_view kBlanks = " \r\n";
constexpr std::size_t kMostKeys = 8;

std::string decoded(const std::string& line, const std::string& where) {
  std::string key;
  if (!base64_decode(ascii::trimmed(line, kBlanks), key) || key.size() != kKey) {
    throw key_error(where + " must hold 32 bytes as base64 (and older keys, each by itself).");
  }
  return key;
}

// The lines of a file, or the parts of a value between commas.
std::vector<std::string> parse_keys(const std::string& text, char between,
                                    const std::string& where) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line, between);) {
    if (!ascii::trimmed(line, kBlanks).empty()) out.push_back(decoded(line, where));
  }
  if (out.empty() || out.size() > kMostKeys) {
    throw key_error(where + " must hold one key, and at most " + std::to_string(kMostKeys) +
                    " while it changes.");
  }
  return out;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw key_error("The master key file cannot be read.", path);
  return std::move(text).str();
}

std::vector<std::string> read_keys(const std::string& path) {
  auto keys = parse_keys(read_file(path), '\n', "The master key file");
  struct stat info;
  if (::stat(path.c_str(), &info) == 0 && (info.st_mode & 0077) != 0) {
    log::warn("the master key file is readable by others than the server's user");
  }
  return keys;
}

void sync_path(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced) throw key_error("The master key file cannot be written.", path);
}

std::string new_line() {
  return base64_encode(random_bytes(kKey)) + "\n";
}

// Beside the file, whole and on the disk. Returns its path.
std::string write_draft(const std::string& path, const std::string& text) {
  const std::string draft = path + "." + random_token(9);
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = fd >= 0 &&
                       ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (written) return draft;
  ::unlink(draft.c_str());
  throw key_error("The master key file cannot be written.", path);
}

// Whole or absent, and never replacing one that is there.
void create_key(const std::string& path) {
  const std::filesystem::path file(path);
  std::filesystem::create_directories(file.parent_path());
  const std::string draft = write_draft(path, new_line());
  const bool linked = ::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
  ::unlink(draft.c_str());
  if (!linked) throw key_error("The master key file cannot be written.", path);
  sync_path(file.parent_path().string());
}

std::string path_of(const std::string& data_dir, const std::string& file) {
  return file.empty() ? data_dir + "/master.key" : file;
}

// nullopt when the key or the context is another.
std::optional<std::string> try_open(const std::string& key, std::string_view sealed,
                                    std::string_view context) {
  if (sealed.size() < kNonce + kTag) return std::nullopt;
  const auto body = sealed.substr(kNonce, sealed.size() - kNonce - kTag);
  std::string tag(sealed.substr(sealed.size() - kTag)), out(body.size(), '\0'), rest(kTag, '\0');
  Cipher cipher(EVP_CIPHER_CTX_new());
  int n = 0;
  const bool ok = EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr,
                                     bytes(std::string_view(key)), bytes(sealed)) == 1 &&
                  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes(tag)) == 1 &&
                  EVP_DecryptUpdate(cipher.get(), nullptr, &n, bytes(context),
                                    static_cast<int>(context.size())) == 1 &&
                  EVP_DecryptUpdate(cipher.get(), bytes(out), &n, bytes(body),
                                    static_cast<int>(body.size())) == 1 &&
                  EVP_DecryptFinal_ex(cipher.get(), bytes(rest), &n) == 1;
  if (!ok) return std::nullopt;
  return out;
}

}  // namespace

SecretBox::SecretBox(std::vector<std::string> keys) : keys_(std::move(keys)) {
  const auto wrong = [](const std::string& key) { return key.size() != kKey; };
  if (keys_.empty() || std::ranges::any_of(keys_, wrong)) {
    throw internal("a master key must have 32 bytes");
  }
}

std::string SecretBox::seal(std::string_view secret, std::string_view context) const {
  const std::string nonce = random_bytes(kNonce);
  std::string out(secret.size(), '\0'), tag(kTag, '\0');
  Cipher cipher(EVP_CIPHER_CTX_new());
  int n = 0;
  const bool ok =
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr,
                         bytes(std::string_view(keys_[0])), bytes(std::string_view(nonce))) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &n, bytes(context),
                        static_cast<int>(context.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), bytes(out), &n, bytes(secret),
                        static_cast<int>(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), bytes(tag), &n) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, bytes(tag)) == 1;
  if (!ok) throw internal("AES-256-GCM failed");
  return nonce + out + tag;
}

std::string SecretBox::open(std::string_view sealed, std::string_view context) const {
  for (const std::string& key : keys_) {
    if (auto out = try_open(key, sealed, context)) return std::move(*out);
  }
  throw key_error(
      "The master key does not open the secrets in the database. Put back the master key that the "
      "database was made with.");
}

bool SecretBox::is_current(std::string_view sealed, std::string_view context) const {
  return try_open(keys_[0], sealed, context).has_value();
}

SecretBox load_master_key(const std::string& data_dir, const std::string& file,
                          const std::string& value) {
  if (!value.empty() && !file.empty()) {
    throw key_error("Give the master key by master_key or by master_key_file, not by both.");
  }
  if (!value.empty()) return SecretBox(parse_keys(value, ',', "The setting 'master_key'"));
  const std::string path = path_of(data_dir, file);
  if (file.empty() && !std::filesystem::exists(path)) create_key(path);
  return SecretBox(read_keys(path));
}

std::string add_master_key(const std::string& data_dir, const std::string& file) {
  const std::string path = path_of(data_dir, file);
  const std::string draft = write_draft(path, new_line() + read_file(path));
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    ::unlink(draft.c_str());
    throw key_error("The master key file cannot be written.", path);
  }
  sync_path(std::filesystem::path(path).parent_path().string());
  return path;
}

}  // namespace ob::identity
