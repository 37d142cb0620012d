#include <algorithm>
#include <chrono>
#include <system_error>

#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/thread_pool_impl.h"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <signal.h>
#endif

namespace everyml {
namespace {

using Clock = std::chrono::steady_clock;

// Long enough to cover the serial gap between two loops of one algorithm, short enough that a worker which
// finds no work costs others next to nothing.
constexpr auto kSpinHard = std::chrono::microseconds(8);
constexpr auto kSpinPolitely = std::chrono::microseconds(40);

thread_local bool inside_loop = false;

std::atomic<std::uint64_t> forks{0};

void watch_forks() {
#if defined(__unix__) || defined(__APPLE__)
  static const bool registered = [] {
    pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
    return true;
  }();
  (void)registered;
#endif
}

void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// True as soon as `ready()` is; false after the time above. The second part yields at each step, so on a
// machine with more runnable threads than CPUs the wait goes to those that have work.
template <class Ready>
bool spin_until(Ready ready) {
  for (int i = 0; i < 64; ++i) {
    if (ready()) return true;
    pause_briefly();
  }
  const auto start = Clock::now();
  while (true) {
    for (int i = 0; i < 32; ++i) {
      if (ready()) return true;
      pause_briefly();
    }
    const auto spent = Clock::now() - start;
    if (spent > kSpinPolitely) return false;
    if (spent > kSpinHard) std::this_thread::yield();
  }
}

// Signals from outside belong to the threads of the program, not to helpers it does not know of.
class SignalsBlocked {
 public:
#if defined(__unix__) || defined(__APPLE__)
  SignalsBlocked() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int kept : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGPROF})
      sigdelset(&blocked, kept);
    pthread_sigmask(SIG_BLOCK, &blocked, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
#endif
};

}  // namespace

int loop_threads(const Context& context) { return inside_loop ? 1 : context.threads(); }

void LoopJob::work() noexcept {
  const bool was_inside = std::exchange(inside_loop, true);
  const BudgetScope scope(budget_);
  while (!failed_.load(std::memory_order_relaxed)) {
    const std::size_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
    if (chunk >= chunks_) break;
    // A chunk once claimed is always run. Chunks are claimed in order, so all chunks before a failing one are
    // run too, and the error that comes back is the same with any number of threads.
    try {
      context_.check();
      const std::size_t begin = chunk * grain_;
      body_(begin, std::min(n_, begin + std::min(grain_, n_ - begin)));
    } catch (...) {
      failed_.store(true, std::memory_order_relaxed);
      const std::lock_guard lock(error_mutex_);
      if (chunk < error_chunk_) {
        error_chunk_ = chunk;
        error_ = std::current_exception();
      }
    }
  }
  inside_loop = was_inside;
}

ThreadPool::~ThreadPool() {
  if (inherited_by_fork()) {
    // The threads exist only in the parent: joining them would wait for ever.
    (void)workers_.release();
    return;
  }
  quit_.store(true);
  ticket_.fetch_add(1);
  ticket_.notify_all();
  for (std::thread& worker : *workers_) worker.join();
}

bool ThreadPool::inherited_by_fork() const {
  return started() > 0 && fork_count_ != forks.load(std::memory_order_relaxed);
}

void ThreadPool::start_workers(std::size_t wanted) {
  if (workers_->size() >= wanted) return;
  if (workers_->empty()) {
    watch_forks();
    fork_count_ = forks.load(std::memory_order_relaxed);
  }
  const SignalsBlocked blocked;
  try {
    while (workers_->size() < wanted) {
      workers_->emplace_back(&ThreadPool::worker_loop, this, workers_->size(), ticket_.load());
      // Publishes fork_count_ to callers that do not own the pool.
      started_.store(workers_->size(), std::memory_order_release);
    }
  } catch (const std::system_error&) {
    // The system gives no more threads; those that run, and the caller, do the work.
  }
}

bool ThreadPool::run(LoopJob& job, std::size_t helpers) {
  if (inside_loop || inherited_by_fork()) return false;
  if (busy_.exchange(true, std::memory_order_acquire)) return false;
  helpers = std::min(helpers, static_cast<std::size_t>(threads_ - 1));
  start_workers(helpers);

  job_ = &job;
  state_.store(kOpen, std::memory_order_release);
  // Sequentially consistent with the worker that first counts itself as a sleeper and then looks at the
  // ticket: one of the two sees the other.
  ticket_.fetch_add(1);
  if (const std::size_t asleep = sleepers_.load(); asleep > 0) {
    if (helpers < asleep) {
      for (std::size_t i = 0; i < helpers; ++i) ticket_.notify_one();
    } else {
      ticket_.notify_all();
    }
  }

  job.work();
  wait_for_helpers();
  job_ = nullptr;
  busy_.store(false, std::memory_order_release);
  return true;
}

// Helpers that have not come yet are not waited for: once closed, the job can no longer be entered.
void ThreadPool::wait_for_helpers() {
  state_.fetch_and(~kOpen, std::memory_order_acq_rel);
  const auto left = [this] { return state_.load(std::memory_order_acquire) == 0; };
  if (spin_until(left)) return;
  for (std::uint32_t inside = state_.load(std::memory_order_acquire); inside != 0;
       inside = state_.load(std::memory_order_acquire)) {
    state_.wait(inside, std::memory_order_acquire);
  }
}

void ThreadPool::help() {
  std::uint32_t state = state_.load(std::memory_order_relaxed);
  do {
    if ((state & kOpen) == 0) return;
  } while (
      !state_.compare_exchange_weak(state, state + 1, std::memory_order_acquire, std::memory_order_relaxed));
  job_->work();
  if (state_.fetch_sub(1, std::memory_order_acq_rel) == 1) state_.notify_one();
}

void ThreadPool::worker_loop(std::size_t index, std::uint32_t seen) {
#if defined(__linux__)
  pthread_setname_np(pthread_self(), "everyml-worker");
#endif
  // Beyond the CPUs there are, a spinning worker only takes time from a working one.
  const bool may_spin = index + 1 < static_cast<std::size_t>(available_threads());
  const auto called = [this, &seen] { return ticket_.load(std::memory_order_acquire) != seen; };
  while (true) {
    if (!(may_spin && spin_until(called))) {
      sleepers_.fetch_add(1);
      ticket_.wait(seen);
      sleepers_.fetch_sub(1);
    }
    seen = ticket_.load();
    if (quit_.load()) return;
    help();
  }
}

}  // namespace everyml
