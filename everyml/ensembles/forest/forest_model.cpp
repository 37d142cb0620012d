#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/trees/shap.h"
#include "everyml/ensembles/forest/forest.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr double kMost = std::numeric_limits<double>::max();

void save_list(ArchiveWriter& archive, std::string_view key, const std::vector<double>& values) {
  if (!values.empty()) archive.array(key, std::span(values));
}
std::vector<double> load_list(const ArchiveReader& archive, std::string_view key, std::uint64_t size) {
  return archive.has(key) ? archive.finite_doubles(key, size) : std::vector<double>();
}
/// Finite or NaN.
std::vector<double> load_answers(const ArchiveReader& archive, std::string_view key) {
  if (!archive.has(key)) return {};
  std::vector<double> values = archive.doubles(key);
  for (const double value : values) {
    if (std::isinf(value)) archive.refuse(key, "a value that is infinite");
  }
  return values;
}

}  // namespace

Json ForestTrees::summary() const {
  const TreeParts& parts = trees_.parts();
  Json json = {
      {"trees", trees_.tree_count()}, {"leaves", parts.leaves()}, {"feature_importances", facts_.impurity}};
  if (!facts_.permutation.empty()) json["permutation_importances"] = facts_.permutation;
  if (!facts_.corrected.empty()) json["corrected_importances"] = facts_.corrected;
  if (!facts_.curve.empty() && std::isfinite(facts_.out_of_bag_score)) {
    json["out_of_bag_score"] = facts_.out_of_bag_score;
  }
  return json;
}

void ForestTrees::save(ArchiveWriter& archive) const {
  ArchiveWriter trees = archive.scope("trees");
  trees_.save(trees);
  save_list(archive, "impurity", facts_.impurity);
  save_list(archive, "permutation", facts_.permutation);
  save_list(archive, "corrected", facts_.corrected);
  save_list(archive, "out_of_bag", facts_.out_of_bag);
  save_list(archive, "curve", facts_.curve);
  archive.number("out_of_bag_score", facts_.out_of_bag_score);
  archive.integer("seed", static_cast<std::int64_t>(facts_.seed));
  archive.integer("copies", static_cast<std::int64_t>(facts_.copies));
  archive.integer("sampling", static_cast<std::int64_t>(facts_.sampling));
  archive.number("share", facts_.share);
}

ForestTrees ForestTrees::load(const ArchiveReader& archive) {
  TreeEnsemble trees = TreeEnsemble::load(archive.scope("trees"));
  const std::size_t features = trees.feature_count();
  ForestFacts facts;
  facts.impurity = archive.finite_doubles("impurity", features);
  facts.permutation = load_list(archive, "permutation", features);
  facts.corrected = load_list(archive, "corrected", features);
  facts.out_of_bag = load_answers(archive, "out_of_bag");
  if (facts.out_of_bag.size() % trees.output_count() != 0) {
    archive.refuse("out_of_bag", "not a table of answers");
  }
  facts.curve = load_answers(archive, "curve");
  if (!facts.curve.empty() && facts.curve.size() != trees.tree_count()) {
    archive.refuse("curve", "not an error for each tree");
  }
  facts.out_of_bag_score = archive.number("out_of_bag_score");
  if (std::isinf(facts.out_of_bag_score)) archive.refuse("out_of_bag_score", "infinite");
  facts.seed = static_cast<std::uint64_t>(archive.integer("seed"));
  facts.copies = static_cast<std::uint64_t>(archive.integer("copies", 0, 0x7fffffff));
  facts.sampling = static_cast<ForestSampling>(archive.integer("sampling", 0, 2));
  facts.share = archive.number("share", 0, 1);
  return {std::move(trees), std::move(facts)};
}

ForestClassifierModel::ForestClassifierModel(ForestTrees forest, std::vector<std::string> names)
    : forest_(std::move(forest)), names_(std::move(names)) {}

void ForestClassifierModel::probabilities(const Features& x, std::span<double> out,
                                          const Context& context) const {
  const std::size_t classes = names_.size();
  if (classes != 2) {
    forest_.ensemble().predict(x, out, context);
    for (double& value : out) value = std::clamp(value, 0.0, 1.0);
    return;
  }
  std::vector<double> second(x.rows());
  forest_.ensemble().predict(x, second, context);
  for (std::size_t i = 0; i < second.size(); ++i) {
    const double p = std::clamp(second[i], 0.0, 1.0);
    out[2 * i] = 1 - p;
    out[2 * i + 1] = p;
  }
}

