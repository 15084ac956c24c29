#include "objects/remote.h"

#include <algorithm>

#include "base/error.h"
#include "objects/local.h"
#include "objects/remote_store.h"

namespace ob::objects {
namespace {

constexpr std::int64_t kLargestCopy = std::int64_t{5} << 30;  // of S3, in one request
constexpr std::size_t kSmallestPart = 5 << 20;                // of S3

void validate(const std::string& key) {
  validate_key(key);
  const bool control =
      std::ranges::any_of(key, [](unsigned char c) { return c < ' ' || c == 0x7f; });
  if (control) throw bad_request("objects.badKey", "The key has a control character.");
  bridge_text(key);
}

std::string said(std::string_view what, const std::string& key) {
  return std::string(what) + " '" + key + "'";
}

class RemoteReader : public Reader {
 public:
  RemoteReader(rust::Box<native::RemoteReader> reader, ObjectInfo info, std::string where)
      : reader_(std::move(reader)), info_(std::move(info)), where_(std::move(where)) {}

  std::int64_t size() const override { return info_.size; }
  ObjectInfo info() const override { return info_; }
  std::size_t read(std::int64_t offset, std::span<std::byte> out) override {
    if (offset < 0) throw internal("a read before the start of '" + info_.key + "'");
    return bridged(where_, said("read", info_.key), [&](const native::Call& call) {
      rust::Slice<std::uint8_t> target(reinterpret_cast<std::uint8_t*>(out.data()), out.size());
      return reader_->read(call, static_cast<std::uint64_t>(offset), target);
    });
  }
  std::size_t read_range(std::int64_t offset, std::span<std::byte> out) override {
    if (offset < 0) throw internal("a read before the start of '" + info_.key + "'");
    return bridged(where_, said("read", info_.key), [&](const native::Call& call) {
      rust::Slice<std::uint8_t> target(reinterpret_cast<std::uint8_t*>(out.data()), out.size());
      return reader_->read_range(call, static_cast<std::uint64_t>(offset), target);
    });
  }

 private:
  rust::Box<native::RemoteReader> reader_;
  ObjectInfo info_;
  std::string where_;
};

class RemoteWriter : public Writer {
 public:
  RemoteWriter(rust::Box<native::RemoteWriter> writer, std::string key, std::string where)
      : writer_(std::move(writer)), key_(std::move(key)), where_(std::move(where)) {}

  void write(std::span<const std::byte> data) override {
    bridged(where_, said("write", key_),
            [&](const native::Call& call) { writer_->write(call, bridge_bytes(data)); });
  }
  void commit() override { place(true); }
  bool commit_if_absent() override { return place(false); }

