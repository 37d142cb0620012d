#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/candidate_impl.h"
#include "everyml/workflow/select/compare_impl.h"
#include "everyml/workflow/select/learn_setup_impl.h"

namespace everyml::select_impl {
namespace {

/// Cells below which a table is small.
constexpr std::size_t kSmallCells = 2'000'000;

std::map<std::string, double> all_metrics(const Problem& problem, std::span<const double> out_of_fold) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < problem.table.rows(); ++row) {
    if (!std::isnan(out_of_fold[row * problem.width()])) rows.push_back(row);
  }
  std::vector<double> predicted, weights;
  for (const std::size_t row : rows) {
    for (std::size_t k = 0; k < problem.width(); ++k)
      predicted.push_back(out_of_fold[row * problem.width() + k]);
    if (!problem.weights.empty()) weights.push_back(problem.weights[row]);
  }
  const Target truth = problem.target.select(rows);
  const std::vector<std::string> names =
      problem.target.kind() == Target::Kind::numbers ? std::vector<std::string>{"rmse", "mae", "r2"}
      : problem.width() == 2 ? std::vector<std::string>{"auc", "accuracy", "log_loss", "f1", "brier"}
                             : std::vector<std::string>{"accuracy", "log_loss", "f1", "balanced_accuracy"};
  std::map<std::string, double> metrics;
  for (const std::string& name : names) {
    const double figure = score_predictions(name, truth, predicted, weights);
    if (!std::isnan(figure)) metrics[name] = figure;
  }
  return metrics;
}

}  // namespace

bool folds_side_by_side(const Problem& problem) {
  return problem.table.rows() * problem.columns.size() < kSmallCells;
}

void sum_up(const Problem& problem, Judged& judged) {
  Candidate& candidate = judged.candidate;
  std::vector<double> defined;
  for (const double score : candidate.fold_scores) {
    if (!std::isnan(score)) defined.push_back(score);
  }
  const FoldMean mean = fold_mean(defined, mean_test_share(problem.folds));
  const MetricInfo& metric = find_metric(problem.metric);
  candidate.score = mean.mean;
  candidate.low = std::max(mean.low, metric.low);
  candidate.high = std::min(mean.high, metric.high);
  candidate.metrics = all_metrics(problem, judged.out_of_fold);
  if (defined.empty()) candidate.skipped = "its metric is not defined on any fold";
}

Judged judge(const Problem& problem, const Entry& entry, EncodedCache& cache, const Search& search,
             double from, double to, const Context& context) {
  const std::size_t width = problem.width();
  const bool small = folds_side_by_side(problem);
  std::vector<FoldOutcome> outcomes(problem.folds.size());
  const Context quiet = context.with_observer(nullptr);
  const auto one = [&](std::size_t fold) {
    outcomes[fold] = judge_fold(problem, entry, cache, fold, search, small || fold == 0, quiet);
  };
  if (small) {
    parallel_for(context, problem.folds.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t fold = begin; fold < end; ++fold) one(fold);
    });
  } else {
    for (std::size_t fold = 0; fold < problem.folds.size(); ++fold) {
      one(fold);
      const double done = static_cast<double>(fold + 1) / static_cast<double>(problem.folds.size());
      context.progress(entry.card().title, from + done * (to - from));
    }
  }

  Judged judged;
  Candidate& candidate = judged.candidate;
  candidate.algorithm = entry.card().name;
  candidate.title = entry.card().title;
  candidate.complexity = entry.card().complexity;
  judged.out_of_fold.assign(problem.table.rows() * width, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t fold = 0; fold < outcomes.size(); ++fold) {
    FoldOutcome& outcome = outcomes[fold];
    candidate.fold_scores.push_back(outcome.score);
    candidate.fit_seconds += outcome.fit_seconds;
    candidate.predict_seconds += outcome.predict_seconds;
    candidate.trials = outcome.trials;
    const auto& test = problem.folds[fold].test;
    for (std::size_t i = 0; i < test.size(); ++i) {
      std::copy_n(outcome.predicted.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                  judged.out_of_fold.begin() + static_cast<std::ptrdiff_t>(test[i] * width));
    }
    judged.artifacts.push_back(std::move(outcome.artifact));
  }
  sum_up(problem, judged);
  return judged;
}

}  // namespace everyml::select_impl
