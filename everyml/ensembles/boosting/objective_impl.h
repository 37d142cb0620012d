#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "everyml/ensembles/boosting/objective.h"
#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/base/parallel.h"

// What the objectives of boosting share.

namespace everyml::boosting_detail {

/// Rows of one chunk of a loop over rows with `outputs` scores each.
inline std::size_t loss_grain(std::size_t outputs) {
  const std::size_t grain = 16384 / outputs;
  return grain < 256 ? 256 : grain;
}

/// sum of map(begin, end) over chunks of rows, in order.
template <class Map>
double sum_rows(const Context& context, std::size_t rows, std::size_t outputs, Map&& map) {
  return parallel_reduce<double>(context, rows, loss_grain(outputs), std::forward<Map>(map),
                                 [](double& into, double part) { into += part; });
}

/// A loss with a number as target and a weight for each row.
class NumberLoss : public BoostingLoss {
 public:
  double weight(std::size_t row) const { return weights_.empty() ? 1.0 : weights_[row]; }
  const double* weights() const { return weights_.empty() ? nullptr : weights_.data(); }
  std::span<const double> y() const { return y_; }
  double weight_sum() const { return weight_sum_; }

 protected:
  NumberLoss(Buffer<double> y, std::span<const double> weights, std::size_t outputs, const Context& context);

 private:
  Buffer<double> y_, weights_;
  double weight_sum_ = 0;
};

Buffer<double> buffer_of(std::span<const double> values);
Buffer<double> numbers_of(const Target& target);
/// 1 for rows of class 1, else 0.
Buffer<double> ones_of(const Target& target);

std::shared_ptr<const BoostingObjective> make_squared(const ObjectiveSpec& spec);
std::shared_ptr<const BoostingObjective> make_binary(const ObjectiveSpec& spec);
std::shared_ptr<const BoostingObjective> make_multinomial(const ObjectiveSpec& spec);

}  // namespace everyml::boosting_detail
