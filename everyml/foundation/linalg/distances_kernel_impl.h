#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// The vector kernels behind distances.h. One side of every product lies in the lanes (a block of rows,
// transposed to [columns][lanes]), the other side is broadcast (a panel of eight vectors, [columns][8]); so
// every sum runs over columns in order, whatever the width of the vectors.

namespace everyml::distances_detail {

inline constexpr std::size_t kPanel = 8;
/// Most rows a block has on any machine; the block of this machine is `block_rows()`.
inline constexpr std::size_t kMostBlockRows = 48;
/// Columns summed in one run; runs are added up, which keeps the rounding error of wide rows small.
inline constexpr std::size_t kRun = 256;

enum class Product : std::uint8_t {
  dot,         ///< sum of x*y
  square,      ///< sum of (x-y)^2
  difference,  ///< sum of |x-y|
};

/// Rows where they lie: row i begins at values + (ids ? ids[i] : i) * stride.
template <class T>
struct RowsAt {
  const T* values = nullptr;
  std::size_t stride = 0;
  std::size_t count = 0;
  const std::uint32_t* ids = nullptr;

  const T* row(std::size_t i) const { return values + (ids != nullptr ? std::size_t{ids[i]} : i) * stride; }
};

/// `count` vectors as float32: element j of vector v is values[(v / 8 * columns + j) * 8 + v % 8]; the last
/// panel is filled up with zeros.
struct PanelsAt {
  const float* values = nullptr;
  std::size_t count = 0;
  std::size_t columns = 0;

  std::size_t panels() const { return (count + kPanel - 1) / kPanel; }
  const float* panel(std::size_t index) const { return values + index * columns * kPanel; }
};

std::size_t block_rows();
/// Distance between the columns of a packed block and between the vectors of a tile; at least block_rows().
std::size_t block_stride();

/// Up to block_rows() rows minus `shift` as float32, transposed to packed [columns][block_stride()]; lanes
/// beyond rows.count repeat the last row. `norms` [block_stride()] takes the lengths of the packed rows.
/// REQUIRES: rows.count > 0; packed has columns * block_stride() elements, 64-byte aligned.
void pack(const RowsAt<float>& rows, std::size_t columns, const float* shift, float* packed, float* norms);
void pack(const RowsAt<double>& rows, std::size_t columns, const float* shift, float* packed, float* norms);

/// tile [8][block_stride()] of one packed block against one panel; only the first `used` vectors are computed
/// (rounded up to four).
void score_tile(Product product, const float* packed, std::size_t columns, const float* panel,
                std::size_t used, float* tile);

/// Per lane of a packed block: the smallest and second smallest of half_norms[v] - x.v over all vectors, and
/// the vector of the smallest (the first of equals). Outputs have block_rows() elements. REQUIRES:
/// panels.count > 0; half_norms is filled up to whole panels with infinities.
void nearest_two(const float* packed, const PanelsAt& panels, const float* half_norms, float* best,
                 float* second, std::int32_t* index);

/// A candidate of a search: a row of the data and its approximate score.
struct Candidate {
  float score;
  std::uint32_t row;
};

/// Where a search for one query puts its candidates; `limit` falls as better ones are found.
struct Reservoir {
  Candidate* items = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;  ///< at least kMostBlockRows above what `shrink` leaves
  float limit = 0;             ///< scores above it cannot be among the nearest
};

/// How the products of a block become scores: score[l] = offset[l] + bias - scale[l] * product[l].
struct Scoring {
  const float* offset = nullptr;  ///< null: zeros
  const float* scale = nullptr;   ///< null: ones
  std::size_t lanes = 0;          ///< rows of the block
  std::uint32_t first_row = 0;    ///< row of lane 0
};

/// What belongs to one query of a panel: scores are raised by bias and dropped above reservoir->limit +
/// slack.
struct Asked {
  Reservoir* reservoir = nullptr;
  float bias = 0;
  float slack = 0;
};

/// Scores of a packed block for the first `used` queries of a panel, offered to their reservoirs. A score
/// that is not a number is always taken. REQUIRES: every reservoir has room for block_rows() more.
void scan_panel(Product product, const float* packed, std::size_t columns, const float* panel,
                std::size_t used, const Scoring& scoring, const Asked* asked);

/// sums[label * columns + j] += weight * x for every row, in row order; weights may be null.
void add_rows(const RowsAt<float>& rows, std::size_t columns, const std::int32_t* labels,
              const double* weights, double* sums);
void add_rows(const RowsAt<double>& rows, std::size_t columns, const std::int32_t* labels,
              const double* weights, double* sums);

/// out[i]: squared distance of row i to centre labels[i]; eight running sums.
void own_squared(const RowsAt<float>& rows, std::size_t columns, const double* centres,
                 const std::int32_t* labels, double* out);
void own_squared(const RowsAt<double>& rows, std::size_t columns, const double* centres,
                 const std::int32_t* labels, double* out);

}  // namespace everyml::distances_detail
