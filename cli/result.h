#pragma once
// Pages of a query's result (POST /query and GET /query/pages/{cursor}). Numbers keep the digits
// that the server wrote.
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"

namespace ob::cli {

struct Page {
  std::vector<OutputColumn> columns;  // of the first page only
  std::vector<Row> rows;
  std::string next;  // cursor of the next page; empty: the last one
  bool truncated = false;
};
// Throws ob::Error cli.badAnswer.
Page parse_page(const std::string& body);

}  // namespace ob::cli
