#include "catalog/information_schema.h"

#include <array>
#include <boost/json/string.hpp>
#include <span>

#include "base/error.h"
#include "base/log.h"
#include "catalog/names.h"
#include "catalog/owners.h"
#include "engine/engine.h"

namespace ob::catalog {
namespace {

using identity::Caller;

struct SqlColumn {
  std::string_view name, type;
};

// Rows of a virtual table, put together as one SELECT over VALUES.
class Rows {
 public:
  explicit Rows(std::span<const SqlColumn> columns) : columns_(columns) {}

  class RowBuilder {
   public:
    explicit RowBuilder(std::string& out) : out_(out) { out_ += out_.empty() ? "(" : ", ("; }
    ~RowBuilder() { out_ += ')'; }
    RowBuilder(const RowBuilder&) = delete;
    RowBuilder& operator=(const RowBuilder&) = delete;
    RowBuilder& text(const std::string& value) { return put(quoted(value)); }
    RowBuilder& null() { return put("NULL"); }
    RowBuilder& number(std::int64_t value) { return put(std::to_string(value)); }
    RowBuilder& yes(bool value) { return put(value ? "'YES'" : "'NO'"); }
    RowBuilder& instant(Micros value) { return put(quoted(format_instant(value))); }
    RowBuilder& text_or_null(const std::string& value) {
      return value.empty() ? null() : text(value);
    }

   private:
    // Comments of foreign logs may hold what no SQL text can.
    static std::string quoted(std::string text) {
      for (auto at = text.find('\0'); at != std::string::npos; at = text.find('\0', at)) {
        text.replace(at, 1, "\xEF\xBF\xBD");
      }
      return engine::quote_literal(text);
    }
    RowBuilder& put(std::string_view sql) {
      if (!first_) out_ += ", ";
      first_ = false;
      out_ += sql;
      return *this;
    }
    std::string& out_;
    bool first_ = true;
  };
  RowBuilder row() { return RowBuilder(values_); }

  std::string select() const {
    std::string list, names;
    for (const auto& column : columns_) {
      const std::string name = engine::quote_identifier(column.name);
      const std::string source = values_.empty() ? "NULL" : name;
      if (!list.empty()) list += ", ", names += ", ";
      list += "CAST(" + source + " AS " + std::string(column.type) + ") AS " + name;
      names += name;
    }
    if (values_.empty()) return "SELECT " + list + " WHERE false";
    return "SELECT " + list + " FROM (VALUES " + values_ + ") AS v (" + names + ")";
  }

 private:
  std::span<const SqlColumn> columns_;
  std::string values_;
};

constexpr std::string_view kText = "VARCHAR";
constexpr std::string_view kInteger = "INTEGER";
constexpr std::string_view kInstant = "TIMESTAMP WITH TIME ZONE";

constexpr std::array kCatalogsColumns{SqlColumn{"catalog_name", kText},
                                      SqlColumn{"catalog_owner", kText},
                                      SqlColumn{"comment", kText}, SqlColumn{"created", kInstant}};
constexpr std::array kSchemataColumns{
    SqlColumn{"catalog_name", kText}, SqlColumn{"schema_name", kText},
    SqlColumn{"schema_owner", kText}, SqlColumn{"comment", kText}, SqlColumn{"created", kInstant}};
constexpr std::array kTablesColumns{SqlColumn{"table_catalog", kText},
                                    SqlColumn{"table_schema", kText},
                                    SqlColumn{"table_name", kText},
                                    SqlColumn{"table_type", kText},
                                    SqlColumn{"is_insertable_into", kText},
                                    SqlColumn{"table_owner", kText},
                                    SqlColumn{"storage", kText},
                                    SqlColumn{"data_source_format", kText},
                                    SqlColumn{"comment", kText},
                                    SqlColumn{"created", kInstant},
                                    SqlColumn{"last_altered", kInstant}};
constexpr std::array kColumnsColumns{
    SqlColumn{"table_catalog", kText},        SqlColumn{"table_schema", kText},
    SqlColumn{"table_name", kText},           SqlColumn{"column_name", kText},
    SqlColumn{"ordinal_position", kInteger},  SqlColumn{"column_default", kText},
    SqlColumn{"is_nullable", kText},          SqlColumn{"data_type", kText},
    SqlColumn{"numeric_precision", kInteger}, SqlColumn{"numeric_scale", kInteger},
    SqlColumn{"partition_index", kInteger},   SqlColumn{"comment", kText}};
constexpr std::array kViewsColumns{
    SqlColumn{"table_catalog", kText},     SqlColumn{"table_schema", kText},
    SqlColumn{"table_name", kText},        SqlColumn{"view_definition", kText},
    SqlColumn{"check_option", kText},      SqlColumn{"is_updatable", kText},
    SqlColumn{"is_insertable_into", kText}};
constexpr std::array kVolumesColumns{
    SqlColumn{"volume_catalog", kText}, SqlColumn{"volume_schema", kText},
    SqlColumn{"volume_name", kText},    SqlColumn{"volume_owner", kText},
    SqlColumn{"comment", kText},        SqlColumn{"created", kInstant}};

class InformationSchema : public TableProvider {
 public:
  InformationSchema(Service& service, DescribeView describe_view)
      : service_(service), describe_view_(std::move(describe_view)) {}

