#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "everyml/ensembles/boosting/objective_impl.h"
#include "everyml/ensembles/boosting/objective_pairs_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/linalg/elementary.h"
#include "everyml/foundation/metrics/ranking.h"

// Orders within lists (queries). Rows of a list need not stand together. A list weighs as the mean weight of
// its rows; rows of weight 0 are in no list.

namespace everyml::boosting_detail {
namespace {

/// Places that value() of NDCG looks at.
constexpr std::size_t kValuePlaces = 10;

/// The lists of a set of rows.
struct Lists {
  std::vector<std::uint32_t> row;  ///< row numbers, list after list, in row order within each
  std::vector<std::size_t> start;  ///< [lists + 1]
  std::vector<double> weight;      ///< [lists]
  double weight_sum = 0;
  std::size_t longest = 0;

  std::size_t size() const { return weight.size(); }
  std::span<const std::uint32_t> rows_of(std::size_t list) const {
    return std::span(row).subspan(start[list], start[list + 1] - start[list]);
  }
};

Lists make_lists(std::size_t rows, std::span<const double> weights, std::span<const std::int32_t> groups) {
  if (groups.empty())
    throw DataError("boosting.groups",
                    "a ranking objective needs to know which rows belong to one list; name the column of "
                    "groups");
  Lists lists;
  for (std::size_t i = 0; i < rows; ++i) {
    if (weights.empty() || weights[i] > 0) lists.row.push_back(static_cast<std::uint32_t>(i));
  }
  std::stable_sort(lists.row.begin(), lists.row.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return groups[a] < groups[b]; });
  lists.start.push_back(0);
  for (std::size_t i = 0; i < lists.row.size();) {
    std::size_t end = i;
    double sum = 0;
    for (; end < lists.row.size() && groups[lists.row[end]] == groups[lists.row[i]]; ++end)
      sum += weights.empty() ? 1.0 : weights[lists.row[end]];
    lists.start.push_back(end);
    lists.weight.push_back(sum / static_cast<double>(end - i));
    lists.weight_sum += lists.weight.back();
    lists.longest = std::max(lists.longest, end - i);
    i = end;
  }
  return lists;
}

/// Throws DataError unless every row is a whole grade of 0 to 31.
void require_grades(std::span<const double> y) {
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] >= 0 && y[i] <= 31 && y[i] == std::floor(y[i])) continue;
    throw DataError(
        "boosting.grades",
        fmt::format("relevance must be whole grades from 0 to 31 for NDCG, but row {} has {}; the "
                    "pairwise objective takes any numbers",
                    i + 1, format_number(y[i])));
  }
}

double gain_of(double grade) { return std::exp2(grade) - 1.0; }
double discount_at(std::size_t place) { return 1.0 / std::log2(static_cast<double>(place) + 2.0); }

/// A float whose order as an unsigned number is descending in `value`.
std::uint32_t descending_key(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t ascending = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
  return ~ascending;
}

/// What the objectives of lists share.
class ListLoss : public BoostingLoss {
 public:
  std::vector<double> start(const Context&) const override { return {0.0}; }

 protected:
  ListLoss(const Target& target, std::span<const double> weights, std::span<const std::int32_t> groups)
      : BoostingLoss(target.size(), 1),
        target_(target),
        y_(target_.values()),
        lists_(make_lists(target.size(), weights, groups)) {}

  /// 1 - mean over lists of figure(relevance, scores), by the weight of the lists.
  template <class Figure>
  double mean_loss(std::span<const double> scores, bool gains, const Context& context,
                   Figure&& figure) const {
    const double total = parallel_reduce<double>(
        context, lists_.size(), 64,
        [&](std::size_t begin, std::size_t end) {
          std::vector<double> relevance, own;
          double sum = 0;
          for (std::size_t q = begin; q < end; ++q) {
            relevance.clear(), own.clear();
            for (const std::uint32_t r : lists_.rows_of(q)) {
              relevance.push_back(gains ? gain_of(y_[r]) : y_[r]);
              own.push_back(scores[r]);
            }
            sum += lists_.weight[q] * figure(relevance, own);
          }
          return sum;
        },
        [](double& into, double part) { into += part; });
    return 1.0 - total / lists_.weight_sum;
  }

