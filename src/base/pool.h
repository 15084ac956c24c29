#pragma once
// Bounded pools for blocking work (SQLite, DuckDB, files), so that it never runs on an I/O thread.
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>

namespace ob {

class Pool {
 public:
  Pool(std::string name, std::size_t threads);
  ~Pool();  // waits for the running work
  // Runs fn() on the pool and resumes the caller on its own executor with the result or the
  // exception. `fn` must own or outlive what it uses. Not a capturing lambda inside the co_await
  // expression: bind it to a name first.
  template <class Fn>
  boost::asio::awaitable<std::invoke_result_t<Fn>> run(Fn fn) {
    co_return co_await boost::asio::co_spawn(pool_, invoke(std::move(fn)),
                                             boost::asio::use_awaitable);
  }
  boost::asio::thread_pool& executor() { return pool_; }

 private:
  template <class Fn>
  static boost::asio::awaitable<std::invoke_result_t<Fn>> invoke(Fn fn) {
    co_return fn();
  }
  std::string name_;
  boost::asio::thread_pool pool_;
};

}  // namespace ob
