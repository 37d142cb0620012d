#include "everyml/classical/trees/binned.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

Features dense(const std::vector<double>& values, std::size_t columns) {
  Buffer<double> cells(values.size());
  std::copy(values.begin(), values.end(), cells.begin());
  return Features::dense(std::move(cells), values.size() / columns, columns);
}

/// The contract, word for word: the first threshold >= value.
std::uint32_t slow_code(const FeatureBins& bins, double value) {
  if (std::isnan(value)) return bins.bins;
  std::uint32_t code = 0;
  while (code < bins.threshold.size() && !(bins.threshold[code] >= value)) ++code;
  return code;
}

std::vector<double> awkward_column(std::size_t n, std::uint64_t seed, double missing) {
  Stream stream(seed, "values");
  std::vector<double> column(n);
  for (double& value : column) {
    value = std::exp(2 * stream.normal()) * (stream.uniform() < .5 ? -1 : 1);
    if (stream.uniform() < .2) value = 0;
    if (stream.uniform() < missing) value = kNan;
  }
  return column;
}

TEST(Binned, FewValuesGetABinEach) {
  const Features x = dense({3, 1, kNan, 2, 1, 3, 1}, 1);
  const auto binned = BinnedFeatures::make(x, {}, {}, {}, Context());
  const FeatureBins& bins = binned.bins(0);
  EXPECT_EQ(bins.bins, 3u);
  EXPECT_TRUE(bins.has_missing);
  EXPECT_EQ(bins.codes(), 4u);
  EXPECT_EQ(bins.threshold, (std::vector<double>{1.5, 2.5}));
  const std::vector<std::uint32_t> wanted{2, 0, 3, 1, 0, 2, 0};
  for (std::size_t row = 0; row < wanted.size(); ++row) EXPECT_EQ(binned.code(row, 0), wanted[row]);
  EXPECT_EQ(bins.code(1.5), 0u);
  EXPECT_EQ(bins.code(1e300), 2u);
  EXPECT_EQ(bins.code(kNan), 3u);
}

TEST(Binned, NeighbouringDoublesAreToldApart) {
  const double a = 1.0, b = std::nextafter(1.0, 2.0);
  const auto binned = BinnedFeatures::make(dense({a, b, a, b}, 1), {}, {}, {}, Context());
  ASSERT_EQ(binned.bins(0).bins, 2u);
  EXPECT_EQ(binned.bins(0).code(a), 0u);
  EXPECT_EQ(binned.bins(0).code(b), 1u);
  const double big = std::numeric_limits<double>::max();
  const auto far = BinnedFeatures::make(dense({-big, big}, 1), {}, {}, {}, Context());
  ASSERT_EQ(far.bins(0).bins, 2u);
  EXPECT_EQ(far.bins(0).code(-big), 0u);
  EXPECT_EQ(far.bins(0).code(big), 1u);
}

TEST(Binned, CodesAreThoseOfTheThresholds) {
  for (const int max_bins : {2, 16, 63, 255, 256, 1000}) {
    const std::size_t n = 9001;
    std::vector<double> cells;
    const auto first = awkward_column(n, 1, .1), second = awkward_column(n, 2, 0);
    for (std::size_t i = 0; i < n; ++i) cells.insert(cells.end(), {first[i], second[i], 7.0});
    const auto binned = BinnedFeatures::make(dense(cells, 3), {}, {}, {.max_bins = max_bins}, Context());
    for (std::size_t c = 0; c < 3; ++c) {
      const FeatureBins& bins = binned.bins(c);
      EXPECT_LE(bins.bins, static_cast<std::uint32_t>(max_bins));
      EXPECT_EQ(bins.bins, bins.threshold.size() + 1);
      EXPECT_TRUE(std::is_sorted(bins.threshold.begin(), bins.threshold.end(), std::less_equal<>()));
      EXPECT_EQ(binned.codes8(c) != nullptr, bins.bins <= 255);
      EXPECT_NE(binned.codes8(c) != nullptr, binned.codes16(c) != nullptr);
      for (std::size_t i = 0; i < n; ++i) {
        ASSERT_EQ(binned.code(i, c), slow_code(bins, cells[i * 3 + c])) << i << " " << c;
        ASSERT_EQ(bins.code(cells[i * 3 + c]), binned.code(i, c));
      }
    }
    EXPECT_TRUE(binned.bins(0).has_missing);
    EXPECT_FALSE(binned.bins(1).has_missing);
    EXPECT_EQ(binned.bins(2).bins, 1u);
  }
}

