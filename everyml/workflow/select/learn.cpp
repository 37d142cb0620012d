#include "everyml/workflow/select/learn.h"

#include <nlohmann/json.hpp>

#include "everyml/workflow/select/board_impl.h"
#include "everyml/workflow/select/chance_impl.h"
#include "everyml/workflow/select/compare_impl.h"
#include "everyml/workflow/select/finish_impl.h"
#include "everyml/workflow/select/learn_setup_impl.h"
#include "everyml/workflow/select/verdict_impl.h"

namespace everyml {

using namespace select_impl;

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::worth_it:
      return "worth it";
    case Verdict::not_worth_it:
      return "not worth it";
    case Verdict::no_pattern:
      return "no pattern";
  }
  return "";
}

LearnResult learn(const Table& table, const LearnOptions& options, std::span<const ReadNote> notes,
                  const Context& context) {
  const auto start = Context::Clock::now();
  const auto spent = [&] { return std::chrono::duration<double>(Context::Clock::now() - start).count(); };
  LearnResult result;
  const Problem problem = make_problem(table, options, notes, result, context);
  const double test_share = mean_test_share(problem.folds);

  Board board(problem, options, start, context);
  board.judge_all(result);
  if (options.seconds > 0) board.tune(result);
  rank_candidates(result, test_share, [&](const Candidate& a, const Candidate& b) {
    return row_errors(problem, board.answers(a), board.answers(b));
  });
  Candidate& chosen = result.leaderboard[result.chosen];
  const Judged& winner = board.judged(chosen);
  judge_worth(result, test_share, permutation_p(problem, winner.out_of_fold, context.with_observer(nullptr)));

  context.progress("training " + chosen.title + " on all rows", 0.8);
  result.artifact = board.train(chosen);
  chosen.settings_json = result.artifact.settings_json;
  result.out_of_fold = winner.out_of_fold;
  if (result.task == Target::Kind::numbers) {
    result.truth.assign(problem.target.values().begin(), problem.target.values().end());
  } else {
    result.truth.assign(problem.target.codes().begin(), problem.target.codes().end());
  }
  finish_answers(problem, options, result, context);

  context.progress("explaining", 0.9);
  explain_chosen(problem, options, winner, options.seconds - spent(), result, context);
  result.formulas = result.artifact.encoder.formulas();
  result.artifact_summary_json = write_json(result.artifact.model.summary());
  write_sentence(result);
  result.seconds = spent();
  result.artifact.metadata_json = write_json(result.to_metadata());
  context.progress("done", 1.0);
  return result;
}

}  // namespace everyml
