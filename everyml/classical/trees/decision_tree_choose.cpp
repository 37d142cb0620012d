#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "everyml/classical/trees/decision_tree_state_impl.h"
#include "everyml/foundation/data/splits.h"

// The price of a leaf, chosen by cross-validation: the trees of each fold are cut at prices between those at
// which the whole data's tree changes, and judged on the fold's own rows (Breiman et al. 1984, section 3.4).

namespace everyml::cart {
namespace {

Folds folds_of(const Dataset& data, int wanted, Stream random) {
  const std::size_t rows = data.rows();
  auto k = std::min<std::size_t>(static_cast<std::size_t>(wanted), rows);
  if (!data.groups.empty()) {
    const std::set<std::int32_t> groups(data.groups.begin(), data.groups.end());
    k = std::min(k, groups.size());
    return k < 2 ? Folds{} : group_folds(data.groups, k, random);
  }
  if (k < 2) return {};
  if (data.target.kind() == Target::Kind::classes) return stratified_folds(data.target.codes(), k, random);
  return quantile_folds(data.target.values(), k, random);
}

double loss_of_number(Aim aim, double y, double mu) {
  if (aim == Aim::squared) return (y - mu) * (y - mu);
  if (aim == Aim::absolute) return std::abs(y - mu);
  const double floor = std::max(mu, std::numeric_limits<double>::min());
  return (y > 0 ? y * std::log(y / floor) : 0) - (y - floor);
}

double loss_of_class(PruneBy prune_by, std::size_t truth, const double* answer, std::size_t classes) {
  if (prune_by == PruneBy::error)
    return static_cast<std::size_t>(std::max_element(answer, answer + classes) - answer) == truth ? 0 : 1;
  double squares = 1 - 2 * answer[truth];
  for (std::size_t c = 0; c < classes; ++c) squares += answer[c] * answer[c];
  return squares;
}

/// Of several targets the mean.
double loss_of(const Rows& rows, PruneBy prune_by, std::uint32_t row, const double* answer) {
  if (rows.targets > 0) {
    double sum = 0;
    for (std::size_t t = 0; t < rows.targets; ++t) {
      const std::size_t at = row * rows.targets + t, first = rows.first[t];
      sum += rows.several_classes()
                 ? loss_of_class(prune_by, rows.codes[at] - first, answer + first, rows.first[t + 1] - first)
                 : loss_of_number(rows.aim, rows.ys[at], answer[t]);
    }
    return sum / static_cast<double>(rows.targets);
  }
  if (rows.classes == 0) return loss_of_number(rows.aim, rows.y[row], answer[0]);
  return loss_of_class(prune_by, rows.code[row], answer, rows.classes);
}

std::uint32_t next_of(const Tree& tree, const Node& node, const Rows& rows, std::uint32_t row) {
  const double value = rows.value(row, static_cast<std::size_t>(node.feature));
  bool left = node.missing_left;
  if (std::isnan(value)) {
    for (std::uint32_t i = 0; i < node.surrogate_count; ++i) {
      const Surrogate& one = tree.surrogates[node.surrogates + i];
      const std::uint8_t side =
          surrogate_side(one, tree.surrogate_sets, rows.value(row, static_cast<std::size_t>(one.feature)));
      if (side == 2) continue;
      left = side == 1;
      break;
    }
  } else if (node.set < 0) {
    left = value <= node.threshold;
  } else {
    const auto& set = tree.sets[static_cast<std::size_t>(node.set)];
    const auto code = static_cast<std::size_t>(value);
    left = code / 64 < set.size() && ((set[code / 64] >> (code % 64)) & 1) != 0;
  }
  return static_cast<std::uint32_t>(left ? node.left : node.right);
}

struct Sums {
  std::vector<double> loss, squares;
  double mass = 0;
};

/// One row's losses under the trees of all steps. As the price rises the row stops higher up, so its way down
/// is walked once.
void add_row(const Rows& rows, PruneBy prune_by, std::uint32_t row, const Tree& tree, const Pruning& pruning,
             std::span<const double> prices, Sums& sums, std::vector<std::uint32_t>& way) {
  way.assign(1, 0);
  while (tree.nodes[way.back()].left >= 0) way.push_back(next_of(tree, tree.nodes[way.back()], rows, row));
  const double mass = rows.mass_at(row);
  std::size_t at = way.size() - 1;
  double loss = loss_of(rows, prune_by, row, tree.values.data() + way[at] * tree.width);
  for (std::size_t k = 0; k < prices.size(); ++k) {
    const std::size_t before = at;
    while (at > 0 && pruning.until[way[at - 1]] <= prices[k]) --at;
    if (at != before) loss = loss_of(rows, prune_by, row, tree.values.data() + way[at] * tree.width);
    sums.loss[k] += mass * loss;
    sums.squares[k] += mass * loss * loss;
  }
  sums.mass += mass;
}

}  // namespace

Judged judge_path(const Dataset& data, Aim aim, const CartShape& growth, PruneBy prune_by,
                  std::span<const double> class_weight, std::span<const double> prices,
                  std::string_view learner, const Context& context) {
  std::vector<std::size_t> present;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    if (data.weight(i) > 0) present.push_back(i);
  }
  const Dataset all = present.size() == data.rows() ? data : data.select_rows(present);
  const Folds folds = folds_of(all, growth.folds, context.random("decision-tree.folds"));
  Judged judged;
  if (folds.empty()) return judged;
  Sums sums{.loss = std::vector<double>(prices.size()), .squares = std::vector<double>(prices.size())};
  const Rows whole = make_rows(all, aim, class_weight, learner, context);
  std::vector<std::uint32_t> way;
  for (const Fold& fold : folds) {
    if (fold.train.empty() || fold.test.empty()) continue;
    const Dataset training = all.select_rows(fold.train);
    Rows rows = make_rows(training, aim, class_weight, learner, context);
    Tree tree = grow(rows, growth, prune_by, learner, context);
    // Numbers of all folds count in the same unit.
    for (double& value : tree.values) value = std::ldexp(value, rows.y_exponent - whole.y_exponent);
    const Pruning pruning = prune_path(tree);
    const double mass = tree.nodes[0].mass;
    std::vector<double> between(prices.size(), std::numeric_limits<double>::infinity());
    for (std::size_t k = 0; k + 1 < prices.size(); ++k)
      between[k] = std::sqrt(prices[k]) * std::sqrt(prices[k + 1]) * mass;
    context.check();
    for (const std::size_t row : fold.test)
      add_row(whole, prune_by, static_cast<std::uint32_t>(row), tree, pruning, between, sums, way);
  }
  if (!(sums.mass > 0)) return judged;
  const auto rows_judged = static_cast<double>(all.rows());
  std::size_t best = 0;
  for (std::size_t k = 0; k < prices.size(); ++k) {
    const double error = sums.loss[k] / sums.mass;
    const double variance = std::max(sums.squares[k] / sums.mass - error * error, 0.0);
    judged.error.push_back(error);
    judged.deviation.push_back(std::sqrt(variance / rows_judged));
    if (error <= judged.error[best]) best = k;
  }
  judged.chosen = best;
  if (growth.one_standard_error) {
    const double bound = judged.error[best] + judged.deviation[best];
    for (std::size_t k = best; k < prices.size(); ++k) {
      if (judged.error[k] <= bound) judged.chosen = k;
    }
  }
  return judged;
}

}  // namespace everyml::cart
