#include "cli/result.h"

#include <simdjson.h>

#include "base/error.h"

namespace ob::cli {
namespace {
namespace ondemand = simdjson::ondemand;

std::string_view trimmed(std::string_view raw) {
  while (!raw.empty() && std::string_view(" \t\r\n").contains(raw.back())) raw.remove_suffix(1);
  return raw;
}

Cell read_cell(ondemand::value value) {
  switch (ondemand::json_type(value.type())) {
    case ondemand::json_type::null:
      if (!value.is_null()) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
      return {};
    case ondemand::json_type::string:
      return {Cell::Kind::text, std::string(std::string_view(value.get_string()))};
    case ondemand::json_type::number: {
      const std::string_view raw = trimmed(value.raw_json_token());
      double number = 0;
      if (value.get_double().get(number) != simdjson::SUCCESS)
        throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
      return {Cell::Kind::raw, std::string(raw)};
    }
    case ondemand::json_type::boolean:
      return {Cell::Kind::raw, bool(value.get_bool()) ? "true" : "false"};
    case ondemand::json_type::array: {
      ondemand::array array = value.get_array();
      return {Cell::Kind::raw, std::string(trimmed(array.raw_json()))};
    }
    case ondemand::json_type::object: {
      ondemand::object object = value.get_object();
      return {Cell::Kind::raw, std::string(trimmed(object.raw_json()))};
    }
  }
  throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
}

void read_columns(ondemand::array columns, Page& page) {
  for (ondemand::object column : columns) {
    OutputColumn& out = page.columns.emplace_back();
    for (auto field : column) {
      const std::string_view key = field.unescaped_key();
      if (key == "name") {
        out.name = std::string_view(field.value().get_string());
      } else if (key == "type") {
        out.number = is_number_type(field.value().get_string());
      }
    }
  }
}

void read_rows(ondemand::array rows, Page& page) {
  for (ondemand::array from : rows) {
    Row& row = page.rows.emplace_back();
    for (ondemand::value value : from) row.push_back(read_cell(value));
  }
}

}  // namespace

Page parse_page(const std::string& body) {
  Page page;
  try {
    const simdjson::padded_string text(body);
    ondemand::parser parser;
    ondemand::document document = parser.iterate(text);
    for (auto field : document.get_object()) {
      const std::string_view key = field.unescaped_key();
      if (key == "columns") {
        read_columns(field.value().get_array(), page);
      } else if (key == "rows") {
        read_rows(field.value().get_array(), page);
      } else if (key == "next") {
        ondemand::value value = field.value();
        if (!value.is_null()) page.next = std::string_view(value.get_string());
      } else if (key == "truncated") {
        page.truncated = field.value().get_bool();
      }
    }
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
      throw simdjson::simdjson_error(simdjson::TAPE_ERROR);  // something follows the object
  } catch (const simdjson::simdjson_error& e) {
    throw Error(0, "cli.badAnswer", "The server's answer is not a query's result.", e.what());
  }
  return page;
}

}  // namespace ob::cli
