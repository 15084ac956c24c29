#include "cli/session.h"

#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "base/error.h"

namespace ob::cli {
namespace json = boost::json;
namespace {

// RFC 8628: the usual interval, and how much longer it gets each time the server says so.
constexpr std::int64_t kPollInterval = 5;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string choose_url(const std::string& given) {
  if (!given.empty()) return given;
  if (const auto url = variable("OPENBRICKS_URL"); !url.empty()) return url;
  if (std::filesystem::exists(Credentials::default_file())) {
    if (const auto url = Credentials().last_url(); !url.empty()) return url;
  }
  return "http://127.0.0.1:8080";
}

std::string text_at(const json::value& value, std::string_view key) {
  if (!value.is_object()) return {};
  const auto* found = value.get_object().if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

SignIn tokens_from(const HttpResponse& response, const std::string& email) {
  boost::system::error_code error;
  const json::value answer = json::parse(response.body, error);
  SignIn sign_in{.email = email,
                 .access_token = text_at(answer, "access_token"),
                 .refresh_token = text_at(answer, "refresh_token")};
  const json::value* lifetime =
      answer.is_object() ? answer.get_object().if_contains("expires_in") : nullptr;
  if (error || sign_in.access_token.empty() || lifetime == nullptr || !lifetime->is_int64())
    throw Error(0, "cli.badAnswer", "The server's answer to the sign-in is not what it should be.");
  sign_in.expires_at = std::time(nullptr) + lifetime->get_int64();
  return sign_in;
}

HttpRequest form_request(const std::string& path,
                         const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string body = "client_id=openbricks";
  for (const auto& [name, value] : fields) body += "&" + name + "=" + percent_encode(value, false);
  return {.method = "POST",
          .path = path,
          .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                      {"Accept", "application/json"}},
          .body = body};
}

HttpRequest json_request(const std::string& path, const json::object& body) {
  return {.method = "POST",
          .path = path,
          .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
          .body = json::serialize(body)};
}

// Ctrl-C ends it.
void wait(std::int64_t seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < until) {
    if (interrupted()) throw Interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

}  // namespace

void throw_problem(const HttpResponse& response) {
  boost::system::error_code error;
  const json::value body = json::parse(response.body, error);
  std::string detail = error ? std::string() : text_at(body, "detail");
  if (detail.empty() && !error) detail = text_at(body, "error_description");
  if (detail.empty())
    detail =
        "The server answered with status " + std::to_string(response.status) + " and no reason.";
  std::string id = error ? std::string() : text_at(body, "id");
  std::string cause = id;
  if (const auto request_id = text_at(body, "request_id"); !error && !request_id.empty())
    cause += (cause.empty() ? "request " : ", request ") + request_id;
  Error problem(response.status, id, detail, cause);
  std::vector<FieldProblem> fields;
  if (const json::value* errors =
          error || !body.is_object() ? nullptr : body.get_object().if_contains("errors");
      errors != nullptr && errors->is_array()) {
    for (const auto& entry : errors->get_array())
      fields.push_back({text_at(entry, "field"), text_at(entry, "problem")});
  }
  throw problem.with_fields(std::move(fields));
}

Session::Session(const std::string& url)
    : http_(choose_url(url)), fixed_token_(variable("OPENBRICKS_TOKEN")) {
  if (fixed_token_.empty() && std::filesystem::exists(Credentials::default_file()))
    kept_ = Credentials().find(http_.url());
}

std::string Session::token() {
  if (!fixed_token_.empty()) return fixed_token_;
  if (!kept_)
    throw unauthenticated("cli.notSignedIn", "Not signed in to " + url() +
                                                 ". Run: openbricks login --url " + url() +
                                                 "  (or set OPENBRICKS_TOKEN to an API key).");
  if (std::time(nullptr) + 60 >= kept_->expires_at) renew(kept_->access_token);
  return kept_->access_token;
}

bool Session::renew(const std::string& stale_access_token) {
  if (!fixed_token_.empty() || !kept_) return false;
  Credentials credentials;
  const auto now_kept = credentials.find(url());
  if (now_kept && now_kept->access_token != stale_access_token) {  // another command was quicker
    kept_ = now_kept;
    return true;
  }
  const auto response =
      http_.send(json_request("/api/v1/auth/refresh", {{"refresh_token", kept_->refresh_token}}));
  if (response.status == 401 || response.status == 400) {
    credentials.forget(url());
    throw unauthenticated("cli.notSignedIn",
                          "The sign-in to " + url() + " has ended. Run openbricks login again.");
  }
  if (response.status != 200) throw_problem(response);
  kept_ = tokens_from(response, kept_->email);
  credentials.keep(url(), *kept_);
  return true;
}

HttpResponse Session::send(HttpRequest request) {
  const std::string used = token();
  request.headers.emplace_back("Authorization", "Bearer " + used);
  HttpResponse response = http_.send(request);
  // A streamed body is gone; its caller starts again.
  if (response.status == 401 && !request.source && renew(used)) {
    request.headers.back().second = "Bearer " + kept_->access_token;
    response = http_.send(request);
  }
  if (response.status < 200 || response.status > 299) throw_problem(response);
  return response;
}

json::value Session::call(const std::string& method, const std::string& path,
                          std::optional<json::value> body) {
  HttpRequest request{.method = method, .path = path, .headers = {{"Accept", "application/json"}}};
  if (body) {
    request.body = json::serialize(*body);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  const auto response = send(std::move(request));
  if (response.body.empty()) return nullptr;
  boost::system::error_code error;
  json::value answer = json::parse(response.body, error);
  if (error)
    throw Error(0, "cli.badAnswer",
                url() + path + " did not answer with JSON: is this OpenBricks?");
  return answer;
}

std::vector<json::value> Session::list(const std::string& path, std::size_t limit) {
  std::vector<json::value> items;
  std::string next;
  do {
    std::string page =
        path + (path.contains('?') ? "&" : "?") + "limit=" +
        std::to_string(limit == 0 ? 200 : std::min<std::size_t>(limit - items.size(), 200));
    if (!next.empty()) page += "&after=" + percent_encode(next, false);
    const json::value answer = call("GET", page);
    const json::value* found =
        answer.is_object() ? answer.get_object().if_contains("items") : nullptr;
    if (found == nullptr || !found->is_array())
      throw Error(0, "cli.badAnswer", url() + path + " did not answer with a list.");
    for (const auto& item : found->get_array()) items.push_back(item);
    next = text_at(answer, "next");
  } while (!next.empty() && (limit == 0 || items.size() < limit));
  return items;
}

void Session::sign_in(const std::string& email, const std::string& password) {
  const auto response =
      http_.send(json_request("/api/v1/auth/login", {{"email", email}, {"password", password}}));
  if (response.status != 200) {
    boost::system::error_code error;
    const std::string id = text_at(json::parse(response.body, error), "id");
    if (id == "identity.secondFactorNeeded" || id == "identity.passwordChangeNeeded")
      throw unauthenticated(id,
                            "This account needs more than its password. Sign in through the "
                            "browser: openbricks login --url " +
                                url());
    throw_problem(response);
  }
  kept_ = tokens_from(response, email);
  Credentials().keep(url(), *kept_);
}

std::string Session::sign_in_by_page(
    const std::function<void(const std::string& page, const std::string& code)>& show) {
  const auto started = http_.send(form_request("/api/v1/oauth/device", {}));
  if (started.status != 200) throw_problem(started);
  boost::system::error_code error;
  const json::value answer = json::parse(started.body, error);
  if (error || text_at(answer, "device_code").empty())
    throw Error(0, "cli.badAnswer", url() + " did not answer as OpenBricks does.");
  show(text_at(answer, "verification_uri_complete"), text_at(answer, "user_code"));
  const auto question = form_request(
      "/api/v1/oauth/token", {{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                              {"device_code", text_at(answer, "device_code")}});
  const json::value* given = answer.get_object().if_contains("interval");
  std::int64_t interval =
      given != nullptr && given->is_int64() ? given->get_int64() : kPollInterval;
  while (true) {
    wait(interval);
    const auto response = http_.send(question);
    if (response.status == 200) {
      kept_ = tokens_from(response, "");
      break;
    }
    const json::value refusal = json::parse(response.body, error);
    const std::string code = error ? std::string() : text_at(refusal, "error");
    if (code == "slow_down") {
      interval += kPollInterval;
    } else if (code == "access_denied" || code == "expired_token") {
      throw unauthenticated("cli." + code, text_at(refusal, "error_description"));
    } else if (code != "authorization_pending") {
      throw_problem(response);
    }
  }
  kept_->email = text_at(call("GET", "/api/v1/auth/me"), "email");
  Credentials().keep(url(), *kept_);
  return kept_->email;
}

void Session::sign_out() {
  Credentials credentials;
  const auto sign_in = credentials.find(url());
  if (!sign_in) return;
  HttpRequest request =
      json_request("/api/v1/auth/logout", {{"refresh_token", sign_in->refresh_token}});
  const auto response = http_.send(request);
  credentials.forget(url());
  if (response.status != 204 && response.status != 401) throw_problem(response);
}

}  // namespace ob::cli
