#include "base/ids.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "base/time.h"

namespace ob {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void random_bytes(unsigned char* out, std::size_t n) {
  if (RAND_bytes(out, static_cast<int>(n)) != 1) {
    throw std::runtime_error("the system's random number generator failed");
  }
}

std::string encode(std::string_view data, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((data.size() + 2) / 3 * 4);
  unsigned bits = 0;
  int have = 0;
  for (const unsigned char c : data) {
    bits = (bits << 8 | c) & 0xffffff;
    have += 8;
    while (have >= 6) {
      have -= 6;
      out += alphabet[bits >> have & 63];
    }
  }
  if (have > 0) out += alphabet[bits << (6 - have) & 63];
  while (pad && out.size() % 4 != 0) out += '=';
  return out;
}

bool decode(std::string_view text, std::string_view alphabet, bool pad, std::string& out) {
  if (pad) {
    if (text.size() % 4 != 0) return false;
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return false;
  static const auto tables = [] {
    std::array<std::array<signed char, 256>, 2> t;
    for (auto& row : t) row.fill(-1);
    for (int i = 0; i < 64; ++i) {
      t[0][static_cast<unsigned char>(kStandard[i])] = static_cast<signed char>(i);
      t[1][static_cast<unsigned char>(kUrl[i])] = static_cast<signed char>(i);
    }
    return t;
  }();
  const auto& table = tables[alphabet == kUrl];
  out.clear();
  out.reserve(text.size() / 4 * 3 + 2);
  unsigned bits = 0;
  int have = 0;
  for (const unsigned char c : text) {
    const int v = table[c];
    if (v < 0) return false;
    bits = (bits << 6 | static_cast<unsigned>(v)) & 0xffffff;
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>(bits >> have & 0xff);
    }
  }
  return (bits & ((1u << have) - 1)) == 0;
}

}  // namespace

std::string new_uuid() {
  std::array<unsigned char, 16> b;
  random_bytes(b.data() + 6, 10);
  const auto ms = static_cast<std::uint64_t>(now_micros() / 1000);
  for (int i = 0; i < 6; ++i) b[i] = static_cast<unsigned char>(ms >> (40 - 8 * i));
  b[6] = static_cast<unsigned char>((b[6] & 0x0f) | 0x70);
  b[8] = static_cast<unsigned char>((b[8] & 0x3f) | 0x80);
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += hex[b[i] >> 4];
    out += hex[b[i] & 15];
  }
  return out;
}

std::string random_token(std::size_t bytes) {
  std::vector<unsigned char> raw(bytes);
  random_bytes(raw.data(), bytes);
  return base64url_encode({reinterpret_cast<const char*>(raw.data()), bytes});
}

std::string sha256_hex(std::string_view data) {
  std::array<unsigned char, 32> digest;
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : digest) {
    out += hex[c >> 4];
    out += hex[c & 15];
  }
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64_encode(std::string_view data) {
  return encode(data, kStandard, true);
}
std::string base64url_encode(std::string_view data) {
  return encode(data, kUrl, false);
}
bool base64_decode(std::string_view text, std::string& out) {
  return decode(text, kStandard, true, out);
}
bool base64url_decode(std::string_view text, std::string& out) {
  return decode(text, kUrl, false, out);
}

bool valid_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  while (i < text.size()) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const int more = lead >= 0xc2 && lead <= 0xdf   ? 1
                     : (lead & 0xf0) == 0xe0        ? 2
                     : lead >= 0xf0 && lead <= 0xf4 ? 3
                                                    : 0;
    if (more == 0 || i + more >= text.size()) return false;
    const unsigned char second = byte(i + 1);
    // The second byte's range rules out overlong forms, surrogates and code points past U+10FFFF
    // (RFC 3629).
    const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high) return false;
    for (int k = 2; k <= more; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace ob
