#include "everyml/classical/trees/grower.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "everyml/classical/trees/grown_test_impl.h"
#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

struct Sample {
  std::size_t rows, columns;
  std::vector<double> cells;
  std::vector<FeatureInfo> info;
  std::vector<float> gradient, hessian;
  std::vector<std::uint32_t> all;

  double at(std::size_t row, std::size_t column) const { return cells[row * columns + column]; }
  Features features() const {
    Buffer<double> values(cells.size());
    std::copy(cells.begin(), cells.end(), values.begin());
    return Features::dense(std::move(values), rows, columns);
  }
  BinnedFeatures binned(int max_bins = 255) const {
    return BinnedFeatures::make(features(), info, {}, {.max_bins = max_bins}, Context());
  }
  GrowerInput input() const { return {.rows = all, .gradient = gradient, .hessian = hessian, .key = 7}; }
};

/// Numbers on a grid with some missing; gradients are multiples of 1/64, so sums of them are exact.
Sample make_sample(std::size_t rows, std::size_t columns, double missing, std::uint64_t seed) {
  Stream stream(seed, "sample");
  Sample sample{rows, columns, {}, {}, {}, {}, {}};
  for (std::size_t i = 0; i < rows; ++i) {
    double signal = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      double value = std::round(stream.normal() * 8);
      if (c < 2) signal += value > 3 ? 1.0 : 0.0;
      if (stream.uniform() < missing) value = kNan;
      sample.cells.push_back(value);
    }
    sample.gradient.push_back(
        static_cast<float>(std::round(64 * (signal - 0.5 + 0.5 * stream.normal())) / 64));
    sample.all.push_back(static_cast<std::uint32_t>(i));
  }
  return sample;
}

/// The definition, in doubles, question by question over the values themselves.
struct BruteSplit {
  double gain = -1;
  std::size_t column = 0;
  double threshold = 0;
  bool missing_left = false;
};
BruteSplit brute_split(const Sample& sample, const BinnedFeatures& binned,
                       const std::vector<std::uint32_t>& rows, double min_rows, double l2) {
  BruteSplit best;
  double all_g = 0, all_h = 0;
  for (const std::uint32_t row : rows) {
    all_g += sample.gradient[row];
    all_h += 1;
  }
  for (std::size_t c = 0; c < sample.columns; ++c) {
    bool some_missing = false;
    for (const std::uint32_t row : rows) some_missing |= std::isnan(sample.at(row, c));
    std::vector<double> thresholds = binned.bins(c).threshold;
    if (some_missing) thresholds.push_back(std::numeric_limits<double>::max());
    for (const bool missing_left : {false, true}) {
      if (missing_left && !some_missing) continue;
      for (const double threshold : thresholds) {
        double g = 0, h = 0;
        for (const std::uint32_t row : rows) {
          const double value = sample.at(row, c);
          if (std::isnan(value) ? !missing_left : value > threshold) continue;
          g += sample.gradient[row];
          h += 1;
        }
        if (h < min_rows || all_h - h < min_rows) continue;
        const double gain = 0.5 * (g * g / (h + l2) + (all_g - g) * (all_g - g) / (all_h - h + l2) -
                                   all_g * all_g / (all_h + l2));
        if (gain > best.gain * (1 + 1e-12) + 1e-12) best = {gain, c, threshold, missing_left};
      }
    }
  }
  return best;
}

/// Sum over leaves of what they take off the loss, by growing the best leaf next.
std::vector<double> brute_leaf_answers(const Sample& sample, const BinnedFeatures& binned, std::size_t leaves,
                                       double min_rows, double l2) {
  std::vector<std::vector<std::uint32_t>> open{sample.all};
  while (open.size() < leaves) {
    BruteSplit best;
    std::size_t which = 0;
    for (std::size_t k = 0; k < open.size(); ++k) {
      const BruteSplit split = brute_split(sample, binned, open[k], min_rows, l2);
      if (split.gain > best.gain * (1 + 1e-12)) {
        best = split;
        which = k;
      }
    }
    if (best.gain <= 1e-9) break;
    std::vector<std::uint32_t> left, right;
    for (const std::uint32_t row : open[which]) {
      const double value = sample.at(row, best.column);
      (std::isnan(value) ? best.missing_left : value <= best.threshold) ? left.push_back(row)
                                                                        : right.push_back(row);
    }
    open[which] = left;
    open.push_back(right);
  }
  std::vector<double> answer(sample.rows);
  for (const auto& leaf : open) {
    double g = 0;
    for (const std::uint32_t row : leaf) g += sample.gradient[row];
    for (const std::uint32_t row : leaf) answer[row] = -g / (static_cast<double>(leaf.size()) + l2);
  }
  return answer;
}