TEST(Binned, BinsOfManyValuesHoldAboutEqualCounts) {
  const std::size_t n = 50000;
  Stream stream(3, "values");
  std::vector<double> column(n);
  for (double& value : column) value = stream.normal();
  const auto binned = BinnedFeatures::make(dense(column, 1), {}, {}, {.max_bins = 50}, Context());
  ASSERT_EQ(binned.bins(0).bins, 50u);
  std::vector<int> counts(50, 0);
  for (std::size_t i = 0; i < n; ++i) ++counts[binned.code(i, 0)];
  for (const int count : counts) EXPECT_NEAR(count, 1000, 2);
}

TEST(Binned, AValueThatFillsABinAloneGetsOne) {
  const std::size_t n = 20000;
  Stream stream(4, "values");
  std::vector<double> column(n);
  for (double& value : column) value = stream.uniform() < .5 ? 0 : stream.normal();
  const auto binned = BinnedFeatures::make(dense(column, 1), {}, {}, {.max_bins = 20}, Context());
  std::set<double> with_zero;
  const std::uint32_t zero = binned.bins(0).code(0);
  for (std::size_t i = 0; i < n; ++i)
    if (binned.code(i, 0) == zero) with_zero.insert(column[i]);
  EXPECT_LE(with_zero.size(), 1 + n / 20);
  std::vector<std::size_t> counts(binned.bins(0).bins, 0);
  for (std::size_t i = 0; i < n; ++i) ++counts[binned.code(i, 0)];
  counts[zero] = 0;
  EXPECT_LE(*std::max_element(counts.begin(), counts.end()), n / 20);
}

TEST(Binned, AWeightOfKIsKCopies) {
  Stream stream(5, "values");
  std::vector<double> column, weights, copies;
  for (int i = 0; i < 3000; ++i) {
    column.push_back(std::round(stream.normal() * 400) / 400);
    weights.push_back(static_cast<double>(stream.below(4)));
    for (int k = 0; k < static_cast<int>(weights.back()); ++k) copies.push_back(column.back());
  }
  const auto a = BinnedFeatures::make(dense(column, 1), {}, weights, {.max_bins = 40}, Context());
  const auto b = BinnedFeatures::make(dense(copies, 1), {}, {}, {.max_bins = 40}, Context());
  EXPECT_EQ(a.bins(0).threshold, b.bins(0).threshold);
}

TEST(Binned, StoragesAgree) {
  const std::size_t n = 5000;
  Stream stream(6, "values");
  Buffer<float> narrow(n * 3);
  Buffer<double> wide(n * 3);
  std::vector<std::uint64_t> starts{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      auto value = static_cast<float>(stream.normal());
      if (stream.uniform() < .7) value = 0;
      if (c == 1 && stream.uniform() < .05) value = std::numeric_limits<float>::quiet_NaN();
      if (c == 2) value = static_cast<float>(stream.below(6));
      narrow[i * 3 + c] = value;
      wide[i * 3 + c] = static_cast<double>(value);
      if (value == 0) continue;
      columns.push_back(static_cast<std::uint32_t>(c));
      values.push_back(value);
    }
    starts.push_back(values.size());
  }
  Buffer<std::uint64_t> s(starts.size());
  Buffer<std::uint32_t> k(columns.size());
  Buffer<float> v(values.size());
  std::copy(starts.begin(), starts.end(), s.begin());
  std::copy(columns.begin(), columns.end(), k.begin());
  std::copy(values.begin(), values.end(), v.begin());
  std::vector<FeatureInfo> info(3);
  info[2].kind = FeatureInfo::Kind::category;
  info[2].levels = 6;
  const Context context;
  for (const std::size_t sample : {std::size_t{0}, std::size_t{1000}}) {
    const BinSettings settings{.max_bins = 30, .sample_rows = sample};
    const auto a = BinnedFeatures::make(Features::dense(std::move(wide), n, 3), info, {}, settings, context);
    const auto b = BinnedFeatures::make(Features::dense(narrow, n, 3), info, {}, settings, context);
    const auto d = BinnedFeatures::make(Features::sparse(n, 3, s, k, v), info, {}, settings, context);
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_EQ(a.bins(c).threshold, b.bins(c).threshold);
      EXPECT_EQ(a.bins(c).threshold, d.bins(c).threshold);
      EXPECT_EQ(a.bins(c).has_missing, d.bins(c).has_missing);
      for (std::size_t i = 0; i < n; ++i) {
        ASSERT_EQ(a.code(i, c), b.code(i, c));
        ASSERT_EQ(a.code(i, c), d.code(i, c));
      }
    }
    wide = Buffer<double>(n * 3);
    for (std::size_t i = 0; i < n * 3; ++i) wide[i] = static_cast<double>(narrow[i]);
  }
}

