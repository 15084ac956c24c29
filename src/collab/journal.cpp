#include "collab/journal.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "collab/protocol.h"

namespace ob::collab {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "documents-", kSuffix = ".journal";
constexpr std::size_t kHeadBytes = 8;

Error failed(const fs::path& path, int code) {
  const std::string cause = path.string() + ": " + std::generic_category().message(code);
  if (code == ENOSPC || code == EDQUOT) {
    return {507, "collab.diskFull",
            "The disk that holds the documents is full. Free some space and try again.", cause};
  }
  return {503, "collab.unavailable", "The change could not be stored. Try again shortly.", cause};
}

void put_fixed(char* to, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(value >> (8 * i));
}
std::uint32_t fixed(std::string_view from) {
  std::uint32_t out = 0;
  for (unsigned i = 0; i < 4; ++i)
    out |= static_cast<std::uint32_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  return out;
}
std::uint32_t checksum(std::string_view body) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())));
}

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string out((std::istreambuf_iterator<char>(in)), {});
  if (in.bad() || !in.is_open()) throw failed(path, errno);
  return out;
}

// Takes records from the front of `rest`; what is left was never written whole. False: some were
// damaged, and passed over.
bool read_records(std::string_view& rest, const std::function<void(const Journal::Record&)>& each) {
  bool whole = true;
  while (rest.size() >= kHeadBytes) {
    const std::size_t size = fixed(rest);
    if (size == 0 || size > rest.size() - kHeadBytes) break;
    const std::string_view body = rest.substr(kHeadBytes, size);
    const std::uint32_t sum = fixed(rest.substr(4));
    rest.remove_prefix(kHeadBytes + size);
    if (checksum(body) != sum) {
      whole = false;
      continue;
    }
    Reader reader(body);
    Journal::Record record{.document = reader.bytes(),
                           .after = static_cast<std::int64_t>(reader.number())};
    while (!reader.done()) record.updates.push_back(reader.bytes());
    each(record);
  }
  return whole;
}

}  // namespace

Journal::Journal(fs::path directory) : directory_(std::move(directory)) {
  const auto there = files();
  if (!there.empty()) current_ = there.back();
  oldest_ = there.empty() ? 1 : there.front();
}

Journal::~Journal() {
  if (file_ >= 0) ::close(file_);
}

fs::path Journal::path_of(std::int64_t file) const {
  return directory_ / (std::string(kPrefix) + std::to_string(file) + std::string(kSuffix));
}

std::vector<std::int64_t> Journal::files() const {
  std::vector<std::int64_t> out;
  std::error_code code;
  for (auto entry = fs::directory_iterator(directory_, code);
       !code && entry != fs::directory_iterator(); entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    const char* end = name.data() + name.size() - kSuffix.size();
    std::int64_t number = 0;
    const auto read = std::from_chars(name.data() + kPrefix.size(), end, number);
    if (read.ec == std::errc{} && read.ptr == end) out.push_back(number);
  }
  if (code) throw failed(directory_, code.value());
  std::ranges::sort(out);
  return out;
}

void Journal::read(std::int64_t file, const std::function<void(const Record&)>& each) const {
  const fs::path path = path_of(file);
  const std::string content = content_of(path);
  std::string_view rest = content;
  const bool whole = read_records(rest, each);
  if (whole && rest.find_first_not_of('\0') == std::string_view::npos) return;
  const std::string kept = path.string() + "." + std::to_string(now_micros()) + ".damaged";
  fs::copy_file(path, kept);
  log::error(whole ? "the last change to a document was not written whole, and is not there"
                   : "changes to documents cannot be read",
             {{"file", path.c_str()}, {"kept", kept.c_str()}, {"bytes", rest.size()}});
}

void Journal::next() {
  const fs::path path = path_of(current_ + 1);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  const int opened = ::open(path.c_str(), kFlags, 0600);
  if (opened < 0) throw failed(path, errno);
  if (file_ >= 0) ::close(file_);
  file_ = opened;
  size_ = 0;
  ++current_;
}

std::size_t Journal::append(const std::string& document, std::int64_t after,
                            const std::vector<std::string>& updates) {
  if (file_ < 0) next();
  constexpr std::size_t kUsual = 64 * 1024;
  if (buffer_.capacity() > kUsual) buffer_ = {};
  buffer_.assign(kHeadBytes, '\0');
  put_bytes(buffer_, document);
  put_number(buffer_, static_cast<std::uint64_t>(after));
  for (const auto& update : updates) put_bytes(buffer_, update);
  const std::string_view body = std::string_view(buffer_).substr(kHeadBytes);
  const std::uint32_t sum = checksum(body);
  put_fixed(buffer_.data(), static_cast<std::uint32_t>(body.size()));
  put_fixed(buffer_.data() + 4, sum);
  write();
  size_ += buffer_.size();
  return buffer_.size();
}

void Journal::write() {
  for (std::size_t done = 0; done < buffer_.size();) {
    const auto wrote = ::write(file_, buffer_.data() + done, buffer_.size() - done);
    if (wrote > 0) {
      done += static_cast<std::size_t>(wrote);
      continue;
    }
    if (wrote < 0 && errno == EINTR) continue;
    const int code = wrote < 0 ? errno : EIO;
    // A half record would hide those after it.
    if (done > 0 && ::ftruncate(file_, static_cast<off_t>(size_)) != 0) {
      ::close(file_);
      file_ = -1;
    }
    throw failed(path_of(current_), code);
  }
}

int Journal::handle() const {
  return file_ < 0 ? -1 : ::fcntl(file_, F_DUPFD_CLOEXEC, 0);
}

void Journal::remove(std::int64_t file) {
  for (; oldest_ <= file; ++oldest_) {
    std::error_code code;
    fs::remove(path_of(oldest_), code);
    if (!code) continue;
    // Nor those after it: one of them may say that what is in this one was removed.
    return log::error("a file of the journal cannot be removed",
                      {{"file", path_of(oldest_).c_str()}, {"error", code.message().c_str()}});
  }
}

}  // namespace ob::collab