std::vector<double> answers_of(const GrownRows& grown, std::size_t rows) {
  std::vector<double> out(rows);
  for (std::size_t row = 0; row < rows; ++row)
    out[row] = grown.tree.values[grown.leaves[grown.leaf_of[row]].node];
  return out;
}

/// The tree itself, asked with values.
double walk(const GrownTree& tree, const Sample& sample, std::size_t row) {
  std::size_t at = 0;
  while (tree.nodes[at].feature >= 0) {
    const auto& node = tree.nodes[at];
    const double value = sample.at(row, static_cast<std::size_t>(node.feature));
    bool left = false;
    if (node.categories >= 0) {
      const auto& set = tree.sets[static_cast<std::size_t>(node.categories)];
      const auto code = static_cast<std::size_t>(value);
      left = !std::isnan(value) && code / 64 < set.size() && ((set[code / 64] >> (code % 64)) & 1) != 0;
    } else {
      left = std::isnan(value) ? node.missing_left : value <= node.threshold;
    }
    at = static_cast<std::size_t>(left ? node.left : node.right);
  }
  return tree.values[at];
}

TEST(Grower, GrowsTheTreeOfTheDefinition) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    const Sample sample = make_sample(300, 3, seed % 2 == 0 ? 0.2 : 0.0, seed);
    const BinnedFeatures binned = sample.binned();
    for (const std::size_t leaves : {2, 3, 8}) {
      Grower grower(binned, {.max_leaves = leaves, .min_rows = 10, .min_hessian = 0, .l2 = 0.5}, Context());
      const GrownRows grown = grower.grow(sample.input(), Context());
      const auto wanted = brute_leaf_answers(sample, binned, leaves, 10, 0.5);
      const auto got = answers_of(grown, sample.rows);
      for (std::size_t row = 0; row < sample.rows; ++row)
        ASSERT_NEAR(got[row], wanted[row], 1e-12)
            << "seed " << seed << " leaves " << leaves << " row " << row;
    }
  }
}

TEST(Grower, TheTreeAsksWhatTheRowsWereSentBy) {
  for (const TreeGrowth growth : {TreeGrowth::leaf, TreeGrowth::depth, TreeGrowth::symmetric}) {
    Sample sample = make_sample(4000, 4, 0.1, 11);
    sample.info.resize(4);
    sample.info[3].kind = FeatureInfo::Kind::category;
    Stream stream(12, "categories");
    for (std::size_t row = 0; row < sample.rows; ++row) {
      const auto code = static_cast<double>(stream.below(30));
      sample.cells[row * 4 + 3] = code;
      sample.gradient[row] += std::fmod(code, 3) == 0 ? 1.0f : -0.5f;
    }
    const BinnedFeatures binned = sample.binned();
    Grower grower(binned, {.growth = growth, .max_leaves = 32, .max_depth = 6}, Context());
    const GrownRows grown = grower.grow(sample.input(), Context());
    EXPECT_GT(grown.leaves.size(), 20u);
    std::vector<std::uint32_t> nodes(sample.rows);
    leaf_nodes(grown, binned, {}, nodes, Context());
    const auto got = answers_of(grown, sample.rows);
    bool categories = false;
    for (const auto& node : grown.tree.nodes) categories |= node.categories >= 0;
    EXPECT_TRUE(categories);
    for (std::size_t row = 0; row < sample.rows; ++row) {
      ASSERT_EQ(got[row], walk(grown.tree, sample, row));
      ASSERT_EQ(nodes[row], grown.leaves[grown.leaf_of[row]].node);
    }
    // Rows stand leaf by leaf, ascending.
    for (const auto& leaf : grown.leaves)
      for (std::size_t i = leaf.begin; i < leaf.end; ++i) {
        ASSERT_EQ(grown.leaves[grown.leaf_of[grown.rows[i]]].node, leaf.node);
        if (i > leaf.begin) {
          ASSERT_LT(grown.rows[i - 1], grown.rows[i]);
        }
      }
  }
}

