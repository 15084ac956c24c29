#pragma once
// The table of DynamoDB that contents of documents are in, for the setting that names it.
#include <cstdint>
#include <string>
#include <string_view>

namespace ob::collab {

struct DynamoPlace {
  std::string region, table;
  std::string endpoint;  // empty: AWS
  // Without a key those of the environment (AWS_…) and of the machine are used.
  std::string access_key, secret_key, session_token;
  bool plain_http = false;
  std::uint32_t attempts = 8;
  std::uint64_t attempt_timeout_ms = 5000, backoff_ms = 50;
};
// dynamodb://REGION/TABLE[?endpoint=https://…]. Without TLS only on this machine, or with
// `allow_http`. Throws Error 400.
DynamoPlace parse_dynamo_url(std::string_view url, bool allow_http);

}  // namespace ob::collab
