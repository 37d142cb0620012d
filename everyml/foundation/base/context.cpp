#include "everyml/foundation/base/context.h"

#include <cmath>
#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/base/thread_pool_impl.h"

namespace everyml {
namespace {

constexpr int kMostThreads = 1024;
// Longer than any run, and far from the overflow of the clock's nanoseconds.
constexpr double kMostSeconds = 10.0 * 365 * 24 * 3600;

int checked_threads(int threads) {
  if (threads < 0 || threads > kMostThreads) {
    throw ParameterError("parameter.threads", "threads must be from 0 (all) to " +
                                                  std::to_string(kMostThreads) + ", got " +
                                                  std::to_string(threads) + ".");
  }
  return threads == 0 ? std::min(available_threads(), kMostThreads) : threads;
}

std::optional<Context::Clock::time_point> deadline_in(double seconds) {
  if (!(seconds >= 0)) {
    throw ParameterError("parameter.seconds",
                         "seconds must be a number of at least 0, got " + format_number(seconds) + ".");
  }
  if (seconds > kMostSeconds) return std::nullopt;
  return Context::Clock::now() +
         std::chrono::duration_cast<Context::Clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

Context::Context(const ContextOptions& options)
    : threads_(checked_threads(options.threads)),
      seed_(options.seed),
      observer_(options.observer),
      cancel_(options.cancel),
      pool_(std::make_shared<ThreadPool>(threads_)),
      memory_(std::make_shared<MemoryBudget>(options.memory_bytes)) {
  if (options.seconds) deadline_ = deadline_in(*options.seconds);
}

bool Context::cancelled() const {
  if (cancel_ != nullptr && cancel_->cancelled()) return true;
  for (const EarlierCancel* one = earlier_cancel_.get(); one != nullptr; one = one->before.get()) {
    if (one->cancel->cancelled()) return true;
  }
  return false;
}

void Context::check() const {
  if (cancelled()) {
    throw ResourceError("resource.cancelled", "The work was cancelled before it was finished.");
  }
  if (deadline_ && Clock::now() >= *deadline_) {
    throw ResourceError("resource.deadline",
                        "The time allowed ended before the work was finished; allow more seconds, or ask for "
                        "less work.");
  }
}

std::optional<double> Context::seconds_left() const {
  if (!deadline_) return std::nullopt;
  return std::max(0.0, std::chrono::duration<double>(*deadline_ - Clock::now()).count());
}

Context Context::with_seed(std::uint64_t seed) const {
  Context copy = *this;
  copy.seed_ = seed;
  return copy;
}

Context Context::with_observer(Observer* observer) const {
  Context copy = *this;
  copy.observer_ = observer;
  return copy;
}

Context Context::with_seconds(double seconds) const {
  Context copy = *this;
  const auto deadline = deadline_in(seconds);
  if (deadline && (!deadline_ || *deadline < *deadline_)) copy.deadline_ = deadline;
  return copy;
}

Context Context::with_cancel(const CancelToken* cancel) const {
  Context copy = *this;
  if (cancel == nullptr) return copy;
  if (cancel_ != nullptr) {
    copy.earlier_cancel_ = std::make_shared<const EarlierCancel>(EarlierCancel{cancel_, earlier_cancel_});
  }
  copy.cancel_ = cancel;
  return copy;
}

Context Context::serial() const {
  Context copy = *this;
  copy.threads_ = 1;
  return copy;
}

}  // namespace everyml