TEST(Grower, ThreadsDoNotMatter) {
  Sample sample = make_sample(150000, 5, 0.05, 21);
  Stream stream(22, "hessians");
  for (std::size_t i = 0; i < sample.rows; ++i)
    sample.hessian.push_back(static_cast<float>(stream.uniform()));
  const BinnedFeatures binned = sample.binned();
  for (const TreeGrowth growth : {TreeGrowth::leaf, TreeGrowth::symmetric}) {
    const GrowerSettings settings{.growth = growth, .max_leaves = 64, .max_depth = 6};
    Grower one(binned, settings, Context({.threads = 1}));
    const GrownRows a = one.grow(sample.input(), Context({.threads = 1}));
    for (const int threads : {2, 7}) {
      const Context context({.threads = threads});
      Grower many(binned, settings, context);
      const GrownRows b = many.grow(sample.input(), context);
      expect_same_growth(a, b);
    }
  }
}

TEST(Grower, LeavesSplitBesideEachOtherAreThoseSplitInTurn) {
  Sample sample = make_sample(60000, 6, 0.05, 23);
  Stream stream(24, "hessians");
  for (std::size_t i = 0; i < sample.rows; ++i)
    sample.hessian.push_back(static_cast<float>(stream.uniform(0.001, 0.25)));
  const BinnedFeatures binned = sample.binned();
  const auto settings = [](TreeGrowth growth, auto&& change) {
    GrowerSettings out{.growth = growth, .max_leaves = 200, .min_rows = 8, .unweighted = true};
    change(out);
    return out;
  };
  const auto as_is = [](GrowerSettings&) {};
  const std::vector<GrowerSettings> all{
      settings(TreeGrowth::leaf, as_is),
      settings(TreeGrowth::depth, as_is),
      settings(TreeGrowth::depth, [](GrowerSettings& s) { s.max_depth = 5; }),
      settings(TreeGrowth::symmetric, [](GrowerSettings& s) { s.max_depth = 7; }),
      settings(TreeGrowth::leaf, [](GrowerSettings& s) { s.max_leaves = 3; }),
      settings(TreeGrowth::leaf, [](GrowerSettings& s) { s.monotone = {1, -1, 0, 0, 0, 0}; }),
      settings(TreeGrowth::leaf, [](GrowerSettings& s) { s.interactions = {{0, 1, 2}, {2, 3, 4, 5}}; }),
      settings(TreeGrowth::leaf, [](GrowerSettings& s) { s.columns_node = 0.5; }),
      // Some histograms, but not one for each leaf that is split ahead of its turn.
      settings(TreeGrowth::leaf, [](GrowerSettings& s) { s.histogram_bytes = 12 * 6 * 264 * 8; }),
      settings(TreeGrowth::leaf, [](GrowerSettings& s) { s.histogram_bytes = 20 * 6 * 264 * 8; }),
  };
  for (std::size_t which = 0; which < all.size(); ++which) {
    SCOPED_TRACE(which);
    const Context one({.threads = 1});
    Grower turn(binned, all[which], one);
    const GrownRows a = turn.grow(sample.input(), one);
    for (const int threads : {2, 7}) {
      const Context context({.threads = threads});
      Grower beside(binned, all[which], context);
      for (int again = 0; again < 2; ++again) {
        const GrownRows b = beside.grow(sample.input(), context);
        expect_same_growth(a, b);
        EXPECT_TRUE(std::equal(a.leaf_of.begin(), a.leaf_of.end(), b.leaf_of.begin()));
      }
    }
  }
}

TEST(Grower, NoLeafHoldsFewerRowsThanAsked) {
  for (const double least : {2.0, 20.0, 100.0}) {
    Sample sample = make_sample(5000, 4, 0.1, 31);
    Stream stream(32, "hessians");
    // Hessians that say little of the number of rows.
    for (std::size_t i = 0; i < sample.rows; ++i)
      sample.hessian.push_back(static_cast<float>(std::exp(3 * stream.normal())));
    std::vector<double> weights;
    for (std::size_t i = 0; i < sample.rows; ++i) weights.push_back(stream.uniform(0.1, 2.0));
    for (const bool weighted : {false, true}) {
      Grower grower(sample.binned(), {.max_leaves = 200, .min_rows = least, .min_hessian = 0}, Context());
      GrowerInput input = sample.input();
      if (weighted) input.weights = weights;
      const GrownRows grown = grower.grow(input, Context());
      EXPECT_GT(grown.leaves.size(), 5u);
      for (const auto& leaf : grown.leaves) {
        double count = 0;
        for (std::size_t i = leaf.begin; i < leaf.end; ++i) count += weighted ? weights[grown.rows[i]] : 1.0;
        EXPECT_GE(count, least * (1 - 1e-12));
      }
    }
  }
}

