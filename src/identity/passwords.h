#pragma once
#include <string>

#include "identity/gate.h"

namespace ob::identity {

// bcrypt ($2b$). Each call takes some 0.2 s of a core at cost 12, so few run at once.
class Passwords {
 public:
  // highest: the highest cost of a hash that is stored; a wrong password takes as long for each
  // account as for none, also where hashes of several costs are stored.
  explicit Passwords(int cost, int highest = 0);
  // Throws ob::Error 400 naming the rule that the password breaks.
  static void check(const std::string& password);  // chosen by a person
  static void check_usable(
      const std::string& password);  // from the configuration: any bcrypt takes
  std::string hash(const std::string& password, const Line& line = {});
  // With an empty hash (no such account) it takes as long and gives false.
  bool verify(const std::string& password, const std::string& hash, const Line& line = {});
  // Whether the hash was made with a lower cost than new ones are.
  bool outdated(const std::string& hash) const;
  static int cost_of(const std::string& hash);  // 0 when it is none of bcrypt's

 private:
  static std::string run(const std::string& password, const std::string& setting);
  int cost_, highest_;
  Gate gate_;
};

}  // namespace ob::identity
