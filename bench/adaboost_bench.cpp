// AdaBoost of stumps on 28 columns, two classes: fit and answers, wall and CPU seconds, the least of several
// runs.
//   adaboost_bench [rows columns rounds]          draws the rows itself
//   adaboost_bench rows columns rounds FILE       reads them as bench/peers/adaboost_peers.py wrote them:
//   float32 rows, int32 labels
// Binning is part of the fit.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bench_timing.h"
#include "everyml/ensembles/adaboost/adaboost_classifier.h"
#include "everyml/ensembles/adaboost/logitboost.h"

namespace {

using everyml::Buffer;
using everyml::Context;

void draw(std::size_t columns, Buffer<float>& x, Buffer<std::int32_t>& y) {
  everyml::Stream stream(1, "adaboost_bench");
  for (std::size_t row = 0; row < y.size(); ++row) {
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const double value = stream.normal();
      x[row * columns + j] = static_cast<float>(value);
      if (j < 6) sum += j % 2 == 0 ? value : value * value - 1;
    }
    y[row] = sum + 1.5 * stream.normal() > 0;
  }
}

double accuracy(const std::vector<double>& p, const Buffer<std::int32_t>& y) {
  std::size_t right = 0;
  for (std::size_t row = 0; row < y.size(); ++row) right += (p[2 * row + 1] > p[2 * row]) == (y[row] == 1);
  return static_cast<double>(right) / static_cast<double>(y.size());
}

template <class Settings>
void measure(const char* name, const Settings& settings, const everyml::Dataset& data,
             const Buffer<std::int32_t>& labels) {
  std::vector<double> p(data.rows() * 2);
  for (const int threads : {1, 2}) {
    const Context context({.threads = threads});
    const auto model = settings.fit(data, context);
    const auto fit = everyml::bench::least_of(5, [&] { settings.fit(data, context); });
    const auto ask = everyml::bench::least_of(5, [&] { model.probabilities(data.features, p, context); });
    std::printf("%s, %d threads: fit %.4f s wall %.4f s CPU, answers %.4f s wall %.4f s CPU, accuracy %.6f\n",
                name, threads, fit.wall, fit.cpu, ask.wall, ask.cpu, accuracy(p, labels));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t rows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200000;
  const std::size_t columns = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 28;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 50;
  auto x = Buffer<float>::uninitialized(rows * columns);
  Buffer<std::int32_t> y(rows);
  if (argc > 4) {
    std::ifstream file(argv[4], std::ios::binary);
    file.read(reinterpret_cast<char*>(x.data()), static_cast<std::streamsize>(x.size() * sizeof(float)));
    file.read(reinterpret_cast<char*>(y.data()), static_cast<std::streamsize>(rows * sizeof(std::int32_t)));
    if (!file) return std::fprintf(stderr, "%s is too short\n", argv[4]), 1;
  } else {
    draw(columns, x, y);
  }
  const Buffer<std::int32_t> labels = y;
  everyml::Dataset data{.features = everyml::Features::view(x.data(), rows, columns)};
  data.target = everyml::Target::classes(std::move(y), {"0", "1"});
  measure("adaboost-classifier", everyml::AdaBoostClassifier{.rounds = rounds}, data, labels);
  measure("logitboost", everyml::LogitBoost{.rounds = rounds}, data, labels);
}
