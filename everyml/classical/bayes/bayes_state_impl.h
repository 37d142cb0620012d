#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "everyml/classical/bayes/naive_bayes.h"
#include "everyml/foundation/data/dataset.h"

// C classes; G Gaussian, B Bernoulli, K categorical columns with L levels together, M count columns.

namespace everyml {

/// What each column is taken for.
enum class BayesColumn : std::uint8_t { gaussian, bernoulli, categorical, counts };

struct BayesLayout {
  std::size_t classes = 0;
  std::vector<BayesColumn> column;    ///< [columns]
  std::vector<std::size_t> place;     ///< [columns]: position among the columns of its likelihood
  std::vector<std::size_t> gaussian;  ///< [G] column numbers, ascending; the next three alike
  std::vector<std::size_t> bernoulli;
  std::vector<std::size_t> categorical;
  std::vector<std::size_t> counts;
  std::vector<std::size_t> level_start{
      0};  ///< [K + 1]: levels of the k-th one are level_start[k]..level_start[k+1]-1

  std::size_t columns() const { return column.size(); }
  std::size_t levels() const { return level_start.back(); }
  bool only_gaussian() const { return gaussian.size() == column.size(); }
  /// Zero cells need no look: sparse rows can be read as they are.
  bool sparse_friendly() const { return gaussian.empty() && categorical.empty(); }
  /// Statistics per class.
  std::size_t width() const {
    return 3 * gaussian.size() + 2 * bernoulli.size() + levels() + counts.size() + 1;
  }
};

/// Fills the lists from `column`; `levels` has one entry per column and matters for categorical ones.
BayesLayout make_layout(std::size_t classes, std::vector<BayesColumn> column,
                        std::span<const std::size_t> levels);
/// The layout that `likelihood` gives to data. Reads the data only when categories are forced on columns
/// without a known number of levels; `least` is [columns] or empty and bounds those levels from below.
BayesLayout choose_layout(BayesLikelihood likelihood, const Dataset& data, std::size_t classes,
                          std::span<const std::size_t> least, const Context& context);

/// Sufficient statistics; weights are sums of row weights.
struct BayesCounts {
  std::vector<double> classes;   ///< [C] weight of the class
  std::vector<double> seen;      ///< [C, G] weight of observed cells
  std::vector<double> mean;      ///< [C, G]
  std::vector<double> squares;   ///< [C, G] weighted sum of squared deviations from the mean
  std::vector<double> observed;  ///< [C, B] weight of observed cells
  std::vector<double> ones;      ///< [C, B] weight of cells above 0
  std::vector<double> levels;    ///< [C, L] weight per level
  std::vector<double> sums;      ///< [C, M] weighted sum
};

BayesCounts empty_counts(const BayesLayout& layout);
/// Chan, Golub and LeVeque's exact join of moments ("Updating Formulae and a Pairwise Algorithm for Computing
/// Sample Variances", 1979); the rest adds up.
void join_counts(BayesCounts& into, const BayesCounts& part);
/// One pass; cut by data size. `codes`: [rows], classes of the layout.
BayesCounts count_rows(const Dataset& data, std::span<const std::int32_t> codes, const BayesLayout& layout,
                       const Context& context);

/// Doubles of a Gaussian row are padded to this many, so that kernels run whole vectors.
inline constexpr std::size_t kBayesPad = 8;
constexpr std::size_t padded(std::size_t n) { return (n + kBayesPad - 1) / kBayesPad * kBayesPad; }

/// What prediction reads. Log-likelihood of a row in class c:
/// base[c] - sum (x - mean)^2 * half_precision + bernoulli_step[x > 0] + level + x * word.
struct BayesTables {
  std::vector<double> base;            ///< [C] log prior and every constant; -infinity for a class never seen
  std::vector<double> log_prior;       ///< [C]
  std::vector<double> mean;            ///< [C, padded(G)]
  std::vector<double> half_precision;  ///< [C, padded(G)]: 0.5 / variance, 0 where nothing is known
  std::vector<double> variance;        ///< [C, G] smoothed
  double variance_floor = 0;           ///< what smoothing added to every variance
  std::vector<double>
      log_scale;  ///< [C, padded(G)]: -0.5 log(2 pi variance), taken out of base for a missing cell
  std::vector<double> log_zero;   ///< [B, C]; part of base
  std::vector<double> log_step;   ///< [B, C]: log one - log zero
  std::vector<double> log_level;  ///< [L, C]
  std::vector<double> log_word;   ///< [M, C]
};

struct BayesState {
  NaiveBayes settings;
  std::vector<std::string> classes;
  std::vector<FeatureInfo> info;  ///< [columns] or empty
  BayesLayout layout;
  BayesCounts counts;
  BayesTables tables;

  std::string feature_name(std::size_t column) const;
};

/// Fills `tables`. False when a figure leaves the range of doubles.
bool derive_tables(BayesState& state);

}  // namespace everyml
