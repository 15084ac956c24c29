// Files and directories.
#include <openssl/evp.h>

#include "base/ids.h"
#include "storage/audited.h"
#include "storage/migrations/migrations.h"

namespace ob::storage {
namespace {

using identity::Privilege;

constexpr std::size_t kPage = 1000;

Error no_such(const std::string& what, const std::string& path) {
  return not_found("storage.notFound", "There is no " + what + " " + path + ".");
}

Error exists(const std::string& path) {
  return conflict("storage.exists", "There is already something at " + path +
                                        ". Ask to overwrite it or choose another name.");
}

Error is_directory(const std::string& path) {
  return conflict("storage.isDirectory", path + " is a directory.");
}

Error not_directory(const std::string& path) {
  return conflict("storage.notDirectory", path + " is a file, not a directory.");
}

std::string parent_of(const std::string& inside) {
  const auto slash = inside.rfind('/');
  return slash == inside.npos ? std::string() : inside.substr(0, slash);
}

std::string marker_of(const std::string& directory_key) {
  return directory_key + "/" + std::string(kMarker);
}

// The digest of bytes that come in pieces.
class Digest {
 public:
  Digest(const EVP_MD* algorithm, std::string expected)
      : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free), expected_(std::move(expected)) {
    if (EVP_DigestInit_ex(context_.get(), algorithm, nullptr) != 1) {
      throw Error(501, "storage.digestUnsupported", "This server cannot check that digest.");
    }
  }
  void update(std::span<const std::byte> data) {
    EVP_DigestUpdate(context_.get(), data.data(), data.size());
  }
  void require_match() {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(), out, &size);
    if (std::string_view(reinterpret_cast<char*>(out), size) != expected_) {
      throw bad_request("storage.wrongDigest",
                        "The bytes that arrived do not match the digest in the header. Send the "
                        "file again.");
    }
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  std::string expected_;
};

class FileIncoming : public Incoming {
 public:
  FileIncoming(StorageService& service, Caller caller, Located target, bool overwrite,
               const Expected& expected)
      : service_(service),
        caller_(std::move(caller)),
        target_(std::move(target)),
        overwrite_(overwrite),
        expected_bytes_(expected.bytes),
        writer_(service.objects().create(target_.key)) {
    if (!expected.md5.empty()) digests_.emplace_back(EVP_md5(), expected.md5);
    if (!expected.sha256.empty()) digests_.emplace_back(EVP_sha256(), expected.sha256);
  }

  void write(std::span<const std::byte> data) override {
    received_ += static_cast<std::int64_t>(data.size());
    if (received_ > service_.max_file_bytes()) {
      throw too_large("storage.tooLarge", "The file is larger than this server takes.");
    }
    for (auto& digest : digests_) digest.update(data);
    writer_->write(data);
  }

  File finish() override {
    if (expected_bytes_ && *expected_bytes_ != received_) {
      throw bad_request("storage.wrongLength", "The request ended after " +
                                                   std::to_string(received_) + " of " +
                                                   std::to_string(*expected_bytes_) + " bytes.");
    }
    for (auto& digest : digests_) digest.require_match();
    // Rights or the volume may have gone while the bytes came.
    if (service_.locate_inside(caller_, target_.text(), Privilege::write).key != target_.key) {
      throw conflict("storage.changed", "The volume was replaced while the file was sent.");
    }
    service_.check_target(target_, overwrite_);
    if (overwrite_) {
      writer_->commit();
    } else if (!writer_->commit_if_absent()) {
      throw exists(target_.text());
    }
    return service_.stat(target_);
  }

 private:
  StorageService& service_;
  Caller caller_;
  Located target_;
  bool overwrite_;
  std::optional<std::int64_t> expected_bytes_;
  std::int64_t received_ = 0;
  std::vector<Digest> digests_;
  std::unique_ptr<objects::Writer> writer_;
};

}  // namespace

StorageService::StorageService(db::Database& database, VolumeFinder find_volume,
                               std::shared_ptr<objects::Store> objects, const Options& options)
    : db_(database),
      find_volume_(std::move(find_volume)),
      objects_(std::move(objects)),
      options_(options) {
  database.migrate("storage", migrations());
  drop_stale_uploads();
}

