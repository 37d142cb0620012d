#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <set>

#include "everyml/classical/trees/evaluator_impl.h"
#include "everyml/classical/trees/random_trees_test_impl.h"
#include "everyml/classical/trees/tree_ensemble.h"

namespace everyml {
namespace {

using test::RandomTrees;

/// Every evaluator, kind of code and kind of leaf has its shape here.
std::vector<RandomTrees> shapes() {
  return {{.trees = 9, .leaves = 2},
          {.trees = 9, .leaves = 33},
          {.trees = 9, .leaves = 64, .missing = false},
          {.trees = 6, .leaves = 64, .skewed = true},
          {.trees = 6, .leaves = 255},
          {.trees = 6, .leaves = 256, .skewed = true},
          {.trees = 6, .leaves = 50, .cuts = 254},
          {.trees = 60, .leaves = 200, .cuts = 700},
          {.trees = 5, .leaves = 257},
          {.trees = 5, .leaves = 900, .cuts = 500, .skewed = true},
          {.trees = 9, .leaves = 40, .categories = 3},
          {.trees = 9, .leaves = 40, .categories = 4, .set_words = 9},
          {.trees = 6, .leaves = 300, .categories = 2},
          {.trees = 6, .leaves = 400, .categories = 8, .set_words = 9},
          {.trees = 6, .leaves = 300, .categories = 3, .cuts = 900, .missing = false, .skewed = true},
          {.outputs = 3, .trees = 8, .leaves = 31},
          {.outputs = 3, .width = 3, .trees = 8, .leaves = 70, .categories = 1},
          {.outputs = 2, .width = 2, .trees = 5, .leaves = 400},
          {.trees = 9, .leaves = 1},
          {.trees = 9, .leaves = 2, .symmetric = true},
          {.trees = 9, .leaves = 16, .categories = 2, .symmetric = true},
          {.trees = 9, .leaves = 32, .symmetric = true},
          {.trees = 9, .leaves = 64, .symmetric = true},
          {.trees = 9, .leaves = 256, .cuts = 600, .symmetric = true},
          {.trees = 9, .leaves = 64, .missing = false, .symmetric = true, .whole = true},
          {.trees = 37, .leaves = 32, .symmetric = true, .whole = true},
          {.trees = 1300, .leaves = 64, .symmetric = true, .whole = true},
          {.trees = 20, .leaves = 1, .whole = true},
          {.features = 300, .trees = 20, .leaves = 60},
          {.trees = 4, .leaves = 64, .cuts = 1}};
}

/// Runs body() once for each set of instructions of this machine.
template <class Body>
void on_all_targets(const Body& body) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    hwy::GetChosenTarget().Update(target);
    body(hwy::TargetName(target));
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

std::vector<float> as_floats(const std::vector<double>& rows) { return {rows.begin(), rows.end()}; }

Features sparse_of(const std::vector<float>& rows, std::size_t features) {
  std::vector<std::uint64_t> starts{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != 0) {
      columns.push_back(static_cast<std::uint32_t>(i % features));
      values.push_back(rows[i]);
    }
    if (i % features + 1 == features) starts.push_back(values.size());
  }
  const auto buffer = [](const auto& from) {
    auto to = Buffer<std::remove_cvref_t<decltype(from[0])>>::uninitialized(from.size());
    std::copy(from.begin(), from.end(), to.data());
    return to;
  };
  return Features::sparse(rows.size() / features, features, buffer(starts), buffer(columns), buffer(values));
}

TEST(Evaluator, AllGiveTheBitsOfTheSlowTwinOnAllTargets) {
  constexpr std::size_t n = 2700;  // some blocks and a part of one
  std::uint64_t seed = 1;
  for (const RandomTrees& shape : shapes()) {
    const std::vector<GrownTree> grown = test::random_trees(++seed, shape);
    const std::vector<double> rows = test::random_rows(seed, n, shape);
    const std::vector<double> right = test::slow_answers(grown, shape, rows, 0, grown.size());
    on_all_targets([&](const char* target) {
      const TreeEnsemble trees(test::parts_of(grown, shape));
      std::vector<double> out(n * shape.outputs);
      for (const int threads : {1, 3}) {
        const Context context({.threads = threads});
        trees.predict(Features::view(rows.data(), n, shape.features), out, context);
        ASSERT_EQ(out, right) << target << ", shape " << seed;
        // A few rows go the way of single rows.
        std::vector<double> few(40 * shape.outputs);
        trees.predict(Features::view(rows.data(), 40, shape.features), few, context);
        ASSERT_TRUE(std::equal(few.begin(), few.end(), right.begin())) << target << ", shape " << seed;
      }
    });
  }
}

TEST(Evaluator, StoragesAgree) {
  constexpr std::size_t n = 1100;
  const Context context;
  for (const RandomTrees& shape : shapes()) {
    const std::vector<GrownTree> grown = test::random_trees(77, shape);
    std::vector<double> rows = test::random_rows(78, n, shape);
    for (double& value : rows) value = static_cast<double>(static_cast<float>(value));
    for (std::size_t i = 0; i < rows.size(); i += 3) rows[i] = 0;
    const std::vector<float> floats = as_floats(rows);
    const std::vector<double> right = test::slow_answers(grown, shape, rows, 0, grown.size());
    const TreeEnsemble trees(test::parts_of(grown, shape));
    std::vector<double> out(right.size());
    trees.predict(Features::view(floats.data(), n, shape.features), out, context);
    EXPECT_EQ(out, right);
    trees.predict(sparse_of(floats, shape.features), out, context);
    EXPECT_EQ(out, right);
    // A matrix of more columns, of which the view shows some.
    std::vector<double> wider;
    for (std::size_t i = 0; i < n; ++i) {
      wider.insert(wider.end(), rows.begin() + static_cast<std::ptrdiff_t>(i * shape.features),
                   rows.begin() + static_cast<std::ptrdiff_t>((i + 1) * shape.features));
      wider.insert(wider.end(), 2, -7.0);
    }
    trees.predict(Features::view(wider.data(), n, shape.features, shape.features + 2), out, context);
    EXPECT_EQ(out, right);
  }
}

TEST(Evaluator, FindsTheLeaves) {
  constexpr std::size_t n = 700;
  for (const RandomTrees& shape : shapes()) {
    const TreeParts parts = test::random_parts(5, shape);
    const std::vector<double> rows = test::random_rows(6, n, shape);
    const TreeEnsemble trees(parts);
    std::vector<std::int32_t> many(n * shape.trees), few(50 * shape.trees);
    trees.leaves(Features::view(rows.data(), n, shape.features), many, Context());
    trees.leaves(Features::view(rows.data(), 50, shape.features), few, Context());
    EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));
    // Added up by hand the leaves are the answer.
    std::vector<double> out(n * shape.outputs);
    trees.predict(Features::view(rows.data(), n, shape.features), out, Context());
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<double> sum(parts.base);
      for (std::size_t t = 0; t < shape.trees; ++t) {
        const std::size_t leaf = parts.first_leaf[t] + static_cast<std::size_t>(many[i * shape.trees + t]);
        for (std::size_t w = 0; w < shape.width; ++w) {
          sum[parts.tree_output[t] + w] += parts.leaf_value[leaf * shape.width + w];
        }
      }
      for (std::size_t o = 0; o < shape.outputs; ++o) EXPECT_EQ(sum[o], out[i * shape.outputs + o]);
    }
  }
}

