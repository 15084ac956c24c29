#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "objects/remote.h"
#include "objects/remote_call.h"

namespace ob::objects {

struct RemoteHead {
  ObjectInfo info;
  std::string marker;  // what the writer of the object left on it
};

class RemoteStore : public Store {
 public:
  RemoteStore(RemotePlace place, const Credentials& credentials, const RemoteOptions& options);

  std::optional<ObjectInfo> head(const std::string& key) override;
  std::string get(const std::string& key, std::int64_t max_bytes) override;
  std::unique_ptr<Reader> open(const std::string& key) override;
  std::unique_ptr<Writer> create(const std::string& key) override;
  void put(const std::string& key, std::string_view bytes) override;
  bool put_if_absent(const std::string& key, std::string_view bytes) override;
  bool remove(const std::string& key) override;
  void move(const std::string& from, const std::string& to) override;
  bool move_if_absent(const std::string& from, const std::string& to) override;
  bool move_prefix(const std::string& from, const std::string& to) override;
  std::vector<ObjectInfo> list(const std::string& prefix, const std::string& after,
                               std::size_t limit, bool delimited) override;
  std::string location(const std::string& key) const override;
  std::optional<std::string> encryption() override;
  std::unique_ptr<Staged> stage(const std::string& id, bool create) override;
  bool drop_staged(const std::string& id) override;
  std::vector<std::string> staged() override;

  // The same on the store's own keys, too, which validate_key() refuses.
  std::optional<RemoteHead> head_any(const std::string& key);
  std::string get_any(const std::string& key, std::int64_t max_bytes);
  void put_any(const std::string& key, std::string_view bytes);
  bool put_any_if_absent(const std::string& key, std::string_view bytes);
  void remove_any(const std::string& key);
  // With nothing hidden.
  std::vector<ObjectInfo> list_any(const std::string& prefix, const std::string& after,
                                   std::size_t limit, bool delimited);
  // An object with that marker; a new one when it is empty.
  std::unique_ptr<Writer> create_any(const std::string& key, const std::string& marker);
  std::size_t part_bytes() const { return part_bytes_; }

 private:
  bool stream(const std::string& from, const std::string& to, bool replace);
  std::vector<ObjectInfo> list_with(const std::string& prefix, const std::string& after,
                                    std::size_t limit, bool delimited,
                                    rust::Vec<rust::String> hidden);
  std::string whole(const std::string& key) const { return place_.prefix + key; }
  ObjectInfo to_info(const native::RemoteInfo& info) const;

  RemotePlace place_;
  std::string where_;  // for messages: "s3://bucket"
  std::size_t part_bytes_;
  // Shared with readers and writers, which may outlive the store.
  std::shared_ptr<rust::Box<native::RemoteStore>> remote_;
};

std::unique_ptr<Staged> open_staged(RemoteStore& store, const std::string& id, bool create);
bool drop_staged(RemoteStore& store, const std::string& id);
std::vector<std::string> staged_ids(RemoteStore& store);

}  // namespace ob::objects
