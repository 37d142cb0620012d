#include "everyml/classical/trees/shap.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <bit>
#include <cmath>
#include <functional>

#include "everyml/classical/trees/random_trees_test_impl.h"
#include "everyml/classical/trees/tree_walk_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using test::RandomTrees;

/// A game: what the trees answer for one output when the features of a set are known.
using Game = std::function<double(unsigned known)>;

/// Both ways where the feature is unknown, by the shares of the training rows.
double answer_along_paths(const TreeParts& p, std::size_t t, std::int32_t at, std::size_t w,
                          const double* row, unsigned known) {
  if (at < 0) {
    return p.leaf_value[(p.first_leaf[t] + static_cast<std::size_t>(~at)) * p.width + w];
  }
  const std::size_t node = p.first_node[t] + static_cast<std::size_t>(at);
  const auto side = [&](bool left) {
    return answer_along_paths(p, t, left ? p.left[node] : p.right[node], w, row, known);
  };
  if ((known >> p.feature[node]) & 1) return side(detail::goes_left(p, node, row[p.feature[node]]));
  const auto cover = [&](std::int32_t child) {
    return child < 0 ? p.leaf_cover[p.first_leaf[t] + static_cast<std::size_t>(~child)]
                     : p.cover[p.first_node[t] + static_cast<std::size_t>(child)];
  };
  const double left = cover(p.left[node]), right = cover(p.right[node]);
  const double share = left + right > 0 ? left / (left + right) : 0.5;
  return share * side(true) + (1 - share) * side(false);
}

Game path_game(const TreeParts& p, std::size_t output, const double* row) {
  return [&p, output, row](unsigned known) {
    double answer = p.base[output];
    for (std::size_t t = 0; t < p.trees(); ++t) {
      const std::size_t w = p.width > 1 ? output : 0;
      if (p.width == 1 && p.tree_output[t] != output) continue;
      const std::int32_t root = p.first_node[t] == p.first_node[t + 1] ? ~0 : 0;
      answer += answer_along_paths(p, t, root, w, row, known);
    }
    return answer;
  };
}

Game background_game(const TreeEnsemble& trees, std::size_t output, const double* row,
                     const std::vector<double>& background) {
  return [&trees, output, row, &background](unsigned known) {
    const std::size_t n = trees.feature_count(), rows = background.size() / n;
    std::vector<double> mixture(n), out(trees.output_count());
    double sum = 0;
    for (std::size_t b = 0; b < rows; ++b) {
      for (std::size_t f = 0; f < n; ++f) mixture[f] = (known >> f) & 1 ? row[f] : background[b * n + f];
      trees.predict_row(mixture.data(), out.data());
      sum += out[output];
    }
    return sum / static_cast<double>(rows);
  };
}

double factorial(std::size_t n) { return std::tgamma(static_cast<double>(n) + 1); }

/// Shapley's own formula, over all sets.
double shapley(const Game& game, std::size_t features, std::size_t i) {
  double sum = 0;
  for (unsigned set = 0; set < 1u << features; ++set) {
    if ((set >> i) & 1) continue;
    const auto size = static_cast<std::size_t>(std::popcount(set));
    const double weight = factorial(size) * factorial(features - size - 1) / factorial(features);
    sum += weight * (game(set | 1u << i) - game(set));
  }
  return sum;
}

/// Half of the Shapley interaction index of two features.
double interaction(const Game& game, std::size_t features, std::size_t i, std::size_t j) {
  double sum = 0;
  const unsigned a = 1u << i, b = 1u << j;
  for (unsigned set = 0; set < 1u << features; ++set) {
    if (set & (a | b)) continue;
    const auto size = static_cast<std::size_t>(std::popcount(set));
    const double weight = factorial(size) * factorial(features - size - 2) / (2 * factorial(features - 1));
    sum += weight * (game(set | a | b) - game(set | a) - game(set | b) + game(set));
  }
  return sum;
}

