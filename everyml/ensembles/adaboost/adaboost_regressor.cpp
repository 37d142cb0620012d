#include "everyml/ensembles/adaboost/adaboost_regressor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "everyml/ensembles/adaboost/boosted_rows_impl.h"
#include "everyml/ensembles/adaboost/small_tree_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kAskedRows = 256;

/// The target as whole numbers: (y - centre) / spread lies in [-1, 1].
struct Scaled {
  double centre = 0, spread = 0;
  std::vector<double> values;  ///< [places]
};

Scaled scaled_target(const Dataset& data, const BoostedRows& rows) {
  Scaled scaled;
  double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
  for (const std::uint32_t row : rows.row_of) {
    low = std::min(low, data.target.values()[row]);
    high = std::max(high, data.target.values()[row]);
  }
  scaled.centre = std::midpoint(low, high);
  scaled.spread = high / 2 - low / 2;
  for (const std::uint32_t row : rows.row_of) {
    const double y = data.target.values()[row];
    scaled.values.push_back(scaled.spread > 0 ? std::clamp((y - scaled.centre) / scaled.spread, -1.0, 1.0)
                                              : 0.0);
  }
  return scaled;
}

double loss_of(double share, DruckerLoss loss) {
  switch (loss) {
    case DruckerLoss::square:
      return share * share;
    case DruckerLoss::exponential:
      return 1 - std::exp(-share);
    case DruckerLoss::linear:
      break;
  }
  return share;
}

class DruckerRounds {
 public:
  DruckerRounds(const Dataset& data, const AdaBoostRegressor& settings, const Context& context)
      : settings_(settings),
        context_(context),
        rows_(boosted_rows(data, AdaBoostRegressor::name)),
        codes_(packed_codes(data, rows_, settings.max_bins, context)),
        target_(scaled_target(data, rows_)),
        share_(rows_.weight),
        weight_(share_.size()),
        product_(share_.size()),
        loss_(share_.size()),
        parts_(TreeParts::empty(data.columns(), 1, 1)) {
    for (double& share : share_) share /= rows_.weight_sum;
  }

  AdaBoostRegressorModel run(const Dataset& data) {
    for (int round = 0; round < settings_.rounds; ++round) {
      if (round > 0 && context_.stop_requested()) break;
      if (!step(round)) break;
      context_.progress("AdaBoost", static_cast<double>(round + 1) / settings_.rounds);
    }
    AdaBoostRegressorModel::State state{TreeEnsemble(std::move(parts_))};
    state.features = column_names(data);
    state.votes = std::move(votes_);
    state.errors = std::move(errors_);
    return AdaBoostRegressorModel(std::move(state));
  }

 private:
  /// One tree; false when there is to be no further one.
  bool step(int round) {
    fix_weights();
    const NumberSums sums(weight_, product_);
    SmallTree grown = grow_small_tree(codes_, sums, settings_.depth, nullptr, context_);
    std::vector<double> answer(grown.tree.nodes.size());
    for (std::size_t node = 0; node < answer.size(); ++node) {
      const std::int64_t* own = grown.sums.data() + 2 * node;
      answer[node] =
          own[0] > 0 ? std::clamp(static_cast<double>(own[1]) / static_cast<double>(own[0]), -1.0, 1.0) : 0.0;
    }
    const double error = measure(grown.node_of, answer);
    context_.metric("error", static_cast<std::size_t>(round), error);
    if (error >= 0.5 && !errors_.empty()) return false;
    // Without a beta of its own the only tree answers alone.
    const bool last = error <= 0 || error >= 0.5;
    const double beta = error / (1 - error);
    votes_.push_back(last ? 1.0 : settings_.learning_rate * std::log(1 / beta));
    errors_.push_back(error);
    rescale(grown, rows_.weight_sum);
    for (const double value : answer) grown.tree.values.push_back(target_.centre + target_.spread * value);
    parts_.append(grown.tree, 0);
    if (!last && round + 1 < settings_.rounds) lower_weights(beta);
    return !last;
  }

  void fix_weights() {
    const int exponent = weight_exponent(share_);
    for (std::size_t p = 0; p < share_.size(); ++p) {
      weight_[p] = fixed_weight(share_[p], exponent);
      product_[p] = std::llround(static_cast<double>(weight_[p]) * target_.values[p]);
    }
  }

  /// Fills the loss of each row and returns their weighted mean.
  double measure(const std::vector<std::int32_t>& node_of, const std::vector<double>& answer) {
    double largest = 0;
    for (std::size_t p = 0; p < loss_.size(); ++p) {
      loss_[p] = std::abs(answer[static_cast<std::size_t>(node_of[p])] - target_.values[p]);
      if (share_[p] > 0) largest = std::max(largest, loss_[p]);
    }
    // Rounding of the weights alone must not look like an error that could be boosted away.
    if (largest < 1e-12) return 0;
    double mean = 0, all = 0;
    for (std::size_t p = 0; p < loss_.size(); ++p) {
      // A row whose share has sunk to 0 may err by more than the largest that counts.
      loss_[p] = loss_of(std::min(1.0, loss_[p] / largest), settings_.loss);
      mean += share_[p] * loss_[p];
      all += share_[p];
    }
    return mean / all;
  }

