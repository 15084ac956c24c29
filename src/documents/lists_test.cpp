// What there is of documents: lists, search, the trash and templates.
#include "base/ids.h"
#include "documents/testing.h"

namespace ob::documents {
namespace {

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

TEST_F(DocumentsTest, AnIdThatWasRemovedNeverComesBack) {
  const std::string id = "0192d5b0-1c2d-7e3f-8a4b-5c6d7e8f9a0c";
  service().create(ann_, {.id = id});
  service().trash(ann_, id);
  EXPECT_EQ(refusal([&] { service().create(bob_, {.id = id}); }), "409 workspaces.idTaken");
  service().remove(ann_, id);
  service().purge([] { return false; });
  EXPECT_EQ(contents_.removed, std::set<std::string>{id});
  for (const auto& who : {ann_, bob_})
    EXPECT_EQ(refusal([&] { service().create(who, {.id = id}); }), "409 documents.idInUse");
}

}  // namespace
}  // namespace ob::documents
