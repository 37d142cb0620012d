#include "everyml/workflow/export/export_c.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "everyml/ensembles/boosting/boosting_family.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/export/import_artifact.h"

namespace everyml {
namespace {

const std::string kFolder = std::string(EVERYML_SOURCE_DIR) + "/tests/golden/imports/";
constexpr std::size_t kRows = 1000;

/// Rows of odd cells: NaN, zeros, tiny and huge numbers, codes of categories known and not.
struct Rows {
  std::vector<double> numbers;                    ///< [kRows, columns]
  std::vector<std::optional<std::string>> words;  ///< [kRows] of the column of words
};

Rows draw_rows(std::size_t columns, const std::vector<std::string>& levels) {
  Stream random(3, "export rows");
  Rows rows;
  for (std::size_t r = 0; r < kRows; ++r) {
    for (std::size_t j = 0; j < columns; ++j) {
      double value = random.normal() * std::pow(10.0, static_cast<double>(random.below(7)) - 3);
      if (random.below(8) == 0) value = std::nan("");
      if (random.below(8) == 0) value = 0;
      if (random.below(50) == 0) value = 1e-36;
      if (j == 5 && !std::isnan(value)) value = static_cast<double>(random.below(14));
      rows.numbers.push_back(value);
    }
    const std::uint64_t place = random.below(levels.size() + 2);
    rows.words.push_back(place < levels.size()    ? std::optional(levels[place])
                         : place == levels.size() ? std::nullopt
                                                  : std::optional<std::string>("unheard of"));
  }
  return rows;
}

Table table_of(const Artifact& artifact, const Rows& rows) {
  const auto& schema = artifact.encoder.schema().columns;
  std::vector<Column> columns;
  for (std::size_t j = 0; j < schema.size(); ++j) {
    if (schema[j].kind == ColumnKind::category) {
      columns.push_back(Column::categories(schema[j].name, rows.words));
      continue;
    }
    Buffer<double> values(kRows);
    for (std::size_t r = 0; r < kRows; ++r) values[r] = rows.numbers[r * schema.size() + j];
    columns.push_back(Column::numbers(schema[j].name, std::move(values)));
  }
  return Table(std::move(columns));
}

/// Three characters after question marks may mean another in C.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '?' ? std::string("\\077") : std::string(1, c);
  return out;
}

/// A program that asks the exported function for the rows and prints the bits of what it answers.
std::string program_for(const Artifact& artifact, const Rows& rows) {
  const auto& schema = artifact.encoder.schema().columns;
  std::string text = "#include <stdio.h>\n#include \"model.c\"\nstatic const m_cell rows[][" +
                     std::to_string(schema.size()) + "] = {\n";
  char number[64];
  for (std::size_t r = 0; r < kRows; ++r) {
    text += "{";
    for (std::size_t j = 0; j < schema.size(); ++j) {
      const double value = rows.numbers[r * schema.size() + j];
      std::snprintf(number, sizeof(number), "%a", value);
      const bool word = schema[j].kind == ColumnKind::category && rows.words[r];
      text += std::string("{") + (std::isnan(value) ? "NAN" : number) + ", " +
              (word ? '"' + escaped(*rows.words[r]) + '"' : "NULL") + "},";
    }
    text += "},\n";
  }
  text +=
      "};\nint main(void) {\n  int r, k;\n  double out[m_answers];\n  uint64_t bits;\n"
      "  for (r = 0; r < 1000; ++r) {\n    m_predict(rows[r], out);\n    for (k = 0; k < m_answers; ++k) {\n"
      "      memcpy(&bits, &out[k], 8);\n      printf(\"%llx\\n\", (unsigned long long)bits);\n    }\n  }\n  "
      "return 0;\n}\n";
  return text;
}

void write_text(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

/// Compiles what is exported and asks it. `most`: how far answers may lie from everyml's, in parts of 1 + the
/// answer; 0: they have the same bits.
void expect_equal(const Artifact& artifact, const std::string& what, double most = 0) {
  if (std::system("gcc --version > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "SKIPPED: there is no gcc to compile what is exported";
  std::vector<std::string> levels;
  for (const ColumnSchema& column : artifact.encoder.schema().columns) {
    if (column.kind == ColumnKind::category) levels = column.levels;
  }
  const Rows rows = draw_rows(artifact.encoder.schema().columns.size(), levels);
  const auto folder = std::filesystem::temp_directory_path() / ("everyml_export_" + what);
  std::filesystem::create_directories(folder);
  write_text(folder / "model.c", export_c(artifact, "m"));
  write_text(folder / "main.c", program_for(artifact, rows));
  const std::string place = folder.string();
  ASSERT_EQ(
      std::system(
          ("cd " + place +
           " && gcc -std=c99 -O1 -Wall -Wextra -Wpedantic -Werror main.c -o main -lm && ./main > out.txt")
              .c_str()),
      0)
      << what;
  const Context context({.threads = 1});
  const Table table = table_of(artifact, rows);
  const std::vector<double> expected =
      artifact.model.can(Capability::anomaly) ? predict_anomalies(artifact, table, context)
      : artifact.class_names.empty()          ? predict_values(artifact, table, context)
                                              : predict_probabilities(artifact, table, context);
  std::ifstream in(folder / "out.txt");
  in >> std::hex;
  std::size_t different = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::uint64_t bits = 0;
    ASSERT_TRUE(in >> bits) << what;
    const double off = std::abs(std::bit_cast<double>(bits) - expected[i]);
    const bool same = most > 0 ? off <= most * (1 + std::abs(expected[i]))
                               : bits == std::bit_cast<std::uint64_t>(expected[i]);
    different += same ? 0 : 1;
  }
  EXPECT_EQ(different, 0U) << what << " of " << expected.size();
  std::filesystem::remove_all(folder);
}

Artifact imported(const std::string& file) {
  return artifact_of(import_trees(read_file(kFolder + file), file), "answer");
}

TEST(ExportC, AnswersHaveTheSameBits) {
  for (const std::string file :
       {"lgb_binary.txt", "lgb_linear.txt", "lgb_classes.txt", "lgb_ova.txt", "lgb_poisson.txt",
        "lgb_zero_missing.txt", "lgb_stumpless.txt", "xgb_classes.json"}) {
    expect_equal(imported(file), file);
  }
}

/// A model of that algorithm, learned from numbers with gaps and a column of words.
Artifact learned(const std::string& algorithm, std::size_t classes,
                 const std::vector<std::pair<std::string, std::string>>& settings = {}) {
  constexpr std::size_t kLearned = 300;
  Stream random(11, "export learn");
  const std::vector<std::string> words = {"acai", "date", "fig", "kiwi", "lime", "nut", "pear", "what\?\?="};
  Buffer<double> a(kLearned), b(kLearned), numbers(kLearned);
  Buffer<std::int32_t> codes(kLearned);
  std::vector<std::optional<std::string>> fruit;
  const Entry& entry = catalog().find(algorithm);
  Artifact artifact;
  for (std::size_t i = 0; i < kLearned; ++i) {
    a[i] = i % 9 == 0 ? std::nan("") : random.normal();
    b[i] = 100 * random.normal();
    const std::size_t word = random.below(words.size() + 1);
    fruit.push_back(word < words.size() ? std::optional(words[word]) : std::nullopt);
    const double signal = (std::isnan(a[i]) ? 1.0 : 2 * a[i]) + 0.01 * b[i] + (word % 3 == 1 ? 1.5 : 0.0);
    numbers[i] = orders_lists(entry.card().name) ? std::clamp(std::round(signal), 0.0, 3.0) : signal;
    codes[i] = static_cast<std::int32_t>(
        std::clamp(static_cast<double>(classes - 1) / 2 + signal / 2 + 0.4 * random.normal(), 0.0,
                   static_cast<double>(std::max<std::size_t>(classes, 1) - 1)));
  }
  const Table table({Column::numbers("a", a), Column::numbers("b", b), Column::categories("fruit", fruit)});
  artifact.algorithm = algorithm;
  artifact.target_kind = entry.card().target;
  Dataset data;
  if (classes > 0) {
    for (std::size_t k = 0; k < classes; ++k) artifact.class_names.push_back("class " + std::to_string(k));
    data.target = Target::classes(codes, artifact.class_names);
  } else if (artifact.target_kind == Target::Kind::numbers) {
    data.target = Target::numbers(numbers);
  }
  if (artifact.target_kind != Target::Kind::none) artifact.target_name = "answer";
  const Context context({.threads = 1, .seed = 4});
  artifact.encoder = Encoder::fit(table, table.names(), data.target, {}, entry.card().needs,
                                  {.one_hot_levels = 10}, context);
  data.features = artifact.encoder.transform_training(table, data.target, {}, context);
  data.info.assign(artifact.encoder.info().begin(), artifact.encoder.info().end());
  if (orders_lists(entry.card().name))
    for (std::size_t i = 0; i < kLearned; ++i) data.groups.push_back(static_cast<std::int32_t>(i / 10));
  AnyEstimator estimator = entry.make();
  for (const auto& [name, value] : settings) estimator.set(name, value);
  artifact.model = estimator.fit(data, context);
  return artifact;
}

TEST(ExportC, ModelsLearnedHereHaveTheSameBits) {
  const std::vector<std::pair<std::string, std::string>> few = {{"trees", "20"}};
  for (const std::size_t classes : {2U, 4U}) {
    const std::string with = "_" + std::to_string(classes);
    expect_equal(learned("random-forest-classifier", classes, few), "forest" + with);
    expect_equal(learned("extra-trees-classifier", classes, few), "extra" + with);
    expect_equal(learned("decision-tree-classifier", classes), "tree" + with);
    expect_equal(learned("gradient-boosting-classifier", classes, {{"rounds", "10"}}), "boosting" + with);
  }
  expect_equal(learned("random-forest-regressor", 0, few), "forest_numbers");
  expect_equal(learned("extra-trees-regressor", 0, few), "extra_numbers");
  expect_equal(learned("decision-tree-regressor", 0), "tree_numbers");
  expect_equal(learned("gradient-boosting-regressor", 0, {{"rounds", "10"}}), "boosting_numbers");
  expect_equal(learned("gradient-boosting-ranker", 0, {{"rounds", "10"}}), "ranker");
  expect_equal(learned("adaboost-regressor", 0, {{"rounds", "25"}}), "median");
  expect_equal(learned("isolation-forest", 0, {{"trees", "30"}}), "isolation");
}

TEST(ExportC, VotesAgree) {
  for (const std::size_t classes : {2U, 4U}) {
    const std::string with = "_" + std::to_string(classes);
    expect_equal(learned("adaboost-classifier", classes), "adaboost" + with, 1e-13);
    expect_equal(learned("logitboost", classes), "logitboost" + with, 1e-13);
  }
}

TEST(ExportC, RowsGoDownManyBranchesInPart) {
  for (const std::size_t classes : {2U, 4U}) {
    const std::string with = "_" + std::to_string(classes);
    expect_equal(learned("c45", classes), "c45" + with);
    expect_equal(learned("c45", classes, {{"prune", "false"}, {"laplace", "true"}}), "c45_full" + with);
    expect_equal(learned("c45", classes, {{"prune", "false"}, {"group_levels", "true"}}),
                 "c45_groups" + with);
  }
  // A tree that asks nothing.
  expect_equal(learned("c45", 2, {{"min_leaf", "1000"}}), "c45_leaf");
  Artifact calibrated = learned("c45", 2);
  calibrated.calibration = {
      .method = Calibration::Method::sigmoid, .classes = 2, .slope = {1.2, 0.8}, .offset = {0.1, -0.1}};
  expect_equal(calibrated, "c45_sigmoid");
}

TEST(ExportC, CalibratedForestsAreToo) {
  Artifact artifact = learned("random-forest-classifier", 2, {{"trees", "20"}});
  artifact.calibration = {.method = Calibration::Method::isotonic, .classes = 2};
  artifact.calibration.knots = {{0.1, 0.4, 0.9}, {0.2, 0.3}};
  artifact.calibration.levels = {{0.0, 0.5, 1.0}, {0.1, 0.7}};
  expect_equal(artifact, "forest_isotonic");
}

TEST(ExportC, LinearLeavesHaveOffsets) {
  ImportedTrees model = import_trees(read_file(kFolder + "lgb_linear.txt"), "offsets");
  TreeParts parts = model.trees.parts();
  for (std::size_t leaf = 0; leaf < parts.leaves(); ++leaf)
    parts.linear_offset.push_back(0.37 * static_cast<double>(leaf % 5));
  model.trees = TreeEnsemble(std::move(parts));
  expect_equal(artifact_of(model, "answer"), "offsets");
}

TEST(ExportC, WordsAreFound) {
  ImportedTrees model = import_trees(read_file(kFolder + "lgb_binary.txt"), "words");
  model.levels.resize(6);
  model.levels[5] = {"pear", "fig",  "what\?\?=", "kiwi", "lime", "date",
                     "sloe", "acai", "nut",       "pea",  "oat",  "*/ rye"};
  model.feature_names[5] = "fruit */ \"of\" the day";
  expect_equal(artifact_of(model, "answer"), "words");
}

TEST(ExportC, CalibrationIsKept) {
  Artifact artifact = imported("lgb_classes.txt");
  artifact.calibration = {.method = Calibration::Method::isotonic, .classes = 3};
  artifact.calibration.knots = {{0.1, 0.4, 0.9}, {0.2, 0.3}, {0.05, 0.5, 0.6}};
  artifact.calibration.levels = {{0.0, 0.5, 1.0}, {0.1, 0.7}, {0.2, 0.3, 0.9}};
  expect_equal(artifact, "isotonic");
  artifact.calibration = {.method = Calibration::Method::sigmoid, .classes = 3};
  artifact.calibration.slope = {1.1, 0.9, 1.0};
  artifact.calibration.offset = {0.1, -0.2, 0.0};
  expect_equal(artifact, "sigmoid");
}

std::string error_code(const Artifact& artifact, const std::string& prefix) {
  try {
    export_c(artifact, prefix);
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "none";
}

TEST(ExportC, SaysWhatItCannot) {
  const Artifact artifact = imported("lgb_binary.txt");
  EXPECT_EQ(error_code(artifact, "model"), "none");
  EXPECT_EQ(error_code(artifact, "1model"), "export.prefix");
  EXPECT_EQ(error_code(artifact, "a b"), "export.prefix");
  EXPECT_EQ(error_code(artifact, ""), "export.prefix");
  EXPECT_EQ(error_code(Artifact(), "model"), "export.model");
  EXPECT_EQ(error_code(learned("naive-bayes", 2), "model"), "export.model");
  EXPECT_EQ(error_code(learned("isolation-forest", 0, {{"columns", "2"}}), "model"), "export.model");
  EXPECT_EQ(error_code(learned("decision-tree-classifier", 2, {{"surrogates", "3"}}), "model"),
            "export.model");
}

}  // namespace
}  // namespace everyml
