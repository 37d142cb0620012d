#include <gtest/gtest.h>

#include "everyml/classical/trees/decision_tree.h"
#include "everyml/classical/trees/table_data_test_impl.h"

// Against rpart and scikit-learn; bench/peers/rpart_goldens.R and decision_tree_goldens.py wrote the answers.

namespace everyml {
namespace {

using testing_trees::example;
using testing_trees::golden;

TEST(DecisionTreeGolden, EqualsRpartAtTheSameComplexity) {
  const auto json = golden("rpart.json");
  for (const auto& one : json["cases"]) {
    const Dataset data = example(one["file"], one["target"]);
    for (const auto& fit : one["fits"]) {
      SCOPED_TRACE(one["file"].get<std::string>() + " at " + fit["cp"].dump());
      CartShape growth{.max_depth = 30,
                       .min_split = 20,
                       .min_leaf = 7,
                       .alpha = fit["cp"].get<double>(),
                       .surrogates = fit["surrogates"]};
      const auto expected = fit["answers"].get<std::vector<double>>();
      std::vector<double> got(expected.size());
      std::size_t leaves = 0;
      if (data.target.kind() == Target::Kind::classes) {
        const auto model = DecisionTreeClassifier{.growth = growth}.fit(data, Context{});
        model.probabilities(data.features, got, Context{});
        leaves = model.leaf_count();
      } else {
        const auto model = DecisionTreeRegressor{.growth = growth}.fit(data, Context{});
        model.predict(data.features, got, Context{});
        leaves = model.leaf_count();
      }
      EXPECT_EQ(leaves, fit["leaves"].get<std::size_t>());
      std::size_t differ = 0;
      for (std::size_t i = 0; i < got.size(); ++i)
        differ += std::abs(got[i] - expected[i]) > 1e-8 * std::max(1.0, std::abs(expected[i]));
      EXPECT_EQ(differ, 0U) << "of " << got.size();
    }
  }
}

std::vector<double> numbers_of(const nlohmann::json& list) {
  std::vector<double> out;
  for (const auto& one : list) out.push_back(one.is_null() ? std::nan("") : one.get<double>());
  return out;
}

Features features_of(const nlohmann::json& list, std::size_t columns) {
  const std::vector<double> values = numbers_of(list);
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Features::dense(std::move(buffer), values.size() / columns, columns);
}

Target classes_of(const nlohmann::json& list) {
  Buffer<std::int32_t> codes(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) codes[i] = list[i].get<std::int32_t>();
  return Target::classes(std::move(codes), {"a", "b", "c"});
}

Target values_of(const nlohmann::json& list) {
  Buffer<double> values(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) values[i] = list[i].get<double>();
  return Target::numbers(std::move(values));
}

template <class Settings>
Settings settings_of(const nlohmann::json& pairs) {
  Settings settings;
  for (const auto& [name, text] : pairs.items())
    describe<Settings>().set_text(&settings, name, text.template get<std::string>());
  return settings;
}

bool same(const DecisionTreeModel& model, const nlohmann::json& expected, const Features& asked) {
  if (model.leaf_count() != expected["leaves"].get<std::size_t>() ||
      model.depth() != expected["depth"].get<std::size_t>())
    return false;
  const auto answers = numbers_of(expected["answers"]), importances = numbers_of(expected["importances"]);
  std::vector<double> got(answers.size());
  model.answer(asked, got, Context{});
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::abs(got[i] - answers[i]) > 1e-9) return false;
  }
  for (std::size_t f = 0; f < importances.size(); ++f) {
    if (std::abs(model.importances()[f] - importances[f]) > 1e-6) return false;
  }
  return true;
}

/// Between equally good features scikit-learn draws lots; ours must be one of the trees it may give.
void expect_same(const DecisionTreeModel& model, const nlohmann::json& one, const Features& asked) {
  const auto& trees = one["trees"];
  EXPECT_TRUE(std::any_of(trees.begin(), trees.end(), [&](const auto& t) { return same(model, t, asked); }))
      << model.leaf_count() << " leaves against " << trees[0]["leaves"];
}

TEST(DecisionTreeGolden, EqualsScikitLearn) {
  const auto json = golden("decision_tree.json");
  const std::size_t columns = json["columns"];
  const Features x = features_of(json["x"], columns), asked = features_of(json["asked"], columns);
  for (const auto& one : json["cases"]) {
    SCOPED_TRACE(one["task"].dump() + one["settings"].dump() + one["weighted"].dump());
    Dataset data{.features = x};
    if (one["weighted"].get<bool>()) data.weights = numbers_of(json["weights"]);
    if (one["task"] == "classes") {
      data.target = classes_of(json["codes"]);
      expect_same(settings_of<DecisionTreeClassifier>(one["settings"]).fit(data, Context{}), one, asked);
    } else {
      data.target = values_of(json[one["task"] == "counts" ? "counts" : "y"]);
      expect_same(settings_of<DecisionTreeRegressor>(one["settings"]).fit(data, Context{}), one, asked);
    }
  }
}

TEST(DecisionTreeGolden, LearnsTheSideOfMissingCellsAsScikitLearnDoes) {
  const auto json = golden("decision_tree.json");
  const std::size_t columns = json["columns"];
  const Dataset data{.features = features_of(json["gaps"], columns), .target = classes_of(json["codes"])};
  const auto& expected = json["missing"];
  expect_same(settings_of<DecisionTreeClassifier>(expected["settings"]).fit(data, Context{}), expected,
              features_of(json["asked_gaps"], columns));
}

TEST(DecisionTreeGolden, ThePruningPathIsScikitLearns) {
  const auto json = golden("decision_tree.json");
  const auto& expected = json["path"];
  const Dataset data{.features = features_of(json["x"], json["columns"]),
                     .target = classes_of(json["codes"])};
  const auto path =
      settings_of<DecisionTreeClassifier>(expected["settings"]).fit(data, Context{}).pruning_path();
  EXPECT_TRUE(std::any_of(expected["paths"].begin(), expected["paths"].end(), [&](const auto& one) {
    const auto alphas = numbers_of(one["alphas"]), errors = numbers_of(one["errors"]);
    if (path.alphas.size() != alphas.size()) return false;
    for (std::size_t i = 0; i < alphas.size(); ++i) {
      if (std::abs(path.alphas[i] - alphas[i]) > 1e-9 || std::abs(path.errors[i] - errors[i]) > 1e-9)
        return false;
    }
    return true;
  })) << path.alphas.size();
}

}  // namespace
}  // namespace everyml
