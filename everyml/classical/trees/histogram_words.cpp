#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "everyml/classical/trees/histogram.h"
#include "everyml/classical/trees/histogram_words_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kBlock = 16384;
/// Up to here numbers are rounded to nearest: there are bits enough.
constexpr std::size_t kFewRows = 65536;

/// The largest power of two by which a sum of this size stays below `room`.
double scale_for(double sum, double room) {
  if (!(sum > 0)) return 1;
  const double ratio = room / sum;
  if (!std::isfinite(ratio)) return std::ldexp(1.0, 900);
  int exponent = 0;
  std::frexp(ratio, &exponent);
  // Sums up to the largest double have a ratio above 2^-1000.
  return std::ldexp(1.0, std::clamp(exponent - 1, -1000, 900));
}

struct Sums {
  double gradient = 0, hessian = 0;
  double largest = 0;  ///< gradient of weight 1
  bool whole = true;
};

/// 64 random bits that depend on the key and the row alone.
/// Reference: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
inline std::uint64_t mixed(std::uint64_t key, std::uint64_t row) {
  std::uint64_t z = key + row * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// Of |x| < 2^32: without the instruction that not every CPU has.
inline double floor_of(double x) {
  constexpr std::int64_t kUp = std::int64_t{1} << 33;
  return static_cast<double>(static_cast<std::int64_t>(x + static_cast<double>(kUp)) - kUp);
}

constexpr double kUnit = 1.0 / 4294967296.0;
/// Parts the draws of the two roundings.
constexpr std::uint64_t kCoarse = 0x5bd1e9955bd1e995u;

struct Extent {
  double least = std::numeric_limits<double>::infinity(), most = 0;
};

/// What make_words() reads of some rows, as the kernels want it.
class RowBlock {
 public:
  RowBlock(std::span<const float> gradients, std::span<const float> hessians,
           std::span<const std::uint32_t> some)
      : gradients_(gradients), hessians_(hessians), some_(some) {
    if (hessians.empty()) own_hessians_.fill(1.0F);
  }

  /// The next `count` rows from `begin` on, and rows of nothing up to a multiple of 8.
  void read(std::size_t begin, std::size_t count) {
    const std::size_t padded = (count + 7) / 8 * 8;
    const bool aside = !some_.empty() || padded != count;
    for (std::size_t i = 0; i < count; ++i) rows[i] = some_.empty() ? begin + i : some_[begin + i];
    if (!aside) {
      gradient = gradients_.data() + begin;
      hessian = hessians_.empty() ? own_hessians_.data() : hessians_.data() + begin;
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      own_gradients_[i] = gradients_[rows[i]];
      if (!hessians_.empty()) own_hessians_[i] = hessians_[rows[i]];
    }
    for (std::size_t i = count; i < padded; ++i) {
      rows[i] = 0;
      own_gradients_[i] = own_hessians_[i] = 0;
    }
    gradient = own_gradients_.data();
    hessian = own_hessians_.data();
  }

  const float *gradient = nullptr, *hessian = nullptr;
  std::array<std::uint64_t, words_detail::kRowsAtOnce> rows;

 private:
  std::span<const float> gradients_, hessians_;
  std::span<const std::uint32_t> some_;
  std::array<float, words_detail::kRowsAtOnce> own_gradients_, own_hessians_;
};

/// Calls use(at, count) for runs of rows of one block.
template <class Use>
void for_runs(std::size_t begin, std::size_t end, Use&& use) {
  for (std::size_t at = begin; at < end; at += words_detail::kRowsAtOnce)
    use(at, std::min(words_detail::kRowsAtOnce, end - at));
}

}  // namespace

