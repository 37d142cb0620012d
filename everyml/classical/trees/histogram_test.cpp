#include "everyml/classical/trees/histogram.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "everyml/classical/trees/split_search.h"
#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

/// Columns of few, some, many and very many codes.
BinnedFeatures mixed_codes(std::size_t rows, std::size_t columns) {
  Stream stream(1, "codes");
  Buffer<double> cells(rows * columns);
  const double levels[] = {3, 14, 40, 200, 900};
  for (std::size_t i = 0; i < cells.size(); ++i)
    cells[i] = std::floor(stream.uniform() * levels[(i % columns) % 5]);
  return BinnedFeatures::make(Features::dense(std::move(cells), rows, columns), {}, {}, {.max_bins = 2000},
                              Context());
}

TEST(Histogram, HoldsTheSumOfEachCode) {
  const std::size_t rows = 20000;
  for (const std::size_t columns : {1, 5, 33, 64}) {
    const BinnedFeatures binned = mixed_codes(rows, columns);
    const CodeTiles tiles(binned, 0, Context());
    Stream stream(2, "words");
    std::vector<std::uint32_t> some;
    for (std::uint32_t row = 0; row < rows; ++row)
      if (stream.uniform() < 0.3) some.push_back(row);
    std::vector<std::uint64_t> words(rows);
    for (auto& word : words)
      word = pack_word(static_cast<std::int64_t>(stream.below(2001)) - 1000, stream.below(1000));
    for (const bool all : {true, false}) {
      const std::size_t count = all ? rows : some.size();
      std::vector<std::uint64_t> wanted(tiles.cells(), 0);
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t c = 0; c < columns; ++c)
          wanted[tiles.cell_of(c) + binned.code(all ? i : some[i], c)] += words[i];
      for (const int threads : {1, 2, 7}) {
        const Context context({.threads = threads});
        HistogramBuilder builder(tiles);
        std::vector<std::uint64_t> cells(tiles.cells(), 99);
        builder.build(some.data(), count, all, std::span(words).first(count), {}, cells, context);
        EXPECT_EQ(cells, wanted) << columns << " " << all << " " << threads;
      }
    }
  }
}

TEST(Histogram, WordsKeepTheirHalvesApart) {
  const std::uint64_t sum = pack_word(-5, 7) + pack_word(-1, 4000000000u) + pack_word(3, 0);
  EXPECT_EQ(word_gradient(sum), -3);
  EXPECT_EQ(word_hessian(sum), 4000000007u);
}

TEST(Histogram, RoundingIsFineForFewRowsAndWithoutBiasForMany) {
  for (const std::size_t n : {std::size_t{1000}, std::size_t{200000}}) {
    Stream stream(3, "gradients");
    std::vector<float> gradient(n), hessian(n);
    double g_sum = 0, h_sum = 0, g_size = 0;
    for (std::size_t i = 0; i < n; ++i) {
      gradient[i] = static_cast<float>(stream.normal());
      hessian[i] = static_cast<float>(stream.uniform());
      g_sum += gradient[i];
      g_size += std::abs(gradient[i]);
      h_sum += hessian[i];
    }
    std::vector<std::uint64_t> words(n);
    const WordUnits units = make_words(gradient, hessian, {}, {}, 5, words, Context());
    const std::uint64_t sum = std::accumulate(words.begin(), words.end(), std::uint64_t{0});
    // Few rows are rounded to nearest, each off by at most half a unit. Of many each is off by less than one,
    // at random: the sum by some square roots of their number.
    const auto rows = static_cast<double>(n);
    const double noise = n <= 65536 ? 0.5 * rows : 4 * std::sqrt(rows);
    EXPECT_NEAR(static_cast<double>(word_gradient(sum)) * units.gradient, g_sum, noise * units.gradient);
    EXPECT_NEAR(static_cast<double>(word_hessian(sum)) * units.hessian, h_sum, noise * units.hessian);
    EXPECT_LT(g_size / units.gradient, 2147483648.0);
    EXPECT_LT(units.gradient, 2.1 * g_size / 2147483648.0);
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_LE(std::abs(static_cast<double>(word_gradient(words[i])) * units.gradient - gradient[i]),
                units.gradient);
      ASSERT_GE(static_cast<double>(word_hessian(words[i])), units.least_hessian);
      ASSERT_LE(static_cast<double>(word_hessian(words[i])), units.most_hessian);
    }
  }
}

