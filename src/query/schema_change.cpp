#include "query/schema_change.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "base/error.h"
#include "base/ids.h"
#include "query/core.h"
#include "query/lexer.h"

namespace ob::query {

namespace json = boost::json;

namespace {

constexpr const char* last_id = "delta.columnMapping.maxColumnId";

std::string text_of(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& part : path) out += (out.empty() ? "" : ".") + part;
  return out;
}

delta::Field* find(delta::Schema& schema, const std::string& name) {
  const delta::Field* found = delta::find_field(schema, name);
  return found ? schema.data() + (found - schema.data()) : nullptr;
}

delta::Schema& parent_of(delta::Metadata& metadata, const std::vector<std::string>& path) {
  delta::Schema* fields = &metadata.schema;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    delta::Field* field = find(*fields, path[i]);
    if (!field || !field->type.is("struct"))
      throw bad_request("delta.schemaMismatch",
                        "The table has no struct " + path[i] + " for " + text_of(path) + ".");
    fields = &field->type.fields;
  }
  return *fields;
}

// Ids and names in files, for a column and all in it.
class Mapper {
 public:
  explicit Mapper(delta::Metadata& metadata) : metadata_(metadata) {
    const auto mode = metadata.configuration.find("delta.columnMapping.mode");
    active_ = mode != metadata.configuration.end() && mode->second != "none";
    const auto last = metadata.configuration.find(last_id);
    if (last != metadata.configuration.end())
      std::from_chars(last->second.data(), last->second.data() + last->second.size(), last_);
  }

  void map(delta::Field& field) {
    if (!active_) return;
    field.metadata["delta.columnMapping.id"] = ++last_;
    field.metadata["delta.columnMapping.physicalName"] = "col-" + new_uuid();
    metadata_.configuration[last_id] = std::to_string(last_);
    map(field.type);
  }

 private:
  void map(delta::DataType& type) {
    for (delta::Field& field : type.fields) map(field);
    if (type.key) map(*type.key);
    if (type.element) map(*type.element);
  }

  delta::Metadata& metadata_;
  bool active_ = false;
  std::int64_t last_ = 0;
};

}  // namespace

delta::Metadata with_columns(delta::Metadata metadata,
                             const std::vector<AddColumns::Column>& columns) {
  Mapper mapper(metadata);
  for (const AddColumns::Column& column : columns) {
    delta::Schema& fields = parent_of(metadata, column.path);
    delta::Field field;
    field.name = column.definition.name;
    field.type = delta::parse_type(column.definition.type);
    if (!column.definition.comment.empty()) field.metadata["comment"] = column.definition.comment;
    if (delta::find_field(fields, field.name))
      throw bad_request("sql.duplicateColumn",
                        "The table has a column " + text_of(column.path) + " already.");
    mapper.map(field);
    auto at = column.first ? fields.begin() : fields.end();
    if (!column.after.empty()) {
      const delta::Field* before = delta::find_field(fields, column.after);
      if (!before)
        throw bad_request("delta.schemaMismatch", "The table has no column " + column.after + ".");
      at = fields.begin() + (before - fields.data()) + 1;
    }
    fields.insert(at, std::move(field));
  }
  check_column_names(metadata.schema);
  return metadata;
}

delta::Field& field_at(delta::Metadata& metadata, const std::vector<std::string>& path) {
  delta::Field* found = find(parent_of(metadata, path), path.back());
  if (!found)
    throw bad_request("delta.schemaMismatch", "The table has no column " + text_of(path) + ".");
  return *found;
}

std::string field_json(const delta::Field& field) {
  const json::value schema = json::parse(delta::to_json({field}));
  return json::serialize(schema.at("fields").as_array().at(0));
}

}  // namespace ob::query
