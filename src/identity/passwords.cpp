#include "identity/passwords.h"

#include <crypt.h>
#include <openssl/rand.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/ids.h"

namespace ob::identity {
namespace {

constexpr std::size_t kMinCharacters = 10;
constexpr std::size_t kMaxBytes = 72;  // bcrypt ignores what comes after
constexpr auto kMaxWait = std::chrono::seconds(10);

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

Passwords::Passwords(int cost)
    : cost_(cost), slots_(std::max(2u, std::thread::hardware_concurrency())) {
  nobody_ = std::string("$2b$") + (cost < 10 ? "0" : "") + std::to_string(cost) + "$" +
            std::string(22, '.');
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
  if (!slots_.try_acquire_for(kMaxWait)) {
    throw Error(503, "identity.busy", "Too many sign-ins at once. Try again in a few seconds.");
  }
  auto work = std::make_unique<crypt_data>();
  const char* result = ::crypt_r(password.c_str(), setting.c_str(), work.get());
  slots_.release();
  if (!result || result[0] == '*') throw internal("bcrypt failed");
  return result;
}

std::string Passwords::hash(const std::string& password) {
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
  return run(password, setting);
}

bool Passwords::verify(const std::string& password, const std::string& hash) {
  const bool possible =
      !hash.empty() && password.size() <= kMaxBytes && password.find('\0') == password.npos;
  // The same work for what cannot be right, so that time tells nothing; crypt refuses long texts.
  const std::string found = run(possible ? password : std::string(), possible ? hash : nobody_);
  return possible && constant_time_equal(found, hash);
}

}  // namespace ob::identity
