#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "everyml/foundation/base/parallel.h"

namespace everyml {

/// One parallel loop. Lives on the caller's stack for as long as the loop runs.
class LoopJob {
 public:
  LoopJob(const Context& context, std::size_t n, std::size_t grain, std::size_t chunks, RangeTask body)
      : context_(context), n_(n), grain_(grain), chunks_(chunks), body_(body) {}

  /// Takes chunks until none is left. Never throws: what a chunk throws is kept for `rethrow`.
  void work() noexcept;
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const Context& context_;
  const std::size_t n_, grain_, chunks_;
  const RangeTask body_;
  const BudgetScope::Handle budget_ = BudgetScope::current();
  alignas(64) std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex error_mutex_;
  std::exception_ptr error_;
  std::size_t error_chunk_ = SIZE_MAX;
};

/// Threads that help one loop at a time. Workers start when a loop first needs them, spin for some tens of
/// microseconds after a loop so that the next one finds them awake, and then sleep in the kernel.
class ThreadPool {
 public:
  /// `threads` counts the caller too; at least 1. Starts nothing.
  explicit ThreadPool(int threads) : threads_(threads) {}
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// Runs the job on the caller and up to `helpers` workers. False, with nothing run, when the pool may not
  /// be used now: it is busy, this thread is inside a loop already, or the process is a fork of the pool's
  /// one.
  bool run(LoopJob& job, std::size_t helpers);

  /// Workers started so far.
  std::size_t started() const { return started_.load(std::memory_order_acquire); }

 private:
  static constexpr std::uint32_t kOpen = 1U << 31;

  bool inherited_by_fork() const;
  void start_workers(std::size_t wanted);
  void worker_loop(std::size_t index, std::uint32_t seen);
  void help();
  void wait_for_helpers();

  const int threads_;
  std::atomic<bool> busy_{false};
  std::atomic<std::size_t> started_{0};
  std::unique_ptr<std::vector<std::thread>> workers_ = std::make_unique<std::vector<std::thread>>();
  std::uint64_t fork_count_ = 0;  ///< forks this process had seen when the first worker started
  LoopJob* job_ = nullptr;        ///< read only by workers counted in `state_`

  alignas(64) std::atomic<std::uint32_t> ticket_{
      0};  ///< one more for each loop; workers wait for it to change
  std::atomic<std::uint32_t> sleepers_{0};
  std::atomic<bool> quit_{false};
  alignas(64) std::atomic<std::uint32_t> state_{0};  ///< kOpen while helpers may join, plus those inside
};

/// CPUs granted by the cgroup quotas of version 2 and 1 that hold for a process, rounded down but at least 1;
/// 0 when there is no quota. `membership` is the text of /proc/self/cgroup, `root` is /sys/fs/cgroup.
int cgroup_cpus(std::string_view membership, const std::filesystem::path& root);

}  // namespace everyml
