#include "everyml/classical/linear/linear_regression.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/linear/inference.h"
#include "everyml/classical/linear/linear_predict_impl.h"
#include "everyml/classical/linear/linear_state_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Adds factor' v for the upper triangular factor, and returns its squared length: v' (X'X)^-1 v.
double leverage(const Matrix& factor, std::span<const double> v, std::span<double> scratch) {
  const std::size_t n = factor.rows;
  std::fill_n(scratch.begin(), n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i; j < n; ++j) scratch[j] += factor(i, j) * v[i];
  }
  double sum = 0.0;
  for (std::size_t j = 0; j < n; ++j) sum += scratch[j] * scratch[j];
  return sum;
}

Json row_json(const CoefficientRow& row) {
  return Json{{"feature", row.feature},
              {"estimate", row.estimate},
              {"standard_error", row.standard_error},
              {"t", row.t},
              {"p", row.p},
              {"low", row.low},
              {"high", row.high}};
}

}  // namespace

LinearRegressionModel::LinearRegressionModel(LeastSquares fit, bool has_intercept,
                                             std::vector<std::string> features)
    : fit_(std::move(fit)), has_intercept_(has_intercept), features_(std::move(features)) {}

double LinearRegressionModel::degrees_of_freedom() const {
  return fit_.weight - static_cast<double>(fit_.kept.size()) - (has_intercept_ ? 1.0 : 0.0);
}

double LinearRegressionModel::sigma() const {
  const double degrees = degrees_of_freedom();
  return degrees > 0.0 ? std::sqrt(fit_.residual_square / degrees) : kNone;
}

double LinearRegressionModel::r2() const {
  return fit_.total_square > 0.0 ? 1.0 - fit_.residual_square / fit_.total_square : 0.0;
}

double LinearRegressionModel::adjusted_r2() const {
  const double degrees = degrees_of_freedom();
  return degrees > 0.0 ? 1.0 - (1.0 - r2()) * (fit_.weight - (has_intercept_ ? 1.0 : 0.0)) / degrees : kNone;
}

double LinearRegressionModel::f_statistic() const {
  const double rank = static_cast<double>(fit_.kept.size()), degrees = degrees_of_freedom();
  if (rank == 0.0 || !(degrees > 0.0)) return kNone;
  const double explained = std::max(fit_.total_square - fit_.residual_square, 0.0);
  return (explained / rank) / (fit_.residual_square / degrees);
}

double LinearRegressionModel::f_p() const {
  return fisher_upper(f_statistic(), static_cast<double>(fit_.kept.size()), degrees_of_freedom());
}

CoefficientRow LinearRegressionModel::row(std::string feature, double estimate, double factor,
                                          double level) const {
  CoefficientRow row;
  row.feature = std::move(feature);
  row.estimate = estimate;
  row.standard_error = sigma() * std::sqrt(factor);
  row.t = estimate / row.standard_error;
  row.p = student_two_sided(row.t, degrees_of_freedom());
  const double reach = student_quantile(0.5 + level / 2, degrees_of_freedom()) * row.standard_error;
  row.low = estimate - reach;
  row.high = estimate + reach;
  return row;
}

CoefficientRow LinearRegressionModel::intercept_row(double level) const {
  return row("", fit_.intercept, has_intercept_ ? fit_.intercept_factor : kNone, level);
}

std::vector<CoefficientRow> LinearRegressionModel::coefficient_rows(double level) const {
  std::vector<double> factors(features_.size(), kNone);
  for (std::size_t k = 0; k < fit_.kept.size(); ++k) {
    double square = 0.0;
    for (std::size_t j = k; j < fit_.kept.size(); ++j) square += fit_.inverse(k, j) * fit_.inverse(k, j);
    factors[static_cast<std::size_t>(fit_.kept[k])] = square;
  }
  std::vector<CoefficientRow> rows;
  for (std::size_t j = 0; j < features_.size(); ++j)
    rows.push_back(row(features_[j], fit_.coefficients[j], factors[j], level));
  return rows;
}

std::optional<Figure> LinearRegressionModel::inference(double CoefficientRow::* column) const {
  if (!(degrees_of_freedom() > 0.0)) return std::nullopt;
  std::vector<double> values;
  for (const CoefficientRow& one : coefficient_rows()) values.push_back(one.*column);
  return Figure::list(values);
}

void LinearRegressionModel::predict(const Features& x, std::span<double> out, const Context& context) const {
  portable_predict(x, fit_.coefficients, fit_.intercept, out, context);
}

void LinearRegressionModel::intervals(const Features& x, double level, std::span<double> low,
                                      std::span<double> high, const Context& context) const {
  const double reach = student_quantile(0.5 + level / 2, degrees_of_freedom()) * sigma();
  const std::size_t rank = fit_.kept.size();
  const auto rows = [&](std::size_t begin, std::size_t end) {
    std::vector<double> off(rank), scratch(rank);
    for (std::size_t r = begin; r < end; ++r) {
      const double centre = fit_.intercept + portable_row_dot(x, r, fit_.coefficients.data());
      double width = std::numeric_limits<double>::infinity();
      if (std::isfinite(reach)) {
        for (std::size_t k = 0; k < rank; ++k) {
          const auto column = static_cast<std::size_t>(fit_.kept[k]);
          off[k] = x.at(r, column) - fit_.mean[column];
        }
        const double own = has_intercept_ ? 1.0 / fit_.weight : 0.0;
        width = reach * std::sqrt(1.0 + own + leverage(fit_.inverse, off, scratch));
      }
      low[r] = centre - width;
      high[r] = centre + width;
    }
  };
  parallel_for(context, x.rows(), 1024, rows);
}

