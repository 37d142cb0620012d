#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "everyml/classical/trees/grower.h"
#include "everyml/ensembles/boosting/boosting_settings.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml::boosting_detail {

/// Columns that trees grow on in place of a dataset's, with a number for each category: the mean target of
/// its rows. A training row's number comes from the rows before it in a random order alone, so it has not
/// seen its own target; all other rows' numbers come from all training rows. Of three and more classes a
/// column has a number for each class. Columns of few categories stay as they are.
///
/// A question "number <= t" asks for a set of categories, so grown trees are put back into questions of the
/// own columns, and a model needs no numbers.
/// Reference: Prokhorenkova et al., "CatBoost: unbiased boosting with categorical features", NeurIPS 2018.
class OrderedColumns {
 public:
  /// Whether any column has more categories among the training rows than are asked for one by one.
  static bool useful(const Dataset& data, std::span<const std::size_t> training, int one_hot);

  /// `order` numbers the random order of the rows. With `smooth` rows of the mean target added to each
  /// category's. Throws DataError "data.spread" when a mean is beyond doubles.
  OrderedColumns(const Dataset& data, std::span<const std::size_t> training, int one_hot, double smooth,
                 std::uint64_t order, const Context& context);

  /// Features and info of all rows; weights as the data's.
  const Dataset& columns() const { return columns_; }
  /// Lets go of the features, once they are codes.
  void forget() { columns_ = {}; }
  /// The own column of each of these.
  std::span<const std::uint32_t> sources() const { return sources_; }
  /// Settings that name own columns, for a grower of these.
  GrowerSettings translated(GrowerSettings settings) const;
  /// By own column to by these; empty stays empty.
  std::vector<std::uint8_t> translated(std::span<const std::uint8_t> allowed) const;
  /// A tree grown on these as one that asks for the own columns.
  GrownTree translated(GrownTree tree) const;
  /// Whether the column's values are the own column's.
  bool as_it_is(std::size_t column) const { return numbers_[column].level.empty(); }

 private:
  /// What one column says of categories.
  struct Numbers {
    std::vector<std::pair<std::int32_t, double>> level;  ///< ascending; empty: the column as it is
    double other = 0, missing = 0;                       ///< of categories not met, of NaN
  };
  void add_numbers(const Dataset& data, std::span<const std::size_t> training, std::uint32_t column,
                   std::span<const double> target, double smooth, std::span<const std::size_t> order,
                   Buffer<double>& cells);

  Dataset columns_;
  std::vector<std::uint32_t> sources_;
  std::vector<Numbers> numbers_;
};

}  // namespace everyml::boosting_detail
