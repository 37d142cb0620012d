#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace everyml {

/// The true state of an algorithm at one step, for replays. The last frame equals the returned model.
struct Frame {
  std::string_view algorithm;
  std::size_t step = 0;
  std::string_view name;           ///< what the values are, for example "centroids"
  std::span<const double> values;  ///< row-major [rows, columns]; valid only during the call
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// The one hook of every loop longer than a blink. All calls come from the thread that called `fit`,
/// never from a pool thread, so an implementation needs no locks.
class Observer {
 public:
  virtual ~Observer() = default;

  /// `fraction` in [0, 1]; `stage` names what is being done ("k-means", "fold 3 of 5").
  virtual void progress(std::string_view stage, double fraction) { (void)stage, (void)fraction; }

  /// A figure worth drawing over time, for example ("loss", step 12, 0.31).
  virtual void metric(std::string_view name, std::size_t step, double value) {
    (void)name, (void)step, (void)value;
  }

  virtual void frame(const Frame& frame) { (void)frame; }

  /// Frames cost time to make; algorithms ask first.
  virtual bool wants_frames() const { return false; }

  /// True asks the algorithm to end at its next step with the valid state it has reached.
  virtual bool stop() { return false; }
};

}  // namespace everyml
