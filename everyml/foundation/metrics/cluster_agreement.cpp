#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "everyml/foundation/metrics/check_impl.h"
#include "everyml/foundation/metrics/clustering.h"

namespace everyml {

namespace {

using Labels = std::span<const std::int32_t>;

/// How many rows have each label of one side, of the other, and each pair.
struct Contingency {
  std::map<std::int32_t, double> truth, found;
  std::map<std::pair<std::int32_t, std::int32_t>, double> both;
  double rows;

  Contingency(Labels a, Labels b) : rows(static_cast<double>(a.size())) {
    detail::check_length("the second list of labels", b.size(), a.size());
    detail::check_weights(a.size(), {});
    for (std::size_t row = 0; row < a.size(); ++row) {
      truth[a[row]] += 1;
      found[b[row]] += 1;
      both[{a[row], b[row]}] += 1;
    }
  }

  double mutual_information() const {
    detail::Sum sum;
    for (const auto& [labels, count] : both) {
      const double expected = truth.at(labels.first) * (found.at(labels.second) / rows);
      sum.add(count / rows * std::log(count / expected));
    }
    return std::max(sum.value(), 0.0);
  }
  double entropy(const std::map<std::int32_t, double>& counts) const {
    detail::Sum sum;
    for (const auto& [label, count] : counts) sum.add(-count / rows * std::log(count / rows));
    return std::max(sum.value(), 0.0);
  }
};

template <class Counts>
double pairs_within(const Counts& counts) {
  double pairs = 0;
  for (const auto& [key, count] : counts) pairs += count * (count - 1) / 2;
  return pairs;
}

double mean_of(double a, double b, EntropyMean mean) {
  switch (mean) {
    case EntropyMean::geometric:
      return std::sqrt(a * b);
    case EntropyMean::smaller:
      return std::min(a, b);
    case EntropyMean::larger:
      return std::max(a, b);
    case EntropyMean::arithmetic:
      break;
  }
  return (a + b) / 2;
}

}  // namespace

double adjusted_rand(Labels truth, Labels found) {
  const Contingency table(truth, found);
  const double same_both = pairs_within(table.both), same_truth = pairs_within(table.truth),
               same_found = pairs_within(table.found), all = table.rows * (table.rows - 1) / 2;
  const double mean = (same_truth + same_found) / 2;
  // Both all apart or both all together: equal, and chance has no room.
  if (same_truth == same_found && same_both == same_truth) return 1;
  const double chance = same_truth * (same_found / all);
  return (same_both - chance) / (mean - chance);
}

double normalised_mutual_information(Labels truth, Labels found, EntropyMean mean) {
  const Contingency table(truth, found);
  if (table.truth.size() == 1 && table.found.size() == 1) return 1;
  if (table.truth.size() == 1 || table.found.size() == 1) return 0;
  return std::min(
      table.mutual_information() / mean_of(table.entropy(table.truth), table.entropy(table.found), mean),
      1.0);
}

VMeasure v_measure(Labels truth, Labels found) {
  const Contingency table(truth, found);
  const double information = table.mutual_information();
  const double truth_entropy = table.entropy(table.truth), found_entropy = table.entropy(table.found);
  VMeasure result;
  result.homogeneity = truth_entropy > 0 ? std::min(information / truth_entropy, 1.0) : 1;
  result.completeness = found_entropy > 0 ? std::min(information / found_entropy, 1.0) : 1;
  const double sum = result.homogeneity + result.completeness;
  result.v = sum > 0 ? 2 * result.homogeneity * result.completeness / sum : 0;
  return result;
}

}  // namespace everyml
