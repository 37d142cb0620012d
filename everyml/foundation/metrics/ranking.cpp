#include "everyml/foundation/metrics/ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/check_impl.h"
#include "everyml/foundation/metrics/curve_impl.h"

namespace everyml {

namespace {

using Values = std::span<const double>;

std::vector<std::uint32_t> places(Values relevance, Values scores) {
  detail::check_length("the list of scores", scores.size(), relevance.size());
  detail::check_weights(relevance.size(), {});
  detail::check_finite("the list of scores", scores);
  detail::check_finite("the list of relevances", relevance);
  return detail::descending(scores);
}

std::size_t depth(std::size_t k, std::size_t items) { return k == 0 ? items : std::min(k, items); }

}  // namespace

double discounted_cumulative_gain(Values relevance, Values scores, std::size_t k) {
  const std::vector<std::uint32_t> order = places(relevance, scores);
  const std::size_t last = depth(k, order.size());
  double total = 0;
  for (std::size_t begin = 0; begin < last;) {
    double gain = 0, discount = 0;
    std::size_t end = begin;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      gain += relevance[order[end]];
      if (end < last) discount += 1 / std::log2(static_cast<double>(end) + 2);
    }
    total += gain / static_cast<double>(end - begin) * discount;
    begin = end;
  }
  return total;
}

double normalised_discounted_cumulative_gain(Values relevance, Values scores, std::size_t k) {
  const double gain = discounted_cumulative_gain(relevance, scores, k);
  for (std::size_t i = 0; i < relevance.size(); ++i) {
    if (relevance[i] < 0) {
      throw DataError("metrics.domain",
                      fmt::format("metrics: the relevance of item {} is {}; a share of the best gain "
                                  "needs relevances that are not negative",
                                  i, relevance[i]));
    }
  }
  const double best = discounted_cumulative_gain(relevance, relevance, k);
  return best > 0 ? gain / best : 0;
}

double precision_at(Values relevance, Values scores, std::size_t k) {
  const std::vector<std::uint32_t> order = places(relevance, scores);
  const std::size_t last = depth(k, order.size());
  const auto hits = std::count_if(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(last),
                                  [&](auto item) { return relevance[item] > 0; });
  return static_cast<double>(hits) / static_cast<double>(last);
}

double reciprocal_rank(Values relevance, Values scores) {
  const std::vector<std::uint32_t> order = places(relevance, scores);
  const auto first = std::find_if(order.begin(), order.end(), [&](auto item) { return relevance[item] > 0; });
  return first == order.end() ? 0 : 1 / static_cast<double>(first - order.begin() + 1);
}

double average_precision_at(Values relevance, Values scores, std::size_t k) {
  const std::vector<std::uint32_t> order = places(relevance, scores);
  const std::size_t last = depth(k, order.size());
  std::size_t hits = 0, relevant = 0;
  double total = 0;
  for (std::size_t place = 0; place < order.size(); ++place) {
    if (!(relevance[order[place]] > 0)) continue;
    ++relevant;
    if (place >= last) continue;
    ++hits;
    total += static_cast<double>(hits) / static_cast<double>(place + 1);
  }
  return relevant == 0 ? 0 : total / static_cast<double>(std::min(last, relevant));
}

namespace {

double figure_of(RankFigure figure, Values relevance, Values scores, std::size_t k) {
  switch (figure) {
    case RankFigure::ndcg:
      return normalised_discounted_cumulative_gain(relevance, scores, k);
    case RankFigure::average_precision:
      return average_precision_at(relevance, scores, k);
    case RankFigure::reciprocal_rank:
      return reciprocal_rank(relevance, scores);
    case RankFigure::precision:
      return precision_at(relevance, scores, k);
  }
  return 0;
}

}  // namespace

double mean_over_lists(RankFigure figure, Values relevance, Values scores,
                       std::span<const std::int32_t> groups, std::size_t k, Gains gains, Values weights) {
  const std::size_t rows = relevance.size();
  detail::check_length("the list of scores", scores.size(), rows);
  detail::check_length("the list of groups", groups.size(), rows);
  detail::check_weights(rows, weights);
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < rows; ++row) {
    if (detail::weight_of(weights, row) > 0) order.push_back(row);
  }
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return groups[a] < groups[b]; });
  detail::Sum total, mass;
  std::vector<double> grade, score;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    grade.clear(), score.clear();
    detail::Sum weight;
    bool relevant = false;
    for (; end < order.size() && groups[order[end]] == groups[order[begin]]; ++end) {
      const std::size_t row = order[end];
      const bool raised = gains == Gains::exponential && figure == RankFigure::ndcg;
      grade.push_back(raised ? std::exp2(relevance[row]) - 1 : relevance[row]);
      score.push_back(scores[row]);
      weight.add(detail::weight_of(weights, row));
      relevant = relevant || relevance[row] > 0;
    }
    const double value = figure_of(figure, grade, score, k);
    if (!relevant) continue;
    const double own = weight.value() / static_cast<double>(end - begin);
    total.add(own * value);
    mass.add(own);
  }
  return mass.value() > 0 ? total.value() / mass.value() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace everyml
