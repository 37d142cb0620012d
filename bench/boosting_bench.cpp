// Boosts trees on raw float32 files and prints seconds and quality; boosting.md says how to run it.
//
//   boosting_bench TRAIN.f32 TRAIN.y.f32 TEST.f32 TEST.y.f32 COLUMNS [setting=value ...]
//
// `threads`, `classes` (0: numbers), `runs` and `categories` (column numbers joined by commas) are read here,
// everything else is a setting of the learner.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "bench_timing.h"
#include "everyml/ensembles/boosting/boosting_family.h"
#include "everyml/foundation/model/registry.h"

namespace {

using namespace everyml;

std::vector<float> read_raw(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::vector<float> values(static_cast<std::size_t>(in.tellg()) / sizeof(float));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

/// Area under the curve, ties counting half.
double area(const std::vector<double>& score, const std::vector<float>& y) {
  std::vector<std::size_t> order(score.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score[a] < score[b]; });
  double rank_sum = 0, positives = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && score[order[end]] == score[order[i]]) ++end;
    const double rank = 0.5 * static_cast<double>(i + end + 1);
    for (; i < end; ++i) {
      if (y[order[i]] > 0) {
        rank_sum += rank;
        ++positives;
      }
    }
  }
  const double negatives = static_cast<double>(order.size()) - positives;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

Dataset dataset(const std::vector<float>& x, const std::vector<float>& y, std::size_t columns,
                std::size_t classes, const std::vector<std::size_t>& categories) {
  Dataset data;
  data.features = Features::view(x.data(), y.size(), columns);
  if (classes == 0) {
    Buffer<double> values(y.size());
    std::copy(y.begin(), y.end(), values.begin());
    data.target = Target::numbers(std::move(values));
  } else {
    Buffer<std::int32_t> codes(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) codes[i] = static_cast<std::int32_t>(y[i]);
    std::vector<std::string> names;
    for (std::size_t c = 0; c < classes; ++c) names.push_back(std::to_string(c));
    data.target = Target::classes(std::move(codes), std::move(names));
  }
  if (!categories.empty()) {
    data.info.resize(columns);
    for (std::size_t c = 0; c < columns; ++c) data.info[c].name = "x" + std::to_string(c);
    for (const std::size_t c : categories) data.info.at(c).kind = FeatureInfo::Kind::category;
  }
  return data;
}

std::string quality(const AnyModel& model, const Dataset& test, const std::vector<float>& y,
                    std::size_t classes, const Context& context) {
  const std::size_t n = y.size();
  if (classes == 0) {
    std::vector<double> answers(n);
    model.values(test.features, answers, context);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += (answers[i] - y[i]) * (answers[i] - y[i]);
    return fmt::format("rmse {:.6f}", std::sqrt(sum / static_cast<double>(n)));
  }
  std::vector<double> p(n * classes);
  model.probabilities(test.features, p, context);
  double loss = 0, right = 0;
  std::vector<double> second;
  for (std::size_t i = 0; i < n; ++i) {
    const auto* row = p.data() + i * classes;
    const auto truth = static_cast<std::size_t>(y[i]);
    loss -= std::log(std::max(row[truth], 1e-300));
    right += std::max_element(row, row + classes) - row == static_cast<std::ptrdiff_t>(truth);
    if (classes == 2) second.push_back(row[1]);
  }
  const double count = static_cast<double>(n);
  std::string text = fmt::format("log loss {:.6f} accuracy {:.5f}", loss / count, right / count);
  if (classes == 2) text += fmt::format(" auc {:.6f}", area(second, y));
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    fmt::print("boosting_bench TRAIN.f32 TRAIN.y.f32 TEST.f32 TEST.y.f32 COLUMNS [setting=value ...]\n");
    return 2;
  }
  try {
    const auto x = read_raw(argv[1]), y = read_raw(argv[2]), tx = read_raw(argv[3]), ty = read_raw(argv[4]);
    const std::size_t columns = std::stoul(argv[5]);
    std::size_t classes = 2;
    std::vector<std::size_t> categories;
    int threads = 1, runs = 1;
    std::vector<std::pair<std::string, std::string>> settings;
    for (int i = 6; i < argc; ++i) {
      const std::string text = argv[i];
      const std::string name = text.substr(0, text.find('=')), value = text.substr(text.find('=') + 1);
      if (name == "threads") {
        threads = std::stoi(value);
      } else if (name == "classes") {
        classes = std::stoul(value);
      } else if (name == "runs") {
        runs = std::stoi(value);
      } else if (name == "categories") {
        for (std::size_t from = 0; from < value.size();
             from = std::min(value.find(',', from), value.size()) + 1)
          categories.push_back(std::stoul(value.substr(from)));
      } else {
        settings.emplace_back(name, value);
      }
    }
    const Registry registry(boosting_family());
    AnyEstimator estimator =
        registry.find(classes == 0 ? "gradient-boosting-regressor" : "gradient-boosting-classifier").make();
    for (const auto& [name, value] : settings) estimator.set(name, value);
    const Context context({.threads = threads});
    const Dataset train = dataset(x, y, columns, classes, categories);
    const Dataset test = dataset(tx, ty, columns, classes, categories);
    AnyModel model;
    const bench::Seconds seconds = bench::least_of(runs, [&] { model = estimator.fit(train, context); });
    fmt::print("fit wall {:.3f} cpu {:.3f}  {}\n", seconds.wall, seconds.cpu,
               quality(model, test, ty, classes, context));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
