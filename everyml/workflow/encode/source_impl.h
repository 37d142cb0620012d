#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/workflow/encode/encoder_impl.h"

namespace everyml::encode_detail {

/// What was met while reading cells of one column; joined in row order.
struct Counts {
  std::uint64_t unseen = 0, unreadable = 0, infinite = 0;
  std::string example_unseen, example_unreadable;  ///< the first of each
  bool empty() const { return unseen == 0 && unreadable == 0 && infinite == 0; }
  void join(Counts&& other);
};

/// Room for the cells of one column over a run of rows. One per thread.
struct CellScratch {
  std::vector<double> numbers;
  std::vector<std::int32_t> codes;
  std::vector<std::int64_t> dates;
};

/// Reads the cells of a table's column in the terms of a plan, converting where the kinds differ.
/// Thread-safe.
class ColumnSource {
 public:
  /// `column` null: the table lacks it, every cell is missing. Both must outlive the source.
  ColumnSource(const Plan& plan, const Column* column);

  /// Cells of rows [begin, begin + n), valid until the next call with the same scratch. `counts` may be null.
  Cells read(std::size_t begin, std::size_t n, CellScratch& scratch, Counts* counts) const;
  /// A cell for a text plan; `scratch` holds it when it had to be made.
  std::optional<std::string_view> text(std::size_t row, std::string& scratch) const;

 private:
  std::span<const double> read_numbers(std::size_t begin, std::size_t n, CellScratch& scratch,
                                       Counts* counts) const;
  std::span<const std::int32_t> read_codes(std::size_t begin, std::size_t n, CellScratch& scratch,
                                           Counts* counts) const;
  std::span<const std::int64_t> read_dates(std::size_t begin, std::size_t n, CellScratch& scratch,
                                           Counts* counts) const;
  double number_at(std::size_t row, Counts* counts) const;
  std::int32_t code_at(std::size_t row, Counts* counts) const;
  void unreadable(std::size_t row, Counts* counts) const;

  const Plan& plan_;
  const Column* column_;
  std::vector<std::int32_t> level_codes_;  ///< of the column's own levels
  std::vector<double> level_numbers_;      ///< NaN when it cannot be read
  std::vector<std::int64_t> level_dates_;  ///< kMissingDate when it cannot be read
};

}  // namespace everyml::encode_detail
