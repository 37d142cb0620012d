#include "everyml/classical/anomaly/isolation_forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/classical/anomaly/isolation_grow_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

/// Training rows whose scores tell the distribution.
constexpr std::size_t kJudged = 50000;
constexpr std::size_t kTreesTogether = 64;

/// Middle and spread of each column over some rows.
void set_scales(const Dataset& data, const IsolationDraw& draw, const Context& context,
                IsolationPlanes& planes) {
  Stream stream = context.random("isolation.scales");
  const std::vector<double> rows = isolation_rows(data.features, draw.rows(stream, 10000));
  const std::size_t columns = data.columns(), count = rows.size() / columns;
  planes.centre.assign(columns, 0.0);
  planes.spread.assign(columns, 0.0);
  planes.category.assign(columns, 0);
  for (std::size_t j = 0; j < columns; ++j) {
    planes.category[j] = j < data.info.size() && data.info[j].kind == FeatureInfo::Kind::category;
    if (planes.category[j]) continue;
    double largest = 0, known = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double value = rows[i * columns + j];
      if (std::isnan(value)) continue;
      largest = std::max(largest, std::abs(value));
      known += 1;
    }
    if (largest == 0) continue;
    // A power of two keeps squares within the range of doubles.
    const int exponent = std::ilogb(largest) + 1;
    double mean = 0, square = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double value = rows[i * columns + j];
      if (!std::isnan(value)) mean += std::ldexp(value, -exponent) / known;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const double apart = std::ldexp(rows[i * columns + j], -exponent) - mean;
      if (!std::isnan(apart)) square += apart * apart / known;
    }
    planes.centre[j] = std::ldexp(mean, exponent);
    planes.spread[j] = std::ldexp(std::sqrt(square), exponent);
    // Less than what can be told from rounding is no spread.
    if (!(std::sqrt(square) > 1e-13) || planes.spread[j] / 2 == 0) planes.spread[j] = 0;
  }
}

TreeEnsemble grow_cuts(const IsolationForest& settings, const Dataset& data, const IsolationDraw& draw,
                       const Context& context) {
  TreeParts parts = TreeParts::empty(data.columns(), 1, 1);
  const auto trees = static_cast<std::size_t>(settings.trees);
  for (std::size_t done = 0; done < trees;) {
    const std::size_t count = std::min(kTreesTogether, trees - done);
    std::vector<GrownTree> some(count);
    parallel_for(context, count, 4, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        Stream stream = context.random("isolation.tree", done + i);
        const std::vector<std::size_t> rows = draw.rows(stream, static_cast<std::size_t>(settings.sample));
        some[i] = grow_isolation_tree(isolation_rows(data.features, rows), data.info, data.columns(), stream);
      }
    });
    for (const GrownTree& tree : some) parts.append(tree, 0);
    done += count;
    context.progress("trees", static_cast<double>(done) / static_cast<double>(trees));
    if (context.stop_requested()) break;
  }
  for (double& value : parts.leaf_value) value /= static_cast<double>(parts.trees());
  return TreeEnsemble(std::move(parts));
}

IsolationPlanes grow_planes(const IsolationForest& settings, const Dataset& data, const IsolationDraw& draw,
                            const Context& context) {
  IsolationPlanes planes;
  planes.terms = std::min(static_cast<std::size_t>(settings.columns), data.columns());
  set_scales(data, draw, context, planes);
  planes.first_node = {0};
  for (int t = 0; t < settings.trees; ++t) {
    context.check();
    Stream stream = context.random("isolation.plane", static_cast<std::uint64_t>(t));
    const std::vector<std::size_t> rows = draw.rows(stream, static_cast<std::size_t>(settings.sample));
    grow_isolation_planes(isolation_rows(data.features, rows), stream, planes);
    planes.first_node.push_back(static_cast<std::int32_t>(planes.left.size()));
    if (t % 64 == 63) {
      context.progress("trees", static_cast<double>(t + 1) / settings.trees);
      if (context.stop_requested()) break;
    }
  }
  return planes;
}

/// Scores of equal rows may differ by as much of themselves.
constexpr double kRounding = 1e-9;

void set_threshold(const IsolationForest& settings, std::vector<double> scores, IsolationFacts& facts) {
  std::sort(scores.begin(), scores.end());
  const auto last = static_cast<double>(scores.size() - 1);
  for (int i = 0; i <= 100; ++i) {
    facts.percentiles.push_back(scores[static_cast<std::size_t>(std::llround(last * i / 100.0))]);
  }
  if (settings.contamination) {
    facts.rule = AnomalyRule::share;
    const double rank = std::floor((1 - *settings.contamination) * static_cast<double>(scores.size()));
    facts.threshold = scores[static_cast<std::size_t>(std::clamp(rank, 0.0, last))];
    return;
  }
  facts.rule = AnomalyRule::spread;
  // Where most rows score alike there is no spread, and a line through them would part the crowd.
  const double crowd = scores[scores.size() / 2] * (1 + kRounding);
  facts.threshold = std::clamp(std::max(upper_line(scores), crowd), 0.5, 1.0);
}

}  // namespace

Card IsolationForest::card() {
  return {.title = "Isolation forest",
          .summary = "Rows that a few random cuts set apart are unusual",
          .territory = "classical",
          .family = "anomaly",
          .target = Target::Kind::none,
          .needs = {.missing = InputNeeds::Missing::keep,
                    .categories = InputNeeds::Categories::codes,
                    .scale = InputNeeds::Scale::none},
          .complexity = 2,
          .references = {"Liu, Ting and Zhou, \"Isolation Forest\", ICDM 2008",
                         "Hariri, Carrasco Kind and Brunner, \"Extended Isolation Forest\", IEEE TKDE 33, "
                         "2021",
                         "Leys, Ley, Klein, Bernard and Licata, \"Detecting Outliers\", Journal of "
                         "Experimental Social Psychology 49, 2013"}};
}

IsolationForestModel IsolationForest::fit(const Dataset& data, const Context& context) const {
  validate(*this);
  data.validate(name, {.missing_allowed = true});
  const BudgetScope scope(context.memory());
  context.check();
  const IsolationDraw draw(data);
  IsolationFacts facts;
  facts.sample = std::min(static_cast<std::size_t>(sample), draw.size());
  const auto finished = [&](IsolationForestModel model) {
    Stream stream = context.random("isolation.judged");
    const std::vector<std::size_t> rows = draw.rows(stream, kJudged);
    std::vector<double> scores(rows.size());
    model.anomaly(rows.size() == data.rows() ? data.features : data.features.select_rows(rows), scores,
                  context);
    IsolationFacts known = model.facts();
    set_threshold(*this, std::move(scores), known);
    return known;
  };
  if (columns == 1) {
    TreeEnsemble trees_grown = grow_cuts(*this, data, draw, context);
    IsolationFacts known = finished({trees_grown, facts});
    return {std::move(trees_grown), std::move(known)};
  }
  IsolationPlanes planes = grow_planes(*this, data, draw, context);
  IsolationFacts known = finished({planes, facts});
  return {std::move(planes), std::move(known)};
}

}  // namespace everyml
