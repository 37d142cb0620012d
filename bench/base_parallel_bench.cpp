// Prints what an empty parallel loop costs: the price below which a job should stay on one thread.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "everyml/foundation/base/parallel.h"

namespace {

using everyml::Context;
using Clock = std::chrono::steady_clock;

double nanoseconds(Clock::duration time) { return std::chrono::duration<double, std::nano>(time).count(); }

struct Figures {
  double median, low, high;  ///< nanoseconds a loop: the middle, and the 10th and 90th of 100
};

// Each sample is one loop after a serial gap. Within the gap the workers spin, then yield, then sleep.
// With `meet`, a chunk waits until all have begun: then no thread can do the work of another, and the figure
// is a true fork and join. Without it the caller may be done before a worker arrives, as happens to tiny
// loops.
Figures loops(const Context& context, std::size_t chunks, std::chrono::microseconds gap, int samples,
              bool meet = false) {
  std::vector<double> times;
  for (int i = 0; i < samples; ++i) {
    const auto resume = Clock::now() + gap;
    while (Clock::now() < resume) {
    }
    const auto start = Clock::now();
    std::atomic<std::size_t> begun{0};
    everyml::parallel_for(context, chunks, 1, [&](std::size_t, std::size_t) {
      if (!meet) return;
      begun.fetch_add(1);
      while (begun.load() < chunks) {
      }
    });
    times.push_back(nanoseconds(Clock::now() - start));
  }
  std::sort(times.begin(), times.end());
  const std::size_t n = times.size();
  return {times[n / 2], times[n / 10], times[n - 1 - n / 10]};
}

void report(const char* what, const Figures& figures) {
  std::printf("%-58s %9.0f %9.0f %9.0f\n", what, figures.median, figures.low, figures.high);
}

}  // namespace

int main() {
  std::printf("CPUs granted: %d\n", everyml::available_threads());
  std::printf("%-58s %9s %9s %9s\n", "nanoseconds a loop", "median", "10%", "90%");
  const auto none = std::chrono::microseconds(0);
  const auto asleep = std::chrono::microseconds(2000);

  const Context one({.threads = 1});
  report("1 thread, 1 chunk", loops(one, 1, none, 20'000));
  report("1 thread, 2 chunks", loops(one, 2, none, 20'000));
  for (const int threads : {2, 4}) {
    char line[80];
    const Context context({.threads = threads});
    const auto chunks = static_cast<std::size_t>(threads);
    std::snprintf(line, sizeof line, "%d threads, %zu chunks, loop after loop", threads, chunks);
    report(line, loops(context, chunks, none, 20'000));
    std::snprintf(line, sizeof line, "%d threads, %zu chunks, workers asleep", threads, chunks);
    report(line, loops(context, chunks, asleep, 500));
    if (threads == 2) {
      report("2 threads meet, loop after loop", loops(context, 2, none, 20'000, true));
      report("2 threads meet, 5 microseconds between loops",
             loops(context, 2, std::chrono::microseconds(5), 5'000, true));
      report("2 threads meet, 30 microseconds between loops",
             loops(context, 2, std::chrono::microseconds(30), 5'000, true));
      report("2 threads meet, worker asleep", loops(context, 2, asleep, 500, true));
      std::snprintf(line, sizeof line, "%d threads, 1 chunk", threads);
      report(line, loops(context, 1, none, 20'000));
    }
  }
  return 0;
}
