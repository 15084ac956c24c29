#pragma once
// `<catalog>.information_schema.*` of every catalog, and `system.information_schema.*` over all of
// them, in the columns of the SQL standard (with comments beside), limited to what the caller may
// see.
#include <memory>

#include "catalog/catalog.h"

namespace ob::catalog {

// The tables are catalogs, schemata, tables, columns, views and volumes. Columns of a view that
// describe_view cannot resolve are left out, since their names are not known.
// The service must outlive the provider.
std::unique_ptr<TableProvider> make_information_schema(Service&, DescribeView describe_view = {});

}  // namespace ob::catalog
