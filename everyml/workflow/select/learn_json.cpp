#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/workflow/select/learn.h"

namespace everyml {
namespace {

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json finite_list(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(finite(value));
  return list;
}

Json candidate_json(const Candidate& candidate) {
  Json json = {{"algorithm", candidate.algorithm}, {"title", candidate.title}};
  if (!candidate.skipped.empty()) {
    json["skipped"] = candidate.skipped;
    return json;
  }
  json["score"] = finite(candidate.score);
  json["low"] = finite(candidate.low);
  json["high"] = finite(candidate.high);
  json["fold_scores"] = finite_list(candidate.fold_scores);
  json["tied_with_best"] = candidate.tied_with_best;
  json["p_versus_best"] = finite(candidate.p_versus_best);
  Json metrics = Json::object();
  for (const auto& [name, value] : candidate.metrics) metrics[name] = finite(value);
  json["metrics"] = metrics;
  json["trials"] = candidate.trials;
  if (candidate.tuned) json["settings"] = parse_json(candidate.settings_json, "settings of a candidate");
  return json;
}

Json common(const LearnResult& result) {
  Json json;
  json["target"] = result.target;
  json["task"] = result.task == Target::Kind::classes ? "classification" : "regression";
  json["territory"] = result.territory;
  json["rows"] = result.rows;
  json["rows_without_target"] = result.rows_without_target;
  json["columns_used"] = result.columns_used;
  json["class_names"] = result.class_names;
  json["metric"] = result.metric;
  json["greater_is_better"] = result.greater_is_better;
  json["verdict"] = to_string(result.verdict);
  json["sentence"] = result.sentence;
  json["reasons"] = result.reasons;
  json["improvement"] = finite(result.improvement);
  json["improvement_low"] = finite(result.improvement_low);
  json["improvement_high"] = finite(result.improvement_high);
  json["chosen"] = result.leaderboard[result.chosen].algorithm;
  json["chosen_title"] = result.leaderboard[result.chosen].title;
  json["baseline"] = result.leaderboard[result.baseline].algorithm;
  json["leaderboard"] = Json::array();
  for (const Candidate& candidate : result.leaderboard)
    json["leaderboard"].push_back(candidate_json(candidate));
  json["importance"] = Json::array();
  for (const ColumnImportance& one : result.importance) {
    json["importance"].push_back(
        {{"column", one.column}, {"mean", finite(one.mean)}, {"deviation", finite(one.deviation)}});
  }
  if (result.task == Target::Kind::classes) json["confusion"] = result.confusion;
  if (result.baseline_cost > 0) {
    json["threshold"] = result.threshold;
    json["expected_cost"] = result.expected_cost;
    json["baseline_cost"] = result.baseline_cost;
  }
  json["seed"] = result.seed;
  return json;
}

}  // namespace

Json LearnResult::to_metadata() const { return common(*this); }

Json LearnResult::to_json() const {
  Json json = common(*this);
  for (std::size_t i = 0; i < leaderboard.size(); ++i) {
    if (!leaderboard[i].skipped.empty()) continue;
    json["leaderboard"][i]["fit_seconds"] = leaderboard[i].fit_seconds;
    json["leaderboard"][i]["predict_seconds"] = leaderboard[i].predict_seconds;
  }
  json["doctor"] = doctor.to_json();
  json["features"] = formulas;
  json["model"] = Json::parse(artifact_summary_json.empty() ? "{}" : artifact_summary_json);
  json["settings"] = Json::parse(artifact.settings_json);
  json["time_ran_out"] = time_ran_out;
  json["seconds"] = seconds;
  return json;
}

}  // namespace everyml
