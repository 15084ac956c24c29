#include "base/ids.h"
#include "documents/testing.h"

namespace ob::documents {
namespace {

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

}  // namespace
}  // namespace ob::documents
