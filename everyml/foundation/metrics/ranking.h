#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace everyml {

// Metrics of one ranked list: `relevance` and `scores` are [items]; larger scores stand higher. k counts
// places from the top, 0 means all. Mean figures over queries are the caller's mean of these. Pure functions,
// safe to call from many threads. Errors: ParameterError "metrics.length", DataError "metrics.empty",
// "metrics.not_finite", "metrics.domain" (a negative relevance, where it says so).

/// Sum over the first k places of relevance / log2(place + 1), the mean over all orders of tied scores.
/// Agrees with scikit-learn's dcg_score. Sources: Jarvelin and Kekalainen, "Cumulated gain-based evaluation",
/// 2002; McSherry and Najork, "Computing information retrieval performance measures efficiently ...", 2008
/// (ties).
double discounted_cumulative_gain(std::span<const double> relevance, std::span<const double> scores,
                                  std::size_t k = 0);
/// The same as a share of the best order's, [0, 1]; 0 when nothing is relevant. Relevance must not be
/// negative.
double normalised_discounted_cumulative_gain(std::span<const double> relevance,
                                             std::span<const double> scores, std::size_t k = 0);

// In the next three an item is relevant when its relevance is > 0, and tied scores stand in the order given.

/// Relevant items among the first k places, as a share of k (of all items when there are fewer).
double precision_at(std::span<const double> relevance, std::span<const double> scores, std::size_t k);
/// 1 / place of the first relevant item; 0 when there is none.
double reciprocal_rank(std::span<const double> relevance, std::span<const double> scores);
/// Mean of the precision at each relevant place up to k, over min(k, relevant items); 0 when nothing is
/// relevant.
double average_precision_at(std::span<const double> relevance, std::span<const double> scores,
                            std::size_t k = 0);

// Many lists at once: `groups` [rows] says to which list each row belongs; the rows of a list need not stand
// together.

/// What is measured of each list, by the functions above.
enum class RankFigure : std::uint8_t { ndcg, average_precision, reciprocal_rank, precision };
/// How grades become gains: as they are, or 2^grade - 1, which LightGBM and XGBoost use.
enum class Gains : std::uint8_t { linear, exponential };

/// Mean of the figure over lists. Lists in which nothing is relevant are left out, since no order of them is
/// better than another (scikit-learn counts them as 0, LightGBM as 1); NaN when none is left. A list weighs
/// as the mean weight of its rows; rows of weight 0 are in no list. Gains matter to ndcg alone. Errors
/// besides those above: "metrics.weight".
double mean_over_lists(RankFigure figure, std::span<const double> relevance, std::span<const double> scores,
                       std::span<const std::int32_t> groups, std::size_t k = 0, Gains gains = Gains::linear,
                       std::span<const double> weights = {});

/// One list in which something is relevant.
struct ListFigure {
  double value = 0;
  double weight = 1;  ///< mean weight of its rows
};
/// What mean_over_lists is the mean of, by ascending group.
std::vector<ListFigure> figures_of_lists(RankFigure figure, std::span<const double> relevance,
                                         std::span<const double> scores, std::span<const std::int32_t> groups,
                                         std::size_t k = 0, Gains gains = Gains::linear,
                                         std::span<const double> weights = {});
/// What orders drawn at random have on the mean, exactly: the baseline of every order. The same lists.
std::vector<ListFigure> chance_of_lists(RankFigure figure, std::span<const double> relevance,
                                        std::span<const std::int32_t> groups, std::size_t k = 0,
                                        Gains gains = Gains::linear, std::span<const double> weights = {});

/// A metric of orders by name, for the faces. Larger is better, the range is [0, 1].
struct ListMetric {
  std::string name;   ///< "ndcg@5"
  std::string title;  ///< "NDCG of the first 5"
  RankFigure figure = RankFigure::ndcg;
  std::size_t places = 0;  ///< from the top; 0: all
};
/// "ndcg", "map", "mrr" and "precision", in the order to show them.
const std::vector<ListMetric>& list_metrics();
/// One of these, or all but mrr of the first so many places ("map@20"); without a number ndcg and precision
/// look at 10, map at all. None for any other name.
std::optional<ListMetric> find_list_metric(std::string_view name);

}  // namespace everyml
