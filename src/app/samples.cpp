#include "app/samples.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/log.h"

namespace ob::app {
namespace {

struct Sample {
  std::string_view table;
  std::string_view comment;
};
constexpr std::array<Sample, 5> kSamples{{
    {"airlines", "Names of the carriers."},
    {"airports", "Places of the airports, with their time zones."},
    {"planes", "Build year, maker and size of each aircraft, by tail number."},
    {"weather", "Hourly weather at the three airports of New York City in 2013."},
    {"flights", "All 336,776 flights that left New York City in 2013, with their delays."},
}};
constexpr std::string_view kSchema = "nycflights13";

bool has_table(catalog::Service& catalog, const Caller& caller, const catalog::Name& name) {
  try {
    (void)catalog.table(caller, name);
    return true;
  } catch (const Error& e) {
    if (e.status() != 404) throw;
    return false;
  }
}

void copy_into_volume(objects::Store& store, const std::filesystem::path& file,
                      const std::string& key) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw internal("the sample file " + file.string() + " cannot be read; ./dev build fetches it");
  auto writer = store.create(key);
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    writer->write(std::as_bytes(std::span(buffer.data(), static_cast<std::size_t>(in.gcount()))));
  }
  writer->commit();
}

}  // namespace

void load_samples(SampleLoader& loader, const Caller& caller, const std::string& directory,
                  const CancelToken& cancel) {
  auto& catalog = loader.catalog;
  catalog.create_catalog(caller, "samples", "Open data to try things with.", true);
  catalog.create_schema(caller, {"samples", std::string(kSchema), ""},
                        "Flights from New York City in 2013 (nycflights13).", true);
  const catalog::Name files{"samples", std::string(kSchema), "files"};
  catalog.create_volume(caller, files, "The tables' source files.", true);
  catalog.share_catalog(caller, "samples", identity::Privilege::read);
  const auto volume = catalog.volume(caller, files, identity::Privilege::write);
  for (const auto& sample : kSamples) {
    if (cancel.cancelled()) return;
    const catalog::Name name{"samples", std::string(kSchema), std::string(sample.table)};
    if (has_table(catalog, caller, name)) continue;
    const std::string file = std::string(sample.table) + ".csv";
    copy_into_volume(*loader.store, std::filesystem::path(directory) / file,
                     volume.root + "/" + file);
    loader.run_sql(caller, "CREATE TABLE IF NOT EXISTS " + name.text() + " COMMENT '" +
                               std::string(sample.comment) +
                               "' AS SELECT * FROM read_csv('/Volumes/samples/nycflights13/files/" +
                               file + "', nullstr='NA')");
    log::info("sample loaded", {{"table", name.text()}});
  }
}

}  // namespace ob::app
