#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/export/imported_trees.h"

// Models and answers of LightGBM and XGBoost themselves, written by bench/peers/tree_import_goldens.py.

namespace everyml {
namespace {

const std::string kFolder = std::string(EVERYML_SOURCE_DIR) + "/tests/golden/imports/";

const Json& goldens() {
  static const Json json = parse_json(read_file(kFolder + "answers.json"), "answers.json");
  return json;
}

Features rows_of(const std::string& model) {
  const Json& rows = goldens()[model.starts_with("xgb") ? "rows_of_known_codes" : "rows"];
  Buffer<double> values(rows.size() * 6);
  std::size_t at = 0;
  for (const Json& row : rows) {
    for (const Json& v : row) values[at++] = v.is_null() ? std::nan("") : v.get<double>();
  }
  return Features::dense(std::move(values), rows.size(), 6);
}

std::string error_code(const std::string& bytes) {
  try {
    import_trees(bytes, "model");
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "none";
}

class ImportGolden : public testing::TestWithParam<std::string> {};

TEST_P(ImportGolden, AnswersAreThoseOfTheTool) {
  const std::string& file = GetParam();
  const Json& golden = goldens()["models"][file];
  const ImportedTrees model = import_trees(read_file(kFolder + file), file);
  const Features x = rows_of(file);
  const Context context({.threads = 1});
  ASSERT_EQ(model.trees.feature_count(), 6U);
  std::vector<double> answers(x.rows() * model.trees.output_count());
  model.trees.predict(x, answers, context);
  const bool exact = model.tool == "LightGBM";
  if (!golden["scores"].is_null()) {
    const auto scores = golden["scores"].get<std::vector<double>>();
    ASSERT_EQ(scores.size(), answers.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      // The sigmoid of LightGBM's binary objective and the mean of its forests are folded into the scores
      // here.
      const double scale = file == "lgb_binary.txt" ? 0.7 : file == "lgb_forest.txt" ? 1.0 / 12 : 1.0;
      ASSERT_NEAR(answers[i], scale * scores[i], (exact ? 1e-13 : 1e-6) * (1 + std::fabs(scores[i])))
          << "entry " << i;
    }
  }
  model.answers(answers);
  const auto expected = golden["answers"].get<std::vector<double>>();
  ASSERT_EQ(expected.size(), answers.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(answers[i], expected[i], (exact ? 1e-13 : 1e-6) * (1 + std::fabs(expected[i])))
        << "entry " << i;
  }
}

std::vector<std::string> golden_files() {
  std::vector<std::string> names;
  for (const auto& [name, value] : goldens()["models"].items()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Files, ImportGolden, testing::ValuesIn(golden_files()), [](const auto& file) {
  std::string name = file.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(Import, PlainLightGbmScoresAreEqualToTheBit) {
  for (const std::string file :
       {"lgb_numbers.txt", "lgb_ranking.txt", "lgb_classes.txt", "lgb_zero_missing.txt"}) {
    const ImportedTrees model = import_trees(read_file(kFolder + file), file);
    const Features x = rows_of(file);
    std::vector<double> scores(x.rows() * model.trees.output_count());
    model.trees.predict(x, scores, Context({.threads = 1}));
    EXPECT_EQ(scores, goldens()["models"][file]["scores"].get<std::vector<double>>()) << file;
  }
}

TEST(Import, TellsToolObjectiveClassesAndNames) {
  const ImportedTrees lightgbm = import_trees(read_file(kFolder + "lgb_classes.txt"), "m");
  EXPECT_EQ(lightgbm.tool, "LightGBM");
  EXPECT_EQ(lightgbm.objective, "multiclass");
  EXPECT_EQ(lightgbm.classes, 3U);
  EXPECT_EQ(lightgbm.link, ImportLink::softmax);
  EXPECT_EQ(lightgbm.feature_names[5], "Column_5");
  const ImportedTrees xgboost = import_trees(read_file(kFolder + "xgb_binary.ubj"), "m");
  EXPECT_EQ(xgboost.tool, "XGBoost");
  EXPECT_EQ(xgboost.objective, "binary:logistic");
  EXPECT_EQ(xgboost.classes, 2U);
  EXPECT_THAT(xgboost.feature_names, testing::ElementsAre("a", "b", "c", "d", "e", "f"));
}

TEST(Import, TextAndBinaryOfXgboostAreTheSameModel) {
  for (const std::string stem : {"xgb_binary", "xgb_classes", "xgb_dart", "xgb_numbers"}) {
    const ImportedTrees text = import_trees(read_file(kFolder + stem + ".json"), stem);
    const ImportedTrees binary = import_trees(read_file(kFolder + stem + ".ubj"), stem);
    EXPECT_EQ(text.trees.parts().threshold, binary.trees.parts().threshold) << stem;
    EXPECT_EQ(text.trees.parts().leaf_value, binary.trees.parts().leaf_value) << stem;
    EXPECT_EQ(text.trees.parts().base, binary.trees.parts().base) << stem;
    EXPECT_EQ(text.trees.parts().set_words, binary.trees.parts().set_words) << stem;
  }
}

/// Every threshold of XGBoost's, asked with the doubles around the place where rounding to a float changes.
TEST(Import, ThresholdsRoundAsFloatsDo) {
  const Json file = parse_json(read_file(kFolder + "xgb_numbers.json"), "file");
  const ImportedTrees model = import_trees(read_file(kFolder + "xgb_numbers.json"), "file");
  std::size_t asked = 0;
  for (const double threshold : model.trees.parts().threshold) {
    const double after = std::nextafter(threshold, std::numeric_limits<double>::infinity());
    const float t = static_cast<float>(after);
    EXPECT_LT(static_cast<float>(threshold), t);
    bool found = false;
    for (const Json& tree : file["learner"]["gradient_booster"]["model"]["trees"]) {
      for (const Json& c : tree["split_conditions"])
        found = found || static_cast<float>(c.get<double>()) == t;
    }
    EXPECT_TRUE(found) << t;
    ++asked;
  }
  EXPECT_GT(asked, 20U);
}

TEST(Import, WhatCannotBeExpressedIsSaidSo) {
  EXPECT_EQ(error_code(read_file(kFolder + "xgb_linear.json")), "import.linear");
  EXPECT_EQ(error_code(read_file(kFolder + "xgb_vectors.json")), "import.vector_leaves");
  std::string other = read_file(kFolder + "xgb_raw.json");
  other.replace(other.find("binary:logitraw"), 15, "binary:whatever");
  EXPECT_EQ(error_code(other), "import.objective");
  EXPECT_EQ(error_code(""), "import.format");
  EXPECT_EQ(error_code("solver_type L2R_LR\nnr_class 2\n"), "import.format");
}

TEST(Import, FilesThatContradictThemselvesAreRefused) {
  const std::string good = read_file(kFolder + "lgb_binary.txt");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return error_code(text);
  };
  EXPECT_EQ(error_code(good), "none");
  EXPECT_EQ(with("end of trees", "end"), "import.missing");
  EXPECT_EQ(with("max_feature_idx=5", "max_feature_idx=4"), "import.value");
  EXPECT_EQ(with("max_feature_idx=5", "max_feature_idx=1000000000"), "import.value");
  EXPECT_EQ(with("num_leaves=8", "num_leaves=1000000000"), "import.value");
  EXPECT_EQ(with("num_leaves=8", "num_leaves=0"), "import.value");
  EXPECT_EQ(with("num_tree_per_iteration=1", "num_tree_per_iteration=5"), "import.value");
  EXPECT_EQ(with("left_child=1", "left_child=0"), "import.value");
  EXPECT_EQ(with("left_child=1", "left_child=99"), "import.value");
  EXPECT_EQ(with("leaf_value=", "leaf_value=nan "), "import.value");
  EXPECT_EQ(with("split_feature=", "split_feature=-9"), "import.value");

  Json model = parse_json(read_file(kFolder + "xgb_binary.json"), "file");
  const auto changed = [&](const std::string& pointer, const Json& value) {
    Json copy = model;
    copy[Json::json_pointer("/learner" + pointer)] = value;
    return error_code(write_json(copy));
  };
  const std::string tree = "/gradient_booster/model/trees/0";
  EXPECT_EQ(changed(tree + "/left_children/0", 0), "import.value");
  EXPECT_EQ(changed(tree + "/left_children/0", 1 << 20), "import.value");
  EXPECT_EQ(changed(tree + "/split_indices/0", 6), "import.value");
  EXPECT_EQ(changed(tree + "/split_conditions", Json::array()), "import.value");
  EXPECT_EQ(changed("/gradient_booster/model/tree_info/0", 3), "import.value");
  EXPECT_EQ(changed("/learner_model_param/num_feature", "4000000000"), "import.value");
  EXPECT_EQ(changed("/learner_model_param/num_class", "1000000"), "import.value");
  EXPECT_EQ(changed("/learner_model_param/base_score", "[1E0]"), "import.value");
  EXPECT_EQ(changed("/gradient_booster/model", nullptr), "import.missing");
}

TEST(Import, EveryPrefixOfAFileIsRefused) {
  for (const std::string file : {"lgb_stumpless.txt", "xgb_binary.ubj", "xgb_hinge.json"}) {
    const std::string bytes = read_file(kFolder + file);
    const std::size_t end = file.ends_with("txt") ? bytes.find("end of trees") : bytes.size() - 1;
    for (std::size_t size = 0; size < end; size += 7)
      ASSERT_NE(error_code(bytes.substr(0, size)), "none") << size;
  }
}

TEST(Import, BinaryFilesCannotAnnounceWhatTheyDoNotHold) {
  using std::string_literals::operator""s;
  EXPECT_EQ(error_code("{L\0\0\0\0\0\0\0\1a[$d#L\x7f\0\0\0\0\0\0\0"s), "import.syntax");
  EXPECT_EQ(error_code("{L\0\0\0\0\0\0\0\1a[$Z#L\x7f\0\0\0\0\0\0\0}"s), "import.syntax");
  EXPECT_EQ(error_code("{L\x7f\0\0\0\0\0\0\1a"s), "import.syntax");
  EXPECT_EQ(error_code("{L\0\0\0\0\0\0\0\1a"s + std::string(100000, '[')), "import.syntax");
  EXPECT_EQ(error_code("{i\1aZi\1aZ}"), "import.syntax");
}

}  // namespace
}  // namespace everyml
