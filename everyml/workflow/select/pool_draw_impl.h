#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "everyml/workflow/select/pool_impl.h"

namespace everyml::select_impl {

/// Settings to be judged.
struct Wish {
  AnyEstimator estimator;
  std::string key;             ///< names them in the log: without the rounds, which are found on the way
  std::vector<double> shares;  ///< [axes]: where they stand in the entry's space; empty when they were listed
  bool listed = true;
};

/// Says which settings come next.
class Draw {
 public:
  /// `known`: members whose settings need not come again.
  Draw(std::span<const Entry> entries, std::span<const PoolMember> known, bool greater_is_better,
       const SearchLog* log, const Context& context);
  /// None when nothing new is left, or when `left` seconds are too few.
  std::optional<Wish> next(std::span<const PoolMember> members, double left);
  /// How settings turned out, and where they stand in their space when they were drawn.
  void learn(const PoolMember& member, std::vector<double> shares = {});

 private:
  struct Tried {
    std::vector<double> shares;
    double score;
  };
  /// An entry that settings are drawn for.
  struct Source {
    const Entry* entry = nullptr;
    std::vector<Tried> tried;  ///< best first
    double best = 0;
    bool known = false;
  };

  bool better(double a, double b) const { return greater_is_better_ ? a > b : a < b; }
  void queue_lists(std::span<const Entry> entries);
  void queue_logged(std::span<const Entry> entries, const SearchLog& log);
  Wish wish_for(AnyEstimator estimator, bool listed, std::vector<double> shares);
  Source* source_to_draw();
  std::vector<double> place(const Source& source);
  void set_rounds(AnyEstimator& estimator) const;

  std::deque<Wish> waiting_;
  std::vector<Source> sources_;
  std::set<std::string> seen_;
  Stream random_;
  bool greater_is_better_;
  /// Boosting: rounds times rate that are tried, a little more than the best ones needed.
  double reach_;
  std::map<double, double> needed_;  ///< best members' scores, worst last, and rounds times rate they took
};

}  // namespace everyml::select_impl
