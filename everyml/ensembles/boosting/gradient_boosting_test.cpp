#include "everyml/ensembles/boosting/gradient_boosting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "everyml/ensembles/boosting/boosting_data_test_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

using testing_boosting::bytes_of;
using testing_boosting::rows_of_classes;
using testing_boosting::rows_of_numbers;

double squared_error(const GradientBoostingRegressorModel& model, const Dataset& data) {
  std::vector<double> out(data.rows());
  model.predict(data.features, out, Context());
  double sum = 0;
  for (std::size_t i = 0; i < out.size(); ++i)
    sum += (out[i] - data.target.values()[i]) * (out[i] - data.target.values()[i]);
  return sum / static_cast<double>(out.size());
}

GradientBoostingRegressor regressor(const BoostingSettings& settings) {
  return {.objective = {}, .boosting = settings};
}

TEST(GradientBoosting, OneRoundOfTwoLeavesIsAStump) {
  // Two groups of equal gradients: each leaf answers its mean, by the rate.
  const std::size_t n = 60;
  Buffer<double> x(n), y(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = static_cast<double>(i);
    y[i] = i < 20 ? 1.0 : 7.0;
  }
  Dataset data;
  data.features = Features::dense(std::move(x), n, 1);
  data.target = Target::numbers(std::move(y));
  // Gradients of few bits look for the split; leaves answer from the exact ones.
  for (const std::optional<int> bits : {std::optional<int>{}, std::optional<int>{3}}) {
    const auto model = regressor({.rounds = 1,
                                  .learning_rate = 0.5,
                                  .leaves = 2,
                                  .min_leaf_rows = 5,
                                  .l2 = 0,
                                  .gradient_bits = bits})
                           .fit(data, Context());
    std::vector<double> out(n);
    model.predict(data.features, out, Context());
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(out[i], i < 20 ? 5 - 0.5 * 4 : 5 + 0.5 * 2, 1e-12);
  }
}

TEST(GradientBoosting, EveryWayOfGrowingAndSamplingLearns) {
  const Dataset train = rows_of_numbers(4000, 1), test = rows_of_numbers(4000, 2);
  std::vector<BoostingSettings> ways;
  ways.push_back({});
  ways.push_back({.growth = TreeGrowth::depth});
  ways.push_back({.growth = TreeGrowth::symmetric});
  ways.push_back({.row_share = 0.5});
  ways.push_back({.sampling = RowSampling::gradient});
  ways.push_back({.column_share = 0.8, .column_share_level = 0.8, .column_share_node = 0.8});
  ways.push_back({.drop_rate = 0.1});
  ways.push_back({.bins = 1000});
  ways.push_back({.gradient_bits = 2});
  ways.push_back({.l1 = 1, .l2 = 5, .max_delta = 0.5});
  for (const BoostingSettings& way : ways) {
    const auto model = regressor(way).fit(train, Context());
    // The noise is .09; without the columns the error is that of y, above 2.
    EXPECT_LT(squared_error(model, test), 0.25) << "way " << &way - ways.data();
  }
}

TEST(GradientBoosting, RowsKeptBackFindTheBestRound) {
  const Dataset data = rows_of_numbers(1500, 3, 8, 1.0);
  const auto model =
      regressor({.rounds = 2000, .learning_rate = 0.3, .validation_share = 0.25, .patience = 15})
          .fit(data, Context());
  const auto losses = model.boosted().validation_loss();
  ASSERT_FALSE(losses.empty());
  EXPECT_LT(losses.size(), 2000u);
  const auto best = static_cast<std::size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin());
  EXPECT_EQ(model.boosted().rounds(), best + 1);
  EXPECT_EQ(losses.size(), best + 1 + 15);
}

TEST(GradientBoosting, StagesAreTheModelsOfFewerRounds) {
  const Dataset data = rows_of_numbers(800, 4);
  const auto whole = regressor({.rounds = 30}).fit(data, Context());
  const auto part = regressor({.rounds = 12}).fit(data, Context());
  std::vector<double> a(data.rows()), b(data.rows());
  whole.staged(data.features, 12, a, Context());
  part.predict(data.features, b, Context());
  EXPECT_EQ(a, b);
}

