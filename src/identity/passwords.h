#pragma once
#include <semaphore>
#include <string>

namespace ob::identity {

// bcrypt ($2b$). Each call takes some 0.2 s of a core at cost 12, so few run at once.
class Passwords {
 public:
  explicit Passwords(int cost);
  // Throws ob::Error 400 naming the rule that the password breaks.
  static void check(const std::string& password);  // chosen by a person
  static void check_usable(
      const std::string& password);  // from the configuration: any bcrypt takes
  std::string hash(const std::string& password);
  // With an empty hash (no such account) it takes as long and gives false.
  bool verify(const std::string& password, const std::string& hash);

 private:
  std::string run(const std::string& password, const std::string& setting);
  int cost_;
  std::string nobody_;  // a setting of the same cost that no password meets
  std::counting_semaphore<> slots_;
};

}  // namespace ob::identity