TEST(Binned, CategoriesKeepTheirCodesAndRareOnesAreMissing) {
  std::vector<double> column{5, 5, 5, 2, 2, 9, 0, 0, 0, 0, -1, 2.5, kNan};
  std::vector<FeatureInfo> info(1);
  info[0].kind = FeatureInfo::Kind::category;
  info[0].levels = 10;
  const auto binned = BinnedFeatures::make(dense(column, 1), info, {}, {.max_bins = 3}, Context());
  const FeatureBins& bins = binned.bins(0);
  EXPECT_TRUE(bins.category);
  EXPECT_EQ(bins.category_of, (std::vector<std::int32_t>{0, 2, 5}));
  EXPECT_TRUE(bins.has_missing);
  const std::vector<std::uint32_t> wanted{2, 2, 2, 1, 1, 3, 0, 0, 0, 0, 3, 3, 3};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(binned.code(i, 0), wanted[i]) << i;
    EXPECT_EQ(bins.code(column[i]), wanted[i]) << i;
  }
}

TEST(Binned, OtherRowsGetTheSameBins) {
  const auto column = awkward_column(4000, 7, 0);
  const auto binned = BinnedFeatures::make(dense(column, 1), {}, {}, {.max_bins = 255}, Context());
  const auto other = awkward_column(1000, 8, .3);
  const auto rows = binned.with_rows(dense(other, 1), Context());
  EXPECT_EQ(rows.rows(), 1000u);
  EXPECT_EQ(rows.bins(0).threshold, binned.bins(0).threshold);
  EXPECT_FALSE(rows.bins(0).has_missing);
  for (std::size_t i = 0; i < other.size(); ++i)
    ASSERT_EQ(rows.code(i, 0), slow_code(binned.bins(0), other[i]));
}

TEST(Binned, ThreadsDoNotMatter) {
  const std::size_t n = 20000, columns = 37;
  Stream stream(9, "values");
  Buffer<float> cells(n * columns);
  for (float& value : cells) value = static_cast<float>(stream.normal());
  const Features x = Features::dense(std::move(cells), n, columns);
  const BinSettings settings{.sample_rows = 7000};
  const auto one = BinnedFeatures::make(x, {}, {}, settings, Context({.threads = 1}));
  for (const int threads : {2, 7}) {
    const auto many = BinnedFeatures::make(x, {}, {}, settings, Context({.threads = threads}));
    for (std::size_t c = 0; c < columns; ++c) {
      ASSERT_EQ(one.bins(c).threshold, many.bins(c).threshold);
      ASSERT_TRUE(std::equal(one.codes8(c), one.codes8(c) + n, many.codes8(c)));
    }
  }
}

/// Fields of one-hot flags, a column of few values now and then, one that is often missing, and some that
/// meet others on some rows.
Features sparse_fields(std::size_t rows, std::size_t fields, std::size_t levels, std::uint64_t seed) {
  const std::size_t columns = fields * levels + 3;
  Stream stream(seed, "fields");
  Buffer<std::uint64_t> starts(rows + 1);
  std::vector<std::uint32_t> where;
  std::vector<float> values;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t f = 0; f < fields; ++f) {
      const double u = stream.uniform();
      where.push_back(static_cast<std::uint32_t>(f * levels + static_cast<std::size_t>(u * u * levels)));
      values.push_back(f % 3 == 2 ? static_cast<float>(stream.below(5)) - 1 : 1.0f);
    }
    for (std::size_t k = 0; k < 3; ++k) {
      if (!(stream.uniform() < 0.02)) continue;
      where.push_back(static_cast<std::uint32_t>(fields * levels + k));
      values.push_back(k == 0 && stream.uniform() < 0.5 ? static_cast<float>(kNan)
                                                        : static_cast<float>(stream.normal()));
    }
    starts[row + 1] = where.size();
  }
  Buffer<std::uint32_t> k(where.size());
  Buffer<float> v(values.size());
  std::copy(where.begin(), where.end(), k.begin());
  std::copy(values.begin(), values.end(), v.begin());
  return Features::sparse(rows, columns, std::move(starts), std::move(k), std::move(v));
}