TEST(GradientBoosting, AMonotoneModelIsMonotoneOnEveryPairOfAGrid) {
  // The target rises and falls with both columns, so the constraints bind.
  Stream stream(5, "waves");
  const std::size_t n = 3000;
  Buffer<double> cells(n * 3), y(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < 3; ++c) cells[i * 3 + c] = stream.uniform(-2, 2);
    y[i] =
        std::sin(3 * cells[i * 3]) + 0.5 * cells[i * 3] - std::cos(4 * cells[i * 3 + 1]) * cells[i * 3 + 2];
  }
  Dataset data;
  data.features = Features::dense(std::move(cells), n, 3);
  data.target = Target::numbers(std::move(y));
  for (const TreeGrowth growth : {TreeGrowth::leaf, TreeGrowth::depth, TreeGrowth::symmetric}) {
    const auto model = regressor({.growth = growth, .min_leaf_rows = 3, .rising = {"x0"}, .falling = {"x1"}})
                           .fit(data, Context());
    const std::size_t steps = 41, others = 9;
    Buffer<double> grid(steps * steps * others * 3);
    std::size_t at = 0;
    for (std::size_t k = 0; k < others; ++k)
      for (std::size_t i = 0; i < steps; ++i)
        for (std::size_t j = 0; j < steps; ++j) {
          grid[at++] = -2.05 + 0.1 * static_cast<double>(i);
          grid[at++] = -2.05 + 0.1 * static_cast<double>(j);
          grid[at++] = -2 + 0.5 * static_cast<double>(k);
        }
    std::vector<double> out(steps * steps * others);
    model.predict(Features::dense(std::move(grid), out.size(), 3), out, Context());
    bool moves = false;
    for (std::size_t k = 0; k < others; ++k) {
      const double* plane = out.data() + k * steps * steps;
      for (std::size_t i = 0; i < steps; ++i)
        for (std::size_t j = 0; j < steps; ++j) {
          if (i > 0) {
            ASSERT_GE(plane[i * steps + j], plane[(i - 1) * steps + j]);
          }
          if (j > 0) {
            ASSERT_LE(plane[i * steps + j], plane[i * steps + j - 1]);
          }
          moves |= plane[i * steps + j] != plane[0];
        }
    }
    EXPECT_TRUE(moves);
  }
}

TEST(GradientBoosting, ClassesOfTwoAndOfMore) {
  for (const std::size_t classes : {2, 4}) {
    Stream stream(6, "classes");
    const std::size_t n = 3000;
    Buffer<double> cells(n * 2);
    Buffer<std::int32_t> codes(n);
    for (std::size_t i = 0; i < n; ++i) {
      cells[2 * i] = stream.uniform(-1, 1);
      cells[2 * i + 1] = stream.uniform(-1, 1);
      const double angle = std::atan2(cells[2 * i], cells[2 * i + 1]) / 3.141592653589793 + 1;
      codes[i] = static_cast<std::int32_t>(
          std::min(classes - 1, static_cast<std::size_t>(angle / 2 * static_cast<double>(classes))));
      if (stream.uniform() < 0.05) codes[i] = static_cast<std::int32_t>(stream.below(classes));
    }
    std::vector<std::string> names;
    for (std::size_t c = 0; c < classes; ++c) names.push_back("class " + std::to_string(c));
    Dataset data;
    data.features = Features::dense(std::move(cells), n, 2);
    data.target = Target::classes(std::move(codes), names);
    const auto model = GradientBoostingClassifier{}.fit(data, Context());
    std::vector<double> p(n * classes);
    model.probabilities(data.features, p, Context());
    std::size_t right = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t c = 0; c < classes; ++c) sum += p[i * classes + c];
      ASSERT_NEAR(sum, 1, 1e-12);
      const auto best = std::max_element(p.begin() + static_cast<std::ptrdiff_t>(i * classes),
                                         p.begin() + static_cast<std::ptrdiff_t>((i + 1) * classes)) -
                        p.begin() - static_cast<std::ptrdiff_t>(i * classes);
      right += best == data.target.codes()[i];
    }
    EXPECT_GT(right, n * 94 / 100);
  }
}