/// Few features, so that they come back on a path, and all sets of them are few.
std::vector<RandomTrees> shapes() {
  return {{.features = 5, .trees = 4, .leaves = 12},
          {.features = 1, .trees = 2, .leaves = 5},
          {.features = 6, .trees = 3, .leaves = 30, .categories = 2},
          {.features = 4, .outputs = 3, .trees = 5, .leaves = 9},
          {.features = 5, .outputs = 2, .width = 2, .trees = 3, .leaves = 9},
          {.features = 5, .trees = 3, .leaves = 16, .symmetric = true},
          {.features = 6, .trees = 3, .leaves = 40, .skewed = true},
          {.features = 3, .trees = 2, .leaves = 1}};
}

constexpr std::size_t kRows = 11;

TEST(Shap, PathDependentValuesAreShapleys) {
  for (const RandomTrees& shape : shapes()) {
    const TreeEnsemble trees(test::random_parts(5, shape));
    const std::vector<double> rows = test::random_rows(6, kRows, shape);
    const std::size_t n = shape.features;
    std::vector<double> out(kRows * shape.outputs * (n + 1)), base(shape.outputs);
    shap_values(trees, Features::view(rows.data(), kRows, n), out, Context());
    shap_base(trees, base);
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t o = 0; o < shape.outputs; ++o) {
        const Game game = path_game(trees.parts(), o, rows.data() + i * n);
        const double* values = out.data() + (i * shape.outputs + o) * (n + 1);
        for (std::size_t f = 0; f < n; ++f) EXPECT_NEAR(values[f], shapley(game, n, f), 1e-12);
        EXPECT_NEAR(values[n], game(0), 1e-12);
        EXPECT_EQ(values[n], base[o]);
      }
    }
  }
}

TEST(Shap, InterventionalValuesAreShapleys) {
  for (const RandomTrees& shape : shapes()) {
    const TreeEnsemble trees(test::random_parts(15, shape));
    const std::vector<double> rows = test::random_rows(16, kRows, shape),
                              others = test::random_rows(17, 7, shape);
    const std::size_t n = shape.features;
    std::vector<double> out(kRows * shape.outputs * (n + 1));
    shap_values(trees, Features::view(rows.data(), kRows, n), Features::view(others.data(), 7, n), out,
                Context());
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t o = 0; o < shape.outputs; ++o) {
        const Game game = background_game(trees, o, rows.data() + i * n, others);
        const double* values = out.data() + (i * shape.outputs + o) * (n + 1);
        for (std::size_t f = 0; f < n; ++f) EXPECT_NEAR(values[f], shapley(game, n, f), 1e-12);
        EXPECT_NEAR(values[n], game(0), 1e-12);
      }
    }
  }
}

TEST(Shap, InteractionsAreShapleys) {
  for (const RandomTrees& shape : shapes()) {
    const TreeEnsemble trees(test::random_parts(25, shape));
    const std::vector<double> rows = test::random_rows(26, kRows, shape);
    const std::size_t n = shape.features;
    const Features x = Features::view(rows.data(), kRows, n);
    std::vector<double> out(kRows * shape.outputs * n * n), values(kRows * shape.outputs * (n + 1));
    shap_interactions(trees, x, out, Context());
    shap_values(trees, x, values, Context());
    for (std::size_t i = 0; i < kRows; ++i) {
      for (std::size_t o = 0; o < shape.outputs; ++o) {
        const Game game = path_game(trees.parts(), o, rows.data() + i * n);
        const double* matrix = out.data() + (i * shape.outputs + o) * n * n;
        for (std::size_t f = 0; f < n; ++f) {
          double sum = 0;
          for (std::size_t g = 0; g < n; ++g) {
            sum += matrix[f * n + g];
            EXPECT_NEAR(matrix[f * n + g], matrix[g * n + f], 1e-12);
            if (g == f) continue;
            EXPECT_NEAR(matrix[f * n + g], interaction(game, n, f, g), 1e-12);
          }
          EXPECT_NEAR(sum, values[(i * shape.outputs + o) * (n + 1) + f], 1e-12);
        }
      }
    }
  }
}

