#pragma once
// What DuckDB's parser and printer said about a text before. Both are pure functions, so that a
// statement that is sent again costs neither; rights and tables are looked up each time.
#include <boost/json/value.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/lru.h"
#include "engine/engine.h"

namespace ob::query {

class StatementCache {
 public:
  // The tree of the one SELECT in `sql`: {node, named_param_map}. Throws ob::Error 400 sql.syntax,
  // sql.tooDeep, sql.empty, sql.multipleStatements.
  boost::json::value parse(engine::Connection& connection, const std::string& sql);

  // SQL of a rewritten statement, verified (verify_printed). `nonce` is the part of every made-up
  // name in it that differs from one rewriting to the next.
  std::string print(engine::Connection& connection, boost::json::value statement,
                    const std::string& nonce, const std::set<std::string>& made_up);

 private:
  // The text between the nonces.
  using Pieces = std::shared_ptr<const std::vector<std::string>>;

  // Costs are bytes of text; a tree takes some thirty times that of its statement.
  LruCache<std::shared_ptr<const boost::json::value>> parsed_{256 << 10};
  LruCache<Pieces> printed_{8 << 20};
};

}  // namespace ob::query
