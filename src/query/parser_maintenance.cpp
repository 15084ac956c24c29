// OPTIMIZE, VACUUM and RESTORE.
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "query/parser.h"

namespace ob::query {
namespace {

constexpr double most_hours = 24.0 * 366 * 1000;

double hours_literal(Cursor& cursor) {
  const Token& token = cursor.peek();
  double hours = 0;
  const char* last = token.value.data() + token.value.size();
  if (token.kind != TokenKind::number ||
      std::from_chars(token.value.data(), last, hours).ptr != last || !std::isfinite(hours))
    cursor.fail("a number of hours");
  cursor.skip();
  if (hours > most_hours)
    throw bad_request("sql.badRetention", "RETAIN takes at most 1000 years of hours.");
  return hours;
}

}  // namespace

Statement parse_optimize(Cursor& cursor) {
  cursor.skip();
  Optimize optimize;
  optimize.name = cursor.qualified_name("a table");
  if (cursor.accept("where"))
    optimize.where = cursor.placed_expression("a condition after WHERE", {"zorder"});
  if (cursor.accept("zorder")) {
    cursor.expect("by");
    if (cursor.next_is_symbol("(")) {
      optimize.zorder = cursor.identifier_list("a column");
    } else {
      do {
        optimize.zorder.push_back(cursor.identifier("a column"));
      } while (cursor.accept_symbol(","));
    }
  }
  cursor.expect_end("OPTIMIZE");
  return optimize;
}

Statement parse_vacuum(Cursor& cursor) {
  cursor.skip();
  Vacuum vacuum;
  vacuum.name = cursor.qualified_name("a table");
  if (cursor.accept("retain")) {
    vacuum.hours = hours_literal(cursor);
    if (!cursor.accept("hours")) cursor.expect("hour");
  }
  vacuum.dry_run = cursor.accept_words("dry run");
  cursor.expect_end("VACUUM");
  return vacuum;
}

Statement parse_restore(Cursor& cursor) {
  cursor.skip();
  if (cursor.next_is("table") && cursor.peek(1).kind != TokenKind::symbol &&
      !cursor.next_is("to", 1))
    cursor.skip();
  Restore restore;
  restore.name = cursor.qualified_name("a table");
  cursor.accept("to");
  if (cursor.accept_words("version as of")) {
    restore.version = cursor.integer_literal("a version");
  } else if (cursor.accept_words("timestamp as of")) {
    restore.timestamp = cursor.text_literal("an instant");
  } else {
    cursor.fail("TO VERSION AS OF or TO TIMESTAMP AS OF");
  }
  cursor.expect_end("RESTORE");
  return restore;
}

}  // namespace ob::query
