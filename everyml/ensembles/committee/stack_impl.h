#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/ensembles/committee/member_impl.h"
#include "everyml/ensembles/committee/stacking.h"

namespace everyml {

/// How alike members are, from their answers on rows they had not seen.
struct Diversity {
  std::vector<double> losses;         ///< [members]
  std::vector<double> contributions;  ///< [members]
  std::vector<double> correlations;   ///< [members, members], of errors
  std::vector<double> disagreement;   ///< [members, members]
};

struct Stack {
  std::size_t features = 0;
  std::vector<std::string> classes;  ///< empty for numbers
  Blend blend = Blend::non_negative;
  bool passthrough = false;
  double centre = 0;               ///< numbers: weights count from here
  std::vector<std::string> texts;  ///< [members]: as they were typed
  std::vector<double> weights;     ///< [members]; empty for a learner
  Diversity diversity;
  std::vector<Member> members;       ///< those of weight above 0, in order; all for a learner
  std::vector<Member> final_member;  ///< one for a learner, else none

  std::size_t width() const { return classes.empty() ? 1 : classes.size(); }
};

/// Answers of all members for rows that they had not seen.
struct OutOfFold {
  std::vector<std::size_t> rows;             ///< of the data, ascending
  std::vector<std::vector<double>> answers;  ///< [members][rows, width]
};

/// Fits each learner on one side of each fold and asks it about the other. Throws as StackingClassifier::fit.
OutOfFold out_of_fold(std::string_view committee, const std::vector<AnyEstimator>& learners,
                      const Dataset& data, const StackingSettings& settings, const Context& context);

/// Sums over the rows of out_of_fold with targets and answers in units of the target's deviation, counted
/// from `centre` (numbers), or as probabilities (classes). All are divided by the weight.
struct BlendSums {
  std::size_t members = 0;
  double centre = 0, spread = 1;
  double square = 0;           ///< of the target
  std::vector<double> gram;    ///< [members, members]
  std::vector<double> moment;  ///< [members]
  double loss(const std::vector<double>& weights) const;
};
BlendSums blend_sums(const Dataset& data, const OutOfFold& told, std::size_t width);
Diversity diversity_of(const Dataset& data, const OutOfFold& told, const BlendSums& sums, std::size_t width);
/// Sentences about members that are alike.
std::vector<std::string> alike_notes(const Stack& stack);

/// What the final learner sees: the answers of all members, of probabilities all but the first, and with
/// passthrough the columns besides.
Dataset meta_data(const Dataset& data, const std::vector<std::vector<double>>& answers, const Stack& stack);
Features meta_features(const Features& x, const std::vector<std::vector<double>>& answers,
                       const Stack& stack);

std::shared_ptr<const Stack> fit_stack(std::string_view committee, const std::vector<std::string>& texts,
                                       const std::string& final_learner, const StackingSettings& settings,
                                       const Dataset& data, const Context& context);
/// Sums per row; 0: the blend is a learner, or some member has no contributions.
std::size_t stack_contribution_count(const Stack& stack);
void stack_contributions(const Stack& stack, const Features& x, std::span<double> out,
                         const Context& context);
void answer_stack(const Stack& stack, const Features& x, std::span<double> out, const Context& context);

}  // namespace everyml
