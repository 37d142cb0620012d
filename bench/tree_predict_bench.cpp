// Answers of tree ensembles, on the models and rows that bench/peers/tree_predict.py prepares.
//   tree_predict_bench FOLDER batch MODEL THREADS     all rows, by float32
//   tree_predict_bench FOLDER row                     single rows, one after the other
//   tree_predict_bench FOLDER shap THREADS            SHAP values of the first rows

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "bench/bench_timing.h"
#include "everyml/classical/trees/shap.h"
#include "everyml/classical/trees/tree_ensemble.h"

using namespace everyml;

namespace {

template <class T>
std::vector<T> read_some(std::ifstream& in, std::size_t count) {
  std::vector<T> values(count);
  in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(T)));
  if (!in) std::exit(1);
  return values;
}

template <class T>
std::vector<T> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) std::exit(1);
  const auto bytes = static_cast<std::size_t>(in.tellg());
  in.seekg(0);
  return read_some<T>(in, bytes / sizeof(T));
}

TreeParts read_model(const std::string& path, bool symmetric = false) {
  std::ifstream in(path, std::ios::binary);
  const auto head = read_some<std::int32_t>(in, 2);
  TreeParts parts = TreeParts::empty(static_cast<std::size_t>(head[0]), 1, 1);
  parts.base = read_some<double>(in, 1);
  for (std::int32_t t = 0; t < head[1]; ++t) {
    const auto nodes = static_cast<std::size_t>(read_some<std::int32_t>(in, 1)[0]);
    const auto feature = read_some<std::int32_t>(in, nodes);
    const auto threshold = read_some<double>(in, nodes);
    const auto left = read_some<std::int32_t>(in, nodes), right = read_some<std::int32_t>(in, nodes);
    GrownTree tree;
    tree.values = read_some<double>(in, nodes);
    const auto cover = read_some<double>(in, nodes);
    for (std::size_t i = 0; i < nodes; ++i) {
      tree.nodes.push_back({.feature = feature[i],
                            .threshold = threshold[i],
                            .left = left[i],
                            .right = right[i],
                            .cover = cover[i]});
    }
    parts.append(tree, 0);
  }
  // Whole multiples of a unit, which symmetric trees add up fastest.
  if (symmetric) parts.round_leaves();
  return parts;
}

void time_batch(const std::string& folder, const std::string& name, int threads) {
  const TreeEnsemble trees(read_model(folder + "/" + name + ".trees", name == "catboost"));
  const auto rows = read_file<float>(folder + "/rows.f32");
  const auto right = read_file<double>(folder + "/" + name + ".f64");
  const Features x = Features::view(rows.data(), right.size(), trees.feature_count());
  std::vector<double> out(right.size());
  const Context context({.threads = threads});
  const bench::Seconds s = bench::least_of(5, [&] { trees.predict(x, out, context); });
  double worst = 0;
  for (std::size_t i = 0; i < out.size(); ++i) worst = std::max(worst, std::fabs(out[i] - right[i]));
  std::printf(
      "everyml %-36s threads %d: wall %.4f s, cpu %.4f s, %.0f million rows x trees a second; "
      "largest difference %.2g\n",
      name.c_str(), threads, s.wall, s.cpu,
      static_cast<double>(out.size() * trees.tree_count()) / s.wall / 1e6, worst);
}

void time_rows(const std::string& folder) {
  const TreeEnsemble trees(read_model(folder + "/lightgbm_64.trees"));
  const auto floats = read_file<float>(folder + "/rows.f32");
  const std::vector<double> rows(floats.begin(), floats.begin() + 5000 * 28);
  std::vector<double> times;
  double out = 0, sum = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    for (std::size_t i = 0; i < 5000; ++i) {
      const auto start = std::chrono::steady_clock::now();
      trees.predict_row(rows.data() + i * 28, &out);
      times.push_back(
          std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
      sum += out;
    }
  }
  std::sort(times.begin(), times.end());
  std::printf("everyml one row 500 x 64: median %.2f us, p99 %.2f us (sum %.6g)\n", times[times.size() / 2],
              times[times.size() * 99 / 100], sum);
}

void time_shap(const std::string& folder, int threads) {
  const TreeEnsemble trees(read_model(folder + "/lightgbm_64.trees"));
  const auto rows = read_file<float>(folder + "/rows.f32");
  const auto right = read_file<double>(folder + "/lightgbm_64_shap.f64");
  const std::size_t features = trees.feature_count();
  const Features x = Features::view(rows.data(), right.size() / (features + 1), features);
  std::vector<double> out(right.size());
  const Context context({.threads = threads});
  const bench::Seconds s = bench::least_of(3, [&] { shap_values(trees, x, out, context); });
  double worst = 0;
  for (std::size_t i = 0; i < out.size(); ++i) worst = std::max(worst, std::fabs(out[i] - right[i]));
  std::printf(
      "everyml SHAP values, %zu rows %27s threads %d: wall %.4f s, cpu %.4f s; largest difference %.2g\n",
      x.rows(), "", threads, s.wall, s.cpu, worst);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 1;
  const std::string folder = argv[1], what = argv[2];
  if (what == "batch" && argc > 4) time_batch(folder, argv[3], std::atoi(argv[4]));
  if (what == "row") time_rows(folder);
  if (what == "shap" && argc > 3) time_shap(folder, std::atoi(argv[3]));
}
