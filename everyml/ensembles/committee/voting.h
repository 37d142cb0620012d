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

enum class Voting : std::uint8_t {
  soft,  ///< the weighted mean of the members' probabilities
  hard,  ///< the share of the votes for each class
};
constexpr auto choices_of(Voting) {
  return std::array{Choice{Voting::soft, "soft"}, Choice{Voting::hard, "hard"}};
}

/// Fitted members with a say each. Immutable; thread-safe.
struct Ballot {
  std::size_t features = 0;
  std::vector<std::string> classes;  ///< empty for numbers
  Voting voting = Voting::soft;
  std::vector<std::string> texts;  ///< [members]: as they were typed
  std::vector<double> weights;     ///< [members]: shares of the say, in sum 1
  std::vector<Member> members;
};

/// Classes by vote.
class VotingClassifierModel {
 public:
  explicit VotingClassifierModel(Ballot ballot);
  std::size_t feature_count() const { return ballot_->features; }
  std::span<const std::string> class_names() const { return ballot_->classes; }
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  const Ballot& ballot() const { return *ballot_; }
  /// As GivesContributions, of the members' weighted mean; 0 sums where a member cannot tell what each
  /// feature adds to its answer.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static VotingClassifierModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = VotingClassifierModel;
    return std::array{
        Attribute<M>{"member_weights", "Each member's share of the say; [members].",
                     [](const M& m) -> std::optional<Figure> { return Figure::list(m.ballot_->weights); }}};
  }

 private:
  std::shared_ptr<const Ballot> ballot_;
};

/// Numbers by the weighted mean.
class VotingRegressorModel {
 public:
  explicit VotingRegressorModel(Ballot ballot);
  std::size_t feature_count() const { return ballot_->features; }
  void predict(const Features& x, std::span<double> out, const Context& context) const;
  const Ballot& ballot() const { return *ballot_; }
  /// As GivesContributions, of the members' weighted mean; 0 sums where a member cannot tell what each
  /// feature adds to its answer.
  void contributions(const Features& x, std::span<double> out, const Context& context) const;
  std::size_t contribution_count() const;
  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static VotingRegressorModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = VotingRegressorModel;
    return std::array{
        Attribute<M>{"member_weights", "Each member's share of the say; [members].",
                     [](const M& m) -> std::optional<Figure> { return Figure::list(m.ballot_->weights); }}};
  }

 private:
  std::shared_ptr<const Ballot> ballot_;
};

/// Several different learners, each fitted on all rows, that vote. Reference: Kittler, Hatef, Duin and Matas,
/// "On Combining Classifiers", IEEE PAMI 20 (1998).
struct VotingClassifier {
  std::vector<std::string> members = {"logistic-regression", "naive-bayes", "logitboost depth=3"};
  Voting voting = Voting::soft;
  std::vector<double> weights;

  static constexpr std::string_view name = "voting-classifier";
  static constexpr auto fields() {
    using S = VotingClassifier;
    return std::tuple{
        Field{&S::members, "members",
              "Learners with their settings, such as \"naive-bayes, knn-classifier neighbors=9\"."},
        Field{&S::voting, "voting", "Mean of the probabilities, or one vote a member."},
        Field{&S::weights, "weights", "What each member's say counts; empty: all alike.", between(0, 1e9)}};
  }
  static constexpr auto rules() {
    return std::array{Rule<VotingClassifier>{
        [](const VotingClassifier& s) { return s.weights.empty() || s.weights.size() == s.members.size(); },
        "weights must be empty or one for each member"}};
  }
  static Card card();
  VotingClassifierModel fit(const Dataset& data, const Context& context) const;
};

/// The weighted mean of several different learners.
struct VotingRegressor {
  std::vector<std::string> members = {"ridge", "knn-regressor", "adaboost-regressor depth=5"};
  std::vector<double> weights;

  static constexpr std::string_view name = "voting-regressor";
  static constexpr auto fields() {
    using S = VotingRegressor;
    return std::tuple{Field{&S::members, "members",
                            "Learners with their settings, such as \"ridge, knn-regressor neighbors=9\"."},
                      Field{&S::weights, "weights", "What each member's answer counts; empty: all alike.",
                            between(0, 1e9)}};
  }
  static constexpr auto rules() {
    return std::array{Rule<VotingRegressor>{
        [](const VotingRegressor& s) { return s.weights.empty() || s.weights.size() == s.members.size(); },
        "weights must be empty or one for each member"}};
  }
  static Card card();
  VotingRegressorModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
