#include <algorithm>
#include <cmath>
#include <vector>

#include "everyml/foundation/base/parallel.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/chance_impl.h"

namespace everyml::select_impl {
namespace {

constexpr std::size_t kDeals = 999;
/// With more test rows than this in the mean fold a score is near enough to a mean for Student's
/// distribution.
constexpr std::size_t kFewTestRows = 30;

struct TestPart {
  Target truth;
  std::vector<double> answers, weights;

  double score(const Problem& problem, std::span<const std::size_t> order) const {
    const std::size_t width = problem.width();
    std::vector<double> dealt(answers.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      std::copy_n(answers.begin() + static_cast<std::ptrdiff_t>(order[i] * width), width,
                  dealt.begin() + static_cast<std::ptrdiff_t>(i * width));
    }
    return score_predictions(problem.metric, truth, dealt, weights);
  }
};

/// NaN when the metric is defined in no part; whether it is does not depend on the deal.
template <class Order>
double mean_score(const Problem& problem, const std::vector<TestPart>& parts, Order order_of) {
  double sum = 0, defined = 0;
  for (const TestPart& part : parts) {
    const double score = part.score(problem, order_of(part.truth.size()));
    if (std::isnan(score)) continue;
    sum += score;
    ++defined;
  }
  return sum / defined;
}

}  // namespace

double permutation_p(const Problem& problem, std::span<const double> out_of_fold, const Context& context) {
  const std::size_t width = problem.width();
  std::vector<TestPart> parts;
  std::size_t tested = 0;
  for (const Fold& fold : problem.folds) tested += fold.test.size();
  if (tested > kFewTestRows * problem.folds.size()) return 0;
  for (const Fold& fold : problem.folds) {
    TestPart part;
    part.truth = problem.target.select(fold.test);
    for (const std::size_t row : fold.test) {
      const auto answer = out_of_fold.subspan(row * width, width);
      part.answers.insert(part.answers.end(), answer.begin(), answer.end());
      if (!problem.weights.empty()) part.weights.push_back(problem.weights[row]);
    }
    parts.push_back(std::move(part));
  }

  const double sign = problem.greater_is_better ? 1 : -1;
  const double given = sign * mean_score(problem, parts, [](std::size_t n) {
                         std::vector<std::size_t> order(n);
                         for (std::size_t i = 0; i < n; ++i) order[i] = i;
                         return order;
                       });
  // The same answers summed in another order may differ in the last bits, and are as good.
  const double as_good = given - 1e-12 * std::abs(given);
  std::vector<char> reached(kDeals, 0);
  parallel_for(context, kDeals, 16, [&](std::size_t begin, std::size_t end) {
    for (std::size_t deal = begin; deal < end; ++deal) {
      Stream random = context.random("answers dealt", deal);
      const double score =
          sign * mean_score(problem, parts, [&](std::size_t n) { return random.permutation(n); });
      reached[deal] = score >= as_good;
    }
  });
  const auto count = static_cast<double>(std::count(reached.begin(), reached.end(), 1));
  return (count + 1) / static_cast<double>(kDeals + 1);
}

}  // namespace everyml::select_impl
