#pragma once
// For tests: documents over a database of their own, with contents in memory.
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"
#include "documents/access.h"
#include "documents/documents.h"
#include "documents/text.h"
#include "identity/testing.h"

namespace ob::documents {

using identity::ObjectType;

// Contents in memory.
class FakeContents : public collab::Contents {
 public:
  std::string delta(const std::string& document) override {
    const std::lock_guard lock(mutex_);
    const auto found = deltas.find(document);
    return found == deltas.end() ? R"({"ops":[]})" : found->second;
  }
  std::string text(const std::string& document) override { return text_of_delta(delta(document)); }
  void apply(const std::string&, const std::string&, const std::string&) override {}
  void apply_delta(const std::string&, const std::string&, const std::string&) override {}
  void set_delta(const std::string& document, const std::string& delta,
                 const std::string&) override {
    if (broken) throw Error(503, "collab.unavailable", "Away.");
    const std::lock_guard lock(mutex_);
    deltas[document] = delta;
  }
  void remove(const std::string& document) override {
    if (broken) throw Error(503, "collab.unavailable", "Away.");
    const std::lock_guard lock(mutex_);
    deltas.erase(document);
    removed.insert(document);
  }

  bool broken = false;
  std::map<std::string, std::string> deltas;
  std::set<std::string> removed;

 private:
  std::mutex mutex_;
};

// A process: identity, workspaces and documents over the database that all share.
struct Process {
  Process(db::Database& database, identity::Identity& whose, mail::Mail& mail,
          collab::Contents& contents)
      : workspaces(
            workspaces::open(database, whose, mail, [] { return std::string("https://x"); })),
        access(database, whose, *workspaces),
        service(open(database, whose, *workspaces, access, contents,
                     {.public_url = [] { return std::string("https://x"); },
                      .audit = nullptr,
                      .bcrypt_cost = 4})) {}
  std::unique_ptr<workspaces::Service> workspaces;
  Access access;
  std::unique_ptr<Service> service;
};

class DocumentsTest : public identity::AccountsTest {
 protected:
  void SetUp() override {
    identity::AccountsTest::SetUp();
    process_ = std::make_unique<Process>(*database_, *identity_, *mail_, contents_);
    ann_ = user("ann@x.org"), bob_ = user("bob@x.org"), cyd_ = user("cyd@x.org");
  }
  void TearDown() override {
    process_.reset();
    identity::AccountsTest::TearDown();
  }
  Service& service() { return *process_->service; }
  workspaces::Service& workspaces() { return *process_->workspaces; }
  Document make(const Caller& caller, const std::string& title = "Plan", const Place& place = {}) {
    return service().create(caller, {.title = title, .place = place, .template_id = "", .id = ""});
  }
  void grant(const Caller& caller, const std::string& document, const std::string& whom,
             const std::string& role) {
    auto& permissions = identity_->permissions();
    permissions.set_grant(caller, permissions.resolve(caller, ObjectType::document, document), whom,
                          {{}, role});
  }
  std::string accessed(const Caller& caller, const std::string& document,
                       const std::string& share = "") {
    return accessed(process_->access, caller, document, share);
  }
  static std::string accessed(Access& access, const Caller& caller, const std::string& document,
                              const std::string& share = "") {
    static constexpr std::array kWords{"none", "read", "comment", "write"};
    std::string out;
    const auto refused = refusal(
        [&] { out = kWords.at(static_cast<std::size_t>(access.access(caller, share, document))); });
    return refused.empty() ? out : refused;
  }
  std::vector<std::string> titles(const Caller& caller, const Query& query) {
    std::vector<std::string> out;
    for (const auto& one : service().list(caller, query).documents) out.push_back(one.title);
    return out;
  }
  // Whether the number grows, which takes a moment.
  static bool grows(Access& access, std::uint64_t before) {
    for (int i = 0; i < 500; ++i) {
      if (access.generation() > before) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  // A generation that stays for a while when nothing happens.
  static std::uint64_t settled(Access& access) {
    std::uint64_t out = access.generation();
    for (int quiet = 0; quiet < 40; ++quiet) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      if (const auto now = access.generation(); now != out) out = now, quiet = 0;
    }
    return out;
  }

  FakeContents contents_;
  std::unique_ptr<Process> process_;
  Caller ann_, bob_, cyd_;
  const Caller nobody_;
};

}  // namespace ob::documents
