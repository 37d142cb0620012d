#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/classical/trees/decision_tree_state_impl.h"
#include "everyml/classical/trees/shap.h"
#include "everyml/classical/trees/tree_targets.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kRowsAtATime = 512;

bool in_set(const TreeParts& parts, std::size_t node, double value) {
  const auto set = static_cast<std::size_t>(parts.threshold[node]);
  const std::size_t words = parts.set_start[set + 1] - parts.set_start[set];
  if (!(value >= 0) || value >= static_cast<double>(words * 64) || value != std::floor(value)) return false;
  const auto code = static_cast<std::size_t>(value);
  return ((parts.set_words[parts.set_start[set] + code / 64] >> (code % 64)) & 1) != 0;
}

TreeStep step_at(const DecisionTreeState& state, std::size_t node, const double* row) {
  const TreeParts& parts = state.ensemble.parts();
  TreeStep step{.node = node};
  const double value = row[parts.feature[node]];
  if (!std::isnan(value)) {
    step.left = (parts.flags[node] & TreeParts::kCategories) != 0 ? in_set(parts, node, value)
                                                                  : value <= parts.threshold[node];
    return step;
  }
  step.missing = true;
  step.left = (parts.flags[node] & TreeParts::kMissingLeft) != 0;
  if (state.surrogate_start.empty()) return step;
  for (std::int32_t i = state.surrogate_start[node]; i < state.surrogate_start[node + 1]; ++i) {
    const auto& one = state.surrogates[static_cast<std::size_t>(i)];
    const cart::Surrogate plain{
        .feature = one.feature, .threshold = one.threshold, .set = one.categories, .reversed = one.reversed};
    const std::uint8_t side = cart::surrogate_side(plain, state.surrogate_sets, row[one.feature]);
    if (side == 2) continue;
    step.left = side == 1;
    step.surrogate = i - state.surrogate_start[node];
    break;
  }
  return step;
}

/// The leaf of a row; `steps` may be null.
std::size_t leaf_of(const DecisionTreeState& state, const double* row, std::vector<TreeStep>* steps) {
  const TreeParts& parts = state.ensemble.parts();
  std::int32_t at = parts.nodes() > 0 ? 0 : -1;
  while (at >= 0) {
    const TreeStep step = step_at(state, static_cast<std::size_t>(at), row);
    if (steps != nullptr) steps->push_back(step);
    at = step.left ? parts.left[step.node] : parts.right[step.node];
  }
  return static_cast<std::size_t>(~at);
}

template <class Put>
void each_leaf(const DecisionTreeState& state, const Features& x, const Context& context, const Put& put) {
  parallel_for(context, x.rows(), kRowsAtATime, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    const double* rows = x.tile64(begin, end, scratch);
    for (std::size_t i = begin; i < end; ++i)
      put(i, leaf_of(state, rows + (i - begin) * x.columns(), nullptr));
  });
}

void save_path(const DecisionTreeModel::Path& path, ArchiveWriter archive) {
  archive.array("alphas", std::span(path.alphas));
  archive.array("leaves", std::span(path.leaves));
  archive.array("errors", std::span(path.errors));
  archive.array("cv_errors", std::span(path.cv_errors));
  archive.array("cv_deviations", std::span(path.cv_deviations));
}

DecisionTreeModel::Path load_path(const ArchiveReader& archive) {
  DecisionTreeModel::Path path;
  path.alphas = archive.doubles("alphas");
  const std::size_t steps = path.alphas.size();
  path.alphas = archive.finite_doubles("alphas", steps);
  path.leaves = archive.finite_doubles("leaves", steps);
  path.errors = archive.finite_doubles("errors", steps);
  const std::size_t judged = archive.doubles("cv_errors").empty() ? 0 : steps;
  path.cv_errors = archive.finite_doubles("cv_errors", judged);
  path.cv_deviations = archive.finite_doubles("cv_deviations", judged);
  return path;
}

