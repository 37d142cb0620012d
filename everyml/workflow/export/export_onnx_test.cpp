#include "everyml/workflow/export/export_onnx.h"

#include <gtest/gtest.h>

#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/export/import_artifact.h"

// Answers are checked with onnx and onnxruntime by tests/scripts/onnx_check.py.

namespace everyml {
namespace {

Artifact imported(const std::string& file) {
  return artifact_of(
      import_trees(read_file(std::string(EVERYML_SOURCE_DIR) + "/tests/golden/imports/" + file), file),
      "answer");
}

std::string error_code(const Artifact& artifact) {
  try {
    export_onnx(artifact);
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "none";
}

TEST(ExportOnnx, NamesInputsAndTheOutput) {
  const std::string classes = export_onnx(imported("xgb_binary.json"));
  EXPECT_NE(classes.find("TreeEnsemble"), std::string::npos);
  EXPECT_NE(classes.find("probabilities"), std::string::npos);
  const std::string numbers = export_onnx(imported("lgb_numbers.txt"));
  for (const std::string name : {"Column_0", "Column_5", "values"})
    EXPECT_NE(numbers.find(name), std::string::npos) << name;
  EXPECT_EQ(numbers.find("probabilities"), std::string::npos);
}

TEST(ExportOnnx, SaysWhatItCannot) {
  EXPECT_EQ(error_code(imported("lgb_binary.txt")), "none");
  EXPECT_EQ(error_code(imported("lgb_linear.txt")), "export.linear");
  Artifact calibrated = imported("lgb_binary.txt");
  calibrated.calibration = {
      .method = Calibration::Method::sigmoid, .classes = 2, .slope = {1, 1}, .offset = {0, 0}};
  EXPECT_EQ(error_code(calibrated), "export.calibration");
  EXPECT_EQ(error_code(Artifact()), "export.model");
}

}  // namespace
}  // namespace everyml
