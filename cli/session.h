#pragma once
// One server and who we are there: adds the token to each request, renews it, and turns error
// answers into ob::Error.
#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/credentials.h"
#include "cli/http.h"

namespace ob::cli {

class Session {
 public:
  // url: empty takes OPENBRICKS_URL, then that of the last sign-in, then http://127.0.0.1:8080.
  explicit Session(const std::string& url);

  // Sends with the token; throws ob::Error with the server's id and text for all but 2xx.
  HttpResponse send(HttpRequest request);
  // JSON in and out; null for an empty answer.
  boost::json::value call(const std::string& method, const std::string& path,
                          std::optional<boost::json::value> body = std::nullopt);
  // All items of a list, page by page, at most `limit` (0: all).
  std::vector<boost::json::value> list(const std::string& path, std::size_t limit = 0);

  void sign_in(const std::string& email, const std::string& password);
  // Through the browser: `show` gets the page's address and the code; returns once the person has
  // approved it, with their email. Throws when they refuse, or after ten minutes.
  std::string sign_in_by_page(
      const std::function<void(const std::string& page, const std::string& code)>& show);
  void sign_out();
  const std::string& url() const { return http_.url(); }

 private:
  std::string token();
  // Exchanges the refresh token; false when there is none. Throws when the server refuses it.
  bool renew(const std::string& stale_access_token);
  Http http_;
  std::string fixed_token_;  // OPENBRICKS_TOKEN
  std::optional<SignIn> kept_;
};

// The error that an answer tells of (application/problem+json, or whatever came instead).
[[noreturn]] void throw_problem(const HttpResponse& response);

}  // namespace ob::cli