Json LinearRegressionModel::summary() const {
  Json table = Json::array();
  for (const CoefficientRow& one : coefficient_rows()) table.push_back(row_json(one));
  Json notes = Json::array();
  if (!fit_.aliased.empty()) notes.push_back(aliased_note(features_, fit_.aliased));
  if (!(degrees_of_freedom() > 0.0))
    notes.push_back(
        "As many coefficients as rows: the line goes through every point, so nothing can be said of errors");
  Json intercept = nullptr;
  if (has_intercept_) {
    intercept = row_json(intercept_row());
    intercept.erase("feature");
  }
  return Json{{"kind", "linear-regression"},
              {"coefficients", table},
              {"intercept", intercept},
              {"level", 0.95},
              {"r2", r2()},
              {"adjusted_r2", adjusted_r2()},
              {"sigma", sigma()},
              {"f", f_statistic()},
              {"f_p", f_p()},
              {"degrees_of_freedom", degrees_of_freedom()},
              {"rows", fit_.rows},
              {"weight", fit_.weight},
              {"aliased", names_at(features_, fit_.aliased)},
              {"method", to_string(fit_.method)},
              {"notes", notes}};
}

void LinearRegressionModel::save(ArchiveWriter& archive) const {
  archive.strings("features", features_);
  archive.boolean("has_intercept", has_intercept_);
  archive.number("intercept", fit_.intercept);
  archive.array("coefficients", fit_.coefficients);
  archive.array("kept", fit_.kept);
  archive.array("aliased", fit_.aliased);
  archive.array("mean", fit_.mean);
  archive.array("inverse", fit_.inverse.values, {fit_.inverse.rows, fit_.inverse.columns});
  archive.number("intercept_factor", fit_.intercept_factor);
  archive.number("weight", fit_.weight);
  archive.integer("rows", static_cast<std::int64_t>(fit_.rows));
  archive.number("residual_square", fit_.residual_square);
  archive.number("total_square", fit_.total_square);
  archive.integer("method", static_cast<std::int64_t>(fit_.method));
}

LinearRegressionModel LinearRegressionModel::load(const ArchiveReader& archive) {
  LeastSquares fit;
  std::vector<std::string> features = load_feature_names(archive);
  const std::size_t d = features.size();
  const bool has_intercept = archive.boolean("has_intercept");
  fit.intercept = load_finite(archive, "intercept");
  fit.coefficients = archive.finite_doubles("coefficients", d);
  fit.kept = load_columns(archive, "kept", d);
  fit.aliased = load_columns(archive, "aliased", d);
  fit.mean = archive.finite_doubles("mean", d);
  const std::size_t rank = fit.kept.size();
  fit.inverse.rows = fit.inverse.columns = rank;
  fit.inverse.values = archive.finite_doubles("inverse", rank * rank);
  fit.intercept_factor = load_finite(archive, "intercept_factor", 0.0);
  fit.weight = load_finite(archive, "weight", 0.0);
  fit.rows = static_cast<std::size_t>(archive.integer("rows", 0, std::numeric_limits<std::int64_t>::max()));
  fit.residual_square = load_finite(archive, "residual_square", 0.0);
  fit.total_square = load_finite(archive, "total_square", 0.0);
  fit.method = static_cast<LeastSquaresMethod>(archive.integer("method", 0, 3));
  return {std::move(fit), has_intercept, std::move(features)};
}

Card LinearRegression::card() {
  Card card;
  card.title = "Linear regression";
  card.summary = "A straight line (plane) through the data, with standard errors, p-values and intervals";
  card.territory = "classical";
  card.family = "linear";
  card.target = Target::Kind::numbers;
  // Coefficients are read in the user's own units, so nothing is rescaled.
  card.needs = {InputNeeds::Missing::impute, InputNeeds::Categories::one_hot, InputNeeds::Scale::none};
  card.complexity = 1;
  card.references = {
      "Legendre, \"Nouvelles méthodes pour la détermination des orbites des comètes\", Paris, 1805",
      "Golub, \"Numerical methods for solving linear least squares problems\", Numerische Mathematik 7, 1965",
      "Seber and Lee, \"Linear Regression Analysis\", 2nd edition, Wiley, 2003"};
  return card;
}

LinearRegressionModel LinearRegression::fit(const Dataset& data, const Context& context) const {
  validate(*this);
  // Small data are looked at first; large ones when a sum of the first pass is no number, which saves a pass.
  const bool large = data.rows() > 10000;
  data.validate(name, {.target = Target::Kind::numbers, .scan_features = !large});
  try {
    LeastSquares fit = least_squares(data.features, data.target.values(), data.weights, intercept, context);
    const double figures[] = {fit.intercept, fit.intercept_factor, fit.weight, fit.residual_square,
                              fit.total_square};
    require_finite_fit(name, {fit.coefficients, fit.mean, fit.inverse.values, figures});
    return {std::move(fit), intercept, feature_names(data)};
  } catch (const DataError&) {
    data.validate(name, {.target = Target::Kind::numbers});
    throw;
  }
}

}  // namespace everyml
