#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/check_impl.h"
#include "everyml/foundation/metrics/regression.h"

namespace everyml {

namespace {

/// Weights by rank of risk, with sums over ranks below: a binary indexed tree (Fenwick, 1994).
class RankWeights {
 public:
  explicit RankWeights(std::size_t ranks) : node_(ranks + 1), at_(ranks) {}
  void add(std::size_t rank, double weight) {
    at_[rank] += weight;
    total_ += weight;
    for (std::size_t i = rank + 1; i < node_.size(); i += i & (~i + 1)) node_[i] += weight;
  }
  double below(std::size_t rank) const {
    double sum = 0;
    for (std::size_t i = rank; i > 0; i -= i & (~i + 1)) sum += node_[i];
    return sum;
  }
  double at(std::size_t rank) const { return at_[rank]; }
  double total() const { return total_; }

 private:
  std::vector<double> node_, at_;
  double total_ = 0;
};

}  // namespace

double concordance_index(std::span<const double> times, std::span<const double> risk,
                         std::span<const double> weights) {
  detail::check_length("the list of risks", risk.size(), times.size());
  detail::check_finite("the list of times", times);
  detail::check_finite("the list of risks", risk);
  detail::check_weights(times.size(), weights);
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < times.size(); ++row) {
    if (times[row] == 0) {
      throw DataError("metrics.domain",
                      fmt::format("metrics: the time of row {} is 0; positive is the time of "
                                  "an event, negative a time without one",
                                  row));
    }
    if (detail::weight_of(weights, row) > 0) order.push_back(row);
  }
  std::vector<double> distinct;
  for (const std::size_t row : order) distinct.push_back(risk[row]);
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const auto rank_of = [&](std::size_t row) {
    return static_cast<std::size_t>(std::lower_bound(distinct.begin(), distinct.end(), risk[row]) -
                                    distinct.begin());
  };
  // From the latest time back: first the censored rows of a time join those known to be later, then its
  // events are compared with all of them, then they join.
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return std::abs(times[a]) > std::abs(times[b]); });
  RankWeights later(distinct.size());
  detail::Sum right, known;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && std::abs(times[order[end]]) == std::abs(times[order[begin]])) ++end;
    for (std::size_t i = begin; i < end; ++i) {
      if (times[order[i]] < 0) later.add(rank_of(order[i]), detail::weight_of(weights, order[i]));
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (times[order[i]] < 0) continue;
      const std::size_t rank = rank_of(order[i]);
      const double weight = detail::weight_of(weights, order[i]);
      right.add(weight * (later.below(rank) + 0.5 * later.at(rank)));
      known.add(weight * later.total());
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (times[order[i]] > 0) later.add(rank_of(order[i]), detail::weight_of(weights, order[i]));
    }
  }
  return known.value() > 0 ? right.value() / known.value() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace everyml
