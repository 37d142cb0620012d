// Probabilities and fitted figures against scikit-learn's, exported by bench/peers/bayes_goldens.py.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "everyml/classical/bayes/bayes_family.h"
#include "everyml/classical/bayes/naive_bayes.h"
#include "everyml/foundation/model/registry.h"

namespace everyml {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(std::string(EVERYML_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Features features_of(const Json& rows) {
  const std::size_t columns = rows[0].size();
  Buffer<double> values(rows.size() * columns);
  std::size_t at = 0;
  for (const Json& row : rows) {
    for (const Json& value : row) values[at++] = value.get<double>();
  }
  return Features::dense(std::move(values), rows.size(), columns);
}

Features sparse_copy(const Features& x) {
  std::vector<std::uint64_t> starts{0};
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  for (std::size_t row = 0; row < x.rows(); ++row) {
    for (std::size_t j = 0; j < x.columns(); ++j) {
      if (x.at(row, j) == 0) continue;
      columns.push_back(static_cast<std::uint32_t>(j));
      values.push_back(static_cast<float>(x.at(row, j)));
    }
    starts.push_back(columns.size());
  }
  const auto buffer = [](const auto& from) {
    Buffer<std::remove_cvref_t<decltype(from[0])>> to(from.size());
    std::copy(from.begin(), from.end(), to.begin());
    return to;
  };
  return Features::sparse(x.rows(), x.columns(), buffer(starts), buffer(columns), buffer(values));
}

double largest_difference(const NaiveBayesModel& model, const Features& asked, const Json& expected) {
  std::vector<double> out(asked.rows() * model.class_names().size());
  model.probabilities(asked, out, Context{});
  double worst = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t classes = model.class_names().size();
    worst = std::max(worst, std::abs(out[i] - expected[i / classes][i % classes].get<double>()));
  }
  return worst;
}

class NaiveBayesGolden : public testing::TestWithParam<const char*> {
 protected:
  Json golden = Json::parse(read_text(std::string("tests/golden/bayes/") + GetParam() + ".json"));
};

Dataset dataset_of(const Json& golden) {
  Dataset data{.features = features_of(golden["x"]), .weights = golden["weights"].get<std::vector<double>>()};
  Buffer<std::int32_t> codes(golden["y"].size());
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = golden["y"][i].get<std::int32_t>();
  std::vector<std::string> names;
  for (int c = 0; c < golden["classes"].get<int>(); ++c) names.push_back(std::to_string(c));
  data.target = Target::classes(std::move(codes), names);
  return data;
}

TEST_P(NaiveBayesGolden, ProbabilitiesAreThoseOfScikitLearn) {
  NaiveBayes settings;
  describe<NaiveBayes>().set_all(&settings, golden["settings"]);
  Dataset data = dataset_of(golden);
  const Features asked = features_of(golden["asked"]);
  EXPECT_LT(largest_difference(settings.fit(data, Context{}), asked, golden["probabilities"]), 1e-9);
  if (settings.likelihood == BayesLikelihood::gaussian) return;
  data.features = sparse_copy(data.features);
  EXPECT_LT(largest_difference(settings.fit(data, Context{}), sparse_copy(asked), golden["probabilities"]),
            1e-9);
}

void expect_figure(const Figure& figure, const Json& expected, const std::string& name) {
  if (expected.is_number()) return expect_figure(Figure{{1}, figure.values}, Json::array({expected}), name);
  std::vector<std::size_t> shape{expected.size()};
  if (expected[0].is_array()) shape.push_back(expected[0].size());
  ASSERT_EQ(figure.shape, shape) << name;
  for (std::size_t i = 0; i < figure.values.size(); ++i) {
    const Json& cell = shape.size() == 1 ? expected[i] : expected[i / shape[1]][i % shape[1]];
    const double value = cell.get<double>();
    EXPECT_NEAR(figure.values[i], value, 1e-10 * std::max(1.0, std::abs(value))) << name << " " << i;
  }
}

TEST_P(NaiveBayesGolden, FiguresAreThoseOfScikitLearn) {
  AnyEstimator estimator = bayes_family()[0].make();
  estimator.set_json(golden["settings"]);
  const AnyModel model = estimator.fit(dataset_of(golden), Context{});
  ASSERT_GE(golden["figures"].size(), 2U);
  for (const AttributeInfo& info : model.attributes()) {
    const std::string name(info.name);
    const auto figure = model.attribute(name);
    EXPECT_EQ(figure.has_value(), golden["figures"].contains(name)) << name;
    if (figure && golden["figures"].contains(name)) expect_figure(*figure, golden["figures"][name], name);
  }
}

INSTANTIATE_TEST_SUITE_P(, NaiveBayesGolden,
                         testing::Values("gaussian", "gaussian_smoothed", "multinomial",
                                         "multinomial_weighted", "multinomial_uniform", "complement",
                                         "complement_weighted", "bernoulli", "bernoulli_weighted",
                                         "categorical", "categorical_weighted"),
                         [](const auto& one) { return std::string(one.param); });

/// 64 pixels and the digit per line.
std::vector<double> digits(std::vector<std::int32_t>& labels) {
  std::istringstream lines(read_text("examples/data/digits8x8.csv"));
  std::string line;
  std::getline(lines, line);
  std::vector<double> pixels;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::string cell;
    std::vector<double> row;
    while (std::getline(cells, cell, ',')) row.push_back(std::stod(cell));
    labels.push_back(static_cast<std::int32_t>(row.back()));
    pixels.insert(pixels.end(), row.begin(), row.end() - 1);
  }
  return pixels;
}

TEST(NaiveBayesDigits, AccuracyPerFoldIsThatOfScikitLearn) {
  const Json golden = Json::parse(read_text("tests/golden/bayes/digits_folds.json"));
  std::vector<std::int32_t> labels;
  const std::vector<double> pixels = digits(labels);
  ASSERT_EQ(labels.size(), 1797U);
  Buffer<std::int32_t> codes(labels.size());
  std::copy(labels.begin(), labels.end(), codes.begin());
  Dataset data{.features = Features::view(pixels.data(), labels.size(), 64)};
  data.target = Target::classes(std::move(codes), {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  for (std::size_t fold = 0; fold < 5; ++fold) {
    std::vector<std::size_t> train, test;
    for (std::size_t row = 0; row < labels.size(); ++row) {
      (golden["fold_of"][row].get<std::size_t>() == fold ? test : train).push_back(row);
    }
    const auto model = NaiveBayes{}.fit(data.select_rows(train), Context{});
    const Dataset held = data.select_rows(test);
    std::vector<double> out(test.size() * 10);
    model.probabilities(held.features, out, Context{});
    std::size_t right = 0;
    for (std::size_t i = 0; i < test.size(); ++i) {
      const auto first = out.begin() + static_cast<std::ptrdiff_t>(i * 10);
      right += std::max_element(first, first + 10) - first == held.target.codes()[i];
    }
    EXPECT_NEAR(static_cast<double>(right) / static_cast<double>(test.size()),
                golden["accuracy"][fold].get<double>(), 0.002);
  }
}

}  // namespace
}  // namespace everyml
