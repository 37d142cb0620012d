#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/select/compare_impl.h"
#include "everyml/workflow/select/verdict_impl.h"

namespace everyml::select_impl {
namespace {

constexpr double kSignificance = 0.05;
/// A plainer model is preferred while it keeps this share of what the best gains over the baseline.
constexpr double kGainKept = 0.98;
/// ... and is no more than this many standard errors behind the best (the one standard error rule; Breiman,
/// Friedman, Olshen and Stone, "Classification and Regression Trees", 1984, section 3.4.3).
constexpr double kErrorsBehind = 1;
/// Less than this share of what there is to gain is true perhaps, but not worth a model.
constexpr double kSkillThatMatters = 0.02;
/// With a label this common, accuracy is the wrong thing to boast of.
constexpr double kLopsided = 0.75;

/// Scores of folds where both are defined.
std::pair<std::vector<double>, std::vector<double>> paired(const Candidate& a, const Candidate& b) {
  std::pair<std::vector<double>, std::vector<double>> both;
  for (std::size_t i = 0; i < std::min(a.fold_scores.size(), b.fold_scores.size()); ++i) {
    if (std::isnan(a.fold_scores[i]) || std::isnan(b.fold_scores[i])) continue;
    both.first.push_back(a.fold_scores[i]);
    both.second.push_back(b.fold_scores[i]);
  }
  return both;
}

double p_between(const Candidate& a, const Candidate& b, double test_share) {
  const auto [x, y] = paired(a, b);
  return paired_p(x, y, test_share);
}

double errors_between(const Candidate& a, const Candidate& b, double test_share) {
  const auto [x, y] = paired(a, b);
  return paired_errors(x, y, test_share);
}

/// How much better a is than b, in the better direction.
double gain(const LearnResult& result, const Candidate& a, const Candidate& b) {
  return result.greater_is_better ? a.score - b.score : b.score - a.score;
}

/// The gain over the baseline as a share of the gain that a perfect model would have.
double skill(const LearnResult& result, double improvement, double baseline) {
  const double perfect = result.greater_is_better ? 1.0 - baseline : baseline;
  return perfect > 0 ? improvement / perfect : 0;
}

std::string number(double value) { return format_short(value, 4); }

std::string share_of_100(double share) { return format_short(std::round(100 * share), 3); }

std::string column_list(const LearnResult& result) {
  std::vector<std::string> names;
  for (const ColumnImportance& importance : result.importance) {
    if (names.size() == 3 || importance.mean <= 0 || importance.mean < importance.deviation) break;
    names.push_back("\"" + printable(importance.column) + "\"");
  }
  return join_and(names);
}

/// Of the tenth of the rows that the model ranks highest for the rarer of two labels, the share that has it;
/// and the share among all rows. Where one label is rare, answers are mostly the common one and accuracy says
/// little.
struct TopTenth {
  std::size_t label = 0;
  double share = 0, overall = 0;
};
TopTenth top_tenth(const LearnResult& result) {
  std::vector<std::size_t> rows;
  double second = 0;
  for (std::size_t row = 0; row < result.truth.size(); ++row) {
    if (std::isnan(result.out_of_fold[2 * row])) continue;
    rows.push_back(row);
    second += result.truth[row] == 1;
  }
  TopTenth top;
  const double n = static_cast<double>(rows.size());
  top.label = second <= n / 2 ? 1 : 0;
  top.overall = (top.label == 1 ? second : n - second) / n;
  std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
    return result.out_of_fold[2 * a + top.label] > result.out_of_fold[2 * b + top.label];
  });
  rows.resize(std::max<std::size_t>(1, rows.size() / 10));
  for (const std::size_t row : rows) top.share += result.truth[row] == static_cast<double>(top.label);
  top.share /= static_cast<double>(rows.size());
  return top;
}

