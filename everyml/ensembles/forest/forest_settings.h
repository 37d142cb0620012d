#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "everyml/foundation/params/field.h"

namespace everyml {

/// Which rows a tree of a forest grows on.
enum class ForestSampling : std::uint8_t {
  bootstrap,  ///< drawn with replacement
  subsample,  ///< drawn without
  all,        ///< every row
};
constexpr auto choices_of(ForestSampling) {
  return std::array{Choice{ForestSampling::bootstrap, "bootstrap"},
                    Choice{ForestSampling::subsample, "subsample"}, Choice{ForestSampling::all, "all"}};
}

/// How many features a node looks at, p being all.
enum class FeatureRule : std::uint8_t {
  sqrt,   ///< the square root of p
  log2,   ///< the binary logarithm of p
  third,  ///< p / 3
  all,    ///< p
};
constexpr auto choices_of(FeatureRule) {
  return std::array{Choice{FeatureRule::sqrt, "sqrt"}, Choice{FeatureRule::log2, "log2"},
                    Choice{FeatureRule::third, "third"}, Choice{FeatureRule::all, "all"}};
}

enum class ForestClassCriterion : std::uint8_t { gini, entropy };
constexpr auto choices_of(ForestClassCriterion) {
  return std::array{Choice{ForestClassCriterion::gini, "gini"},
                    Choice{ForestClassCriterion::entropy, "entropy"}};
}

enum class ForestNumberCriterion : std::uint8_t { squared, poisson, absolute };
constexpr auto choices_of(ForestNumberCriterion) {
  return std::array{Choice{ForestNumberCriterion::squared, "squared"},
                    Choice{ForestNumberCriterion::poisson, "poisson"},
                    Choice{ForestNumberCriterion::absolute, "absolute"}};
}

enum class ForestClassWeights : std::uint8_t {
  none,            ///< every row counts alike
  balanced,        ///< classes count alike over all rows
  balanced_trees,  ///< classes count alike in the draw of each tree
};
constexpr auto choices_of(ForestClassWeights) {
  return std::array{Choice{ForestClassWeights::none, "none"},
                    Choice{ForestClassWeights::balanced, "balanced"},
                    Choice{ForestClassWeights::balanced_trees, "balanced_trees"}};
}

/// Which figure of a feature's importance is worked out besides the decrease of the impurity.
enum class ForestImportance : std::uint8_t {
  impurity,     ///< none besides
  permutation,  ///< how much worse out-of-bag rows are answered when the feature is shuffled (Breiman 2001)
  corrected,    ///< impurity less that of shuffled copies (Nembrini, Koenig and Wright 2018)
};
constexpr auto choices_of(ForestImportance) {
  return std::array{Choice{ForestImportance::impurity, "impurity"},
                    Choice{ForestImportance::permutation, "permutation"},
                    Choice{ForestImportance::corrected, "corrected"}};
}

/// What all four forests can be told.
struct ForestSettings {
  int trees = 100;
  FeatureRule features = FeatureRule::sqrt;
  std::optional<int> feature_number;
  std::optional<double> feature_share;
  double min_leaf = 1;
  double min_split = 2;
  std::optional<int> max_depth;
  std::optional<int> max_leaves;
  double min_gain = 0;
  ForestSampling sampling = ForestSampling::bootstrap;
  std::optional<double> share;
  int bins = 255;
  bool out_of_bag = true;
  ForestImportance importance = ForestImportance::impurity;

  static constexpr std::string_view name = "forest";
  static constexpr auto fields() {
    using S = ForestSettings;
    return std::tuple{
        Field{&S::trees, "trees", "How many trees.", between(1, 100000)},
        Field{
            &S::features, "features",
            "How many features, drawn anew in each node, a cut is looked for in: a rule in their number p."},
        Field{&S::feature_number, "feature_number", "The same as a number, instead of the rule.",
              between(1, 1000000)},
        Field{&S::feature_share, "feature_share", "The same as a share of all features, instead of the rule.",
              Range{.low = 0, .high = 1, .low_open = true}},
        Field{&S::min_leaf, "min_leaf", "Weight of the training rows in a leaf at least.", at_least(0.0)},
        Field{&S::min_split, "min_split", "Weight of the training rows of a node that is cut at least.",
              at_least(0.0)},
        Field{&S::max_depth, "max_depth", "Cuts from the root to a leaf at most; none: any.",
              between(1, 1000000)},
        Field{&S::max_leaves, "max_leaves",
              "Leaves of a tree at most; the cut that is worth most is made first. None: any.",
              between(2, 100000000)},
        Field{&S::min_gain, "min_gain",
              "A cut must lower the impurity by as much, as a mean over all training rows.", at_least(0.0)},
        Field{&S::sampling, "sampling", "Which rows a tree grows on."},
        Field{&S::share, "share",
              "How many rows are drawn for a tree, as a share; none: all for the bootstrap, 0.632 without "
              "replacement. Not used when sampling is all.",
              Range{.low = 0, .high = 1, .low_open = true}},
        Field{&S::bins, "bins",
              "Values of a feature told apart at most; with no more distinct values the trees are exact.",
              between(2, 65534)},
        Field{&S::out_of_bag, "out_of_bag",
              "Answer each training row by the trees that did not see it, and judge the forest by that."},
        Field{&S::importance, "importance",
              "Which figure of importance is worked out besides the decrease of the impurity."}};
  }
};

/// Rules over several settings, for a struct that has them as `forest`.
template <class S>
constexpr auto forest_rules() {
  return std::array{Rule<S>{[](const S& s) { return !(s.forest.feature_number && s.forest.feature_share); },
                            "feature_number and feature_share say the same thing; give one of them"}};
}

}  // namespace everyml
