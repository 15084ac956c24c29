#pragma once
// Who the client is when proxies stand before the server: what they say is believed of those that
// the configuration names, and of nobody else.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/net.h"

namespace ob::net {

class Proxies {
 public:
  // Throws ob::Error config.badValue for what is no address or network.
  Proxies(const std::vector<std::string>& networks, bool rfc7239, std::string path_prefix);

  bool trusts(std::string_view address) const;
  // Sets the request's address, security, host and prefix; remote_address and secure hold what the
  // connection itself tells, `trusted` whether its peer is one of ours.
  void apply(Request& request, bool trusted) const;

 private:
  struct Network {
    std::array<std::uint8_t, 16> bytes;  // IPv4 as IPv6
    int bits;
  };
  std::string client_of(const std::string& peer, const std::vector<std::string_view>& hops) const;
  void apply_x_forwarded(Request& request) const;
  void apply_forwarded(Request& request) const;

  std::vector<Network> networks_;
  bool rfc7239_;
  std::string path_prefix_;
};

// The address without port and brackets, in its shortest form; "" when it is none.
std::string plain_address(std::string_view text);

}  // namespace ob::net