std::string achievement(const LearnResult& result) {
  const Candidate& best = result.leaderboard[result.chosen];
  const Candidate& base = result.leaderboard[result.baseline];
  const auto metric = [](const Candidate& candidate, const char* name) { return candidate.metrics.at(name); };
  if (result.task == Target::Kind::numbers) {
    return fmt::format(
        "its typical error on new rows is {} (mean absolute), where always answering the mean errs by {}",
        number(metric(best, "mae")), number(metric(base, "mae")));
  }
  if (result.class_names.size() == 2 && metric(base, "accuracy") > kLopsided) {
    const TopTenth top = top_tenth(result);
    return fmt::format(
        "of the tenth of new rows that it ranks highest, {} in 100 are \"{}\", where {} in 100 are among all "
        "rows",
        share_of_100(top.share), printable(result.class_names[top.label]), share_of_100(top.overall));
  }
  return fmt::format(
      "it is right in {} of 100 new rows, where always answering the commonest label is right in {}",
      share_of_100(metric(best, "accuracy")), share_of_100(metric(base, "accuracy")));
}

}  // namespace

void rank_candidates(LearnResult& result, double test_share, const RowErrors& row_errors) {
  auto& board = result.leaderboard;
  const auto order = [&](const Candidate& a, const Candidate& b) {
    if (a.skipped.empty() != b.skipped.empty()) return a.skipped.empty();
    if (!a.skipped.empty() || a.score == b.score) return false;
    if (std::isnan(a.score) || std::isnan(b.score)) return !std::isnan(a.score);
    return result.greater_is_better ? a.score > b.score : a.score < b.score;
  };
  std::stable_sort(board.begin(), board.end(), order);
  result.baseline = 0;
  for (std::size_t i = 0; i < board.size(); ++i) {
    if (board[i].complexity == 0 && board[i].skipped.empty()) result.baseline = i;
  }
  for (std::size_t i = 0; i < board.size() && board[i].skipped.empty(); ++i) {
    board[i].p_versus_best = i == 0 ? 1.0 : p_between(board[i], board[0], test_share);
    board[i].tied_with_best = i == 0 || board[i].p_versus_best >= kSignificance;
  }

  const double best_gain = gain(result, board[0], board[result.baseline]);
  result.chosen = 0;
  for (std::size_t i = 1; i < board.size() && board[i].skipped.empty(); ++i) {
    const bool keeps_the_gain = gain(result, board[i], board[result.baseline]) >= kGainKept * best_gain;
    const bool near = errors_between(board[i], board[0], test_share) <= kErrorsBehind &&
                      row_errors(board[i], board[0]) <= kErrorsBehind;
    if (i != result.baseline && board[i].tied_with_best && keeps_the_gain && near &&
        board[i].complexity < board[result.chosen].complexity) {
      result.chosen = i;
    }
  }
  if (result.chosen == result.baseline) {  // nothing beat it: show the best of the others as the attempt
    for (std::size_t i = 0; i < board.size(); ++i) {
      if (i != result.baseline && board[i].skipped.empty()) {
        result.chosen = i;
        break;
      }
    }
  }
}

