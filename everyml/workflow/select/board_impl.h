#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "everyml/workflow/select/candidate_impl.h"
#include "everyml/workflow/select/pool_impl.h"

namespace everyml::select_impl {

/// The candidates of one call of learn(), and how the chosen one is made.
class Board {
 public:
  /// The problem and the options must outlive it. Time counts from `start`.
  Board(const Problem& problem, const LearnOptions& options, Context::Clock::time_point start,
        const Context& context);

  /// Every fitting algorithm, by its short list, or by its defaults where settings are tried afterwards.
  /// Fills the leaderboard of `result`. Throws DataError "learn.no_model".
  void judge_all(LearnResult& result);
  /// With time: settings are tried until most of it is over, and the best of them and a blend become rows of
  /// the leaderboard, "tuned".
  void tune(LearnResult& result);
  /// Out-of-fold answers of a row that was judged, [rows, width].
  std::span<const double> answers(const Candidate& candidate) const;
  /// The row of the leaderboard with its answers; of one that was tuned, with a model of the first fold.
  /// REQUIRES: `chosen` is a row that was judged.
  const Judged& judged(const Candidate& chosen);
  /// The chosen one on all rows.
  Artifact train(const Candidate& chosen);

 private:
  struct Row {
    Judged judged;
    std::optional<AnyEstimator> fixed;  ///< tuned
  };
  double spent() const;
  double judging_seconds() const;
  const Row& find(const Candidate& candidate) const;
  Search search_for() const;
  std::string why_not(const Entry& entry, LearnResult& result) const;
  bool judge_one(const Entry& entry, double from, double to, LearnResult& result, std::string& why_not);
  std::vector<Entry> pool_entries() const;
  std::vector<PoolMember> judged_members() const;
  void add_tuned(Judged judged, AnyEstimator fixed, LearnResult& result);

  const Problem& problem_;
  const LearnOptions& options_;
  Context::Clock::time_point start_;
  const Context& context_;
  EncodedCache cache_;
  std::vector<Row> rows_;
  std::size_t models_ = 0;  ///< judged, baselines not counted
  std::exception_ptr too_much_;
};

/// The part of the time that is kept for training the chosen one and explaining it.
inline constexpr double kForExplaining = 0.12;

}  // namespace everyml::select_impl
