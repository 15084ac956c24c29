#pragma once
// For tests only: a way to the database that can be cut at a chosen moment.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ob::db::testing {

class Proxy {
 public:
  explicit Proxy(int target_port);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::string through(const std::string& url) const;  // the URL with our port
  // The connections that send `words` next lose the answer: the server gets the words (unless
  // `before`), then both sides are cut. Happens `times` times.
  void cut_at(const std::string& words, bool before, int times = 1);
  void cut_all();
  void refuse(bool refused) { refused_ = refused; }  // new connections

 private:
  void accept();
  void serve(int client);

  const int target_port_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> refused_ = false;
  std::mutex mutex_;
  std::string words_;
  bool before_ = false;
  int times_ = 0;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace ob::db::testing