TEST(Shap, SumsAreTheAnswersOfLargeTrees) {
  const RandomTrees shape{.features = 40, .outputs = 2, .trees = 30, .leaves = 300, .categories = 3};
  const TreeEnsemble trees(test::random_parts(35, shape));
  constexpr std::size_t n = 70;
  const std::vector<double> rows = test::random_rows(36, n, shape), others = test::random_rows(37, 20, shape);
  const Features x = Features::view(rows.data(), n, 40);
  std::vector<double> out(n * 2 * 41), against(n * 2 * 41), answers(n * 2);
  trees.predict(x, answers, Context());
  shap_values(trees, x, out, Context());
  shap_values(trees, x, Features::view(others.data(), 20, 40), against, Context());
  for (std::size_t i = 0; i < n * 2; ++i) {
    double sum = 0, sum_against = 0;
    for (std::size_t f = 0; f < 41; ++f) sum += out[i * 41 + f], sum_against += against[i * 41 + f];
    EXPECT_NEAR(sum, answers[i], 1e-9);
    EXPECT_NEAR(sum_against, answers[i], 1e-9);
  }
}

TEST(Shap, SameBitsAtAnyNumberOfThreadsOnAllTargets) {
  const RandomTrees shape{.features = 9, .trees = 12, .leaves = 50, .categories = 1};
  const TreeEnsemble trees(test::random_parts(45, shape));
  constexpr std::size_t n = 203;
  const std::vector<double> rows = test::random_rows(46, n, shape);
  std::vector<double> first(n * 10), out(n * 10);
  const auto ask = [&](int threads, std::vector<double>& to) {
    shap_values(trees, Features::view(rows.data(), n, 9), to, Context({.threads = threads}));
  };
  ask(1, first);
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    hwy::GetChosenTarget().Update(target);
    for (const int threads : {1, 2, 7}) {
      ask(threads, out);
      EXPECT_EQ(out, first) << hwy::TargetName(target);
    }
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(Shap, LeavesWithoutTrainingRowsCountNothing) {
  // x0 <= 0 ? 5 : (x1 <= 0 ? 7 : 9), where no training row had x1 > 0.
  GrownTree tree;
  tree.nodes = {{.feature = 0, .threshold = 0, .left = 1, .right = 2, .cover = 4},
                {.cover = 1},
                {.feature = 1, .threshold = 0, .left = 3, .right = 4, .cover = 3},
                {.cover = 3},
                {.cover = 0}};
  tree.values = {0, 5, 0, 7, 9};
  TreeParts parts = TreeParts::empty(2, 1, 1);
  parts.append(tree, 0);
  const TreeEnsemble trees(parts);
  const std::vector<double> rows{1, 1, -1, 1};
  std::vector<double> out(6), pairs(8);
  shap_values(trees, Features::view(rows.data(), 2, 2), out, Context());
  for (std::size_t i = 0; i < 2; ++i) {
    const Game game = path_game(parts, 0, rows.data() + 2 * i);
    for (std::size_t f = 0; f < 2; ++f) EXPECT_NEAR(out[3 * i + f], shapley(game, 2, f), 1e-14);
  }
  shap_interactions(trees, Features::view(rows.data(), 2, 2), pairs, Context());
  EXPECT_NEAR(pairs[0] + pairs[1], out[0], 1e-14);
  EXPECT_NEAR(pairs[2] + pairs[3], out[1], 1e-14);
}

TEST(Shap, RefusesWhatItCannot) {
  TreeParts parts = test::random_parts(5, {.trees = 1, .leaves = 2});
  const std::vector<double> rows(16);
  const Features x = Features::view(rows.data(), 2, 8);
  std::vector<double> out(18);
  EXPECT_THROW(shap_values(TreeEnsemble(parts), Features::view(rows.data(), 2, 7), out, Context()),
               DataError);
  EXPECT_THROW(shap_values(TreeEnsemble(parts), x, std::span(out).first(16), Context()), ParameterError);
  EXPECT_THROW(shap_values(TreeEnsemble(parts), x, x.slice(0, 0), out, Context()), DataError);
  parts.linear_start = {0, 1, 1};
  parts.linear_feature = {0};
  parts.linear_coefficient = {1};
  EXPECT_THROW(shap_values(TreeEnsemble(parts), x, out, Context()), UnsupportedError);
}

}  // namespace
}  // namespace everyml