  std::optional<std::string> scan_sql(const Caller& caller, const Name& name) override {
    if (fold(name.schema) != "information_schema") return std::nullopt;
    const std::string table = fold(name.object);
    for (const auto& [known, make] : kMakers) {
      if (table == known) return (this->*make)(caller, catalogs(caller, name.catalog));
    }
    return std::nullopt;
  }

  std::vector<Name> list(const std::string& catalog) override {
    std::vector<Name> names;
    for (const auto& [known, make] : kMakers) {
      names.push_back({catalog, "information_schema", std::string(known)});
    }
    return names;
  }

 private:
  using Catalogs = std::vector<Catalog>;
  using Maker = std::string (InformationSchema::*)(const Caller&, const Catalogs&);
  static const std::array<std::pair<std::string_view, Maker>, 6> kMakers;

  // Of the default catalog, whose name everyone knows, those who see nothing in it see empty
  // tables: unqualified names lead there.
  Catalogs catalogs(const Caller& caller, const std::string& name) {
    if (fold(name) == "system") return service_.catalogs(caller);
    try {
      return {service_.catalog(caller, name)};
    } catch (const Error& error) {
      if (error.status() == 404 && fold(name) == "main") return {};
      throw;
    }
  }

  // Calls back for each schema that the caller may see. What is dropped in between is passed over.
  template <class Fn>
  void each_schema(const Caller& caller, const Catalogs& catalogs, Fn fn) {
    for (const auto& catalog : catalogs) {
      unless_gone([&] {
        for (const auto& schema : service_.schemas(caller, catalog.name)) {
          unless_gone([&] { fn(schema); });
        }
      });
    }
  }
  template <class Fn>
  void each_table(const Caller& caller, const Catalogs& catalogs, Fn fn) {
    each_schema(caller, catalogs, [&](const Schema& schema) {
      for (const auto& table : service_.tables(caller, {schema.catalog, schema.name, ""})) {
        fn(table);
      }
    });
  }
  template <class Fn>
  static void unless_gone(Fn fn) {
    try {
      fn();
    } catch (const Error& error) {
      if (error.status() != 404) throw;
    }
  }

  std::string catalogs_sql(const Caller&, const Catalogs& catalogs) {
    Rows rows(kCatalogsColumns);
    Owners owners(service_);
    for (const auto& c : catalogs) {
      rows.row()
          .text(c.name)
          .text(owners.name(c.owner))
          .text_or_null(c.comment)
          .instant(c.created_at);
    }
    return rows.select();
  }

  std::string schemata_sql(const Caller& caller, const Catalogs& catalogs) {
    Rows rows(kSchemataColumns);
    Owners owners(service_);
    each_schema(caller, catalogs, [&](const Schema& s) {
      rows.row()
          .text(s.catalog)
          .text(s.name)
          .text(owners.name(s.owner))
          .text_or_null(s.comment)
          .instant(s.created_at);
    });
    return rows.select();
  }

  std::string tables_sql(const Caller& caller, const Catalogs& catalogs) {
    Rows rows(kTablesColumns);
    Owners owners(service_);
    each_table(caller, catalogs, [&](const Table& t) {
      const bool view = t.kind == TableKind::view;
      rows.row()
          .text(t.name.catalog)
          .text(t.name.schema)
          .text(t.name.object)
          .text(view ? "VIEW" : "BASE TABLE")
          .yes(!view)
          .text(owners.name(t.owner))
          .text_or_null(view                            ? ""
                        : t.kind == TableKind::external ? "EXTERNAL"
                                                        : "MANAGED")
          .text_or_null(view ? "" : "DELTA")
          .text_or_null(t.comment)
          .instant(t.created_at)
          .instant(t.updated_at);
    });
    return rows.select();
  }

