#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/select/costs_impl.h"

namespace everyml::select_impl {
namespace {

/// A row that is sure of the second class is still answered with the first.
const double kNever = std::nextafter(1.0, 2.0);

std::string quoted_list(std::span<const std::string> names) {
  constexpr std::size_t kMost = 10;
  std::vector<std::string> shown;
  for (const std::string& name : names.first(std::min(kMost, names.size()))) {
    shown.push_back('"' + printable(name, 40) + '"');
  }
  if (names.size() > kMost) shown.push_back(fmt::format("{} more", names.size() - kMost));
  return join_and(shown);
}

std::size_t position_of(const std::string& label, std::span<const std::string> names) {
  const auto found = std::find(names.begin(), names.end(), label);
  if (found == names.end()) {
    throw ParameterError(
        "learn.costs", fmt::format("the costs name \"{}\", which is not a label of the target; these are: {}",
                                   printable(label), quoted_list(names)));
  }
  return static_cast<std::size_t>(found - names.begin());
}

}  // namespace

void check_costs(std::span<const ErrorCost> costs, const Target& target) {
  if (costs.empty()) return;
  if (target.kind() != Target::Kind::classes || target.class_count() != 2) {
    throw ParameterError("learn.costs", "costs of errors need a target with exactly two labels");
  }
  for (const ErrorCost& cost : costs) {
    position_of(cost.truth, target.names());
    position_of(cost.answered, target.names());
    if (!(cost.cost >= 0) || std::isinf(cost.cost)) {
      throw ParameterError(
          "learn.costs",
          fmt::format("the cost of answering \"{}\" for \"{}\" must be at least 0, got {}",
                      printable(cost.answered), printable(cost.truth), format_number(cost.cost)));
    }
  }
}

std::vector<double> cost_matrix(std::span<const ErrorCost> costs, std::span<const std::string> names) {
  std::vector<double> matrix = {0, 1, 1, 0};
  for (const ErrorCost& cost : costs) {
    matrix[position_of(cost.truth, names) * 2 + position_of(cost.answered, names)] = cost.cost;
  }
  return matrix;
}

void apply_costs(std::span<const ErrorCost> costs, std::span<const double> probabilities, const Target& truth,
                 std::span<const double> weights, LearnResult& result) {
  const std::vector<double> cost = cost_matrix(costs, truth.names());
  const std::size_t rows = truth.size();
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return probabilities[2 * a + 1] > probabilities[2 * b + 1];
  });

  double all_first = 0, all_second = 0, weight_sum = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const double weight = weights.empty() ? 1 : weights[row];
    const auto code = static_cast<std::size_t>(truth.codes()[row]);
    all_first += weight * cost[code * 2];
    all_second += weight * cost[code * 2 + 1];
    weight_sum += weight;
  }
  // From "answer the first class always" rows change sides one probability at a time.
  double running = all_first, best = all_first, threshold = kNever;
  for (std::size_t i = 0; i < rows;) {
    const double p = probabilities[2 * order[i] + 1];
    while (i < rows && probabilities[2 * order[i] + 1] == p) {
      const auto code = static_cast<std::size_t>(truth.codes()[order[i]]);
      running += (weights.empty() ? 1 : weights[order[i]]) * (cost[code * 2 + 1] - cost[code * 2]);
      ++i;
    }
    if (running < best) {
      best = running;
      const double next = i < rows ? probabilities[2 * order[i] + 1] : 0.0;
      const double middle = i < rows ? std::midpoint(p, next) : 0.0;
      // Between neighbouring doubles the middle is one of the two.
      threshold = i < rows && !(middle > next) ? p : middle;
    }
  }
  result.threshold = threshold;
  result.artifact.threshold = result.threshold;
  result.artifact.threshold_set = true;
  result.expected_cost = best / weight_sum;
  result.baseline_cost = std::min(all_first, all_second) / weight_sum;
}

}  // namespace everyml::select_impl
