#pragma once
// All SQL of versions, and how they are packed.
#include <span>

#include "documents/versions.h"

namespace ob::documents::version_store {

std::span<const db::Migration> migrations();

void insert(db::Tx&, const Version&);
std::optional<Version> find(db::Tx&, const std::string& document, const std::string& id);
std::optional<Version> newest(db::Tx&, const std::string& document);
std::vector<Version> list(db::Tx&, const std::string& document, const std::string& after,
                          std::size_t limit);
std::vector<Version> automatic(db::Tx&, const std::string& document);
std::int64_t count_kept(db::Tx&, const std::string& document);  // not automatic
void set_name(db::Tx&, const Version&);
void remove(db::Tx&, const Version&);  // its object is swept later
void remove_of(db::Tx&, const std::string& document);

// --- documents that changed since their last version
struct Pending {
  std::string document;
  Micros first_at = 0, last_at = 0, due_at = 0;
  std::vector<std::string> authors;
};
std::optional<Pending> pending(db::Tx&, const std::string& document);
void put_pending(db::Tx&, const Pending&);
bool take_pending(db::Tx&, const std::string& document);  // false: there was none
std::optional<Pending> next_due(db::Tx&, Micros now);

// The key of a version's object.
std::string key_of(const Version&);

}  // namespace ob::documents::version_store

namespace ob::documents {

// zlib with a checksum. unpack throws ob::Error 500 for what is broken or longer than `most`.
std::string pack(std::string_view head, std::string_view rest);
std::string unpack(std::string_view packed, std::size_t most);

}  // namespace ob::documents
