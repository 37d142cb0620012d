// k-means on BLOBS(n, d, k): centres uniform in (-10, 10)^d, deviation 2.5, the first k rows as start.
//   kmeans_bench [folder]     with a folder, blobs.f32 is left there for bench/peers/kmeans_bench.py

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/bench_timing.h"
#include "everyml/classical/clustering/kmeans.h"
#include "everyml/foundation/base/random.h"

using namespace everyml;

namespace {

Buffer<float> blobs(std::size_t n, std::size_t d, std::size_t k) {
  Stream random(1, "blobs");
  std::vector<double> centres(k * d);
  for (double& value : centres) value = random.uniform(-10, 10);
  auto values = Buffer<float>::uninitialized(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t c = random.below(k);
    for (std::size_t j = 0; j < d; ++j)
      values[i * d + j] = static_cast<float>(centres[c * d + j] + 2.5 * random.normal());
  }
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::size_t n = 500000, d = 32, k = 100;
  Buffer<float> values = blobs(n, d, k);
  if (argc > 1) bench::write_raw(std::string(argv[1]) + "/blobs.f32", values);
  std::vector<double> start(values.begin(), values.begin() + k * d);
  const Dataset data{.features = Features::dense(std::move(values), n, d)};
  for (const int threads : {1, 2}) {
    const Context context({.threads = threads});
    for (const int iterations : {1, 30}) {
      const KMeans settings{.max_iterations = iterations, .tolerance = 0};
      double inertia = 0;
      int done = 0;
      const bench::Seconds s = bench::least_of(5, [&] {
        const KMeansModel model = settings.fit_from(data, start, context);
        inertia = model.facts().inertia;
        done = model.facts().iterations;
      });
      std::printf("threads %d, iterations %d: wall %.3f s, cpu %.3f s, inertia %.8g\n", threads, done, s.wall,
                  s.cpu, inertia);
    }
    const bench::Seconds s =
        bench::least_of(2, [&] { KMeans{.clusters = k, .restarts = 1}.fit(data, context); });
    std::printf("threads %d, k-means++ and one run: wall %.3f s, cpu %.3f s\n", threads, s.wall, s.cpu);
  }
}
