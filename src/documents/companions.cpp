#include "documents/companions.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "documents/leftovers.h"

namespace ob::documents {
namespace {

constexpr auto kRound = std::chrono::seconds(10);

class CompanionService final : public Companions {
 public:
  CompanionService(const Surroundings& around, Service& documents, collab::Contents& contents,
                   notify::Inbox& inbox, const std::shared_ptr<objects::Store>& objects)
      : db_(around.database),
        identity_(around.identity),
        documents_(documents),
        objects_(objects),
        comments_(open_comments(around, inbox)),
        versions_(open_versions(around, contents, objects)),
        activity_(open_activity(around)),
        attachments_(open_attachments(around, objects)) {
    documents_.on_read([this](const std::string& user, const std::string& document) {
      activity_->viewed(user, document);
    });
    documents_.on_copy([this](const Visitor& visitor, const std::string& source,
                              const std::string& copy, const std::string& delta) {
      return attachments_->adopt(visitor, source, copy, delta);
    });
  }
  ~CompanionService() override { CompanionService::stop(); }

  Service& documents() const override { return documents_; }
  identity::Identity& identity() const override { return identity_; }
  Comments& comments() const override { return *comments_; }
  Versions& versions() const override { return *versions_; }
  Activity& activity() const override { return *activity_; }
  Attachments& attachments() const override { return *attachments_; }

  void changed(const collab::Change& change) override {
    activity_->changed(change);
    versions_->changed(change);
  }

  void start(bool keeps) override {
    thread_ = std::thread([this, keeps] { run(keeps); });
  }
  void stop() override {
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_) return;
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    guarded([this] { activity_->flush(); });
  }

  void clean_up() override { activity_->clean_up(); }

 private:
  template <class Fn>
  static void guarded(Fn fn) {
    try {
      fn();
    } catch (const Error& e) {
      log::error("the work of documents failed",
                 {{"error", std::string_view(e.what())}, {"cause", std::string_view(e.cause())}});
    } catch (const std::exception& e) {
      log::error("the work of documents failed", {{"error", std::string_view(e.what())}});
    }
  }

  bool stopping() {
    const std::scoped_lock lock(mutex_);
    return stopping_;
  }

  void run(bool keeps) {
    while (true) {
      {
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, kRound, [this] { return stopping_; })) return;
      }
      guarded([this] { activity_->flush(); });
      if (!keeps) continue;
      guarded([this] {
        while (!stopping() && versions_->keep_one(now_micros())) {
        }
      });
      guarded([this] {
        while (!stopping() && leftovers::sweep_one(db_, *objects_, now_micros())) {
        }
      });
    }
  }

  db::Database& db_;
  identity::Identity& identity_;
  Service& documents_;
  const std::shared_ptr<objects::Store> objects_;
  const std::unique_ptr<Comments> comments_;
  const std::unique_ptr<Versions> versions_;
  const std::unique_ptr<Activity> activity_;
  const std::unique_ptr<Attachments> attachments_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Companions> open_companions(db::Database& database, identity::Identity& identity,
                                            Service& documents, collab::Contents& contents,
                                            notify::Inbox& inbox,
                                            std::shared_ptr<objects::Store> objects,
                                            const CompanionOptions& options) {
  const Surroundings around{
      .database = database,
      .identity = identity,
      .require = [&documents](const Visitor& visitor, const std::string& id,
                              Level wanted) { return documents.require(visitor, id, wanted); },
      .on_remove = [&documents](auto fn) { documents.on_remove(std::move(fn)); },
      .note_read = [&documents](const Visitor& visitor, const std::string& id,
                                std::string_view how) { documents.note_read(visitor, id, how); },
      .publish = options.publish,
      .may_see = options.may_see};
  return std::make_unique<CompanionService>(around, documents, contents, inbox, objects);
}

void register_companions_api(api::Registry& registry, Companions& companions, Pool& blocking) {
  register_comments(registry, companions);
  register_versions(registry, companions);
  register_activity(registry, companions);
  register_attachments(registry, companions, blocking);
}

}  // namespace ob::documents
