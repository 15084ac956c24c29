#include "storage/audited.h"

namespace ob::storage {
namespace {

audit::Event file_event(const Caller& caller, const char* action, const std::string& path,
                        const char* type = "file") {
  return audit::event_of(caller, action, {type, "", path});
}

// A file that is received: the act is over when it is there.
class AuditedIncoming final : public Incoming {
 public:
  AuditedIncoming(std::unique_ptr<Incoming> inner, audit::Audit& audit, audit::Event event)
      : inner_(std::move(inner)), audit_(audit), event_(std::move(event)) {}
  void write(std::span<const std::byte> data) override { inner_->write(data); }
  File finish() override {
    return audit::act(audit_, event_, [&](audit::Event& event) {
      File file = inner_->finish();
      event.object.name = file.path;
      event.details["bytes"] = file.bytes;
      return file;
    });
  }

 private:
  std::unique_ptr<Incoming> inner_;
  audit::Audit& audit_;
  const audit::Event event_;
};

}  // namespace

std::unique_ptr<Incoming> AuditedStorage::receive(const Caller& caller, const std::string& path,
                                                  bool overwrite, const Expected& expected) {
  audit::Event event = file_event(caller, "file.upload", path);
  audit_.require_working();
  try {
    return std::make_unique<AuditedIncoming>(
        StorageService::receive(caller, path, overwrite, expected), audit_, event);
  } catch (const Error& error) {
    event.fail(error);
    audit::record_failure(audit_, std::move(event));
    throw;
  }
}

Outgoing AuditedStorage::open_file(const Caller& caller, const std::string& path) {
  return audit::act(
      audit_, file_event(caller, "file.download", path),
      [&](audit::Event& event) {
        Outgoing out = StorageService::open_file(caller, path);
        event.object.name = out.file.path;
        event.details["bytes"] = out.file.bytes;
        return out;
      },
      audit::Kind::read);
}

std::string AuditedStorage::readable_location(const Caller& caller, const std::string& path) {
  return audit::act(
      audit_, file_event(caller, "file.read", path),
      [&](audit::Event&) { return StorageService::readable_location(caller, path); },
      audit::Kind::read);
}

void AuditedStorage::remove_file(const Caller& caller, const std::string& path) {
  audit::act(audit_, file_event(caller, "file.delete", path),
             [&](audit::Event&) { StorageService::remove_file(caller, path); });
}

Entry AuditedStorage::make_directory(const Caller& caller, const std::string& path) {
  return audit::act(audit_, file_event(caller, "directory.create", path, "directory"),
                    [&](audit::Event&) { return StorageService::make_directory(caller, path); });
}

void AuditedStorage::remove_directory(const Caller& caller, const std::string& path,
                                      bool recursive) {
  auto event = file_event(caller, "directory.delete", path, "directory");
  event.details["recursive"] = recursive;
  audit::act(audit_, std::move(event),
             [&](audit::Event&) { StorageService::remove_directory(caller, path, recursive); });
}

void AuditedStorage::move(const Caller& caller, const std::string& from, const std::string& to,
                          bool overwrite) {
  auto event = file_event(caller, "file.move", from);
  event.details["to"] = to;
  audit::act(audit_, std::move(event),
             [&](audit::Event&) { StorageService::move(caller, from, to, overwrite); });
}

Upload AuditedStorage::create_upload(const Caller& caller, const std::string& path,
                                     std::int64_t bytes, bool overwrite) {
  return audit::act(audit_, file_event(caller, "upload.create", path), [&](audit::Event& event) {
    Upload made = StorageService::create_upload(caller, path, bytes, overwrite);
    event.object.id = made.id;
    return made;
  });
}

File AuditedStorage::finish_upload(const Caller& caller, const std::string& id) {
  auto event = audit::event_of(caller, "file.upload", {"file", id, ""});
  return audit::act(audit_, std::move(event), [&](audit::Event& e) {
    File file = StorageService::finish_upload(caller, id);
    e.object.name = file.path;
    e.details["bytes"] = file.bytes;
    return file;
  });
}

void AuditedStorage::cancel_upload(const Caller& caller, const std::string& id) {
  audit::act(audit_, audit::event_of(caller, "upload.cancel", {"file", id, ""}),
             [&](audit::Event&) { StorageService::cancel_upload(caller, id); });
}

}  // namespace ob::storage
