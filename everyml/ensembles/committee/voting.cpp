#include "everyml/ensembles/committee/voting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "everyml/ensembles/committee/member_impl.h"
#include "everyml/ensembles/committee/member_text.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::int64_t kMostFeatures = std::int64_t{1} << 40;

Ballot hold(std::string_view committee, const std::vector<std::string>& texts,
            const std::vector<double>& weights, Voting voting, const Dataset& data, const Context& context) {
  const std::vector<AnyEstimator> learners = parse_members(committee, texts, data.target.kind());
  Ballot ballot;
  ballot.features = data.columns();
  ballot.classes.assign(data.target.names().begin(), data.target.names().end());
  ballot.voting = voting;
  ballot.texts = texts;
  ballot.weights = weights.empty() ? std::vector<double>(texts.size(), 1.0) : weights;
  const double all = std::accumulate(ballot.weights.begin(), ballot.weights.end(), 0.0);
  if (!(all > 0)) {
    throw ParameterError("parameter.rule",
                         fmt::format("{}: at least one of the weights must be above 0", committee));
  }
  for (double& weight : ballot.weights) weight /= all;
  std::vector<std::optional<Member>> members(learners.size());
  parallel_for(context, learners.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      members[i] = Member::fit(learners[i], data, {}, member_context(context, "voting.member", i));
  });
  for (auto& member : members) ballot.members.push_back(std::move(*member));
  return ballot;
}

void count(const Ballot& ballot, const Features& x, std::span<double> out, const Context& context) {
  std::fill(out.begin(), out.end(), 0.0);
  std::vector<double> told(out.size());
  const std::size_t classes = std::max<std::size_t>(ballot.classes.size(), 1);
  for (std::size_t m = 0; m < ballot.members.size(); ++m) {
    ballot.members[m].answer(x, told, context);
    const double weight = ballot.weights[m];
    if (ballot.voting == Voting::soft) {
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += weight * told[i];
    } else {
      for (std::size_t row = 0; row < x.rows(); ++row)
        out[row * classes + best_class(told.data() + row * classes, classes)] += weight;
    }
  }
}

std::size_t contributions_of(const Ballot& ballot) {
  const bool sums = ballot.voting == Voting::soft && all_explain(ballot.members, ballot.weights);
  return sums ? std::max<std::size_t>(ballot.classes.size(), 1) : 0;
}

Json ballot_summary(const Ballot& ballot) {
  Json members = Json::array();
  for (std::size_t m = 0; m < ballot.texts.size(); ++m)
    members.push_back({{"member", ballot.texts[m]}, {"weight", ballot.weights[m]}});
  return {{"kind", "voting"}, {"voting", std::string(name_of(ballot.voting))}, {"members", members}};
}

void save_ballot(const Ballot& ballot, ArchiveWriter& archive) {
  archive.integer("features", static_cast<std::int64_t>(ballot.features));
  archive.strings("classes", ballot.classes);
  archive.boolean("hard", ballot.voting == Voting::hard);
  archive.strings("texts", ballot.texts);
  archive.array("weights", ballot.weights);
  save_members(archive, ballot.members);
}

Ballot load_ballot(const ArchiveReader& archive, Target::Kind target) {
  Ballot ballot;
  ballot.features = static_cast<std::size_t>(archive.integer("features", 1, kMostFeatures));
  ballot.classes = archive.strings("classes");
  const bool classes = target == Target::Kind::classes;
  if (ballot.classes.empty() == classes)
    archive.refuse("classes", "a committee for classes has some, one for numbers has none");
  ballot.voting = archive.boolean("hard") ? Voting::hard : Voting::soft;
  if (ballot.voting == Voting::hard && !classes) archive.refuse("hard", "numbers are averaged");
  ballot.members = load_members(archive, ballot.features, target, ballot.classes);
  ballot.texts = archive.strings("texts");
  if (ballot.texts.size() != ballot.members.size())
    archive.refuse("texts", "there must be one for each member");
  ballot.weights = archive.finite_doubles("weights", ballot.members.size());
  double all = 0;
  for (const double weight : ballot.weights) {
    if (weight < 0) archive.refuse("weights", "a share is negative");
    all += weight;
  }
  if (!(std::abs(all - 1) < 1e-9)) archive.refuse("weights", "the shares must sum to 1");
  return ballot;
}

Card voting_card() {
  Card card;
  card.territory = "ensembles";
  card.family = "committee";
  card.needs = general_needs();
  card.complexity = 6;
  card.by_request = true;
  card.references = {
      "Kittler, Hatef, Duin and Matas, \"On Combining Classifiers\", IEEE Trans. Pattern Analysis and "
      "Machine "
      "Intelligence 20, 1998"};
  return card;
}

}  // namespace

VotingClassifierModel::VotingClassifierModel(Ballot ballot)
    : ballot_(std::make_shared<const Ballot>(std::move(ballot))) {}
VotingRegressorModel::VotingRegressorModel(Ballot ballot)
    : ballot_(std::make_shared<const Ballot>(std::move(ballot))) {}

void VotingClassifierModel::probabilities(const Features& x, std::span<double> out,
                                          const Context& context) const {
  count(*ballot_, x, out, context);
}
void VotingRegressorModel::predict(const Features& x, std::span<double> out, const Context& context) const {
  count(*ballot_, x, out, context);
}
void VotingClassifierModel::contributions(const Features& x, std::span<double> out,
                                          const Context& context) const {
  weighted_contributions(ballot_->members, ballot_->weights, 0, x, out, context);
}
void VotingRegressorModel::contributions(const Features& x, std::span<double> out,
                                         const Context& context) const {
  weighted_contributions(ballot_->members, ballot_->weights, 0, x, out, context);
}
std::size_t VotingClassifierModel::contribution_count() const { return contributions_of(*ballot_); }
std::size_t VotingRegressorModel::contribution_count() const { return contributions_of(*ballot_); }
Json VotingClassifierModel::summary() const { return ballot_summary(*ballot_); }
Json VotingRegressorModel::summary() const { return ballot_summary(*ballot_); }
void VotingClassifierModel::save(ArchiveWriter& archive) const { save_ballot(*ballot_, archive); }
void VotingRegressorModel::save(ArchiveWriter& archive) const { save_ballot(*ballot_, archive); }
VotingClassifierModel VotingClassifierModel::load(const ArchiveReader& archive) {
  return VotingClassifierModel(load_ballot(archive, Target::Kind::classes));
}
VotingRegressorModel VotingRegressorModel::load(const ArchiveReader& archive) {
  return VotingRegressorModel(load_ballot(archive, Target::Kind::numbers));
}

Card VotingClassifier::card() {
  Card card = voting_card();
  card.title = "Voting";
  card.summary = "Different learners, each fitted on all rows, that vote or average their probabilities";
  card.target = Target::Kind::classes;
  return card;
}

Card VotingRegressor::card() {
  Card card = voting_card();
  card.title = "Voting for numbers";
  card.summary = "The weighted mean of different learners, each fitted on all rows";
  card.target = Target::Kind::numbers;
  return card;
}

VotingClassifierModel VotingClassifier::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true, .minimum_classes = 2});
  return VotingClassifierModel(hold(name, members, weights, voting, data, context));
}

VotingRegressorModel VotingRegressor::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  return VotingRegressorModel(hold(name, members, weights, Voting::soft, data, context));
}

}  // namespace everyml