TEST(Grower, SymmetricTreesAskOneQuestionALevel) {
  const Sample sample = make_sample(3000, 4, 0.1, 41);
  Grower grower(sample.binned(), {.growth = TreeGrowth::symmetric, .max_leaves = 16, .max_depth = 4},
                Context());
  const GrownRows grown = grower.grow(sample.input(), Context());
  EXPECT_EQ(grown.leaves.size(), 16u);
  std::vector<std::pair<std::size_t, std::size_t>> open{{0, 0}};
  std::map<std::size_t, std::pair<std::int32_t, double>> question;
  while (!open.empty()) {
    const auto [at, depth] = open.back();
    open.pop_back();
    const auto& node = grown.tree.nodes[at];
    if (node.feature < 0) {
      EXPECT_EQ(depth, 4u);
      continue;
    }
    const auto [place, first] = question.emplace(depth, std::pair(node.feature, node.threshold));
    if (!first) {
      EXPECT_EQ(place->second, std::pair(node.feature, node.threshold));
    }
    open.push_back({static_cast<std::size_t>(node.left), depth + 1});
    open.push_back({static_cast<std::size_t>(node.right), depth + 1});
  }
}

TEST(Grower, PathsKeepToTheirSets) {
  const Sample sample = make_sample(3000, 4, 0, 51);
  Grower grower(sample.binned(), {.max_leaves = 40, .interactions = {{0, 2}, {1, 3}}}, Context());
  const GrownRows grown = grower.grow(sample.input(), Context());
  EXPECT_GT(grown.leaves.size(), 10u);
  std::vector<std::pair<std::size_t, unsigned>> open{{0, 0}};
  while (!open.empty()) {
    const auto [at, used] = open.back();
    open.pop_back();
    const auto& node = grown.tree.nodes[at];
    if (node.feature < 0) {
      EXPECT_TRUE((used & 0b1010u) == 0 || (used & 0b0101u) == 0);
      continue;
    }
    const unsigned now = used | (1u << node.feature);
    open.push_back({static_cast<std::size_t>(node.left), now});
    open.push_back({static_cast<std::size_t>(node.right), now});
  }
}

TEST(Grower, FewHistogramsGiveTheSameTree) {
  const Sample sample = make_sample(1500, 3, 0.1, 61);
  const BinnedFeatures binned = sample.binned();
  Grower all(binned, {.max_leaves = 150, .min_rows = 2}, Context());
  Grower few(binned, {.max_leaves = 150, .min_rows = 2, .histogram_bytes = 1}, Context());
  const GrownRows a = all.grow(sample.input(), Context()), b = few.grow(sample.input(), Context());
  EXPECT_GT(a.leaves.size(), 100u);
  EXPECT_EQ(a.tree.values, b.tree.values);
  EXPECT_EQ(answers_of(a, sample.rows), answers_of(b, sample.rows));
}

/// Rows of flags, one of each field, and some columns of few values that are zero or missing here and there.
struct Fields {
  std::size_t rows, columns;
  Features x;
  std::vector<float> gradient, hessian;
  std::vector<std::uint32_t> all;
};

Fields make_fields(std::size_t rows, std::size_t fields, std::size_t levels) {
  const std::size_t columns = fields * levels + 4;
  Stream stream(71, "fields");
  Buffer<std::uint64_t> starts(rows + 1);
  std::vector<std::uint32_t> where;
  std::vector<float> values;
  Fields out{rows, columns, {}, {}, {}, {}};
  for (std::size_t row = 0; row < rows; ++row) {
    double signal = 0;
    for (std::size_t f = 0; f < fields; ++f) {
      const double u = stream.uniform();
      const auto level = static_cast<std::size_t>(u * u * u * static_cast<double>(levels));
      where.push_back(static_cast<std::uint32_t>(f * levels + level));
      values.push_back(1);
      signal += std::sin(static_cast<double>(3 * level + f));
    }
    for (std::size_t k = 0; k < 4; ++k) {
      if (!(stream.uniform() < 0.1)) continue;
      where.push_back(static_cast<std::uint32_t>(fields * levels + k));
      values.push_back(k == 0 && stream.uniform() < 0.5 ? static_cast<float>(kNan)
                                                        : static_cast<float>(stream.below(4)) - 2);
      signal += k == 1 ? static_cast<double>(values.back()) : 0;
    }
    starts[row + 1] = where.size();
    out.gradient.push_back(static_cast<float>(std::round(64 * (signal + stream.normal())) / 64));
    out.hessian.push_back(static_cast<float>(stream.uniform(0.1, 1.0)));
    out.all.push_back(static_cast<std::uint32_t>(row));
  }
  Buffer<std::uint32_t> k(where.size());
  Buffer<float> v(values.size());
  std::copy(where.begin(), where.end(), k.begin());
  std::copy(values.begin(), values.end(), v.begin());
  out.x = Features::sparse(rows, columns, std::move(starts), std::move(k), std::move(v));
  return out;
}

