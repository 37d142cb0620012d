#include <algorithm>
#include <cmath>
#include <functional>

#include "everyml/ensembles/boosting/boosting_rows_impl.h"

namespace everyml::boosting_detail {
namespace {

RowSample all_rows() {
  RowSample sample;
  sample.all = true;
  return sample;
}

/// Reference: Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NIPS 2017.
RowSample by_gradient(const BoostingSettings& settings, Stream stream, std::span<float> gradient,
                      std::span<float> hessian) {
  const std::size_t n = gradient.size();
  std::vector<float> size(n);
  for (std::size_t row = 0; row < n; ++row)
    size[row] = std::abs(gradient[row]) * (hessian.empty() ? 1.0f : hessian[row]);
  const auto top =
      std::min(n, static_cast<std::size_t>(std::ceil(settings.top_share * static_cast<double>(n))));
  if (top == n) return all_rows();
  std::vector<float> order = size;
  std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(top - 1), order.end(),
                   std::greater<>());
  const float limit = order[top - 1];
  const double rest = 1 - settings.top_share;
  const double chance = std::min(1.0, settings.other_share / rest);
  const auto factor = static_cast<float>(1 / chance);
  RowSample sample;
  for (std::size_t row = 0; row < n; ++row) {
    const bool large = size[row] >= limit;
    if (!large && !(stream.uniform() < chance)) {
      sample.others.push_back(static_cast<std::uint32_t>(row));
      continue;
    }
    sample.chosen.push_back(static_cast<std::uint32_t>(row));
    if (large) continue;
    gradient[row] *= factor;
    if (!hessian.empty()) hessian[row] *= factor;
  }
  return sample;
}

}  // namespace

RowSample sample_rows(const BoostingSettings& settings, std::uint64_t tree, std::span<float> gradient,
                      std::span<float> hessian, const Context& context) {
  const std::size_t n = gradient.size();
  Stream stream = context.random("boosting-rows", tree);
  if (settings.sampling == RowSampling::gradient) return by_gradient(settings, stream, gradient, hessian);
  const auto wanted =
      static_cast<std::size_t>(std::max(1.0, std::round(settings.row_share * static_cast<double>(n))));
  if (wanted >= n) return all_rows();
  RowSample sample;
  sample.chosen.reserve(wanted);
  sample.others.reserve(n - wanted);
  std::size_t left = wanted;
  for (std::size_t row = 0; row < n; ++row) {
    // Selection sampling: Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S.
    const bool take = stream.below(n - row) < left;
    (take ? sample.chosen : sample.others).push_back(static_cast<std::uint32_t>(row));
    left -= take ? 1 : 0;
  }
  return sample;
}

std::vector<std::uint8_t> sample_columns(const BoostingSettings& settings, std::uint64_t tree,
                                         std::size_t columns, const Context& context) {
  std::vector<std::uint8_t> allowed;
  const auto wanted = static_cast<std::size_t>(
      std::max(1.0, std::round(settings.column_share * static_cast<double>(columns))));
  if (wanted >= columns) return allowed;
  allowed.assign(columns, 0);
  for (const std::size_t c : context.random("boosting-columns", tree).sample(columns, wanted)) allowed[c] = 1;
  return allowed;
}

}  // namespace everyml::boosting_detail
