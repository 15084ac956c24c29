#include "base/pool.h"

namespace ob {

Pool::Pool(std::string name, std::size_t threads) : name_(std::move(name)), pool_(threads) {}

Pool::~Pool() {
  pool_.join();
}

}  // namespace ob
