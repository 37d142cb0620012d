#include "everyml/classical/neighbors/knn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/model/any_model.h"

namespace everyml {
namespace {

static_assert(PredictsProbabilities<KnnClassifierModel> && ShowsNeighbors<KnnClassifierModel> &&
              Updates<KnnClassifierModel> && !PredictsValues<KnnClassifierModel>);
static_assert(PredictsValues<KnnRegressorModel> && ShowsNeighbors<KnnRegressorModel> &&
              Updates<KnnRegressorModel>);

template <class T = double>
Features features_of(const std::vector<double>& values, std::size_t columns) {
  Buffer<T> buffer(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) buffer[i] = static_cast<T>(values[i]);
  return Features::dense(std::move(buffer), values.size() / columns, columns);
}

Target classes_of(const std::vector<int>& codes, std::vector<std::string> names) {
  Buffer<std::int32_t> buffer(codes.size());
  std::copy(codes.begin(), codes.end(), buffer.begin());
  return Target::classes(std::move(buffer), std::move(names));
}

Target numbers_of(const std::vector<double>& values) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Target::numbers(std::move(buffer));
}

/// Rows on a small grid, so that many distances are equal, with classes and weights.
Dataset grid(std::size_t rows, std::uint64_t seed, bool weighted) {
  Stream random(seed, "grid");
  std::vector<double> values(rows * 3);
  for (double& value : values) value = static_cast<double>(random.below(4));
  std::vector<int> codes(rows);
  for (int& code : codes) code = static_cast<int>(random.below(3));
  Dataset data{.features = features_of(values, 3), .target = classes_of(codes, {"ash", "beech", "oak"})};
  for (std::size_t i = 0; weighted && i < rows; ++i)
    data.weights.push_back(static_cast<double>(random.below(3)) / 2);
  return data;
}

std::vector<double> probabilities_of(const KnnClassifierModel& model, const Features& x,
                                     const Context& context) {
  std::vector<double> out(x.rows() * model.class_names().size());
  model.probabilities(x, out, context);
  return out;
}

std::string bytes_of(const auto& model) {
  ArchiveWriter archive;
  model.save(archive);
  return archive.bytes();
}

/// The definition: sort all distances, take the first, add up their votes.
std::vector<double> slow_vote(const KnnClassifier& settings, const Dataset& data, const Features& x,
                              std::size_t row) {
  std::vector<double> query(x.columns()), other(x.columns());
  for (std::size_t j = 0; j < x.columns(); ++j) query[j] = x.at(row, j);
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    if (data.weight(i) == 0) continue;
    for (std::size_t j = 0; j < x.columns(); ++j) other[j] = data.features.at(i, j);
    order.emplace_back(distance(settings.metric, query, other), i);
  }
  std::sort(order.begin(), order.end());
  order.resize(static_cast<std::size_t>(settings.neighbors));
  std::vector<double> votes(data.target.class_count());
  double sum = 0;
  for (const auto& [away, i] : order) {
    double vote = data.weight(i);
    if (settings.weights == Votes::distance) {
      vote *= order.front().first == 0 ? (away == 0 ? 1.0 : 0.0) : 1 / away;
    }
    votes[static_cast<std::size_t>(data.target.codes()[i])] += vote;
    sum += vote;
  }
  for (double& vote : votes) vote /= sum;
  return votes;
}

TEST(Knn, ProbabilitiesAreTheVotesOfTheDefinition) {
  const Context context({.threads = 2});
  const Dataset queries = grid(60, 2, false);
  for (const bool weighted : {false, true}) {
    const Dataset data = grid(200, 1, weighted);
    for (const Metric metric : {Metric::euclidean, Metric::manhattan, Metric::cosine}) {
      for (const Votes votes : {Votes::uniform, Votes::distance}) {
        const KnnClassifier settings{.neighbors = 7, .weights = votes, .metric = metric};
        const auto model = settings.fit(data, context);
        const auto got = probabilities_of(model, queries.features, context);
        for (std::size_t i = 0; i < queries.rows(); ++i) {
          const auto expected = slow_vote(settings, data, queries.features, i);
          for (std::size_t c = 0; c < 3; ++c)
            ASSERT_NEAR(got[i * 3 + c], expected[c], 1e-12) << i << " " << c;
        }
      }
    }
  }
}

