#pragma once

#include <chrono>
#include <string>

#include "apps/text/terminal.h"
#include "everyml/foundation/base/observer.h"

namespace everyml::cli {

using namespace shown;

/// One line at the bottom of a terminal that tells what is being done and how far it is.
class ProgressBar : public Observer {
 public:
  explicit ProgressBar(const Terminal& terminal) : terminal_(terminal) {}
  void progress(std::string_view stage, double fraction) override;
  /// Takes the line away.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  const Terminal& terminal_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point drawn_{};
  bool shown_ = false;
};

/// The line itself: "[#####-----]  50 %  fold 3 of 5  12 s left", at most `width` columns.
std::string progress_line(std::string_view stage, double fraction, double seconds, std::size_t width);

}  // namespace everyml::cli