TEST(Binned, BundledCodesAreThoseOfEachColumn) {
  for (const std::size_t sample : {std::size_t{0}, std::size_t{300}}) {
    const std::size_t rows = 3000, fields = 5;
    for (const std::size_t levels : {7, 120}) {
      const Features x = sparse_fields(rows, fields, levels, sample + levels);
      const BinSettings settings{.max_bins = 30, .sample_rows = sample};
      BinSettings together = settings;
      together.bundle = true;
      const auto each = BinnedFeatures::make(x, {}, {}, settings, Context());
      const auto bundled = BinnedFeatures::make(x, {}, {}, together, Context());
      // Fields do not meet themselves; with a sample some columns turn out to meet others and are parted.
      EXPECT_LE(bundled.arrays(), sample == 0 ? fields + 3 : x.columns() / 2);
      std::vector<std::size_t> some;
      for (std::size_t row = 0; row < rows; row += 7) some.push_back(rows - 1 - row);
      const auto few = bundled.select_rows(some, Context());
      std::size_t shared = 0;
      for (std::size_t c = 0; c < x.columns(); ++c) {
        ASSERT_EQ(each.bins(c).threshold, bundled.bins(c).threshold);
        ASSERT_EQ(each.bins(c).has_missing, bundled.bins(c).has_missing) << c;
        for (std::size_t row = 0; row < rows; ++row)
          ASSERT_EQ(each.code(row, c), bundled.code(row, c)) << row << " " << c;
        for (std::size_t i = 0; i < some.size(); ++i)
          ASSERT_EQ(each.code(some[i], c), few.code(i, c)) << i << " " << c;
        shared += bundled.place(c).shared() ? 1 : 0;
      }
      EXPECT_GT(shared, x.columns() / 2);
    }
  }
}

TEST(Binned, BundlesDoNotDependOnThreads) {
  const Features x = sparse_fields(20000, 4, 200, 3);
  const BinSettings settings{.sample_rows = 2000, .bundle = true};
  const auto one = BinnedFeatures::make(x, {}, {}, settings, Context({.threads = 1}));
  for (const int threads : {2, 7}) {
    const auto many = BinnedFeatures::make(x, {}, {}, settings, Context({.threads = threads}));
    ASSERT_EQ(one.arrays(), many.arrays());
    for (std::size_t c = 0; c < x.columns(); ++c) {
      ASSERT_EQ(one.place(c).array, many.place(c).array);
      ASSERT_EQ(one.place(c).first, many.place(c).first);
    }
    for (std::size_t a = 0; a < one.arrays(); ++a) {
      const BinnedFeatures::Codes ours = one.array(a), theirs = many.array(a);
      if (ours.narrow != nullptr) {
        ASSERT_TRUE(std::equal(ours.narrow, ours.narrow + x.rows(), theirs.narrow));
      } else {
        ASSERT_TRUE(std::equal(ours.wide, ours.wide + x.rows(), theirs.wide));
      }
    }
  }
}

TEST(Binned, BundledCategoriesStandAlone) {
  // Category 3 stands for zero's place: zeros that are not stored are a category too.
  Buffer<std::uint64_t> starts(7);
  Buffer<std::uint32_t> where(4);
  Buffer<float> values(4);
  const std::vector<std::uint64_t> ends{0, 1, 1, 2, 3, 4, 4};
  std::copy(ends.begin(), ends.end(), starts.begin());
  const std::vector<std::uint32_t> columns{0, 1, 0, 2};
  std::copy(columns.begin(), columns.end(), where.begin());
  for (float& value : values) value = 3;
  const Features x = Features::sparse(6, 3, starts, where, values);
  std::vector<FeatureInfo> info(3);
  info[0].kind = FeatureInfo::Kind::category;
  info[0].levels = 4;
  const auto each = BinnedFeatures::make(x, info, {}, {}, Context());
  const auto bundled = BinnedFeatures::make(x, info, {}, {.bundle = true}, Context());
  EXPECT_NE(bundled.codes8(0), nullptr);
  EXPECT_TRUE(bundled.place(1).shared());
  EXPECT_EQ(bundled.place(1).array, bundled.place(2).array);
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t row = 0; row < 6; ++row) EXPECT_EQ(each.code(row, c), bundled.code(row, c));
}

TEST(SharedBins, AreMadeOnceForADatasetThatKeepsThings) {
  Dataset data;
  data.features = dense({1, 2, 3, 4, 5, 6}, 1);
  const Context context;
  EXPECT_NE(shared_bins(data, {}, context)->codes8(0), shared_bins(data, {}, context)->codes8(0));
  data.derived = std::make_shared<Derived>();
  const auto first = shared_bins(data, {}, context);
  EXPECT_EQ(first, shared_bins(data, {}, context));
  EXPECT_EQ(shared_bins(data, {.max_bins = 3}, context)->bins(0).bins, 3U);
  EXPECT_NE(first, shared_bins(data, {}, context.with_seed(1)));
  const std::vector<std::size_t> rows = {0, 2};
  EXPECT_EQ(data.select_rows(rows).derived, nullptr);
  data.derived = std::make_shared<Derived>();
  CancelToken cancel;
  cancel.cancel();
  EXPECT_THROW(shared_bins(data, {}, context.with_cancel(&cancel)), ResourceError);
  EXPECT_EQ(shared_bins(data, {}, context)->rows(), 6U);
}

}  // namespace
}  // namespace everyml
