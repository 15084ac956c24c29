#include "delta/log_parse.h"

#include <simdjson.h>

#include <boost/json/parse.hpp>

namespace ob::delta {
namespace {

namespace dom = simdjson::ondemand;

constexpr std::size_t kMaxEntries = 100'000;  // of one map or list inside an action

// Wrong content of a line; parse_log adds file and line.
struct Wrong {
  std::string what;
};

template <class T>
T get(simdjson::simdjson_result<T> result, std::string_view field, const char* expected) {
  T out;
  if (std::move(result).get(out) != simdjson::SUCCESS) {
    throw Wrong{"\"" + std::string(field) + "\" is not " + expected};
  }
  return out;
}

bool is_null(dom::value& v) {
  bool null = false;
  return v.is_null().get(null) == simdjson::SUCCESS && null;
}

std::string text(dom::value v, std::string_view field) {
  return std::string(get(v.get_string(), field, "a string"));
}
std::int64_t integer(dom::value v, std::string_view field) {
  return get(v.get_int64(), field, "a whole number");
}
bool boolean(dom::value v, std::string_view field) {
  return get(v.get_bool(), field, "true or false");
}
std::int32_t small(dom::value v, std::string_view field) {
  const auto n = integer(v, field);
  if (n < 0 || n > INT32_MAX) throw Wrong{"\"" + std::string(field) + "\" is out of range"};
  return static_cast<std::int32_t>(n);
}

// Calls fn(key, value) for each member that is not null.
template <class Fn>
void each(dom::value v, std::string_view field, Fn fn) {
  std::size_t count = 0;
  for (auto member : get(v.get_object(), field, "an object")) {
    if (++count > kMaxEntries) throw Wrong{"\"" + std::string(field) + "\" has too many entries"};
    dom::field f;
    if (std::move(member).get(f) != simdjson::SUCCESS) throw Wrong{"broken JSON"};
    std::string_view raw;
    if (f.unescaped_key().get(raw) != simdjson::SUCCESS) throw Wrong{"broken JSON"};
    const std::string key(raw);  // the parser reuses the buffer of raw
    dom::value value = f.value();
    if (!is_null(value)) fn(key, value);
  }
}

template <class Fn>
void each_element(dom::value v, std::string_view field, Fn fn) {
  std::size_t count = 0;
  for (auto element : get(v.get_array(), field, "a list")) {
    if (++count > kMaxEntries) throw Wrong{"\"" + std::string(field) + "\" has too many entries"};
    dom::value value;
    if (std::move(element).get(value) != simdjson::SUCCESS) throw Wrong{"broken JSON"};
    fn(value);
  }
}

PartitionValues partition_values(dom::value v) {
  PartitionValues out;
  std::size_t count = 0;
  for (auto member : get(v.get_object(), "partitionValues", "an object")) {
    if (++count > 10'000) throw Wrong{"\"partitionValues\" has too many entries"};
    dom::field f;
    if (std::move(member).get(f) != simdjson::SUCCESS) throw Wrong{"broken JSON"};
    std::string_view raw;
    if (f.unescaped_key().get(raw) != simdjson::SUCCESS) throw Wrong{"broken JSON"};
    std::string key(raw);
    dom::value value = f.value();
    std::optional<std::string> held;
    if (!is_null(value)) held = text(value, "partitionValues");
    if (held && held->empty()) held.reset();  // the protocol: an empty string is null
    out.emplace_back(std::move(key), std::move(held));
  }
  return out;
}

std::map<std::string, std::string> text_map(dom::value v, std::string_view field) {
  std::map<std::string, std::string> out;
  each(v, field, [&](const std::string& key, dom::value value) { out[key] = text(value, key); });
  return out;
}

std::vector<std::string> text_list(dom::value v, std::string_view field) {
  std::vector<std::string> out;
  each_element(v, field, [&](dom::value e) { out.push_back(text(e, field)); });
  return out;
}

DeletionVector deletion_vector(dom::value v) {
  DeletionVector out;
  bool cardinality = false, size = false;
  each(v, "deletionVector", [&](const std::string& key, dom::value value) {
    if (key == "storageType") out.storage_type = text(value, key);
    if (key == "pathOrInlineDv") out.path_or_inline = text(value, key);
    if (key == "offset") out.offset = small(value, key);
    if (key == "sizeInBytes") out.size_bytes = small(value, key), size = true;
    if (key == "cardinality") out.cardinality = integer(value, key), cardinality = true;
  });
  if (out.storage_type.size() != 1 || out.path_or_inline.empty() || !cardinality || !size) {
    throw Wrong{"a deletionVector lacks a required field"};
  }
  return out;
}

void require(bool present, const char* action, const char* field) {
  if (!present) throw Wrong{std::string(action) + " has no \"" + field + "\""};
}

Add add(dom::value v) {
  Add out;
  bool size = false;
  each(v, "add", [&](const std::string& key, dom::value value) {
    if (key == "path") out.path = text(value, key);
    if (key == "partitionValues") out.partition_values = partition_values(value);
    if (key == "size") out.size = integer(value, key), size = true;
    if (key == "modificationTime") out.modification_time = integer(value, key);
    if (key == "dataChange") out.data_change = boolean(value, key);
    if (key == "stats") out.stats = text(value, key);
    if (key == "tags") out.tags = text_map(value, key);
    if (key == "deletionVector") out.deletion_vector = deletion_vector(value);
    if (key == "baseRowId") out.base_row_id = integer(value, key);
    if (key == "defaultRowCommitVersion") out.default_row_commit_version = integer(value, key);
    if (key == "clusteringProvider") out.clustering_provider = text(value, key);
  });
  require(!out.path.empty(), "add", "path");
  require(size && out.size >= 0, "add", "size");
  return out;
}

Remove remove(dom::value v) {
  Remove out;
  each(v, "remove", [&](const std::string& key, dom::value value) {
    if (key == "path") out.path = text(value, key);
    if (key == "deletionTimestamp") out.deletion_timestamp = integer(value, key);
    if (key == "dataChange") out.data_change = boolean(value, key);
    if (key == "extendedFileMetadata") out.extended_file_metadata = boolean(value, key);
    if (key == "partitionValues") out.partition_values = partition_values(value);
    if (key == "size") out.size = integer(value, key);
    if (key == "deletionVector") out.deletion_vector = deletion_vector(value);
  });
  require(!out.path.empty(), "remove", "path");
  return out;
}

Metadata metadata(dom::value v) {
  Metadata out;
  bool schema = false;
  each(v, "metaData", [&](const std::string& key, dom::value value) {
    if (key == "id") out.id = text(value, key);
    if (key == "name") out.name = text(value, key);
    if (key == "description") out.description = text(value, key);
    if (key == "format") {
      each(value, key, [&](const std::string& k, dom::value provider) {
        if (k == "provider") out.provider = text(provider, k);
      });
    }
    if (key == "schemaString") out.schema = parse_schema(text(value, key)), schema = true;
    if (key == "partitionColumns") out.partition_columns = text_list(value, key);
    if (key == "configuration") out.configuration = text_map(value, key);
    if (key == "createdTime") out.created_time = integer(value, key);
  });
  require(schema, "metaData", "schemaString");
  check_partitioning(out.schema, out.partition_columns);
  return out;
}

Protocol protocol(dom::value v) {
  Protocol out;
  bool reader = false, writer = false;
  each(v, "protocol", [&](const std::string& key, dom::value value) {
    if (key == "minReaderVersion") out.min_reader = small(value, key), reader = true;
    if (key == "minWriterVersion") out.min_writer = small(value, key), writer = true;
    if (key == "readerFeatures") out.reader_features = text_list(value, key);
    if (key == "writerFeatures") out.writer_features = text_list(value, key);
  });
  require(reader, "protocol", "minReaderVersion");
  require(writer, "protocol", "minWriterVersion");
  return out;
}

Txn txn(dom::value v) {
  Txn out;
  bool id = false, version = false;
  each(v, "txn", [&](const std::string& key, dom::value value) {
    if (key == "appId") out.app_id = text(value, key), id = true;
    if (key == "version") out.version = integer(value, key), version = true;
    if (key == "lastUpdated") out.last_updated = integer(value, key);
  });
  require(id, "txn", "appId");
  require(version, "txn", "version");
  return out;
}

DomainMetadata domain(dom::value v) {
  DomainMetadata out;
  each(v, "domainMetadata", [&](const std::string& key, dom::value value) {
    if (key == "domain") out.domain = text(value, key);
    if (key == "configuration") out.configuration = text(value, key);
    if (key == "removed") out.removed = boolean(value, key);
  });
  require(!out.domain.empty(), "domainMetadata", "domain");
  return out;
}

Sidecar sidecar(dom::value v) {
  Sidecar out;
  each(v, "sidecar", [&](const std::string& key, dom::value value) {
    if (key == "path") out.path = text(value, key);
    if (key == "sizeInBytes") out.size = integer(value, key);
    if (key == "modificationTime") out.modification_time = integer(value, key);
  });
  require(!out.path.empty(), "sidecar", "path");
  return out;
}

CommitInfo commit_info(dom::value v, bool whole) {
  CommitInfo out;
  if (!whole) {
    each(v, "commitInfo", [&](const std::string& key, dom::value value) {
      if (key == "inCommitTimestamp") out.json[key] = integer(value, key);
      if (key == "txnId") out.json[key] = text(value, key);
    });
    return out;
  }
  auto raw = get(get(v.get_object(), "commitInfo", "an object").raw_json(), "commitInfo", "JSON");
  boost::json::parse_options options;
  options.max_depth = 64;
  boost::system::error_code failure;
  auto value = boost::json::parse({raw.data(), raw.size()}, failure, {}, options);
  if (failure) throw Wrong{"commitInfo: " + failure.message()};
  out.json = std::move(value.as_object());
  return out;
}

std::int64_t checkpoint_metadata(dom::value v) {
  std::int64_t version = -1;
  each(v, "checkpointMetadata", [&](const std::string& key, dom::value value) {
    if (key == "version") version = integer(value, key);
  });
  require(version >= 0, "checkpointMetadata", "version");
  return version;
}

void line(dom::document& document, const ParseOptions& options,
          const std::function<void(CheckpointRow)>& sink) {
  dom::value whole;
  if (document.get_value().get(whole) != simdjson::SUCCESS) throw Wrong{"not a JSON object"};
  each(whole, "the line", [&](const std::string& key, dom::value value) {
    CheckpointRow row;
    if (key == "add" && options.file_actions) row.action = add(value);
    if (key == "remove" && options.file_actions) row.action = remove(value);
    if (key == "metaData") row.action = metadata(value);
    if (key == "protocol") row.action = protocol(value);
    if (key == "txn") row.action = txn(value);
    if (key == "domainMetadata") row.action = domain(value);
    if (key == "commitInfo") row.action = commit_info(value, options.commit_info);
    if (key == "sidecar") row.sidecar = sidecar(value);
    if (key == "checkpointMetadata") row.checkpoint_metadata = checkpoint_metadata(value);
    if (row.action || row.sidecar || row.checkpoint_metadata) sink(std::move(row));
  });
  const char* rest = nullptr;
  if (document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS)
    throw Wrong{"there is text after the JSON object"};
}

}  // namespace

Error bad_log(const std::string& file, std::size_t line, const std::string& what) {
  return {422, "delta.badLog",
          "The table's log is broken: " + file +
              (line ? ", line " + std::to_string(line) : std::string()) + ": " + what + "."};
}

void parse_log(std::string_view text, const std::string& file, const ParseOptions& options,
               const std::function<void(CheckpointRow)>& sink) {
  dom::parser parser;
  simdjson::padded_string last;
  std::size_t number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    if (static_cast<std::int64_t>(++number) > kMaxActions) {
      throw bad_log(file, number, "it has too many actions");
    }
    const auto from = text.find_first_not_of(" \t\r", start);
    if (from < end) {
      // The parser reads some bytes past the end, which only the last lines do not have.
      const char* data = text.data() + from;
      auto room = text.size() - from;
      const auto size = end - from;
      if (room < size + simdjson::SIMDJSON_PADDING) {
        last = simdjson::padded_string(data, size);
        data = last.data();
        room = size + simdjson::SIMDJSON_PADDING;
      }
      try {
        dom::document document;
        const auto failure = parser.iterate(data, size, room).get(document);
        if (failure != simdjson::SUCCESS) throw Wrong{simdjson::error_message(failure)};
        line(document, options, sink);
      } catch (const Wrong& wrong) {
        throw bad_log(file, number, wrong.what);
      } catch (const simdjson::simdjson_error& e) {
        throw bad_log(file, number, e.what());
      } catch (const Error& e) {
        if (e.id() != "delta.badLog") throw;
        std::string what = e.what();
        if (what.ends_with('.')) what.pop_back();
        throw bad_log(file, number, what);
      }
    }
    start = end + 1;
  }
}

std::optional<std::int64_t> num_records(const std::string& stats) {
  if (stats.empty()) return std::nullopt;
  thread_local dom::parser parser;
  const simdjson::padded_string padded(stats);
  dom::document document;
  dom::value value;
  std::int64_t rows = 0;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return std::nullopt;
  if (document.find_field_unordered("numRecords").get(value) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  if (value.get_int64().get(rows) != simdjson::SUCCESS || rows < 0) return std::nullopt;
  return rows;
}

}  // namespace ob::delta
