#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "everyml/classical/trees/binned.h"
#include "everyml/classical/trees/grower.h"
#include "everyml/classical/trees/grown_test_impl.h"
#include "everyml/classical/trees/histogram.h"
#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

struct Mixed {
  std::size_t rows, columns;
  Features x;
  std::vector<FeatureInfo> info;
  std::vector<float> gradient, hessian;
  std::vector<double> weights;
  std::vector<std::uint32_t> all;

  BinnedFeatures binned(bool together, const Context& context = Context()) const {
    return BinnedFeatures::make(x, info, {}, {.max_bins = 400, .bundle = together, .block_columns = 500},
                                context);
  }
};

/// Flags, numbers of few, some and many values, categories, constants, some with missing rows, some of them
/// seldom other than zero.
Mixed make_mixed(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  Stream stream(seed, "mixed");
  const double levels[] = {2, 16, 2, 5, 1, 40, 3, 17, 2, 200, 15, 1000, 2, 9};
  Mixed out{rows, columns, {}, std::vector<FeatureInfo>(columns), {}, {}, {}, {}};
  Buffer<double> cells(rows * columns);
  for (std::size_t c = 0; c < columns; ++c)
    if (c % 5 == 3) out.info[c].kind = FeatureInfo::Kind::category;
  for (std::size_t row = 0; row < rows; ++row) {
    double signal = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      double& cell = cells[row * columns + c];
      cell = std::floor(stream.uniform() * levels[c % 14]);
      if (c % 14 == 8 && stream.uniform() < 0.995) cell = 0;
      if (c % 3 == 1 && stream.uniform() < 0.1) cell = kNan;
      if (c < 16 && !std::isnan(cell)) signal += cell > levels[c % 14] / 3 ? 1 : 0;
    }
    out.gradient.push_back(static_cast<float>(std::round(64 * (signal - 5 + stream.normal())) / 64));
    out.hessian.push_back(static_cast<float>(stream.uniform(0.1, 1.0)));
    out.weights.push_back(static_cast<double>(1 + stream.below(3)));
    out.all.push_back(static_cast<std::uint32_t>(row));
  }
  out.x = Features::dense(std::move(cells), rows, columns);
  return out;
}

/// So few columns that their arrays lie one after the other, and so many that they lie in blocks.
constexpr std::size_t kNarrow = 42, kWide = 700;

TEST(BinnedLayout, CodesAreThoseOfEachColumn) {
  for (const std::size_t columns : {kNarrow, kWide}) {
    const Mixed data = make_mixed(5000, columns, columns);
    const auto each = data.binned(false), together = data.binned(true);
    EXPECT_EQ(together.blocks() > 0, columns == kWide);
    EXPECT_LT(together.arrays(), columns * 3 / 4);
    std::vector<std::size_t> some;
    for (std::size_t row = 0; row < data.rows; row += 3) some.push_back(data.rows - 1 - row);
    const auto few = together.select_rows(some, Context());
    std::size_t multiplied = 0;
    for (std::size_t c = 0; c < columns; ++c) {
      ASSERT_EQ(each.bins(c).threshold, together.bins(c).threshold);
      ASSERT_EQ(each.bins(c).has_missing, together.bins(c).has_missing) << c;
      for (std::size_t row = 0; row < data.rows; ++row)
        ASSERT_EQ(each.code(row, c), together.code(row, c)) << row << " " << c;
      for (std::size_t i = 0; i < some.size(); ++i) ASSERT_EQ(each.code(some[i], c), few.code(i, c));
      multiplied += together.place(c).multiplied() ? 1 : 0;
    }
    EXPECT_GT(multiplied, columns / 3);
    for (const int threads : {2, 7}) {
      const auto many = data.binned(true, Context({.threads = threads}));
      for (std::size_t c = 0; c < columns; ++c)
        for (std::size_t row = 0; row < data.rows; row += 11)
          ASSERT_EQ(many.code(row, c), together.code(row, c));
    }
  }
}

TEST(BinnedLayout, HistogramsHoldTheSumOfEachCode) {
  for (const std::size_t columns : {kNarrow, kWide}) {
    const Mixed data = make_mixed(6000, columns, columns);
    const auto binned = data.binned(true);
    for (const std::size_t least : {0, 60}) {
      const CodeTiles tiles(binned, least, Context());
      for (const std::size_t count : {std::size_t{40}, std::size_t{2000}, data.rows}) {
        const bool all = count == data.rows;
        std::vector<std::uint32_t> some;
        for (std::size_t i = 0; i < count; ++i)
          some.push_back(static_cast<std::uint32_t>(i * data.rows / count));
        std::vector<std::uint64_t> words(count);
        std::iota(words.begin(), words.end(), std::uint64_t{1} << 33);
        HistogramBuilder builder(tiles);
        std::vector<std::uint64_t> cells(tiles.cells(), 99);
        builder.build(some.data(), count, all, words, {}, cells, Context({.threads = 2}));
        std::size_t with_cells = 0;
        for (std::size_t c = 0; c < columns; ++c) {
          if (!tiles.has_cells(c)) continue;
          ++with_cells;
          std::vector<std::uint64_t> wanted(binned.bins(c).bins + 1, 0);
          for (std::size_t i = 0; i < count; ++i) wanted[binned.code(some[i], c)] += words[i];
          ASSERT_TRUE(std::equal(wanted.begin(), wanted.end(),
                                 cells.begin() + static_cast<std::ptrdiff_t>(tiles.cell_of(c))))
              << columns << " " << least << " " << count << " " << c;
        }
        // Constants have no cells, and columns that are rarely other than zero none when rows are asked for.
        std::size_t without = 0;
        for (std::size_t c = 0; c < columns; ++c)
          without += c % 3 != 1 && (c % 14 == 4 || (c % 14 == 8 && least > 0)) ? 1 : 0;
        EXPECT_EQ(with_cells, columns - without);
      }
    }
  }
}

