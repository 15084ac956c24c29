#pragma once
// Headers that the configuration sets on every answer, or takes off.
#include <string>
#include <vector>

#include "net/net.h"

namespace ob::gateway {

class HeaderRules {
 public:
  HeaderRules() = default;
  // Lines "Name: value" set a header and "-Name" takes it off. Throws ob::Error config.badValue.
  explicit HeaderRules(const std::string& lines);
  void apply(net::Headers& headers) const;

 private:
  net::Headers set_;
  std::vector<std::string> off_;
};

}  // namespace ob::gateway
