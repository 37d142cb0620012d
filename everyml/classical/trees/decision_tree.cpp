#include "everyml/classical/trees/decision_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/classical/trees/decision_tree_state_impl.h"
#include "everyml/classical/trees/tree_targets.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

Card card_of(std::string summary, Target::Kind target) {
  return {.title = "Decision tree",
          .summary = std::move(summary),
          .territory = "classical",
          .family = "trees",
          .target = target,
          .needs = {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none},
          .complexity = 2,
          .references = {"Breiman, Friedman, Olshen and Stone, \"Classification and Regression Trees\", "
                         "Wadsworth, 1984",
                         "Shafer, Agrawal and Mehta, \"SPRINT: A Scalable Parallel Classifier for Data "
                         "Mining\", VLDB, 1996",
                         "Coppersmith, Hong and Hosking, \"Partitioning Nominal Attributes in Decision "
                         "Trees\", Data Mining and Knowledge Discovery 3, 1999"}};
}

std::vector<Trial> small_search() {
  return {{{"alpha", "none"}}, {{"min_leaf", "5"}}, {{"min_leaf", "20"}}, {{"max_depth", "4"}}};
}

/// Weight of each class; empty when all are 1.
std::vector<double> weights_of_classes(const DecisionTreeClassifier& settings, const Dataset& data) {
  const std::size_t classes = data.target.class_count();
  if (!settings.class_weights.empty() && settings.class_weights.size() != classes) {
    throw ParameterError("parameter.class_weights",
                         fmt::format("{}: class_weights needs one value for each of the {} classes, got {}",
                                     DecisionTreeClassifier::name, classes, settings.class_weights.size()));
  }
  if (settings.class_weights.empty() && !settings.balanced) return {};
  std::vector<double> weights(settings.class_weights);
  weights.resize(classes, 1.0);
  if (!settings.balanced) return weights;
  std::vector<double> rows(classes);
  double whole = 0;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    rows[static_cast<std::size_t>(data.target.codes()[i])] += data.weight(i);
    whole += data.weight(i);
  }
  const auto present =
      static_cast<double>(std::count_if(rows.begin(), rows.end(), [](double w) { return w > 0; }));
  for (std::size_t c = 0; c < classes; ++c) {
    if (rows[c] > 0) weights[c] *= whole / (present * rows[c]);
  }
  return weights;
}

void require_counts(std::string_view learner, const Target& target) {
  const auto values = target.values();
  const auto below = std::find_if(values.begin(), values.end(), [](double y) { return y < 0; });
  if (below == values.end()) return;
  throw DataError("data.negative_target",
                  fmt::format("{}: the Poisson criterion needs a target of at least 0, but row {} has {}",
                              learner, below - values.begin(), *below));
}

}  // namespace

Card DecisionTreeClassifier::card() {
  return card_of("Yes-or-no questions, one after the other, that end in a class", Target::Kind::classes);
}
Card DecisionTreeRegressor::card() {
  return card_of("Yes-or-no questions, one after the other, that end in a number", Target::Kind::numbers);
}
std::vector<Trial> DecisionTreeClassifier::search() { return small_search(); }
std::vector<Trial> DecisionTreeRegressor::search() { return small_search(); }

DecisionTreeClassifierModel DecisionTreeClassifier::fit(const Dataset& data, const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true});
  const cart::Aim aim = criterion == ClassCriterion::gini ? cart::Aim::gini : cart::Aim::entropy;
  return DecisionTreeClassifierModel(
      cart::fit_tree(data, aim, growth, prune_by, weights_of_classes(*this, data), name, context));
}

DecisionTreeRegressorModel DecisionTreeRegressor::fit(const Dataset& data, const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  cart::Aim aim = cart::Aim::squared;
  if (criterion == NumberCriterion::absolute) aim = cart::Aim::absolute;
  if (criterion == NumberCriterion::poisson) {
    aim = cart::Aim::poisson;
    require_counts(name, data.target);
  }
  return DecisionTreeRegressorModel(cart::fit_tree(data, aim, growth, PruneBy::impurity, {}, name, context));
}

DecisionTreeTargetsModel DecisionTreeClassifier::fit_targets(const Dataset& data,
                                                             const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true, .several = true});
  if (balanced || !class_weights.empty()) {
    throw UnsupportedError("trees.targets",
                           fmt::format("{}: class weights are those of one target; with several give row "
                                       "weights instead",
                                       name));
  }
  const cart::Aim aim = criterion == ClassCriterion::gini ? cart::Aim::gini : cart::Aim::entropy;
  return DecisionTreeTargetsModel(cart::fit_tree(data, aim, growth, prune_by, {}, name, context));
}

DecisionTreeTargetsModel DecisionTreeRegressor::fit_targets(const Dataset& data,
                                                            const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true, .several = true});
  if (criterion == NumberCriterion::absolute) {
    throw UnsupportedError(
        "trees.targets", fmt::format("{}: criterion absolute is for one target; several targets are learned "
                                     "by squared or poisson",
                                     name));
  }
  const bool poisson = criterion == NumberCriterion::poisson;
  for (std::size_t t = 0; poisson && t < data.target_count(); ++t) require_counts(name, data.target_at(t));
  return DecisionTreeTargetsModel(cart::fit_tree(data, poisson ? cart::Aim::poisson : cart::Aim::squared,
                                                 growth, PruneBy::impurity, {}, name, context));
}

namespace cart {
namespace {

/// The tree as the ensemble keeps it, and its nodes' figures in the same order.
class Packer {
 public:
  Packer(const Tree& tree, const Rows& rows, const Dataset& data)
      : tree_(tree), rows_(rows), data_(data), order_(order_of(tree)) {}