  void lower_weights(double beta) {
    double all = 0;
    for (std::size_t p = 0; p < share_.size(); ++p) {
      share_[p] *= std::pow(beta, (1 - loss_[p]) * settings_.learning_rate);
      all += share_[p];
    }
    for (double& share : share_) share /= all;
  }

  const AdaBoostRegressor& settings_;
  const Context& context_;
  BoostedRows rows_;
  PackedCodes codes_;
  Scaled target_;
  std::vector<double> share_;                   ///< [places]: of the boosted weight
  std::vector<std::int64_t> weight_, product_;  ///< [places]: the same in whole numbers, and times the target
  std::vector<double> loss_;                    ///< [places]: of the last tree
  TreeParts parts_;
  std::vector<double> votes_, errors_;
};

/// The least answer at which the votes up to it reach half of all.
double weighted_median(std::vector<std::pair<double, double>>& answers, double all) {
  std::sort(answers.begin(), answers.end());
  double sum = 0;
  for (const auto& [answer, vote] : answers) {
    sum += vote;
    if (sum >= 0.5 * all) return answer;
  }
  return answers.back().first;
}

}  // namespace

AdaBoostRegressorModel::AdaBoostRegressorModel(State state)
    : SmallTreesModel(state, vote_importances(state.trees, state.votes)) {}

void AdaBoostRegressorModel::predict(const Features& x, std::span<double> out, const Context& context) const {
  const TreeParts& parts = state_.trees.parts();
  const std::size_t trees = parts.trees();
  const double all = std::accumulate(state_.votes.begin(), state_.votes.end(), 0.0);
  parallel_for(context, x.rows(), kAskedRows, [&](std::size_t begin, std::size_t end) {
    std::vector<std::int32_t> leaves((end - begin) * trees);
    state_.trees.leaves(x.slice(begin, end), leaves, context);
    std::vector<std::pair<double, double>> answers(trees);
    for (std::size_t row = begin; row < end; ++row) {
      for (std::size_t t = 0; t < trees; ++t) {
        const auto leaf = static_cast<std::size_t>(leaves[(row - begin) * trees + t]);
        answers[t] = {parts.leaf_value[parts.first_leaf[t] + leaf], state_.votes[t]};
      }
      out[row] = weighted_median(answers, all);
    }
  });
}

Json AdaBoostRegressorModel::summary() const {
  return {{"kind", "adaboost_r2"},
          {"trees", state_.votes.size()},
          {"first_error", state_.errors.front()},
          {"last_error", state_.errors.back()},
          {"importances", top_importances(state_.features, importances_)}};
}

void AdaBoostRegressorModel::save(ArchiveWriter& archive) const {
  archive.strings("features", state_.features);
  archive.array("votes", state_.votes);
  archive.array("errors", state_.errors);
  ArchiveWriter trees = archive.scope("trees");
  state_.trees.save(trees);
}

AdaBoostRegressorModel AdaBoostRegressorModel::load(const ArchiveReader& archive) {
  State state(TreeEnsemble::load(archive.scope("trees")));
  const TreeParts& parts = state.trees.parts();
  if (parts.outputs != 1 || parts.trees() == 0)
    archive.refuse("trees", "there must be at least one tree, and one output");
  if (!parts.linear_start.empty()) archive.refuse("trees", "leaves have one answer, no slopes");
  state.features = load_names(archive, parts.features);
  state.votes = archive.finite_doubles("votes", parts.trees());
  for (const double vote : state.votes)
    if (!(vote > 0 && vote <= 1e6)) archive.refuse("votes", "a vote must lie above 0 and at most at 1e6");
  state.errors = archive.finite_doubles("errors", parts.trees());
  return AdaBoostRegressorModel(std::move(state));
}

Card AdaBoostRegressor::card() {
  Card card;
  card.title = "AdaBoost for numbers";
  card.summary = "The weighted median of small trees, each taught with more weight on what went wrong before";
  card.territory = "ensembles";
  card.family = "adaboost";
  card.target = Target::Kind::numbers;
  card.needs = {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none};
  card.complexity = 4;
  card.by_request = true;
  card.references = {"Drucker, \"Improving Regressors using Boosting Techniques\", ICML 1997",
                     "Freund and Schapire, \"A Decision-Theoretic Generalization of On-Line Learning and an "
                     "Application to Boosting\", J. Computer and System Sciences 55, 1997"};
  return card;
}

std::vector<Trial> AdaBoostRegressor::search() {
  return {{{"rounds", "100"}, {"depth", "5"}}, {{"loss", "square"}, {"depth", "6"}, {"rounds", "100"}}};
}

AdaBoostRegressorModel AdaBoostRegressor::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  return DruckerRounds(data, *this, context).run(data);
}

}  // namespace everyml
