#include "query/api_results.h"

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace ob::query {

namespace json = boost::json;

namespace {

constexpr std::size_t piece_bytes = 512 * 1024;

std::string text_json(const std::string& text) {
  return json::serialize(json::value(text));
}

std::string columns_json(const std::vector<engine::Column>& columns) {
  std::string out = "[";
  for (const engine::Column& column : columns) {
    if (out.size() > 1) out += ',';
    out += "{\"name\":" + text_json(column.name) + ",\"type\":" + text_json(column.type) + "}";
  }
  return out + "]";
}

std::string statistics_json(const Statistics& statistics) {
  return "{\"elapsed_ms\":" + std::to_string(statistics.elapsed_ms) +
         ",\"files\":" + std::to_string(statistics.files) +
         ",\"files_skipped\":" + std::to_string(statistics.files_skipped) +
         ",\"bytes\":" + std::to_string(statistics.bytes) +
         ",\"cached\":" + (statistics.cached ? "true" : "false") + "}";
}

// Appends the rows, whether some were cut off, and the cursor of what is left.
void append_page(std::string& out, Pages& pages, const Caller& caller,
                 std::unique_ptr<PagedResult> result) {
  out += "\"rows\":[";
  const bool more = result->next_page(out);
  out += "],\"statistics\":" + statistics_json(result->execution().statistics());
  if (result->execution().truncated()) out += ",\"truncated\":true";
  if (more) out += ",\"next\":" + text_json(pages.keep(caller.user_id, std::move(result)));
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

// A statement that starts when its first bytes are asked for.
struct LazyExecution {
  Service& service;
  Caller caller;
  Request request;
  Service::Shape shape;
  std::unique_ptr<Execution> execution;
  bool start() {
    if (execution) return false;
    execution = service.run(caller, request, shape);
    return true;
  }
};

std::shared_ptr<LazyExecution> lazy(Service& service, const Caller& caller, const Request& request,
                                    Service::Shape shape) {
  return std::make_shared<LazyExecution>(service, caller, request, shape, nullptr);
}

// A file that is read once and removed.
struct TemporaryFile {
  std::string path;
  std::ifstream stream;
  ~TemporaryFile() {
    std::error_code ignored;  // nothing to do about a file that cannot be removed
    if (!path.empty()) std::filesystem::remove(path, ignored);
  }
};

}  // namespace

std::string first_page(Service& service, Pages& pages, const Caller& caller, const Request& request,
                       std::int64_t page_rows) {
  auto result =
      std::make_unique<PagedResult>(service.run(caller, request, Service::Shape::pages), page_rows);
  std::string out = "{\"query_id\":" + text_json(result->execution().id()) +
                    ",\"columns\":" + columns_json(result->execution().columns()) + ",";
  append_page(out, pages, caller, std::move(result));
  return out + "}";
}

std::string further_page(Pages& pages, const Caller& caller, const std::string& cursor) {
  std::string out = "{";
  append_page(out, pages, caller, pages.take(caller.user_id, cursor));
  return out + "}";
}

std::function<bool(std::string&)> arrow_stream(Service& service, const Caller& caller,
                                               const Request& request) {
  return [state = lazy(service, caller, request, Service::Shape::arrow)](std::string& out) {
    state->start();
    while (out.size() < piece_bytes)
      if (!state->execution->next_arrow(out)) return false;
    return true;
  };
}

std::function<bool(std::string&)> csv_stream(Service& service, const Caller& caller,
                                             const Request& request) {
  return [state = lazy(service, caller, request, Service::Shape::text)](std::string& out) {
    if (state->start()) {
      const auto& columns = state->execution->columns();
      for (std::size_t i = 0; i < columns.size(); ++i)
        out += (i > 0 ? "," : "") + csv_field(columns[i].name);
      out += "\r\n";
    }
    while (out.size() < piece_bytes) {
      const auto batch = state->execution->next();
      if (!batch) return false;
      batch->append_csv(out);
    }
    return true;
  };
}

std::function<bool(std::string&)> parquet_stream(Service& service, const Caller& caller,
                                                 const Request& request) {
  auto file = std::make_shared<TemporaryFile>();
  return [&service, caller, request, file](std::string& out) {
    if (file->path.empty()) {
      file->path = service.to_parquet(caller, request);
      file->stream.open(file->path, std::ios::binary);
      if (!file->stream) throw internal("the download file cannot be read");
    }
    out.resize(piece_bytes);
    file->stream.read(out.data(), static_cast<std::streamsize>(out.size()));
    out.resize(static_cast<std::size_t>(file->stream.gcount()));
    return file->stream.good();
  };
}

}  // namespace ob::query
