#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/linalg/distances.h"
#include "everyml/foundation/linalg/distances_exact_impl.h"
#include "everyml/foundation/linalg/distances_kernel_impl.h"

namespace everyml {

using namespace distances_detail;  // NOLINT: the kernels of this very header

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
/// Factors that outweigh a few roundings of float32, and so keep bounds on their side.
constexpr float kUp = 1 + 0x1p-20F;
constexpr float kDown = 1 - 0x1p-20F;
/// Products below it are far from the end of float32.
constexpr double kHeld = 1e37;

}  // namespace

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

NearestCentres::Moves::Moves(const NearestCentres& before, const NearestCentres& now, const Context& context)
    : moved_(now.count_), half_gap_(now.count_) {
  const std::size_t columns = now.columns_;
  for (std::size_t c = 0; c < now.count_; ++c) {
    const double squared =
        exact_squared(before.centres_.data() + c * columns, now.centres_.data() + c * columns, columns);
    moved_[c] = static_cast<float>(std::sqrt(squared) * kUp);
    if (moved_[c] > largest_) {
      second_ = largest_;
      largest_ = moved_[c];
      which_ = static_cast<std::int32_t>(c);
    } else {
      second_ = std::max(second_, moved_[c]);
    }
  }
  parallel_for(context, now.count_, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c) {
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t other = 0; other < now.count_; ++other) {
        if (other == c) continue;
        least = std::min(least, exact_squared(now.centres_.data() + c * columns,
                                              now.centres_.data() + other * columns, columns));
      }
      half_gap_[c] = static_cast<float>(0.5 * std::sqrt(least) * kDown);
    }
  });
}

/// One call of assign: where its results go, and scratch.
struct NearestCentres::Pass {
  Pass(const NearestCentres& centres, std::int32_t* to, Bounds* row_bounds, const Moves* centre_moves)
      : labels(to),
        bounds(row_bounds),
        moves(centre_moves),
        packed(centres.columns_ * block_stride() + block_stride()),
        error(2 * kernel_error(centres.columns_)),
        steady(error * 0.5 * centres.longest_ * centres.longest_ + 2 * kernel_floor(centres.columns_)),
        slope(error * centres.longest_),
        square(2 * definition_error(centres.columns_, 1.0)) {}

  /// Rows of a strip whose centre may have changed, after their bounds followed the moves.
  std::size_t undecided(std::size_t count, std::size_t first) {
    float* upper = bounds->upper.data() + first;
    float* lower = bounds->lower.data() + first;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t label = labels[i];
      const float away = label == moves->which_ ? moves->second_ : moves->largest_;
      const float up = (upper[i] + moves->moved_[static_cast<std::size_t>(label)]) * kUp;
      const float low = (lower[i] - away) * kDown;
      upper[i] = up;
      lower[i] = low;
      ids[kept] = static_cast<std::uint32_t>(i);
      kept += up < std::max(low, moves->half_gap_[static_cast<std::size_t>(label)]) ? 0 : 1;
    }
    return kept;
  }

  std::int32_t* labels;
  Bounds* bounds;
  const Moves* moves;
  Buffer<float> packed;
  // Two scores may each be off by the bound; for a row of length p it is at most half of
  // steady + slope * p + square * (p + longest)^2.
  const double error, steady, slope, square;
  float best[kMostBlockRows], second[kMostBlockRows];
  std::int32_t nearest[kMostBlockRows];
  std::uint32_t ids[kMostStripRows];
};

template <class T>
void NearestCentres::assign_strip(const T* rows, std::size_t count, std::size_t first, Pass& pass) const {
  const PanelsAt panels{.values = panels_.data(), .count = count_, .columns = columns_};
  float* packed = pass.packed.data();
  float* lengths = packed + columns_ * block_stride();
  const bool all = pass.moves == nullptr;
  const std::size_t open = all ? count : pass.undecided(count, first);
  for (std::size_t b = 0; b < open; b += block_rows()) {
    const RowsAt<T> block{.values = all ? rows + b * columns_ : rows,
                          .stride = columns_,
                          .count = std::min(block_rows(), open - b),
                          .ids = all ? nullptr : pass.ids + b};
    pack(block, columns_, shift_.data(), packed, lengths);
    nearest_two(packed, panels, half_norms_.data(), pass.best, pass.second, pass.nearest);
    for (std::size_t i = 0; i < block.count; ++i) {
      const std::size_t at = all ? b + i : pass.ids[b + i];
      const double length = lengths[i], reach = length + longest_, best = pass.best[i],
                   second = pass.second[i];
      const double margin = 1.01 * (pass.steady + pass.slope * length + pass.square * reach * reach);
      // Also false when something is not a number. Scores of lengths whose products float32 cannot hold may
      // have been none on the way, and a smallest of them says nothing.
      const bool certain = second - best > margin && reach * longest_ < kHeld;
      pass.labels[at] = certain ? pass.nearest[i] : nearest_exactly(block.row(i));
      if (pass.bounds == nullptr) continue;
      // |x - c|^2 = |x|^2 + 2 (|c|^2 / 2 - x.c); the margin covers twice the error of the second part.
      const double squared = length * length, slack = margin + pass.error * squared;
      pass.bounds->upper[first + at] =
          certain ? static_cast<float>(std::sqrt(std::max(0.0, squared + 2 * best + slack))) * kUp
                  : kInfinity;
      pass.bounds->lower[first + at] =
          certain ? static_cast<float>(std::sqrt(std::max(0.0, squared + 2 * second - slack))) * kDown : 0.0F;
    }
  }
}

void NearestCentres::assign(const Features& x, std::size_t begin, std::size_t end,
                            std::span<std::int32_t> labels, Bounds* bounds, const Moves* moves) const {
  Pass pass(*this, labels.data(), bounds, moves);
  std::vector<double> wide;
  std::vector<float> narrow;
  const std::size_t strip = strip_rows(columns_);
  for (std::size_t at = begin; at < end; at += strip) {
    const std::size_t to = std::min(at + strip, end);
    pass.labels = labels.data() + (at - begin);
    if (x.storage() == Features::Storage::dense64) {
      assign_strip(x.tile64(at, to, wide), to - at, at, pass);
    } else {
      assign_strip(x.tile32(at, to, narrow), to - at, at, pass);
    }
  }
}

}  // namespace everyml
