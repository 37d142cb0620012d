#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "everyml/ensembles/boosting/boosting_data_test_impl.h"
#include "everyml/ensembles/boosting/boosting_train_impl.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/ensembles/boosting/ordered_columns_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using namespace testing_boosting;
using boosting_detail::OrderedColumns;

/// Rows 0, 2, 3, 5, 6, ... train; the others do not.
std::vector<std::size_t> two_of_three(std::size_t rows) {
  std::vector<std::size_t> training;
  for (std::size_t row = 0; row < rows; ++row)
    if (row % 3 != 1) training.push_back(row);
  return training;
}

std::string name_of_code(double code) { return std::isnan(code) ? "missing" : std::to_string(code); }

TEST(OrderedColumns, ATrainingRowsNumberIsTheMeanOfTheRowsBeforeIt) {
  Dataset data = rows_of_numbers(240, 1, 9);
  for (std::size_t row = 0; row < data.rows(); ++row) data.weights.push_back(row % 4 == 0 ? 2.5 : 1.0);
  const std::vector<std::size_t> training = two_of_three(data.rows());
  const double smooth = 3;
  const Context context;
  const OrderedColumns ordered(data, training, 4, smooth, 2, context);
  ASSERT_EQ(ordered.sources().size(), 5u);
  EXPECT_FALSE(ordered.as_it_is(2));

  double sum = 0, weight = 0;
  for (const std::size_t row : training) {
    sum += data.weight(row) * data.target.values()[row];
    weight += data.weight(row);
  }
  const double prior = sum / weight;
  const auto mean_over = [&](double code, std::span<const std::size_t> rows) {
    double top = smooth * prior, bottom = smooth;
    for (const std::size_t row : rows) {
      if (name_of_code(data.features.at(row, 2)) != name_of_code(code)) continue;
      top += data.weight(row) * data.target.values()[row];
      bottom += data.weight(row);
    }
    return top / bottom;
  };
  std::vector<std::size_t> before;
  for (const std::size_t at : context.random("boosting-order", 2).permutation(training.size())) {
    const std::size_t row = training[at];
    EXPECT_NEAR(ordered.columns().features.at(row, 2), mean_over(data.features.at(row, 2), before), 1e-12);
    before.push_back(row);
  }
  for (std::size_t row = 1; row < data.rows(); row += 3)
    EXPECT_NEAR(ordered.columns().features.at(row, 2), mean_over(data.features.at(row, 2), training), 1e-12);
}

TEST(OrderedColumns, ThreeClassesHaveThreeNumbersAndFewLevelsStay) {
  const Dataset data = rows_of_classes(300, 2, 3, 7);
  const std::vector<std::size_t> training = two_of_three(data.rows());
  const OrderedColumns ordered(data, training, 4, 1, 0, Context());
  EXPECT_EQ((std::vector<std::uint32_t>(ordered.sources().begin(), ordered.sources().end())),
            (std::vector<std::uint32_t>{0, 1, 2, 2, 2, 3, 4}));
  for (std::size_t row = 1; row < data.rows(); row += 3) {
    double all = 0;
    for (std::size_t k = 0; k < 3; ++k) all += ordered.columns().features.at(row, 2 + k);
    EXPECT_NEAR(all, 1, 1e-12);
  }
  EXPECT_FALSE(OrderedColumns::useful(data, training, 10));
  EXPECT_TRUE(OrderedColumns::useful(data, training, 4));
}

/// The node that a row of numbers ends in.
std::size_t walked(const GrownTree& tree, const Features& x, std::size_t row) {
  std::size_t at = 0;
  while (tree.nodes[at].feature >= 0) {
    const GrownTree::Node& node = tree.nodes[at];
    const double value = x.at(row, static_cast<std::size_t>(node.feature));
    bool left = value <= node.threshold;
    if (node.categories >= 0) {
      const auto& set = tree.sets[static_cast<std::size_t>(node.categories)];
      const auto code = std::isnan(value) ? 0 : static_cast<std::size_t>(value);
      left = code / 64 < set.size() && ((set[code / 64] >> (code % 64)) & 1) != 0;
    }
    if (std::isnan(value)) left = node.missing_left;
    at = static_cast<std::size_t>(left ? node.left : node.right);
  }
  return at;
}

