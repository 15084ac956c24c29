#include "engine/remove_rows.h"

#include <openbricks_native/src/parquet/bridge.rs.h>
#include <rust/cxx.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/error_text.h"
#include "engine/file_shapes.h"
#include "engine/write_place.h"

namespace ob::engine {

namespace {

using native::ColumnKind;

constexpr const char* suffix = ".parquet";
constexpr unsigned most_threads = 16;  // of a file

// Whether a bound of values that a file has so is one of the table's type.
bool fits(ColumnKind kind, const delta::DataType& type) {
  switch (kind) {
    case ColumnKind::Integer:
      return type.is("byte") || type.is("short") || type.is("integer") || type.is("long") ||
             type.is("double") || type.is_decimal();
    case ColumnKind::Float:
      return type.is("float") || type.is("double");
    case ColumnKind::Decimal:
      return type.is_decimal();
    case ColumnKind::Text:
      return type.is("string");
    case ColumnKind::Date:
      return type.is("date") || type.is("timestamp_ntz");
    case ColumnKind::Instant:
      return type.is("timestamp") || type.is("timestamp_ntz");
    default:
      return false;
  }
}

// The column of a schema, through structs; null where the names, or (where columns are found by
// them) the field ids are others.
const delta::Field* column_of(const delta::Schema& schema, const native::ColumnFacts& facts,
                              bool by_id) {
  const delta::Schema* fields = &schema;
  const delta::Field* field = nullptr;
  for (std::size_t i = 0; i < facts.path.size(); ++i) {
    if (field != nullptr && !field->type.is("struct")) return nullptr;
    const std::string name(facts.path[i]);
    const auto found = std::ranges::find(*fields, name, &delta::Field::physical_name);
    if (found == fields->end() || (by_id && found->field_id() != facts.ids[i])) return nullptr;
    field = &*found;
    fields = &field->type.fields;
  }
  return field;
}

class Remover {
 public:
  Remover(delta::Table& table, const delta::Snapshot& snapshot, int threads)
      : table_(table),
        snapshot_(snapshot),
        threads_(threads > 0 ? static_cast<std::size_t>(threads)
                             : std::clamp(std::thread::hardware_concurrency(), 1U, most_threads)),
        names_{.location = table.location(),
               .id = new_uuid(),
               .suffix = suffix,
               .partitioned = !snapshot.metadata().partition_columns.empty()},
        stop_(std::make_shared<rust::Box<native::Stop>>(native::new_stop())),
        stopping_(objects::on_cancelling([stop = stop_] { (*stop)->stop(); })) {
    names_.prefix = "part-" + names_.id + "-";
  }

  std::vector<std::optional<WrittenFile>> run(std::vector<delta::RowsToDelete>& files) {
    std::vector<std::optional<WrittenFile>> out(files.size());
    if (relay::is_remote(names_.location)) return out;
    const auto place = open_write_place(names_, nullptr);
    std::filesystem::create_directories(place->target());
    std::vector<Task> tasks;
    for (std::size_t i = 0; i < files.size(); ++i)
      tasks.push_back({.file = files[i],
                       .to = place->target() + "/" + names_.prefix + std::to_string(i) + suffix});
    for (Task& task : tasks) complete(task.file);
    work(tasks);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const auto& made = tasks[i].made;
      if (made.possible && made.rows > 0) {
        out[i] = describe(*tasks[i].file.add, made, *place, tasks[i].to, i);
        continue;
      }
      place->drop(tasks[i].to);
      if (!made.possible)
        log::info("Rows of a data file are removed by writing it anew",
                  {{"file", boost::json::value(tasks[i].file.add->path)},
                   {"cause", boost::json::value(std::string(made.why))}});
    }
    place->finish();
    return out;
  }

 private:
  struct Task {
    delta::RowsToDelete& file;
    std::string to;
    native::RowsRemoved made{};
  };

