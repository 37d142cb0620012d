// Exact nearest neighbours on NNCLUST(200000, 128), 2,000 queries, k = 10: 256 centres in R^16, spread 0.6, a
// random map to R^128 and noise of deviation 0.5.
//   neighbors_bench [folder]     with a folder, rows.f32, queries.f32 and found.i64 are left there for
//                                bench/peers/neighbors_bench.py

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "bench/bench_timing.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/linalg/distances.h"

using namespace everyml;

namespace {

constexpr std::size_t kInner = 16;

Buffer<float> nnclust(std::size_t n, std::size_t d, std::string_view part) {
  Stream shape(1, "nnclust");
  std::vector<double> centres(256 * kInner), map(kInner * d), inner(kInner);
  for (double& value : centres) value = shape.normal();
  for (double& value : map) value = shape.normal();
  Stream random(1, part);
  auto values = Buffer<float>::uninitialized(n * d);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t c = random.below(256);
    for (std::size_t j = 0; j < kInner; ++j) inner[j] = centres[c * kInner + j] + 0.6 * random.normal();
    for (std::size_t j = 0; j < d; ++j) {
      double value = 0.5 * random.normal();
      for (std::size_t l = 0; l < kInner; ++l) value += inner[l] * map[l * d + j];
      values[i * d + j] = static_cast<float>(value);
    }
  }
  return values;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::size_t n = 200000, queries = 2000, d = 128, k = 10;
  Buffer<float> rows = nnclust(n, d, "rows"), asked = nnclust(queries, d, "queries");
  const std::string folder = argc > 1 ? std::string(argv[1]) + "/" : "";
  if (!folder.empty()) {
    bench::write_raw(folder + "rows.f32", rows);
    bench::write_raw(folder + "queries.f32", asked);
  }
  const Features x = Features::dense(std::move(rows), n, d),
                 q = Features::dense(std::move(asked), queries, d);
  std::vector<std::int64_t> found(queries * k);
  std::vector<double> distances(queries * k);
  for (const int threads : {1, 2}) {
    const Context context({.threads = threads});
    const bench::Seconds build = bench::least_of(3, [&] { NearestRows(x, Metric::euclidean, context); });
    const NearestRows index(x, Metric::euclidean, context);
    const bench::Seconds s = bench::least_of(5, [&] { index.search(q, k, found, distances, context); });
    const bench::Seconds one = bench::least_of(5, [&] {
      index.search(q.slice(0, 1), k, std::span(found).first(k), std::span(distances).first(k), context);
    });
    std::printf("threads %d: prepare wall %.3f s, 2,000 queries wall %.3f s, cpu %.3f s, one query %.4f s\n",
                threads, build.wall, s.wall, s.cpu, one.wall);
  }
  double sum = 0;
  for (const double value : distances) sum += value;
  std::printf("sum of distances %.10g\n", sum);
  if (!folder.empty()) {
    std::ofstream out(folder + "found.i64", std::ios::binary);
    out.write(reinterpret_cast<const char*>(found.data()),
              static_cast<std::streamsize>(found.size() * sizeof(found[0])));
  }
}