void judge_worth(LearnResult& result, double test_share, double chance) {
  const auto& board = result.leaderboard;
  const Candidate& chosen = board[result.chosen];
  const Candidate& base = board[result.baseline];
  auto [mine, theirs] = paired(chosen, base);
  if (!result.greater_is_better) std::swap(mine, theirs);
  std::vector<double> gains(mine.size());
  std::transform(mine.begin(), mine.end(), theirs.begin(), gains.begin(), std::minus<>());
  const FoldMean improvement = fold_mean(gains, test_share);
  result.improvement = gains.empty() ? 0 : improvement.mean;
  result.improvement_low = improvement.low;
  result.improvement_high = improvement.high;

  // The chosen one is the best of several, so its lead is judged as the luckiest of that many would be
  // (Bonferroni).
  std::size_t rivals = 0;
  for (const Candidate& candidate : board) rivals += candidate.skipped.empty() && candidate.complexity > 0;
  const double one_sided = std::max(paired_p(mine, theirs, test_share) / 2, chance);
  const double p = std::min(1.0, one_sided * static_cast<double>(std::max<std::size_t>(rivals, 1)));
  const double gained = skill(result, result.improvement, base.score);
  if (result.chosen == result.baseline || !(result.improvement > 0) || p >= kSignificance) {
    result.verdict = Verdict::no_pattern;
    result.reasons.push_back(
        result.improvement > 0
            ? fmt::format(
                  "Against the baseline ({} {}) the best model reaches {}; a lead like this happens by "
                  "chance (p = {}, corrected for {} model{} tried).",
                  result.metric_title, number(base.score), number(chosen.score), number(p), rivals,
                  rivals == 1 ? "" : "s")
            : fmt::format("No model does better than the baseline: {} {} against {}.", result.metric_title,
                          number(chosen.score), number(base.score)));
  } else {
    result.verdict = gained < kSkillThatMatters ? Verdict::not_worth_it : Verdict::worth_it;
    result.reasons.push_back(
        fmt::format("Against the baseline: {} {} instead of {}, which is {} of 100 of what there is to gain "
                    "(p = {}, corrected for "
                    "{} model{} tried).",
                    result.metric_title, number(chosen.score), number(base.score), share_of_100(gained),
                    number(p), rivals, rivals == 1 ? "" : "s"));
  }

  const Candidate* simpler = nullptr;
  for (const Candidate& candidate : board) {
    if (!candidate.skipped.empty() || candidate.complexity == 0 || candidate.complexity >= chosen.complexity)
      continue;
    if (!simpler || candidate.complexity > simpler->complexity) simpler = &candidate;
  }
  if (simpler) {
    result.reasons.push_back(fmt::format("Against the next simpler model, {}: {} instead of {} (p = {}).",
                                         simpler->title, number(chosen.score), number(simpler->score),
                                         number(p_between(chosen, *simpler, test_share))));
  }
  std::vector<std::string> tied;
  for (std::size_t i = 0; i < board.size(); ++i) {
    if (i != result.chosen && board[i].tied_with_best && i != result.baseline) tied.push_back(board[i].title);
  }
  if (!tied.empty() && result.verdict != Verdict::no_pattern) {
    const std::string what =
        result.chosen == 0
            ? fmt::format("but no plainer one comes near enough to it; {} is chosen", chosen.title)
            : fmt::format("and {} is chosen as the plainest that comes near enough", chosen.title);
    result.reasons.push_back(
        fmt::format("{} cannot be told apart from the best on these folds, {}.", join_and(tied), what));
  }
}

void write_sentence(LearnResult& result) {
  const Candidate& chosen = result.leaderboard[result.chosen];
  const std::string target = printable(result.target);
  switch (result.verdict) {
    case Verdict::no_pattern:
      result.sentence = fmt::format(
          "No pattern: nothing in these columns predicts \"{}\" better than its {} would; do not use a model "
          "here before "
          "there are more rows or other columns.",
          target, result.task == Target::Kind::classes ? "commonest label" : "mean");
      return;
    case Verdict::not_worth_it:
      result.sentence = fmt::format("Not worth it: {} finds a real but tiny pattern in \"{}\": {}.",
                                    chosen.title, target, achievement(result));
      return;
    case Verdict::worth_it:
      break;
  }
  const std::string columns = column_list(result);
  result.sentence =
      fmt::format("Use it: {} predicts \"{}\" from {}; {}.", chosen.title, target,
                  columns.empty() ? "these columns" : "above all " + columns, achievement(result));
  if (result.baseline_cost > 0) {
    result.sentence += fmt::format(
        " With your costs a row costs {} instead of {}, answering \"{}\" from a probability of {}.",
        number(result.expected_cost), number(result.baseline_cost), printable(result.class_names.back()),
        number(result.threshold));
  }
}

}  // namespace everyml::select_impl