  Target target_;
  std::span<const double> y_;
  Lists lists_;
};

/// For each pair of rows of a list with different relevance, a step by what swapping them would change of the
/// measure, times the chance that the order is wrong. Only pairs of which one stands among the first `places`
/// count. Source: Burges, "From RankNet to LambdaRank to LambdaMART: an overview", MSR-TR-2010-82, 2010. The
/// change is divided by 0.01 + the gap of the scores, and the steps of a list are scaled to log2(1 + their
/// sum), so that long lists do not outweigh short ones. RankNet is the change 1 without either.
class LambdaLoss final : public ListLoss {
 public:
  LambdaLoss(const Target& target, std::span<const double> weights, std::span<const std::int32_t> groups,
             const ObjectiveSpec& spec)
      : ListLoss(target, weights, groups), spec_(spec) {
    if (spec.kind == ObjectiveKind::lambdamart_ndcg) require_grades(y_);
    for (std::size_t place = 0; place < lists_.longest; ++place) discount_.push_back(discount_at(place));
    best_.resize(lists_.size());
    for (std::size_t q = 0; q < lists_.size(); ++q) best_[q] = best_measure(q);
  }

  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t, const Context& context) const override {
    std::fill(gradient.begin(), gradient.end(), 0.0F);
    std::fill(hessian.begin(), hessian.end(), 0.0F);
    const std::size_t grain = std::max<std::size_t>(1, 8192 / (lists_.longest + 1));
    parallel_for(context, lists_.size(), grain, [&](std::size_t begin, std::size_t end) {
      Scratch scratch(lists_.longest);
      for (std::size_t q = begin; q < end; ++q) one_list(q, scores, scratch, gradient, hessian, context);
    });
    require_finite(gradient, rows());
  }

  double value(std::span<const double> scores, const Context& context) const override {
    if (spec_.kind == ObjectiveKind::pairwise) return pair_loss(scores, context);
    if (spec_.kind == ObjectiveKind::lambdamart_map)
      return mean_loss(scores, false, context,
                       [](auto& relevance, auto& own) { return average_precision_at(relevance, own); });
    return mean_loss(scores, true, context, [](auto& relevance, auto& own) {
      return normalised_discounted_cumulative_gain(relevance, own, kValuePlaces);
    });
  }

 private:
  struct Scratch {
    explicit Scratch(std::size_t longest) {
      for (auto* each : {&score, &grade, &first, &second, &real, &force, &curve})
        each->resize(longest + kPairPad);
      key.resize(longest);
    }
    std::vector<float> score, grade, first, second, real, force, curve;
    std::vector<std::uint64_t> key;
  };

  SwapValue swap() const {
    if (spec_.kind == ObjectiveKind::lambdamart_ndcg) return SwapValue::gain;
    return spec_.kind == ObjectiveKind::lambdamart_map ? SwapValue::precision : SwapValue::one;
  }
  bool pairwise() const { return spec_.kind == ObjectiveKind::pairwise; }

  /// The measure of the best order of a list, before the division by it.
  double best_measure(std::size_t q) const {
    const auto list = lists_.rows_of(q);
    if (pairwise()) return 1.0;
    std::vector<double> gains;
    double relevant = 0;
    for (const std::uint32_t r : list) gains.push_back(gain_of(y_[r])), relevant += y_[r] > 0 ? 1 : 0;
    if (spec_.kind == ObjectiveKind::lambdamart_map) return relevant;
    std::sort(gains.begin(), gains.end(), std::greater<>());
    double sum = 0;
    for (std::size_t i = 0; i < std::min(gains.size(), spec_.places); ++i) sum += gains[i] * discount_[i];
    return sum;
  }

  /// Puts the list in descending order of scores, ties in row order.
  void arrange(std::span<const std::uint32_t> list, std::span<const double> scores, Scratch& s) const {
    double top = scores[list[0]];
    for (const std::uint32_t r : list) top = std::max(top, scores[r]);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const auto below = static_cast<float>(scores[list[i]] - top);
      s.key[i] = static_cast<std::uint64_t>(descending_key(below)) << 32 | i;
    }
    std::sort(s.key.begin(), s.key.begin() + static_cast<std::ptrdiff_t>(list.size()));
    std::fill(s.real.begin(), s.real.end(), 0.0F);
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::uint32_t r = list[s.key[i] & 0xffffffffU];
      s.score[i] = static_cast<float>(scores[r] - top);
      s.real[i] = 1.0F;
      const double y = y_[r];
      if (spec_.kind == ObjectiveKind::lambdamart_ndcg) {
        s.grade[i] = static_cast<float>(gain_of(y));
        s.first[i] = static_cast<float>(discount_[i]);
      } else {
        s.grade[i] = static_cast<float>(pairwise() ? y : (y > 0 ? 1.0 : 0.0));
      }
    }
    if (spec_.kind == ObjectiveKind::lambdamart_map) swaps_of_precision(list.size(), s);
  }

  /// With N(k) relevant items among the first k places, and S(k) the sum of 1 / place over them: swapping the
  /// items at places p < q changes the sum of precisions by first(p) - second(q), where
  /// first(p) = (N(p) + [item p is not relevant]) / p - S(p) and second(q) = N(q) / q - S(q - 1).
  static void swaps_of_precision(std::size_t items, Scratch& s) {
    double relevant = 0, sum = 0;
    for (std::size_t i = 0; i < items; ++i) {
      const double place = static_cast<double>(i + 1);
      const bool is = s.grade[i] > 0;
      relevant += is ? 1 : 0;
      s.second[i] = static_cast<float>(relevant / place - sum);
      sum += is ? 1 / place : 0;
      s.first[i] = static_cast<float>((relevant + (is ? 0 : 1)) / place - sum);
    }
  }

  void one_list(std::size_t q, std::span<const double> scores, Scratch& s, std::span<float> gradient,
                std::span<float> hessian, const Context& context) const {
    const auto list = lists_.rows_of(q);
    const std::size_t n = list.size();
    if (n < 2 || !(best_[q] > 0)) return;
    arrange(list, scores, s);
    std::fill_n(s.force.begin(), n + kPairPad, 0.0F);
    std::fill_n(s.curve.begin(), n + kPairPad, 0.0F);
    const PairList pairs{n, s.score.data(), s.grade.data(), s.first.data(), s.second.data(), s.real.data()};
    const bool damped = !pairwise() && s.score[n - 1] < s.score[0];
    const auto scale = static_cast<float>(1.0 / best_[q]), steepness = static_cast<float>(spec_.steepness);
    const std::size_t last = pairwise() ? n - 1 : std::min(n - 1, spec_.places);
    double total = 0;
    for (std::size_t i = 0; i < last; ++i) {
      if (i % 256 == 255) context.check();
      const PairSums sums =
          pair_row(pairs, i, swap(), scale, steepness, damped, s.force.data(), s.curve.data());
      s.force[i] -= static_cast<float>(sums.pull);
      s.curve[i] += static_cast<float>(sums.bend);
      total += 2 * sums.size;
    }
    double factor = lists_.weight[q];
    if (!pairwise() && total > 0) factor *= std::log2(1.0 + total) / total;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t r = list[s.key[i] & 0xffffffffU];
      gradient[r] = static_cast<float>(factor * static_cast<double>(s.force[i]));
      hessian[r] = static_cast<float>(factor * static_cast<double>(s.curve[i]));
    }
  }

  /// Mean over lists of the sum over pairs of log(1 + e^(-steepness * gap in favour of the better)).
  double pair_loss(std::span<const double> scores, const Context& context) const {
    const double total = parallel_reduce<double>(
        context, lists_.size(), 64,
        [&](std::size_t begin, std::size_t end) {
          double sum = 0;
          for (std::size_t q = begin; q < end; ++q) {
            const auto list = lists_.rows_of(q);
            double own = 0;
            for (const std::uint32_t a : list) {
              context.check();
              for (const std::uint32_t b : list) {
                if (y_[a] > y_[b]) own += portable::log1p_exp(spec_.steepness * (scores[b] - scores[a]));
              }
            }
            sum += lists_.weight[q] * own;
          }
          return sum;
        },
        [](double& into, double part) { into += part; });
    return total / lists_.weight_sum;
  }

  ObjectiveSpec spec_;
  std::vector<double> discount_, best_;
};