TEST(OrderedColumns, QuestionsOfNumbersAreQuestionsOfSets) {
  Dataset data = rows_of_numbers(400, 3, 90);
  // Two levels and the missing are met by rows alone that do not train.
  Buffer<double> cells(data.rows() * data.columns());
  for (std::size_t row = 0; row < data.rows(); ++row)
    for (std::size_t c = 0; c < data.columns(); ++c)
      cells[row * data.columns() + c] = data.features.at(row, c);
  for (std::size_t row = 1; row < data.rows(); row += 30) cells[row * data.columns() + 2] = 95;
  data.features = Features::dense(std::move(cells), data.rows(), data.columns());
  const std::vector<std::size_t> training = two_of_three(data.rows());
  const OrderedColumns ordered(data, training, 4, 2, 0, Context());
  Stream stream(4, "thresholds");
  for (int tries = 0; tries < 50; ++tries) {
    GrownTree tree;
    tree.nodes.resize(5);
    tree.nodes[0] = {.feature = 2, .threshold = 1.5 * stream.normal(), .left = 1, .right = 2};
    tree.nodes[2] = {.feature = 2, .threshold = 1.5 * stream.normal(), .left = 3, .right = 4};
    tree.values.resize(5);
    const GrownTree own = ordered.translated(tree);
    for (std::size_t row = 1; row < data.rows(); row += 3)
      ASSERT_EQ(walked(own, data.features, row), walked(tree, ordered.columns().features, row));
  }
}

TEST(OrderedCategories, TheModelAnswersAsItDidInTraining) {
  for (const std::size_t classes : {2u, 3u}) {
    const Dataset data = rows_of_classes(900, 5, classes, 40);
    const GradientBoostingClassifier settings{.boosting = {.rounds = 15,
                                                           .validation_share = 0.3,
                                                           .patience = 100,
                                                           .category_encoding = CategoryEncoding::ordered}};
    const auto model = settings.fit(data, Context());
    const auto losses = model.boosted().validation_loss();
    ASSERT_EQ(losses.size(), 15u);
    const auto rows = boosting_detail::part_rows(data, 0.3, Context()).validation;
    std::vector<double> out(rows.size() * classes);
    for (const std::size_t round : {std::size_t{1}, model.boosted().rounds()}) {
      model.staged(data.features.select_rows(rows), round, out, Context());
      double loss = 0;
      for (std::size_t i = 0; i < rows.size(); ++i)
        loss -= std::log(out[i * classes + static_cast<std::size_t>(data.target.codes()[rows[i]])]);
      EXPECT_NEAR(loss / static_cast<double>(rows.size()), losses[round - 1], 1e-9);
    }
  }
}

TEST(OrderedCategories, EveryWayOfGrowingLearnsAndThreadsDoNotMatter) {
  const Dataset train = rows_of_numbers(3000, 6, 60), test = rows_of_numbers(1500, 7, 60);
  std::vector<BoostingSettings> ways;
  ways.push_back({});
  ways.push_back({.growth = TreeGrowth::symmetric});
  ways.push_back({.row_share = 0.7, .column_share = 0.8});
  ways.push_back({.drop_rate = 0.1});
  ways.push_back({.rising = {"c1"}, .interactions = {"c0+c1+c2"}});
  ways.push_back({.linear_leaves = true});
  for (BoostingSettings way : ways) {
    way.category_encoding = CategoryEncoding::ordered;
    const GradientBoostingRegressor settings{.boosting = way};
    const auto model = settings.fit(train, Context({.threads = 1}));
    std::vector<double> out(test.rows());
    model.predict(test.features, out, Context());
    double error = 0, spread = 0;
    for (std::size_t row = 0; row < out.size(); ++row) {
      error += std::pow(out[row] - test.target.values()[row], 2);
      spread += std::pow(test.target.values()[row], 2);
    }
    // The noise is .09 of about 2.5.
    EXPECT_LT(error, 0.15 * spread);
    EXPECT_EQ(bytes_of(settings.fit(train, Context({.threads = 7}))), bytes_of(model));
  }
}

TEST(OrderedCategories, LevelsOfNoiseAreNotLearned) {
  // 500 levels that mean nothing: subsets find an order that fits the training rows.
  Dataset train = rows_of_numbers(2000, 8, 8, 1.0), test = rows_of_numbers(2000, 9, 8, 1.0);
  for (Dataset* data : {&train, &test}) {
    Stream stream(10, "levels", data == &train ? 0 : 1);
    Buffer<double> cells(data->rows() * 2);
    for (std::size_t row = 0; row < data->rows(); ++row) {
      cells[2 * row] = data->features.at(row, 1);
      cells[2 * row + 1] = static_cast<double>(stream.below(500));
    }
    data->features = Features::dense(std::move(cells), data->rows(), 2);
    data->info = {data->info[1], data->info[2]};
    data->info[1].levels = 500;
  }
  std::vector<double> errors;
  for (const CategoryEncoding encoding : {CategoryEncoding::subsets, CategoryEncoding::ordered}) {
    const auto model =
        GradientBoostingRegressor{.boosting = {.category_encoding = encoding, .category_smooth = 1}}.fit(
            train, Context());
    std::vector<double> out(test.rows());
    model.predict(test.features, out, Context());
    errors.push_back(0);
    for (std::size_t row = 0; row < out.size(); ++row)
      errors.back() += std::pow(out[row] - test.target.values()[row], 2) / static_cast<double>(out.size());
  }
  EXPECT_LT(errors[1], errors[0]);
}

}  // namespace
}  // namespace everyml