Json golden(const std::string& file) {
  std::ifstream in(std::string(EVERYML_SOURCE_DIR) + "/tests/golden/neighbors/" + file);
  return Json::parse(in);
}

TEST(Knn, AnswersOfScikitLearn) {
  const Context context({.threads = 2});
  const Json file = golden("cases.json");
  const std::size_t columns = file["columns"];
  const Features x = features_of(file["x"].get<std::vector<double>>(), columns);
  const Features asked = features_of(file["asked"].get<std::vector<double>>(), columns);
  const Dataset classes{.features = x,
                        .target = classes_of(file["codes"].get<std::vector<int>>(), {"a", "b", "c"})};
  const Dataset numbers{.features = x, .target = numbers_of(file["y"].get<std::vector<double>>())};
  ASSERT_EQ(file["cases"].size(), 6U);
  for (const Json& expected : file["cases"]) {
    SCOPED_TRACE(expected["settings"].dump());
    KnnClassifier classifier;
    KnnRegressor regressor;
    for (const auto& [name, text] : expected["settings"].items()) {
      describe<KnnClassifier>().set_text(&classifier, name, text.get<std::string>());
      describe<KnnRegressor>().set_text(&regressor, name, text.get<std::string>());
    }
    const auto probabilities = probabilities_of(classifier.fit(classes, context), asked, context);
    const auto model = regressor.fit(numbers, context);
    std::vector<double> values(asked.rows()), distances(asked.rows() * 6);
    std::vector<std::int64_t> rows(distances.size());
    model.predict(asked, values, context);
    model.neighbors(asked, 6, rows, distances, context);
    EXPECT_EQ(rows, expected["rows"].get<std::vector<std::int64_t>>());
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_NEAR(values[i], expected["values"][i].get<double>(), 1e-12);
    }
    for (std::size_t i = 0; i < distances.size(); ++i) {
      EXPECT_NEAR(distances[i], expected["distances"][i].get<double>(), 1e-12);
    }
    for (std::size_t i = 0; i < probabilities.size(); ++i) {
      EXPECT_NEAR(probabilities[i], expected["probabilities"][i].get<double>(), 1e-12);
    }
  }
}

TEST(Knn, DigitsOnTheFoldsOfScikitLearn) {
  std::ifstream in(std::string(EVERYML_SOURCE_DIR) + "/examples/data/digits8x8.csv");
  std::string line, cell;
  std::getline(in, line);
  std::vector<double> values;
  std::vector<int> digit;
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    for (int j = 0; j < 64 && std::getline(cells, cell, ','); ++j) values.push_back(std::stod(cell));
    std::getline(cells, cell);
    digit.push_back(std::stoi(cell));
  }
  const Dataset digits{.features = features_of(values, 64),
                       .target = classes_of(digit, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"})};
  ASSERT_EQ(digits.rows(), 1797U);
  const Context context({.threads = 2});
  const Json file = golden("digits_folds.json");
  for (const int neighbors : {1, 2, 3, 4, 5}) {
    const auto expected = file["predicted"][std::to_string(neighbors)].get<std::vector<int>>();
    std::size_t right = 0, asked = 0;
    for (const Json& fold : file["folds"]) {
      const auto test = fold.get<std::vector<std::size_t>>();
      std::vector<std::size_t> train;
      for (std::size_t i = 0; i < digits.rows(); ++i) {
        if (!std::binary_search(test.begin(), test.end(), i)) train.push_back(i);
      }
      const auto model = KnnClassifier{.neighbors = neighbors}.fit(digits.select_rows(train), context);
      const auto p = probabilities_of(model, digits.features.select_rows(test), context);
      for (std::size_t i = 0; i < test.size(); ++i) {
        const auto row = p.begin() + static_cast<std::ptrdiff_t>(i * 10);
        const int got = static_cast<int>(std::max_element(row, row + 10) - row);
        EXPECT_EQ(got, expected[test[i]]) << neighbors << " neighbours, row " << test[i];
        right += got == digit[test[i]] ? 1 : 0;
        ++asked;
      }
    }
    ASSERT_EQ(asked, digits.rows());
    if (neighbors == 1) {
      EXPECT_GE(static_cast<double>(right) / static_cast<double>(asked), 0.987);
    }
  }
}

TEST(Knn, SameBytesAtOneTwoAndSevenThreads) {
  const Dataset data = grid(20000, 3, true), queries = grid(500, 4, false);
  const KnnClassifier settings{.neighbors = 9, .weights = Votes::distance};
  const Context one({.threads = 1});
  const auto model = settings.fit(data, one);
  const auto expected = probabilities_of(model, queries.features, one);
  for (const int threads : {2, 7}) {
    const Context context({.threads = threads});
    const auto other = settings.fit(data, context);
    EXPECT_EQ(bytes_of(other), bytes_of(model));
    EXPECT_EQ(probabilities_of(other, queries.features, context), expected);
    // A subset of the queries gets the subset of the answers.
    const auto part = probabilities_of(other, queries.features.slice(100, 105), context);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), expected.begin() + 300));
  }
}

