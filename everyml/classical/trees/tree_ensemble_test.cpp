#include "everyml/classical/trees/tree_ensemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "everyml/classical/trees/random_trees_test_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using test::RandomTrees;
using testing::ElementsAre;
using testing::HasSubstr;

const Context& context() {
  static const Context shared{ContextOptions{.threads = 2}};
  return shared;
}

/// A question above a leaf and a question:  x0 <= 1 ? 10 : (x1 in {0, 2} ? 20 : 30).
GrownTree small_tree() {
  GrownTree tree;
  // Children stand in an order of their own, which append() must straighten.
  tree.nodes = {
      {.feature = 0, .threshold = 1, .missing_left = false, .left = 4, .right = 1, .gain = 5, .cover = 9},
      {.feature = 1, .categories = 0, .missing_left = true, .left = 3, .right = 2, .gain = 3, .cover = 6},
      {.cover = 2},
      {.cover = 4},
      {.cover = 3}};
  tree.values = {1, 2, 30, 20, 10};
  tree.sets = {{0b101, 0}};
  return tree;
}

TreeParts small_parts() {
  TreeParts parts = TreeParts::empty(2, 1, 1);
  parts.base = {100};
  parts.append(small_tree(), 0);
  return parts;
}

TEST(TreeParts, AppendsInOrder) {
  TreeParts parts = TreeParts::empty(2, 1, 1);
  std::vector<std::int32_t> leaf_of_node;
  parts.append(small_tree(), 0, &leaf_of_node);
  EXPECT_THAT(parts.left, ElementsAre(~0, ~1));
  EXPECT_THAT(parts.right, ElementsAre(1, ~2));
  EXPECT_THAT(parts.leaf_value, ElementsAre(10, 20, 30));
  EXPECT_THAT(parts.leaf_cover, ElementsAre(3, 4, 2));
  EXPECT_THAT(leaf_of_node, ElementsAre(-1, -1, 2, 1, 0));
  EXPECT_THAT(parts.set_words, ElementsAre(0b101));
  EXPECT_THAT(parts.flags, ElementsAre(0, TreeParts::kCategories | TreeParts::kMissingLeft));
}

TEST(TreeParts, RefusesWhatIsNoTree) {
  for (const std::int32_t child : {0, 1, 3, 7, -1}) {
    GrownTree tree = small_tree();
    tree.nodes[1].right = child;
    TreeParts parts = TreeParts::empty(2, 1, 1);
    EXPECT_THROW(parts.append(tree, 0), DataError) << child;
  }
}

TEST(TreeEnsemble, AnswersByHand) {
  const TreeEnsemble trees(small_parts());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> rows{1, 0, 1.5, 0, 1.5, 1, 1.5, 2, nan, 2, nan, nan, 2, 64, 2, 0.5, 2, -1};
  std::vector<double> out(9);
  std::vector<std::int32_t> leaves(9);
  const Features x = Features::view(rows.data(), 9, 2);
  trees.predict(x, out, context());
  EXPECT_THAT(out, ElementsAre(110, 120, 130, 120, 120, 120, 130, 130, 130));
  trees.leaves(x, leaves, context());
  EXPECT_THAT(leaves, ElementsAre(0, 1, 2, 1, 1, 1, 2, 2, 2));
}

TEST(TreeEnsemble, CountsImportance) {
  const TreeEnsemble trees(small_parts());
  std::vector<double> gain(2), cover(2), splits(2);
  trees.importance(gain, cover, splits);
  EXPECT_THAT(gain, ElementsAre(5, 3));
  EXPECT_THAT(cover, ElementsAre(9, 6));
  EXPECT_THAT(splits, ElementsAre(1, 1));
}

TEST(TreeEnsemble, AddsLinearLeaves) {
  TreeParts parts = small_parts();
  parts.linear_start = {0, 2, 2, 3};
  parts.linear_feature = {0, 1, 1};
  parts.linear_coefficient = {2, 0.5, -1};
  const TreeEnsemble trees(parts);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> rows{1, 4, 1, nan, 3, 1, 3, 2};
  std::vector<double> out(4);
  trees.predict(Features::view(rows.data(), 4, 2), out, context());
  EXPECT_THAT(out, ElementsAre(100 + 10 + 2 + 2, 110, 100 + 30 - 1, 120));
}

