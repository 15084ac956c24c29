// As much of S3's protocol as DuckDB speaks: HEAD and GET of a range, PUT, and uploads in parts.
#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cctype>
#include <charconv>
#include <latch>
#include <mutex>
#include <thread>

#include "api/api.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/pool.h"
#include "net/net.h"
#include "relay/files.h"

namespace ob::relay {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t kPiece = 8 << 20;                  // of a range, in one request to the store
constexpr std::size_t kIncoming = 1 << 20;                // of a body, in memory at once
constexpr std::int64_t kMaxBody = std::int64_t{6} << 30;  // S3's most for a part, and some
constexpr std::int64_t kMaxManifest = 16 << 20;           // what completes an upload
constexpr std::size_t kThreads = 32;                      // requests to stores at a time
constexpr int kIoThreads = 2;

struct Range {
  std::int64_t first = 0, length = 0;
};

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "bytes=first-last"; all without the header.
Range wanted_range(std::string_view header, std::int64_t size) {
  if (header.empty()) return {0, size};
  const auto dash = header.find('-');
  if (!header.starts_with("bytes=") || dash == header.npos)
    throw Error(416, "relay.badRange", "Only one range from a first to a last byte can be asked.");
  const auto first = number_in(header.substr(6, dash - 6));
  const auto rest = header.substr(dash + 1);
  const auto last = rest.empty() ? size - 1 : number_in(rest);
  if (!first || !last || *last < *first || *first >= size)
    throw Error(416, "relay.badRange", "The object has no such range.");
  return {*first, std::min(*last, size - 1) - *first + 1};
}

struct Query {
  std::optional<std::string> upload, part;
  bool uploads = false;
};

Query parse(const net::Request& request) {
  Query query;
  for (const auto& [name, value] : net::parse_query(request.query)) {
    if (name == "uploadId") query.upload = value;
    if (name == "partNumber") query.part = value;
    if (name == "uploads") query.uploads = true;
  }
  return query;
}

net::Response xml(int status, const std::string& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/xml"}},
          .body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" + body};
}

net::Headers headers_of(const objects::ObjectInfo& info) {
  return {{"Content-Type", "application/octet-stream"},
          {"Accept-Ranges", "bytes"},
          {"ETag", '"' + info.version + '"'},
          {"Last-Modified", net::http_date(info.modified)}};
}

int count_parts(std::string_view manifest) {
  int parts = 0;
  constexpr std::string_view kTag = "<PartNumber>";
  for (auto at = manifest.find(kTag); at != manifest.npos; at = manifest.find(kTag, at + 1))
    ++parts;
  return parts;
}

class RelayServer final : public Relay {
 public:
  ~RelayServer() override {
    if (!started_) return;
    server_->shutdown(0);
    work_.reset();
    io_.stop();
    for (auto& thread : threads_) thread.join();
    pool_.reset();  // its last work ends in coroutines of io_, which has to be there still
  }

  void mount(Mount mount) override {
    files_.mount(std::move(mount));
    const std::lock_guard lock(start_mutex_);
    if (!started_) start();
    started_ = true;
  }
  void unmount(const std::string& prefix) override { files_.unmount(prefix); }
  bool started() const override { return started_; }
  const std::string& endpoint() const override { return endpoint_; }
  const std::string& token() const override { return token_; }
  std::shared_ptr<objects::Reader> open(const std::string& location) override {
    return files_.open(location, true);
  }
  void prefetch(const std::vector<std::string>& locations) override {
    if (!started_) return;
    std::latch done(std::ssize(locations));
    for (const auto& location : locations) {
      asio::post(pool_->executor(), [&] {
        try {
          files_.open(location, false);
        } catch (const std::exception& error) {
          log::debug("an object could not be looked up beforehand",
                     {{"error", boost::json::value(error.what())}});
        }
        done.count_down();
      });
    }
    done.wait();
  }
  void discard(const std::string& prefix) override { files_.discard(prefix); }
  std::optional<Error> failure(std::string_view message) override {
    const std::string start = "/" + std::string(kBucket) + "/";
    const auto at = message.find(start);
    if (at == message.npos) return std::nullopt;
    message.remove_prefix(at);
    const auto end = std::ranges::find_if_not(message, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("/._=~%-").contains(c);
    });
    const auto path = message.substr(0, static_cast<std::size_t>(end - message.begin()));
    return files_.failure("s3:/" + net::percent_decode(path));
  }

 private:
  void start() {
    net::ServerOptions options;
    options.port = 0;
    options.max_body_bytes = kMaxBody;
    options.max_connections_per_address = options.max_connections;
    // A statement may pause for long between two parts of a file.
    options.keep_alive_timeout_s = 600;
    pool_ = std::make_unique<Pool>("relay", kThreads);
    server_ = net::serve(io_, options, [this](net::Exchange& x) { return handle(x); });
    endpoint_ = "127.0.0.1:" + std::to_string(server_->port());
    for (int i = 0; i < kIoThreads; ++i) threads_.emplace_back([this] { io_.run(); });
  }

