#include "everyml/classical/linear/logistic_regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/linear/inference.h"
#include "everyml/classical/linear/linear_predict_impl.h"
#include "everyml/classical/linear/linear_state_impl.h"
#include "everyml/classical/linear/logistic_solver_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/linalg/elementary.h"

namespace everyml {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
/// Of a class that no row had: below every other, and still a number.
constexpr double kNeverScore = std::numeric_limits<double>::lowest();

/// A coefficient with what inference says of it, when there is inference.
Json figures(double estimate, double error, bool inference) {
  Json json{{"estimate", estimate}, {"odds_ratio", std::exp(estimate)}};
  if (!inference) return json;
  const double z = estimate / error, reach = gaussian_quantile(0.975) * error;
  json["standard_error"] = error;
  json["z"] = z;
  json["p"] = gaussian_two_sided(z);
  json["low"] = estimate - reach;
  json["high"] = estimate + reach;
  json["odds_ratio_low"] = std::exp(estimate - reach);
  json["odds_ratio_high"] = std::exp(estimate + reach);
  return json;
}

std::vector<std::string> quoted(std::span<const std::string> names, std::span<const std::int32_t> which) {
  std::vector<std::string> list;
  for (const std::int32_t i : which) list.push_back("\"" + names[static_cast<std::size_t>(i)] + "\"");
  return list;
}

Json notes_of(const LogisticRegressionModel::State& state) {
  Json notes = Json::array();
  if (state.separated) {
    const std::string by = state.separators.empty() ? "A combination of features"
                                                    : join_and(quoted(state.features, state.separators));
    notes.push_back(fmt::format(
        "{} tell{} classes apart without error on these rows, so without a penalty the coefficients grow "
        "without limit and have no standard errors; set c to keep them finite",
        by, state.separators.size() > 1 ? "" : "s"));
  }
  if (!state.aliased.empty()) notes.push_back(aliased_note(state.features, state.aliased));
  if (!state.converged && !state.separated)
    notes.push_back(
        fmt::format("The solver was stopped after {} steps, before the optimum", state.iterations));
  return notes;
}

}  // namespace

void LogisticRegressionModel::row_scores(const Features& x, std::size_t row, double never,
                                         std::span<double> out) const {
  const std::size_t d = feature_count();
  std::fill(out.begin(), out.end(), never);
  if (state_.reference >= 0) out[static_cast<std::size_t>(state_.reference)] = 0.0;
  for (std::size_t s = 0; s < state_.scored.size(); ++s) {
    out[static_cast<std::size_t>(state_.scored[s])] =
        state_.intercepts[s] + portable_row_dot(x, row, state_.coefficients.data() + s * d);
  }
}

void LogisticRegressionModel::row_probabilities(const Features& x, std::size_t row,
                                                std::span<double> out) const {
  if (state_.scored.size() == 1) {
    const double z = state_.intercepts[0] + portable_row_dot(x, row, state_.coefficients.data());
    if (out.size() > 2) std::fill(out.begin(), out.end(), 0.0);
    out[static_cast<std::size_t>(state_.reference)] = portable::sigmoid(-z);
    out[static_cast<std::size_t>(state_.scored[0])] = portable::sigmoid(z);
    return;
  }
  row_scores(x, row, -std::numeric_limits<double>::infinity(), out);
  portable::softmax(out);
}

void LogisticRegressionModel::probabilities(const Features& x, std::span<double> out,
                                            const Context& context) const {
  const std::size_t k = state_.classes.size();
  const auto rows = [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) row_probabilities(x, r, out.subspan(r * k, k));
  };
  const std::size_t grain = std::max<std::size_t>(prediction_grain(x) / std::max<std::size_t>(k, 1), 16);
  if (x.rows() <= grain)
    rows(0, x.rows());
  else
    parallel_for(context, x.rows(), grain, rows);
}

void LogisticRegressionModel::scores(const Features& x, std::span<double> out, const Context& context) const {
  if (state_.classes.size() == 2) {
    portable_predict(x, state_.coefficients, state_.intercepts[0], out, context);
    return;
  }
  const std::size_t k = score_count();
  const auto rows = [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) row_scores(x, r, kNeverScore, out.subspan(r * k, k));
  };
  const std::size_t grain = std::max<std::size_t>(prediction_grain(x) / k, 16);
  if (x.rows() <= grain)
    rows(0, x.rows());
  else
    parallel_for(context, x.rows(), grain, rows);
}

