#include "cli/upload.h"

#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "cli/progress.h"

namespace ob::cli {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t part_bytes = 32LL * 1024 * 1024;
constexpr std::int64_t single_bytes = 8LL * 1024 * 1024;  // up to this size: one request
constexpr int attempts = 5;

json::value parsed(const HttpResponse& response) {
  boost::system::error_code error;
  json::value value = json::parse(response.body, error);
  if (error || !value.is_object())
    throw Error(0, "cli.badAnswer", "The server's answer to the upload is not what it should be.");
  return value;
}

std::string text_at(const json::value& value, std::string_view key) {
  const auto* found = value.get_object().if_contains(key);
  if (found == nullptr || !found->is_string())
    throw Error(0, "cli.badAnswer",
                "The server's answer to the upload has no '" + std::string(key) + "'.");
  return std::string(found->get_string());
}

std::int64_t number_at(const json::value& value, std::string_view key) {
  const auto* found = value.get_object().if_contains(key);
  if (found == nullptr || !found->is_int64())
    throw Error(0, "cli.badAnswer",
                "The server's answer to the upload has no '" + std::string(key) + "'.");
  return found->get_int64();
}

std::ifstream open_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw Error(0, "cli.file", "Cannot read " + file.string() + ": " + std::strerror(errno) + ".");
  return in;
}

// The unfinished upload of one file to one place, remembered between commands.
class Unfinished {
 public:
  Unfinished(const std::string& url, const fs::path& file, const VolumePath& target)
      : note_(user_folder("XDG_STATE_HOME", ".local/state") /
              ("upload-" +
               sha256_hex(url + "\n" + fs::absolute(file).string() + "\n" +
                          std::to_string(fs::file_size(file)) + "\n" +
                          std::to_string(fs::last_write_time(file).time_since_epoch().count()) +
                          "\n" + target.text())
                   .substr(0, 32))) {}
  std::string id() const {
    std::ifstream in(note_);
    std::string id;
    std::getline(in, id);
    return id;
  }
  void keep(const std::string& id) const { write_private_file(note_, id + "\n"); }
  void forget() const {
    std::error_code error;
    fs::remove(note_, error);
  }

 private:
  fs::path note_;
};

std::string upload_path(const std::string& id) {
  return "/api/v1/uploads/" + percent_encode(id, false);
}

// Goes on with an upload that the server still knows; otherwise begins one.
std::pair<std::string, std::int64_t> begin(Session& session, const Unfinished& note,
                                           const VolumePath& target, std::int64_t bytes,
                                           bool overwrite) {
  if (const std::string id = note.id(); !id.empty()) {
    try {
      return {id, number_at(session.call("GET", upload_path(id)), "offset")};
    } catch (const Error& e) {
      if (e.status() != 404) throw;
    }
  }
  const json::value made = session.call(
      "POST", "/api/v1/uploads",
      json::object{{"path", target.text()}, {"bytes", bytes}, {"overwrite", overwrite}});
  const std::string id = text_at(made, "id");
  note.keep(id);
  return {id, number_at(made, "offset")};
}

// Sends one part from `offset`; returns the server's new offset.
std::int64_t send_part(Session& session, const std::string& id, std::ifstream& in,
                       std::int64_t offset, std::int64_t bytes, std::int64_t total,
                       ProgressBar& bar) {
  in.clear();
  in.seekg(offset);
  std::int64_t left = bytes;
  HttpRequest request{.method = "PATCH", .path = upload_path(id)};
  request.headers = {{"Upload-Offset", std::to_string(offset)},
                     {"Content-Type", "application/octet-stream"}};
  request.source_bytes = bytes;
  request.source = [&](char* out, std::size_t room) -> std::size_t {
    const auto want = std::min<std::int64_t>(left, static_cast<std::int64_t>(room));
    in.read(out, want);
    if (in.gcount() < want)
      throw Error(0, "cli.file", "The file became shorter while it was sent.");
    left -= want;
    return static_cast<std::size_t>(want);
  };
  request.progress = [&](std::int64_t sent, std::int64_t) { bar.update(offset + sent, total); };
  const auto response = session.send(std::move(request));
  const std::string_view answer = response.header("upload-offset");
  std::int64_t reached = 0;
  const auto [end, code] = std::from_chars(answer.data(), answer.data() + answer.size(), reached);
  if (code != std::errc{} || end != answer.data() + answer.size())
    throw Error(0, "cli.badAnswer", "The server did not say how far the upload is.");
  return reached;
}

json::value upload_in_parts(Session& session, const fs::path& file, const VolumePath& target,
                            bool overwrite, std::int64_t total) {
  std::ifstream in = open_file(file);
  ProgressBar bar(file.filename().string());
  const Unfinished note(session.url(), file, target);
  auto [id, offset] = begin(session, note, target, total, overwrite);
  int failures = 0;
  while (offset < total) {
    try {
      offset = send_part(session, id, in, offset, std::min(part_bytes, total - offset), total, bar);
      failures = 0;
    } catch (const Error& e) {
      // Lost connections, an expired token and a part that came twice are mended by asking how far.
      const bool transient =
          e.id() == "cli.connection" || e.status() == 401 || e.status() == 409 || e.status() >= 500;
      if (!transient || ++failures == attempts) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(250) * (1 << failures));
      if (interrupted()) throw Interrupted();
      offset = number_at(session.call("GET", upload_path(id)), "offset");
    }
  }
  json::value done = session.call("POST", upload_path(id) + "/finish");
  note.forget();
  return done;
}

}  // namespace

json::value upload_stream(Session& session, std::istream& in, const VolumePath& target,
                          bool overwrite) {
  session.call("GET", "/api/v1/auth/me");  // a fresh token, for this body cannot be sent twice
  HttpRequest request{
      .method = "PUT",
      .path = "/api/v1/files/" + target.encoded() + (overwrite ? "?overwrite=true" : "")};
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.source = [&](char* out, std::size_t room) {
    in.read(out, static_cast<std::streamsize>(room));
    return static_cast<std::size_t>(in.gcount());
  };
  return parsed(session.send(std::move(request)));
}

json::value upload_file(Session& session, const fs::path& file, const VolumePath& target,
                        bool overwrite) {
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  if (error)
    throw Error(0, "cli.file", "Cannot read " + file.string() + ": " + error.message() + ".");
  if (static_cast<std::int64_t>(bytes) > single_bytes)
    return upload_in_parts(session, file, target, overwrite, static_cast<std::int64_t>(bytes));
  std::stringstream content;
  content << open_file(file).rdbuf();
  HttpRequest request{
      .method = "PUT",
      .path = "/api/v1/files/" + target.encoded() + (overwrite ? "?overwrite=true" : ""),
      .headers = {{"Content-Type", "application/octet-stream"}},
      .body = content.str()};
  return parsed(session.send(std::move(request)));
}

}  // namespace ob::cli
