#pragma once
#include <span>

#include "db/db.h"

namespace ob::catalog {

// Tables of this module: catalog_catalogs, catalog_schemas, catalog_tables, catalog_columns,
// catalog_volumes, catalog_trash.
std::span<const db::Migration> migrations();

}  // namespace ob::catalog
