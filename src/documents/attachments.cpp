#include "documents/attachments.h"

#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "base/ids.h"
#include "documents/leftovers.h"

namespace ob::documents {
namespace {

constexpr const char* kFirst = R"sql(
CREATE TABLE document_files (
  id TEXT PRIMARY KEY,
  document_id TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL
);
CREATE INDEX document_files_document ON document_files (document_id, created_at, id)
)sql";
constexpr std::array<db::Migration, 1> kMigrations{{{1, kFirst}}};

constexpr const char* kFile =
    "SELECT id, document_id, name, type, bytes, created_at, created_by FROM document_files";
constexpr std::size_t kBegin = 16, kUuid = 36;
constexpr std::size_t kPiece = 256 * 1024;
constexpr Micros kHour = std::int64_t{3'600'000'000};
const std::string kOther = "application/octet-stream";

Attachment file_of(const db::Row& row) {
  return {row.text(0),    row.text(1),    row.text(2), row.text(3),
          row.integer(4), row.integer(5), row.text(6)};
}

std::string key_of(const Attachment& file) {
  return "documents/" + file.document + "/files/" + file.id;
}

// As names of objects are: a line of text without what paths are made of.
void check_name(const std::string& name) {
  bool ok = !name.empty() && name.size() <= 255 && name != "." && name != "..";
  for (const char c : name) {
    const auto u = static_cast<unsigned char>(c);
    ok = ok && u >= ' ' && u != 0x7F && c != '/' && c != '\\';
  }
  if (!ok) {
    throw bad_request("documents.badFileName",
                      "A file's name is 1 to 255 bytes without slashes and control characters.");
  }
}

void check_room(db::Tx& tx, const std::string& document, std::int64_t more) {
  const auto row = tx.query(
                         "SELECT count(*), CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM "
                         "document_files WHERE document_id = $1",
                         {document})
                       .at(0);
  if (row.integer(0) < Attachments::kMost && row.integer(1) + more <= Attachments::kMostBytes)
    return;
  throw conflict("documents.filesFull", "The files of a document may be " +
                                            std::to_string(Attachments::kMost) + ", and " +
                                            std::to_string(Attachments::kMostBytes >> 20) +
                                            " MiB together. Delete some first.");
}

class FileReceiving final : public Receiving {
 public:
  FileReceiving(db::Database& database, objects::Store& objects, Attachment file)
      : db_(database), file_(std::move(file)) {
    const std::string key = key_of(file_);
    db_.write([&](db::Tx& tx) { leftovers::leave(tx, key, file_.created_at + kHour); });
    writer_ = objects.create(key);
  }

  void write(std::span<const std::byte> bytes) override {
    file_.bytes += static_cast<std::int64_t>(bytes.size());
    if (file_.bytes > Attachments::kLargest) {
      throw too_large("documents.fileTooLarge", "A file in a document has at most " +
                                                    std::to_string(Attachments::kLargest >> 20) +
                                                    " MiB.");
    }
    if (begin_.size() < kBegin) {
      const auto some = bytes.first(std::min(bytes.size(), kBegin - begin_.size()));
      begin_.append(reinterpret_cast<const char*>(some.data()), some.size());
    }
    writer_->write(bytes);
  }

  Attachment finish() override {
    file_.type = picture_type(begin_);
    db_.read([&](db::Tx& tx) { check_room(tx, file_.document, file_.bytes); });
    writer_->commit();
    db_.write([&](db::Tx& tx) {
      check_room(tx, file_.document, file_.bytes);
      if (!leftovers::taken(tx, key_of(file_)))
        throw internal("receiving a file took so long that it was swept");
      tx.execute(
          "INSERT INTO document_files (id, document_id, name, type, bytes, created_at, created_by) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7)",
          {file_.id, file_.document, file_.name, file_.type, file_.bytes, file_.created_at,
           file_.created_by});
    });
    return file_;
  }

 private:
  db::Database& db_;
  Attachment file_;
  std::string begin_;
  std::unique_ptr<objects::Writer> writer_;
};

class AttachmentService final : public Attachments {
 public:
  AttachmentService(Surroundings around, std::shared_ptr<objects::Store> objects)
      : around_(std::move(around)), db_(around_.database), objects_(std::move(objects)) {
    around_.on_remove([](db::Tx& tx, const std::string& document) {
      tx.execute("DELETE FROM document_files WHERE document_id = $1", {document});
      leftovers::leave_document(tx, document);
    });
  }

  std::unique_ptr<Receiving> receive(const Visitor& visitor, const std::string& document,
                                     const std::string& name) override {
    require_write(visitor, document);
    check_name(name);
    db_.read([&](db::Tx& tx) { check_room(tx, document, 1); });
    Attachment file{.id = new_uuid(),
                    .document = document,
                    .name = name,
                    .created_at = now_micros(),
                    .created_by = visitor.caller.user_id};
    return std::make_unique<FileReceiving>(db_, *objects_, std::move(file));
  }

  Found open(const Visitor& visitor, const std::string& document, const std::string& id) override {
    around_.require(visitor, document, Level::viewer);
    Attachment file = find(document, id);
    return {file, objects_->open(key_of(file))};
  }

  std::vector<Attachment> list(const Visitor& visitor, const std::string& document) override {
    around_.require(visitor, document, Level::viewer);
    return db_.reading([&](db::Tx& tx) {
      std::vector<Attachment> out;
      for (const auto& row : tx.query(
               std::string(kFile) + " WHERE document_id = $1 ORDER BY created_at, id", {document}))
        out.push_back(file_of(row));
      return out;
    });
  }

  std::string adopt(const Visitor& visitor, const std::string& source, const std::string& copy,
                    const std::string& delta) override {
    const std::string begin = place_of(source);
    std::string out;
    std::map<std::string, std::string> copied;  // by the ids of the source's
    std::set<std::string> there;
    for (const Attachment& file : list(visitor, source)) there.insert(file.id);
    std::size_t at = 0;
    for (auto found = delta.find(begin); found != delta.npos; found = delta.find(begin, at)) {
      const std::size_t name = found + begin.size();
      const std::string id = delta.substr(name, kUuid);
      auto known = copied.find(id);
      // What the source does not have either stays as it is.
      if (known == copied.end() && there.contains(id))
        known = copied.emplace(id, copy_of(visitor, source, copy, id)).first;
      out.append(delta, at, found - at);
      const bool is_copied = known != copied.end() && !known->second.empty();
      out += is_copied ? place_of(copy) + known->second : begin + id;
      at = std::min(name + kUuid, delta.size());
    }
    return out.append(delta, at);
  }

  void remove(const Visitor& visitor, const std::string& document, const std::string& id) override {
    require_write(visitor, document);
    const Attachment file = find(document, id);
    db_.write([&](db::Tx& tx) {
      tx.execute("DELETE FROM document_files WHERE id = $1", {id});
      leftovers::leave(tx, key_of(file), 0);
    });
  }

 private:
  // As addresses of files begin behind the server's own part.
  static std::string place_of(const std::string& document) {
    return "/documents/" + document + "/files/";
  }

  // The id of the copy; empty where there is no such file.
  std::string copy_of(const Visitor& visitor, const std::string& source, const std::string& copy,
                      const std::string& id) {
    try {
      const Found found = open(visitor, source, id);
      const auto receiving = receive({visitor.caller, ""}, copy, found.attachment.name);
      std::vector<std::byte> piece(kPiece);
      std::int64_t at = 0;
      while (at < found.attachment.bytes) {
        const std::size_t read = found.reader->read(at, piece);
        if (read == 0) throw internal("a file of a document is shorter than it was");
        receiving->write(std::span(piece).first(read));
        at += static_cast<std::int64_t>(read);
      }
      return receiving->finish().id;
    } catch (const Error& e) {
      if (e.status() == 404) return {};
      throw;
    }
  }

  void require_write(const Visitor& visitor, const std::string& document) {
    around_.require(visitor, document, Level::editor);
    if (visitor.caller.read_only)
      throw forbidden("identity.forbidden", "This sign-in may only read.");
  }

  Attachment find(const std::string& document, const std::string& id) {
    const auto row = db_.reading([&](db::Tx& tx) {
      return tx.query_one(std::string(kFile) + " WHERE id = $1 AND document_id = $2",
                          {id, document});
    });
    if (!row) throw not_found("documents.fileNotFound", "There is no such file in the document.");
    return file_of(*row);
  }

  const Surroundings around_;
  db::Database& db_;
  const std::shared_ptr<objects::Store> objects_;
};

}  // namespace

std::string picture_type(std::string_view begin) {
  using namespace std::string_view_literals;
  if (begin.starts_with("\x89PNG\r\n\x1a\n"sv)) return "image/png";
  if (begin.starts_with("\xFF\xD8\xFF"sv)) return "image/jpeg";
  if (begin.starts_with("GIF87a"sv) || begin.starts_with("GIF89a"sv)) return "image/gif";
  if (begin.starts_with("RIFF"sv) &&
      begin.substr(std::min<std::size_t>(8, begin.size()), 4) == "WEBP"sv)
    return "image/webp";
  const auto brand = begin.substr(std::min<std::size_t>(4, begin.size()), 8);
  if (brand == "ftypavif"sv || brand == "ftypavis"sv) return "image/avif";
  return kOther;
}

std::unique_ptr<Attachments> open_attachments(const Surroundings& around,
                                              std::shared_ptr<objects::Store> objects) {
  leftovers::migrate(around.database);
  around.database.migrate("document_files", kMigrations);
  return std::make_unique<AttachmentService>(around, std::move(objects));
}

}  // namespace ob::documents
