#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/base/observer.h"
#include "everyml/foundation/base/random.h"

namespace everyml {

class ThreadPool;

/// A flag that another thread or a signal handler may set. Thread-safe and async-signal-safe.
class CancelToken {
 public:
  void cancel() noexcept { flag_.store(true, std::memory_order_relaxed); }
  bool cancelled() const noexcept { return flag_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> flag_{false};
};

/// What a piece of work may use. Passed explicitly everywhere; there are no globals.
struct ContextOptions {
  int threads = 0;                               ///< 0: as many as affinity and cgroup quota allow
  std::uint64_t seed = 0;                        ///< root of every random stream
  Observer* observer = nullptr;                  ///< not owned, may be null
  const CancelToken* cancel = nullptr;           ///< not owned, may be null
  std::optional<double> seconds = std::nullopt;  ///< time allowed from construction
  std::size_t memory_bytes = 0;  ///< limit for arrays made in a BudgetScope of memory(); 0 is none
};

/// Handed to every `fit`, `predict` and reader. Cheap to copy; copies share pool, budget and clock.
/// `check()`, `stop_requested()` and the pool may be used from many threads, the observer only from the
/// caller's.
class Context {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Context(const ContextOptions& options = {});

  int threads() const { return threads_; }
  std::uint64_t seed() const { return seed_; }
  /// The stream of that name and index under this context's seed.
  Stream random(std::string_view name, std::uint64_t index = 0) const { return {seed_, name, index}; }
  ThreadPool& pool() const { return *pool_; }
  MemoryBudget& memory() const { return *memory_; }
  Observer* observer() const { return observer_; }

  /// Throws ResourceError "resource.cancelled" or "resource.deadline" when work must end now.
  /// Called between the chunks of every parallel loop; serial loops call it at least every 100 ms.
  void check() const;
  /// True when an iterative learner should end with the valid state it has: the observer asked for it.
  bool stop_requested() const { return observer_ != nullptr && observer_->stop(); }

  void progress(std::string_view stage, double fraction) const {
    if (observer_) observer_->progress(stage, fraction);
  }
  void metric(std::string_view name, std::size_t step, double value) const {
    if (observer_) observer_->metric(name, step, value);
  }
  bool wants_frames() const { return observer_ != nullptr && observer_->wants_frames(); }

  std::optional<double> seconds_left() const;

  /// The same context with another seed, observer or deadline. A new deadline never outlives the old one.
  Context with_seed(std::uint64_t seed) const;
  Context with_observer(Observer* observer) const;
  Context with_seconds(double seconds) const;
  /// The same context that this flag may stop too: whoever could stop the old one still can. The flag is not
  /// owned and must outlive the new context's work; null adds none.
  Context with_cancel(const CancelToken* cancel) const;
  /// The same context whose loops run on the calling thread.
  Context serial() const;

 private:
  /// The flags of the contexts this one came from.
  struct EarlierCancel {
    const CancelToken* cancel;
    std::shared_ptr<const EarlierCancel> before;
  };
  bool cancelled() const;

  int threads_;
  std::uint64_t seed_;
  Observer* observer_;
  const CancelToken* cancel_;
  std::shared_ptr<const EarlierCancel> earlier_cancel_;
  std::optional<Clock::time_point> deadline_;
  std::shared_ptr<ThreadPool> pool_;
  std::shared_ptr<MemoryBudget> memory_;
};

}  // namespace everyml
