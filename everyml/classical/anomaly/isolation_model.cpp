#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/classical/anomaly/isolation_forest.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/linalg/elementary.h"

namespace everyml {

double mean_isolation_depth(double n) {
  if (n <= 1) return 0;
  double harmonic = 0;
  if (n <= 1024) {
    // Sums of the first terms, made once, smallest first.
    static const std::vector<double> sums = [] {
      std::vector<double> made(1025, 0.0);
      for (std::size_t i = 1; i < made.size(); ++i) made[i] = made[i - 1] + 1.0 / static_cast<double>(i);
      return made;
    }();
    harmonic = sums[static_cast<std::size_t>(n) - 1];
  } else {
    const double m = n - 1;
    harmonic = std::log(m) + 0.57721566490153286 + 1 / (2 * m) - 1 / (12 * m * m);
  }
  return 2 * harmonic - 2 * (n - 1) / n;
}

IsolationForestModel::IsolationForestModel(TreeEnsemble trees, IsolationFacts facts)
    : trees_(std::move(trees)), facts_(std::move(facts)) {}
IsolationForestModel::IsolationForestModel(IsolationPlanes planes, IsolationFacts facts)
    : planes_(std::move(planes)), facts_(std::move(facts)) {}

void IsolationForestModel::depths(const Features& x, std::span<double> out, const Context& context) const {
  if (trees_) {
    trees_->predict(x, out, context);
  } else {
    planes_->depths(x, out, context);
  }
}

double IsolationForestModel::score_scale() const {
  constexpr double kLn2 = 0.69314718055994531;
  return chance() > 0 ? -kLn2 / chance() : 0.0;
}

void IsolationForestModel::anomaly(const Features& x, std::span<double> out, const Context& context) const {
  if (!(chance() > 0)) {
    // Trees of one row say nothing: every row is as usual as the crowd.
    std::fill(out.begin(), out.end(), 0.5);
    return;
  }
  depths(x, out, context);
  const double scale = score_scale();
  for (double& value : out) value = portable::exp(scale * std::max(0.0, value));
}

void IsolationForestModel::anomaly_reasons(const Features& x, std::span<double> out,
                                           const Context& context) const {
  if (trees_) {
    path_reasons(x, out, context);
  } else {
    planes_->reasons(x, out, context);
  }
}

void IsolationForestModel::path_reasons(const Features& x, std::span<double> out,
                                        const Context& context) const {
  const TreeParts& p = trees_->parts();
  const std::size_t columns = feature_count();
  const auto trees = static_cast<double>(p.trees());
  parallel_for(context, x.rows(), 256, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    const double* tile = x.tile64(begin, end, scratch);
    for (std::size_t i = begin; i < end; ++i, tile += columns) {
      double* row = out.data() + i * columns;
      std::fill_n(row, columns, 0.0);
      for (std::size_t t = 0; t < p.trees(); ++t) {
        const std::size_t first = p.first_node[t];
        if (p.first_node[t + 1] == first) continue;
        std::int32_t at = 0;
        double before = mean_isolation_depth(p.cover[first]);
        while (at >= 0) {
          const std::size_t node = first + static_cast<std::size_t>(at);
          const auto j = static_cast<std::size_t>(p.feature[node]);
          const double value = tile[j];
          bool left;
          if (std::isnan(value)) {
            left = (p.flags[node] & TreeParts::kMissingLeft) != 0;
          } else if (p.flags[node] & TreeParts::kCategories) {
            const auto set = static_cast<std::size_t>(p.threshold[node]);
            const std::uint64_t words = p.set_start[set + 1] - p.set_start[set];
            left = value >= 0 && value < static_cast<double>(words * 64) && value == std::floor(value);
            if (left) {
              const auto code = static_cast<std::size_t>(value);
              left = (p.set_words[p.set_start[set] + code / 64] >> (code % 64) & 1) != 0;
            }
          } else {
            left = value <= p.threshold[node];
          }
          at = left ? p.left[node] : p.right[node];
          const double cover = at >= 0 ? p.cover[first + static_cast<std::size_t>(at)]
                                       : p.leaf_cover[p.first_leaf[t] + static_cast<std::size_t>(~at)];
          const double after = mean_isolation_depth(cover);
          row[j] += (before - after - 1) / trees;
          before = after;
        }
      }
    }
  });
}

std::string IsolationForestModel::threshold_reason() const {
  if (facts_.rule == AnomalyRule::share) return "the share of unusual rows was given";
  if (facts_.threshold == 0.5) {
    return "0.5 is what rows in the crowd stay below; the spread of the scores would draw the line lower";
  }
  return "three deviations above the median score";
}

Json IsolationForestModel::summary() const {
  return {{"trees", tree_count()},
          {"sample", facts_.sample},
          {"threshold", facts_.threshold},
          {"threshold_reason", threshold_reason()},
          {"score_percentiles", facts_.percentiles}};
}

void IsolationForestModel::save(ArchiveWriter& archive) const {
  ArchiveWriter inner = archive.scope(trees_ ? "trees" : "planes");
  if (trees_) {
    trees_->save(inner);
  } else {
    planes_->save(inner);
  }
  archive.integer("sample", static_cast<std::int64_t>(facts_.sample));
  archive.array("percentiles", std::span(facts_.percentiles));
  archive.number("threshold", facts_.threshold);
  archive.integer("rule", static_cast<std::int64_t>(facts_.rule));
}

IsolationForestModel IsolationForestModel::load(const ArchiveReader& archive) {
  IsolationFacts facts;
  facts.sample = static_cast<std::size_t>(archive.integer("sample", 1, 1000000));
  facts.percentiles = archive.finite_doubles("percentiles", 101);
  facts.threshold = archive.number("threshold", 0, 1);
  facts.rule = static_cast<AnomalyRule>(archive.integer("rule", 0, 1));
  if (archive.has("planes")) return {IsolationPlanes::load(archive.scope("planes")), std::move(facts)};
  TreeEnsemble trees = TreeEnsemble::load(archive.scope("trees"));
  if (trees.output_count() != 1 || trees.tree_count() == 0) {
    archive.refuse("trees", "one depth from at least one tree would be right");
  }
  for (const double depth : trees.parts().leaf_value) {
    if (depth < 0) archive.refuse("trees", "a depth below 0");
  }
  return {std::move(trees), std::move(facts)};
}

}  // namespace everyml
