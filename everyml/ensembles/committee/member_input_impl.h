#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/card.h"

namespace everyml {

/// What one member makes of the committee's columns, which come in the most general form: missing cells as
/// NaN, categories as codes, nothing scaled. Fitted on the member's own training rows, saved with it.
/// Immutable; thread-safe.
///
/// To impute: numbers get the weighted median, categories the commonest level, and a number column that had
/// gaps gets a flag for them. One-hot: a flag for each of the commonest 30 levels; all others, and missing
/// cells, have none. Standard scale: weighted mean 0 and deviation 1 of number columns.
class MemberInput {
 public:
  /// Throws DataError "data.spread" when a column to scale leaves the doubles.
  static MemberInput fit(const Dataset& data, const InputNeeds& needs);

  std::size_t input_count() const { return columns_.size(); }
  std::size_t output_count() const { return outputs_; }
  /// [output_count()]: the column that each output is made of.
  std::vector<std::uint32_t> sources() const;
  /// `x` itself when nothing is to be done.
  Features transform(const Features& x, const Context& context) const;
  /// The data as the member is to see them, with a description of its columns.
  Dataset transform(const Dataset& data, const Context& context) const;

  void save(ArchiveWriter& archive) const;
  static MemberInput load(const ArchiveReader& archive);

 private:
  struct Column {
    bool category = false;   ///< codes to become flags
    bool indicator = false;  ///< a flag for missing cells
    double fill = 0;         ///< in place of missing cells, when there is to be none
    double mean = 0, scale = 1;
    std::vector<std::int32_t> levels;  ///< of a category: those with a flag
    std::size_t width() const { return category ? levels.size() : (indicator ? 2 : 1); }
  };
  void finish();
  /// out: [output_count()].
  void one_row(const double* row, double* out) const;
  std::vector<FeatureInfo> info(const Dataset& data) const;

  std::vector<Column> columns_;
  bool fills_ = false;  ///< missing cells are filled
  std::size_t outputs_ = 0;
  bool plain_ = true;  ///< every column is one number, as it is but for its fill
};

}  // namespace everyml
