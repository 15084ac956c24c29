#pragma once
// Files within documents: pictures and attachments. The bytes lie in the object store under
// documents/<document>/files/; editors add them, those who may read get them.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "documents/surroundings.h"
#include "objects/objects.h"

namespace ob::documents {

struct Attachment {
  std::string id, document, name;
  std::string type;  // of a picture that browsers may show; else application/octet-stream
  std::int64_t bytes = 0;
  Micros created_at = 0;
  std::string created_by;  // id of a user; empty: a guest
};

// One that is being received. Nothing is visible before finish(); destruction leaves nothing.
class Receiving {
 public:
  virtual ~Receiving() = default;
  virtual void write(std::span<const std::byte> bytes) = 0;
  virtual Attachment finish() = 0;  // durable when it returns
};

// All block and are thread-safe. 404 documents.fileNotFound, 413 documents.fileTooLarge.
class Attachments {
 public:
  static constexpr std::int64_t kLargest = 25 << 20;                   // bytes of one
  static constexpr std::int64_t kMostBytes = 500 << 20, kMost = 2000;  // of a document

  virtual ~Attachments() = default;
  virtual std::unique_ptr<Receiving> receive(const Visitor&, const std::string& document,
                                             const std::string& name) = 0;
  struct Found {
    Attachment attachment;
    std::shared_ptr<objects::Reader> reader;
  };
  virtual Found open(const Visitor&, const std::string& document, const std::string& id) = 0;
  virtual std::vector<Attachment> list(const Visitor&, const std::string& document) = 0;
  virtual void remove(const Visitor&, const std::string& document, const std::string& id) = 0;
  // Copies the files of `source` that a content names into the document `copy`, and answers the
  // content with their new addresses. For who may read the one and write the other.
  virtual std::string adopt(const Visitor&, const std::string& source, const std::string& copy,
                            const std::string& delta) = 0;
};

std::unique_ptr<Attachments> open_attachments(const Surroundings&, std::shared_ptr<objects::Store>);

// The type of a picture by its first bytes (16 are enough); application/octet-stream otherwise. No
// type that can hold a script.
std::string picture_type(std::string_view begin);

}  // namespace ob::documents