TEST(TreeEnsemble, LinearLeavesHaveOffsetsWhereAllValuesAreThere) {
  TreeParts parts = small_parts();
  parts.linear_start = {0, 2, 2, 3};
  parts.linear_feature = {0, 1, 1};
  parts.linear_coefficient = {2, 0.5, -1};
  parts.linear_offset = {7, 0, -3};
  const TreeEnsemble trees(parts);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> rows{1, 4, 1, nan, 3, 1, 3, 2};
  std::vector<double> out(4);
  trees.predict(Features::view(rows.data(), 4, 2), out, context());
  EXPECT_THAT(out, ElementsAre(100 + 10 + 7 + 2 + 2, 110, 100 + 30 - 3 - 1, 120));
}

TEST(TreeEnsemble, GrownLinearLeavesAreKeptBySlices) {
  GrownTree plain, linear;
  plain.nodes.resize(1);
  plain.values = {1};
  linear.nodes.resize(3);
  linear.nodes[0] = {.feature = 0, .threshold = 0, .left = 1, .right = 2};
  linear.values = {0, 10, 20};
  linear.linear.resize(3);
  linear.linear[2] = {.offset = 3, .feature = {1, 0}, .coefficient = {2, -1}};
  TreeParts parts = TreeParts::empty(2, 1, 1);
  for (const GrownTree* tree : {&plain, &linear, &plain, &linear}) parts.append(*tree, 0);
  EXPECT_THAT(parts.linear_start, ElementsAre(0, 0, 0, 2, 2, 2, 4));
  EXPECT_THAT(parts.linear_offset, ElementsAre(0, 0, 3, 0, 0, 3));
  const std::vector<double> rows{-1, 5, 4, 5};
  std::vector<double> out(2);
  TreeEnsemble(parts).predict(Features::view(rows.data(), 2, 2), out, context());
  EXPECT_THAT(out, ElementsAre(2 + 20, 2 + 2 * (20 + 3 + 10 - 4)));
  TreeEnsemble(parts.slice(2, 4)).predict(Features::view(rows.data(), 2, 2), out, context());
  EXPECT_THAT(out, ElementsAre(1 + 10, 1 + 20 + 3 + 10 - 4));
}

