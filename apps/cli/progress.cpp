#include "apps/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "apps/cli/session.h"
#include "everyml/foundation/base/text.h"

namespace everyml::cli {

std::string progress_line(std::string_view stage, double fraction, double seconds, std::size_t width) {
  constexpr std::size_t kBar = 24;
  fraction = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0.0;
  const auto full = static_cast<std::size_t>(std::lround(fraction * kBar));
  std::string left;
  // A guess from the first moments would only mislead.
  if (seconds > 2 && fraction > 0.05 && fraction < 1) {
    left = fmt::format("  {} left", seconds_for_people(seconds * (1 - fraction) / fraction));
  }
  std::string line = fmt::format("[{:#<{}}{:-<{}}] {:3.0f} %  ", "", full, "", kBar - full, fraction * 100);
  const std::size_t used = display_width(line) + left.size();
  return line + printable(stage, width > used + 1 ? width - used - 1 : 1) + left;
}

void ProgressBar::progress(std::string_view stage, double fraction) {
  const auto now = Clock::now();
  if (shown_ && now - drawn_ < std::chrono::milliseconds(80)) return;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  const std::string line = "\r\x1b[2K" + progress_line(stage, fraction, seconds, terminal_.width());
  // A progress bar that cannot be drawn is no reason to stop.
  if (::write(2, line.data(), line.size()) > 0) shown_ = true;
  drawn_ = now;
}

void ProgressBar::clear() {
  if (!shown_) return;
  constexpr std::string_view kErase = "\r\x1b[2K";
  if (::write(2, kErase.data(), kErase.size()) > 0) shown_ = false;
}

}  // namespace everyml::cli