TEST(Evaluator, ChoosesByTheShapeOfATree) {
  using Kind = detail::PlannedTree::Kind;
  const auto kind_of = [](const RandomTrees& shape) {
    return detail::plan_evaluator(test::random_parts(3, shape))->trees[0].kind;
  };
  EXPECT_EQ(kind_of({.leaves = 1}), Kind::constant);
  EXPECT_EQ(kind_of({.leaves = 2}), Kind::symmetric);
  EXPECT_EQ(kind_of({.leaves = 64, .symmetric = true}), Kind::symmetric);
  EXPECT_EQ(kind_of({.leaves = 64}), Kind::mask);
  EXPECT_EQ(kind_of({.leaves = 256}), Kind::mask);
  EXPECT_EQ(kind_of({.leaves = 257}), Kind::walk);
  EXPECT_EQ(kind_of({.leaves = 257, .categories = 2}), Kind::set_walk);
}

TEST(Evaluator, WholeLeavesOfSymmetricTreesAreFound) {
  const auto unit_of = [](const RandomTrees& shape) {
    return detail::plan_evaluator(test::random_parts(3, shape))->fixed.unit;
  };
  EXPECT_GE(unit_of({.leaves = 64, .symmetric = true, .whole = true}), 0x1p-43);
  EXPECT_EQ(unit_of({.leaves = 64, .symmetric = true}), 0);
  EXPECT_EQ(unit_of({.leaves = 128, .symmetric = true, .whole = true}), 0);
  EXPECT_EQ(unit_of({.leaves = 64, .whole = true}), 0);
  EXPECT_EQ(unit_of({.outputs = 2, .leaves = 64, .symmetric = true, .whole = true}), 0);
}

