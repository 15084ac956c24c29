#include "identity/passwords.h"

#include <crypt.h>
#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/ids.h"

namespace ob::identity {
namespace {

constexpr std::size_t kMinCharacters = 10;
constexpr std::size_t kMaxBytes = 72;  // bcrypt ignores what comes after
constexpr unsigned kMostWaiting = 32;  // of a network

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// A setting of a cost that no password meets.
std::string nobody(int cost) {
  return std::string("$2b$") + (cost < 10 ? "0" : "") + std::to_string(cost) + "$" +
         std::string(22, '.');
}

}  // namespace

Passwords::Passwords(int cost, int highest)
    : cost_(cost),
      highest_(std::max(cost, highest)),
      gate_(std::max(2U, std::thread::hardware_concurrency()), kMostWaiting) {}

int Passwords::cost_of(const std::string& hash) {
  if (hash.size() < 7 || !hash.starts_with("$2")) return 0;
  const auto digit = [&](std::size_t i) { return hash[i] >= '0' && hash[i] <= '9'; };
  return digit(4) && digit(5) ? (hash[4] - '0') * 10 + (hash[5] - '0') : 0;
}

bool Passwords::outdated(const std::string& hash) const {
  return cost_of(hash) < cost_;
}

void Passwords::check_usable(const std::string& password) {
  if (password.empty()) throw bad_request("identity.badPassword", "The password is empty.");
  if (password.size() > kMaxBytes) {
    throw bad_request("identity.badPassword", "The password is longer than 72 bytes.");
  }
  if (password.find('\0') != password.npos) {
    throw bad_request("identity.badPassword", "The password has a NUL character.");
  }
}

void Passwords::check(const std::string& password) {
  check_usable(password);
  if (!valid_utf8(password)) {
    throw bad_request("identity.badPassword", "The password is not valid UTF-8.");
  }
  if (characters(password) < kMinCharacters) {
    throw bad_request("identity.badPassword", "The password is shorter than 10 characters.");
  }
}

std::string Passwords::run(const std::string& password, const std::string& setting) {
  auto work = std::make_unique<crypt_data>();
  const char* result = ::crypt_r(password.c_str(), setting.c_str(), work.get());
  if (!result || result[0] == '*') throw internal("bcrypt failed");
  return result;
}

std::string Passwords::hash(const std::string& password, const Line& line) {
  check_usable(password);
  char salt[16];
  if (RAND_bytes(reinterpret_cast<unsigned char*>(salt), sizeof salt) != 1) {
    throw internal("no random bytes");
  }
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (!::crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost_), salt, sizeof salt, setting,
                          sizeof setting)) {
    throw internal("no bcrypt salt");
  }
  const auto turn = gate_.enter(line);
  return run(password, setting);
}

bool Passwords::verify(const std::string& password, const std::string& hash, const Line& line) {
  const bool possible =
      !hash.empty() && password.size() <= kMaxBytes && password.find('\0') == password.npos;
  const auto turn = gate_.enter(line);
  // The same work for what cannot be right, so that time tells nothing; crypt refuses long texts.
  const std::string found =
      run(possible ? password : std::string(), possible ? hash : nobody(highest_));
  if (possible && constant_time_equal(found, hash)) return true;
  // 2^c + 2^c + 2^(c+1) + … + 2^(highest-1) = 2^highest, whatever the cost c of the hash.
  if (possible) {
    for (int cost = cost_of(hash); cost < highest_; ++cost) run({}, nobody(cost));
  }
  return false;
}

}  // namespace ob::identity