  std::string columns_sql(const Caller& caller, const Catalogs& catalogs) {
    Rows rows(kColumnsColumns);
    each_table(caller, catalogs, [&](const Table& table) {
      // One broken table or view must not hide the others.
      try {
        table.kind == TableKind::view ? view_columns(caller, table, rows)
                                      : delta_columns(caller, table, rows);
      } catch (const Error& error) {
        log::warn("information_schema.columns leaves out an object that cannot be read",
                  {{"table", boost::json::string(table.name.text())},
                   {"error", boost::json::string(error.what())}});
      }
    });
    return rows.select();
  }

  void view_columns(const Caller& caller, const Table& view, Rows& rows) {
    if (!describe_view_) return;
    std::int64_t position = 1;
    for (const auto& [name, type] : describe_view_(caller, view)) {
      auto row = rows.row();
      row.text(view.name.catalog).text(view.name.schema).text(view.name.object).text(name);
      row.number(position++).null().yes(true).text_or_null(type);
      row.null().null().null().null();
    }
  }

  void delta_columns(const Caller& caller, const Table& table, Rows& rows) {
    const auto opened = service_.open(caller, table.name, identity::Privilege::browse);
    const auto snapshot = opened.delta->snapshot();
    service_.note_schema(table.id, *snapshot);
    const auto& partitions = snapshot->metadata().partition_columns;
    std::int64_t position = 1;
    for (const auto& field : snapshot->schema()) {
      const std::string type = delta::to_sql(field.type);
      const std::string comment = field.comment();
      const auto at = std::find(partitions.begin(), partitions.end(), field.name);
      auto row = rows.row();
      row.text(table.name.catalog).text(table.name.schema).text(table.name.object);
      row.text(field.name).number(position++).null().yes(field.nullable).text(type);
      put_precision(field.type, row);
      at == partitions.end() ? row.null() : row.number(at - partitions.begin());
      row.text_or_null(comment);
    }
  }

  static void put_precision(const delta::DataType& type, Rows::RowBuilder& row) {
    int precision = 0;
    int scale = 0;
    if (type.is_decimal(&precision, &scale)) {
      row.number(precision).number(scale);
    } else {
      row.null().null();
    }
  }

  std::string views_sql(const Caller& caller, const Catalogs& catalogs) {
    Rows rows(kViewsColumns);
    each_table(caller, catalogs, [&](const Table& t) {
      if (t.kind != TableKind::view) return;
      rows.row()
          .text(t.name.catalog)
          .text(t.name.schema)
          .text(t.name.object)
          .text(t.view_sql)
          .text("NONE")
          .yes(false)
          .yes(false);
    });
    return rows.select();
  }

  std::string volumes_sql(const Caller& caller, const Catalogs& catalogs) {
    Rows rows(kVolumesColumns);
    Owners owners(service_);
    each_schema(caller, catalogs, [&](const Schema& schema) {
      for (const auto& v : service_.volumes(caller, {schema.catalog, schema.name, ""})) {
        rows.row()
            .text(v.name.catalog)
            .text(v.name.schema)
            .text(v.name.object)
            .text(owners.name(v.owner))
            .text_or_null(v.comment)
            .instant(v.created_at);
      }
    });
    return rows.select();
  }

  Service& service_;
  const DescribeView describe_view_;
};

constinit const std::array<std::pair<std::string_view, InformationSchema::Maker>, 6>
    InformationSchema::kMakers{{{"catalogs", &InformationSchema::catalogs_sql},
                                {"columns", &InformationSchema::columns_sql},
                                {"schemata", &InformationSchema::schemata_sql},
                                {"tables", &InformationSchema::tables_sql},
                                {"views", &InformationSchema::views_sql},
                                {"volumes", &InformationSchema::volumes_sql}}};

}  // namespace

std::unique_ptr<TableProvider> make_information_schema(Service& service,
                                                       DescribeView describe_view) {
  return std::make_unique<InformationSchema>(service, std::move(describe_view));
}

}  // namespace ob::catalog
