#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ob::identity {

// Encrypts small secrets at rest with AES-256-GCM under the master key. While the key changes there
// are several: the first seals, all of them open.
class SecretBox {
 public:
  // 32 bytes each.
  explicit SecretBox(std::string key) : SecretBox(std::vector<std::string>{std::move(key)}) {}
  explicit SecretBox(std::vector<std::string> keys);
  // `context` says what the secret is; it must be the same to open it.
  std::string seal(std::string_view secret, std::string_view context) const;
  // Throws ob::Error identity.masterKey when the keys or the context are others.
  std::string open(std::string_view sealed, std::string_view context) const;
  // Whether the first key opens it.
  bool is_current(std::string_view sealed, std::string_view context) const;
  std::size_t keys() const { return keys_.size(); }

 private:
  std::vector<std::string> keys_;
};

// `value`: keys as base64, separated by commas. Without it they are read from `file`, or from
// data_dir/master.key when that is empty too (made on first use, mode 0600): 32 bytes as base64 in
// a line, the first one the newest. Throws ob::Error.
SecretBox load_master_key(const std::string& data_dir, const std::string& file,
                          const std::string& value = {});

// Puts a new key before those of the file. Returns the file.
std::string add_master_key(const std::string& data_dir, const std::string& file);

}  // namespace ob::identity
