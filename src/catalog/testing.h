#pragma once
// What the tests of this module share: a catalog over a real database, store and identity in a
// temporary directory.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/ids.h"
#include "catalog/catalog.h"
#include "db/testing.h"

namespace ob::catalog {

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
    identity_ = identity::open(*database_, data(), "", {.bcrypt_cost = 4});
    identity_->bootstrap("admin@localhost", "a long password");
    admin_ = signed_in("admin@localhost");
    for (Caller* user : {&ann_, &bob_}) {
      identity_->create_user(admin_, user->email, "Name", "a long password");
      *user = signed_in(user->email);
    }
    start();
  }
  void TearDown() override {
    service_.reset();
    identity_.reset();
    database_.reset();
    objects_.reset();
    std::filesystem::remove_all(directory_);
  }
  // Again as after a restart.
  void start() {
    service_.reset();
    service_ = open(*database_, *identity_, objects_, parquet_, {data(), {external()}});
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
  // Grants, whatever the object is.
  void give(const std::string& principal, identity::Privilege privilege,
            const std::string& object_id) {
    identity_->permissions().grant(identity::Identity::system(), only(object_id), principal,
                                   {.privileges = {privilege}});
    given_.push_back(object_id);
  }
  void take_all() {
    for (const auto& id : given_) identity_->permissions().forget(only(id).front());
  }
  std::size_t grants_on(const std::string& object_id) {
    return identity_->permissions()
        .grants(identity::Identity::system(), only(object_id), false)
        .size();
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
  std::unique_ptr<identity::Identity> identity_;
  NoParquet parquet_;
  std::unique_ptr<Service> service_;
  Caller admin_, ann_{.email = "ann@localhost"}, bob_{.email = "bob@localhost"};

 private:
  Caller signed_in(const std::string& email) {
    return identity_->authenticate(
        identity_->sign_in(email, "a long password", "127.0.0.1").access_token);
  }
  static std::vector<identity::Securable> only(const std::string& object_id) {
    return {{identity::ObjectType::table, object_id, "object", "nobody"}};
  }
  std::vector<std::string> given_;
};

}  // namespace ob::catalog