  asio::awaitable<void> handle(net::Exchange& x) {
    const std::string path = "s3:/" + net::percent_decode(x.request().path);
    std::optional<Error> failed;
    try {
      if (!constant_time_equal(x.request().header("x-amz-security-token"), token_))
        throw forbidden("relay.forbidden", "This server is for the engine alone.");
      const std::string location = to_location(path);
      co_await answer(x, location);
    } catch (const Error& error) {
      failed = error;
    } catch (const std::exception& error) {
      failed = internal(error.what());
    }
    if (!failed) co_return;
    files_.note_failure(path, *failed);
    log::debug("a request of the engine failed",
               {{"id", failed->id()}, {"cause", failed->cause()}});
    if (x.started()) throw Error(*failed);  // cuts the connection
    co_await x.respond(
        x.request().method == "HEAD"
            ? net::Response{.status = failed->status()}
            : xml(failed->status(), "<Error><Code>" + failed->id() + "</Code><Message/></Error>"));
  }

  asio::awaitable<void> answer(net::Exchange& x, std::string location) {
    const std::string& method = x.request().method;
    const Query query = parse(x.request());
    if (method == "HEAD") return head(x, std::move(location));
    if (method == "GET" && x.request().query.empty()) return get(x, std::move(location));
    if (method == "PUT" && query.part && query.upload)
      return put_part(x, std::move(location), *query.upload, *query.part);
    if (method == "PUT" && x.request().query.empty()) return put(x, std::move(location));
    if (method == "POST" && query.uploads) return begin_upload(x, std::move(location));
    if (method == "POST" && query.upload) return complete(x, std::move(location), *query.upload);
    if (method == "DELETE" && query.upload) return abort(x, *query.upload);
    throw Error(501, "relay.unsupported", "Only single objects are read and written here.");
  }

  asio::awaitable<void> head(net::Exchange& x, std::string location) {
    auto open = [&] { return files_.open(location, true)->info(); };
    const auto info = co_await pool_->run(open);
    net::Response response{.headers = headers_of(info)};
    response.headers.emplace_back("Content-Length", std::to_string(info.size));
    co_await x.respond(std::move(response));
  }

  asio::awaitable<void> get(net::Exchange& x, std::string location) {
    auto open = [&] { return files_.open(location, false); };
    const auto reader = co_await pool_->run(open);
    Range range = wanted_range(x.request().header("Range"), reader->size());
    net::Response response{.headers = headers_of(reader->info())};
    response.headers.emplace_back("Content-Length", std::to_string(range.length));
    if (!x.request().header("Range").empty()) {
      response.status = 206;
      response.headers.emplace_back("Content-Range",
                                    "bytes " + std::to_string(range.first) + "-" +
                                        std::to_string(range.first + range.length - 1) + "/" +
                                        std::to_string(reader->size()));
    }
    auto next = [this, reader, location, range](std::string& out) mutable {
      out.resize(static_cast<std::size_t>(std::min(range.length, kPiece)));
      read(*reader, location, range.first, out);
      range.first += std::ssize(out);
      range.length -= std::ssize(out);
      return range.length > 0;
    };
    co_await api::stream_from(*pool_, x, std::move(response), next);
  }

  void read(objects::Reader& reader, const std::string& location, std::int64_t at,
            std::string& out) {
    try {
      const auto bytes = std::as_writable_bytes(std::span(out));
      if (reader.read_range(at, bytes) != out.size()) throw internal("an object is too short");
    } catch (const Error&) {
      files_.forget(location);  // it may have been replaced or removed
      throw;
    }
  }

  asio::awaitable<void> put(net::Exchange& x, std::string location) {
    auto create = [&] { return files_.create(location); };
    auto writer = co_await pool_->run(create);
    auto consume = [&](std::span<const std::byte> bytes) { writer->write(bytes); };
    co_await api::receive_into(*pool_, x, consume, kIncoming);
    auto commit = [&] { writer->commit(); };
    co_await pool_->run(commit);
    co_await x.respond({.headers = {{"ETag", "\"whole\""}}});
  }

  asio::awaitable<void> begin_upload(net::Exchange& x, std::string location) {
    auto begin = [&] { return files_.start_upload(location); };
    const auto id = co_await pool_->run(begin);
    co_await x.respond(xml(200, "<InitiateMultipartUploadResult><UploadId>" + id +
                                    "</UploadId></InitiateMultipartUploadResult>"));
  }

  asio::awaitable<void> put_part(net::Exchange& x, std::string location, std::string id,
                                 std::string number) {
    auto part = files_.part(id, location, static_cast<int>(number_in(number).value_or(0)));
    auto consume = [&](std::span<const std::byte> bytes) { part->write(bytes); };
    co_await api::receive_into(*pool_, x, consume, kIncoming);
    part->finish();
    part.reset();  // the next one may come with the answer
    co_await x.respond({.headers = {{"ETag", '"' + number + '"'}}});
  }

  asio::awaitable<void> complete(net::Exchange& x, std::string location, std::string id) {
    const int parts = count_parts(co_await x.read_all(kMaxManifest));
    auto commit = [&] { files_.complete(id, location, parts); };
    co_await pool_->run(commit);
    co_await x.respond(xml(200,
                           "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag>"
                           "</CompleteMultipartUploadResult>"));
  }

  asio::awaitable<void> abort(net::Exchange& x, std::string id) {
    auto drop = [&] { files_.abort(id); };
    co_await pool_->run(drop);
    co_await x.respond({.status = 204});
  }

  const std::string token_ = random_token(32);
  std::string endpoint_;
  Files files_;
  std::mutex start_mutex_;
  std::atomic<bool> started_ = false;
  std::unique_ptr<Pool> pool_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  std::unique_ptr<net::Server> server_;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Relay> make() {
  return std::make_unique<RelayServer>();
}

}  // namespace ob::relay
