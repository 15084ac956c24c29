#pragma once
#include <chrono>
#include <string_view>

namespace ob::tracking {

// How long no errors are to be sent, by the answer to some: zero where they are welcome.
// retry_after, limits: the headers Retry-After and X-Sentry-Rate-Limits, empty where absent.
std::chrono::milliseconds pause_of(int status, std::string_view retry_after,
                                   std::string_view limits);

}  // namespace ob::tracking
