#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/random.h"

namespace everyml::bench {

/// A made-up population. Row r of a set depends on (name, columns, seed, r) alone, so the first n rows of a
/// large set are the small set, whatever machine and number of threads made it. Immutable, thread-safe.
class Population {
 public:
  struct Column {
    std::string name;
    std::size_t levels = 0;  ///< categories: codes 0 .. levels - 1; 0: a number
  };

  virtual ~Population() = default;
  virtual std::span<const Column> columns() const = 0;
  /// Classes of the label; 0: a number.
  virtual std::size_t classes() const { return 2; }
  /// True when a set is to be handed on as flags, one per level, in compressed rows.
  virtual bool one_hot() const { return false; }
  /// True when rows belong to queries; `row` then sees all rows of a query one after the other.
  virtual bool queries() const { return false; }
  /// Writes [columns()] and returns the label.
  virtual float row(Stream& random, float* x) const = 0;
};

/// The populations: "synhiggs" (28 numbers), "synairline" (8 columns, 5 of categories), "synltr" (136
/// numbers, five degrees of relevance), "wide" (`columns` correlated numbers), "sparse" (40 fields with 10 to
/// 100,000 levels) and "synmnist" (28 x 28 pictures of ten digits). `columns` counts for "wide" alone. Throws
/// std::invalid_argument for another name.
std::unique_ptr<Population> population(const std::string& name, std::size_t columns);

/// Rows [begin, begin + rows): x is [rows, columns()], y [rows]. REQUIRES: begin is a multiple of
/// kBlockRows. Cut over the threads at hand.
inline constexpr std::size_t kBlockRows = 4096;
void draw_rows(const Population& from, const std::string& name, std::uint64_t seed, std::size_t begin,
               std::size_t rows, float* x, float* y);

/// Sizes of the queries of `rows` rows: Poisson with mean 120, at least 1.
std::vector<std::uint32_t> query_sizes(std::uint64_t seed, std::size_t rows);

/// The ten stroke-drawn digits with jitter, see synthetic_digits.cpp.
std::unique_ptr<Population> digit_population();

}  // namespace everyml::bench
