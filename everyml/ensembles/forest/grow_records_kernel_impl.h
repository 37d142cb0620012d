#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "everyml/classical/trees/binned.h"

namespace everyml {

/// Of one column of up to 255 bins: every 16th edge and all edges, with infinity behind them, so that an edge
/// is found by looking at 32 of them. One more equal to the first stands before all edges, and one equal to
/// the last behind.
struct CutTable {
  static constexpr std::size_t kStep = 16;
  double steps[kStep];
  double before[8];
  double edges[256];

  /// REQUIRES: numbers, of at least two bins.
  static CutTable of(const FeatureBins& bins);
};

/// A record is the codes of one row, one byte for each column, filled up to a stride that is 16 or a multiple
/// of 32. Kernels of one set of instructions; all look at every column of a record at once.
struct RecordKernels {
  /// The least and the largest code of each column. low, high: [stride].
  void (*range)(const std::uint8_t* records, std::size_t rows, std::size_t stride, std::uint8_t* low,
                std::uint8_t* high);
  /// Draws the cuts of some columns, see random_code(). tables, low, high, cuts: [stride]; where:
  /// [columns.size()].
  void (*draw_cuts)(const CutTable* tables, std::span<const std::uint8_t> columns, const double* where,
                    const std::uint8_t* low, const std::uint8_t* high, std::uint8_t* cuts);
  /// How many rows of each class have a larger code than their column's cut. Records stand class by class,
  /// counts [classes]; cuts [stride]; above: [classes, columns.size()].
  void (*count_above)(const std::uint8_t* records, std::span<const std::uint32_t> counts, std::size_t stride,
                      const std::uint8_t* cuts, std::span<const std::uint8_t> columns, std::uint32_t* above);
  /// Copies records in order: those whose code in `column` is at most `cut` to `left`, the others to `right`.
  void (*divide)(const std::uint8_t* records, std::size_t rows, std::size_t stride, std::size_t column,
                 std::uint8_t cut, std::uint8_t* left, std::uint8_t* right);
};
const RecordKernels& record_kernels();

}  // namespace everyml
