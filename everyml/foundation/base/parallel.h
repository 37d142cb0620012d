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

/// Calls body(begin, end) for consecutive chunks of [0, n). Chunks depend on n and grain alone (the last may be
/// shorter), never on the number of threads. Order of execution is free; the first exception (by chunk order among
/// those thrown) comes back to the caller after all running chunks ended. A loop inside a loop runs on its thread.
/// Calls context.check() between chunks. REQUIRES: grain > 0.
void parallel_for(const Context& context, std::size_t n, std::size_t grain, RangeTask body);

/// Joins map(begin, end) over the chunks of [0, n) in chunk order: the result does not depend on threads.
/// T must be default constructible and movable; join(T& into, T&& part). n == 0 gives T{}.
template <class T, class Map, class Join>
T parallel_reduce(const Context& context, std::size_t n, std::size_t grain, Map&& map, Join&& join) {
  const std::size_t chunks = (n + grain - 1) / grain;
  std::vector<T> parts(chunks);
  parallel_for(context, n, grain, [&](std::size_t begin, std::size_t end) { parts[begin / grain] = map(begin, end); });
  if (parts.empty()) return T{};
  T result = std::move(parts[0]);
  for (std::size_t i = 1; i < chunks; ++i) join(result, std::move(parts[i]));
  return result;
}

}  // namespace everyml
