#pragma once
#include <boost/json/value.hpp>
#include <string>

#include "base/time.h"
#include "tracking/tracking.h"

namespace ob::tracking {

// What stands in every event.
struct Sender {
  std::string server, environment, release, version;
};

// An event and its envelope (https://develop.sentry.dev/sdk/envelopes/), scrubbed.
std::string envelope_of(const Failure& failure, const Sender& sender, Micros now);

// Frames of a stack as browsers write it, the call at fault last; an empty array where none is
// told.
boost::json::array frames_of(std::string_view stack);

}  // namespace ob::tracking
