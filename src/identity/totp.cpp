#include "identity/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "base/error.h"
#include "base/ids.h"
#include "net/net.h"

namespace ob::identity::totp {
namespace {

constexpr Micros kStep = 30'000'000;
constexpr std::size_t kSecret = 20, kDigits = 6, kRecoveryLength = 10;

std::string random_bytes(std::size_t n) {
  std::string out(n, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(n)) != 1) {
    throw internal("no random bytes");
  }
  return out;
}

}  // namespace

std::string new_secret() {
  return random_bytes(kSecret);
}

std::string base32(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = (held << 8 | static_cast<unsigned char>(c)) & 0xFFFF;
    for (bits += 8; bits >= 5; bits -= 5) out += kAlphabet[(held >> (bits - 5)) & 31];
  }
  if (bits > 0) out += kAlphabet[(held << (5 - bits)) & 31];
  return out;
}

std::int64_t step_of(Micros time) {
  return time / kStep;
}

std::string code_at(std::string_view secret, std::int64_t step) {
  unsigned char counter[8];
  for (int i = 0; i < 8; ++i) counter[i] = static_cast<unsigned char>(step >> (56 - 8 * i));
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter, sizeof counter,
            mac, &size)) {
    throw internal("HMAC failed");
  }
  const unsigned at = mac[size - 1] & 15;
  const std::uint32_t value = (mac[at] & 0x7FU) << 24 |
                              static_cast<std::uint32_t>(mac[at + 1]) << 16 |
                              static_cast<std::uint32_t>(mac[at + 2]) << 8 | mac[at + 3];
  const std::string digits = std::to_string(value % 1'000'000);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::optional<std::int64_t> match(std::string_view secret, std::string_view code, Micros now,
                                  std::int64_t last_step) {
  std::optional<std::int64_t> found;
  for (std::int64_t step = step_of(now) - 1; step <= step_of(now) + 1; ++step) {
    if (constant_time_equal(code_at(secret, step), code) && step > last_step) found = step;
  }
  return found;
}

std::string url(std::string_view secret, std::string_view account) {
  return "otpauth://totp/OpenBricks:" + net::percent_encode(account) + "?secret=" + base32(secret) +
         "&issuer=OpenBricks&algorithm=SHA1&digits=6&period=30";
}

std::vector<std::string> new_recovery_codes(std::size_t count) {
  constexpr std::string_view kAlphabet = "abcdefghjkmnpqrstuvwxyz023456789";
  static_assert(kAlphabet.size() == 32);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    std::string code;
    for (const char c : random_bytes(kRecoveryLength)) {
      if (code.size() == kRecoveryLength / 2) code += '-';
      code += kAlphabet[static_cast<unsigned char>(c) & 31];
    }
    out.push_back(code);
  }
  return out;
}

std::string plain(std::string_view code) {
  std::string out;
  for (char c : code) {
    if (c == ' ' || c == '-') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

}  // namespace ob::identity::totp
