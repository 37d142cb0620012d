#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "everyml/foundation/model/any_model.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

enum class BayesLikelihood : std::uint8_t {
  automatic,
  gaussian,
  bernoulli,
  multinomial,
  complement,
  categorical
};
constexpr auto choices_of(BayesLikelihood) {
  return std::array{
      Choice{BayesLikelihood::automatic, "automatic"},   Choice{BayesLikelihood::gaussian, "gaussian"},
      Choice{BayesLikelihood::bernoulli, "bernoulli"},   Choice{BayesLikelihood::multinomial, "multinomial"},
      Choice{BayesLikelihood::complement, "complement"}, Choice{BayesLikelihood::categorical, "categorical"}};
}

enum class BayesPrior : std::uint8_t { learned, uniform };
constexpr auto choices_of(BayesPrior) {
  return std::array{Choice{BayesPrior::learned, "learned"}, Choice{BayesPrior::uniform, "uniform"}};
}

class NaiveBayesModel;

/// Naive Bayes: features are taken as independent within a class, each with the likelihood its kind calls
/// for. automatic: number -> Gaussian; flag -> Bernoulli; category -> categorical; all count columns together
/// -> multinomial. A missing cell (or, when predicting, a level not seen in training) is left out of the
/// product. Reference: Hand and Yu, "Idiot's Bayes: Not So Stupid after All?", International Statistical
/// Review 69 (2001).
struct NaiveBayes {
  BayesLikelihood likelihood = BayesLikelihood::automatic;
  double alpha = 1.0;
  double var_smoothing = 1e-9;
  BayesPrior prior = BayesPrior::learned;
  std::vector<double> class_priors;

  static constexpr std::string_view name = "naive-bayes";
  static constexpr auto fields() {
    return std::tuple{
        Field{&NaiveBayes::likelihood, "likelihood",
              "Choose by each column's kind, or force one for all columns."},
        Field{&NaiveBayes::alpha, "alpha", "Copies of every level or word added to what was counted.",
              Range{.low = 0.0, .high = 1e100, .low_open = true}},
        Field{&NaiveBayes::var_smoothing, "var_smoothing",
              "Part of the largest column variance that is added to every variance.", between(0.0, 1e100)},
        Field{&NaiveBayes::prior, "prior",
              "Take the class shares of the training rows, or treat classes alike."},
        Field{&NaiveBayes::class_priors, "class_priors",
              "Prior of each class in class order; empty leaves it to prior.", between(0.0, 1.0)}};
  }
  static constexpr auto rules() {
    return std::array{Rule<NaiveBayes>{[](const NaiveBayes& settings) {
                                         double sum = 0;
                                         for (const double value : settings.class_priors) sum += value;
                                         return settings.class_priors.empty() ||
                                                (sum > 1 - 1e-6 && sum < 1 + 1e-6);
                                       },
                                       "class_priors must sum to 1"}};
  }
  static Card card();
  static std::vector<std::map<std::string, std::string>> search();

  /// One pass over the rows. A row of weight k counts as k rows; a row of weight 0 is not looked at.
  /// Throws DataError as Dataset::validate does (missing cells are allowed), "data.category_code" (a category
  /// cell that is no whole code below its number of levels), "data.negative_count" (below 0 in a multinomial
  /// column), "data.spread" (moments beyond the range of doubles); ParameterError "parameter.class_priors"
  /// (not one per class, or 0 for every class present).
  NaiveBayesModel fit(const Dataset& data, const Context& context) const;
};

struct BayesState;

/// A fitted naive Bayes: sufficient statistics per class and what follows from them. Immutable, thread-safe,
/// cheap to copy. A class without a training row has probability 0.
class NaiveBayesModel {
 public:
  explicit NaiveBayesModel(std::shared_ptr<const BayesState> state) : state_(std::move(state)) {}

  std::size_t feature_count() const;
  std::span<const std::string> class_names() const;
  /// out: [rows, classes]. Throws DataError "data.infinite", "data.negative_count".
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  /// Logarithm of prior times likelihood; out: [rows, classes], -infinity for a class without a training row.
  /// Under the complement likelihood, whose rule is no probability, the score that it decides by. Throws as
  /// probabilities does.
  void log_joint(const Features& x, std::span<double> out, const Context& context) const;
  /// The model of the old rows and these: equal to a fit on all of them up to rounding. Classes are matched
  /// by name. Throws DataError "data.new_class" for a row of a class the model does not know,
  /// "data.feature_count", and as fit.
  NaiveBayesModel update(const Dataset& data, const Context& context) const;
  /// Priors per class, then per feature (the first 500) its likelihood and parameters per class.
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static NaiveBayesModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = NaiveBayesModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"class_prior",
            "Prior of each class, 0 for one without a row; [classes]. The complement likelihood does not use "
            "it.",
            [](const M& m) -> std::optional<Figure> { return m.class_prior(); }},
        Row{"class_count", "Sum of the row weights of each class; [classes].",
            [](const M& m) -> std::optional<Figure> { return m.class_count(); }},
        Row{"means",
            "Mean of each feature in each class, where all are Gaussian; [classes, features], NaN for a "
            "class "
            "without a row.",
            [](const M& m) { return m.gaussian_means(); }},
        Row{"variances",
            "Variance of each feature in each class, smoothing included, where all are Gaussian; "
            "[classes, features], NaN for a class without a row.",
            [](const M& m) { return m.gaussian_variances(); }},
        Row{"variance_floor",
            "What smoothing added to every variance, in the squared unit of the widest feature, where all "
            "are "
            "Gaussian.",
            [](const M& m) { return m.variance_floor(); }},
        Row{"feature_count",
            "Weight of the rows in which a flag is set, or weighted sum of a count, where all features are "
            "flags or all are counts; [classes, features].",
            [](const M& m) { return m.feature_counts(); }},
        Row{"feature_log_prob",
            "Log-probability of each flag being set or of each counted word in each class, or the complement "
            "rule's weight of the word, where all features are flags or all are counts; [classes, features].",
            [](const M& m) { return m.feature_log_prob(); }},
        Row{"levels", "Number of levels of each feature, where all are categories; [features].",
            [](const M& m) { return m.levels(); }},
        Row{"level_count",
            "Weight of the rows of each class at each level of the first feature, then of the second and so "
            "on, where all are categories; [classes, sum of levels].",
            [](const M& m) { return m.level_weights(); }},
        Row{"level_log_prob",
            "Log-probability of each level in each class, laid out as level_count; [classes, sum of levels].",
            [](const M& m) { return m.level_log_prob(); }}};
  }

 private:
  Figure class_prior() const;
  Figure class_count() const;
  std::optional<Figure> gaussian_means() const;
  std::optional<Figure> gaussian_variances() const;
  std::optional<Figure> feature_counts() const;
  std::optional<Figure> feature_log_prob() const;
  std::optional<Figure> variance_floor() const;
  std::optional<Figure> levels() const;
  std::optional<Figure> level_weights() const;
  std::optional<Figure> level_log_prob() const;

  std::shared_ptr<const BayesState> state_;
};

}  // namespace everyml
