#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/upload.h"

namespace ob::cli {
namespace json = boost::json;
namespace fs = std::filesystem;
namespace {

struct FileOptions {
  std::string from, to, output = "table";
  bool overwrite = false, recursive = false;
};

std::string directory_api(const VolumePath& path) {
  return "/api/v1/directories/" + path.encoded();
}

VolumePath child(VolumePath folder, const std::string& name) {
  if (!folder.rest.empty() && !folder.rest.ends_with('/')) folder.rest += '/';
  folder.rest += name;
  return folder;
}

// A target that is a volume or ends in "/" is a folder: the name is kept.
VolumePath target_for(const std::string& to, const fs::path& from) {
  VolumePath target = parse_volume_path(to);
  if (!target.rest.empty() && !target.rest.ends_with('/')) return target;
  if (from == "-")
    throw bad_request("cli.badPath", "Standard input has no name: give the whole target path.");
  return child(target, from.filename().string());
}

void put_one(Session& session, const fs::path& from, const VolumePath& target, bool overwrite) {
  const json::value done = upload_file(session, from, target, overwrite);
  std::cerr << target.text() << "  " << human_bytes(done.at("bytes").as_int64()) << '\n';
}

int put(const std::string& url, const FileOptions& options) {
  Session session(url);
  const fs::path from = options.from;
  if (options.from == "-") {
    upload_stream(session, std::cin, target_for(options.to, from), options.overwrite);
    return 0;
  }
  if (!fs::is_directory(from)) {
    put_one(session, from, target_for(options.to, from), options.overwrite);
    return 0;
  }
  if (!options.recursive)
    throw bad_request("cli.isDirectory", from.string() + " is a folder: add --recursive.");
  const VolumePath root = parse_volume_path(options.to);
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    put_one(session, entry.path(), child(root, fs::relative(entry.path(), from).generic_string()),
            options.overwrite);
  }
  return 0;
}

// Into a new file beside the target, which it replaces only when whole.
void get_one(Session& session, const VolumePath& from, const fs::path& to, bool overwrite) {
  std::error_code error;
  if (!overwrite && fs::exists(to, error))
    throw conflict("cli.exists", to.string() + " exists already: add --overwrite to replace it.");
  const fs::path part = to.string() + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  if (!out)
    throw Error(0, "cli.file", "Cannot write " + part.string() + ": " + std::strerror(errno) + ".");
  ProgressBar bar(to.filename().string());
  HttpRequest request{.path = "/api/v1/files/" + from.encoded()};
  request.sink = [&](std::string_view bytes) {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!out) throw Error(0, "cli.file", "Cannot write " + part.string() + ": is the disk full?");
  };
  request.progress = [&](std::int64_t done, std::int64_t total) { bar.update(done, total); };
  try {
    session.send(std::move(request));
    out.close();
    if (!out) throw Error(0, "cli.file", "Cannot write " + part.string() + ": is the disk full?");
    fs::rename(part, to);
  } catch (...) {
    out.close();
    fs::remove(part, error);
    throw;
  }
}

std::vector<json::value> entries(Session& session, const VolumePath& folder) {
  return session.list(directory_api(folder));
}

bool is_directory(const json::value& entry) {
  const auto* flag = entry.as_object().if_contains("directory");
  return flag != nullptr && flag->is_bool() && flag->get_bool();
}

std::string name_of(const json::value& entry) {
  const std::string name(entry.at("name").as_string());
  // Names come from the server: they must stay inside the folder that the user chose.
  if (name.empty() || name == "." || name == ".." || name.contains('/') || name.contains('\0'))
    throw Error(0, "cli.badAnswer",
                "The server lists a file with the name '" + printable(name) + "'.");
  return name;
}

void get_tree(Session& session, const VolumePath& from, const fs::path& to, bool overwrite) {
  fs::create_directories(to);
  for (const auto& entry : entries(session, from)) {
    const std::string name = name_of(entry);
    if (is_directory(entry)) {
      get_tree(session, child(from, name), to / name, overwrite);
    } else {
      get_one(session, child(from, name), to / name, overwrite);
    }
  }
}

int get(const std::string& url, const FileOptions& options) {
  Session session(url);
  const VolumePath from = parse_volume_path(options.from);
  if (options.recursive) {
    get_tree(session, from, options.to.empty() ? "." : options.to, options.overwrite);
    return 0;
  }
  if (options.to == "-") {
    HttpRequest request{.path = "/api/v1/files/" + from.encoded()};
    request.sink = [](std::string_view bytes) {
      std::cout.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      if (!std::cout) throw Error(0, "cli.output", "Standard output was closed.");
    };
    session.send(std::move(request));
    std::cout << std::flush;
    return 0;
  }
  const std::string name = fs::path(from.rest).filename().string();
  if (name.empty())
    throw bad_request("cli.isDirectory", from.text() + " is a folder: add --recursive.");
  fs::path to = options.to.empty() ? fs::path(name) : fs::path(options.to);
  if (fs::is_directory(to)) to /= name;
  get_one(session, from, to, options.overwrite);
  std::cerr << to.string() << "  " << human_bytes(static_cast<std::int64_t>(fs::file_size(to)))
            << '\n';
  return 0;
}

