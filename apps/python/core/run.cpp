#include "apps/python/core/run.h"

#include <nanobind/stl/string.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace everyml::python {
namespace {

/// Below this many cells a thread of its own would cost more than it could save.
constexpr std::size_t kFewCells = 4000;
constexpr auto kLook = std::chrono::milliseconds(50);

/// One pool per number of threads, kept between calls. The workers of a parent do not live on in a fork, so a
/// child makes pools of its own; the parent's are left alone there.
Context shared_context(int threads) {
  struct Contexts {
    pid_t process = getpid();
    std::mutex mutex;
    std::map<int, Context> made;
  };
  static std::atomic<Contexts*> current = new Contexts;
  Contexts* contexts = current.load();
  if (contexts->process != getpid()) {
    auto fresh = new Contexts;
    if (current.compare_exchange_strong(contexts, fresh))
      contexts = fresh;
    else
      delete fresh;
  }
  const std::lock_guard lock(contexts->mutex);
  const auto found = contexts->made.find(threads);
  if (found != contexts->made.end()) return found->second;
  return contexts->made.emplace(threads, Context({.threads = threads})).first->second;
}

/// Keeps the latest progress for the calling thread to show.
class Board final : public Observer {
 public:
  void progress(std::string_view stage, double fraction) override {
    const std::lock_guard lock(mutex_);
    stage_ = stage;
    fraction_ = fraction;
    fresh_ = true;
  }
  bool stop() override { return stop_.load(std::memory_order_relaxed); }

  /// Calls the function with what is new, if anything. Needs the interpreter.
  void show(const nb::object& callable) {
    std::string stage;
    double fraction = 0;
    {
      const std::lock_guard lock(mutex_);
      if (!fresh_) return;
      stage = stage_;
      fraction = fraction_;
      fresh_ = false;
    }
    const nb::object answer = callable(stage, fraction);
    if (answer.is(nb::handle(Py_True))) stop_.store(true, std::memory_order_relaxed);
  }

 private:
  std::mutex mutex_;
  std::string stage_;
  double fraction_ = 0;
  bool fresh_ = false;
  std::atomic<bool> stop_{false};
};

/// The end of the work, told by its thread to the caller's.
class Finish {
 public:
  void tell() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    ended_.notify_one();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, kLook, [&] { return done_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
};

/// The worker never outlives the call, however that ends.
struct Joined {
  std::thread& worker;
  CancelToken& cancel;

  void join() const {
    if (worker.joinable()) worker.join();
  }
  ~Joined() {
    cancel.cancel();
    join();
  }
};

/// Set when Python begins to end; threads that want the interpreter's lock back are then ended where they
/// stand.
std::atomic<bool> python_ends{false};
std::atomic<unsigned long> main_thread{0};

/// Waits a little without the lock. When Python ends in the meantime, a thread that is not its main one stops
/// its work and sleeps: taking the lock again would end it in the middle of this function, and with it the
/// process.
bool ended(Finish& finish, const Joined& joined) {
  PyThreadState* state = PyEval_SaveThread();
  const bool done = finish.wait();
  if (python_ends.load() && PyThread_get_thread_ident() != main_thread.load()) {
    joined.cancel.cancel();
    joined.join();
    while (true) std::this_thread::sleep_for(std::chrono::hours(1));
  }
  PyEval_RestoreThread(state);
  return done;
}

}  // namespace

void run_released(const Run& run, std::size_t cells, const std::function<void(const Context&)>& work) {
  Context base = shared_context(run.threads).with_seed(run.seed);
  if (run.seconds > 0) base = base.with_seconds(run.seconds);
  if (cells <= kFewCells && run.progress.is_none()) {
    const nb::gil_scoped_release released;
    work(base);
    return;
  }
  CancelToken cancel;
  Board board;
  Finish finish;
  std::exception_ptr failure;
  const Context context = base.with_cancel(&cancel).with_observer(&board);
  std::thread worker([&] {
    try {
      work(context);
    } catch (...) {
      failure = std::current_exception();
    }
    finish.tell();
  });
  const Joined joined{worker, cancel};
  std::optional<nb::python_error> raised;
  while (!ended(finish, joined)) {
    if (raised) continue;
    try {
      if (PyErr_CheckSignals() != 0) nb::raise_python_error();
      if (!run.progress.is_none()) board.show(run.progress);
    } catch (nb::python_error& error) {
      raised.emplace(std::move(error));
      cancel.cancel();
    }
  }
  joined.join();
  if (!raised) {
    try {
      if (!failure && !run.progress.is_none()) board.show(run.progress);
      if (nb::hasattr(run.progress, "close")) run.progress.attr("close")();
    } catch (nb::python_error& error) {
      raised.emplace(std::move(error));
    }
  }
  if (raised) throw std::move(*raised);
  if (failure) std::rethrow_exception(failure);
}

void bind_run(nb::module_& module) {
  main_thread =
      nb::cast<unsigned long>(nb::module_::import_("threading").attr("main_thread")().attr("ident"));
  nb::module_::import_("atexit").attr("register")(nb::cpp_function([] { python_ends = true; }));
  nb::class_<Run>(module, "Run", "What every call that works for longer than a blink takes.")
      .def(
          "__init__",
          [](Run* self, int threads, std::uint64_t seed, nb::object progress, double seconds) {
            new (self) Run{threads, seed, std::move(progress), seconds};
          },
          nb::arg("threads") = 0, nb::arg("seed") = 0, nb::arg("progress") = nb::none(),
          nb::arg("seconds") = 0.0);
}

}  // namespace everyml::python
