#pragma once
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <vector>

namespace ob::net {

// The threads of all input and output. Each has an io_context of its own, so that what happens on a
// connection wakes no other thread.
class Loops {
 public:
  explicit Loops(unsigned count);
  boost::asio::io_context& first() { return one_.front()->context; }
  boost::asio::any_io_executor next();  // they take turns; any thread
  void run();                           // on this thread and others; returns after stop()
  void stop();                          // any thread
  bool stopped() const { return one_.front()->context.stopped(); }
  static bool inside();  // whether this thread is one of them

 private:
  struct One {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
        context.get_executor()};
  };
  std::vector<std::unique_ptr<One>> one_;
  std::atomic<std::size_t> turn_ = 0;
};

}  // namespace ob::net
