#include "query/statement_cache.h"

#include <boost/json.hpp>

#include "base/error.h"
#include "query/rewrite.h"

namespace ob::query {

namespace json = boost::json;

namespace {

json::value parse_one(engine::Connection& connection, const std::string& sql) {
  json::value parsed;
  try {
    parsed = connection.parse(sql);
  } catch (const boost::system::system_error& failed) {
    if (failed.code() == json::error::too_deep)
      throw bad_request("sql.tooDeep", "The statement is nested too deeply: simplify it.");
    throw bad_request("sql.value", "The statement holds a number that is out of range.");
  }
  json::array& statements = parsed.as_object().at("statements").as_array();
  if (statements.empty()) throw bad_request("sql.empty", "There is no statement.");
  if (statements.size() > 1)
    throw bad_request("sql.multipleStatements",
                      "There is more than one statement: send each in a call of its own.");
  return std::move(statements[0]);
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> pieces;
  std::size_t from = 0;
  for (std::size_t at = text.find(separator); at != std::string::npos;
       at = text.find(separator, from)) {
    pieces.push_back(text.substr(from, at - from));
    from = at + separator.size();
  }
  pieces.push_back(text.substr(from));
  return pieces;
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
  std::string out = pieces.front();
  for (std::size_t i = 1; i < pieces.size(); ++i) out.append(separator).append(pieces[i]);
  return out;
}

}  // namespace

json::value StatementCache::parse(engine::Connection& connection, const std::string& sql) {
  if (const auto known = parsed_.find(sql)) return **known;
  json::value statement = parse_one(connection, sql);
  parsed_.put(sql, std::make_shared<const json::value>(statement), sql.size());
  return statement;
}

std::string StatementCache::print(engine::Connection& connection, json::value statement,
                                  const std::string& nonce, const std::set<std::string>& made_up) {
  const json::value tree =
      json::object{{"error", false}, {"statements", json::array{std::move(statement)}}};
  // A raw control character never stands in serialised JSON: it cannot be the user's.
  const std::string key = join(split(json::serialize(tree), nonce), "\x01");
  if (const auto known = printed_.find(key)) return join(**known, nonce);
  std::string sql = connection.unparse(tree);
  verify_printed(parse_one(connection, sql), made_up);
  auto pieces = std::make_shared<const std::vector<std::string>>(split(sql, nonce));
  printed_.put(key, std::move(pieces), key.size() + sql.size());
  return sql;
}

}  // namespace ob::query