 private:
  bool place(bool replace) {
    return bridged(where_, said("commit", key_),
                   [&](const native::Call& call) { return writer_->commit(call, replace); });
  }
  rust::Box<native::RemoteWriter> writer_;
  std::string key_;
  std::string where_;
};

native::Provider to_native(Provider provider) {
  switch (provider) {
    case Provider::s3:
      return native::Provider::S3;
    case Provider::gcs:
      return native::Provider::Gcs;
    default:
      return native::Provider::Azure;
  }
}

// "https://bucket.host": what a server wants that takes the bucket's name from the host.
std::string with_bucket(const std::string& endpoint, const std::string& bucket) {
  const auto host = endpoint.find("://") + 3;
  return endpoint.substr(0, host) + bucket + "." + endpoint.substr(host);
}

native::RemoteConfig to_config(const RemotePlace& place, const Credentials& credentials,
                               const RemoteOptions& options) {
  const bool in_host = place.provider == Provider::s3 && !place.path_style;
  std::string endpoint = place.endpoint;
  if (in_host && !endpoint.empty()) endpoint = with_bucket(endpoint, place.bucket);
  return {.provider = to_native(place.provider),
          .bucket = place.bucket,
          .scratch = place.prefix + std::string(kTemporary) + "/",
          .region = place.region,
          .endpoint = endpoint,
          .access_key = credentials.access_key,
          .secret_key = credentials.secret_key,
          .session_token = credentials.session_token,
          .account = place.account,
          .account_key = credentials.account_key,
          .sas_token = credentials.sas_token,
          .tenant_id = credentials.tenant_id,
          .client_id = credentials.client_id,
          .client_secret = credentials.client_secret,
          .service_account = credentials.service_account,
          .ambient = credentials.ambient,
          .encryption = options.encryption,
          .kms_key = options.kms_key,
          .virtual_hosted = in_host,
          .allow_http = place.plain_http,
          .attempts = static_cast<std::uint32_t>(std::max(options.attempts, 1)),
          .attempt_timeout_ms = static_cast<std::uint64_t>(options.attempt_timeout_ms),
          .backoff_ms = static_cast<std::uint64_t>(options.backoff_ms),
          .part_bytes = std::max(options.part_bytes, kSmallestPart),
          .requests = static_cast<std::uint32_t>(std::max(options.requests, 1))};
}

}  // namespace

RemoteStore::RemoteStore(RemotePlace place, const Credentials& credentials,
                         const RemoteOptions& options)
    : place_(std::move(place)),
      where_(place_.root.substr(0, place_.root.find('/', place_.root.find("://") + 3))),
      part_bytes_(std::max(options.part_bytes, kSmallestPart)) {
  try {
    const auto config = to_config(place_, credentials, options);
    remote_ = std::make_shared<rust::Box<native::RemoteStore>>(native::open_remote(config));
  } catch (const rust::Error& error) {
    throw_bridge_error(error, where_, "open", true);
  } catch (const std::invalid_argument&) {
    throw bad_request("objects.badSettings", "The settings of an object store are UTF-8 text.");
  }
}

std::optional<ObjectInfo> RemoteStore::head(const std::string& key) {
  validate(key);
  auto found = head_any(key);
  if (!found) return std::nullopt;
  return std::move(found->info);
}

std::string RemoteStore::get(const std::string& key, std::int64_t max_bytes) {
  validate(key);
  return get_any(key, max_bytes);
}

std::unique_ptr<Reader> RemoteStore::open(const std::string& key) {
  validate(key);
  return bridged(where_, said("open", key), [&](const native::Call& call) {
    auto reader = native::open_reader(**remote_, call, bridge_text(whole(key)));
    auto info = to_info(reader->info());
    return std::make_unique<RemoteReader>(std::move(reader), std::move(info), where_);
  });
}

std::unique_ptr<Writer> RemoteStore::create(const std::string& key) {
  validate(key);
  return create_any(key, "");
}

void RemoteStore::put(const std::string& key, std::string_view bytes) {
  validate(key);
  put_any(key, bytes);
}

bool RemoteStore::put_if_absent(const std::string& key, std::string_view bytes) {
  validate(key);
  return put_any_if_absent(key, bytes);
}

bool RemoteStore::remove(const std::string& key) {
  validate(key);
  return bridged(where_, said("remove", key), [&](const native::Call& call) {
    return (*remote_)->remove(call, bridge_text(whole(key)));
  });
}

std::optional<std::string> RemoteStore::encryption() {
  const auto told = bridged(where_, "write a probe",
                            [&](const native::Call& call) { return (*remote_)->encryption(call); });
  return std::string(told);
}

void RemoteStore::move(const std::string& from, const std::string& to) {
  validate(to);
  const auto found = head(from);
  if (!found) throw not_found("objects.notFound", "There is no such object.");
  if (from == to) return;
  if (found->size > kLargestCopy) {
    stream(from, to, true);
  } else {
    bridged(where_, said("copy", from), [&](const native::Call& call) {
      (*remote_)->copy(call, bridge_text(whole(from)), bridge_text(whole(to)),
                       static_cast<std::size_t>(found->size));
    });
  }
  remove_any(from);
}

bool RemoteStore::move_if_absent(const std::string& from, const std::string& to) {
  validate(to);
  if (!head(from)) throw not_found("objects.notFound", "There is no such object.");
  // No store copies under a condition in a way that tells afterwards whose copy it was.
  if (head(to) || !stream(from, to, false)) return false;
  remove_any(from);
  return true;
}

bool RemoteStore::move_prefix(const std::string& from, const std::string& to) {
  validate(from);
  validate(to);
  if ((to + "/").starts_with(from + "/")) {
    throw conflict("objects.keyConflict", "Keys cannot be moved below themselves.");
  }
  return Store::move_prefix(from, to);
}

std::vector<ObjectInfo> RemoteStore::list(const std::string& prefix, const std::string& after,
                                          std::size_t limit, bool delimited) {
  const auto slash = prefix.rfind('/');
  if (slash != prefix.npos && slash > 0) validate(prefix.substr(0, slash));
  rust::Vec<rust::String> hidden;
  for (const auto own : {kTemporary, kStaged}) hidden.push_back(whole(std::string(own) + "/"));
  return list_with(prefix, after, limit, delimited, std::move(hidden));
}

std::string RemoteStore::location(const std::string& key) const {
  validate(key);
  return place_.root + key;
}

std::unique_ptr<Staged> RemoteStore::stage(const std::string& id, bool create) {
  return open_staged(*this, id, create);
}
bool RemoteStore::drop_staged(const std::string& id) {
  return objects::drop_staged(*this, id);
}
std::vector<std::string> RemoteStore::staged() {
  return staged_ids(*this);
}

std::optional<RemoteHead> RemoteStore::head_any(const std::string& key) {
  auto head = bridged(where_, said("look up", key), [&](const native::Call& call) {
    return (*remote_)->head(call, bridge_text(whole(key)));
  });
  if (!head.found) return std::nullopt;
  return RemoteHead{to_info(head.info), std::string(head.marker)};
}

std::string RemoteStore::get_any(const std::string& key, std::int64_t max_bytes) {
  const auto bytes = bridged(where_, said("get", key), [&](const native::Call& call) {
    const auto most = static_cast<std::uint64_t>(std::max<std::int64_t>(max_bytes, 0));
    return (*remote_)->get(call, bridge_text(whole(key)), most);
  });
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void RemoteStore::put_any(const std::string& key, std::string_view bytes) {
  bridged(where_, said("put", key), [&](const native::Call& call) {
    (*remote_)->put(call, bridge_text(whole(key)), bridge_bytes(std::as_bytes(std::span(bytes))));
  });
}

bool RemoteStore::put_any_if_absent(const std::string& key, std::string_view bytes) {
  return bridged(where_, said("put", key), [&](const native::Call& call) {
    const auto data = bridge_bytes(std::as_bytes(std::span(bytes)));
    return (*remote_)->put_if_absent(call, bridge_text(whole(key)), data);
  });
}

void RemoteStore::remove_any(const std::string& key) {
  bridged(where_, said("remove", key),
          [&](const native::Call& call) { (*remote_)->remove(call, bridge_text(whole(key))); });
}

std::vector<ObjectInfo> RemoteStore::list_any(const std::string& prefix, const std::string& after,
                                              std::size_t limit, bool delimited) {
  return list_with(prefix, after, limit, delimited, {});
}

std::unique_ptr<Writer> RemoteStore::create_any(const std::string& key, const std::string& marker) {
  return bridged(where_, said("create", key), [&](const native::Call&) {
    auto writer = native::open_writer(**remote_, bridge_text(whole(key)), bridge_text(marker));
    return std::make_unique<RemoteWriter>(std::move(writer), key, where_);
  });
}

bool RemoteStore::stream(const std::string& from, const std::string& to, bool replace) {
  auto reader = open(from);
  auto writer = create_any(to, "");
  std::vector<std::byte> buffer(1 << 20);
  for (std::int64_t done = 0; done < reader->size();) {
    const auto count = reader->read(done, buffer);
    writer->write(std::span(buffer).first(count));
    done += static_cast<std::int64_t>(count);
  }
  if (!replace) return writer->commit_if_absent();
  writer->commit();
  return true;
}

std::vector<ObjectInfo> RemoteStore::list_with(const std::string& prefix, const std::string& after,
                                               std::size_t limit, bool delimited,
                                               rust::Vec<rust::String> hidden) {
  if (limit == 0) return {};
  const std::string whole_prefix = whole(prefix);
  const std::string whole_after = after.empty() ? "" : whole(after);
  const native::ListRequest request{.prefix = bridge_text(whole_prefix),
                                    .after = bridge_text(whole_after),
                                    .limit = limit,
                                    .delimited = delimited,
                                    .hidden = std::move(hidden)};
  const auto found = bridged(where_, said("list", prefix), [&](const native::Call& call) {
    return (*remote_)->list(call, request);
  });
  std::vector<ObjectInfo> out;
  out.reserve(found.size());
  for (const auto& entry : found) out.push_back(to_info(entry));
  return out;
}

ObjectInfo RemoteStore::to_info(const native::RemoteInfo& info) const {
  std::string key(info.key.data() + place_.prefix.size(), info.key.size() - place_.prefix.size());
  return {.key = std::move(key),
          .size = info.size,
          .modified = info.modified,
          .is_prefix = info.is_prefix,
          .version = version_of(std::string_view(info.etag.data(), info.etag.size()))};
}

std::unique_ptr<Store> open_remote(const RemotePlace& place, const Credentials& credentials,
                                   const RemoteOptions& options) {
  return std::make_unique<RemoteStore>(place, credentials, options);
}

}  // namespace ob::objects
