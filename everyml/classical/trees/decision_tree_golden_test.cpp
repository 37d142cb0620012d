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
      TreeGrowth growth{.max_depth = 30,
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

}  // namespace
}  // namespace everyml
