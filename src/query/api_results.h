#pragma once
// Results as answers: JSON pages, and streams of Arrow, CSV and Parquet.
#include "query/api_types.h"
#include "query/pages.h"

namespace ob::query {

inline constexpr const char* json_type = "application/json";
inline constexpr const char* arrow_type = "application/vnd.apache.arrow.stream";
inline constexpr const char* csv_type = "text/csv";
inline constexpr const char* parquet_type = "application/vnd.apache.parquet";

// Runs a statement and gives the first page as a JSON document; the rest waits in `pages`. Blocks.
std::string first_page(Service& service, Pages& pages, const Caller& caller, const Request& request,
                       std::int64_t page_rows);
// A further page. Blocks.
std::string further_page(Pages& pages, const Caller& caller, const std::string& cursor);

// Producers for api::stream_from: each call appends some bytes, false at the end. The statement
// starts with the first call.
std::function<bool(std::string&)> arrow_stream(Service& service, const Caller& caller,
                                               const Request& request);
std::function<bool(std::string&)> csv_stream(Service& service, const Caller& caller,
                                             const Request& request);
std::function<bool(std::string&)> parquet_stream(Service& service, const Caller& caller,
                                                 const Request& request);

}  // namespace ob::query
