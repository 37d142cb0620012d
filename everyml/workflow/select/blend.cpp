#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "everyml/ensembles/committee/nnls.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/blend_impl.h"

namespace everyml::select_impl {
namespace {

constexpr int kRounds = 40;
/// Members to choose from, the best by score and the best of each algorithm.
constexpr std::size_t kMostChoices = 40;
/// Rows by which is chosen.
constexpr std::size_t kMostRows = 20000;
/// A member of less say than this is not worth fitting.
constexpr double kLeastShare = 0.02;
constexpr std::size_t kMostMembers = 12;
constexpr double kLeastProbability = 1e-15;

/// Places of the members to choose from.
std::vector<std::size_t> choices(const Problem& problem, std::span<const PoolMember> members) {
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return problem.greater_is_better ? members[a].score > members[b].score
                                     : members[a].score < members[b].score;
  });
  std::vector<std::size_t> chosen;
  std::set<std::string> algorithms;
  for (const std::size_t at : order) {
    const bool first = algorithms.insert(members[at].estimator.card().name).second;
    if (first || chosen.size() < kMostChoices) chosen.push_back(at);
  }
  return chosen;
}

/// At most kMostRows of the tested rows outside the fold, spread evenly.
std::vector<std::size_t> rows_without(const Problem& problem, std::size_t left_out) {
  std::vector<std::size_t> rows;
  for (std::size_t fold = 0; fold < problem.folds.size(); ++fold) {
    if (fold == left_out) continue;
    rows.insert(rows.end(), problem.folds[fold].test.begin(), problem.folds[fold].test.end());
  }
  if (rows.size() <= kMostRows) return rows;
  std::vector<std::size_t> some;
  for (std::size_t i = 0; i < kMostRows; ++i) some.push_back(rows[i * rows.size() / kMostRows]);
  return some;
}

std::vector<double> choose_for_classes(const Problem& problem, std::span<const PoolMember> members,
                                       std::span<const std::size_t> among, std::span<const std::size_t> rows,
                                       std::span<const double> weights, const Context& context) {
  const std::size_t width = problem.width();
  std::vector<std::vector<double>> probabilities;
  for (const std::size_t at : among) {
    std::vector<double>& own = probabilities.emplace_back();
    own.reserve(rows.size());
    for (const std::size_t row : rows) {
      const auto code = static_cast<std::size_t>(problem.target.codes()[row]);
      own.push_back(members[at].out_of_fold[row * width + code]);
    }
  }
  return greedy_by_log_loss(probabilities, weights, kRounds, context);
}

/// Targets and answers are counted from the target's mean, so that the sums keep their digits.
std::vector<double> choose_for_numbers(const Problem& problem, std::span<const PoolMember> members,
                                       std::span<const std::size_t> among, std::span<const std::size_t> rows,
                                       std::span<const double> weights) {
  const std::size_t n = among.size();
  const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  double sum = 0, all = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sum += weight(i) * problem.target.values()[rows[i]];
    all += weight(i);
  }
  const double centre = sum / all;
  std::vector<double> gram(n * n, 0.0), moment(n, 0.0), own(n);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double truth = problem.target.values()[rows[i]] - centre, w = weight(i);
    for (std::size_t a = 0; a < n; ++a) own[a] = members[among[a]].out_of_fold[rows[i]] - centre;
    for (std::size_t a = 0; a < n; ++a) {
      moment[a] += w * own[a] * truth;
      for (std::size_t b = 0; b <= a; ++b) gram[a * n + b] += w * own[a] * own[b];
    }
  }
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = 0; b < a; ++b) gram[b * n + a] = gram[a * n + b];
  }
  return greedy_selection(gram, moment, kRounds);
}

