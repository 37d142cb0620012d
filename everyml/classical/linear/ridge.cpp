#include "everyml/classical/linear/ridge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/classical/linear/linear_predict_impl.h"
#include "everyml/classical/linear/linear_state_impl.h"
#include "everyml/classical/linear/ridge_solver_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {

void RidgeModel::predict(const Features& x, std::span<double> out, const Context& context) const {
  portable_predict(x, state_.coefficients, state_.intercept, out, context);
}

double RidgeModel::r2() const {
  return state_.total_square > 0.0 ? 1.0 - state_.residual_square / state_.total_square : 0.0;
}

std::optional<Figure> RidgeModel::trial_column(double RidgeTrial::* column) const {
  if (state_.trials.empty()) return std::nullopt;
  std::vector<double> values;
  for (const RidgeTrial& trial : state_.trials) values.push_back(trial.*column);
  return Figure::list(values);
}

Json RidgeModel::summary() const {
  Json table = Json::array();
  for (std::size_t j = 0; j < state_.features.size(); ++j)
    table.push_back({{"feature", state_.features[j]}, {"estimate", state_.coefficients[j]}});
  Json trials = Json::array();
  for (const RidgeTrial& trial : state_.trials)
    trials.push_back({{"alpha", trial.alpha}, {"leave_one_out_error", trial.error}});
  Json notes = Json::array();
  if (state_.trials.size() > 1) {
    const auto [low, high] =
        std::minmax_element(state_.trials.begin(), state_.trials.end(),
                            [](const RidgeTrial& a, const RidgeTrial& b) { return a.alpha < b.alpha; });
    if (state_.alpha == low->alpha || state_.alpha == high->alpha) {
      notes.push_back(fmt::format("The best penalty, {}, is at the {} end of those tried",
                                  format_number(state_.alpha),
                                  state_.alpha == low->alpha ? "lower" : "upper"));
    }
  }
  Json intercept = nullptr;
  if (state_.has_intercept) intercept = Json{{"estimate", state_.intercept}};
  return Json{{"kind", "ridge"},
              {"coefficients", table},
              {"intercept", intercept},
              {"alpha", state_.alpha},
              {"trials", trials},
              {"r2", r2()},
              {"degrees_of_freedom", state_.degrees_of_freedom},
              {"weight", state_.weight},
              {"notes", notes}};
}

void RidgeModel::save(ArchiveWriter& archive) const {
  archive.strings("features", state_.features);
  archive.array("coefficients", state_.coefficients);
  archive.number("intercept", state_.intercept);
  archive.boolean("has_intercept", state_.has_intercept);
  archive.number("alpha", state_.alpha);
  archive.number("degrees_of_freedom", state_.degrees_of_freedom);
  archive.number("residual_square", state_.residual_square);
  archive.number("total_square", state_.total_square);
  archive.number("weight", state_.weight);
  std::vector<double> trials;
  for (const RidgeTrial& trial : state_.trials) trials.insert(trials.end(), {trial.alpha, trial.error});
  archive.array("trials", trials, {state_.trials.size(), 2});
}

RidgeModel RidgeModel::load(const ArchiveReader& archive) {
  State state;
  state.features = load_feature_names(archive);
  state.coefficients = archive.finite_doubles("coefficients", state.features.size());
  state.intercept = load_finite(archive, "intercept");
  state.has_intercept = archive.boolean("has_intercept");
  state.alpha = load_finite(archive, "alpha", 0.0);
  state.degrees_of_freedom = load_finite(archive, "degrees_of_freedom");
  state.residual_square = load_finite(archive, "residual_square", 0.0);
  state.total_square = load_finite(archive, "total_square", 0.0);
  state.weight = load_finite(archive, "weight", 0.0);
  const std::vector<double> trials = archive.doubles("trials");
  if (trials.size() % 2 != 0) archive.refuse("trials", "each penalty tried needs its error");
  for (std::size_t i = 0; i < trials.size(); i += 2) state.trials.push_back({trials[i], trials[i + 1]});
  return RidgeModel(std::move(state));
}

Card Ridge::card() {
  Card card;
  card.title = "Ridge regression";
  card.summary = "A straight line with small coefficients; how small is chosen by leaving each row out once";
  card.territory = "classical";
  card.family = "linear";
  card.target = Target::Kind::numbers;
  card.needs = {InputNeeds::Missing::impute, InputNeeds::Categories::one_hot, InputNeeds::Scale::standard};
  card.complexity = 2;
  card.references = {
      "Hoerl and Kennard, \"Ridge Regression: Biased Estimation for Nonorthogonal Problems\", Technometrics "
      "12, 1970",
      "Golub, Heath and Wahba, \"Generalized Cross-Validation as a Method for Choosing a Good Ridge "
      "Parameter\", "
      "Technometrics 21, 1979"};
  return card;
}

RidgeModel Ridge::fit(const Dataset& data, const Context& context) const {
  validate(*this);
  // Small data are looked at first; large ones when a sum is no number, which saves a pass.
  const bool large = data.rows() >= data.columns() && data.rows() > 10000;
  data.validate(name, {.target = Target::Kind::numbers, .scan_features = !large});
  try {
    RidgeModel::State state = solve_ridge(data, alpha, alphas, intercept, context);
    const double figures[] = {state.intercept,       state.degrees_of_freedom, state.alpha,
                              state.residual_square, state.total_square,       state.weight};
    require_finite_fit(name, {state.coefficients, figures});
    state.features = feature_names(data);
    return RidgeModel(std::move(state));
  } catch (const DataError&) {
    data.validate(name, {.target = Target::Kind::numbers});
    throw;
  }
}

}  // namespace everyml
