#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

struct Stack;

/// What turns the members' answers into one.
enum class Blend : std::uint8_t {
  non_negative,  ///< weights >= 0 by least squares; those of classes sum to 1
  greedy,        ///< shares by greedy selection with replacement
  learner,       ///< a learner of its own on the members' answers
};
constexpr auto choices_of(Blend) {
  return std::array{Choice{Blend::non_negative, "non_negative"}, Choice{Blend::greedy, "greedy"},
                    Choice{Blend::learner, "learner"}};
}

/// What stacking for classes and for numbers share.
struct StackingSettings {
  Blend blend = Blend::non_negative;
  int folds = 5;
  double holdout = 0;
  bool passthrough = false;

  static constexpr std::string_view name = "stacking";
  static constexpr auto fields() {
    using S = StackingSettings;
    return std::tuple{
        Field{&S::blend, "blend",
              "How the members' answers become one: non-negative least squares, greedy selection, or "
              "final_learner."},
        Field{&S::folds, "folds", "Parts in which members answer for rows they have not seen.",
              between(2, 100)},
        Field{&S::holdout, "holdout",
              "Share of the rows kept for the blend in place of folds (blending); 0: folds.",
              Range{.low = 0, .high = 1, .high_open = true}},
        Field{&S::passthrough, "passthrough", "Give final_learner the columns besides; for blend=learner."}};
  }
};

/// One decision by several learners. Immutable; thread-safe.
class StackingClassifierModel {
 public:
  explicit StackingClassifierModel(std::shared_ptr<const Stack> stack) : stack_(std::move(stack)) {}
  std::size_t feature_count() const;
  std::span<const std::string> class_names() const;
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  const Stack& stack() const { return *stack_; }
  /// As GivesContributions, of the members' weighted mean; 0 sums where a member cannot tell what each
  /// feature adds to its answer.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static StackingClassifierModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = StackingClassifierModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"member_weights", "What each member's answer counts; none for blend=learner; [members].",
            [](const M& m) { return m.figure(0); }},
        Row{"member_losses",
            "Brier score of each member on rows it had not seen, summed over classes; [members].",
            [](const M& m) { return m.figure(1); }},
        Row{"member_contributions",
            "How much the loss of the best non-negative blend grows without each member; [members].",
            [](const M& m) { return m.figure(2); }},
        Row{"error_correlations",
            "Correlation of the members' errors on rows they had not seen; [members, members].",
            [](const M& m) { return m.figure(3); }},
        Row{"disagreement",
            "Share of those rows on which two members name different classes; [members, members].",
            [](const M& m) { return m.figure(4); }}};
  }

 private:
  std::optional<Figure> figure(int which) const;
  std::shared_ptr<const Stack> stack_;
};

/// One answer by several learners.
class StackingRegressorModel {
 public:
  explicit StackingRegressorModel(std::shared_ptr<const Stack> stack) : stack_(std::move(stack)) {}
  std::size_t feature_count() const;
  void predict(const Features& x, std::span<double> out, const Context& context) const;
  const Stack& stack() const { return *stack_; }
  /// As GivesContributions, of the members' weighted mean; 0 sums where a member cannot tell what each
  /// feature adds to its answer.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static StackingRegressorModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = StackingRegressorModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"member_weights", "What each member's answer counts; none for blend=learner; [members].",
            [](const M& m) { return m.figure(0); }},
        Row{"member_losses",
            "Mean squared error of each member on rows it had not seen, as share of the target's variance; "
            "[members].",
            [](const M& m) { return m.figure(1); }},
        Row{"member_contributions",
            "How much the loss of the best non-negative blend grows without each member; [members].",
            [](const M& m) { return m.figure(2); }},
        Row{"error_correlations",
            "Correlation of the members' errors on rows they had not seen; [members, members].",
            [](const M& m) { return m.figure(3); }},
        Row{"disagreement",
            "Root of the mean squared difference of two members' answers on those rows, in deviations of the "
            "target; [members, members].",
            [](const M& m) { return m.figure(4); }}};
  }

 private:
  std::optional<Figure> figure(int which) const;
  std::shared_ptr<const Stack> stack_;
};

/// Different learners and a blend of their answers that is learned from rows which each had not seen. Folds
/// keep classes in proportion and groups together. References: Wolpert, "Stacked Generalization", Neural
/// Networks 5 (1992); Breiman, "Stacked Regressions", Machine Learning 24 (1996); Ting and Witten, "Issues in
/// Stacked Generalization", JAIR 10 (1999); Caruana et al., "Ensemble Selection from Libraries of Models",
/// ICML 2004.
struct StackingClassifier {
  std::vector<std::string> members = {"logistic-regression", "naive-bayes", "logitboost depth=3"};
  std::string final_learner = "logistic-regression";
  StackingSettings stacking;

  static constexpr std::string_view name = "stacking-classifier";
  static constexpr auto fields() {
    using S = StackingClassifier;
    return std::tuple{
        Field{&S::members, "members",
              "Learners with their settings, such as \"naive-bayes, knn-classifier neighbors=9\"."},
        Field{&S::final_learner, "final_learner", "Learns from the members' answers when blend=learner."},
        Field{&S::stacking, "", ""}};
  }
  static Card card();
  /// Throws what parse_members and the members throw; DataError "data.rows" for fewer than 4 rows of weight,
  /// "data.groups" for fewer groups than 2.
  StackingClassifierModel fit(const Dataset& data, const Context& context) const;
};

/// The same for numbers.
struct StackingRegressor {
  std::vector<std::string> members = {"ridge", "knn-regressor", "adaboost-regressor depth=5"};
  std::string final_learner = "ridge";
  StackingSettings stacking;

  static constexpr std::string_view name = "stacking-regressor";
  static constexpr auto fields() {
    using S = StackingRegressor;
    return std::tuple{
        Field{&S::members, "members",
              "Learners with their settings, such as \"ridge, knn-regressor neighbors=9\"."},
        Field{&S::final_learner, "final_learner", "Learns from the members' answers when blend=learner."},
        Field{&S::stacking, "", ""}};
  }
  static Card card();
  StackingRegressorModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
