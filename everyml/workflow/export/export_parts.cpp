#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/classical/anomaly/isolation_forest.h"
#include "everyml/classical/trees/c45.h"
#include "everyml/classical/trees/decision_tree.h"
#include "everyml/ensembles/adaboost/adaboost_classifier.h"
#include "everyml/ensembles/adaboost/adaboost_regressor.h"
#include "everyml/ensembles/adaboost/logitboost.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/ensembles/forest/forest.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/model/entry.h"
#include "everyml/workflow/export/export_impl.h"

namespace everyml::detail {
namespace {

[[noreturn]] void refuse_model(const std::string& why) {
  throw UnsupportedError("export.model", fmt::format("the model cannot be exported: {}", why));
}

ExportLink link_of(const BoostingObjective& objective) {
  const ObjectiveSpec& spec = objective.spec();
  switch (spec.kind) {
    case ObjectiveKind::binary:
    case ObjectiveKind::cross_entropy:
      return ExportLink::sigmoid;
    case ObjectiveKind::multinomial:
      return ExportLink::softmax;
    case ObjectiveKind::one_versus_all:
      return ExportLink::one_versus_all;
    case ObjectiveKind::poisson:
    case ObjectiveKind::gamma:
    case ObjectiveKind::tweedie:
    case ObjectiveKind::cox:
    case ObjectiveKind::aft:
      return ExportLink::exponential;
    case ObjectiveKind::formula:
      if (!spec.answer.empty()) refuse_model("its answers are a formula of the scores");
      return ExportLink::identity;
    default:
      return ExportLink::identity;
  }
}

ExportModel boosted(const BoostedTrees& trees, std::size_t classes) {
  if (classes == 0 && trees.outputs() != 1) refuse_model("it answers several levels for a row");
  return {.trees = trees.trees(), .link = link_of(trees.objective()), .classes = classes};
}

ExportModel one_tree(const DecisionTreeModel& tree, std::size_t classes) {
  if (tree.has_surrogates()) refuse_model("missing cells are answered by stand-in questions; learn without");
  return {.trees = tree.ensemble(), .classes = classes};
}

template <class M>
ExportModel voted(const M& model) {
  return {.trees = model.state().trees,
          .link = ExportLink::mapped,
          .classes = model.class_names().size(),
          .map = model.logit_map()};
}

ExportModel isolated(const IsolationForestModel& model) {
  if (model.trees() == nullptr) refuse_model("its cuts go along planes; learn with columns=1");
  return {
      .trees = *model.trees(),
      .link = ExportLink::crowdedness,
      .scale = model.score_scale(),
      .answer = fmt::format("how unusual the row is; at least {} stands apart", model.anomaly_threshold())};
}

ExportModel branched(const C45Model& model) {
  const std::size_t classes = model.class_names().size();
  ExportModel out{.trees = TreeEnsemble(TreeParts::empty(model.feature_count(), classes, classes)),
                  .classes = classes};
  out.branches = {model.tree(), model.ways()};
  return out;
}

ExportColumn::Kind kind_of(const ColumnSchema& column, const FeatureInfo& feature) {
  if (column.kind == ColumnKind::number && feature.kind == FeatureInfo::Kind::number)
    return ExportColumn::Kind::number;
  if (column.kind == ColumnKind::boolean) return ExportColumn::Kind::boolean;
  if (column.kind == ColumnKind::category && feature.kind == FeatureInfo::Kind::category) {
    return ExportColumn::Kind::category;
  }
  throw UnsupportedError(
      "export.column",
      fmt::format("the column \"{}\" is not taken as it is, so it cannot be exported; numbers, booleans "
                  "and categories that the model sees as such can",
                  printable(column.name)));
}

}  // namespace

std::size_t ExportBranches::most_open() const {
  // Parents stand before their children.
  std::vector<std::size_t> open(tree.nodes(), 1);
  for (std::size_t node = 0; node < tree.nodes(); ++node) {
    const auto children = tree.children_of(node);
    for (const std::int32_t child : children)
      open[static_cast<std::size_t>(child)] = open[node] + children.size();
  }
  return *std::max_element(open.begin(), open.end());
}

ExportModel export_model(const Artifact& artifact) {
  const AnyModel& model = artifact.model;
  if (const auto* m = model.as<GradientBoostingClassifierModel>())
    return boosted(m->boosted(), m->class_names().size());
  if (const auto* m = model.as<GradientBoostingRegressorModel>()) return boosted(m->boosted(), 0);
  if (const auto* m = model.as<ForestClassifierModel>()) {
    return {.trees = m->forest().ensemble(), .link = ExportLink::share, .classes = m->class_names().size()};
  }
  if (const auto* m = model.as<ForestRegressorModel>())
    return {.trees = m->forest().ensemble(), .link = ExportLink::finite};
  if (const auto* m = model.as<DecisionTreeClassifierModel>()) return one_tree(*m, m->class_names().size());
  if (const auto* m = model.as<DecisionTreeRegressorModel>()) return one_tree(*m, 0);
  if (const auto* m = model.as<C45Model>()) return branched(*m);
  if (const auto* m = model.as<AdaBoostClassifierModel>()) return voted(*m);
  if (const auto* m = model.as<LogitBoostModel>()) return voted(*m);
  if (const auto* m = model.as<AdaBoostRegressorModel>())
    return {.trees = m->state().trees, .link = ExportLink::median, .votes = m->state().votes};
  if (const auto* m = model.as<IsolationForestModel>()) return isolated(*m);
  refuse_model(fmt::format("\"{}\" is not among the models of trees that can be", artifact.algorithm));
}

std::vector<ExportColumn> export_columns(const Artifact& artifact) {
  const auto& schema = artifact.encoder.schema().columns;
  const auto info = artifact.encoder.info();
  if (artifact.model.card().needs.scale != InputNeeds::Scale::none) refuse_model("its features are scaled");
  RowEncoder rows(artifact.encoder);
  rows.clear();
  const std::span<const double> nothing = rows.encode();
  std::vector<ExportColumn> columns;
  std::size_t at = 0;
  for (const ColumnSchema& column : schema) {
    if (at == info.size()) refuse_model("its columns and features do not match");
    ExportColumn out{
        .name = column.name, .kind = kind_of(column, info[at]), .feature = at, .missing = nothing[at]};
    if (out.kind == ExportColumn::Kind::category) out.levels = column.levels;
    ++at;
    if (at < info.size() && info[at].source == column.name) {
      if (info[at].kind != FeatureInfo::Kind::flag || nothing[at] != 1)
        kind_of({.kind = ColumnKind::date}, info[at]);
      out.indicator = true;
      ++at;
    }
    columns.push_back(std::move(out));
  }
  if (at != info.size()) refuse_model("its columns and features do not match");
  return columns;
}

}  // namespace everyml::detail
