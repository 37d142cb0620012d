#include "everyml/foundation/metrics/ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
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

/// Places and relevant items of a list that stands in any order with the same chance.
struct Shuffled {
  double items, relevant;
  std::size_t last;  ///< places that count

  double average_precision() const {
    // A relevant item at place r has (r - 1) (relevant - 1) / (items - 1) others before it.
    const double before = items > 1 ? (relevant - 1) / (items - 1) : 0;
    double total = 0;
    for (std::size_t r = 1; r <= last; ++r)
      total += relevant / items * (1 + static_cast<double>(r - 1) * before) / static_cast<double>(r);
    return total / std::min(static_cast<double>(last), relevant);
  }
  double reciprocal_rank() const {
    double none_so_far = 1, total = 0;
    for (double r = 1; r <= items - relevant + 1; ++r) {
      const double hit = relevant / (items - r + 1);
      total += none_so_far * hit / r;
      none_so_far *= 1 - hit;
    }
    return total;
  }
};

double chance_of(RankFigure figure, Values relevance, std::size_t k) {
  // Of tied scores the gain is the mean over their orders.
  if (figure == RankFigure::ndcg)
    return normalised_discounted_cumulative_gain(relevance, std::vector<double>(relevance.size()), k);
  detail::check_finite("the list of relevances", relevance);
  const auto relevant = std::count_if(relevance.begin(), relevance.end(), [](double r) { return r > 0; });
  const Shuffled list{static_cast<double>(relevance.size()), static_cast<double>(relevant),
                      depth(k, relevance.size())};
  if (relevant == 0) return 0;
  if (figure == RankFigure::precision) return list.relevant / list.items;
  return figure == RankFigure::reciprocal_rank ? list.reciprocal_rank() : list.average_precision();
}

/// `value_of(grades, rows)` of each list.
template <class ValueOf>
std::vector<ListFigure> each_list(Values relevance, std::span<const std::int32_t> groups, bool raised,
                                  Values weights, ValueOf&& value_of) {
  const std::size_t rows = relevance.size();
  detail::check_length("the list of groups", groups.size(), rows);
  detail::check_weights(rows, weights);
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < rows; ++row) {
    if (detail::weight_of(weights, row) > 0) order.push_back(row);
  }
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return groups[a] < groups[b]; });
  std::vector<ListFigure> found;
  std::vector<double> grade;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    grade.clear();
    detail::Sum weight;
    bool relevant = false;
    for (; end < order.size() && groups[order[end]] == groups[order[begin]]; ++end) {
      const std::size_t row = order[end];
      grade.push_back(raised ? std::exp2(relevance[row]) - 1 : relevance[row]);
      weight.add(detail::weight_of(weights, row));
      relevant = relevant || relevance[row] > 0;
    }
    const double value = value_of(Values(grade), std::span(order).subspan(begin, end - begin));
    if (relevant) found.push_back({value, weight.value() / static_cast<double>(end - begin)});
  }
  return found;
}

bool raises(RankFigure figure, Gains gains) {
  return gains == Gains::exponential && figure == RankFigure::ndcg;
}

}  // namespace

std::vector<ListFigure> figures_of_lists(RankFigure figure, Values relevance, Values scores,
                                         std::span<const std::int32_t> groups, std::size_t k, Gains gains,
                                         Values weights) {
  detail::check_length("the list of scores", scores.size(), relevance.size());
  std::vector<double> score;
  return each_list(relevance, groups, raises(figure, gains), weights,
                   [&](Values grades, std::span<const std::size_t> rows) {
                     score.clear();
                     for (const std::size_t row : rows) score.push_back(scores[row]);
                     return figure_of(figure, grades, score, k);
                   });
}

std::vector<ListFigure> chance_of_lists(RankFigure figure, Values relevance,
                                        std::span<const std::int32_t> groups, std::size_t k, Gains gains,
                                        Values weights) {
  return each_list(relevance, groups, raises(figure, gains), weights,
                   [&](Values grades, std::span<const std::size_t>) { return chance_of(figure, grades, k); });
}

double mean_over_lists(RankFigure figure, Values relevance, Values scores,
                       std::span<const std::int32_t> groups, std::size_t k, Gains gains, Values weights) {
  detail::Sum total, mass;
  for (const ListFigure& list : figures_of_lists(figure, relevance, scores, groups, k, gains, weights)) {
    total.add(list.weight * list.value);
    mass.add(list.weight);
  }
  return mass.value() > 0 ? total.value() / mass.value() : std::numeric_limits<double>::quiet_NaN();
}

const std::vector<ListMetric>& list_metrics() {
  static const std::vector<ListMetric> list = {
      {"ndcg", "NDCG of the first 10", RankFigure::ndcg, 10},
      {"map", "mean average precision", RankFigure::average_precision, 0},
      {"mrr", "mean reciprocal rank", RankFigure::reciprocal_rank, 0},
      {"precision", "precision of the first 10", RankFigure::precision, 10}};
  return list;
}

std::optional<ListMetric> find_list_metric(std::string_view name) {
  const std::size_t at = name.find('@');
  for (const ListMetric& metric : list_metrics()) {
    if (metric.name != name.substr(0, at)) continue;
    if (at == std::string_view::npos) return metric;
    const std::string_view digits = name.substr(at + 1);
    std::size_t places = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), places);
    if (error != std::errc() || end != digits.data() + digits.size() || places == 0) return std::nullopt;
    if (metric.figure == RankFigure::reciprocal_rank) return std::nullopt;
    const std::string_view title = metric.title;
    return ListMetric{std::string(name),
                      fmt::format("{} of the first {}", title.substr(0, title.find(" of the first")), places),
                      metric.figure, places};
  }
  return std::nullopt;
}

}  // namespace everyml