void save_surrogates(const DecisionTreeState& state, ArchiveWriter archive) {
  std::vector<std::int32_t> feature, categories;
  std::vector<double> threshold, agreement;
  std::vector<std::uint8_t> reversed, sides;
  std::vector<std::int64_t> sizes;
  for (const auto& one : state.surrogates) {
    feature.push_back(one.feature);
    categories.push_back(one.categories);
    threshold.push_back(one.threshold);
    agreement.push_back(one.agreement);
    reversed.push_back(one.reversed ? 1 : 0);
  }
  for (const auto& set : state.surrogate_sets) {
    sizes.push_back(static_cast<std::int64_t>(set.size()));
    sides.insert(sides.end(), set.begin(), set.end());
  }
  archive.array("start", std::span(state.surrogate_start));
  archive.array("feature", std::span<const std::int32_t>(feature));
  archive.array("categories", std::span<const std::int32_t>(categories));
  archive.array("threshold", std::span<const double>(threshold));
  archive.array("agreement", std::span<const double>(agreement));
  archive.array("reversed", std::span<const std::uint8_t>(reversed));
  archive.array("set_sizes", std::span<const std::int64_t>(sizes));
  archive.array("set_sides", std::span<const std::uint8_t>(sides));
}

void load_surrogate_sets(DecisionTreeState& state, const ArchiveReader& archive) {
  const std::vector<std::uint8_t> sides = archive.bytes8("set_sides");
  std::size_t at = 0;
  for (const std::int64_t size : archive.integers64("set_sizes")) {
    if (size < 0 || static_cast<std::uint64_t>(size) > sides.size() - at)
      archive.refuse("set_sizes", "they do not add up to the sides");
    const auto first = sides.begin() + static_cast<std::ptrdiff_t>(at);
    state.surrogate_sets.emplace_back(first, first + static_cast<std::ptrdiff_t>(size));
    at += static_cast<std::size_t>(size);
  }
  if (at != sides.size()) archive.refuse("set_sizes", "they do not add up to the sides");
  if (std::any_of(sides.begin(), sides.end(), [](std::uint8_t side) { return side > 2; }))
    archive.refuse("set_sides", "a side that is neither left nor right nor none");
}

void load_surrogates(DecisionTreeState& state, const ArchiveReader& archive) {
  const std::size_t nodes = state.ensemble.parts().nodes();
  const auto features = static_cast<std::int64_t>(state.ensemble.feature_count());
  state.surrogate_start = archive.integers32("start", nodes + 1);
  const std::vector<std::int32_t> feature = archive.integers32("feature");
  const std::size_t n = feature.size();
  const std::vector<std::int32_t> categories = archive.integers32("categories", n);
  const std::vector<double> threshold = archive.finite_doubles("threshold", n);
  const std::vector<double> agreement = archive.finite_doubles("agreement", n);
  const std::vector<std::uint8_t> reversed = archive.bytes8("reversed");
  if (reversed.size() != n) archive.refuse("reversed", "one entry for each stand-in is needed");
  load_surrogate_sets(state, archive);
  if (state.surrogate_start.front() != 0 || static_cast<std::size_t>(state.surrogate_start.back()) != n ||
      !std::is_sorted(state.surrogate_start.begin(), state.surrogate_start.end()))
    archive.refuse("start", "it does not count the stand-ins of each node");
  for (std::size_t i = 0; i < n; ++i) {
    if (feature[i] < 0 || feature[i] >= features) archive.refuse("feature", "a feature the model has not");
    if (categories[i] < -1 || categories[i] >= static_cast<std::int64_t>(state.surrogate_sets.size()))
      archive.refuse("categories", "a set that is not there");
    if (reversed[i] > 1) archive.refuse("reversed", "neither yes nor no");
    state.surrogates.push_back({.feature = feature[i],
                                .threshold = threshold[i],
                                .categories = categories[i],
                                .reversed = reversed[i] == 1,
                                .agreement = agreement[i]});
  }
}

/// Leaves of a tree of classes hold shares.
void check_shares(const ArchiveReader& archive, const TreeParts& parts) {
  for (std::size_t leaf = 0; leaf < parts.leaves(); ++leaf) {
    double sum = 0;
    for (std::size_t c = 0; c < parts.width; ++c) {
      const double share = parts.leaf_value[leaf * parts.width + c];
      if (!(share >= 0 && share <= 1)) archive.refuse("trees", "a leaf's shares are not between 0 and 1");
      sum += share;
    }
    if (std::abs(sum - 1) > 1e-9) archive.refuse("trees", "a leaf's shares do not sum to 1");
  }
}

