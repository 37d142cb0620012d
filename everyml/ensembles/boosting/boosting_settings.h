#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "everyml/classical/trees/grower.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// Which rows a tree learns from when it does not learn from all.
enum class RowSampling : std::uint8_t {
  uniform,   ///< each with the same chance
  gradient,  ///< those of the largest gradients, and a part of the others that counts for all of them (GOSS)
};
constexpr auto choices_of(RowSampling) {
  return std::array{Choice{RowSampling::uniform, "uniform"}, Choice{RowSampling::gradient, "gradient"}};
}

/// How trees ask about categories.
enum class CategoryEncoding : std::uint8_t {
  subsets,  ///< one against the rest, or sets cut from an order by gradients
  ordered,  ///< sets cut from an order by mean targets, which no row's own target has a part in
};
constexpr auto choices_of(CategoryEncoding) {
  return std::array{Choice{CategoryEncoding::subsets, "subsets"},
                    Choice{CategoryEncoding::ordered, "ordered"}};
}

/// What all learners of gradient boosting share; a member with an empty row name.
struct BoostingSettings {
  int rounds = 100;
  double learning_rate = 0.1;
  TreeGrowth growth = TreeGrowth::leaf;
  std::optional<int> leaves;
  std::optional<int> depth;
  double min_leaf_rows = 20;
  double min_leaf_hessian = 1e-3;
  double l1 = 0, l2 = 0;
  double min_gain = 0;
  double max_delta = 0;
  int bins = 255;
  RowSampling sampling = RowSampling::uniform;
  double row_share = 1;
  double top_share = 0.2, other_share = 0.1;
  double column_share = 1, column_share_level = 1, column_share_node = 1;
  double drop_rate = 0, skip_drop = 0.5;
  int max_drop = 50;
  double validation_share = 0;
  int patience = 20;
  std::string validation_metric = "loss";
  std::vector<std::string> rising, falling;
  std::vector<std::string> interactions;
  CategoryEncoding category_encoding = CategoryEncoding::subsets;
  int category_one_hot = 4;
  double category_smooth = 10, category_l2 = 10;
  int category_most = 32;
  bool linear_leaves = false;
  double linear_l2 = 1;

  static constexpr auto fields() {
    using S = BoostingSettings;
    constexpr Range share{.low = 0.0, .high = 1.0, .low_open = true};
    return std::tuple{
        Field{&S::rounds, "rounds", "Rounds of boosting, each a tree (of classes: a tree for each).",
              between(1, 1000000)},
        Field{&S::learning_rate, "learning_rate", "Part of each tree's answer that is added.", share},
        Field{&S::growth, "growth", "Split the best leaf next, level by level, or a level by one question."},
        Field{&S::leaves, "leaves",
              "Most leaves of a tree; none: 31, or as many as the depth allows when growing by level.",
              between(2, 1000000)},
        Field{&S::depth, "depth", "Most questions on a path; none: no limit, or 6 when growing by level.",
              between(1, 1000)},
        Field{&S::min_leaf_rows, "min_leaf_rows",
              "Fewest rows in a leaf, weights counted; growth symmetric does not look at it.",
              between(0.0, 1e12)},
        Field{&S::min_leaf_hessian, "min_leaf_hessian", "Smallest sum of second derivatives in a leaf.",
              between(0.0, 1e300)},
        Field{&S::l1, "l1", "Penalty on the size of a leaf's answer.", between(0.0, 1e300)},
        Field{&S::l2, "l2", "Penalty on the square of a leaf's answer.", between(0.0, 1e300)},
        Field{&S::min_gain, "min_gain", "Smallest gain, in units of the loss summed over rows, of a split.",
              between(0.0, 1e300)},
        Field{&S::max_delta, "max_delta", "Largest answer of a leaf before shrinking; 0: no limit.",
              between(0.0, 1e300)},
        Field{&S::bins, "bins", "Most bins that the values of a column are put into.", between(2, 65535)},
        Field{&S::sampling, "sampling",
              "How rows are drawn for a tree: alike, or by the size of their gradients."},
        Field{&S::row_share, "row_share", "Uniform sampling: part of the rows that a tree learns from.",
              share},
        Field{&S::top_share, "top_share", "Gradient sampling: part of the rows that is always taken.", share},
        Field{&S::other_share, "other_share", "Gradient sampling: part of the rows drawn from the rest.",
              share},
        Field{&S::column_share, "column_share", "Part of the columns that a tree may ask about.", share},
        Field{&S::column_share_level, "column_share_level", "Part of these that a level may ask about.",
              share},
        Field{&S::column_share_node, "column_share_node", "Part of these that a node may ask about.", share},
        Field{&S::drop_rate, "drop_rate",
              "DART: chance of each earlier tree to be left out while the next is learned.",
              between(0.0, 1.0)},
        Field{&S::skip_drop, "skip_drop", "DART: chance of a round to leave no tree out.", between(0.0, 1.0)},
        Field{&S::max_drop, "max_drop", "DART: most trees left out at a time.", between(1, 1000000)},
        Field{&S::validation_share, "validation_share",
              "Part of the rows kept back to find the best round; 0: none, and all rounds are kept.",
              Range{.low = 0.0, .high = 1.0, .high_open = true}},
        Field{&S::patience, "patience",
              "Rounds without a better loss of the rows kept back after which to stop.", between(1, 1000000)},
        Field{&S::validation_metric, "validation_metric",
              "What finds the best round: loss, or a metric of the task such as auc, accuracy, mae, ndcg."},
        Field{&S::rising, "rising", "Columns with which the score may only rise."},
        Field{&S::falling, "falling", "Columns with which the score may only fall."},
        Field{
            &S::interactions, "interactions",
            "Sets of columns that may occur on one path, each its names joined by +; columns named in no set "
            "stand alone."},
        Field{&S::category_encoding, "category_encoding",
              "How trees ask about categories: subsets by gradients, or ordered mean targets."},
        Field{&S::category_one_hot, "category_one_hot",
              "Categories of a column up to which each is asked for alone.", between(1, 65535)},
        Field{&S::category_smooth, "category_smooth",
              "Rows added to each category when they are put in order; of subsets, rarer ones are not split "
              "off.",
              between(0.0, 1e12)},
        Field{&S::category_l2, "category_l2", "More of l2 where many categories are split.",
              between(0.0, 1e300)},
        Field{&S::category_most, "category_most", "Most categories on the smaller side of a split.",
              between(1, 65535)},
        Field{&S::linear_leaves, "linear_leaves",
              "Leaves answer a line in the numeric columns of their path instead of one number."},
        Field{&S::linear_l2, "linear_l2",
              "Linear leaves: penalty on the square of a slope per standard deviation of its column.",
              between(0.0, 1e300)}};
  }
};

}  // namespace everyml