TEST(Histogram, WordsOfVectorsAreThoseOfThePlainLoop) {
  constexpr std::size_t kRows = 140007;
  Stream stream(31, "words");
  std::vector<float> gradient, hessian;
  std::vector<std::uint32_t> some;
  for (std::size_t i = 0; i < kRows; ++i) {
    gradient.push_back(static_cast<float>(stream.normal() * (i % 100 == 0 ? 1000 : 1)));
    hessian.push_back(i % 7 == 0 ? 0 : static_cast<float>(stream.uniform() * stream.uniform()));
    if (i % 2 == 0 || i % 3 == 0) some.push_back(static_cast<std::uint32_t>(i));
  }
  const std::vector<double> ones(kRows, 1.0);  // weights keep to the plain loop
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
    hwy::GetChosenTarget().Update(left & -left);
    for (const bool listed : {false, true})
      for (const bool second : {false, true}) {
        const std::span<const std::uint32_t> rows = listed ? some : std::span<const std::uint32_t>{};
        const std::span<const float> h = second ? hessian : std::span<const float>{};
        const std::size_t n = listed ? some.size() : kRows;
        std::vector<std::uint64_t> a(n), b(n);
        const WordUnits fast = make_words(gradient, h, {}, rows, 11, a, Context());
        const WordUnits plain = make_words(gradient, h, ones, rows, 11, b, Context());
        EXPECT_EQ(a, b) << listed << second;
        EXPECT_EQ(fast.gradient, plain.gradient);
        EXPECT_EQ(fast.hessian, plain.hessian);
        EXPECT_EQ(fast.least_hessian, plain.least_hessian);
        EXPECT_EQ(fast.most_hessian, plain.most_hessian);
      }
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(Histogram, FewBitsLeaveFewValuesAndNoBias) {
  const std::size_t n = 40000;
  Stream stream(8, "gradients");
  std::vector<float> gradient(n);
  double sum = 0, largest = 0;
  for (float& g : gradient) {
    g = static_cast<float>(stream.normal());
    sum += g;
    largest = std::max(largest, std::abs(static_cast<double>(g)));
  }
  for (const int bits : {2, 5, 8}) {
    std::vector<std::uint64_t> words(n);
    const WordUnits units = make_words(gradient, {}, {}, {}, 6, words, Context(), bits);
    const double step = std::ldexp(largest, 1 - bits);
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double value = static_cast<double>(word_gradient(words[i])) * units.gradient;
      total += value;
      ASSERT_NEAR(value / step, std::round(value / step), 1e-3) << bits;
      ASSERT_LE(std::abs(value - gradient[i]), step * 1.001) << bits;
    }
    // Each row is off by less than a step, at random: four times the square root of their number is rare.
    EXPECT_NEAR(total, sum, 4 * step * 0.5 * std::sqrt(static_cast<double>(n))) << bits;
  }
}

TEST(Histogram, AWholeWeightIsAsManyCopies) {
  Stream stream(4, "gradients");
  std::vector<float> gradient, hessian, g_copies, h_copies;
  std::vector<double> weights;
  for (int i = 0; i < 500; ++i) {
    gradient.push_back(static_cast<float>(stream.normal()));
    hessian.push_back(static_cast<float>(stream.uniform()));
    weights.push_back(1.0 + static_cast<double>(stream.below(4)));
    for (int k = 0; k < static_cast<int>(weights.back()); ++k) {
      g_copies.push_back(gradient.back());
      h_copies.push_back(hessian.back());
    }
  }
  std::vector<std::uint64_t> a(gradient.size()), b(g_copies.size());
  const WordUnits units = make_words(gradient, hessian, weights, {}, 1, a, Context());
  const WordUnits other = make_words(g_copies, h_copies, {}, {}, 1, b, Context());
  EXPECT_EQ(units.gradient, other.gradient);
  EXPECT_EQ(units.hessian, other.hessian);
  EXPECT_EQ(std::accumulate(a.begin(), a.end(), std::uint64_t{0}),
            std::accumulate(b.begin(), b.end(), std::uint64_t{0}));
  std::size_t at = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::uint64_t sum = 0;
    for (int k = 0; k < static_cast<int>(weights[i]); ++k) sum += b[at++];
    ASSERT_EQ(a[i], sum);
  }
}

TEST(Histogram, WeightsThatAreNotWholeKeepTheirSize) {
  const std::vector<float> gradient = {1, -2, 0.5F, 4};
  for (const double size : {1.0, 1e300, 1e-200}) {
    const std::vector<double> weights = {0.25 * size, 1.5 * size, 0.75 * size, 2.25 * size};
    std::vector<std::uint64_t> words(4);
    const WordUnits units = make_words(gradient, {}, weights, {}, 1, words, Context());
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(static_cast<double>(word_hessian(words[i])) * units.hessian / size, weights[i] / size,
                  1e-6);
      EXPECT_NEAR(static_cast<double>(word_gradient(words[i])) * units.gradient / size,
                  static_cast<double>(gradient[i]) * weights[i] / size, 1e-6);
    }
  }
}

