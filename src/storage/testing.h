#pragma once
// A storage service over a temporary directory and two volumes: main.s.mine, which "bob" may change
// and "eve" read, and main.s.other, which only "bob" may see.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "db/testing.h"
#include "storage/service.h"

namespace ob::storage {

class StorageFixture : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_storage_XXXXXX";
    directory_ = mkdtemp(name);
    start();
  }
  void TearDown() override {
    service_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  void start(const Options& options = {}) {
    service_.reset();
    database_ = db::open(db::testing::url_in(directory_));
    objects_.reset();
    objects_ = objects::open("file://" + directory_ + "/objects");
    service_ = std::make_unique<StorageService>(*database_, &find_volume, objects_, options);
  }

  static catalog::Volume find_volume(const Caller& caller, const catalog::Name& name,
                                     identity::Privilege privilege) {
    const bool mine = name == catalog::Name{"main", "s", "mine"};
    const bool other = name == catalog::Name{"main", "s", "other"};
    if (!(mine || other) || (other && caller.user_id != "bob")) {
      throw not_found("catalog.volumeNotFound", "There is no such volume.");
    }
    if (caller.user_id != "bob" && privilege != identity::Privilege::read) {
      throw forbidden("catalog.forbidden", "You may not write to it.");
    }
    return {.name = name, .root = mine ? "volumes/m" : "volumes/o/"};
  }

  static std::string at(const std::string& inside) { return "/Volumes/main/s/mine/" + inside; }
  static std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
  }
  File put(const std::string& path, std::string_view content, bool overwrite = false) {
    auto incoming = service_->receive(bob_, path, overwrite, {});
    incoming->write(bytes(content));
    return incoming->finish();
  }
  std::string get(const std::string& path) {
    const auto out = service_->open_file(bob_, path);
    std::string content(static_cast<std::size_t>(out.reader->size()), '\0');
    out.reader->read(0, std::as_writable_bytes(std::span(content)));
    return content;
  }
  std::vector<std::string> names(const std::string& path) {
    std::vector<std::string> out;
    for (const auto& entry : service_->list(bob_, path, "", 1000).items) {
      out.push_back(entry.name + (entry.directory ? "/" : ""));
    }
    return out;
  }
  static std::string refusal(const std::function<void()>& fn) {
    try {
      fn();
    } catch (const Error& e) {
      return std::to_string(e.status()) + " " + e.id();
    }
    return "";
  }

  std::string directory_;
  std::unique_ptr<db::Database> database_;
  std::shared_ptr<objects::Store> objects_;
  std::unique_ptr<StorageService> service_;
  Caller bob_{.user_id = "bob"}, eve_{.user_id = "eve"};
};

}  // namespace ob::storage
