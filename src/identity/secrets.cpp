#include "identity/secrets.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>

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

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

std::string read_key(const std::string& path) {
  std::ifstream in(path);
  std::string line, key;
  if (!std::getline(in, line)) throw key_error("The master key file cannot be read.", path);
  if (!base64_decode(trimmed(line), key) || key.size() != kKey) {
    throw key_error("The master key file must hold 32 bytes as base64 in one line.", path);
  }
  struct stat info;
  if (::stat(path.c_str(), &info) == 0 && (info.st_mode & 0077) != 0) {
    log::warn("the master key file is readable by others than the server's user");
  }
  return key;
}

void sync_path(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  if (!synced) throw key_error("The master key file cannot be written.", path);
}

// Whole or absent, and never replacing one that is there.
void create_key(const std::string& path) {
  const std::filesystem::path file(path);
  std::filesystem::create_directories(file.parent_path());
  const std::string draft = path + "." + random_token(9);
  const std::string line = base64_encode(random_bytes(kKey)) + "\n";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written = fd >= 0 &&
                       ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  ::unlink(draft.c_str());
  if (!linked) throw key_error("The master key file cannot be written.", path);
  sync_path(file.parent_path().string());
}

}  // namespace

SecretBox::SecretBox(std::string key) : key_(std::move(key)) {
  if (key_.size() != kKey) throw internal("the master key must have 32 bytes");
}

std::string SecretBox::seal(std::string_view secret, std::string_view context) const {
  const std::string nonce = random_bytes(kNonce);
  std::string out(secret.size(), '\0'), tag(kTag, '\0');
  Cipher cipher(EVP_CIPHER_CTX_new());
  int n = 0;
  const bool ok =
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes(std::string_view(key_)),
                         bytes(std::string_view(nonce))) == 1 &&
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
  const auto refused = [] {
    return key_error(
        "The master key does not open the secrets in the database. Put back the master key file "
        "that the database was made with.");
  };
  if (sealed.size() < kNonce + kTag) throw refused();
  const auto body = sealed.substr(kNonce, sealed.size() - kNonce - kTag);
  std::string tag(sealed.substr(sealed.size() - kTag)), out(body.size(), '\0'), rest(kTag, '\0');
  Cipher cipher(EVP_CIPHER_CTX_new());
  int n = 0;
  const bool ok = EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr,
                                     bytes(std::string_view(key_)), bytes(sealed)) == 1 &&
                  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, bytes(tag)) == 1 &&
                  EVP_DecryptUpdate(cipher.get(), nullptr, &n, bytes(context),
                                    static_cast<int>(context.size())) == 1 &&
                  EVP_DecryptUpdate(cipher.get(), bytes(out), &n, bytes(body),
                                    static_cast<int>(body.size())) == 1 &&
                  EVP_DecryptFinal_ex(cipher.get(), bytes(rest), &n) == 1;
  if (!ok) throw refused();
  return out;
}

SecretBox load_master_key(const std::string& data_dir, const std::string& file) {
  if (!file.empty()) return SecretBox(read_key(file));
  const std::string path = data_dir + "/master.key";
  if (!std::filesystem::exists(path)) create_key(path);
  return SecretBox(read_key(path));
}

}  // namespace ob::identity
