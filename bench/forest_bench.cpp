// Forests on SYNHIGGS, read from the files that generate_data leaves:
//   generate_data synhiggs 200000 FOLDER;  generate_data synhiggs 200000 FOLDER --seed 2 --as test
//   forest_bench FOLDER/synhiggs_200000 FOLDER/test METHOD TREES THREADS [out_of_bag]
// METHOD: rf, et (classes), rf-numbers, et-numbers (the label as a number), isolation (scores of the test
// rows)

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "bench/bench_timing.h"
#include "everyml/ensembles/forest/forest.h"

using namespace everyml;

namespace {

std::vector<float> read_floats(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) {
    std::fprintf(stderr, "%s cannot be read\n", path.c_str());
    std::exit(1);
  }
  std::vector<float> values(static_cast<std::size_t>(in.tellg()) / sizeof(float));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

struct Rows {
  std::vector<float> x, y;
  Features features() const { return Features::view(x.data(), y.size(), x.size() / y.size()); }
};
Rows read_rows(const std::string& stem) { return {read_floats(stem + ".f32"), read_floats(stem + ".y.f32")}; }

double auc(const std::vector<double>& score, const std::vector<float>& y) {
  std::vector<std::size_t> order(score.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score[a] < score[b]; });
  double sum = 0, positives = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    double here = 0;
    while (j < order.size() && score[order[j]] == score[order[i]]) here += y[order[j++]] > 0.5F;
    sum += here * (static_cast<double>(i + j) + 1) / 2;
    positives += here;
    i = j;
  }
  const auto n = static_cast<double>(order.size());
  return (sum - positives * (positives + 1) / 2) / (positives * (n - positives));
}

template <class S>
void run_classes(S settings, const Rows& train, const Rows& test, const Context& context) {
  Buffer<std::int32_t> codes(train.y.size());
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = train.y[i] > 0.5F;
  const Dataset data{.features = train.features(), .target = Target::classes(std::move(codes), {"0", "1"})};
  std::optional<ForestClassifierModel> model;
  const bench::Seconds fit = bench::least_of(1, [&] { model.emplace(settings.fit(data, context)); });
  std::vector<double> p(2 * test.y.size()), score(test.y.size());
  const bench::Seconds ask = bench::least_of(3, [&] { model->probabilities(test.features(), p, context); });
  for (std::size_t i = 0; i < score.size(); ++i) score[i] = p[2 * i + 1];
  const TreeParts& parts = model->forest().ensemble().parts();
  std::printf("fit wall %.2f cpu %.2f s; predict wall %.3f cpu %.3f s; AUC %.5f; leaves %zu", fit.wall,
              fit.cpu, ask.wall, ask.cpu, auc(score, test.y), parts.leaves());
  if (!model->forest().facts().curve.empty()) {
    std::printf("; out of bag accuracy %.5f", model->forest().facts().out_of_bag_score);
  }
  std::printf("\n");
}

template <class S>
void run_numbers(S settings, const Rows& train, const Rows& test, const Context& context) {
  Buffer<double> values(train.y.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(train.y[i]);
  const Dataset data{.features = train.features(), .target = Target::numbers(std::move(values))};
  std::optional<ForestRegressorModel> model;
  const bench::Seconds fit = bench::least_of(1, [&] { model.emplace(settings.fit(data, context)); });
  std::vector<double> score(test.y.size());
  const bench::Seconds ask = bench::least_of(3, [&] { model->predict(test.features(), score, context); });
  std::printf("fit wall %.2f cpu %.2f s; predict wall %.3f cpu %.3f s; AUC %.5f; leaves %zu\n", fit.wall,
              fit.cpu, ask.wall, ask.cpu, auc(score, test.y), model->forest().ensemble().parts().leaves());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "forest_bench TRAIN TEST METHOD TREES THREADS [out_of_bag]\n");
    return 2;
  }
  const Rows train = read_rows(argv[1]), test = read_rows(argv[2]);
  const std::string method = argv[3];
  const Context context({.threads = std::atoi(argv[5])});
  const auto told = [&](auto settings) {
    settings.forest.trees = std::atoi(argv[4]);
    settings.forest.out_of_bag = argc > 6;
    return settings;
  };
  if (method == "rf") run_classes(told(RandomForestClassifier{}), train, test, context);
  if (method == "et") run_classes(told(ExtraTreesClassifier{}), train, test, context);
  if (method == "rf-numbers") run_numbers(told(RandomForestRegressor{}), train, test, context);
  if (method == "et-numbers") run_numbers(told(ExtraTreesRegressor{}), train, test, context);
}
