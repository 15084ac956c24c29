#include "documents/documents.h"

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "documents/access.h"
#include "documents/text.h"
#include "identity/testing.h"

namespace ob::documents {
namespace {

using identity::ObjectType;

// Contents in memory.
class FakeContents : public collab::Contents {
 public:
  std::string state(const std::string&) override { return {"\0\0", 2}; }
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

TEST_F(DocumentsTest, RolesSayWhatPeopleMayDo) {
  const auto id = make(ann_).id;
  EXPECT_EQ(accessed(ann_, id), "write");
  EXPECT_EQ(accessed(bob_, id), "404 documents.documentNotFound");
  EXPECT_EQ(accessed(nobody_, id), "401 documents.signIn");
  EXPECT_EQ(accessed(nobody_, new_uuid()), "401 documents.signIn");
  for (const auto& [role, may, level] : std::vector<std::tuple<std::string, std::string, Level>>{
           {"viewer", "read", Level::viewer},
           {"commenter", "comment", Level::commenter},
           {"editor", "write", Level::editor},
           {"owner", "write", Level::owner}}) {
    grant(ann_, id, "bob@x.org", role);
    EXPECT_EQ(accessed(bob_, id), may);
    EXPECT_EQ(service().get({bob_, ""}, id).access, level);
  }
  Caller limited = ann_;
  limited.scopes = Scopes::parse(std::vector<std::string>{"sql:write"});
  EXPECT_EQ(accessed(limited, id), "403 identity.scope");
  limited.scopes = Scopes::parse(std::vector<std::string>{"documents:read"});
  EXPECT_EQ(accessed(limited, id), "read");
}

TEST_F(DocumentsTest, TheAddressAloneLetsInWhoeverItIsSetFor) {
  const auto w = workspaces().create(ann_, "Sales", "");
  const auto id = make(ann_, "Plan", {w.id, ""}).id;
  grant(ann_, id, "bob@x.org", "commenter");
  EXPECT_EQ(refusal([&] { service().change({bob_, ""}, id, {.link_access = Level::editor}); }),
            "403 documents.forbidden");
  service().change({ann_, ""}, id, {.link_access = Level::viewer});
  EXPECT_EQ(accessed(nobody_, id), "read");
  EXPECT_EQ(accessed(cyd_, id), "read");
  EXPECT_EQ(accessed(bob_, id), "comment");
  service().change({ann_, ""}, id, {.link_access = Level::editor});
  EXPECT_EQ(accessed(nobody_, id), "write");
  Caller reader = cyd_;
  reader.read_only = true;
  EXPECT_EQ(accessed(reader, id), "read");
  workspaces().archive(ann_, w.id, true);
  EXPECT_EQ(accessed(nobody_, id), "read");
  EXPECT_EQ(accessed(ann_, id), "read");
  workspaces().archive(ann_, w.id, false);
  service().trash(ann_, id);
  for (const Caller& caller : {ann_, bob_, cyd_, nobody_})
    EXPECT_EQ(accessed(caller, id), "404 documents.trashed");
}

TEST_F(DocumentsTest, LinksAreSealedAndDieAtOnce) {
  const auto id = make(ann_).id, other = make(ann_).id;
  EXPECT_EQ(refusal([&] { service().create_link(bob_, id, {}); }),
            "404 documents.documentNotFound");
  const auto link = service().create_link(ann_, id, {.level = Level::commenter, .password = ""});
  EXPECT_EQ(link.url, "https://x/s/" + link.token);
  EXPECT_EQ(accessed(nobody_, id, link.token), "comment");
  EXPECT_EQ(accessed(nobody_, other, link.token), "403 documents.badLink");
  EXPECT_EQ(accessed(nobody_, new_uuid(), link.token), "403 documents.badLink");
  // What proves nothing does not take from what somebody has.
  EXPECT_EQ(accessed(ann_, id, "nonsense"), "write");
  const auto opened = service().open_link(nobody_, link.token, "");
  EXPECT_EQ(opened.pass, link.token);
  EXPECT_EQ(opened.document.access, Level::commenter);
  database_->read([&](db::Tx& tx) {
    const auto row = tx.query("SELECT token_hash, sealed FROM document_links").at(0);
    EXPECT_EQ(row.text(0), sha256_hex(link.token));
    EXPECT_EQ(row.blob(1).find(link.token), std::string::npos);
  });
  EXPECT_EQ(service().links(ann_, id).at(0).token, link.token);
  grant(ann_, id, "bob@x.org", "editor");
  EXPECT_EQ(refusal([&] { service().links(bob_, id); }), "403 documents.forbidden");
  EXPECT_EQ(refusal([&] { service().remove_link(ann_, other, link.id); }),
            "404 documents.linkNotFound");
  service().remove_link(ann_, id, link.id);
  EXPECT_EQ(accessed(nobody_, id, link.token), "403 documents.badLink");
  EXPECT_EQ(refusal([&] { service().open_link(nobody_, link.token, ""); }),
            "404 documents.linkNotFound");
}

TEST_F(DocumentsTest, APassIsAsGoodAsThePasswordOfItsLink) {
  const auto id = make(ann_).id;
  const auto link = service().create_link(
      ann_, id, {.level = Level::viewer, .expires_at = {}, .password = "open sesame"});
  EXPECT_EQ(accessed(nobody_, id, link.token), "403 documents.passwordNeeded");
  const auto open = [&](const std::string& password) {
    return service().open_link(nobody_, link.token, password).pass;
  };
  EXPECT_EQ(refusal([&] { open(""); }), "403 documents.passwordNeeded");
  EXPECT_EQ(refusal([&] { open("open barley"); }), "403 documents.wrongPassword");
  const std::string pass = open("open sesame");
  EXPECT_EQ(accessed(nobody_, id, pass), "read");
  for (std::size_t i = 0; i < pass.size(); ++i) {
    std::string forged = pass;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(accessed(nobody_, id, forged), "read") << i;
  }
  // Another password, another pass.
  database_->write(
      [&](db::Tx& tx) { tx.execute("UPDATE document_links SET password_hash = 'other'"); });
  EXPECT_EQ(accessed(nobody_, id, pass), "403 documents.badLink");
  // Guessing gets slow, and then stops for a while.
  std::string refused;
  for (int i = 0; i < 30 && !refused.starts_with("429"); ++i)
    refused = refusal([&] { open("guess " + std::to_string(i)); });
  EXPECT_EQ(refused, "429 identity.throttled");
}

TEST_F(DocumentsTest, GenerationGrowsWithEverythingThatChangesAnAnswer) {
  const auto other_identity = identity::open(*database_, directory_, "", {.bcrypt_cost = 4});
  Process other(*database_, *other_identity, *mail_, contents_);
  const auto w = workspaces().create(ann_, "Sales", "");
  const auto folder = workspaces().create_folder(ann_, {w.id, ""}, "Secret");
  const auto id = make(ann_, "Plan", {w.id, ""}).id;
  const auto [key, secret] = identity_->create_key(bob_, "k", std::nullopt);
  const Caller by_key = other_identity->authenticate(secret);
  const auto signed_in = sign_in("bob@x.org");
  const Caller by_session = other_identity->authenticate(signed_in.tokens.access_token);
  // What this process does ends what the other one allowed.
  const auto ends = [&](const char* what, const Caller& caller, const std::string& share,
                        const std::function<void()>& begin, const std::function<void()>& end,
                        const std::string& refused) {
    begin();
    settled(other.access);
    EXPECT_EQ(accessed(other.access, caller, id, share), "read") << what;
    const auto before = other.access.generation();
    end();
    EXPECT_TRUE(grows(other.access, before)) << what;
    EXPECT_EQ(accessed(other.access, caller, id, share), refused) << what;
  };
  const std::string unseen = "404 documents.documentNotFound";
  const auto read = [&] { grant(ann_, id, "bob@x.org", "viewer"); };
  const auto nothing = [] {};
  ends("grant", bob_, "", read, [&] { grant(ann_, id, "bob@x.org", ""); }, unseen);
  ends(
      "member", bob_, "", [&] { workspaces().set_member(ann_, w.id, "bob@x.org", "viewer"); },
      [&] { workspaces().remove_member(ann_, w.id, "bob@x.org"); }, unseen);
  ends(
      "move", bob_, "",
      [&] {
        identity_->permissions().set_grant(
            ann_, identity_->permissions().resolve(ann_, ObjectType::folder, folder.id),
            "bob@x.org", {{}, "viewer"});
        workspaces().move(ann_, id, {w.id, folder.id});
      },
      [&] { workspaces().move(ann_, id, {w.id, ""}); }, unseen);
  ends(
      "address", nobody_, "",
      [&] { service().change({ann_, ""}, id, {.link_access = Level::viewer}); },
      [&] { service().change({ann_, ""}, id, {.link_access = Level::none}); },
      "401 documents.signIn");
  const auto link = service().create_link(ann_, id, {});
  ends(
      "link", nobody_, link.token, nothing, [&] { service().remove_link(ann_, id, link.id); },
      "403 documents.badLink");
  const auto brief = service().create_link(
      ann_, id, {.level = Level::viewer, .expires_at = now_micros() + 1'500'000, .password = ""});
  ends(
      "expiry", nobody_, brief.token, nothing,
      [&] {
        while (now_micros() < *brief.expires_at)
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
      },
      "403 documents.badLink");
  read();
  ends(
      "key", by_key, "", nothing, [&] { identity_->delete_key(bob_, key.id); },
      "401 identity.badToken");
  ends(
      "sign-out", by_session, "", nothing,
      [&] { identity_->sign_out(signed_in.tokens.refresh_token); }, "401 identity.badToken");
  ends("trash", bob_, "", nothing, [&] { service().trash(ann_, id); }, "404 documents.trashed");
}

TEST_F(DocumentsTest, NothingHappensWithoutAChange) {
  const auto id = make(ann_).id;
  const auto before = settled(process_->access);
  EXPECT_EQ(accessed(ann_, id), "write");
  service().change({ann_, ""}, id, {.starred = true});
  service().contents_changed(id, "text", 1, {ann_.user_id});
  EXPECT_EQ(settled(process_->access), before);
}

TEST_F(DocumentsTest, ListsHoldWhatTheCallerMayRead) {
  const auto w = workspaces().create(ann_, "Sales", "");
  const auto folder = workspaces().create_folder(ann_, {w.id, ""}, "Deals");
  const auto deep = workspaces().create_folder(ann_, {w.id, folder.id}, "Deep");
  make(ann_, "mine");
  const auto inside = make(ann_, "Inside", {w.id, deep.id});
  const auto granted = make(ann_, "granted", {w.id, ""});
  const Query by_title{.sort = Sort::title};
  using Titles = std::vector<std::string>;
  EXPECT_EQ(titles(ann_, by_title), (Titles{"granted", "Inside", "mine"}));
  EXPECT_EQ(titles(bob_, by_title), Titles{});
  grant(ann_, granted.id, "bob@x.org", "viewer");
  EXPECT_EQ(titles(bob_, by_title), Titles{"granted"});
  identity_->permissions().set_grant(
      ann_, identity_->permissions().resolve(ann_, ObjectType::folder, folder.id), "bob@x.org",
      {{}, "editor"});
  EXPECT_EQ(titles(bob_, by_title), (Titles{"granted", "Inside"}));
  EXPECT_EQ(titles(bob_, {.filter = Filter::shared, .sort = Sort::title}),
            (Titles{"granted", "Inside"}));
  EXPECT_EQ(titles(bob_, {.filter = Filter::mine}), Titles{});
  EXPECT_EQ(titles(bob_, {.workspace = w.id, .folder = deep.id}), Titles{"Inside"});
  // Who may only see that it is there does not find it.
  identity_->permissions().set_grant(
      ann_, identity_->permissions().resolve(ann_, ObjectType::document, granted.id), "bob@x.org",
      {{identity::Privilege::browse}, ""});
  EXPECT_EQ(titles(bob_, by_title), Titles{"Inside"});
  service().change({bob_, ""}, inside.id, {.starred = true});
  EXPECT_EQ(titles(bob_, {.filter = Filter::starred}), Titles{"Inside"});
  EXPECT_EQ(titles(ann_, {.filter = Filter::starred}), Titles{});
  service().get({bob_, ""}, inside.id);
  EXPECT_EQ(titles(bob_, {.filter = Filter::recent}), Titles{"Inside"});
  // What anyone may open by its address is in the lists of those who did.
  const auto open = make(ann_, "open");
  service().change({ann_, ""}, open.id, {.link_access = Level::commenter});
  EXPECT_EQ(titles(cyd_, by_title), Titles{});
  service().get({cyd_, ""}, open.id);
  EXPECT_EQ(titles(cyd_, {.filter = Filter::recent}), Titles{"open"});
  EXPECT_EQ(service().list(cyd_, {.filter = Filter::recent}).documents.at(0).access,
            Level::commenter);
  service().change({ann_, ""}, open.id, {.link_access = Level::none});
  EXPECT_EQ(titles(cyd_, {.filter = Filter::recent}), Titles{});
}

TEST_F(DocumentsTest, PagesFollowEachOther) {
  for (int i = 0; i < 23; ++i) {
    const auto made = make(ann_, "t" + std::to_string(i));
    // Every third can only be seen to be there: gaps between what is listed.
    auto& permissions = identity_->permissions();
    if (i % 3 != 0)
      grant(ann_, made.id, "bob@x.org", "viewer");
    else
      permissions.set_grant(ann_, permissions.resolve(ann_, ObjectType::document, made.id),
                            "bob@x.org", {{identity::Privilege::browse}, ""});
  }
  for (const Sort sort : {Sort::updated, Sort::title, Sort::created}) {
    std::set<std::string> seen;
    std::vector<std::string> order;
    Query query{.sort = sort, .limit = 4};
    do {
      const Page page = service().list(bob_, query);
      EXPECT_LE(page.documents.size(), 4U);
      for (const auto& one : page.documents) {
        EXPECT_TRUE(seen.insert(one.id).second);
        order.push_back(sort == Sort::title     ? one.title
                        : sort == Sort::created ? std::to_string(one.created_at)
                                                : std::to_string(one.updated_at));
      }
      query.after = page.next;
    } while (!query.after.empty());
    EXPECT_EQ(seen.size(), 15U);
    if (sort != Sort::title) std::ranges::reverse(order);
    EXPECT_TRUE(std::ranges::is_sorted(order));
  }
  const auto next = service().list(bob_, {.limit = 2}).next;
  for (const std::string& after : {std::string("x"), next + "x", base64url_encode("u|"),
                                   base64url_encode(std::string("u\0|1", 4))})
    EXPECT_EQ(refusal([&] { service().list(bob_, {.after = after}); }), "400 documents.badCursor");
  EXPECT_EQ(refusal([&] { service().list(bob_, {.sort = Sort::title, .after = next}); }),
            "400 documents.badCursor");
}

TEST_F(DocumentsTest, SearchLooksIntoTitlesAndContents) {
  const auto plan = make(ann_, "Übersicht 100%"), notes = make(ann_, "Notes");
  service().contents_changed(plan.id, "Nothing of it", 3, {ann_.user_id});
  service().contents_changed(notes.id, "Am Anfang\nsteht der ÜBERBLICK über alles_hier.", 6,
                             {bob_.user_id});
  using Titles = std::vector<std::string>;
  const auto search = [&](const std::string& text) {
    return titles(ann_, {.text = text, .sort = Sort::title});
  };
  EXPECT_EQ(search("über"), (Titles{"Notes", "Übersicht 100%"}));
  EXPECT_EQ(search("überblick ANFANG"), Titles{"Notes"});
  EXPECT_EQ(search("notes anfang"), Titles{"Notes"});
  EXPECT_EQ(search("100%"), Titles{"Übersicht 100%"});
  EXPECT_EQ(search("alles_hier"), Titles{"Notes"});
  EXPECT_EQ(search("alles%hier"), Titles{});
  EXPECT_EQ(search("überblick fehlt"), Titles{});
  const auto hit = service().list(ann_, {.text = "überblick"}).documents.at(0);
  EXPECT_EQ(hit.snippet, "Am Anfang steht der ÜBERBLICK über alles_hier.");
  EXPECT_EQ(hit.words, 6);
  EXPECT_EQ(hit.updated_by, bob_.user_id);
  EXPECT_GT(hit.updated_at, notes.updated_at);
  EXPECT_EQ(titles(bob_, {.text = "über"}), Titles{});
  // A rename by whatever way.
  workspaces().rename(ann_, notes.id, "Ärger");
  EXPECT_EQ(search("ärger"), Titles{"Ärger"});
  EXPECT_EQ(search("notes"), Titles{});
}

TEST_F(DocumentsTest, TheTrashKeepsThePlaceAndGoesAfterAMonth) {
  const auto w = workspaces().create(ann_, "Sales", "");
  const auto folder = workspaces().create_folder(ann_, {w.id, ""}, "f");
  const auto one = make(ann_, "one", {w.id, folder.id}), two = make(ann_, "two", {w.id, folder.id});
  workspaces().set_member(ann_, w.id, "bob@x.org", "viewer");
  EXPECT_EQ(refusal([&] { service().trash(bob_, one.id); }), "403 identity.forbidden");
  EXPECT_EQ(refusal([&] { service().remove(ann_, one.id); }), "409 documents.notTrashed");
  service().trash(ann_, one.id);
  using Titles = std::vector<std::string>;
  EXPECT_EQ(titles(ann_, {}), Titles{"two"});
  EXPECT_EQ(titles(ann_, {.filter = Filter::trash}), Titles{"one"});
  EXPECT_EQ(titles(bob_, {.filter = Filter::trash}), Titles{});
  EXPECT_EQ(workspaces().items(ann_, {w.id, folder.id}, {}).items.size(), 1U);
  EXPECT_TRUE(service().get({ann_, ""}, one.id).trashed_at);
  EXPECT_EQ(refusal([&] { service().get({bob_, ""}, one.id); }), "404 documents.trashed");
  EXPECT_EQ(refusal([&] { service().content({ann_, ""}, one.id); }), "404 documents.trashed");
  EXPECT_EQ(service().restore(ann_, one.id).place, (Place{w.id, folder.id}));
  // The folder goes, and what was in it lies at the top of the workspace, in the trash.
  EXPECT_EQ(refusal([&] { workspaces().remove_item(ann_, folder.id, false); }),
            "409 workspaces.folderNotEmpty");
  service().trash(ann_, one.id);
  workspaces().remove_item(ann_, folder.id, true);
  EXPECT_EQ(service().restore(ann_, two.id).place, (Place{w.id, ""}));
  // Removing by the way of workspaces is no other thing.
  workspaces().remove_item(ann_, two.id, false);
  EXPECT_TRUE(service().get({ann_, ""}, two.id).trashed_at);
  // After a month.
  const auto stop = [] { return false; };
  std::vector<std::string> told;
  service().on_remove([&](db::Tx&, const std::string& id) { told.push_back(id); });
  service().purge(stop);
  EXPECT_EQ(titles(ann_, {.filter = Filter::trash}).size(), 2U);
  database_->write([&](db::Tx& tx) {
    tx.execute("UPDATE workspace_items SET trashed_at = trashed_at - $2 WHERE id = $1",
               {one.id, 31LL * 86'400 * 1'000'000});
  });
  service().purge(stop);
  EXPECT_EQ(titles(ann_, {.filter = Filter::trash}), Titles{"two"});
  EXPECT_EQ(told, Titles{one.id});
  EXPECT_EQ(contents_.removed, std::set<std::string>{one.id});
  EXPECT_EQ(refusal([&] { service().restore(ann_, one.id); }), "404 documents.documentNotFound");
  // With the workspace everything goes for ever, and the content a little later.
  workspaces().archive(ann_, w.id, true);
  workspaces().remove(ann_, w.id);
  contents_.broken = true;
  EXPECT_EQ(refusal([&] { service().purge(stop); }), "503 collab.unavailable");
  contents_.broken = false;
  service().purge(stop);
  EXPECT_EQ(contents_.removed, (std::set<std::string>{one.id, two.id}));
  database_->read([&](db::Tx& tx) {
    for (const char* table :
         {"documents", "document_texts", "document_stars", "document_links", "document_removals"})
      EXPECT_EQ(tx.query(std::string("SELECT count(*) FROM ") + table).at(0).integer(0), 0)
          << table;
  });
}

TEST_F(DocumentsTest, NewOnesBeginWithTemplates) {
  for (const auto& one : service().templates(ann_)) {
    const auto made = service().create(ann_, {.title = "", .place = {}, .template_id = one.id});
    EXPECT_EQ(made.title, one.id == "blank" ? "Untitled" : one.title);
    EXPECT_EQ(contents_.deltas.contains(made.id), one.id != "blank");
  }
  const auto own =
      service().create(ann_, {.title = "  House style ", .template_id = "meeting-notes"});
  EXPECT_EQ(own.title, "House style");
  service().set_template(ann_, own.id, true);
  EXPECT_EQ(service().templates(ann_).back().id, own.id);
  EXPECT_NE(service().templates(ann_).back().text, "");
  EXPECT_EQ(service().templates(bob_).size() + 1, service().templates(ann_).size());
  EXPECT_EQ(refusal([&] { service().create(bob_, {.template_id = own.id}); }),
            "404 documents.documentNotFound");
  EXPECT_EQ(refusal([&] { service().set_template(bob_, own.id, false); }),
            "404 documents.documentNotFound");
  const auto copy = service().duplicate({ann_, ""}, own.id, {});
  EXPECT_EQ(copy.title, "Copy of House style");
  EXPECT_EQ(contents_.deltas[copy.id], contents_.deltas[own.id]);
  EXPECT_EQ(titles(ann_, {.text = "agenda house"}).size(), 2U);
  // A content that cannot be written leaves no document behind.
  const auto before = service().list(ann_, {}).documents.size();
  contents_.broken = true;
  EXPECT_EQ(refusal([&] { service().create(ann_, {.template_id = "project-plan"}); }),
            "503 collab.unavailable");
  EXPECT_EQ(service().list(ann_, {}).documents.size(), before);
}

TEST_F(DocumentsTest, OldClientsChooseTheId) {
  const std::string id = "0192d5b0-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
  EXPECT_EQ(service().create(ann_, {.id = id}).id, id);
  EXPECT_EQ(refusal([&] { service().create(bob_, {.id = id}); }), "409 workspaces.idTaken");
  for (const char* bad :
       {"x", "0192D5B0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", "0192d5b0-1c2d-7e3f-8a4b-5c6d7e8f9a0b ",
        "0192d5b001c2d-7e3f-8a4b-5c6d7e8f9a0"})
    EXPECT_EQ(refusal([&] { service().create(ann_, {.id = bad}); }), "400 documents.badId") << bad;
}

}  // namespace
}  // namespace ob::documents
