#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/classical/linear/least_squares.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// One row of a table of coefficients. Figures that do not exist (no degrees of freedom left, an aliased
/// column) are NaN.
struct CoefficientRow {
  std::string feature;  ///< empty for the intercept
  double estimate = 0.0;
  double standard_error = 0.0;
  double t = 0.0;    ///< estimate / standard error
  double p = 1.0;    ///< two-sided, of the hypothesis that the coefficient is 0
  double low = 0.0;  ///< ends of the confidence interval
  double high = 0.0;
};

/// A line (plane) through the data with all that classical inference says about it. Immutable, thread-safe.
class LinearRegressionModel {
 public:
  LinearRegressionModel(LeastSquares fit, bool has_intercept, std::vector<std::string> features);

  std::size_t feature_count() const { return fit_.coefficients.size(); }
  std::span<const std::string> features() const { return features_; }
  std::span<const double> coefficients() const { return fit_.coefficients; }
  double intercept() const { return fit_.intercept; }
  const LeastSquares& fit() const { return fit_; }

  /// Sum of weights less the number of estimated coefficients; may be 0 or less, and then there is no
  /// inference.
  double degrees_of_freedom() const;
  /// Residual standard deviation; NaN without degrees of freedom.
  double sigma() const;
  /// Share of the sum of squares explained: about the mean, or about 0 without an intercept.
  double r2() const;
  double adjusted_r2() const;
  /// F test of all coefficients but the intercept, and its p.
  double f_statistic() const;
  double f_p() const;
  CoefficientRow intercept_row(double level = 0.95) const;
  /// One row for each feature, in their order.
  std::vector<CoefficientRow> coefficient_rows(double level = 0.95) const;

  void predict(const Features& x, std::span<double> out, const Context& context) const;
  /// Where a new observation lies with probability `level`, if the errors are normal with equal spread.
  /// Infinite ends without degrees of freedom.
  void intervals(const Features& x, double level, std::span<double> low, std::span<double> high,
                 const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static LinearRegressionModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = LinearRegressionModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"coefficients", "Slope of each feature, in units of the target per unit; [features].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.coefficients()); }},
        Row{"intercept",
            "The answer where every feature is 0, in units of the target; 0 when none is learned.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.intercept()); }},
        Row{"standard_errors",
            "Standard error of each coefficient; [features], NaN for a feature that was left out.",
            [](const M& m) { return m.inference(&CoefficientRow::standard_error); }},
        Row{"t_values", "Each coefficient divided by its standard error; [features], as standard_errors.",
            [](const M& m) { return m.inference(&CoefficientRow::t); }},
        Row{"p_values",
            "Two-sided p-value of the hypothesis that the coefficient is 0; [features], as standard_errors.",
            [](const M& m) { return m.inference(&CoefficientRow::p); }},
        Row{"intercept_standard_error", "Standard error of the intercept, in units of the target.",
            [](const M& m) { return Figure::number_if_any(m.intercept_row().standard_error); }},
        Row{"rank",
            "Number of features that have a coefficient; the others are combinations of earlier ones.",
            [](const M& m) -> std::optional<Figure> {
              return Figure::number(static_cast<double>(m.fit().kept.size()));
            }},
        Row{"r2", "Share of the sum of squares of the target that the features explain.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.r2()); }},
        Row{"adjusted_r2", "The same, corrected for the number of features.",
            [](const M& m) { return Figure::number_if_any(m.adjusted_r2()); }},
        Row{"sigma", "Residual standard deviation, in units of the target.",
            [](const M& m) { return Figure::number_if_any(m.sigma()); }},
        Row{"degrees_of_freedom", "Sum of the row weights less the number of estimated coefficients.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.degrees_of_freedom()); }},
        Row{"f_statistic", "F statistic of the hypothesis that every coefficient is 0.",
            [](const M& m) { return Figure::number_if_any(m.f_statistic()); }},
        Row{"f_p_value", "p-value of f_statistic.",
            [](const M& m) { return Figure::number_if_any(m.f_p()); }}};
  }

 private:
  /// One column of the table of coefficients; none without degrees of freedom.
  std::optional<Figure> inference(double CoefficientRow::* column) const;
  CoefficientRow row(std::string feature, double estimate, double factor, double level) const;

  LeastSquares fit_;
  bool has_intercept_;
  std::vector<std::string> features_;
};

/// Least squares with full inference; see docs/algorithms/linear-regression.md.
/// Reference: Seber and Lee, "Linear Regression Analysis", 2nd ed., Wiley, 2003.
struct LinearRegression {
  bool intercept = true;

  static constexpr std::string_view name = "linear-regression";
  static constexpr auto fields() {
    return std::tuple{Field{&LinearRegression::intercept, "intercept",
                            "Learn an intercept; without one the line goes through the origin."}};
  }
  static Card card();
  /// Throws DataError of Dataset::validate.
  LinearRegressionModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
