#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "everyml/foundation/base/context.h"

namespace everyml {

/// CPUs this process may use: the smaller of its affinity mask and its cgroup quota, at least 1.
int available_threads();

/// Threads that a parallel loop begun here would have: 1 inside another loop, else those of the context.
int loop_threads(const Context& context);

/// A borrowed callable void(begin, end). Must not outlive what it refers to.
class RangeTask {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, RangeTask>)
  RangeTask(F&& f)  // NOLINT: a borrowed callable by nature
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, std::size_t begin, std::size_t end) {
          (*static_cast<std::remove_reference_t<F>*>(object))(begin, end);
        }) {}
  void operator()(std::size_t begin, std::size_t end) const { call_(object_, begin, end); }

 private:
  void* object_;
  void (*call_)(void*, std::size_t, std::size_t);
};

/// Calls body(begin, end) for consecutive chunks of [0, n). Chunks depend on n and grain alone (the last may
/// be shorter), never on the number of threads. Order of execution is free. A failing chunk skips those not
/// yet begun; when all running ones have ended, the first exception by chunk order comes back to the caller,
/// and it is the same with any number of threads. Calls context.check() before each chunk. REQUIRES: grain >
/// 0.
///
/// Safe to call from many threads at once. A loop inside a loop, one that finds the pool busy, and one in a
/// forked child that inherited the pool, run on their own thread. The chunks of a loop should last some 20
/// microseconds or more; a loop of one chunk costs a plain call (bench/parallel.md has the figures).
void parallel_for(const Context& context, std::size_t n, std::size_t grain, RangeTask body);

/// Joins map(begin, end) over the chunks of [0, n) in chunk order: the result does not depend on threads.
/// T must be default constructible and movable; join(T& into, T&& part). n == 0 gives T{}.
template <class T, class Map, class Join>
T parallel_reduce(const Context& context, std::size_t n, std::size_t grain, Map&& map, Join&& join) {
  const std::size_t chunks = (n + grain - 1) / grain;
  std::vector<T> parts(chunks);
  parallel_for(context, n, grain,
               [&](std::size_t begin, std::size_t end) { parts[begin / grain] = map(begin, end); });
  if (parts.empty()) return T{};
  T result = std::move(parts[0]);
  for (std::size_t i = 1; i < chunks; ++i) join(result, std::move(parts[i]));
  return result;
}

}  // namespace everyml
