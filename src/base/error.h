#pragma once
// The one exception type of the server. It ends the request or the statement; only the gateway
// turns it into a response (application/problem+json, RFC 9457) and a log line.
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ob {

struct FieldProblem {
  std::string field;    // path of the wrong field: "columns[2].type"
  std::string problem;  // "must be a string"
};

class Error : public std::runtime_error {
 public:
  // status: HTTP status. id: stable, for programs: "catalog.tableNotFound". detail: public, for
  // people: names what is wrong and how to mend it. cause: private, goes to the log only.
  Error(int status, std::string id, const std::string& detail, std::string cause = {})
      : std::runtime_error(detail), status_(status), id_(std::move(id)), cause_(std::move(cause)) {}

  int status() const { return status_; }
  const std::string& id() const { return id_; }
  const std::string& cause() const { return cause_; }
  const std::vector<FieldProblem>& fields() const { return fields_; }
  Error& with_fields(std::vector<FieldProblem> fields) {
    fields_ = std::move(fields);
    return *this;
  }
  // Further members of the answer, for programs.
  const std::vector<std::pair<std::string, std::string>>& members() const { return members_; }
  Error& with_member(std::string name, std::string value) {
    members_.emplace_back(std::move(name), std::move(value));
    return *this;
  }

 private:
  int status_;
  std::string id_;
  std::string cause_;
  std::vector<FieldProblem> fields_;
  std::vector<std::pair<std::string, std::string>> members_;
};

// Shorthands; `id` as above.
inline Error bad_request(std::string id, const std::string& detail) {
  return {400, std::move(id), detail};
}
inline Error unauthenticated(std::string id, const std::string& detail) {
  return {401, std::move(id), detail};
}
inline Error forbidden(std::string id, const std::string& detail) {
  return {403, std::move(id), detail};
}
inline Error not_found(std::string id, const std::string& detail) {
  return {404, std::move(id), detail};
}
inline Error conflict(std::string id, const std::string& detail) {
  return {409, std::move(id), detail};
}
inline Error too_large(std::string id, const std::string& detail) {
  return {413, std::move(id), detail};
}
inline Error internal(std::string cause) {
  return {500, "internal",
          "The server failed to do this. The log has the reason under the request id.",
          std::move(cause)};
}

}  // namespace ob
