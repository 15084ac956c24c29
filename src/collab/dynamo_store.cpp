// Threads before a table of DynamoDB: documents do not wait for each other.
#include <boost/asio/post.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>

#include "base/error.h"
#include "base/log.h"
#include "base/pool.h"
#include "collab/dynamo_documents.h"

namespace ob::collab {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kWriters = 32, kTidiers = 4;  // threads

class DynamoStore final : public Store {
 public:
  DynamoStore(const DynamoPlace& place, StoreOptions options)
      : options_(std::move(options)),
        documents_(place),
        writers_("collab-dynamo", kWriters),
        tidiers_("collab-dynamo-tidy", kTidiers) {}
  ~DynamoStore() override { stop(); }

  void stop() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    writers_.executor().join();
    tidiers_.executor().join();
  }

  Position load(const std::string& document, const Each& each) override {
    return documents_.load(document, each);
  }

  void append(const std::string& document, std::int64_t after, std::vector<std::string> updates,
              Done done) override {
    auto work = [this, document, after, updates = std::move(updates)] {
      return timed([&] { return documents_.append(document, after, updates); });
    };
    enqueue(document, {std::move(work), std::move(done)});
  }

  // Appends do not wait for it.
  void compact(const std::string& document, std::int64_t generation, std::int64_t last,
               std::string snapshot, Done done) override {
    auto work = [this, document, generation, last, bytes = std::move(snapshot)] {
      Written out =
          timed([&] { return documents_.put_snapshot(document, generation, last, bytes); });
      if (!out.foreign) sweep(document);
      return out;
    };
    Job job{std::move(work), std::move(done)};
    {
      const std::lock_guard lock(mutex_);
      if (!stop_) {
        asio::post(tidiers_.executor(), [job = std::move(job)]() mutable { run(job); });
        return;
      }
    }
    refuse(job);
  }

  void remove(const std::string& document, Done done) override {
    auto work = [this, document] {
      documents_.remove(document);
      return Written{};
    };
    enqueue(document, {std::move(work), std::move(done)});
  }

 private:
  struct Job {
    std::move_only_function<Written()> work;
    Done done;
  };

  static void run(Job& job) {
    Written written;
    try {
      written = job.work();
    } catch (...) {
      written = {.failure = std::current_exception()};
    }
    job.done(std::move(written));
  }

  static void refuse(Job& job) {
    job.done({.failure = std::make_exception_ptr(
                  Error(503, "collab.unavailable",
                        "The document cannot be reached at the moment. Try again shortly.",
                        "the store stopped"))});
  }

  // One at a time for a document, in the order of the calls.
  void enqueue(const std::string& document, Job job) {
    {
      const std::lock_guard lock(mutex_);
      if (!stop_) {
        auto& jobs = jobs_[document];
        jobs.push_back(std::move(job));
        if (jobs.size() == 1) post_next(document);
        return;
      }
    }
    refuse(job);
  }

  void post_next(const std::string& document) {
    asio::post(writers_.executor(), [this, document] { run_next(document); });
  }

  void run_next(const std::string& document) {
    Job* job = nullptr;
    {
      const std::lock_guard lock(mutex_);
      job = &jobs_[document].front();  // a deque's items stay where they are
    }
    run(*job);
    const std::lock_guard lock(mutex_);
    auto& jobs = jobs_[document];
    jobs.pop_front();
    if (jobs.empty()) {
      jobs_.erase(document);
    } else {
      post_next(document);
    }
  }

  template <class Fn>
  Written timed(Fn fn) {
    const auto begin = std::chrono::steady_clock::now();
    Written out = fn();
    if (options_.on_written) {
      options_.on_written(
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
    return out;
  }

  void sweep(const std::string& document) {
    try {
      documents_.sweep(document);
    } catch (const std::exception& e) {
      log::warn("what a snapshot replaced could not be removed; the next one tries again",
                {{"document", document.c_str()}, {"error", std::string_view(e.what())}});
    }
  }

  const StoreOptions options_;
  DynamoDocuments documents_;
  std::mutex mutex_;
  bool stop_ = false;
  std::map<std::string, std::deque<Job>> jobs_;
  Pool writers_, tidiers_;
};

}  // namespace

std::unique_ptr<Store> open_dynamo_store(const DynamoPlace& place, StoreOptions options) {
  return std::make_unique<DynamoStore>(place, std::move(options));
}

}  // namespace ob::collab
