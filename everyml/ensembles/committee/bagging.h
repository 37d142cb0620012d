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

class Member;

/// What bagging for classes and for numbers share.
struct BaggingSettings {
  int count = 30;
  double rows = 1.0;
  bool bootstrap = true;
  double features = 1.0;

  static constexpr std::string_view name = "bagging";
  static constexpr auto fields() {
    using S = BaggingSettings;
    return std::tuple{Field{&S::count, "count", "How many members are fitted.", between(1, 10000)},
                      Field{&S::rows, "rows", "Rows that a member draws, as share of all.",
                            Range{.low = 0, .high = 1, .low_open = true}},
                      Field{&S::bootstrap, "bootstrap",
                            "Draw rows with replacement; without, rows below 1 leaves some out."},
                      Field{&S::features, "features", "Columns that a member is given, as share of all.",
                            Range{.low = 0, .high = 1, .low_open = true}}};
  }
};

/// The fitted members of bagging and what they told about rows they had not seen. Immutable; thread-safe.
struct Bag {
  std::size_t features = 0;
  std::vector<std::string> classes;  ///< empty for numbers
  std::string learner;               ///< the member's text
  std::vector<Member> members;
  double out_of_bag_error =
      0;  ///< share of wrong classes, or mean squared error; NaN when no row was ever left out
  double out_of_bag_share = 0;  ///< share of the rows that some member had not seen
  double single_error = 0;  ///< the mean of the members' own errors on rows they had not seen; NaN likewise
};

/// Classes by the mean of the members' probabilities.
class BaggingClassifierModel {
 public:
  explicit BaggingClassifierModel(Bag bag);
  std::size_t feature_count() const { return bag_->features; }
  std::span<const std::string> class_names() const { return bag_->classes; }
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  const Bag& bag() const { return *bag_; }
  /// As GivesContributions, of the members' weighted mean; 0 sums where a member cannot tell what each
  /// feature adds to its answer.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static BaggingClassifierModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = BaggingClassifierModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"oob_error",
            "Share of wrong classes among rows, each judged by the members that had not seen it.",
            [](const M& m) { return Figure::number_if_any(m.bag_->out_of_bag_error); }},
        Row{"oob_share", "Share of the training rows that at least one member had not seen.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.bag_->out_of_bag_share); }},
        Row{"member_oob_error", "Mean share of wrong classes of single members on rows they had not seen.",
            [](const M& m) { return Figure::number_if_any(m.bag_->single_error); }}};
  }

 private:
  std::shared_ptr<const Bag> bag_;
};

/// Numbers by the mean of the members' answers.
class BaggingRegressorModel {
 public:
  explicit BaggingRegressorModel(Bag bag);
  std::size_t feature_count() const { return bag_->features; }
  void predict(const Features& x, std::span<double> out, const Context& context) const;
  const Bag& bag() const { return *bag_; }
  /// As GivesContributions, of the members' weighted mean; 0 sums where a member cannot tell what each
  /// feature adds to its answer.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static BaggingRegressorModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = BaggingRegressorModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"oob_error",
            "Mean squared error of rows, each judged by the members that had not seen it, in squared units "
            "of the "
            "target.",
            [](const M& m) { return Figure::number_if_any(m.bag_->out_of_bag_error); }},
        Row{"oob_share", "Share of the training rows that at least one member had not seen.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.bag_->out_of_bag_share); }},
        Row{"member_oob_error",
            "Mean squared error of single members on rows they had not seen, in squared units of the target.",
            [](const M& m) { return Figure::number_if_any(m.bag_->single_error); }}};
  }

 private:
  std::shared_ptr<const Bag> bag_;
};

/// The same learner on many drawn samples of the rows, averaged. Rows of one group are drawn together. A
/// sample with one class alone is drawn again. Reference: Breiman, "Bagging Predictors", Machine Learning 24
/// (1996); feature subspaces: Ho, "The Random Subspace Method for Constructing Decision Forests", IEEE PAMI
/// 20 (1998).
struct BaggingClassifier {
  std::string learner = "decision-tree-classifier alpha=0";
  BaggingSettings bag;

  static constexpr std::string_view name = "bagging-classifier";
  static constexpr auto fields() {
    using S = BaggingClassifier;
    return std::tuple{Field{&S::learner, "learner",
                            "The learner and its settings, such as \"knn-classifier neighbors=9\"."},
                      Field{&S::bag, "", ""}};
  }
  static Card card();
  /// Throws what parse_member and the learner throw.
  BaggingClassifierModel fit(const Dataset& data, const Context& context) const;
};

/// The same for numbers.
struct BaggingRegressor {
  std::string learner = "decision-tree-regressor alpha=0";
  BaggingSettings bag;

  static constexpr std::string_view name = "bagging-regressor";
  static constexpr auto fields() {
    using S = BaggingRegressor;
    return std::tuple{
        Field{&S::learner, "learner", "The learner and its settings, such as \"knn-regressor neighbors=9\"."},
        Field{&S::bag, "", ""}};
  }
  static Card card();
  BaggingRegressorModel fit(const Dataset& data, const Context& context) const;
};

/// Row numbers of one drawn sample, ascending, repeats beside each other; what member `index` of bagging
/// learns from. Rows of weight 0 are never drawn. `groups` may be empty.
std::vector<std::size_t> drawn_rows(std::span<const double> weights, std::span<const std::int32_t> groups,
                                    std::size_t rows, const BaggingSettings& settings, Stream& stream);

}  // namespace everyml
