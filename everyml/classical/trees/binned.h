#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml {

/// How the values of one feature become codes 0 .. bins - 1, and NaN the code `bins`.
struct FeatureBins {
  bool category = false;
  /// Numbers, ascending, [bins - 1]: a value has the code of the first threshold >= value, or the last code.
  /// So "code <= c" is "value <= threshold[c]", in the user's units, exactly.
  std::vector<double> threshold;
  /// Categories, [bins]: the category's own code of each bin. Rare ones beyond the largest number of bins
  /// have none and are as missing.
  std::vector<std::int32_t> category_of;
  std::uint32_t bins = 1;
  bool has_missing = false;  ///< some training row has the code `bins`

  /// Codes in use, that of missing included.
  std::uint32_t codes() const { return bins + (has_missing ? 1 : 0); }
  /// The code of one value; NaN and unknown categories: `bins`.
  std::uint32_t code(double value) const;
};

struct BinSettings {
  /// Largest number of bins of a feature, missing not counted; 2 to 65535. A feature with no more distinct
  /// values than that gets one bin for each, and what is learned from it is exact.
  int max_bins = 255;
  /// Thresholds of the others are quantiles of this many rows, chosen at random; 0: of all.
  std::size_t sample_rows = 200000;
  /// Sparse features alone: columns of numbers that are never both other than zero on one row share one array
  /// of codes, and constant columns have none. The codes of each are the same with and without.
  /// Reference: Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NIPS 2017,
  /// section 4, with no conflicts allowed.
  bool bundle = false;
};

/// The training rows as small codes: made once, shared by every tree, fold and trial. Immutable; copies
/// share; thread-safe. Thresholds lie midway between neighbouring distinct values.
class BinnedFeatures {
 public:
  /// `info` as in Dataset. Rows of weight 0 do not decide thresholds. Any storage of x.
  static BinnedFeatures make(const Features& x, std::span<const FeatureInfo> info,
                             std::span<const double> weights, const BinSettings& settings,
                             const Context& context);

  std::size_t rows() const;
  std::size_t columns() const;
  const FeatureBins& bins(std::size_t column) const;
  /// Codes of a column, [rows]: one of the two is null. 8 bits when bins <= 255. Both are null for a column
  /// that shares its codes with others or has none (BinSettings::bundle).
  const std::uint8_t* codes8(std::size_t column) const;
  const std::uint16_t* codes16(std::size_t column) const;
  std::uint32_t code(std::size_t row, std::size_t column) const;

  /// Where the codes of a column are. Of a column that shares them, code k other than `zero` is `first` + k
  /// in the array, or `first` + k - 1 when k is above `zero`; everything else in the array is `zero`.
  struct Place {
    static constexpr std::uint32_t kNone = 0xffffffff;
    std::uint32_t array = kNone;  ///< kNone: every row has the code `zero`
    std::uint32_t first = 0;      ///< 0: the array has the codes of this column as they are
    std::uint32_t zero = 0;       ///< the code of the value 0

    bool shared() const { return first != 0; }
  };
  Place place(std::size_t column) const;
  /// Arrays of codes: as many as columns when none are shared.
  std::size_t arrays() const;
  /// Codes of an array, [rows]: one of the two is null.
  const std::uint8_t* array8(std::size_t array) const;
  const std::uint16_t* array16(std::size_t array) const;
  /// Codes that an array may hold are below this.
  std::uint32_t array_codes(std::size_t array) const;

  /// The same bins over other rows of the same columns (a validation set). No codes are shared there.
  BinnedFeatures with_rows(const Features& x, const Context& context) const;
  /// Some of the rows, in the order given: a fold shares the bins of all.
  BinnedFeatures select_rows(std::span<const std::size_t> rows, const Context& context) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

/// The codes of a dataset's features. They are kept with the dataset where it keeps anything
/// (Dataset::derived), so that all fits of the same rows share them.
std::shared_ptr<const BinnedFeatures> shared_bins(const Dataset& data, const BinSettings& settings,
                                                  const Context& context);

}  // namespace everyml
