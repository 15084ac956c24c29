#pragma once
// A document that another instance holds, followed from here by a copy of its own.
#include <functional>
#include <memory>
#include <string>

#include "collab/room.h"

namespace ob::collab {

// As Service::follow, of a place that is a relay. Throws Error 503.
std::unique_ptr<Following> mirror(std::shared_ptr<Place> place, const std::string& document,
                                  std::shared_ptr<Follower> follower,
                                  const std::function<void(const std::string&)>& begin);

}  // namespace ob::collab