int list(const std::string& url, const FileOptions& options) {
  Session session(url);
  std::vector<json::value> items = entries(session, parse_volume_path(options.from));
  const Format format = parse_format(options.output);
  if (format == Format::table) {
    for (auto& item : items) {
      if (is_directory(item)) item.as_object()["name"] = name_of(item) + "/";
    }
    write_objects(format, items, {"name", "bytes", "modified_at"});
  } else {
    write_objects(format, items, {"name", "directory", "bytes", "modified_at"});
  }
  return 0;
}

int remove(const std::string& url, const FileOptions& options) {
  const VolumePath path = parse_volume_path(options.from);
  if (path.rest.empty())
    throw bad_request("cli.isVolume",
                      path.text() + " is a volume, which this command does not remove.");
  Session(url).call("DELETE", options.recursive ? directory_api(path) + "?recursive=true"
                                                : "/api/v1/files/" + path.encoded());
  return 0;
}

int move(const std::string& url, const FileOptions& options) {
  const VolumePath from = parse_volume_path(options.from);
  const VolumePath to = target_for(options.to, fs::path(from.rest));
  Session(url).call(
      "POST", "/api/v1/files/move",
      json::object{{"from", from.text()}, {"to", to.text()}, {"overwrite", options.overwrite}});
  return 0;
}

int make_directory(const std::string& url, const FileOptions& options) {
  Session(url).call("PUT", directory_api(parse_volume_path(options.from)));
  return 0;
}

}  // namespace

void add_file_commands(Program& program) {
  auto* files =
      program.app.add_subcommand("files", "Files in volumes (/Volumes/catalog/schema/volume/…).");
  files->require_subcommand(1);
  auto options = std::make_shared<FileOptions>();
  const auto command = [&](const std::string& name, const std::string& text,
                           const std::string& examples, auto action) {
    return program.add(files, name, text, examples,
                       [&program, options, action] { return action(program.url, *options); });
  };

  auto* sent =
      command("put", "Upload a file; large ones go on where they were interrupted.",
              "  openbricks files put orders.csv /Volumes/main/default/files/\n"
              "  openbricks files put -r photos /Volumes/main/default/files/photos\n"
              "  pg_dump shop | openbricks files put - /Volumes/main/default/files/shop.sql",
              put);
  sent->add_option("local", options->from, "A file; - reads standard input.")->required();
  sent->add_option("target", options->to, "Path on the server; a folder ends with /.")->required();
  sent->add_flag("--overwrite", options->overwrite, "Replace what is there.");
  sent->add_flag("-r,--recursive", options->recursive, "A folder with all below it.");

  auto* fetched = command("get", "Download a file.",
                          "  openbricks files get /Volumes/main/default/files/orders.csv\n"
                          "  openbricks files get /Volumes/main/default/files/orders.csv - | head",
                          get);
  fetched->add_option("path", options->from, "Path on the server.")->required();
  fetched->add_option("local", options->to, "Where to; - writes standard output.");
  fetched->add_flag("--overwrite", options->overwrite, "Replace what is there.");
  fetched->add_flag("-r,--recursive", options->recursive, "A folder with all below it.");

  auto* listed =
      command("ls", "List a folder.", "  openbricks files ls /Volumes/main/default/files", list);
  listed->add_option("path", options->from, "Path on the server.")->required();
  listed->add_option("-o,--output", options->output, "table, json or csv.")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();

  auto* removed = command("rm", "Delete a file.",
                          "  openbricks files rm /Volumes/main/default/files/old.csv", remove);
  removed->add_option("path", options->from, "Path on the server.")->required();
  removed->add_flag("-r,--recursive", options->recursive, "A folder with all below it.");

  auto* moved = command("mv", "Move or rename a file.",
                        "  openbricks files mv /Volumes/main/default/files/a.csv "
                        "/Volumes/main/default/files/b.csv",
                        move);
  moved->add_option("from", options->from, "Path on the server.")->required();
  moved->add_option("to", options->to, "New path; a folder ends with /.")->required();
  moved->add_flag("--overwrite", options->overwrite, "Replace what is there.");

  auto* made = command("mkdir", "Make a folder.",
                       "  openbricks files mkdir /Volumes/main/default/files/2026", make_directory);
  made->add_option("path", options->from, "Path on the server.")->required();
}

}  // namespace ob::cli