WordUnits make_words(std::span<const float> gradient, std::span<const float> hessian,
                     std::span<const double> weights, std::span<const std::uint32_t> some, std::uint64_t key,
                     std::span<std::uint64_t> words, const Context& context, int bits) {
  const std::size_t n = some.empty() ? gradient.size() : some.size();
  if (n >= (std::size_t{1} << 29))
    throw UnsupportedError("trees.rows", "trees learn from at most 536870911 rows at a time");
  const auto at = [&](std::size_t i) { return some.empty() ? i : some[i]; };
  const Sums sums = parallel_reduce<Sums>(
      context, n, kBlock,
      [&](std::size_t begin, std::size_t end) {
        Sums sum;
        if (weights.empty()) {
          RowBlock block(gradient, hessian, some);
          for_runs(begin, end, [&](std::size_t first, std::size_t count) {
            block.read(first, count);
            const words_detail::Sizes sizes = words_detail::sum_sizes(block.gradient, block.hessian, count);
            sum.gradient += sizes.gradient;
            sum.hessian += sizes.hessian;
            sum.largest = std::max(sum.largest, sizes.largest);
          });
          return sum;
        }
        for (std::size_t i = begin; i < end; ++i) {
          const std::size_t row = at(i);
          const double weight = weights[row];
          const double size = std::abs(static_cast<double>(gradient[row]));
          sum.gradient += weight * size;
          sum.largest = std::max(sum.largest, size);
          sum.hessian += weight * (hessian.empty() ? 1.0 : static_cast<double>(hessian[row]));
          sum.whole &= std::floor(weight) == weight;
        }
        return sum;
      },
      [](Sums& into, Sums&& part) {
        into.gradient += part.gradient;
        into.hessian += part.hessian;
        into.largest = std::max(into.largest, part.largest);
        into.whole &= part.whole;
      });
  if (!std::isfinite(sums.gradient) || !std::isfinite(sums.hessian))
    throw DataError("data.spread", "gradients are beyond what can be summed; scale the target");
  const bool weighted = !weights.empty();
  const auto rows = static_cast<double>(n);
  // Rounding adds at most 1 a row; a weighted row rounds before its weight multiplies.
  double weight_sum = 0;
  if (weighted)
    for (std::size_t i = 0; i < n; ++i) weight_sum += weights[at(i)];
  const bool whole = weighted && sums.whole && weight_sum < 536870912.0;
  const double step = bits > 0 ? std::ldexp(sums.largest, 1 - bits) : 0;
  // Rounding to steps adds less than one of them to a row of weight 1.
  const double most_gradient = sums.gradient + step * (weighted ? weight_sum : rows);
  if (!whole) weight_sum = rows;
  const double g_scale = scale_for(most_gradient, 2147483000.0 - weight_sum);
  const double h_scale =
      hessian.empty() && (!weighted || whole) ? 1 : scale_for(sums.hessian, 4294966000.0 - 2 * weight_sum);
  const bool nearest = n <= kFewRows;

  const auto plain = [&](std::size_t begin, std::size_t end) {
    RowBlock block(gradient, hessian, some);
    std::array<std::uint64_t, words_detail::kRowsAtOnce> made;
    words_detail::Extent found;
    for_runs(begin, end, [&](std::size_t first, std::size_t count) {
      block.read(first, count);
      words_detail::words_at_random(block.gradient, block.hessian, block.rows.data(), (count + 7) / 8 * 8,
                                    {key, g_scale, h_scale}, made.data(), found);
      std::copy_n(made.begin(), count, words.begin() + static_cast<std::ptrdiff_t>(first));
    });
    Extent extent;
    if (found.most > 0) extent = {static_cast<double>(found.least), static_cast<double>(found.most)};
    return extent;
  };
  const auto block = [&](std::size_t begin, std::size_t end) {
    if (!weighted && step == 0 && !nearest) return plain(begin, end);
    Extent extent;
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t row = at(i);
      const std::uint64_t random = nearest ? 0x8000000080000000u : mixed(key, row);
      const double up_g = static_cast<double>(random >> 32) * kUnit;
      const double up_h = static_cast<double>(random & 0xffffffffu) * kUnit;
      auto g = static_cast<double>(gradient[row]);
      if (step > 0) {
        const double up = static_cast<double>(mixed(key ^ kCoarse, row) >> 32) * kUnit;
        g = step * floor_of(g / step + up);
      }
      g *= g_scale;
      double h = (hessian.empty() ? 1.0 : static_cast<double>(hessian[row])) * h_scale;
      const double weight = weighted ? weights[row] : 1.0;
      const double copies = whole ? weight : 1.0;
      if (!whole) {
        g *= weight;
        h *= weight;
      }
      g = floor_of(g + up_g) * copies;
      h = h > 0 ? std::max(1.0, floor_of(h + up_h)) * copies : 0;
      words[i] = pack_word(static_cast<std::int64_t>(g), static_cast<std::uint64_t>(h));
      if (h > 0) {
        const double each = h / weight;
        extent.least = std::min(extent.least, each);
        extent.most = std::max(extent.most, each);
      }
    }
    return extent;
  };
  const Extent extent = parallel_reduce<Extent>(context, n, kBlock, block, [](Extent& into, Extent&& part) {
    into.least = std::min(into.least, part.least);
    into.most = std::max(into.most, part.most);
  });
  WordUnits units;
  units.gradient = 1 / g_scale;
  units.hessian = 1 / h_scale;
  units.least_hessian = std::isfinite(extent.least) ? extent.least : 1;
  units.most_hessian = std::max(extent.most, units.least_hessian);
  return units;
}

}  // namespace everyml
