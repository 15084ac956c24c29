#pragma once
// Inside of api: where the members of a request come from, and what runs an endpoint.
#include "api/api.h"

namespace ob::api {

struct Binding {
  std::vector<wire::Member> path, query, body;
  std::vector<std::string> path_names;
  bool open_query = false;
  bool guests = false;
  bool reads_body = false;  // there are fields for a JSON body; any other body is left unread
};

struct Route {
  std::shared_ptr<const Binding> binding;
  Pool* pool;
  int status;
  std::int64_t max_json_bytes;
  std::vector<std::string> consumes;
  std::function<boost::json::value(Context&, const boost::json::value&)> invoke;
  std::function<boost::asio::awaitable<void>(Context&, const boost::json::value&, net::Exchange&)>
      stream;
};

}  // namespace ob::api
