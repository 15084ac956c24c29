#pragma once
// A progress bar on standard error; nothing where that is no terminal.
#include <chrono>
#include <cstdint>
#include <string>

namespace ob::cli {

class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();  // removes the bar
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void update(std::int64_t done, std::int64_t total);  // total 0: unknown

 private:
  std::string label_;
  bool shown_ = false, terminal_ = false;
  std::chrono::steady_clock::time_point started_, drawn_;
};

// "report.csv  [=======>      ]  52 %  26.0 MB of 50.0 MB  12.1 MB/s"
std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total,
                          double seconds, std::size_t width);

}  // namespace ob::cli
