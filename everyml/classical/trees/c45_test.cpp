#include "everyml/classical/trees/c45.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "everyml/classical/trees/c45_impl.h"
#include "everyml/classical/trees/table_data_test_impl.h"

namespace everyml {
namespace {

using testing_trees::example;
using testing_trees::golden;

static_assert(PredictsProbabilities<C45Model> && !PredictsValues<C45Model>);

std::vector<double> probabilities_of(const C45Model& model, const Features& x) {
  std::vector<double> out(x.rows() * model.class_names().size());
  model.probabilities(x, out, Context{});
  return out;
}

// bench/peers/j48_goldens.py wrote the answers of Weka's J48; it prints probabilities to three digits.
TEST(C45, EqualsJ48OnWholeTables) {
  const auto json = golden("j48.json");
  for (const auto& one : json["cases"]) {
    SCOPED_TRACE(one["file"].get<std::string>());
    const Dataset data = example(one["file"], one["target"]);
    const C45Model model = C45{}.fit(data, Context{});
    EXPECT_EQ(model.leaf_count(), one["leaves"].get<std::size_t>());
    EXPECT_EQ(model.tree().nodes(), one["nodes"].get<std::size_t>());
    const auto got = probabilities_of(model, data.features);
    std::size_t differ = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      differ += std::abs(got[i] - one["probabilities"][i].get<double>()) > 0.00051;
    EXPECT_EQ(differ, 0U) << "of " << got.size();
  }
}

TEST(C45, IsAsRightAsJ48OnTheSameFolds) {
  const auto json = golden("j48.json");
  for (const auto& one : json["cases"]) {
    SCOPED_TRACE(one["file"].get<std::string>());
    const Dataset data = example(one["file"], one["target"]);
    const std::size_t classes = data.target.class_count();
    std::size_t right = 0, same = 0;
    for (const auto& test : one["folds"]) {
      const auto rows = test.get<std::vector<std::size_t>>();
      std::vector<std::size_t> train;
      for (std::size_t i = 0; i < data.rows(); ++i) {
        if (std::find(rows.begin(), rows.end(), i) == rows.end()) train.push_back(i);
      }
      const C45Model model = C45{}.fit(data.select_rows(train), Context{});
      const auto got = probabilities_of(model, data.features.select_rows(rows));
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const double* p = got.data() + i * classes;
        const auto best = std::max_element(p, p + classes) - p;
        right += best == data.target.codes()[rows[i]];
        same += best == one["given"][rows[i]].get<std::int64_t>();
      }
    }
    const auto rows = static_cast<double>(data.rows());
    EXPECT_NEAR(static_cast<double>(right) / rows, one["right"].get<double>() / rows, 0.01);
    EXPECT_GE(static_cast<double>(same) / rows, 0.985);
  }
}

/// Quinlan 1993, table 3.1, with case 6's outlook unknown as in section 3.2.
Dataset golf() {
  const double gap = std::nan("");
  enum { sunny, overcast, rain };
  const double rows[14][4] = {{sunny, 75, 70, 1},    {sunny, 80, 90, 1},    {sunny, 85, 85, 0},
                              {sunny, 72, 95, 0},    {sunny, 69, 70, 0},    {gap, 72, 90, 1},
                              {overcast, 83, 78, 0}, {overcast, 64, 65, 1}, {overcast, 81, 75, 0},
                              {rain, 71, 80, 1},     {rain, 65, 70, 1},     {rain, 75, 80, 0},
                              {rain, 68, 80, 0},     {rain, 70, 96, 0}};
  const int play[14] = {1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1};
  Buffer<double> values(56);
  Buffer<std::int32_t> codes(14);
  for (std::size_t i = 0; i < 14; ++i) {
    std::copy(rows[i], rows[i] + 4, values.data() + 4 * i);
    codes[i] = play[i];
  }
  return {.features = Features::dense(std::move(values), 14, 4),
          .target = Target::classes(std::move(codes), {"Don't Play", "Play"}),
          .info = {{.name = "outlook", .kind = FeatureInfo::Kind::category, .levels = 3},
                   {.name = "temperature"},
                   {.name = "humidity"},
                   {.name = "windy", .kind = FeatureInfo::Kind::category, .levels = 2}}};
}

TEST(C45, ThePublishedExampleOfUnknownValues) {
  // Section 3.2: the branch humidity > 75 below sunny holds 3.4 rows, .4 of them of the other class; a sunny
  // day of unknown humidity is 44 % Play and 56 % Don't Play.
  const C45 settings{.prune = false, .correct_thresholds = false};
  const C45Model model = settings.fit(golf(), Context{});
  const C45Tree& tree = model.tree();
  ASSERT_EQ(tree.feature[0], 0);
  const auto sunny = static_cast<std::size_t>(tree.children_of(0)[0]);
  ASSERT_EQ(tree.feature[sunny], 2);
  EXPECT_EQ(tree.threshold[sunny], 75);
  const auto damp = tree.counts_of(static_cast<std::size_t>(tree.children_of(sunny)[1]));
  EXPECT_NEAR(damp[0], 3, 1e-12);
  EXPECT_NEAR(damp[1], 5.0 / 13, 1e-12);
  const double day[4] = {0, 70, std::nan(""), 0};
  const auto p = probabilities_of(model, Features::view(day, 1, 4));
  EXPECT_NEAR(p[0], 0.56, 0.005);
  EXPECT_NEAR(p[1], 0.44, 0.005);
}

TEST(C45, TheErrorBoundIsThePublishedOne) {
  // Section 4.2: U25%(0, 6) = .206, U25%(0, 9) = .143, U25%(0, 1) = .750, U25%(1, 16) = .157.
  EXPECT_NEAR(c45::added_errors(6, 0, 0.25) / 6, 0.206, 5e-4);
  EXPECT_NEAR(c45::added_errors(9, 0, 0.25) / 9, 0.143, 5e-4);
  EXPECT_NEAR(c45::added_errors(1, 0, 0.25), 0.750, 5e-4);
  EXPECT_NEAR((1 + c45::added_errors(16, 1, 0.25)) / 16, 0.157, 2.5e-3);
}

TEST(C45, SettingsChangeTheTree) {
  const Dataset data = example("pima.csv", "diabetes");
  const auto leaves = [&](const C45& settings) { return settings.fit(data, Context{}).leaf_count(); };
  EXPECT_LT(leaves({.confidence = 0.05}), leaves({}));
  EXPECT_LT(leaves({}), leaves({.prune = false}));
  EXPECT_LT(leaves({.prune = false}), leaves({.prune = false, .correct_thresholds = false}));
  EXPECT_LT(leaves({.min_leaf = 20}), leaves({}));
  const C45Model smooth = C45{.laplace = true}.fit(data, Context{});
  for (const double p : probabilities_of(smooth, data.features)) EXPECT_GT(p, 0);
}

/// Shapley's formula over all sets of features, those not in a set being missing cells.
std::vector<double> slow_contributions(const C45Model& model, std::span<const double> row) {
  const std::size_t n = row.size(), classes = model.class_names().size(), sets = std::size_t{1} << n;
  std::vector<double> told(sets * classes);
  for (std::size_t set = 0; set < sets; ++set) {
    std::vector<double> part(row.begin(), row.end());
    for (std::size_t j = 0; j < n; ++j)
      if ((set >> j & 1) == 0) part[j] = std::nan("");
    model.probabilities(Features::view(part.data(), 1, n), std::span(told).subspan(set * classes, classes),
                        Context{});
  }
  std::vector<double> out(classes * (n + 1), 0.0);
  for (std::size_t c = 0; c < classes; ++c) out[(c + 1) * (n + 1) - 1] = told[c];
  for (std::size_t set = 0; set < sets; ++set) {
    const auto size = static_cast<double>(std::popcount(set));
    const double weight = std::tgamma(size + 1) * std::tgamma(static_cast<double>(n) - size) /
                          std::tgamma(static_cast<double>(n) + 1);
    for (std::size_t j = 0; j < n; ++j) {
      if ((set >> j & 1) != 0) continue;
      const std::size_t with = set | std::size_t{1} << j;
      for (std::size_t c = 0; c < classes; ++c)
        out[c * (n + 1) + j] += weight * (told[with * classes + c] - told[set * classes + c]);
    }
  }
  return out;
}

TEST(C45, ContributionsAreShapleyValuesOfMissingCells) {
  for (const bool grouped : {false, true}) {
    const Dataset data = example("titanic.csv", "survived");
    const C45Model model = C45{.laplace = true, .group_levels = grouped}.fit(data, Context{});
    const std::size_t n = data.columns(), classes = model.class_names().size();
    ASSERT_LE(n, 12U);
    const Features some = data.features.slice(0, 40);
    std::vector<double> got(40 * classes * (n + 1)), row(n);
    model.contributions(some, got, Context{});
    for (std::size_t i = 0; i < 40; ++i) {
      for (std::size_t j = 0; j < n; ++j) row[j] = some.at(i, j);
      const std::vector<double> expected = slow_contributions(model, row);
      for (std::size_t k = 0; k < expected.size(); ++k)
        EXPECT_NEAR(got[i * expected.size() + k], expected[k], 1e-12) << i << " " << k;
    }
  }
}

/// A category of `levels` levels of which those divisible by three are of one class, but for noise.
Dataset levels_in_thirds(std::size_t levels, std::size_t rows) {
  Stream stream(3, "c45 levels");
  Buffer<double> values(rows);
  Buffer<std::int32_t> codes(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    values[i] = static_cast<double>(i % levels);
    codes[i] = (i % levels % 3 == 0) != (stream.below(20) == 0) ? 1 : 0;
  }
  return {.features = Features::dense(std::move(values), rows, 1),
          .target = Target::classes(std::move(codes), {"no", "yes"}),
          .info = {{.name = "level", .kind = FeatureInfo::Kind::category, .levels = levels + 1}}};
}

TEST(C45, LevelsAlikeAreOneBranch) {
  for (const std::size_t levels : {9U, 90U}) {
    const Dataset data = levels_in_thirds(levels, 90 * 20);
    const C45Model model = C45{.group_levels = true}.fit(data, Context{});
    const C45Tree& tree = model.tree();
    ASSERT_EQ(tree.children_of(0).size(), 2U);
    const auto branches = tree.branches_of(0);
    for (std::size_t level = 0; level < levels; ++level)
      EXPECT_EQ(branches[level] == branches[0], level % 3 == 0) << level;
    EXPECT_EQ(branches[levels], -1) << "a level without rows goes down all branches";
    const auto p =
        probabilities_of(model, Features::view(std::array{static_cast<double>(levels)}.data(), 1, 1));
    EXPECT_NEAR(p[1], tree.counts_of(0)[1] / (90 * 20), 1e-12);
    EXPECT_EQ(C45{}.fit(data, Context{}).tree().children_of(0).size(), levels + 1);
  }
}

TEST(C45, GroupsAreTheGreedyOnes) {
  // Every pair of groups is tried, the best kept, by the definition and without its shortcuts.
  Stream stream(8, "c45 groups");
  for (int round = 0; round < 20; ++round) {
    const std::size_t levels = 3 + stream.below(6), classes = 2 + stream.below(2);
    std::vector<std::vector<double>> groups;
    std::vector<double> counts;
    for (std::size_t level = 0; level < levels; ++level) {
      groups.emplace_back();
      for (std::size_t c = 0; c < classes; ++c)
        groups.back().push_back(static_cast<double>(3 + stream.below(30)));
      counts.insert(counts.end(), groups.back().begin(), groups.back().end());
    }
    const double gaps = 5;
    const auto entropy = [](const std::vector<double>& parts) {
      double sum = 0, out = 0;
      for (const double p : parts) sum += p;
      for (const double p : parts) out -= p > 0 ? p / sum * std::log2(p / sum) : 0;
      return out;
    };
    const auto ratio = [&](const std::vector<std::vector<double>>& some) {
      std::vector<double> all(classes, 0.0), sizes;
      double known = 0, within = 0;
      for (const auto& one : some) {
        sizes.push_back(std::accumulate(one.begin(), one.end(), 0.0));
        known += sizes.back();
        within += sizes.back() * entropy(one);
        for (std::size_t c = 0; c < classes; ++c) all[c] += one[c];
      }
      sizes.push_back(gaps);
      return known / (known + gaps) * (entropy(all) - within / known) / entropy(sizes);
    };
    double best = ratio(groups);
    while (groups.size() > 2) {
      std::vector<std::vector<double>> next;
      double reached = -1;
      for (std::size_t a = 0; a < groups.size(); ++a) {
        for (std::size_t b = a + 1; b < groups.size(); ++b) {
          auto merged = groups;
          for (std::size_t c = 0; c < classes; ++c) merged[a][c] += merged[b][c];
          merged.erase(merged.begin() + static_cast<std::ptrdiff_t>(b));
          if (ratio(merged) > reached + 1e-12) {
            reached = ratio(merged);
            next = merged;
          }
        }
      }
      if (reached <= best) break;
      best = reached;
      groups = next;
    }
    const double whole = std::accumulate(counts.begin(), counts.end(), gaps);
    const c45::LevelGroups got = c45::group_levels(counts, classes, whole, 2, Context{});
    ASSERT_EQ(got.groups(), groups.size());
    for (std::size_t g = 0; g < groups.size(); ++g)
      for (std::size_t c = 0; c < classes; ++c) EXPECT_EQ(got.counts[g * classes + c], groups[g][c]);
  }
}

}  // namespace
}  // namespace everyml
