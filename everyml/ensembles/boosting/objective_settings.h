#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/ensembles/boosting/objective.h"
#include "everyml/foundation/params/field.h"

// The rows that say what boosting makes small, one struct for each kind of learner; a learner makes it a
// member with an empty row name: Field{&X::objective, "", ""}.

namespace everyml {

/// What a number is learned by; the meaning stands at ObjectiveKind.
enum class NumberGoal : std::uint8_t {
  squared,
  absolute,
  huber,
  fair,
  log_cosh,
  quantile,
  mape,
  expectile,
  poisson,
  gamma,
  tweedie,
  cross_entropy,
  cox,
  aft,
  formula
};
constexpr auto choices_of(NumberGoal) {
  using G = NumberGoal;
  return std::array{Choice{G::squared, "squared"},   Choice{G::absolute, "absolute"},
                    Choice{G::huber, "huber"},       Choice{G::fair, "fair"},
                    Choice{G::log_cosh, "log-cosh"}, Choice{G::quantile, "quantile"},
                    Choice{G::mape, "mape"},         Choice{G::expectile, "expectile"},
                    Choice{G::poisson, "poisson"},   Choice{G::gamma, "gamma"},
                    Choice{G::tweedie, "tweedie"},   Choice{G::cross_entropy, "cross-entropy"},
                    Choice{G::cox, "cox"},           Choice{G::aft, "aft"},
                    Choice{G::formula, "formula"}};
}

struct NumberObjective {
  NumberGoal goal = NumberGoal::squared;
  std::vector<double> levels = {0.5};
  double width = 1.0;
  double power = 1.5;
  double spread = 1.0;
  std::string formula;
  std::string answer;

  static constexpr auto fields() {
    using S = NumberObjective;
    return std::tuple{
        Field{&S::goal, "objective",
              "What is made small; poisson, gamma and tweedie answer positive numbers."},
        Field{&S::levels, "levels", "Levels of the quantile objective, ascending; expectile takes the first.",
              strictly_between(0.0, 1.0)},
        Field{&S::width, "width", "Where the losses huber and fair turn straight, in units of the target.",
              above(0.0)},
        Field{&S::power, "power", "Variance of tweedie as a power of the mean.", strictly_between(1.0, 2.0)},
        Field{&S::spread, "spread", "Standard deviation of the log time of aft.", above(0.0)},
        Field{&S::formula, "formula",
              "Loss of the formula objective in y, f and w, such as 0.5*(y-f)^2; derivatives are found."},
        Field{&S::answer, "answer", "Answer of the formula objective from f, such as exp(f); empty: f."}};
  }
  ObjectiveSpec spec() const;
};

/// How classes are learned.
enum class ClassGoal : std::uint8_t {
  log_loss,        ///< binary for two classes, multinomial for more
  one_versus_all,  ///< a log loss for each class against the rest
};
constexpr auto choices_of(ClassGoal) {
  return std::array{Choice{ClassGoal::log_loss, "log-loss"},
                    Choice{ClassGoal::one_versus_all, "one-versus-all"}};
}

struct ClassObjective {
  ClassGoal goal = ClassGoal::log_loss;

  static constexpr auto fields() {
    return std::tuple{
        Field{&ClassObjective::goal, "objective",
              "What is made small: log loss of all classes at once, or each against the rest."}};
  }
  /// `classes` of the target, 2 or more.
  ObjectiveSpec spec(std::size_t classes) const;
};

/// How an order within groups is learned.
enum class RankGoal : std::uint8_t { ndcg, map, pairwise, xe_ndcg };
constexpr auto choices_of(RankGoal) {
  return std::array{Choice{RankGoal::ndcg, "ndcg"}, Choice{RankGoal::map, "map"},
                    Choice{RankGoal::pairwise, "pairwise"}, Choice{RankGoal::xe_ndcg, "xe-ndcg"}};
}

struct RankObjective {
  RankGoal goal = RankGoal::ndcg;
  int places = 30;
  double steepness = 1.0;

  static constexpr auto fields() {
    using S = RankObjective;
    return std::tuple{
        Field{&S::goal, "objective",
              "What is made large: NDCG or MAP by LambdaMART, right pairs, or XE-NDCG."},
        Field{&S::places, "places", "A pair counts when one of the two stands among so many from the top.",
              between(1, 100000)},
        Field{&S::steepness, "steepness",
              "How fast the chance of a right order grows with the gap of scores.", above(0.0)}};
  }
  ObjectiveSpec spec() const;
};

}  // namespace everyml
