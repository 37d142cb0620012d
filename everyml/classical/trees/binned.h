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
  /// Codes take less room; those of each column are the same with and without. Sparse features: columns of
  /// numbers that are never both other than zero on one row share one array of codes, and constant columns
  /// have none (Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NIPS 2017, section
  /// 4, with no conflicts allowed). Dense features of some thousand rows or more: columns of at most 16 codes
  /// share bytes.
  bool bundle = false;
  /// Bundled dense features of at least so many columns keep their codes once, side by side by row: half the
  /// memory, and slower where rows are divided by a question.
  std::size_t block_columns = 4096;
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
  /// that shares its codes with others, has none or lies beside others (BinSettings::bundle).
  const std::uint8_t* codes8(std::size_t column) const;
  const std::uint16_t* codes16(std::size_t column) const;
  std::uint32_t code(std::size_t row, std::size_t column) const;

  /// Where the codes of a column are. Of a column that shares them with others of which at most one is other
  /// than zero on a row, code k other than `zero` is `first` + k in the array, or `first` + k - 1 when k is
  /// above `zero`; everything else in the array is `zero`. Of small columns multiplied into one number, the
  /// code is that number divided by `step`, modulo the column's codes.
  struct Place {
    static constexpr std::uint32_t kNone = 0xffffffff;
    std::uint32_t array = kNone;  ///< kNone: every row has the code `zero`
    std::uint32_t first = 0;      ///< 0: not shared in this way
    std::uint32_t zero = 0;       ///< the code of the value 0
    std::uint32_t step = 0;       ///< 0: not multiplied

    bool shared() const { return first != 0; }
    bool multiplied() const { return step != 0; }
    /// The array has the codes of this column as they are.
    bool alone() const { return first == 0 && step == 0; }
  };
  Place place(std::size_t column) const;
  /// Arrays of codes: as many as columns when none are shared.
  std::size_t arrays() const;
  /// Codes of an array: that of row r is narrow[r * stride] or wide[r * stride]; one of the two is null.
  struct Codes {
    const std::uint8_t* narrow = nullptr;
    const std::uint16_t* wide = nullptr;
    std::size_t stride = 1;
  };
  Codes array(std::size_t array) const;
  /// Codes that an array may hold are below this.
  std::uint32_t array_codes(std::size_t array) const;

  /// Arrays side by side: code k of row r is number k of those that begin at bytes + r * row_bytes.
  struct Block {
    const std::uint8_t* bytes = nullptr;
    std::uint32_t row_bytes = 0;
    std::span<const std::uint32_t> arrays;  ///< all of 8 bits or all of 16
  };
  /// None, or each array is in one.
  std::size_t blocks() const;
  Block block(std::size_t number) const;

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
