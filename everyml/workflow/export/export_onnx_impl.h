#pragma once

#include <cstddef>

#include "everyml/workflow/export/export_impl.h"
#include "everyml/workflow/export/onnx_message_impl.h"

namespace everyml::detail {

/// Adds what makes of "everyml_features" the output "probabilities", [rows, classes].
void add_branches(onnx::Message& graph, const ExportBranches& model, std::size_t classes);

}  // namespace everyml::detail
