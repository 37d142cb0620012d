#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/ensembles/forest/forest_settings.h"
#include "everyml/ensembles/forest/grow_draw_impl.h"
#include "everyml/ensembles/forest/grow_impl.h"
#include "everyml/ensembles/forest/grow_records_kernel_impl.h"

namespace everyml {
namespace {

struct Shape {
  std::size_t rows = 400, columns = 5, classes = 2;
  bool missing = false, categories = false, few_values = false;
};

/// Rows whose classes depend on the first two columns and on chance.
Dataset random_data(const Shape& shape, std::uint64_t seed) {
  Stream stream(seed, "records.data");
  Buffer<double> x(shape.rows * shape.columns);
  Buffer<std::int32_t> y(shape.rows);
  for (std::size_t i = 0; i < shape.rows; ++i) {
    double* row = x.data() + i * shape.columns;
    for (std::size_t j = 0; j < shape.columns; ++j) {
      row[j] = shape.few_values || (shape.categories && j % 3 == 1) ? std::floor(stream.uniform(0, 5))
                                                                    : std::exp(stream.normal());
    }
    const double score = row[0] + row[std::min<std::size_t>(1, shape.columns - 1)] + stream.uniform();
    y[i] = static_cast<std::int32_t>(static_cast<std::uint64_t>(score * 3) % shape.classes);
    for (std::size_t j = 0; shape.missing && j < shape.columns; j += 2) {
      if (stream.uniform() < 0.2) row[j] = std::numeric_limits<double>::quiet_NaN();
    }
  }
  std::vector<std::string> names;
  for (std::size_t k = 0; k < shape.classes; ++k) names.push_back(std::to_string(k));
  Dataset data{.features = Features::dense(std::move(x), shape.rows, shape.columns),
               .target = Target::classes(std::move(y), names)};
  if (shape.categories) {
    data.info.resize(shape.columns);
    for (std::size_t j = 1; j < shape.columns; j += 3) {
      data.info[j].kind = FeatureInfo::Kind::category;
      data.info[j].levels = 5;
    }
  }
  return data;
}

void expect_same(const CodeTree& a, const CodeTree& b) {
  ASSERT_EQ(a.nodes.size(), b.nodes.size());
  EXPECT_EQ(a.values, b.values);
  EXPECT_EQ(a.covers, b.covers);
  EXPECT_EQ(a.sets, b.sets);
  for (std::size_t i = 0; i < a.nodes.size(); ++i) {
    const CodeNode &m = a.nodes[i], &n = b.nodes[i];
    ASSERT_TRUE(m.feature == n.feature && m.code == n.code && m.missing == n.missing && m.set == n.set &&
                m.left == n.left && m.right == n.right && m.gain == n.gain && m.cover == n.cover)
        << "node " << i << ": " << m.feature << "/" << n.feature << ", code " << m.code << "/" << n.code
        << ", missing " << m.missing << "/" << n.missing << ", set " << m.set << "/" << n.set << ", gain "
        << m.gain << "/" << n.gain << ", cover " << m.cover << "/" << n.cover;
  }
}

/// One tree from records and one from tables, on rows of these loads.
void compare(const Dataset& data, GrowRules rules, std::vector<std::uint32_t> loads = {}) {
  const Context context({.seed = 5});
  const BinnedFeatures binned =
      BinnedFeatures::make(data.features, data.info, data.weights, {.max_bins = 255}, context);
  const ForestRows rows = ForestRows::of(data, ForestClassWeights::none, true);
  const ForestCodes<std::uint8_t> codes(binned, false, context);
  if (loads.empty()) loads.assign(data.rows(), 1);
  rules.random_cuts = true;
  rules.records = true;
  const CodeTree records = make_grower(codes, rows, rules)->grow(3, loads, context);
  rules.records = false;
  const CodeTree tables = make_grower(codes, rows, rules)->grow(3, loads, context);
  EXPECT_GT(tables.nodes.size(), 3U);
  expect_same(records, tables);
}

TEST(ForestRecords, GrowTheTreesOfTables) {
  for (const std::size_t classes : {2U, 4U}) {
    for (const std::size_t columns : {1U, 5U, 16U, 17U, 40U, 100U}) {
      compare(random_data({.columns = columns, .classes = classes}, columns),
              {.features = std::max<std::size_t>(1, columns / 3)});
    }
    compare(random_data({.classes = classes, .few_values = true}, 1), {.features = 5});
    compare(random_data({.classes = classes, .missing = true}, 2), {.features = 3});
    compare(random_data({.columns = 9, .classes = classes, .missing = true, .categories = true}, 3),
            {.features = 4});
    compare(random_data({.classes = classes}, 4), {.criterion = ForestCriterion::entropy, .features = 2});
    compare(random_data({.classes = classes}, 5),
            {.features = 2, .least_leaf = 7, .least_split = 20, .least_gain = 0.01, .max_depth = 6});
  }
}

TEST(ForestRecords, GrowTheTreesOfTablesWhereSubtreesAreTasks) {
  compare(random_data({.rows = 70000, .columns = 6, .missing = true}, 6), {.features = 2});
}

TEST(ForestRecords, TakeRowsThatWeighAlikeWithinTheirClass) {
  const Dataset data = random_data({}, 7);
  std::vector<std::uint32_t> loads(data.rows());
  for (std::size_t i = 0; i < loads.size(); ++i) {
    loads[i] = static_cast<std::uint32_t>(i % 3) * (data.target.codes()[i] == 0 ? 5 : 2);
  }
  compare(data, {.features = 2}, loads);
  // No multiples of each other: the tables do it.
  for (std::size_t i = 0; i < loads.size(); ++i) loads[i] = 2 + static_cast<std::uint32_t>(i % 2);
  compare(data, {.features = 2}, loads);
}

void expect_kernels_say_what_loops_say() {
  Stream stream(9, "records.kernels");
  for (const std::size_t stride : {16U, 32U, 64U, 96U}) {
    for (const std::uint32_t rows : {1U, 7U, 300U, 1000U}) {
      std::vector<std::uint8_t> records(rows * stride), low(stride), high(stride), cuts(stride);
      for (auto& code : records) code = static_cast<std::uint8_t>(stream.next_u32());
      for (auto& cut : cuts) cut = static_cast<std::uint8_t>(stream.next_u32());
      const std::vector<std::uint32_t> counts{rows / 3, rows - rows / 3};
      const std::vector<std::uint8_t> columns{3, static_cast<std::uint8_t>(stride - 1), 0};
      std::vector<std::uint32_t> above(counts.size() * columns.size()), slow(above.size());
      const RecordKernels& kernels = record_kernels();
      kernels.range(records.data(), rows, stride, low.data(), high.data());
      kernels.count_above(records.data(), counts, stride, cuts.data(), columns, above.data());
      for (std::size_t c = 0; c < stride; ++c) {
        std::uint8_t least = 255, most = 0;
        for (std::size_t i = 0; i < rows; ++i) {
          least = std::min(least, records[i * stride + c]);
          most = std::max(most, records[i * stride + c]);
        }
        EXPECT_EQ(low[c], least);
        EXPECT_EQ(high[c], most);
      }
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < columns.size(); ++j) {
          slow[(i < counts[0] ? 0 : columns.size()) + j] +=
              records[i * stride + columns[j]] > cuts[columns[j]];
        }
      }
      EXPECT_EQ(above, slow);
      std::vector<std::uint8_t> left, right;
      for (std::size_t i = 0; i < rows; ++i) {
        const auto begin = records.begin() + static_cast<std::ptrdiff_t>(i * stride);
        auto& to = records[i * stride + 3] <= cuts[3] ? left : right;
        to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(stride));
      }
      std::vector<std::uint8_t> divided(records.size());
      kernels.divide(records.data(), rows, stride, 3, cuts[3], divided.data(), divided.data() + left.size());
      left.insert(left.end(), right.begin(), right.end());
      EXPECT_EQ(divided, left);
    }
  }
}