double LogisticRegressionModel::mcfadden_r2() const {
  return state_.null_loss > 0.0 ? 1.0 - state_.log_loss / state_.null_loss : 0.0;
}

std::vector<std::size_t> LogisticRegressionModel::score_places() const {
  if (score_count() == 1) return {0};
  return {state_.scored.begin(), state_.scored.end()};
}

Figure LogisticRegressionModel::by_score(std::span<const double> table, double elsewhere) const {
  const std::size_t d = feature_count();
  std::vector<double> values(score_count() * d, elsewhere);
  const std::vector<std::size_t> places = score_places();
  for (std::size_t s = 0; s < places.size(); ++s)
    std::copy_n(table.data() + s * d, d, values.data() + places[s] * d);
  return Figure::table(score_count(), d, values);
}

std::vector<double> LogisticRegressionModel::score_intercepts() const {
  std::vector<double> values(score_count(), kNeverScore);
  if (score_count() > 1 && state_.reference >= 0) values[static_cast<std::size_t>(state_.reference)] = 0.0;
  const std::vector<std::size_t> places = score_places();
  for (std::size_t s = 0; s < places.size(); ++s) values[places[s]] = state_.intercepts[s];
  return values;
}

std::optional<Figure> LogisticRegressionModel::errors_by_score() const {
  if (state_.standard_errors.empty()) return std::nullopt;
  return by_score(state_.standard_errors, kNone);
}

std::optional<Figure> LogisticRegressionModel::intercept_errors_by_score() const {
  if (state_.intercept_errors.empty() || !state_.has_intercept) return std::nullopt;
  std::vector<double> values(score_count(), kNone);
  const std::vector<std::size_t> places = score_places();
  for (std::size_t s = 0; s < places.size(); ++s) values[places[s]] = state_.intercept_errors[s];
  return Figure::list(values);
}

Json LogisticRegressionModel::summary() const {
  const std::size_t d = feature_count();
  const bool inference = !state_.standard_errors.empty();
  Json table = Json::array(), intercepts = Json::array();
  for (std::size_t s = 0; s < state_.scored.size(); ++s) {
    const std::string& class_name = state_.classes[static_cast<std::size_t>(state_.scored[s])];
    for (std::size_t j = 0; j < d; ++j) {
      Json row{{"feature", state_.features[j]}, {"class", class_name}};
      row.update(figures(state_.coefficients[s * d + j],
                         inference ? state_.standard_errors[s * d + j] : kNone, inference));
      table.push_back(std::move(row));
    }
    Json row{{"class", class_name}};
    row.update(figures(state_.intercepts[s], inference ? state_.intercept_errors[s] : kNone, inference));
    intercepts.push_back(std::move(row));
  }
  Json intercept = nullptr;
  if (state_.has_intercept) intercept = state_.scored.size() == 1 ? intercepts[0] : intercepts;
  Json reference = nullptr;
  if (state_.reference >= 0) reference = state_.classes[static_cast<std::size_t>(state_.reference)];
  Json c = nullptr;
  if (state_.c) c = *state_.c;
  return Json{{"kind", "logistic-regression"},
              {"coefficients", table},
              {"intercept", intercept},
              {"reference", reference},
              {"c", c},
              {"log_loss", state_.log_loss},
              {"mcfadden_r2", mcfadden_r2()},
              {"weight", state_.weight},
              {"iterations", state_.iterations},
              {"converged", state_.converged},
              {"separated", state_.separated},
              {"separators", names_at(state_.features, state_.separators)},
              {"aliased", names_at(state_.features, state_.aliased)},
              {"notes", notes_of(state_)}};
}

void LogisticRegressionModel::save(ArchiveWriter& archive) const {
  const std::uint64_t scores = state_.scored.size(), d = feature_count();
  archive.strings("features", state_.features);
  archive.strings("classes", state_.classes);
  archive.array("scored", state_.scored);
  archive.integer("reference", state_.reference);
  archive.array("coefficients", state_.coefficients, {scores, d});
  archive.array("intercepts", state_.intercepts);
  archive.boolean("has_intercept", state_.has_intercept);
  archive.boolean("inference", !state_.standard_errors.empty());
  if (!state_.standard_errors.empty()) {
    archive.array("standard_errors", state_.standard_errors, {scores, d});
    archive.array("intercept_errors", state_.intercept_errors);
  }
  archive.array("aliased", state_.aliased);
  archive.boolean("separated", state_.separated);
  archive.array("separators", state_.separators);
  archive.boolean("penalised", state_.c.has_value());
  archive.number("c", state_.c.value_or(0.0));
  archive.number("log_loss", state_.log_loss);
  archive.number("null_loss", state_.null_loss);
  archive.number("weight", state_.weight);
  archive.integer("iterations", state_.iterations);
  archive.boolean("converged", state_.converged);
}

