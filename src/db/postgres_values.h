#pragma once
// Values on the wire: parameters and results travel in PostgreSQL's binary format, so that bytes
// need no escaping and numbers no parsing.
#include <libpq-fe.h>

#include <array>
#include <string>
#include <vector>

#include "db/db.h"

namespace ob::db {

// Borrows the values, which must stay until the statement was sent.
class WireParameters {
 public:
  explicit WireParameters(const std::vector<Value>& values);
  WireParameters(const WireParameters&) = delete;
  WireParameters& operator=(const WireParameters&) = delete;

  int count() const { return static_cast<int>(types_.size()); }
  // int8, float8, text, bytea; 0 for NULL, whose type the server infers.
  const Oid* types() const { return types_.data(); }
  const char* const* values() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }
  // One character a parameter: a statement is prepared anew for other types.
  const std::string& signature() const { return signature_; }

 private:
  std::vector<Oid> types_;
  std::vector<const char*> pointers_;
  std::vector<int> lengths_, formats_;
  std::vector<std::array<char, 8>> numbers_;
  std::string signature_;
};

// Integers of every width and booleans become std::int64_t; numeric too where it is whole, as sums
// of BIGINT are, else double. Throws ob::Error for a type that db.h does not name.
std::vector<Row> rows_of(const PGresult* result);

}  // namespace ob::db