void expect_cuts_as_the_slow_way_draws_them() {
  Stream stream(10, "records.cuts");
  for (const std::size_t bins : {2U, 3U, 17U, 40U, 255U}) {
    FeatureBins column;
    column.bins = static_cast<std::uint32_t>(bins);
    double edge = -3;
    for (std::size_t i = 0; i + 1 < bins; ++i) column.threshold.push_back(edge += stream.exponential());
    const CutTable table = CutTable::of(column);
    for (int i = 0; i < 500; ++i) {
      const auto a = static_cast<std::uint8_t>(stream.below(bins)),
                 b = static_cast<std::uint8_t>(stream.below(bins));
      if (a == b) continue;
      const std::uint8_t low = std::min(a, b), high = std::max(a, b), feature = 0;
      const double where = stream.uniform();
      std::uint8_t cut = 0;
      record_kernels().draw_cuts(&table, {&feature, 1}, &where, &low, &high, &cut);
      EXPECT_EQ(cut, random_code(column, low, high, where));
      EXPECT_GE(cut, low);
      EXPECT_LT(cut, high);
    }
  }
}

TEST(ForestRecordKernels, DoTheirWorkOnAllTargets) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::GetChosenTarget().Update(target);
    expect_kernels_say_what_loops_say();
    expect_cuts_as_the_slow_way_draws_them();
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

/// Values a uniform number between the outer values of a node lies behind, counted (Geurts et al. 2006).
TEST(ForestRecordKernels, CutsAreUniformBetweenTheValues) {
  FeatureBins column;
  column.bins = 5;
  column.threshold = {0.5, 1.5, 5.5, 9.5};  // values 0, 1, 2..., as midpoints of 0 1 2 9 10
  std::array<int, 5> seen{};
  Stream stream(11, "records.uniform");
  constexpr int kDraws = 40000;
  for (int i = 0; i < kDraws; ++i) ++seen[random_code(column, 1, 3, stream.uniform())];
  // Codes 1 and 3 lie at 1 and 7.5, the edge between codes 1 and 2 is 1.5.
  EXPECT_NEAR(seen[1] / static_cast<double>(kDraws), 0.5 / 6.5, 0.005);
  EXPECT_EQ(seen[1] + seen[2], kDraws);
}

}  // namespace
}  // namespace everyml
