#include "everyml/workflow/artifact/targets.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace everyml {

std::vector<AnsweredTarget> targets_of(const Artifact& artifact) {
  const auto classes = artifact.model.target_classes();
  std::vector<AnsweredTarget> targets;
  if (classes.empty()) return targets;
  const Json metadata = parse_json(artifact.metadata_json, "metadata of the model");
  for (std::size_t t = 0; t < classes.size(); ++t) {
    const Json& one = metadata.at("targets").at(t);
    targets.push_back({.name = one.at("name").get<std::string>(),
                       .label_kind = static_cast<ColumnKind>(one.at("labels").get<int>()),
                       .classes = classes[t]});
  }
  return targets;
}

void set_targets(Artifact& artifact, const std::vector<AnsweredTarget>& targets) {
  Json metadata = parse_json(artifact.metadata_json, "metadata of the model");
  Json list = Json::array();
  artifact.target_name.clear();
  for (const AnsweredTarget& one : targets) {
    if (!list.empty()) artifact.target_name += ", ";
    artifact.target_name += one.name;
    list.push_back({{"name", one.name}, {"labels", static_cast<int>(one.label_kind)}});
  }
  metadata["targets"] = std::move(list);
  artifact.metadata_json = write_json(metadata);
  artifact.class_names.clear();
  artifact.calibration = {};
  artifact.label_kind = ColumnKind::category;
}

std::vector<std::int32_t> decide_targets(const AnyModel& model, std::span<const double> answers) {
  const auto classes = model.target_classes();
  const std::size_t width = model.answer_count();
  std::vector<std::int32_t> out;
  out.reserve(width == 0 ? 0 : answers.size() / width * classes.size());
  for (std::size_t begin = 0; begin < answers.size(); begin += width) {
    auto at = answers.begin() + static_cast<std::ptrdiff_t>(begin);
    for (const std::vector<std::string>& names : classes) {
      const auto end = at + static_cast<std::ptrdiff_t>(std::max<std::size_t>(names.size(), 1));
      out.push_back(static_cast<std::int32_t>(std::max_element(at, end) - at));
      at = end;
    }
  }
  return out;
}

}  // namespace everyml
