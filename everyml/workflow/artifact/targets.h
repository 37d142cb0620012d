#pragma once

#include <string>
#include <vector>

#include "everyml/workflow/artifact/artifact.h"

namespace everyml {

/// One of the targets that a model answers together, as the user had it.
struct AnsweredTarget {
  std::string name;
  ColumnKind label_kind = ColumnKind::number;  ///< of classes: what the labels were in the user's table
  std::vector<std::string> classes;            ///< none for a number
};

/// Of an artifact whose model learned several targets; empty for every other. Such an artifact has no class
/// names, calibration, threshold or conformal scores, and its `target_name` holds all names, parted by ", ".
std::vector<AnsweredTarget> targets_of(const Artifact& artifact);

/// Makes an artifact one of several targets: its names and kinds of labels, kept in the metadata. `targets`
/// are those of the model, in order.
void set_targets(Artifact& artifact, const std::vector<AnsweredTarget>& targets);

/// The answers for the rows of a table, [rows, answer_count()] of the model.
std::vector<double> predict_answers(const Artifact& artifact, const Table& table, const Context& context,
                                    EncodeNotes* notes = nullptr);
/// The class answered for each row and target, [rows, targets]: the likeliest, of equals the first.
std::vector<std::int32_t> decide_targets(const AnyModel& model, std::span<const double> answers);

}  // namespace everyml
