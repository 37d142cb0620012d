#include "everyml/foundation/linalg/distances.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/linalg/distances_exact_impl.h"
#include "everyml/foundation/linalg/distances_kernel_impl.h"

namespace everyml {

using namespace distances_detail;  // NOLINT: the kernels of this very header

double squared_distance(std::span<const double> a, std::span<const double> b) {
  return exact_squared(a.data(), b.data(), a.size());
}

double distance(Metric metric, std::span<const double> a, std::span<const double> b) {
  return finished(metric, exact_rank(metric, a.data(), b.data(), a.size()));
}

namespace {

template <class T>
bool measurable(const T* values, std::size_t count) {
  bool all = true;
  // Not a number compares as false, so this refuses it too.
  for (std::size_t i = 0; i < count; ++i)
    all &= std::abs(static_cast<double>(values[i])) <= kLargestMeasurable;
  return all;
}

bool measurable(const Features& x) {
  if (x.storage() == Features::Storage::sparse32)
    return measurable(x.sparse32().values.data(), x.sparse32().values.size());
  for (std::size_t i = 0; i < x.rows(); ++i) {
    const std::size_t at = i * x.stride();
    if (x.dense64() != nullptr ? !measurable(x.dense64() + at, x.columns())
                               : !measurable(x.dense32() + at, x.columns())) {
      return false;
    }
  }
  return true;
}

}  // namespace

void require_measurable(const Features& x, std::string_view what) {
  if (measurable(x)) return;
  if (x.has_missing()) {
    throw DataError("data.missing", fmt::format("{}: a value is missing; distances need every value", what));
  }
  if (x.has_infinite()) {
    throw DataError("data.infinite",
                    fmt::format("{}: a value is infinite; distances need finite values", what));
  }
  throw DataError("data.too_large",
                  fmt::format("{}: a value is beyond {:g}, which is too large to measure distances; "
                              "scale the columns",
                              what, kLargestMeasurable));
}

namespace {

template <class T, class TileOf>
void squared_distances_of(const T* x, std::size_t rows, std::size_t columns,
                          std::span<const std::size_t> candidates, const TileOf& row_of,
                          std::span<float> out) {
  const std::size_t stride = block_stride();
  Buffer<float> packed(columns * stride + stride);
  float* lengths = packed.data() + columns * stride;
  alignas(64) float tile[kPanel * kMostBlockRows];
  std::vector<float> panel(columns * kPanel);
  const std::vector<float> shift(columns, 0.0F);
  for (std::size_t first = 0; first < candidates.size(); first += kPanel) {
    const std::size_t used = std::min(kPanel, candidates.size() - first);
    for (std::size_t c = 0; c < used; ++c) {
      const T* row = row_of(candidates[first + c]);
      for (std::size_t j = 0; j < columns; ++j) {
        panel[j * kPanel + c] = static_cast<float>(row[j]);
      }
    }
    for (std::size_t b = 0; b < rows; b += block_rows()) {
      const std::size_t n = std::min(block_rows(), rows - b);
      pack(RowsAt<T>{.values = x + b * columns, .stride = columns, .count = n}, columns, shift.data(),
           packed.data(), lengths);
      score_tile(Product::square, packed.data(), columns, panel.data(), used, tile);
      for (std::size_t c = 0; c < used; ++c) {
        std::copy_n(tile + c * stride, n, out.data() + (first + c) * rows + b);
      }
    }
  }
}

}  // namespace

void squared_distances_to(const Features& x, std::size_t begin, std::size_t end,
                          std::span<const std::size_t> candidates, std::span<float> out) {
  if (x.storage() == Features::Storage::dense64) {
    std::vector<double> scratch, row;
    squared_distances_of(
        x.tile64(begin, end, scratch), end - begin, x.columns(), candidates,
        [&](std::size_t i) { return x.tile64(i, i + 1, row); }, out);
  } else {
    std::vector<float> scratch, row;
    squared_distances_of(
        x.tile32(begin, end, scratch), end - begin, x.columns(), candidates,
        [&](std::size_t i) { return x.tile32(i, i + 1, row); }, out);
  }
}

namespace {

/// Calls body(RowsAt, position) for strips of the rows begin..end in their own element type.
template <class Body>
void each_strip(const Features& x, std::size_t begin, std::size_t end, const Body& body) {
  const std::size_t strip = strip_rows(x.columns());
  std::vector<double> wide;
  std::vector<float> narrow;
  for (std::size_t at = begin; at < end; at += strip) {
    const std::size_t to = std::min(at + strip, end);
    if (x.storage() == Features::Storage::dense64) {
      body(RowsAt<double>{.values = x.tile64(at, to, wide), .stride = x.columns(), .count = to - at}, at);
    } else {
      body(RowsAt<float>{.values = x.tile32(at, to, narrow), .stride = x.columns(), .count = to - at}, at);
    }
  }
}

}  // namespace

void add_to_clusters(const Features& x, std::size_t begin, std::size_t end,
                     std::span<const std::int32_t> labels, std::span<const double> weights,
                     std::span<double> sums, std::span<double> masses) {
  each_strip(x, begin, end, [&](const auto& rows, std::size_t at) {
    add_rows(rows, x.columns(), labels.data() + (at - begin), weights.empty() ? nullptr : weights.data() + at,
             sums.data());
  });
  for (std::size_t i = begin; i < end; ++i) {
    masses[static_cast<std::size_t>(labels[i - begin])] += weights.empty() ? 1.0 : weights[i];
  }
}

void own_squared_distances(const Features& x, std::size_t begin, std::size_t end,
                           std::span<const double> centres, std::span<const std::int32_t> labels,
                           std::span<double> out) {
  each_strip(x, begin, end, [&](const auto& rows, std::size_t at) {
    own_squared(rows, x.columns(), centres.data(), labels.data() + (at - begin), out.data() + (at - begin));
  });
}

}  // namespace everyml