TEST(TreeEnsemble, RefusesWrongArrays) {
  using Spoil = std::function<void(TreeParts&)>;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Spoil> spoils{
      [](TreeParts& p) { p.outputs = 0; },
      [](TreeParts& p) { p.width = 2; },
      [](TreeParts& p) { p.base.clear(); },
      [&](TreeParts& p) { p.base[0] = nan; },
      [](TreeParts& p) { p.first_node.clear(); },
      [](TreeParts& p) { p.first_node[0] = 1; },
      [](TreeParts& p) { p.first_node[1] = 1; },
      [](TreeParts& p) { p.first_leaf[1] = 2; },
      [](TreeParts& p) { p.tree_output[0] = 1; },
      [](TreeParts& p) { p.feature[0] = 2; },
      [](TreeParts& p) { p.feature[1] = -1; },
      [&](TreeParts& p) { p.threshold[0] = nan; },
      [](TreeParts& p) { p.threshold[1] = 1; },
      [](TreeParts& p) { p.threshold[1] = 0.5; },
      [](TreeParts& p) { p.threshold.pop_back(); },
      [](TreeParts& p) { p.left[0] = 0; },
      [](TreeParts& p) { p.left[0] = 1; },
      [](TreeParts& p) { p.left[0] = ~1; },
      [](TreeParts& p) { p.right[0] = ~2; },
      [](TreeParts& p) { p.right[0] = 0; },
      [](TreeParts& p) { p.right[1] = ~3; },
      [](TreeParts& p) { std::swap(p.left[1], p.right[1]); },
      [](TreeParts& p) { p.flags[0] = 4; },
      [&](TreeParts& p) { p.gain[0] = std::numeric_limits<float>::infinity(); },
      [](TreeParts& p) { p.cover[0] = -1; },
      [&](TreeParts& p) { p.leaf_value[1] = nan; },
      [](TreeParts& p) { p.leaf_cover.pop_back(); },
      [](TreeParts& p) { p.set_start.clear(); },
      [](TreeParts& p) { p.set_start[1] = 2; },
      [](TreeParts& p) { p.linear_start = {0, 1, 1}; },
      [](TreeParts& p) { p.linear_start = {0, 1, 1, 1}; },
      [](TreeParts& p) {
        p.linear_start = {0, 1, 1, 1};
        p.linear_feature = {2};
        p.linear_coefficient = {1};
      },
      [](TreeParts& p) { p.linear_offset = {0, 0, 0}; },
      [](TreeParts& p) {
        p.linear_start = {0, 0, 0, 0};
        p.linear_offset = {0, 0};
      },
      [&](TreeParts& p) {
        p.linear_start = {0, 0, 0, 0};
        p.linear_offset = {0, nan, 0};
      },
  };
  for (std::size_t i = 0; i < spoils.size(); ++i) {
    TreeParts parts = small_parts();
    spoils[i](parts);
    try {
      const TreeEnsemble trees(parts);
      ADD_FAILURE() << "spoil " << i;
    } catch (const DataError& error) {
      EXPECT_EQ(error.code(), "trees.invalid");
    }
  }
}

/// Shapes that the tests of all evaluators go through.
std::vector<RandomTrees> shapes() {
  return {{},
          {.trees = 0},
          {.leaves = 1},
          {.leaves = 2, .missing = false},
          {.leaves = 40, .skewed = true},
          {.outputs = 3, .trees = 7, .leaves = 64},
          {.outputs = 3, .width = 3, .categories = 2},
          {.trees = 3, .leaves = 500, .categories = 1, .cuts = 400},
          {.leaves = 64, .symmetric = true},
          {.leaves = 16, .categories = 3, .symmetric = true}};
}

TEST(TreeEnsemble, AgreesWithTheSlowTwin) {
  for (const RandomTrees& shape : shapes()) {
    const std::vector<GrownTree> grown = test::random_trees(7, shape);
    const std::vector<double> rows = test::random_rows(8, 1100, shape);
    const TreeEnsemble trees(test::parts_of(grown, shape));
    std::vector<double> out(1100 * shape.outputs);
    const Features x = Features::view(rows.data(), 1100, shape.features);
    trees.predict(x, out, context());
    EXPECT_EQ(out, test::slow_answers(grown, shape, rows, 0, grown.size()));
    for (std::size_t i = 0; i < 50; ++i) {
      std::vector<double> one(shape.outputs);
      trees.predict_row(rows.data() + i * shape.features, one.data());
      EXPECT_TRUE(
          std::equal(one.begin(), one.end(), out.begin() + static_cast<std::ptrdiff_t>(i * shape.outputs)));
    }
    if (shape.trees < 5) continue;
    trees.predict(x, out, context(), 2, 4);
    EXPECT_EQ(out, test::slow_answers(grown, shape, rows, 2, 4));
    const TreeEnsemble sliced(trees.parts().slice(2, 4));
    std::vector<double> of_slice(out.size());
    sliced.predict(x, of_slice, context());
    EXPECT_EQ(of_slice, out);
  }
}

