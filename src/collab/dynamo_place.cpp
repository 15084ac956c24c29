#include "collab/dynamo_place.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>

#include "base/error.h"

namespace ob::collab {

namespace {

Error bad_setting(const std::string& why) {
  return bad_request("config.badValue",
                     "Setting 'documents_store' must be dynamodb://REGION/TABLE, with "
                     "?endpoint=https://… for another server than that of AWS: " +
                         why + ".");
}

bool is_name(std::string_view text) {
  constexpr std::size_t kLeast = 3, kMost = 255;
  return text.size() >= kLeast && text.size() <= kMost && std::ranges::all_of(text, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
         });
}

}  // namespace

DynamoPlace parse_dynamo_url(std::string_view url, bool allow_http) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->scheme() != "dynamodb" || parsed->has_userinfo() || parsed->has_port() ||
      parsed->has_fragment()) {
    throw bad_setting("it does not parse; credentials have settings of their own");
  }
  DynamoPlace out;
  out.region = parsed->host();
  const std::string path = parsed->path();
  out.table = path.empty() ? "" : path.substr(1);
  if (!is_name(out.region)) throw bad_setting("the region is not one");
  if (!is_name(out.table)) throw bad_setting("the table needs 3 to 255 letters, digits or '_.-'");
  for (const auto& option : parsed->params()) {
    if (option.key != "endpoint") throw bad_setting("an option is unknown");
    out.endpoint = option.value;
  }
  if (out.endpoint.empty()) return out;
  const auto endpoint = boost::urls::parse_uri(out.endpoint);
  const bool http = endpoint && endpoint->scheme() == "http";
  if (!endpoint || (!http && endpoint->scheme() != "https") || endpoint->host().empty() ||
      endpoint->has_userinfo() || endpoint->has_query() || endpoint->has_fragment()) {
    throw bad_setting("the endpoint is not http(s)://host:port");
  }
  const std::string host = endpoint->host();
  const bool here = host == "localhost" || host == "127.0.0.1" || host == "[::1]";
  if (http && !here && !allow_http) {
    throw bad_setting(
        "the endpoint is another machine without TLS; use https://, or set "
        "documents_allow_http");
  }
  out.plain_http = http;
  return out;
}

}  // namespace ob::collab