Located StorageService::locate(const Caller& caller, const std::string& path, Privilege privilege) {
  const VolumePath parsed = parse_path(path);
  const catalog::Volume volume = find_volume_(caller, parsed.volume, privilege);
  std::string key = volume.root;
  if (key.ends_with('/')) key.pop_back();
  if (!parsed.inside.empty()) key += "/" + parsed.inside;
  return {volume.name, parsed.inside, std::move(key)};
}

Located StorageService::locate_inside(const Caller& caller, const std::string& path,
                                      Privilege privilege) {
  Located found = locate(caller, path, privilege);
  if (found.inside.empty()) {
    throw bad_request("storage.badPath", "The path names a volume, not something inside it.");
  }
  return found;
}

Kind StorageService::kind_of(const std::string& key) {
  if (objects_->head(key)) return Kind::file;
  return objects_->list(key + "/", "", 1, false).empty() ? Kind::none : Kind::directory;
}

void StorageService::require_directories_above(const Located& target) {
  std::string inside = parent_of(target.inside);
  std::string key = target.key;
  for (; !inside.empty(); inside = parent_of(inside)) {
    key = parent_of(key);
    if (objects_->head(key)) throw not_directory(to_text(target.volume, inside));
  }
}

void StorageService::check_target(const Located& target, bool overwrite) {
  require_directories_above(target);
  const Kind kind = kind_of(target.key);
  if (kind == Kind::directory) throw is_directory(target.text());
  if (kind == Kind::file && !overwrite) throw exists(target.text());
}

// A directory stays when the last file in it goes.
void StorageService::keep_directory_above(const Located& file) {
  if (parent_of(file.inside).empty()) return;
  objects_->put_if_absent(marker_of(parent_of(file.key)), "");
}

File StorageService::stat(const Located& file) {
  const auto info = objects_->head(file.key);
  if (!info) throw no_such("file", file.text());
  return {file.text(), info->size, info->modified, info->version};
}

std::unique_ptr<Incoming> StorageService::receive(const Caller& caller, const std::string& path,
                                                  bool overwrite, const Expected& expected) {
  const Located target = locate_inside(caller, path, Privilege::write);
  if (expected.bytes && *expected.bytes > options_.max_file_bytes) {
    throw too_large("storage.tooLarge", "The file is larger than this server takes.");
  }
  check_target(target, overwrite);
  return std::make_unique<FileIncoming>(*this, caller, target, overwrite, expected);
}

Outgoing StorageService::open_file(const Caller& caller, const std::string& path) {
  const Located file = locate_inside(caller, path, Privilege::read);
  const Kind kind = kind_of(file.key);
  if (kind == Kind::directory) throw is_directory(file.text());
  if (kind == Kind::none) throw no_such("file", file.text());
  std::shared_ptr<objects::Reader> reader = objects_->open(file.key);
  const auto info = reader->info();
  return {{file.text(), info.size, info.modified, info.version}, std::move(reader)};
}

std::string StorageService::readable_location(const Caller& caller, const std::string& path) {
  const Located file = locate_inside(caller, path, Privilege::read);
  const Kind kind = kind_of(file.key);
  if (kind == Kind::directory) throw is_directory(file.text());
  if (kind == Kind::none) throw no_such("file", file.text());
  return objects_->location(file.key);
}

void StorageService::remove_file(const Caller& caller, const std::string& path) {
  const Located file = locate_inside(caller, path, Privilege::write);
  const Kind kind = kind_of(file.key);
  if (kind == Kind::directory) throw is_directory(file.text());
  if (kind == Kind::none) throw no_such("file", file.text());
  keep_directory_above(file);
  if (!objects_->remove(file.key)) throw no_such("file", file.text());
}

