// Gaussian naive Bayes on LOGREG(n, d): fit and predict_proba, wall and CPU seconds, the best of several
// runs.
//   bayes_bench [rows columns]           draws the rows itself
//   bayes_bench rows columns FILE        reads them as bench/peers/bayes_peers.py wrote them: float32 rows,
//   int32 labels
// With a file the labels told are written to FILE.told, so that the peer can count how many agree.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include "everyml/classical/bayes/naive_bayes.h"
#include "everyml/foundation/base/parallel.h"

namespace {

using everyml::Buffer;
using everyml::Context;

struct Seconds {
  double wall = 1e9, cpu = 1e9;
};

template <class Action>
Seconds best_of(int runs, Action&& action) {
  Seconds best;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    action();
    best.cpu = std::min(best.cpu, static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
    best.wall =
        std::min(best.wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

void draw(std::size_t columns, Buffer<float>& x, Buffer<std::int32_t>& y) {
  const Context context;
  std::vector<double> w(columns);
  everyml::Stream weights = context.random("weights");
  for (double& value : w) value = weights.normal();
  everyml::parallel_for(context, y.size(), 10000, [&](std::size_t begin, std::size_t end) {
    everyml::Stream stream = context.random("rows", begin);
    for (std::size_t row = begin; row < end; ++row) {
      double logit = 0;
      for (std::size_t j = 0; j < columns; ++j) {
        x[row * columns + j] = static_cast<float>(stream.normal());
        logit += 0.15 * w[j] * static_cast<double>(x[row * columns + j]);
      }
      y[row] = logit > stream.exponential() - stream.exponential();
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000000;
  const std::size_t columns = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100;
  auto x = Buffer<float>::uninitialized(rows * columns);
  Buffer<std::int32_t> y(rows);
  if (argc > 3) {
    std::ifstream file(argv[3], std::ios::binary);
    file.read(reinterpret_cast<char*>(x.data()), static_cast<std::streamsize>(x.size() * sizeof(float)));
    file.read(reinterpret_cast<char*>(y.data()), static_cast<std::streamsize>(rows * sizeof(std::int32_t)));
    if (!file) return std::fprintf(stderr, "%s is too short\n", argv[3]), 1;
  } else {
    draw(columns, x, y);
  }
  const Buffer<std::int32_t> labels = y;
  everyml::Dataset data{.features = everyml::Features::view(x.data(), rows, columns)};
  data.target = everyml::Target::classes(std::move(y), {"0", "1"});
  std::vector<double> p(rows * 2);
  for (const int threads : {1, 2}) {
    const Context context({.threads = threads});
    const auto model = everyml::NaiveBayes{}.fit(data, context);
    const Seconds fit = best_of(15, [&] { everyml::NaiveBayes{}.fit(data, context); });
    const Seconds ask = best_of(15, [&] { model.probabilities(data.features, p, context); });
    std::size_t right = 0;
    for (std::size_t row = 0; row < rows; ++row) right += (p[2 * row + 1] > p[2 * row]) == (labels[row] == 1);
    std::printf("%d threads: fit %.4f s wall %.4f s CPU, predict %.4f s wall %.4f s CPU, accuracy %.6f\n",
                threads, fit.wall, fit.cpu, ask.wall, ask.cpu,
                static_cast<double>(right) / static_cast<double>(rows));
  }
  if (argc > 3) {
    std::ofstream told(std::string(argv[3]) + ".told", std::ios::binary);
    for (std::size_t row = 0; row < rows; ++row) told.put(p[2 * row + 1] > p[2 * row] ? 1 : 0);
  }
}
