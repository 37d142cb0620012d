#include "everyml/workflow/export/export_c.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/io/atomic_file.h"
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

void expect_equal_bits(const Artifact& artifact, const std::string& what) {
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
  const std::vector<double> expected = artifact.class_names.empty()
                                           ? predict_values(artifact, table, context)
                                           : predict_probabilities(artifact, table, context);
  std::ifstream in(folder / "out.txt");
  in >> std::hex;
  std::size_t different = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::uint64_t bits = 0;
    ASSERT_TRUE(in >> bits) << what;
    different += bits != std::bit_cast<std::uint64_t>(expected[i]) ? 1 : 0;
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
    expect_equal_bits(imported(file), file);
  }
}

TEST(ExportC, LinearLeavesHaveOffsets) {
  ImportedTrees model = import_trees(read_file(kFolder + "lgb_linear.txt"), "offsets");
  TreeParts parts = model.trees.parts();
  for (std::size_t leaf = 0; leaf < parts.leaves(); ++leaf)
    parts.linear_offset.push_back(0.37 * static_cast<double>(leaf % 5));
  model.trees = TreeEnsemble(std::move(parts));
  expect_equal_bits(artifact_of(model, "answer"), "offsets");
}

TEST(ExportC, WordsAreFound) {
  ImportedTrees model = import_trees(read_file(kFolder + "lgb_binary.txt"), "words");
  model.levels.resize(6);
  model.levels[5] = {"pear", "fig",  "what\?\?=", "kiwi", "lime", "date",
                     "sloe", "acai", "nut",       "pea",  "oat",  "*/ rye"};
  model.feature_names[5] = "fruit */ \"of\" the day";
  expect_equal_bits(artifact_of(model, "answer"), "words");
}

TEST(ExportC, CalibrationIsKept) {
  Artifact artifact = imported("lgb_classes.txt");
  artifact.calibration = {.method = Calibration::Method::isotonic, .classes = 3};
  artifact.calibration.knots = {{0.1, 0.4, 0.9}, {0.2, 0.3}, {0.05, 0.5, 0.6}};
  artifact.calibration.levels = {{0.0, 0.5, 1.0}, {0.1, 0.7}, {0.2, 0.3, 0.9}};
  expect_equal_bits(artifact, "isotonic");
  artifact.calibration = {.method = Calibration::Method::sigmoid, .classes = 3};
  artifact.calibration.slope = {1.1, 0.9, 1.0};
  artifact.calibration.offset = {0.1, -0.2, 0.0};
  expect_equal_bits(artifact, "sigmoid");
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
}

}  // namespace
}  // namespace everyml