Listing StorageService::list(const Caller& caller, const std::string& path,
                             const std::string& after, std::size_t limit) {
  const Located directory = locate(caller, path, Privilege::read);
  std::string start;
  if (!after.empty()) {
    if (!base64url_decode(after, start) || !start.starts_with('n')) {
      throw bad_request("storage.badCursor", "The cursor is not one that a listing gave.");
    }
    start = directory.key + "/" + start.substr(1);
  }
  // One more tells whether there is a next page; another may be the marker.
  const auto found = objects_->list(directory.key + "/", start, limit + 2, true);
  if (found.empty() && after.empty() && !directory.inside.empty()) {
    if (objects_->head(directory.key)) throw not_directory(directory.text());
    throw no_such("directory", directory.text());
  }
  Listing out;
  std::string last;
  for (const auto& info : found) {
    std::string name = info.key.substr(directory.key.size() + 1);
    if (name == kMarker) continue;
    if (out.items.size() == limit) {
      out.next = base64url_encode("n" + last);
      break;
    }
    last = name;
    Entry entry{.directory = info.is_prefix};
    if (entry.directory) {
      name.pop_back();
    } else {
      entry.bytes = info.size;
      entry.modified_at = info.modified;
    }
    entry.path = directory.text() + "/" + name;
    entry.name = std::move(name);
    out.items.push_back(std::move(entry));
  }
  return out;
}

Entry StorageService::make_directory(const Caller& caller, const std::string& path) {
  const Located directory = locate_inside(caller, path, Privilege::write);
  require_directories_above(directory);
  if (objects_->head(directory.key)) throw exists(directory.text());
  objects_->put_if_absent(marker_of(directory.key), "");
  const auto slash = directory.inside.rfind('/');
  return {.name = directory.inside.substr(slash == std::string::npos ? 0 : slash + 1),
          .path = directory.text(),
          .directory = true};
}

void StorageService::remove_directory(const Caller& caller, const std::string& path,
                                      bool recursive) {
  const Located directory = locate_inside(caller, path, Privilege::write);
  const Kind kind = kind_of(directory.key);
  if (kind == Kind::file) throw not_directory(directory.text());
  if (kind == Kind::none) throw no_such("directory", directory.text());
  const std::string prefix = directory.key + "/", marker = marker_of(directory.key);
  auto page = objects_->list(prefix, "", recursive ? kPage : 2, false);
  if (!recursive && !(page.size() == 1 && page[0].key == marker)) {
    throw conflict("storage.notEmpty",
                   directory.text() + " is not empty. Ask to remove it with all that is in it.");
  }
  keep_directory_above(directory);
  for (; !page.empty(); page = objects_->list(prefix, "", recursive ? kPage : 2, false)) {
    for (const auto& object : page) objects_->remove(object.key);
    if (!recursive) return;
  }
}

void StorageService::move(const Caller& caller, const std::string& from, const std::string& to,
                          bool overwrite) {
  const Located source = locate_inside(caller, from, Privilege::write);
  const Located target = locate_inside(caller, to, Privilege::write);
  const Kind kind = kind_of(source.key);
  if (kind == Kind::none) throw no_such("file or directory", source.text());
  if (source.key == target.key) return;
  if (kind == Kind::directory) return move_directory(source, target);
  check_target(target, overwrite);
  keep_directory_above(source);
  if (overwrite) {
    objects_->move(source.key, target.key);
  } else if (!objects_->move_if_absent(source.key, target.key)) {
    throw exists(target.text());
  }
}

void StorageService::move_directory(const Located& from, const Located& to) {
  if (to.key.starts_with(from.key + "/")) {
    throw bad_request("storage.badPath", "A directory cannot move into itself.");
  }
  require_directories_above(to);
  keep_directory_above(from);
  if (!objects_->move_prefix(from.key, to.key)) throw exists(to.text());
}

std::unique_ptr<Service> open(db::Database& database, catalog::Service& catalog,
                              std::shared_ptr<objects::Store> objects, const Options& options) {
  auto find = [&catalog](const Caller& caller, const catalog::Name& name, Privilege privilege) {
    return catalog.volume(caller, name, privilege);
  };
  return std::make_unique<AuditedStorage>(database, find, std::move(objects), options);
}

}  // namespace ob::storage
