#pragma once
// What the tests of this module share: a catalog over a real database and store in a temporary
// directory, with an identity whose grants the test sets.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/ids.h"
#include "catalog/catalog.h"
#include "db/testing.h"

namespace ob::catalog {

// The rules of identity.h in memory: admins, owners, grants to a user or to everyone.
class FakeIdentity : public identity::Identity {
 public:
  using Privilege = identity::Privilege;
  using Securable = identity::Securable;

  std::optional<std::string> bootstrap(const std::string&, const std::string&) override {
    return {};
  }
  identity::Tokens sign_in(const std::string&, const std::string&, const std::string&) override {
    return {};
  }
  identity::Tokens refresh(const std::string&, const std::string&) override { return {}; }
  void sign_out(const std::string&) override {}
  Caller authenticate(const std::string&) override { return {}; }
  void change_password(const Caller&, const std::string&, const std::string&) override {}
  identity::User me(const Caller&) override { return {}; }
  std::vector<identity::User> users(const Caller&) override {
    return {{"u-admin", "admin@localhost", "Admin", true, 1}};
  }
  identity::User create_user(const Caller&, const std::string&, const std::string&,
                             const std::string&) override {
    return {};
  }
  void delete_user(const Caller&, const std::string&) override {}
  std::vector<identity::ApiKey> keys(const Caller&) override { return {}; }
  std::pair<identity::ApiKey, std::string> create_key(const Caller&, const std::string&,
                                                      std::optional<Micros>) override {
    return {};
  }
  void delete_key(const Caller&, const std::string&) override {}

  bool may(const Caller& caller, Privilege wanted, std::span<const Securable> path) override {
    if (caller.admin) return true;
    for (const auto& object : path) {
      if (object.owner == caller.user_id) return true;
      for (const auto& [who, held, id] : grants_) {
        if (id == object.id && (who == caller.user_id || who == "everyone") &&
            includes(held, wanted)) {
          return true;
        }
      }
    }
    return false;
  }
  void grant(const Caller& caller, const std::string& principal, Privilege privilege,
             std::span<const Securable> path) override {
    if (!may(caller, Privilege::manage, path)) throw forbidden("test", "no");
    grants_.insert({principal, privilege, path.front().id});
  }
  void forget(const Securable& object) override {
    std::erase_if(grants_, [&](const auto& g) { return std::get<2>(g) == object.id; });
  }
  std::string display_name(const std::string& id) override { return "name of " + id; }
  std::string seal(std::string_view secret, std::string_view context) const override {
    return std::string(context) + ":" + base64_encode(secret);
  }
  std::string unseal(std::string_view sealed, std::string_view context) const override {
    std::string out;
    base64_decode(sealed.substr(context.size() + 1), out);
    return out;
  }

  void give(const std::string& user, Privilege privilege, const std::string& object_id) {
    grants_.insert({user, privilege, object_id});
  }
  void take_all() { grants_.clear(); }
  std::size_t grants() const { return grants_.size(); }

 private:
  static bool includes(Privilege held, Privilege wanted) {
    using enum Privilege;
    if (held == manage || held == wanted || wanted == browse) return true;
    return held == write && wanted == read;
  }
  std::set<std::tuple<std::string, Privilege, std::string>> grants_;
};

// Tests stay below the interval of checkpoints.
class NoParquet : public delta::ParquetIo {
  void read_checkpoint(const std::string&,
                       const std::function<void(delta::CheckpointRow)>&) override {
    throw std::logic_error("no checkpoint is read here");
  }
  void write_checkpoint(const std::string&, const std::vector<delta::CheckpointRow>&) override {
    throw std::logic_error("no checkpoint is written here");
  }
};

class CatalogFixture : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "catalog-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    std::filesystem::create_directories(data() + "/objects");
    std::filesystem::create_directories(external());
    database_ = db::open(db::testing::url_in(data()));
    objects_ = objects::open("file://" + data() + "/objects");
    start();
  }
  void TearDown() override {
    service_.reset();
    database_.reset();
    objects_.reset();
    std::filesystem::remove_all(directory_);
  }
  // Again as after a restart.
  void start() {
    service_.reset();
    service_ = open(*database_, identity_, objects_, parquet_, {data(), {external()}});
  }

  std::string data() const { return directory_ + "/data"; }
  std::string external() const { return directory_ + "/lake"; }

  static delta::Schema schema(const std::string& columns = "id BIGINT, name STRING") {
    return delta::parse_type("STRUCT<" + columns + ">").fields;
  }
  // Commits the schema as the table's next version.
  static std::function<void(delta::Table&)> columns(const std::string& text,
                                                    std::vector<std::string> partitions = {}) {
    return [=](delta::Table& table) {
      delta::CommitRequest request{.operation = "CREATE TABLE"};
      delta::Metadata metadata;
      metadata.id = new_uuid();
      metadata.schema = schema(text);
      metadata.partition_columns = partitions;
      try {
        request.base = table.snapshot();
        metadata.id = request.base->metadata().id;
        request.reads.whole_table = true;
      } catch (const Error& error) {
        if (error.status() != 404) throw;
        request.actions.push_back(delta::protocol_for(metadata.schema, {}));
      }
      request.actions.push_back(metadata);
      table.commit(request);
    };
  }
  Table make(const std::string& name, const std::string& text = "id BIGINT, name STRING") {
    return service_->create_table(admin_, parse_name(name), "", "", false, false, columns(text));
  }
  Table make_at(const std::string& name, const std::string& location) {
    return service_->create_table(admin_, parse_name(name), location, "", false, false,
                                  columns("id BIGINT"));
  }
  // An existing log, as "CREATE TABLE … LOCATION" without columns registers it.
  Table register_at(const std::string& name, const std::string& location) {
    return service_->create_table(admin_, parse_name(name), location, "", false, false,
                                  [](delta::Table& table) { table.snapshot(); });
  }
  std::vector<std::string> directories(const std::string& base) const {
    std::vector<std::string> out;
    if (!std::filesystem::exists(data() + "/objects/" + base)) return out;
    for (const auto& e : std::filesystem::directory_iterator(data() + "/objects/" + base)) {
      out.push_back(e.path().filename());
    }
    return out;
  }
  // The id of the error that fn throws, "" when none.
  static std::string error_of(const std::function<void()>& fn) {
    try {
      fn();
    } catch (const Error& error) {
      return error.id();
    }
    return "";
  }
  std::vector<std::string> names(const std::vector<Table>& tables) const {
    std::vector<std::string> out;
    for (const auto& table : tables) out.push_back(table.name.object);
    return out;
  }

  std::string directory_;
  std::unique_ptr<db::Database> database_;
  std::shared_ptr<objects::Store> objects_;
  FakeIdentity identity_;
  NoParquet parquet_;
  std::unique_ptr<Service> service_;
  const Caller admin_{.user_id = "u-admin", .email = "admin@localhost", .admin = true};
  const Caller ann_{.user_id = "u-ann", .email = "ann@localhost"};
  const Caller bob_{.user_id = "u-bob", .email = "bob@localhost"};
};

}  // namespace ob::catalog