TEST(Evaluator, RoundedLeavesAddUpInAnyOrder) {
  for (const std::size_t trees : {3U, 500U}) {
    const TreeParts given = test::random_parts(12, {.trees = trees, .leaves = 64, .symmetric = true});
    TreeParts rounded = given;
    rounded.round_leaves();
    const double unit = detail::plan_evaluator(rounded)->fixed.unit;
    EXPECT_GT(unit, 0);
    double there = rounded.base[0], back = 0, moved = 0;
    for (std::size_t i = 0; i < given.leaves(); i += 64) {
      const std::size_t j = given.leaves() - 64 - i;
      there += rounded.leaf_value[i];
      back += rounded.leaf_value[j];
      moved = std::max(moved, std::abs(given.leaf_value[i] - rounded.leaf_value[i]));
    }
    EXPECT_EQ(there, back + rounded.base[0]);
    EXPECT_LE(moved, unit / 2);
    EXPECT_LT(unit, 1e-12);
    TreeParts again = rounded;
    again.round_leaves();
    EXPECT_EQ(again.leaf_value, rounded.leaf_value);
  }
}

TEST(Evaluator, MoreThresholdsThanCodesAreWalked) {
  // One feature with 70,000 thresholds in a tree like a list: no plan, and still the right leaf.
  GrownTree tree;
  constexpr std::int32_t cuts = 70000;
  for (std::int32_t i = 0; i < cuts; ++i) {
    tree.nodes.push_back({.feature = 0, .threshold = i + 0.5, .left = 2 * i + 1, .right = 2 * i + 2});
    tree.nodes.push_back({});
  }
  tree.nodes.push_back({});
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) tree.values.push_back(static_cast<double>(i / 2));
  TreeParts parts = TreeParts::empty(1, 1, 1);
  for (int t = 0; t < 4; ++t) parts.append(tree, 0);
  EXPECT_EQ(detail::plan_evaluator(parts), nullptr);
  const TreeEnsemble trees(parts);
  std::vector<double> rows(100), out(100);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i * 11);
  trees.predict(Features::view(rows.data(), 100, 1), out, Context());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(out[i], 4 * rows[i]);
}

TEST(Evaluator, StopsWhenAsked) {
  const TreeEnsemble trees(test::random_parts(3, {.trees = 70}));
  const std::vector<double> rows(8 * 600);
  std::vector<double> out(600);
  CancelToken cancel;
  cancel.cancel();
  const Context context({.cancel = &cancel});
  EXPECT_ANY_THROW(trees.predict(Features::view(rows.data(), 600, 8), out, context));
}

}  // namespace
}  // namespace everyml