TEST(GradientBoosting, QuantilesDoNotCross) {
  const Dataset data = rows_of_numbers(2000, 7, 8, 1.0);
  GradientBoostingRegressor learner;
  learner.objective.goal = NumberGoal::quantile;
  learner.objective.levels = {0.1, 0.5, 0.9};
  const auto model = learner.fit(data, Context());
  std::vector<double> levels(3 * data.rows());
  model.levels(data.features, levels, Context());
  std::size_t below_low = 0, below_high = 0;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    ASSERT_LE(levels[3 * i], levels[3 * i + 1]);
    ASSERT_LE(levels[3 * i + 1], levels[3 * i + 2]);
    below_low += data.target.values()[i] < levels[3 * i];
    below_high += data.target.values()[i] < levels[3 * i + 2];
  }
  EXPECT_NEAR(static_cast<double>(below_low) / 2000, 0.1, 0.05);
  EXPECT_NEAR(static_cast<double>(below_high) / 2000, 0.9, 0.05);
}

TEST(GradientBoosting, ConstraintsOnUnknownColumnsAreRefused) {
  const Dataset data = rows_of_numbers(100, 8);
  const auto code = [&](const BoostingSettings& settings) {
    try {
      regressor(settings).fit(data, Context());
    } catch (const Error& error) {
      return std::string(error.code());
    }
    return std::string();
  };
  EXPECT_EQ(code({.rising = {"height"}}), "parameter.column");
  EXPECT_EQ(code({.rising = {"c2"}}), "parameter.column");
  EXPECT_EQ(code({.rising = {"c0"}, .falling = {"c0"}}), "parameter.column");
  EXPECT_EQ(code({.interactions = {"c0+c9"}}), "parameter.column");
  EXPECT_EQ(code({.rounds = 2, .rising = {"c0"}, .interactions = {"c0+c1", "c2"}}), "");
}

TEST(GradientBoosting, DeepSymmetricTreesHaveLeavesWithoutRows) {
  const Dataset data = rows_of_numbers(60, 10);
  BoostingSettings settings{.rounds = 2, .growth = TreeGrowth::symmetric, .depth = 12};
  const auto model = regressor(settings).fit(data, Context());
  EXPECT_LT(squared_error(model, data), 2.0);
  settings.depth = 17;
  EXPECT_THROW(regressor(settings).fit(data, Context()), ParameterError);
}

TEST(GradientBoosting, ColumnsThatNeverChangeGiveTheMean) {
  const std::size_t n = 50;
  Buffer<double> x(2 * n), y(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[2 * i] = x[2 * i + 1] = 3;
    y[i] = static_cast<double>(i);
  }
  Dataset data;
  data.features = Features::dense(std::move(x), n, 2);
  data.target = Target::numbers(std::move(y));
  const auto model = regressor({}).fit(data, Context());
  std::vector<double> out(n);
  model.predict(data.features, out, Context());
  for (const double answer : out) EXPECT_NEAR(answer, 24.5, 1e-9);
  EXPECT_LE(model.boosted().rounds(), 10U) << "rounds without a split end soon though columns are drawn";
}

TEST(GradientBoosting, RandomPartsDoNotDependOnThreads) {
  const Dataset data = rows_of_numbers(30000, 9);
  for (const RowSampling sampling : {RowSampling::uniform, RowSampling::gradient}) {
    const GradientBoostingRegressor learner = regressor({.rounds = 5,
                                                         .gradient_bits = 3,
                                                         .sampling = sampling,
                                                         .row_share = 0.6,
                                                         .column_share_node = 0.6,
                                                         .drop_rate = 0.3,
                                                         .validation_share = 0.2});
    std::vector<double> first;
    for (const int threads : {1, 2, 7}) {
      const auto model = learner.fit(data, Context({.threads = threads}));
      std::vector<double> out(data.rows());
      model.predict(data.features, out, Context());
      if (first.empty()) first = out;
      EXPECT_EQ(out, first);
    }
  }
}

/// As many trees as divide evenly among threads grow at once, the rest of a round one after the other.
TEST(GradientBoosting, TreesOfManyClassesDoNotDependOnThreads) {
  const Dataset data = rows_of_classes(6000, 12, 5);
  const BoostingSettings kinds[] = {
      {.rounds = 6},
      {.rounds = 6, .sampling = RowSampling::gradient, .column_share = 0.7, .validation_share = 0.2},
      {.rounds = 6, .row_share = 0.5, .drop_rate = 0.4},
      {.rounds = 6, .category_encoding = CategoryEncoding::ordered},
  };
  for (const BoostingSettings& settings : kinds) {
    const GradientBoostingClassifier learner{.objective = {}, .boosting = settings};
    const std::string one = bytes_of(learner.fit(data, Context({.threads = 1})));
    for (const int threads : {2, 3, 5, 7})
      EXPECT_EQ(bytes_of(learner.fit(data, Context({.threads = threads}))), one) << threads;
  }
}