enum class Answers { classes, number, targets };

std::shared_ptr<const DecisionTreeState> load_state(const ArchiveReader& archive, Answers answers) {
  const bool classes = answers == Answers::classes, several = answers == Answers::targets;
  auto state = std::make_shared<DecisionTreeState>(
      DecisionTreeState{.ensemble = TreeEnsemble::load(archive.scope("trees"))});
  if (classes) state->classes = archive.strings("classes");
  if (several) state->target_classes = load_targets(archive);
  const TreeParts& parts = state->ensemble.parts();
  const std::size_t width = classes   ? state->classes.size()
                            : several ? answers_of_targets(state->target_classes)
                                      : 1;
  if (width == 0 || parts.trees() != 1 || parts.outputs != width || parts.width != width ||
      !parts.linear_start.empty() ||
      std::any_of(parts.base.begin(), parts.base.end(), [](double one) { return one != 0; }))
    archive.refuse("trees", "not one tree of as many answers as there are classes");
  if (classes) check_shares(archive, parts);
  if (several) check_target_shares(archive, parts, state->target_classes, 1.0);
  state->stat_width = classes ? width : width + 1;
  state->node_stats = archive.finite_doubles("node_stats", parts.nodes() * state->stat_width);
  state->leaf_stats = archive.finite_doubles("leaf_stats", parts.leaves() * state->stat_width);
  if (archive.has("surrogates")) load_surrogates(*state, archive.scope("surrogates"));
  state->path = load_path(archive.scope("path"));
  state->alpha = archive.number("alpha", 0, std::numeric_limits<double>::max());
  return state;
}

}  // namespace

std::size_t DecisionTreeModel::feature_count() const { return state_->ensemble.feature_count(); }
const TreeEnsemble& DecisionTreeModel::ensemble() const { return state_->ensemble; }
std::size_t DecisionTreeModel::leaf_count() const { return state_->ensemble.parts().leaves(); }
bool DecisionTreeModel::has_surrogates() const { return !state_->surrogate_start.empty(); }
std::span<const std::string> DecisionTreeModel::classes() const { return state_->classes; }
std::span<const double> DecisionTreeModel::node_stats() const { return state_->node_stats; }
std::span<const double> DecisionTreeModel::leaf_stats() const { return state_->leaf_stats; }
std::size_t DecisionTreeModel::stat_width() const { return state_->stat_width; }
std::span<const std::vector<std::string>> DecisionTreeTargetsModel::target_classes() const {
  return state_->target_classes;
}
const DecisionTreeModel::Path& DecisionTreeModel::pruning_path() const { return state_->path; }
double DecisionTreeModel::alpha() const { return state_->alpha; }

std::size_t DecisionTreeModel::depth() const {
  const TreeParts& parts = state_->ensemble.parts();
  std::vector<std::size_t> depth(parts.nodes(), 1);
  std::size_t deepest = 0;
  for (std::size_t i = 0; i < parts.nodes(); ++i) {  // a child stands behind its parent
    deepest = std::max(deepest, depth[i]);
    for (const std::int32_t child : {parts.left[i], parts.right[i]}) {
      if (child >= 0) depth[static_cast<std::size_t>(child)] = depth[i] + 1;
    }
  }
  return deepest;
}

std::span<const DecisionTreeModel::Surrogate> DecisionTreeModel::surrogates(std::size_t node) const {
  if (state_->surrogate_start.empty()) return {};
  const auto first = static_cast<std::size_t>(state_->surrogate_start.at(node));
  return std::span(state_->surrogates)
      .subspan(first, static_cast<std::size_t>(state_->surrogate_start.at(node + 1)) - first);
}

std::span<const std::uint8_t> DecisionTreeModel::surrogate_set(std::int32_t categories) const {
  return state_->surrogate_sets.at(static_cast<std::size_t>(categories));
}

