#include "gateway/redirect.h"

#include "base/error.h"
#include "base/ids.h"

namespace ob::gateway {

namespace asio = boost::asio;

namespace {

constexpr int kHttpsPort = 443;

// "https://host" of "https://host/path"; the path is the request's own.
std::string origin_of(const std::string& url) {
  return url.substr(0, url.find('/', url.find("//") + 2));
}

std::string without_port(const std::string& host) {
  const std::size_t colon = host.rfind(':');
  const bool port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
  return port ? host.substr(0, colon) : host;
}

}  // namespace

net::Response to_https(const net::Request& request, const std::string& public_url, int port) {
  std::string target;
  if (public_url.starts_with("https://")) {
    target = origin_of(public_url);
  } else if (!request.host.empty()) {
    target = "https://" + without_port(request.host);
    if (port != kHttpsPort) target += ":" + std::to_string(port);
  } else {
    throw bad_request("request.noHost", "This server is reached by https, and needs a Host.");
  }
  target += request.prefix + request.path;
  if (!request.query.empty()) target += "?" + request.query;
  // 308 keeps the method and the body.
  return {308, {{"Location", target}, {"Cache-Control", "no-store"}}, {}};
}

net::Server::Handler redirect_handler(std::string public_url, int port) {
  return [public_url = std::move(public_url), port](net::Exchange& exchange) {
    return exchange.respond(to_https(exchange.request(), public_url, port));
  };
}

}  // namespace ob::gateway