LogisticRegressionModel LogisticRegressionModel::load(const ArchiveReader& archive) {
  State state;
  state.features = load_feature_names(archive);
  state.classes = archive.strings("classes");
  const std::size_t d = state.features.size(), k = state.classes.size();
  if (k < 2) archive.refuse("classes", "there must be at least two classes");
  state.scored = load_columns(archive, "scored", k);
  const std::size_t scores = state.scored.size();
  state.reference =
      static_cast<std::int32_t>(archive.integer("reference", -1, static_cast<std::int64_t>(k) - 1));
  if (scores == 0 || (scores == 1 && state.reference < 0))
    archive.refuse("scored", "at least two classes must be told apart");
  if (std::find(state.scored.begin(), state.scored.end(), state.reference) != state.scored.end())
    archive.refuse("reference", "the reference class has no score of its own");
  if (k == 2 && state.scored != std::vector<std::int32_t>{1})
    archive.refuse("scored", "of two classes the second has the score");
  if (d > std::numeric_limits<std::uint64_t>::max() / scores) archive.refuse("scored", "too many scores");
  state.coefficients = archive.finite_doubles("coefficients", scores * d);
  state.intercepts = archive.finite_doubles("intercepts", scores);
  state.has_intercept = archive.boolean("has_intercept");
  if (archive.boolean("inference")) {
    state.standard_errors = archive.doubles("standard_errors", scores * d);
    state.intercept_errors = archive.doubles("intercept_errors", scores);
  }
  state.aliased = load_columns(archive, "aliased", d);
  state.separated = archive.boolean("separated");
  state.separators = load_columns(archive, "separators", d);
  if (archive.boolean("penalised")) state.c = load_finite(archive, "c", 0.0);
  state.log_loss = load_finite(archive, "log_loss", 0.0);
  state.null_loss = load_finite(archive, "null_loss", 0.0);
  state.weight = load_finite(archive, "weight", 0.0);
  state.iterations = archive.integer("iterations", 0, std::numeric_limits<std::int64_t>::max());
  state.converged = archive.boolean("converged");
  return LogisticRegressionModel(std::move(state));
}

Card LogisticRegression::card() {
  Card card;
  card.title = "Logistic regression";
  card.summary = "Probabilities of classes from a weighted sum of the features";
  card.territory = "classical";
  card.family = "linear";
  card.target = Target::Kind::classes;
  card.needs = {InputNeeds::Missing::impute, InputNeeds::Categories::one_hot, InputNeeds::Scale::standard};
  card.complexity = 1;
  card.references = {
      "Cox, \"The Regression Analysis of Binary Sequences\", Journal of the Royal Statistical Society B 20, "
      "1958",
      "Albert and Anderson, \"On the Existence of Maximum Likelihood Estimates in Logistic Regression "
      "Models\", "
      "Biometrika 71, 1984",
      "Hastie, Tibshirani and Friedman, \"The Elements of Statistical Learning\", 2nd edition, Springer, "
      "2009"};
  return card;
}

std::vector<std::map<std::string, std::string>> LogisticRegression::search() {
  return {{{"c", "0.01"}}, {{"c", "0.1"}}, {{"c", "10"}}};
}

std::vector<Axis> LogisticRegression::space() {
  return {{.name = "c", .low = 1e-4, .high = 1e4, .logarithmic = true}};
}

LogisticRegressionModel LogisticRegression::fit(const Dataset& data, const Context& context) const {
  validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .minimum_classes = 2, .scan_features = false});
  try {
    LogisticRegressionModel::State state = solve_logistic(*this, data, context);
    state.features = feature_names(data);
    state.classes.assign(data.target.names().begin(), data.target.names().end());
    return LogisticRegressionModel(std::move(state));
  } catch (const DataError&) {
    // Values that are no numbers make a sum of the first pass no number either; now they are looked for.
    data.validate(name, {.target = Target::Kind::classes});
    throw;
  }
}

}  // namespace everyml
