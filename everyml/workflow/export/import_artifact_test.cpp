#include "everyml/workflow/export/import_artifact.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/catalog/catalog.h"

namespace everyml {
namespace {

const std::string kFolder = std::string(EVERYML_SOURCE_DIR) + "/tests/golden/imports/";

ImportedTrees imported(const std::string& file) { return import_trees(read_file(kFolder + file), file); }

const Json& goldens() {
  static const Json json = parse_json(read_file(kFolder + "answers.json"), "answers.json");
  return json;
}

/// The golden rows as a table with those column names.
Table table_of(const Json& rows, const std::vector<std::string>& names) {
  std::vector<Column> columns;
  for (std::size_t j = 0; j < names.size(); ++j) {
    Buffer<double> values(rows.size());
    for (std::size_t r = 0; r < rows.size(); ++r)
      values[r] = rows[r][j].is_null() ? std::nan("") : rows[r][j].get<double>();
    columns.push_back(Column::numbers(names[j], std::move(values)));
  }
  return Table(std::move(columns));
}

/// Saved and opened again, so that what is judged is what a user has.
Artifact artifact_from(const std::string& file) {
  return Artifact::from_bytes(artifact_of(imported(file), "answer").bytes(), file, catalog());
}

TEST(ImportArtifact, AnswersForTablesAsTheToolDoes) {
  const Context context({.threads = 1});
  for (const std::string file :
       {"lgb_binary.txt", "lgb_numbers.txt", "lgb_classes.txt", "lgb_poisson.txt", "lgb_shares.txt",
        "lgb_linear.txt", "xgb_binary.ubj", "xgb_classes.json", "xgb_gamma.json"}) {
    const Artifact artifact = artifact_from(file);
    const bool xgboost = file.starts_with("xgb");
    std::vector<std::string> names = {"Column_0", "Column_1", "Column_2", "Column_3", "Column_4", "Column_5"};
    if (xgboost) names = {"a", "b", "c", "d", "e", "f"};
    const Table table = table_of(goldens()[xgboost ? "rows_of_known_codes" : "rows"], names);
    const auto expected = goldens()["models"][file]["answers"].get<std::vector<double>>();
    const std::size_t classes = artifact.class_names.size();
    const std::vector<double> answers = classes > 0 ? predict_probabilities(artifact, table, context)
                                                    : predict_values(artifact, table, context);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double answer = classes == 2 ? answers[2 * i + 1] : answers[i];
      ASSERT_NEAR(answer, expected[i], 1e-6 * (1 + std::fabs(expected[i]))) << file << " entry " << i;
    }
  }
}

TEST(ImportArtifact, WordsOfCategoriesComeBack) {
  // Words in the order of a data frame, which is not the alphabet's; the codes move, the answers do not.
  ImportedTrees model = imported("lgb_binary.txt");
  model.levels.resize(6);
  const std::vector<std::string> words = {"pear", "fig",  "plum", "kiwi", "lime", "date",
                                          "sloe", "acai", "nut",  "pea",  "oat",  "rye"};
  model.levels[5] = words;
  const Artifact artifact = Artifact::from_bytes(artifact_of(model, "answer").bytes(), "words", catalog());
  const Context context({.threads = 1});
  const Json& rows = goldens()["rows"];
  const Table numbers =
      table_of(rows, {"Column_0", "Column_1", "Column_2", "Column_3", "Column_4", "Column_5"});
  std::vector<Column> columns(numbers.all().begin(), numbers.all().end());
  std::vector<std::optional<std::string>> cells;
  for (const Json& row : rows) {
    if (row[5].is_null()) {
      cells.push_back(std::nullopt);
    } else {
      const auto code = static_cast<std::size_t>(row[5].get<double>());
      cells.push_back(code < words.size() ? words[code] : "unheard of");
    }
  }
  columns[5] = Column::categories("Column_5", cells);
  const auto expected = goldens()["models"]["lgb_binary.txt"]["answers"].get<std::vector<double>>();
  const std::vector<double> answers = predict_probabilities(artifact, Table(std::move(columns)), context);
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(answers[2 * i + 1], expected[i], 1e-12) << i;
}

std::string error_code(const ImportedTrees& model, const std::string& target) {
  try {
    artifact_of(model, target);
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "none";
}

TEST(ImportArtifact, SaysWhatItCannotGive) {
  EXPECT_EQ(error_code(imported("lgb_sqrt.txt"), "answer"), "import.answers");
  EXPECT_EQ(error_code(imported("xgb_hinge.json"), "answer"), "import.answers");
  EXPECT_EQ(error_code(imported("xgb_binary.json"), "c"), "import.target");
  EXPECT_EQ(error_code(imported("xgb_binary.json"), ""), "import.target");
  ImportedTrees twice = imported("xgb_binary.json");
  twice.feature_names[1] = twice.feature_names[0];
  EXPECT_EQ(error_code(twice, "answer"), "data.column_twice");
}

}  // namespace
}  // namespace everyml