TEST(TreeEnsemble, ComesBackFromAFile) {
  for (const RandomTrees& shape : shapes()) {
    TreeParts parts = test::random_parts(9, shape);
    if (shape.width == 1 && shape.outputs == 1 && shape.trees > 0) {
      parts.linear_start.assign(parts.leaves() + 1, 1);
      parts.linear_start[0] = 0;
      parts.linear_feature = {0};
      parts.linear_coefficient = {0.5};
      parts.linear_offset.assign(parts.leaves(), 0.25);
    }
    const TreeEnsemble trees(parts);
    ArchiveWriter writer;
    trees.save(writer);
    const ArchiveReader reader = ArchiveReader::from_bytes(writer.bytes(), "memory");
    const TreeEnsemble back = TreeEnsemble::load(reader);
    const TreeParts &a = trees.parts(), &b = back.parts();
    EXPECT_EQ(a.left, b.left);
    EXPECT_EQ(a.right, b.right);
    EXPECT_EQ(a.flags, b.flags);
    EXPECT_EQ(a.threshold, b.threshold);
    EXPECT_EQ(a.first_leaf, b.first_leaf);
    EXPECT_EQ(a.set_start, b.set_start);
    EXPECT_EQ(a.linear_start, b.linear_start);
    EXPECT_EQ(a.linear_offset, b.linear_offset);
    ArchiveWriter again;
    back.save(again);
    EXPECT_EQ(writer.bytes(), again.bytes());
  }
}

TEST(TreeEnsemble, RefusesHostileFiles) {
  const TreeEnsemble trees(test::random_parts(3, {.trees = 3, .leaves = 6, .categories = 2}));
  // One array at a time is exchanged for a lie; the rest is written as it should be.
  const auto file_with = [&](std::string_view key, std::vector<std::int32_t> lie) {
    const TreeParts& p = trees.parts();
    ArchiveWriter writer;
    const auto integers = [&](std::string_view name, std::vector<std::int32_t> truth) {
      writer.array(name, name == key ? lie : truth);
    };
    std::vector<std::uint8_t> flags = p.flags;
    for (std::size_t i = 0; i < p.nodes(); ++i) {
      flags[i] = static_cast<std::uint8_t>(flags[i] | (p.left[i] >= 0 ? 4 : 0) | (p.right[i] >= 0 ? 8 : 0));
    }
    if (key == "flags") flags.assign(lie.begin(), lie.end());
    writer.integer("features", key == "features" ? lie[0] : 8);
    writer.integer("outputs", 1);
    writer.integer("width", 1);
    writer.array("base", p.base);
    integers("tree_nodes", {5, 5, 5});
    integers("tree_output", {0, 0, 0});
    integers("feature", p.feature);
    writer.array("threshold", p.threshold);
    writer.array("flags", flags);
    writer.array("gain", p.gain);
    writer.array("cover", p.cover);
    writer.array("leaf_value", p.leaf_value);
    writer.array("leaf_cover", p.leaf_cover);
    integers("set_sizes", std::vector<std::int32_t>(p.set_start.size() - 1, 2));
    writer.array("set_words", std::vector<std::int64_t>(p.set_words.begin(), p.set_words.end()));
    return ArchiveReader::from_bytes(writer.bytes(), "memory");
  };
  EXPECT_NO_THROW(TreeEnsemble::load(file_with("none", {})));
  EXPECT_THROW(TreeEnsemble::load(file_with("features", {2})), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("features", {-1})), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("tree_nodes", {5, 5, 6})), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("tree_nodes", {5, 4, 6})), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("tree_nodes", {5, -5, 15})), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("tree_output", {0, 0, -1})), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("set_sizes", {1 << 30, 1 << 30, 1 << 30, 1 << 30})), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("flags", std::vector<std::int32_t>(15, 12))), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("flags", std::vector<std::int32_t>(15, 0))), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("flags", std::vector<std::int32_t>(15, 16))), FormatError);
  EXPECT_THROW(TreeEnsemble::load(file_with("feature", std::vector<std::int32_t>(15, 8))), FormatError);
}

TEST(TreeEnsemble, RefusesWrongRoom) {
  const TreeEnsemble trees(small_parts());
  const std::vector<double> rows(6);
  std::vector<double> out(2);
  try {
    trees.predict(Features::view(rows.data(), 2, 3), out, context());
    ADD_FAILURE();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("3 columns"));
  }
  EXPECT_THROW(trees.predict(Features::view(rows.data(), 3, 2), out, context()), ParameterError);
}

}  // namespace
}  // namespace everyml
