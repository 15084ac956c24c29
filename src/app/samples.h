#pragma once
// The samples catalog: real open data, loaded the way a user would: files into a volume, tables
// made of them by SQL.
#include <functional>
#include <string>

#include "base/caller.h"
#include "base/cancel.h"
#include "catalog/catalog.h"
#include "objects/objects.h"

namespace ob::app {

struct SampleLoader {
  catalog::Service& catalog;
  std::shared_ptr<objects::Store> store;
  // Runs one SQL statement to its end.
  std::function<void(const Caller&, const std::string& sql)> run_sql;
};

// Makes what is missing of `samples.nycflights13`; does nothing when all is there. Blocks (a second
// or two the first time). Throws when a sample's file is missing or a step fails; what was loaded
// stays.
void load_samples(SampleLoader& loader, const Caller& caller, const std::string& directory,
                  const CancelToken& cancel);

}  // namespace ob::app