/// Cross-entropy between the softmax of a list's scores and shares of 2^grade - u, u drawn from [0, 1) for
/// each row and round. Source: Bruch, "An alternative cross entropy loss for learning-to-rank", WWW 2021. The
/// second derivative is the diagonal p (1 - p).
class CrossEntropyNdcgLoss final : public ListLoss {
 public:
  CrossEntropyNdcgLoss(const Target& target, std::span<const double> weights,
                       std::span<const std::int32_t> groups)
      : ListLoss(target, weights, groups) {
    require_grades(y_);
  }

  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t round, const Context& context) const override {
    std::fill(gradient.begin(), gradient.end(), 0.0F);
    std::fill(hessian.begin(), hessian.end(), 0.0F);
    parallel_for(context, lists_.size(), 64, [&](std::size_t begin, std::size_t end) {
      Stream draw = context.random("xe-ndcg", round * ((lists_.size() + 63) / 64) + begin / 64);
      std::vector<double> p, share;
      for (std::size_t q = begin; q < end; ++q) {
        const auto list = lists_.rows_of(q);
        p.clear(), share.clear();
        double sum = 0;
        for (const std::uint32_t r : list) {
          p.push_back(scores[r]);
          share.push_back(std::exp2(y_[r]) - draw.uniform());
          sum += share.back();
        }
        if (list.size() < 2 || !(sum > 0)) continue;
        portable::softmax(p);
        for (std::size_t i = 0; i < list.size(); ++i) {
          gradient[list[i]] = static_cast<float>(lists_.weight[q] * (p[i] - share[i] / sum));
          hessian[list[i]] = static_cast<float>(lists_.weight[q] * std::max(p[i] * (1 - p[i]), 1e-16));
        }
      }
    });
    require_finite(gradient, rows());
  }

  double value(std::span<const double> scores, const Context& context) const override {
    return mean_loss(scores, true, context, [](auto& relevance, auto& own) {
      return normalised_discounted_cumulative_gain(relevance, own, kValuePlaces);
    });
  }
};

std::string_view loss_name_of(ObjectiveKind kind) {
  if (kind == ObjectiveKind::pairwise) return "pairwise log loss";
  return kind == ObjectiveKind::lambdamart_map ? "1 - MAP" : "1 - NDCG@10";
}

class Ranking final : public BoostingObjective {
 public:
  explicit Ranking(const ObjectiveSpec& spec)
      : BoostingObjective(spec, {.loss_name = loss_name_of(spec.kind), .groups = true}) {}
  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t> groups, const Context&) const override {
    if (spec().kind == ObjectiveKind::xe_ndcg)
      return std::make_unique<CrossEntropyNdcgLoss>(target, weights, groups);
    return std::make_unique<LambdaLoss>(target, weights, groups, spec());
  }
  void answers(std::span<double>) const override {}
};

}  // namespace

ObjectivePtr make_ranking(const ObjectiveSpec& spec) {
  if (spec.places < 1) throw ParameterError("parameter.places", "a ranking objective needs 1 place or more");
  if (!(spec.steepness > 0 && std::isfinite(spec.steepness)))
    throw ParameterError("parameter.steepness",
                         "the steepness of a ranking objective must be greater than 0");
  return std::make_shared<Ranking>(spec);
}

}  // namespace everyml::boosting_detail