/// Columns of which most rows have one code: zero, another value, a category, or none.
TEST(BinnedLayout, RowsListWhatIsNotTheMostFrequentCode) {
  const std::size_t rows = 5000, columns = 120;
  Stream stream(31, "listed");
  Buffer<double> cells(rows * columns);
  std::vector<FeatureInfo> info(columns);
  for (std::size_t c = 0; c < columns; ++c)
    if (c % 10 == 4) info[c].kind = FeatureInfo::Kind::category;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < columns; ++c) {
      const double usual = c % 10 == 7 ? kNan : c % 10 == 3 ? 20 : 0;
      const bool dense = c % 10 == 9;
      double& cell = cells[row * columns + c];
      cell = stream.uniform() < (dense ? 0.2 : 0.83) ? usual : stream.uniform() * 40 - 5;
      if (info[c].kind == FeatureInfo::Kind::category) cell = std::floor(std::abs(cell));
      if (c % 10 == 5 && stream.uniform() < 0.05) cell = kNan;
    }
  }
  const Features x = Features::dense(std::move(cells), rows, columns);
  for (const int max_bins : {255, 400}) {
    const auto binned = BinnedFeatures::make(x, info, {}, {.max_bins = max_bins}, Context());
    const CodeTiles tiles(binned, 20, Context({.threads = 3}));
    std::size_t listed = 0, lists = 0;
    for (const CodeTile& tile : tiles.tiles()) {
      listed += tile.rests.size();
      lists += tile.rests.empty() ? 0 : 1;
    }
    EXPECT_EQ(listed, columns * 9 / 10);
    EXPECT_EQ(lists, max_bins == 255 ? 1u : 2u);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{700}, rows}) {
      std::vector<std::uint32_t> some;
      for (std::size_t i = 0; i < count; ++i) some.push_back(static_cast<std::uint32_t>(i * rows / count));
      std::vector<std::uint64_t> words(count);
      for (std::uint64_t& word : words)
        word = pack_word(static_cast<std::int64_t>(stream.below(2000)) - 1000, stream.below(1000));
      for (const int threads : {1, 2}) {
        HistogramBuilder builder(tiles);
        std::vector<std::uint64_t> sums(tiles.cells(), 99);
        builder.build(some.data(), count, count == rows, words, {}, sums, Context({.threads = threads}));
        for (std::size_t c = 0; c < columns; ++c) {
          std::vector<std::uint64_t> wanted(binned.bins(c).bins + 1, 0);
          for (std::size_t i = 0; i < count; ++i) wanted[binned.code(some[i], c)] += words[i];
          ASSERT_TRUE(std::equal(wanted.begin(), wanted.end(),
                                 sums.begin() + static_cast<std::ptrdiff_t>(tiles.cell_of(c))))
              << count << " " << c;
        }
      }
    }
  }
}

TEST(BinnedLayout, TreesAreThoseOfEachColumn) {
  for (const std::size_t columns : {kNarrow, kWide}) {
    const Mixed data = make_mixed(columns == kWide ? 4100 : 6000, columns, 100 + columns);
    const auto each = data.binned(false), together = data.binned(true);
    std::vector<std::int8_t> rising(columns, 0);
    rising[1] = 1;
    rising[6] = -1;
    const std::vector<GrowerSettings> kinds{
        {.max_leaves = 60, .min_rows = 3, .unweighted = true},
        {.growth = TreeGrowth::symmetric, .max_leaves = 32, .max_depth = 5},
        {.max_leaves = 40, .min_rows = 70, .monotone = rising, .unweighted = true},
        {.max_leaves = 30, .columns_level = 0.6, .columns_node = 0.5, .histogram_bytes = 1},
    };
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      GrowerInput input{.rows = data.all, .gradient = data.gradient, .hessian = data.hessian, .key = 7};
      if (!kinds[k].unweighted) input.weights = data.weights;
      Grower a(each, kinds[k], Context());
      const GrownRows wanted = a.grow(input, Context());
      EXPECT_GT(wanted.leaves.size(), 20u) << k;
      for (const int threads : {1, 2, 7}) {
        const Context context({.threads = threads});
        Grower b(together, kinds[k], context);
        GrowerInput same = input;
        if (threads > 1) same.rows = {};  // all, untold
        const GrownRows got = b.grow(same, context);
        SCOPED_TRACE(k);
        expect_same_growth(wanted, got);
        std::vector<std::uint32_t> nodes(data.rows), others(data.rows);
        leaf_nodes(wanted, each, {}, nodes, context);
        leaf_nodes(got, together, {}, others, context);
        EXPECT_EQ(nodes, others);
      }
    }
  }
}

}  // namespace
}  // namespace everyml