  TreeEnsemble ensemble() const {
    GrownTree grown;
    const double root_mass = tree_.nodes[0].mass;
    for (const Node& node : tree_.nodes) {
      const double gain = std::ldexp(node.gain / root_mass, unit_exponent());
      constexpr double kMost = std::numeric_limits<float>::max();
      grown.nodes.push_back({.feature = node.feature,
                             .threshold = node.threshold,
                             .categories = node.set,
                             .missing_left = node.missing_left,
                             .left = node.left,
                             .right = node.right,
                             .gain = static_cast<float>(std::clamp(gain, 0.0, kMost)),
                             .cover = node.rows});
    }
    grown.values = tree_.values;
    for (double& value : grown.values) value = std::ldexp(value, rows_.y_exponent);
    grown.sets = tree_.sets;
    TreeParts parts = TreeParts::empty(data_.columns(), tree_.width, tree_.width);
    parts.append(grown, 0);
    return TreeEnsemble(std::move(parts));
  }

  std::vector<double> stats(const std::vector<std::uint32_t>& nodes) const {
    std::vector<double> out;
    for (const std::uint32_t at : nodes) {
      if (rows_.targets > 0) {
        for (std::size_t k = 0; k < tree_.width; ++k)
          out.push_back(std::ldexp(tree_.values[at * tree_.width + k], rows_.y_exponent));
        out.push_back(mean_impurity(at));
      } else if (rows_.classes > 0) {
        const auto first = tree_.counts.begin() + static_cast<std::ptrdiff_t>(at * rows_.classes);
        out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(rows_.classes));
      } else {
        out.push_back(std::ldexp(tree_.values[at], rows_.y_exponent));
        out.push_back(mean_impurity(at));
      }
    }
    return out;
  }

  void surrogates(DecisionTreeState& state) const {
    state.surrogate_start.push_back(0);
    for (const std::uint32_t at : order_.inner) {
      const Node& node = tree_.nodes[at];
      for (std::uint32_t i = 0; i < node.surrogate_count; ++i) {
        const Surrogate& one = tree_.surrogates[node.surrogates + i];
        std::int32_t set = -1;
        if (one.set >= 0) {
          set = static_cast<std::int32_t>(state.surrogate_sets.size());
          state.surrogate_sets.push_back(tree_.surrogate_sets[static_cast<std::size_t>(one.set)]);
        }
        state.surrogates.push_back({.feature = one.feature,
                                    .threshold = one.threshold,
                                    .categories = set,
                                    .reversed = one.reversed,
                                    .agreement = one.agreement});
      }
      state.surrogate_start.push_back(static_cast<std::int32_t>(state.surrogates.size()));
    }
  }
  const Order& order() const { return order_; }

 private:
  double mean_impurity(std::uint32_t at) const {
    constexpr double kMost = std::numeric_limits<double>::max();
    return std::min(std::ldexp(tree_.nodes[at].impurity / tree_.nodes[at].mass, unit_exponent()), kMost);
  }
  int unit_exponent() const { return rows_.aim == Aim::squared ? 2 * rows_.y_exponent : rows_.y_exponent; }
  const Tree& tree_;
  const Rows& rows_;
  const Dataset& data_;
  Order order_;
};

}  // namespace

std::shared_ptr<const DecisionTreeState> fit_tree(const Dataset& data, Aim aim, const CartShape& growth,
                                                  PruneBy prune_by, std::span<const double> class_weight,
                                                  std::string_view learner, const Context& context) {
  context.check();
  const Rows rows = make_rows(data, aim, class_weight, learner, context);
  Tree tree = grow(rows, growth, prune_by, learner, context);
  const Pruning pruning = prune_path(tree);
  const double root_cost = tree.nodes[0].cost, root_mass = tree.nodes[0].mass;
  DecisionTreeModel::Path path;
  path.leaves = pruning.leaves;
  for (std::size_t i = 0; i < pruning.alphas.size(); ++i) {
    path.alphas.push_back(root_cost > 0 ? pruning.alphas[i] / root_cost : 0);
    path.errors.push_back(root_cost > 0 ? std::max(pruning.costs[i], 0.0) / root_cost : 0);
  }
  double alpha = growth.alpha.value_or(0) * root_cost;
  if (!growth.alpha && root_cost > 0) {
    std::vector<double> prices;
    for (const double one : pruning.alphas) prices.push_back(one / root_mass);
    const Judged judged = judge_path(data, aim, growth, prune_by, class_weight, prices, learner, context);
    if (!judged.error.empty()) {
      alpha = pruning.alphas[judged.chosen];
      for (std::size_t i = 0; i < prices.size(); ++i) {
        path.cv_errors.push_back(judged.error[i] * root_mass / root_cost);
        path.cv_deviations.push_back(judged.deviation[i] * root_mass / root_cost);
      }
    }
  }
  if (alpha > 0 || !growth.alpha) tree = pruned(tree, pruning, alpha);
  const Packer packer(tree, rows, data);
  auto state = std::make_shared<DecisionTreeState>(DecisionTreeState{.ensemble = packer.ensemble()});
  if (rows.targets > 0) {
    state->target_classes = classes_of_targets(data);
    state->stat_width = tree.width + 1;
  } else {
    state->classes.assign(data.target.names().begin(), data.target.names().end());
    state->stat_width = rows.classes > 0 ? rows.classes : 2;
  }
  state->node_stats = packer.stats(packer.order().inner);
  state->leaf_stats = packer.stats(packer.order().leaves);
  if (growth.surrogates > 0) packer.surrogates(*state);
  state->path = std::move(path);
  state->alpha = root_cost > 0 ? alpha / root_cost : 0;
  context.progress(learner, 1.0);
  return state;
}

}  // namespace cart
}  // namespace everyml
