#include "everyml/classical/trees/drawing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "everyml/classical/trees/table_data_test_impl.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

using testing_trees::example;

TreeWords words_of(const Dataset& data, std::vector<std::vector<std::string>> levels, std::string target) {
  TreeWords words{.features = {}, .classes = {}, .target = std::move(target)};
  for (std::size_t f = 0; f < data.columns(); ++f)
    words.features.push_back({.name = data.feature_name(f), .levels = levels[f], .flag = false});
  words.classes.assign(data.target.names().begin(), data.target.names().end());
  return words;
}

const std::vector<std::vector<std::string>> kTitanicLevels{{"1st", "2nd", "3rd"}, {"female", "male"}, {}};

DrawnTree titanic(const Dataset& data, int depth) {
  const auto model =
      DecisionTreeClassifier{.growth = {.max_depth = depth, .min_leaf = 7}}.fit(data, Context{});
  return draw_tree(model, words_of(data, kTitanicLevels, "survived"));
}

TEST(Drawing, PrintsTheTreeInTheUsersWords) {
  const Dataset data = example("titanic.csv", "survived");
  // The shares are those of the table: 500 of 1309 lived, 127 of 466 women died.
  EXPECT_EQ(tree_text(titanic(data, 1)),
            "all: no, 62 % (1309 rows)\n"
            "├─ sex is male: no, 81 % (843 rows)\n"
            "└─ sex is female: yes, 73 % (466 rows)\n");
  const std::string deep = tree_text(titanic(data, 2));
  EXPECT_NE(deep.find("   ├─ passengerClass is 3rd: no, 51 % (216 rows)"), std::string::npos) << deep;
  const std::string cut = tree_text(titanic(data, 12), 8);
  EXPECT_NE(cut.find("more branches with fewer rows"), std::string::npos);
  EXPECT_LE(std::count(cut.begin(), cut.end(), '\n'), 9);
}

TEST(Drawing, RulesCoverEachRowOnceWithItsAnswer) {
  const Dataset data = example("titanic.csv", "survived");
  const DrawnTree tree = titanic(data, 6);
  const auto rules = tree_rules(tree);
  EXPECT_EQ(rules.size(), tree.leaves());
  std::vector<double> rows(tree.nodes.size());
  for (std::size_t i = 0; i < data.rows(); ++i) {
    const double row[]{data.features.at(i, 0), data.features.at(i, 1), data.features.at(i, 2)};
    const auto way = tree_way(tree, row);
    rows[way.back()] += 1;
    EXPECT_EQ(explain_way(tree, row).size(), way.size());
  }
  double sum = 0;
  for (const TreeRule& rule : rules) {
    EXPECT_EQ(rows[rule.leaf], tree.nodes[rule.leaf].rows) << rule.sentence;
    EXPECT_EQ(rule.sentence.rfind("if ", 0), 0U);
    EXPECT_LE(rule.conditions.size(), 3U) << "questions on one feature are joined: " << rule.sentence;
    sum += rows[rule.leaf];
  }
  EXPECT_EQ(sum, 1309);
}

TEST(Drawing, TheWayOfARowIsTold) {
  const Dataset data = example("titanic.csv", "survived");
  const double row[]{2, 0, std::nan("")};
  const auto lines = explain_way(titanic(data, 1), row);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "all: no, 62 % (1309 rows)");
  EXPECT_EQ(lines[1], "sex is female (here female): yes, 73 % (466 rows)");
}

TEST(Drawing, TreesWithManyBranchesAndSingleTreesOfEnsembles) {
  const Dataset data = example("penguins.csv", "species");
  const C45Model c45 = C45{}.fit(data, Context{});
  TreeWords words = words_of(data, std::vector<std::vector<std::string>>(data.columns()), "species");
  words.features[0].levels = {"Biscoe", "Dream", "Torgersen"};
  const DrawnTree many = draw_tree(c45, words);
  EXPECT_EQ(many.leaves(), c45.leaf_count());
  EXPECT_NE(tree_text(many).find("island is Dream"), std::string::npos) << tree_text(many);

  const auto cart = DecisionTreeClassifier{.growth = {.max_leaves = 5}}.fit(data, Context{});
  EXPECT_EQ(draw_tree(cart.ensemble(), 0, words).leaves(), 5U);

  const double unknown[]{std::nan(""), std::nan(""), std::nan(""), std::nan(""), std::nan(""), std::nan("")};
  EXPECT_TRUE(many.nodes[tree_way(many, unknown).back()].children.empty());
}

TEST(Drawing, SvgIsWholeEscapedAndCut) {
  const Dataset data = example("titanic.csv", "survived");
  DrawnTree tree = titanic(data, 12);
  tree.words.target = "<script>&\"";
  for (DrawnTree::Node& node : tree.nodes) {
    if (node.parent >= 0) node.branch = "a<b & 'c'\x1b";
  }
  const std::string svg = tree_svg(tree, 10);
  EXPECT_EQ(svg.rfind("<svg ", 0), 0U);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(svg.find('\x1b'), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_NE(svg.find("a&lt;b &amp; &#39;c&#39;"), std::string::npos);
  const auto count = [&](std::string_view part) {
    std::size_t n = 0;
    for (auto at = svg.find(part); at != std::string::npos; at = svg.find(part, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<g>"), count("</g>") - 1) << "one group has attributes";
  EXPECT_EQ(count("rx=\"9\""), 19U) << "10 leaves and 9 questions";
  EXPECT_NE(svg.find("<desc>"), std::string::npos);
}

TEST(Drawing, NumbersAreShortButExactEnough) {
  EXPECT_EQ(short_number(9.5), "9.5");
  EXPECT_EQ(short_number(0.916700006), "0.9167");
  EXPECT_EQ(short_number(1089.5), "1089.5");
  EXPECT_EQ(short_number(0), "0");
  for (const double value : {1234567.5, -0.000123456789, 1e300, 127.50001}) {
    const auto read = parse_number(short_number(value));
    ASSERT_TRUE(read);
    EXPECT_NEAR(*read / value, 1, 5e-6);
  }
}

TEST(Drawing, AStumpOfNumbersAndALoneLeaf) {
  const Dataset data = example("mtcars.csv", "mpg");
  TreeWords words = words_of(data, std::vector<std::vector<std::string>>(data.columns()), "mpg");
  const auto lone = DecisionTreeRegressor{.growth = {.max_depth = 0}}.fit(data, Context{});
  EXPECT_EQ(tree_text(draw_tree(lone, words)), "all: 20.09 (32 rows)\n");  // the mean of mpg
  EXPECT_EQ(tree_rules(draw_tree(lone, words)).at(0).sentence, "always: mpg is 20.09 (32 rows)");
  const auto stump = DecisionTreeRegressor{.growth = {.max_depth = 1}}.fit(data, Context{});
  EXPECT_EQ(tree_svg(draw_tree(stump, words)).find("inf"), std::string::npos);
}

}  // namespace
}  // namespace everyml
