#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/foundation/model/any_model.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

// What every other learner must beat: answers that do not look at the features at all.

enum class ClassBaseline : std::uint8_t { prior, majority };
constexpr auto choices_of(ClassBaseline) {
  return std::array{Choice{ClassBaseline::prior, "prior"}, Choice{ClassBaseline::majority, "majority"}};
}

/// The same probabilities for every row.
class BaselineClassifierModel {
 public:
  /// `shares`: weight share of each class, [classes], sums to 1. REQUIRES: names.size() == shares.size() > 0.
  BaselineClassifierModel(std::size_t features, std::vector<std::string> names, std::vector<double> shares,
                          ClassBaseline strategy);

  std::size_t feature_count() const { return features_; }
  std::span<const std::string> class_names() const { return names_; }
  /// out: [rows, classes]. The features are not read, so missing and infinite cells are fine.
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static BaselineClassifierModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using Row = Attribute<BaselineClassifierModel>;
    return std::array{Row{"class_prior", "Share of each class in the weight of the training rows; [classes].",
                          [](const BaselineClassifierModel& m) -> std::optional<Figure> {
                            return Figure::list(m.shares_);
                          }},
                      Row{"answer", "The probabilities that every row gets; [classes].",
                          [](const BaselineClassifierModel& m) -> std::optional<Figure> {
                            return Figure::list(m.answer_);
                          }}};
  }

 private:
  std::size_t features_;
  std::vector<std::string> names_;
  std::vector<double> shares_;
  ClassBaseline strategy_;
  std::vector<double> answer_;
};

/// Class shares of the training rows (`prior`) or certainty in the largest class (`majority`, the first of
/// equals).
struct BaselineClassifier {
  ClassBaseline strategy = ClassBaseline::prior;

  static constexpr std::string_view name = "baseline-classifier";
  static constexpr auto fields() {
    return std::tuple{Field{&BaselineClassifier::strategy, "strategy",
                            "Answer the class shares, or always the largest class."}};
  }
  static Card card();
  /// Throws DataError as Dataset::validate does; missing cells are allowed.
  BaselineClassifierModel fit(const Dataset& data, const Context& context) const;
};

enum class NumberBaseline : std::uint8_t { mean, median };
constexpr auto choices_of(NumberBaseline) {
  return std::array{Choice{NumberBaseline::mean, "mean"}, Choice{NumberBaseline::median, "median"}};
}

/// The same number for every row.
class BaselineRegressorModel {
 public:
  BaselineRegressorModel(std::size_t features, double answer, NumberBaseline strategy)
      : features_(features), answer_(answer), strategy_(strategy) {}

  std::size_t feature_count() const { return features_; }
  /// out: [rows]. The features are not read.
  void predict(const Features& x, std::span<double> out, const Context& context) const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static BaselineRegressorModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    return std::array{Attribute<BaselineRegressorModel>{
        "answer", "The number that every row gets, in units of the target.",
        [](const BaselineRegressorModel& m) -> std::optional<Figure> { return Figure::number(m.answer_); }}};
  }

 private:
  std::size_t features_;
  double answer_;
  NumberBaseline strategy_;
};

/// The weighted mean, best in squared error, or the weighted median, best in absolute error.
/// Where exactly half of the weight lies on either side, the median is the middle of the two values there.
struct BaselineRegressor {
  NumberBaseline strategy = NumberBaseline::mean;

  static constexpr std::string_view name = "baseline-regressor";
  static constexpr auto fields() {
    return std::tuple{
        Field{&BaselineRegressor::strategy, "strategy", "Answer the mean of the target, or its median."}};
  }
  static Card card();
  /// Throws DataError as Dataset::validate does; missing cells are allowed.
  BaselineRegressorModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
