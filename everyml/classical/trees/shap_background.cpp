#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "everyml/classical/trees/shap.h"
#include "everyml/classical/trees/shap_check_impl.h"
#include "everyml/classical/trees/tree_walk_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

/// Questions above each other; the walk goes down by calls.
constexpr std::size_t kDeepest = 2000;

std::size_t depth_of(const TreeParts& p, std::size_t t) {
  const std::size_t first = p.first_node[t], nodes = p.first_node[t + 1] - first;
  std::vector<std::size_t> depth(nodes, 1);
  std::size_t deepest = 0;
  for (std::size_t i = 0; i < nodes; ++i) {
    deepest = std::max(deepest, depth[i]);
    for (const std::int32_t child : {p.left[first + i], p.right[first + i]}) {
      if (child >= 0) depth[static_cast<std::size_t>(child)] = depth[i] + 1;
    }
  }
  return deepest;
}

/// 1 / (a * binomial(a + b, a)): the Shapley weight of one of `a` features when `b` others speak against.
class Weights {
 public:
  explicit Weights(std::size_t most) : stride_(most + 1), values_(stride_ * stride_, 0.0) {
    for (std::size_t a = 1; a <= most; ++a) {
      double binomial = 1;
      for (std::size_t b = 0; a + b <= most; ++b) {
        if (b > 0) binomial *= static_cast<double>(a + b) / static_cast<double>(b);
        values_[a * stride_ + b] = 1 / (static_cast<double>(a) * binomial);
      }
    }
  }
  double operator()(std::size_t a, std::size_t b) const { return values_[a * stride_ + b]; }

 private:
  std::size_t stride_;
  std::vector<double> values_;
};

/// One row against one background row. Below a question where the two part, a leaf is reached by those
/// mixtures that take this feature from the side that leads there; a feature once taken from a side stays.
class Duel {
 public:
  Duel(const TreeParts& parts, const Weights& weights)
      : p_(parts), weights_(weights), side_(parts.features, Side::open) {}

  /// Adds to sums [features] what value number `w` of the leaves makes of the two rows.
  void add(std::size_t tree, std::size_t w, const double* row, const double* other, double* sums) {
    first_ = p_.first_node[tree];
    leaf_ = p_.leaf_value.data() + p_.first_leaf[tree] * p_.width + w;
    row_ = row;
    other_ = other;
    sums_ = sums;
    if (p_.first_node[tree + 1] != first_) go(0, 0, 0);
  }

 private:
  enum class Side : char { open, row, other };
  /// What the leaves below give to a feature taken from the row, and take from one of the other.
  struct Shares {
    double row, other;
  };

  Shares go(std::int32_t at, std::size_t from_row, std::size_t from_other) {
    if (at < 0) {
      const double value = leaf_[static_cast<std::size_t>(~at) * p_.width];
      return {value * weights_(from_row, from_other), value * weights_(from_other, from_row)};
    }
    const std::size_t node = first_ + static_cast<std::size_t>(at);
    const auto feature = static_cast<std::size_t>(p_.feature[node]);
    const auto child = [&](const double* values) {
      return detail::goes_left(p_, node, values[feature]) ? p_.left[node] : p_.right[node];
    };
    if (side_[feature] == Side::row) return go(child(row_), from_row, from_other);
    if (side_[feature] == Side::other) return go(child(other_), from_row, from_other);
    const std::int32_t mine = child(row_), theirs = child(other_);
    if (mine == theirs) return go(mine, from_row, from_other);
    side_[feature] = Side::row;
    const Shares with = go(mine, from_row + 1, from_other);
    side_[feature] = Side::other;
    const Shares without = go(theirs, from_row, from_other + 1);
    side_[feature] = Side::open;
    sums_[feature] += with.row - without.other;
    return {with.row + without.row, with.other + without.other};
  }

  const TreeParts& p_;
  const Weights& weights_;
  std::vector<Side> side_;
  std::size_t first_ = 0;
  const double *leaf_ = nullptr, *row_ = nullptr, *other_ = nullptr;
  double* sums_ = nullptr;
};

std::vector<double> all_rows(const Features& x) {
  std::vector<double> values;
  const double* rows = x.tile64(0, x.rows(), values);
  return values.empty() ? std::vector<double>(rows, rows + x.rows() * x.columns()) : values;
}

}  // namespace

void shap_values(const TreeEnsemble& trees, const Features& x, const Features& background,
                 std::span<double> out, const Context& context) {
  const TreeParts& p = trees.parts();
  const std::size_t per_row = p.outputs * (p.features + 1);
  detail::check_shap(trees, x, out.size(), per_row);
  detail::check_shap(trees, background, background.rows(), 1);
  if (background.rows() == 0) {
    throw DataError("data.rows",
                    "there are no background rows; interventional SHAP values need at least one");
  }
  std::size_t deepest = 0;
  for (std::size_t t = 0; t < p.trees(); ++t) deepest = std::max(deepest, depth_of(p, t));
  if (deepest > kDeepest) {
    throw UnsupportedError("trees.shap_depth",
                           fmt::format("interventional SHAP values need trees of depth {} or "
                                       "less, one has {}",
                                       kDeepest, deepest));
  }
  const Weights weights(std::min(deepest, p.features));
  const std::vector<double> others = all_rows(background);
  const auto count = static_cast<double>(background.rows());

  std::vector<double> answers(background.rows() * p.outputs), base(p.outputs, 0.0);
  trees.predict(background, answers, context);
  for (std::size_t i = 0; i < answers.size(); ++i) base[i % p.outputs] += answers[i] / count;

  parallel_for(context, x.rows(), 4, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    const double* row = x.tile64(begin, end, scratch);
    Duel duel(p, weights);
    for (std::size_t i = begin; i < end; ++i, row += p.features) {
      double* to = out.data() + i * per_row;
      std::fill_n(to, per_row, 0.0);
      for (std::size_t t = 0; t < p.trees(); ++t) {
        for (std::size_t w = 0; w < p.width; ++w) {
          double* sums = to + (p.tree_output[t] + w) * (p.features + 1);
          for (std::size_t b = 0; b < background.rows(); ++b) {
            duel.add(t, w, row, others.data() + b * p.features, sums);
          }
        }
        if (t % 64 == 63) context.check();
      }
      for (std::size_t o = 0; o < p.outputs; ++o) {
        double* sums = to + o * (p.features + 1);
        for (std::size_t f = 0; f < p.features; ++f) sums[f] /= count;
        sums[p.features] = base[o];
      }
    }
  });
}

}  // namespace everyml
