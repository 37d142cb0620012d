#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/classical/trees/shap.h"
#include "everyml/ensembles/boosting/boosting_watch_impl.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

BoostedTrees::BoostedTrees(TreeEnsemble trees, std::shared_ptr<const BoostingObjective> objective,
                           ValidationHistory validation)
    : trees_(std::move(trees)), objective_(std::move(objective)), validation_(std::move(validation)) {
  if (trees_.output_count() != objective_->outputs() || trees_.parts().width != 1 ||
      trees_.tree_count() % objective_->outputs() != 0)
    throw ParameterError("model.outputs", "the trees do not have the outputs of the objective");
}

BoostedTrees BoostedTrees::first_rounds(std::size_t wanted) const {
  if (wanted >= rounds()) return *this;
  ValidationHistory first = validation_;
  first.loss.resize(std::min(first.loss.size(), wanted));
  first.scores.resize(std::min(first.scores.size(), wanted));
  return {TreeEnsemble(trees_.parts().slice(0, wanted * outputs())), objective_, std::move(first)};
}

void BoostedTrees::scores(const Features& x, std::span<double> out, const Context& context,
                          std::size_t rounds) const {
  const std::size_t last = rounds >= this->rounds() ? TreeEnsemble::kAll : rounds * outputs();
  trees_.predict(x, out, context, 0, last);
}

void BoostedTrees::answers(const Features& x, std::span<double> out, const Context& context,
                           std::size_t rounds) const {
  scores(x, out, context, rounds);
  const std::size_t width = outputs();
  parallel_for(context, x.rows(), 8192, [&](std::size_t begin, std::size_t end) {
    objective_->answers(out.subspan(begin * width, (end - begin) * width));
  });
}

void BoostedTrees::contributions(const Features& x, std::span<double> out, const Context& context) const {
  shap_values(trees_, x, out, context);
}

Figure BoostedTrees::importance(std::string_view kind) const {
  const std::size_t features = feature_count();
  std::vector<double> gain(features, 0), cover(features, 0), splits(features, 0);
  trees_.importance(gain, cover, splits);
  std::vector<double>& wanted = kind == "gain" ? gain : kind == "cover" ? cover : splits;
  double sum = 0;
  for (const double value : wanted) sum += value;
  if (sum > 0)
    for (double& value : wanted) value /= sum;
  return Figure::list(wanted);
}

Json BoostedTrees::summary() const {
  Json json;
  json["rounds"] = rounds();
  json["trees"] = trees_.tree_count();
  json["leaves"] = trees_.parts().leaves();
  json["loss"] = std::string(objective_->loss_name());
  json["base_score"] = trees_.parts().base;
  if (!validation_.loss.empty()) json["validation_loss"] = validation_.loss;
  if (!validation_.scores.empty()) {
    json["validation_metric"] = validation_.metric;
    json["validation_scores"] = validation_.scores;
  }
  const Figure gain = importance("gain");
  constexpr std::size_t kMost = 500;
  json["feature_importances"] = std::vector<double>(
      gain.values.begin(),
      gain.values.begin() + static_cast<std::ptrdiff_t>(std::min(kMost, gain.values.size())));
  return json;
}

void BoostedTrees::save(ArchiveWriter& archive) const {
  ArchiveWriter trees = archive.scope("trees");
  trees_.save(trees);
  ArchiveWriter objective = archive.scope("objective");
  objective_->save(objective);
  archive.array("validation_loss", std::span<const double>(validation_.loss));
  if (validation_.scores.empty()) return;
  archive.text("validation_metric", validation_.metric);
  archive.array("validation_scores", std::span<const double>(validation_.scores));
}

BoostedTrees BoostedTrees::load(const ArchiveReader& archive) {
  TreeEnsemble trees = TreeEnsemble::load(archive.scope("trees"));
  auto objective = BoostingObjective::load(archive.scope("objective"));
  if (trees.output_count() != objective->outputs() || trees.parts().width != 1 ||
      trees.tree_count() % objective->outputs() != 0)
    archive.refuse("trees", "trees that do not have the outputs of the objective");
  ValidationHistory validation;
  validation.loss = archive.doubles("validation_loss");
  for (const double loss : validation.loss)
    if (!std::isfinite(loss)) archive.refuse("validation_loss", "a loss that is not finite");
  if (archive.has("validation_metric")) {
    validation.metric = archive.text("validation_metric");
    validation.scores = archive.finite_doubles("validation_scores", validation.loss.size());
    if (validation.scores.empty()) archive.refuse("validation_scores", "a metric without scores");
    if (!boosting_detail::watches(*objective, validation.metric))
      archive.refuse("validation_metric", "a metric that the objective does not have");
  }
  return {std::move(trees), std::move(objective), std::move(validation)};
}

}  // namespace everyml
