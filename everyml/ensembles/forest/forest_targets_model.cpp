#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/trees/shap.h"
#include "everyml/classical/trees/tree_targets.h"
#include "everyml/ensembles/forest/forest.h"

namespace everyml {

void ForestTargetsModel::answers(const Features& x, std::span<double> out, const Context& context) const {
  forest_.ensemble().predict(x, out, context);
  // Sums of shares may round beyond 1, means of the largest numbers beyond them.
  const bool classes = !classes_.front().empty();
  const double most = classes ? 1.0 : std::numeric_limits<double>::max();
  for (double& value : out) value = std::clamp(value, classes ? 0.0 : -most, most);
}

void ForestTargetsModel::contributions(const Features& x, std::span<double> out,
                                       const Context& context) const {
  shap_values(forest_.ensemble(), x, out, context);
}

std::optional<Figure> ForestTargetsModel::out_of_bag(bool classes) const {
  const std::vector<double>& answers = forest_.facts().out_of_bag;
  if (answers.empty() || classes == classes_.front().empty()) return std::nullopt;
  const std::size_t width = answers_of_targets(classes_);
  return Figure::table(answers.size() / width, width, answers);
}

Json ForestTargetsModel::summary() const {
  Json json = forest_.summary();
  json["targets"] = classes_.size();
  return json;
}

void ForestTargetsModel::save(ArchiveWriter& archive) const {
  forest_.save(archive);
  save_targets(archive, classes_);
}

ForestTargetsModel ForestTargetsModel::load(const ArchiveReader& archive) {
  ForestTrees forest = ForestTrees::load(archive);
  std::vector<std::vector<std::string>> classes = load_targets(archive);
  const TreeParts& parts = forest.ensemble().parts();
  const std::size_t width = answers_of_targets(classes);
  if (parts.trees() == 0 || parts.outputs != width || parts.width != width ||
      std::any_of(parts.base.begin(), parts.base.end(), [](double one) { return one != 0; })) {
    archive.refuse("trees", "trees of as many answers as the targets need would be right");
  }
  check_target_shares(archive, parts, classes, 1.0 / static_cast<double>(parts.trees()));
  return {std::move(forest), std::move(classes)};
}

}  // namespace everyml
