#include "net/loops.h"

#include <thread>

namespace ob::net {

namespace {

thread_local bool this_is_one = false;

}  // namespace

Loops::Loops(unsigned count) {
  for (unsigned i = 0; i < count; ++i) one_.push_back(std::make_unique<One>());
}

boost::asio::any_io_executor Loops::next() {
  const std::size_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  return one_[turn % one_.size()]->context.get_executor();
}

void Loops::run() {
  const auto run_one = [](One& one) {
    this_is_one = true;
    one.context.run();
    this_is_one = false;
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < one_.size(); ++i) threads.emplace_back(run_one, std::ref(*one_[i]));
  run_one(*one_.front());
  for (auto& thread : threads) thread.join();
}

void Loops::stop() {
  for (const auto& one : one_) one->context.stop();
}

bool Loops::inside() {
  return this_is_one;
}

}  // namespace ob::net