void ForestClassifierModel::contributions(const Features& x, std::span<double> out,
                                          const Context& context) const {
  if (names_.size() != 2) return shap_values(forest_.ensemble(), x, out, context);
  const std::size_t width = x.columns() + 1;
  std::vector<double> second(x.rows() * width);
  shap_values(forest_.ensemble(), x, second, context);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    double* row = out.data() + i * 2 * width;
    for (std::size_t j = 0; j < width; ++j) {
      row[width + j] = second[i * width + j];
      row[j] = (j + 1 == width ? 1.0 : 0.0) - second[i * width + j];
    }
  }
}

std::vector<double> ForestClassifierModel::out_of_bag_probabilities() const {
  const std::vector<double>& answers = forest_.facts().out_of_bag;
  if (names_.size() != 2) return answers;
  std::vector<double> both;
  both.reserve(answers.size() * 2);
  for (const double second : answers) both.insert(both.end(), {1 - second, second});
  return both;
}

Json ForestClassifierModel::summary() const {
  Json json = forest_.summary();
  json["classes"] = names_;
  return json;
}

void ForestClassifierModel::save(ArchiveWriter& archive) const {
  forest_.save(archive);
  archive.strings("classes", names_);
}

ForestClassifierModel ForestClassifierModel::load(const ArchiveReader& archive) {
  ForestTrees forest = ForestTrees::load(archive);
  std::vector<std::string> names = archive.strings("classes");
  const std::size_t outputs = forest.ensemble().output_count();
  if (names.empty() || outputs != (names.size() == 2 ? 1 : names.size())) {
    archive.refuse("classes", "as many names as the trees tell apart would be right");
  }
  for (const double share : forest.ensemble().parts().leaf_value) {
    if (!(share >= 0 && share <= 1)) archive.refuse("trees", "a share that is not between 0 and 1");
  }
  return {std::move(forest), std::move(names)};
}

ForestRegressorModel::ForestRegressorModel(ForestTrees forest, std::vector<double> samples)
    : forest_(std::move(forest)), samples_(std::move(samples)) {}

void ForestRegressorModel::predict(const Features& x, std::span<double> out, const Context& context) const {
  forest_.ensemble().predict(x, out, context);
  // Means of the largest numbers may round beyond them.
  for (double& value : out) value = std::clamp(value, -kMost, kMost);
}

void ForestRegressorModel::contributions(const Features& x, std::span<double> out,
                                         const Context& context) const {
  shap_values(forest_.ensemble(), x, out, context);
}

void ForestRegressorModel::quantiles(const Features& x, std::span<const double> levels, std::span<double> out,
                                     const Context& context) const {
  const std::size_t trees = forest_.ensemble().tree_count();
  const TreeParts& parts = forest_.ensemble().parts();
  constexpr std::size_t kRows = 1024;
  for (std::size_t begin = 0; begin < x.rows(); begin += kRows) {
    const std::size_t end = std::min(begin + kRows, x.rows());
    std::vector<std::int32_t> leaves((end - begin) * trees);
    forest_.leaves(x.slice(begin, end), leaves, context);
    parallel_for(context, end - begin, 64, [&](std::size_t first, std::size_t last) {
      std::vector<double> values(trees);
      for (std::size_t i = first; i < last; ++i) {
        for (std::size_t t = 0; t < trees; ++t) {
          values[t] = samples_[parts.first_leaf[t] + static_cast<std::size_t>(leaves[i * trees + t])];
        }
        std::sort(values.begin(), values.end());
        for (std::size_t k = 0; k < levels.size(); ++k) {
          // The smallest value that at least this share of the sample does not exceed.
          const double rank = std::ceil(levels[k] * static_cast<double>(trees)) - 1;
          const auto at = static_cast<std::size_t>(std::clamp(rank, 0.0, static_cast<double>(trees - 1)));
          out[(begin + i) * levels.size() + k] = values[at];
        }
      }
    });
  }
}

void ForestRegressorModel::intervals(const Features& x, double level, std::span<double> low,
                                     std::span<double> high, const Context& context) const {
  std::vector<double> both(2 * x.rows());
  quantiles(x, std::array{(1 - level) / 2, (1 + level) / 2}, both, context);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    low[i] = both[2 * i];
    high[i] = both[2 * i + 1];
  }
}

Json ForestRegressorModel::summary() const { return forest_.summary(); }

void ForestRegressorModel::save(ArchiveWriter& archive) const {
  forest_.save(archive);
  archive.array("samples", std::span(samples_));
}

ForestRegressorModel ForestRegressorModel::load(const ArchiveReader& archive) {
  ForestTrees forest = ForestTrees::load(archive);
  if (forest.ensemble().output_count() != 1 || forest.ensemble().tree_count() == 0) {
    archive.refuse("trees", "one number from at least one tree would be right");
  }
  std::vector<double> samples = archive.finite_doubles("samples", forest.ensemble().parts().leaves());
  return {std::move(forest), std::move(samples)};
}

}  // namespace everyml