TEST(Knn, RegressionAveragesNeighbours) {
  const Context context({.threads = 1});
  const Dataset data{.features = features_of<float>({0, 1, 2, 10}, 1), .target = numbers_of({1, 3, 5, 100})};
  std::vector<double> out(2);
  const Features x = features_of<float>({1, 0.5}, 1);
  KnnRegressor{.neighbors = 3}.fit(data, context).predict(x, out, context);
  EXPECT_DOUBLE_EQ(out[0], 3);
  EXPECT_DOUBLE_EQ(out[1], 3);
  KnnRegressor{.neighbors = 3, .weights = Votes::distance}.fit(data, context).predict(x, out, context);
  EXPECT_DOUBLE_EQ(out[0], 3);
  EXPECT_DOUBLE_EQ(out[1], (1 / 0.5 + 3 / 0.5 + 5 / 1.5) / (2 / 0.5 + 1 / 1.5));
  // Fewer rows than neighbours: all vote.
  KnnRegressor{.neighbors = 50}.fit(data, context).predict(x, out, context);
  EXPECT_DOUBLE_EQ(out[0], 109.0 / 4);
}

TEST(Knn, ShowsItsNeighboursInTheNumberingOfTheTrainingSet) {
  const Context context({.threads = 1});
  Dataset data{.features = features_of({0, 5, 5, 6, 9}, 1), .target = numbers_of({0, 1, 2, 3, 4})};
  data.weights = {1, 1, 0, 1, 2};
  const auto model = KnnRegressor{}.fit(data, context);
  std::vector<std::int64_t> rows(3);
  std::vector<double> distances(3);
  model.neighbors(features_of({5.25}, 1), 3, rows, distances, context);
  EXPECT_EQ(rows, (std::vector<std::int64_t>{1, 3, 4}));
  EXPECT_EQ(distances, (std::vector<double>{0.25, 0.75, 3.75}));
  rows.resize(5), distances.resize(5);
  EXPECT_THROW(model.neighbors(features_of({5.25}, 1), 5, rows, distances, context), ParameterError);
}

TEST(Knn, UpdateIsFitOnBoth) {
  const Context context({.threads = 1});
  for (const bool weighted : {false, true}) {
    const Dataset all = grid(90, 5, weighted);
    std::vector<std::size_t> first(50), second(40);
    for (std::size_t i = 0; i < 90; ++i) (i < 50 ? first[i] : second[i - 50]) = i;
    const auto whole = KnnClassifier{}.fit(all, context);
    const auto updated =
        KnnClassifier{}.fit(all.select_rows(first), context).update(all.select_rows(second), context);
    EXPECT_EQ(bytes_of(updated), bytes_of(whole));
  }
  const Dataset begin{.features = features_of({0, 1}, 1), .target = classes_of({0, 1}, {"b", "c"})};
  const Dataset more{.features = features_of<float>({2, 3}, 1), .target = classes_of({0, 1}, {"a", "b"})};
  const auto grown = KnnClassifier{.neighbors = 1}.fit(begin, context).update(more, context);
  EXPECT_EQ(std::vector<std::string>(grown.class_names().begin(), grown.class_names().end()),
            (std::vector<std::string>{"b", "c", "a"}));
  EXPECT_EQ(probabilities_of(grown, features_of({2}, 1), context), (std::vector<double>{0, 0, 1}));
  EXPECT_THROW(grown.update({.features = features_of({1, 2}, 2), .target = classes_of({0}, {"a"})}, context),
               DataError);
}