  // With the rows that are gone already; ascending.
  void complete(delta::RowsToDelete& file) {
    auto& rows = file.rows;
    if (file.add->deletion_vector) {
      const auto gone = table_.deleted_rows(*file.add->deletion_vector);
      rows.insert(rows.end(), gone.begin(), gone.end());
    }
    std::ranges::sort(rows);
    const auto repeated = std::ranges::unique(rows);
    rows.erase(repeated.begin(), repeated.end());
  }

  // Two files at once, so that no thread waits for the last column of one.
  void work(std::vector<Task>& tasks) {
    std::atomic<std::size_t> next = 0;
    const auto some = [&] {
      try {
        for (auto i = next++; i < tasks.size(); i = next++)
          tasks[i].made =
              call(table_.file_location(tasks[i].file.add->path), tasks[i].to, tasks[i].file.rows);
      } catch (...) {
        next = tasks.size();
        throw;
      }
    };
    std::future<void> other;
    if (tasks.size() > 1 && threads_ > 1) other = std::async(std::launch::async, some);
    some();
    if (other.valid()) other.get();
  }

  native::RowsRemoved call(const std::string& from, const std::string& to,
                           const std::vector<std::uint64_t>& rows) {
    try {
      return native::remove_rows(**stop_, from, to, {rows.data(), rows.size()}, threads_);
    } catch (const std::invalid_argument&) {  // a path that is not UTF-8
      return {.possible = false, .why = "its path is not text"};
    } catch (const rust::Error& error) {
      const std::string_view said = error.what();
      if (said.starts_with(std::to_string(static_cast<int>(native::Trouble::Stopped)) + " "))
        throw Error(499, "query.cancelled", "The query was cancelled.");
      if (const auto full = disk_full(said)) throw *full;
      throw internal("removing rows of a data file: " + std::string(said));
    }
  }

  WrittenFile describe(const delta::Add& old, const native::RowsRemoved& made, WritePlace& place,
                       const std::string& file, std::size_t number) {
    WrittenFile out;
    out.rows = made.rows;
    out.add.partition_values = old.partition_values;
    const auto directory = delta::partition_directory(old.partition_values);
    out.add.path = delta::encode_path(place.settle(file, directory, number));
    out.add.size = made.size;
    out.add.modification_time = now_micros() / 1000;
    out.add.data_change = true;
    // The columns are those of the file that it was made from.
    if (const auto mark = old.tags.find(shape_tag); mark != old.tags.end())
      out.add.tags.insert(*mark);
    out.add.stats = stats(made);
    return out;
  }

  std::string stats(const native::RowsRemoved& made) {
    const auto& metadata = snapshot_.metadata();
    std::vector<delta::ColumnStats> columns;
    for (const auto& facts : made.columns) {
      const auto* field = column_of(metadata.schema, facts, snapshot_.column_mapping_by_id());
      const bool partition = field != nullptr && facts.path.size() == 1 &&
                             std::ranges::find(metadata.partition_columns, field->name) !=
                                 metadata.partition_columns.end();
      if (field == nullptr || partition || facts.repeated || field->type.is_nested()) continue;
      auto& column = columns.emplace_back();
      for (const auto& part : facts.path) column.path.emplace_back(part);
      column.null_count = facts.nulls;
      column.has_nan = facts.has_nan;
      if (!fits(facts.kind, field->type)) continue;
      if (facts.has_min) column.min = std::string(facts.min);
      if (facts.has_max) column.max = std::string(facts.max);
    }
    return delta::make_stats(metadata.schema, made.rows, columns, delta::indexed_columns(metadata));
  }

  delta::Table& table_;
  const delta::Snapshot& snapshot_;
  const std::size_t threads_;
  WriteNames names_;
  std::shared_ptr<rust::Box<native::Stop>> stop_;
  CancelToken::Handle stopping_;
};

}  // namespace

std::vector<std::optional<WrittenFile>> remove_rows(delta::Table& table,
                                                    const delta::Snapshot& snapshot,
                                                    std::vector<delta::RowsToDelete>& files,
                                                    int threads) {
  return Remover(table, snapshot, threads).run(files);
}

}  // namespace ob::engine