TEST(Grower, BundledColumnsGiveTheTreeOfEachColumn) {
  const Fields fields = make_fields(6000, 6, 60);
  const auto each = BinnedFeatures::make(fields.x, {}, {}, {}, Context());
  const auto bundled = BinnedFeatures::make(fields.x, {}, {}, {.bundle = true}, Context());
  ASSERT_LT(bundled.arrays(), 12u);
  std::vector<std::int8_t> rising(fields.columns, 0);
  rising[1] = 1;
  rising[fields.columns - 3] = -1;
  std::vector<GrowerSettings> kinds{
      {.max_leaves = 60},
      {.max_leaves = 60, .min_rows = 3, .unweighted = true},
      {.growth = TreeGrowth::depth, .max_leaves = 40, .max_depth = 6, .min_rows = 40, .unweighted = true},
      {.growth = TreeGrowth::symmetric, .max_leaves = 32, .max_depth = 5},
      {.max_leaves = 40, .l1 = 0.5, .l2 = 1, .max_delta = 0.7, .unweighted = true},
      {.max_leaves = 30, .columns_level = 0.6, .columns_node = 0.5},
      {.max_leaves = 30, .min_rows = 5, .monotone = rising, .unweighted = true},
      {.max_leaves = 30, .interactions = {{0, 1, 2, 70, 71}, {3, 4, 5, 130, 131, 364, 365}}},
      {.max_leaves = 60, .min_rows = 2, .histogram_bytes = 1},
  };
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    for (const bool hessian : {false, true}) {
      GrowerInput input{.rows = fields.all, .gradient = fields.gradient, .key = 7};
      if (hessian) input.hessian = fields.hessian;
      GrowerSettings plain = kinds[k];
      plain.unweighted = false;  // columns that cannot be split are found one by one
      Grower a(each, plain, Context());
      const GrownRows wanted = a.grow(input, Context());
      EXPECT_GT(wanted.leaves.size(), 5u) << k;
      for (const int threads : {1, 2, 7}) {
        const Context context({.threads = threads});
        Grower b(bundled, kinds[k], context);
        const GrownRows got = b.grow(input, context);
        SCOPED_TRACE(k);
        expect_same_growth(wanted, got);
        std::vector<std::uint32_t> nodes(fields.rows), others(fields.rows);
        leaf_nodes(wanted, each, {}, nodes, context);
        leaf_nodes(got, bundled, {}, others, context);
        EXPECT_EQ(nodes, others);
      }
    }
  }
}

TEST(Grower, ColumnsThatCannotBeSplitMayBeLeftOutAtOnce) {
  Sample sample = make_sample(3000, 4, 0.1, 81);
  Stream stream(82, "rare");
  // A column that is other than 0 on fewer rows than a leaf needs, and one on a few more.
  for (std::size_t row = 0; row < sample.rows; ++row) {
    sample.cells[row * 4 + 2] = row % 160 == 0 ? 1 : 0;
    sample.cells[row * 4 + 3] = row % 100 == 0 ? 1 : 0;
    if (row % 100 == 0) sample.gradient[row] += 3;
    if (row % 160 == 0) sample.gradient[row] -= 9;
  }
  const BinnedFeatures binned = sample.binned();
  const CodeTiles tiles(binned, 20, Context());
  EXPECT_FALSE(tiles.has_cells(2));
  EXPECT_TRUE(tiles.has_cells(3));
  Grower all(binned, {.max_leaves = 50, .min_rows = 20}, Context());
  Grower few(binned, {.max_leaves = 50, .min_rows = 20, .unweighted = true}, Context());
  const GrownRows a = all.grow(sample.input(), Context()), b = few.grow(sample.input(), Context());
  EXPECT_GT(a.leaves.size(), 30u);
  EXPECT_EQ(a.tree.values, b.tree.values);
  EXPECT_EQ(answers_of(a, sample.rows), answers_of(b, sample.rows));
}

}  // namespace
}  // namespace everyml