TEST(Knn, TheModelKeepsItsOwnRows) {
  const Context context({.threads = 1});
  std::vector<float> values = {0, 1, 2};
  const Dataset data{.features = Features::view(values.data(), 3, 1), .target = numbers_of({0, 1, 2})};
  const auto model = KnnRegressor{.neighbors = 1}.fit(data, context);
  values = {9, 9, 9};
  std::vector<double> out(1);
  model.predict(features_of({2}, 1), out, context);
  EXPECT_EQ(out[0], 2);
}

TEST(Knn, SaveAndLoad) {
  const Context context({.threads = 1});
  for (const bool weighted : {false, true}) {
    const Dataset data = grid(80, 6, weighted);
    const auto model = KnnClassifier{.neighbors = 4, .weights = Votes::distance}.fit(data, context);
    const auto loaded = KnnClassifierModel::load(ArchiveReader::from_bytes(bytes_of(model), "test"));
    EXPECT_EQ(bytes_of(loaded), bytes_of(model));
    EXPECT_EQ(loaded.summary(), model.summary());
    EXPECT_EQ(probabilities_of(loaded, data.features, context),
              probabilities_of(model, data.features, context));
  }
  const Dataset data{.features = features_of<float>({0, 1, 2, 10}, 2), .target = numbers_of({1, 3})};
  const auto model = KnnRegressor{}.fit(data, context);
  EXPECT_EQ(bytes_of(KnnRegressorModel::load(ArchiveReader::from_bytes(bytes_of(model), "test"))),
            bytes_of(model));
}

TEST(Knn, LoadRefusesWhatCannotBe) {
  struct Parts {
    std::int64_t neighbors = 2, seen = 3;
    std::string metric = "euclidean";
    std::vector<double> rows = {1, 2, 3, 4}, weights = {1, 1};
    std::vector<std::uint64_t> shape = {2, 2};
    std::vector<std::int64_t> ids = {0, 2};
    std::vector<std::int32_t> codes = {0, 1};
    std::vector<std::string> classes = {"a", "b"};
  };
  const auto load = [](const auto& change) {
    Parts parts;
    change(parts);
    ArchiveWriter archive;
    archive.integer("neighbors", parts.neighbors);
    archive.text("weights", "uniform");
    archive.text("metric", parts.metric);
    archive.integer("seen", parts.seen);
    archive.array("rows", std::span<const double>(parts.rows), parts.shape);
    archive.array("row_weights", std::span<const double>(parts.weights));
    archive.array("row_ids", std::span<const std::int64_t>(parts.ids));
    archive.array("codes", std::span<const std::int32_t>(parts.codes));
    archive.strings("classes", parts.classes);
    return KnnClassifierModel::load(ArchiveReader::from_bytes(archive.bytes(), "test"));
  };
  EXPECT_EQ(load([](Parts&) {}).feature_count(), 2U);
  EXPECT_THROW(load([](Parts& p) { p.neighbors = 0; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.metric = "odd"; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.seen = 1; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.rows[0] = INFINITY; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.shape = {4}; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.rows.clear(), p.shape = {0, 2}; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.weights[0] = 0; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.weights.push_back(1); }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.ids = {2, 0}; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.ids = {0, 3}; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.ids = {0}; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.codes[1] = 2; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.codes[1] = -1; }), FormatError);
  EXPECT_THROW(load([](Parts& p) { p.codes.pop_back(); }), FormatError);
}

TEST(Knn, RefusesWhatItCannotLearnFrom) {
  const Context context({.threads = 1});
  const Dataset data = grid(10, 7, false);
  EXPECT_THROW((KnnClassifier{.neighbors = 0}.fit(data, context)), ParameterError);
  EXPECT_THROW(KnnRegressor{}.fit(data, context), DataError);
  const Dataset missing{.features = features_of({1, NAN}, 1), .target = numbers_of({1, 2})};
  EXPECT_THROW(KnnRegressor{}.fit(missing, context), DataError);
  const auto model = KnnClassifier{}.fit(data, context);
  std::vector<double> out(3);
  EXPECT_THROW(model.probabilities(features_of({1, 2, NAN}, 3), out, context), DataError);
}

}  // namespace
}  // namespace everyml
