#include "everyml/foundation/base/parallel.h"

#include <algorithm>
#include <cassert>

#include "everyml/foundation/base/thread_pool_impl.h"

namespace everyml {

void parallel_for(const Context& context, std::size_t n, std::size_t grain, RangeTask body) {
  assert(grain > 0);
  if (n == 0) return;
  const std::size_t chunks = n / grain + (n % grain != 0 ? 1 : 0);
  if (chunks > 1 && context.threads() > 1) {
    LoopJob job(context, n, grain, chunks, body);
    const std::size_t helpers = std::min(chunks, static_cast<std::size_t>(context.threads())) - 1;
    if (context.pool().run(job, helpers)) {
      job.rethrow();
      return;
    }
  }
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    context.check();
    const std::size_t begin = chunk * grain;
    body(begin, begin + std::min(grain, n - begin));
  }
}

}  // namespace everyml
