#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/random.h"

namespace everyml {

/// One division of rows. Both lists are ascending and share no row.
struct Fold {
  std::vector<std::size_t> train;
  std::vector<std::size_t> test;
};
using Folds = std::vector<Fold>;

/// k folds of n rows, sizes differing by at most one. Throws ParameterError "splits.folds" unless 2 <= k <=
/// n.
Folds random_folds(std::size_t n, std::size_t k, Stream random);
/// The same in the order of the rows: fold i tests on the i-th block of neighbours, the larger blocks first.
Folds block_folds(std::size_t n, std::size_t k);
/// Like random_folds, with each class spread evenly: per class, fold sizes differ by at most one. A class
/// with fewer rows than k is missing from some test sets; it is always in some training set.
Folds stratified_folds(std::span<const std::int32_t> codes, std::size_t k, Stream random);
/// The same in the order of the rows: of each class, the first rows are tested in fold 0, the next in fold 1,
/// ...
Folds stratified_block_folds(std::span<const std::int32_t> codes, std::size_t k);
/// Folds stratified on quantiles of a numeric target, so that folds have like distributions.
Folds quantile_folds(std::span<const double> target, std::size_t k, Stream random);
/// No group is on both sides of any fold; sizes are balanced greedily, largest group first.
/// Throws DataError "splits.groups" when there are fewer groups than k.
Folds group_folds(std::span<const std::int32_t> groups, std::size_t k, Stream random);
/// Forward chaining in the order of `time`: fold i tests on the (i+1)-th of k+1 blocks and trains on all rows
/// before it, leaving out rows closer than `gap` (same unit as `time`) before the test block. Rows of equal
/// time stay together. Throws ParameterError "splits.folds" for k < 1 and "splits.gap" for a negative gap,
/// DataError "splits.time" for a time that is not finite or fewer than k+1 distinct times, "splits.gap" when
/// the gap leaves a fold nothing to train on.
Folds time_folds(std::span<const double> time, std::size_t k, double gap = 0.0);
/// One fold whose test set has about `fraction` of the rows, at least one row on both sides; stratified when
/// codes are given: every class then keeps a row to train on as far as the fraction allows. Throws
/// ParameterError "splits.fraction" unless 0 < fraction < 1, DataError "splits.rows" for fewer than two rows.
Fold holdout(std::size_t n, double fraction, std::span<const std::int32_t> codes, Stream random);

/// A fold file is CSV with the header "fold,role,row": role is train or test, row counts from 0.
std::string write_folds(const Folds& folds);
/// Throws FormatError "folds.format" with the line, DataError "folds.row" for a row >= n or a row on both
/// sides.
Folds read_folds(std::string_view text, std::size_t n);

}  // namespace everyml