TEST(SplitSearch, TheFastSearchFindsWhatThePlainOneFinds) {
  Stream stream(6, "cells");
  for (int trial = 0; trial < 400; ++trial) {
    FeatureBins bins;
    bins.bins = 1 + static_cast<std::uint32_t>(stream.below(300));
    bins.has_missing = stream.uniform() < 0.5;
    std::vector<std::uint64_t> cells(bins.bins + 1, 0);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i == bins.bins && !bins.has_missing) break;
      if (stream.uniform() < 0.3) continue;
      cells[i] =
          pack_word(static_cast<std::int64_t>(stream.below(2000001)) - 1000000, 1 + stream.below(100000));
      total += cells[i];
    }
    SplitRules rules;
    rules.units = {.gradient = 0x1p-18, .hessian = 0x1p-14, .least_hessian = 100, .most_hessian = 100};
    rules.l1 = trial % 3 == 0 ? 0.5 : 0;
    rules.l2 = trial % 2 == 0 ? 1.0 : 0;
    rules.min_rows = static_cast<double>(stream.below(2000));
    std::vector<double> weights(cells.size(), 0);
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (cells[i] != 0) weights[i] = stream.uniform(0, 40);
    for (const double* counts : {static_cast<const double*>(nullptr), std::as_const(weights).data()}) {
      const FeatureSplit fast = best_split(cells.data(), bins, total, counts, rules);
      const FeatureSplit plain = plain_number_split(cells.data(), bins, total, counts, rules);
      ASSERT_EQ(fast.found(), plain.found());
      if (!fast.found()) continue;
      ASSERT_EQ(fast.score, plain.score);
      ASSERT_EQ(fast.bin, plain.bin);
      ASSERT_EQ(fast.missing_left, plain.missing_left);
      ASSERT_EQ(fast.left, plain.left);
    }
  }
}

TEST(SplitSearch, FlagsAreSearchedAsEachAlone) {
  Stream stream(9, "flags");
  FeatureBins bins;
  bins.bins = 2;
  bins.threshold = {0.5};
  for (int trial = 0; trial < 300; ++trial) {
    const std::size_t count = 1 + stream.below(70);
    const std::uint64_t total = pack_word(static_cast<std::int64_t>(stream.below(20001)) - 10000, 5000);
    std::vector<std::uint64_t> cells;
    for (std::size_t k = 0; k < count; ++k)
      cells.push_back(stream.uniform() < 0.2 ? 0
                                             : pack_word(static_cast<std::int64_t>(stream.below(401)) - 200,
                                                         stream.below(5001)));
    SplitRules rules;
    rules.units = {.gradient = 0x1p-8, .hessian = 0x1p-4, .least_hessian = 10, .most_hessian = 10};
    rules.l1 = trial % 3 == 0 ? 0.5 : 0;
    rules.l2 = trial % 2 == 0 ? 1.0 : 0;
    rules.min_rows = static_cast<double>(stream.below(200));
    FeatureSplit wanted;
    std::size_t which = 0, column = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const std::vector<std::uint64_t> whole{total - cells[k], cells[k], 0};
      FeatureSplit one = best_split(whole.data(), bins, total, nullptr, rules);
      if (!(one.score > wanted.score)) continue;
      wanted = std::move(one);
      which = k;
    }
    const FeatureSplit found = best_flag_split(cells.data(), count, total, rules, column);
    ASSERT_EQ(found.found(), wanted.found());
    if (!found.found()) continue;
    ASSERT_EQ(column, which);
    ASSERT_EQ(found.score, wanted.score);
    ASSERT_EQ(found.missing_left, wanted.missing_left);
    ASSERT_EQ(found.left, wanted.left);
  }
}

TEST(SplitSearch, OrderedCategoriesAreTheBestSetOfAll) {
  Stream stream(8, "categories");
  for (int trial = 0; trial < 50; ++trial) {
    FeatureBins bins;
    bins.category = true;
    bins.bins = 9;
    std::vector<std::uint64_t> cells(bins.bins + 1, 0);
    std::uint64_t total = 0;
    for (std::uint32_t bin = 0; bin < bins.bins; ++bin) {
      cells[bin] = pack_word(static_cast<std::int64_t>(stream.below(2001)) - 1000, 100 + stream.below(1000));
      total += cells[bin];
    }
    SplitRules rules;
    rules.categories = {.one_hot = 4, .smooth = 0, .l2 = 0, .most = 9};
    const FeatureSplit split = best_split(cells.data(), bins, total, nullptr, rules);
    double best = 0;
    for (unsigned set = 1; set + 1 < (1u << bins.bins); ++set) {
      std::uint64_t left = 0;
      for (std::uint32_t bin = 0; bin < bins.bins; ++bin)
        if ((set >> bin) & 1) left += cells[bin];
      best = std::max(best, rules.score(left) + rules.score(total - left));
    }
    ASSERT_NEAR(split.score, best, 1e-9 * best);
    std::uint64_t left = 0;
    for (const std::uint32_t bin : split.to_left) left += cells[bin];
    EXPECT_EQ(left, split.left);
  }
}

}  // namespace
}  // namespace everyml
