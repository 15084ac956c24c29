#pragma once
#include <map>
#include <string>

#include "catalog/catalog.h"

namespace ob::catalog {

// Names of owners for one answer: each is looked up once.
class Owners {
 public:
  explicit Owners(Service& service) : service_(service) {}
  const std::string& name(const std::string& user_id) {
    const auto found = names_.find(user_id);
    if (found != names_.end()) return found->second;
    return names_[user_id] = service_.owner_name(user_id);
  }

 private:
  Service& service_;
  std::map<std::string, std::string> names_;
};

}  // namespace ob::catalog