/// The largest shares alone, in sum 1.
void drop_small(std::vector<double>& shares) {
  std::vector<double> order = shares;
  std::sort(order.begin(), order.end(), std::greater<>());
  const double least = std::max(kLeastShare, order[std::min(kMostMembers, order.size()) - 1]);
  const double largest = order.front();
  for (double& share : shares) {
    if (share < least && share < largest) share = 0;
  }
  const double all = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= all;
}

}  // namespace

AnyEstimator committee_of(const std::vector<std::pair<std::string, double>>& members, Target::Kind target) {
  AnyEstimator committee =
      catalog().find(target == Target::Kind::numbers ? "voting-regressor" : "voting-classifier").make();
  Json texts = Json::array(), weights = Json::array();
  for (const auto& [text, weight] : members) {
    texts.push_back(text);
    weights.push_back(weight);
  }
  committee.set_json({{"members", texts}, {"weights", weights}});
  return committee;
}

std::vector<double> greedy_by_log_loss(const std::vector<std::vector<double>>& probabilities,
                                       std::span<const double> weights, int rounds, const Context& context) {
  const std::size_t members = probabilities.size(), rows = probabilities.front().size();
  std::vector<double> sum(rows, 0.0), losses(members);
  std::vector<double> shares(members, 0.0);
  for (int round = 0; round < rounds; ++round) {
    parallel_for(context, members, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t m = begin; m < end; ++m) {
        double loss = 0;
        for (std::size_t row = 0; row < rows; ++row) {
          const double p = (sum[row] + probabilities[m][row]) / (round + 1);
          loss -= (weights.empty() ? 1.0 : weights[row]) * std::log(std::max(p, kLeastProbability));
        }
        losses[m] = loss;
      }
    });
    const auto best =
        static_cast<std::size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin());
    shares[best] += 1.0 / rounds;
    for (std::size_t row = 0; row < rows; ++row) sum[row] += probabilities[best][row];
  }
  return shares;
}

std::optional<Blend> blend(const Problem& problem, std::span<const PoolMember> members,
                           const Context& context) {
  if (members.size() < 2) return std::nullopt;
  const std::size_t width = problem.width();
  const std::vector<std::size_t> among = choices(problem, members);
  std::vector<double> shares(among.size(), 0.0);
  Blend made;
  made.out_of_fold.assign(problem.table.rows() * width, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t fold = 0; fold < problem.folds.size(); ++fold) {
    context.check();
    const std::vector<std::size_t> rows = rows_without(problem, fold);
    const std::vector<double> weights = pick_weights(problem, rows);
    const std::vector<double> own = problem.target.kind() == Target::Kind::classes
                                        ? choose_for_classes(problem, members, among, rows, weights, context)
                                        : choose_for_numbers(problem, members, among, rows, weights);
    std::vector<double> answers;
    for (const std::size_t row : problem.folds[fold].test) {
      double* to = made.out_of_fold.data() + row * width;
      std::fill_n(to, width, 0.0);
      for (std::size_t m = 0; m < among.size(); ++m) {
        if (own[m] <= 0) continue;
        for (std::size_t k = 0; k < width; ++k)
          to[k] += own[m] * members[among[m]].out_of_fold[row * width + k];
      }
      answers.insert(answers.end(), to, to + width);
    }
    const auto& test = problem.folds[fold].test;
    made.fold_scores.push_back(
        score_predictions(problem.metric, problem.target.select(test), answers, pick_weights(problem, test)));
    for (std::size_t m = 0; m < among.size(); ++m)
      shares[m] += own[m] / static_cast<double>(problem.folds.size());
  }
  drop_small(shares);
  for (std::size_t m = 0; m < among.size(); ++m) {
    if (shares[m] <= 0) continue;
    made.members.emplace_back(members[among[m]].text, shares[m]);
    made.fit_seconds += members[among[m]].fit_seconds;
    made.predict_seconds += members[among[m]].predict_seconds;
  }
  if (made.members.size() < 2) return std::nullopt;
  return made;
}

}  // namespace everyml::select_impl
