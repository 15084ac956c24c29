#include "cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/output.h"

namespace ob::cli {

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)),
      terminal_(::isatty(STDERR_FILENO) != 0),
      started_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
  if (shown_) std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::update(std::int64_t done, std::int64_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || (shown_ && now - drawn_ < std::chrono::milliseconds(100))) return;
  if (!shown_ && now - started_ < std::chrono::milliseconds(300)) return;  // quick ones need none
  winsize size{};
  const std::size_t width =
      ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  std::fprintf(stderr, "\r\x1b[K%s",
               progress_line(label_, done, total, seconds, width - 1).c_str());
  shown_ = true;
  drawn_ = now;
}

std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total,
                          double seconds, std::size_t width) {
  const auto speed =
      seconds > 0 ? static_cast<std::int64_t>(static_cast<double>(done) / seconds) : 0;
  std::string tail = "  " + human_bytes(done);
  if (total > 0) {
    tail = "  " + std::to_string(done * 100 / total) + " %" + tail + " of " + human_bytes(total);
  }
  tail += "  " + human_bytes(speed) + "/s";
  const std::size_t room = width > tail.size() ? width - tail.size() : 0;
  const std::string name = fit(printable(label), std::clamp<std::size_t>(room / 2, 8, 40));
  std::string line = name;
  const std::size_t used = display_width(name) + 4;
  if (total > 0 && room > used + 10) {
    const std::size_t cells = std::min<std::size_t>(room - used, 40);
    const auto filled = static_cast<std::size_t>(std::min<std::int64_t>(
        static_cast<std::int64_t>(cells) * done / total, static_cast<std::int64_t>(cells)));
    line += "  [" + std::string(filled, '=') + std::string(cells - filled, ' ') + "]";
  }
  return fit(line + tail, std::max<std::size_t>(width, 8));
}

}  // namespace ob::cli
