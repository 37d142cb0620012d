#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/foundation/linalg/distances.h"
#include "everyml/foundation/linalg/distances_exact_impl.h"
#include "everyml/foundation/linalg/distances_kernel_impl.h"

namespace everyml {

using namespace distances_detail;  // NOLINT: the kernels of this very header

struct NearestCentres::Scratch {
  Scratch(std::size_t columns) : packed(columns * block_stride() + block_stride()) {}
  Buffer<float> packed;
  float best[kMostBlockRows], second[kMostBlockRows];
};

NearestCentres::NearestCentres(std::span<const double> centres, std::size_t columns)
    : count_(centres.size() / columns),
      columns_(columns),
      centres_(centres.begin(), centres.end()),
      shift_(columns, 0.0F) {
  for (std::size_t j = 0; j < columns; ++j) {
    double sum = 0;
    for (std::size_t c = 0; c < count_; ++c) sum += centres_[c * columns + j] / static_cast<double>(count_);
    shift_[j] = static_cast<float>(sum);
    // Beyond float32 everything is decided exactly; an infinite shift would make the rows NaN.
    if (!std::isfinite(shift_[j])) shift_[j] = 0;
  }
  const std::size_t panels = (count_ + kPanel - 1) / kPanel;
  panels_.assign(panels * columns * kPanel, 0.0F);
  half_norms_.assign(panels * kPanel, std::numeric_limits<float>::infinity());
  for (std::size_t c = 0; c < count_; ++c) {
    double squared = 0;
    for (std::size_t j = 0; j < columns; ++j) {
      const double value = centres_[c * columns + j] - static_cast<double>(shift_[j]);
      panels_[(c / kPanel * columns + j) * kPanel + c % kPanel] = static_cast<float>(value);
      squared += value * value;
    }
    half_norms_[c] = static_cast<float>(0.5 * squared);
    longest_ = std::max(longest_, std::sqrt(squared));
  }
}

template <class T>
std::int32_t NearestCentres::nearest_exactly(const T* row) const {
  std::int32_t nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < count_; ++c) {
    const double squared = exact_squared(row, centres_.data() + c * columns_, columns_);
    if (squared < least) {
      least = squared;
      nearest = static_cast<std::int32_t>(c);
    }
  }
  return nearest;
}

template <class T>
void NearestCentres::assign_rows(const T* rows, std::size_t count, std::int32_t* labels,
                                 const double* weights, Totals* totals, Scratch& scratch) const {
  const PanelsAt panels{.values = panels_.data(), .count = count_, .columns = columns_};
  float* packed = scratch.packed.data();
  float* lengths = packed + columns_ * block_stride();
  std::int32_t labels_of_block[kMostBlockRows];
  // Two scores may each be off by the bound, which for a row of length p is at most relative * (h + p *
  // longest).
  const double relative = 2 * kernel_error(columns_);
  const auto steady = static_cast<float>(relative * 0.5 * longest_ * longest_ + 2 * kernel_floor(columns_));
  const auto slope = static_cast<float>(relative * longest_);
  const auto square = static_cast<float>(2 * definition_error(columns_, 1.0));
  for (std::size_t b = 0; b < count; b += block_rows()) {
    const RowsAt<T> block{
        .values = rows + b * columns_, .stride = columns_, .count = std::min(block_rows(), count - b)};
    pack(block, columns_, shift_.data(), packed, lengths);
    nearest_two(packed, panels, half_norms_.data(), scratch.best, scratch.second, labels_of_block);
    for (std::size_t i = 0; i < block.count; ++i) {
      const float length = lengths[i] + static_cast<float>(longest_);
      const float margin = steady + slope * lengths[i] + square * length * length;
      // Also true when something is not a number, which float32 overflow leads to.
      if (!(scratch.second[i] > scratch.best[i] + margin * 1.01F))
        labels_of_block[i] = nearest_exactly(block.row(i));
      labels[b + i] = labels_of_block[i];
    }
    if (totals == nullptr) continue;
    const double* block_weights = weights != nullptr ? weights + b : nullptr;
    add_rows(block, columns_, labels_of_block, block_weights, totals->sums.data());
    for (std::size_t i = 0; i < block.count; ++i) {
      const double weight = block_weights != nullptr ? block_weights[i] : 1.0;
      totals->weights[static_cast<std::size_t>(labels_of_block[i])] += weight;
      const double length = lengths[i], score = scratch.best[i];
      totals->inertia += weight * std::max(0.0, length * length + 2 * score);
    }
  }
}

void NearestCentres::assign(const Features& x, std::size_t begin, std::size_t end,
                            std::span<std::int32_t> labels, std::span<const double> weights,
                            Totals* totals) const {
  // Strips keep what a conversion needs small.
  constexpr std::size_t kStrip = 768;
  Scratch scratch(columns_);
  std::vector<double> wide;
  std::vector<float> narrow;
  for (std::size_t at = begin; at < end; at += kStrip) {
    const std::size_t to = std::min(at + kStrip, end);
    const double* strip_weights = weights.empty() ? nullptr : weights.data() + at;
    std::int32_t* strip_labels = labels.data() + (at - begin);
    if (x.storage() == Features::Storage::dense64) {
      assign_rows(x.tile64(at, to, wide), to - at, strip_labels, strip_weights, totals, scratch);
    } else {
      assign_rows(x.tile32(at, to, narrow), to - at, strip_labels, strip_weights, totals, scratch);
    }
  }
}

}  // namespace everyml
