#pragma once
#include <string>
#include <string_view>

namespace ob::identity {

// Encrypts small secrets at rest with AES-256-GCM under the master key.
class SecretBox {
 public:
  // 32 bytes.
  explicit SecretBox(std::string key);
  // `context` says what the secret is; it must be the same to open it.
  std::string seal(std::string_view secret, std::string_view context) const;
  // Throws ob::Error identity.masterKey when the key or the context is another.
  std::string open(std::string_view sealed, std::string_view context) const;

 private:
  std::string key_;
};

// Reads the key from `file`, or from data_dir/master.key when it is empty (made on first use, mode
// 0600). The file holds 32 bytes as base64 in one line.
SecretBox load_master_key(const std::string& data_dir, const std::string& file);

}  // namespace ob::identity