void DecisionTreeModel::leaves(const Features& x, std::span<std::int32_t> out, const Context& context) const {
  each_leaf(*state_, x, context,
            [&](std::size_t row, std::size_t leaf) { out[row] = static_cast<std::int32_t>(leaf); });
}

std::vector<TreeStep> DecisionTreeModel::path(std::span<const double> row) const {
  std::vector<TreeStep> steps;
  leaf_of(*state_, row.data(), &steps);
  return steps;
}

void DecisionTreeModel::answer(const Features& x, std::span<double> out, const Context& context) const {
  if (!has_surrogates()) {
    state_->ensemble.predict(x, out, context);
    return;
  }
  const TreeParts& parts = state_->ensemble.parts();
  each_leaf(*state_, x, context, [&](std::size_t row, std::size_t leaf) {
    const double* values = parts.leaf_value.data() + leaf * parts.width;
    std::copy(values, values + parts.width, out.data() + row * parts.width);
  });
}

void DecisionTreeModel::contributions(const Features& x, std::span<double> out,
                                      const Context& context) const {
  if (has_surrogates() && x.has_missing()) {
    throw UnsupportedError(
        "trees.surrogates",
        "where a surrogate answers for a missing cell there is no share of each feature in "
        "the answer; fill the gaps first, or learn without surrogates");
  }
  shap_values(ensemble(), x, out, context);
}

std::vector<double> DecisionTreeModel::importances() const {
  const std::size_t n = feature_count();
  std::vector<double> gain(n), cover(n), splits(n);
  state_->ensemble.importance(gain, cover, splits);
  double whole = 0;
  for (const double one : gain) whole += one;
  if (whole > 0) {
    for (double& one : gain) one /= whole;
  }
  return gain;
}

Json DecisionTreeModel::summary() const {
  Json json;
  if (!state_->classes.empty()) json["classes"] = state_->classes;
  if (!state_->target_classes.empty()) json["targets"] = state_->target_classes.size();
  json["leaves"] = leaf_count();
  json["depth"] = depth();
  if (has_surrogates()) json["stand_ins"] = state_->surrogates.size();
  json["alpha"] = alpha();
  const Path& path = pruning_path();
  constexpr std::size_t kSteps = 40;
  Json steps = Json::array();
  const std::size_t first = path.alphas.size() > kSteps ? path.alphas.size() - kSteps : 0;
  for (std::size_t i = first; i < path.alphas.size(); ++i) {
    Json step = {{"alpha", path.alphas[i]}, {"leaves", path.leaves[i]}, {"error", path.errors[i]}};
    if (!path.cv_errors.empty()) {
      step["cv_error"] = path.cv_errors[i];
      step["cv_deviation"] = path.cv_deviations[i];
    }
    steps.push_back(std::move(step));
  }
  json["pruning_path"] = std::move(steps);
  return json;
}

void DecisionTreeModel::save(ArchiveWriter& archive) const {
  ArchiveWriter trees = archive.scope("trees");
  state_->ensemble.save(trees);
  if (!state_->classes.empty()) archive.strings("classes", state_->classes);
  if (!state_->target_classes.empty()) save_targets(archive, state_->target_classes);
  archive.array("node_stats", std::span(state_->node_stats));
  archive.array("leaf_stats", std::span(state_->leaf_stats));
  if (has_surrogates()) save_surrogates(*state_, archive.scope("surrogates"));
  save_path(state_->path, archive.scope("path"));
  archive.number("alpha", state_->alpha);
}

DecisionTreeClassifierModel DecisionTreeClassifierModel::load(const ArchiveReader& archive) {
  return DecisionTreeClassifierModel(load_state(archive, Answers::classes));
}
DecisionTreeTargetsModel DecisionTreeTargetsModel::load(const ArchiveReader& archive) {
  return DecisionTreeTargetsModel(load_state(archive, Answers::targets));
}
DecisionTreeRegressorModel DecisionTreeRegressorModel::load(const ArchiveReader& archive) {
  return DecisionTreeRegressorModel(load_state(archive, Answers::number));
}

}  // namespace everyml