TEST(GradientBoosting, TreesOfManyClassesAtOnceKeepWithinTheMemory) {
  const Dataset data = rows_of_classes(20000, 13, 6);
  const GradientBoostingClassifier learner{.objective = {}, .boosting = {.rounds = 3}};
  const auto bytes_within = [&](const Context& context) {
    const BudgetScope scope(context.memory());
    return bytes_of(learner.fit(data, context));
  };
  const Context one({.threads = 1});
  const std::string wanted = bytes_within(one);
  // A tenth more than one thread takes, which is too little for growers of six threads.
  const std::size_t limit = one.memory().peak() * 11 / 10;
  EXPECT_EQ(bytes_within(Context({.threads = 6, .memory_bytes = limit})), wanted);
  const Context free({.threads = 6});
  EXPECT_EQ(bytes_within(free), wanted);
  EXPECT_GT(free.memory().peak(), limit);
}

/// One of `levels` flags for each of three fields, one column beside; the same rows dense and sparse.
std::pair<Dataset, Dataset> dense_and_sparse(std::size_t rows, std::size_t levels) {
  Stream stream(91, "flags");
  const std::size_t columns = 3 * levels + 1;
  Buffer<float> cells(rows * columns), values(4 * rows);
  Buffer<std::uint64_t> starts(rows + 1);
  Buffer<std::uint32_t> where(4 * rows);
  Buffer<std::int32_t> codes(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    double score = -1;
    for (std::size_t f = 0; f < 4; ++f) {
      const double u = stream.uniform();
      const auto level = f == 3 ? 0 : static_cast<std::size_t>(u * u * static_cast<double>(levels));
      const std::size_t column = f * levels + level, at = 4 * row + f;
      where[at] = static_cast<std::uint32_t>(column);
      values[at] = f == 3 ? static_cast<float>(stream.normal()) : 1.0f;
      cells[row * columns + column] = values[at];
      score += f == 3 ? static_cast<double>(values[at]) : std::cos(static_cast<double>(level * (f + 1)));
    }
    starts[row + 1] = 4 * (row + 1);
    codes[row] = stream.uniform() < 1 / (1 + std::exp(-score)) ? 1 : 0;
  }
  Dataset dense, sparse;
  dense.features = Features::dense(std::move(cells), rows, columns);
  sparse.features = Features::sparse(rows, columns, std::move(starts), std::move(where), std::move(values));
  dense.target = sparse.target = Target::classes(std::move(codes), {"no", "yes"});
  return {dense, sparse};
}

TEST(GradientBoosting, SparseFlagsGiveTheModelOfDenseOnes) {
  auto [dense, sparse] = dense_and_sparse(6000, 40);
  std::vector<BoostingSettings> ways;
  ways.push_back({.rounds = 20});
  ways.push_back({.rounds = 10, .growth = TreeGrowth::depth, .min_leaf_rows = 3});
  ways.push_back({.rounds = 10, .growth = TreeGrowth::symmetric});
  ways.push_back({.rounds = 10, .sampling = RowSampling::gradient, .validation_share = 0.2});
  ways.push_back({.rounds = 10, .row_share = 0.6, .column_share = 0.5, .column_share_node = 0.7});
  ways.push_back({.rounds = 10, .drop_rate = 0.3});
  for (const bool weighted : {false, true}) {
    if (weighted) {
      Stream stream(92, "weights");
      for (std::size_t i = 0; i < dense.rows(); ++i)
        dense.weights.push_back(static_cast<double>(stream.below(4)));
      sparse.weights = dense.weights;
    }
    for (const BoostingSettings& way : ways) {
      const GradientBoostingClassifier learner{.objective = {}, .boosting = way};
      const auto a = learner.fit(dense, Context()), b = learner.fit(sparse, Context({.threads = 2}));
      ASSERT_GT(a.boosted().trees().parts().nodes(), 50u);
      EXPECT_EQ(a.boosted().trees().parts().feature, b.boosted().trees().parts().feature);
      EXPECT_EQ(a.boosted().trees().parts().threshold, b.boosted().trees().parts().threshold);
      EXPECT_EQ(a.boosted().trees().parts().leaf_value, b.boosted().trees().parts().leaf_value);
    }
  }
}

}  // namespace
}  // namespace everyml
