#include "everyml/ensembles/adaboost/logitboost.h"

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

constexpr std::size_t kGrain = 4096;
constexpr double kLargestResponse = 4;  ///< z_max of the paper, section 6
constexpr double kLeastLogLoss = 1e-6;  ///< below it there is nothing left to learn
constexpr double kLargestLogit = 1e9;
constexpr double kMostCopies = 4096;  ///< whole row weights up to here are taken as copies

/// p [classes] from logits; the same array may serve for both.
void softmax(const double* logit, double* p, std::size_t classes) {
  const double most = *std::max_element(logit, logit + classes);
  double sum = 0;
  for (std::size_t c = 0; c < classes; ++c) sum += p[c] = std::exp(logit[c] - most);
  for (std::size_t c = 0; c < classes; ++c) p[c] /= sum;
}

/// 1 - p[k], in full precision where p[k] is nearly 1.
double rest_of(const double* p, std::size_t classes, std::size_t k) {
  if (p[k] < 0.5) return 1 - p[k];
  double rest = 0;
  for (std::size_t c = 0; c < classes; ++c) rest += c == k ? 0 : p[c];
  return rest;
}

/// Newton steps on the classes that have rows, J of them.
class NewtonRounds {
 public:
  NewtonRounds(const Dataset& data, const LogitBoost& settings, const Context& context)
      : settings_(settings),
        context_(context),
        rows_(boosted_rows(data, LogitBoost::name)),
        codes_(packed_codes(data, rows_, settings.max_bins, context)),
        parts_(TreeParts::empty(data.columns(), 1, 1)) {
    for (std::size_t c = 0; c + 1 < rows_.starts.size(); ++c)
      if (rows_.starts[c + 1] > rows_.starts[c]) present_.push_back(c);
    const std::size_t places = rows_.row_of.size();
    class_of_.resize(places);
    for (std::size_t k = 0; k < present_.size(); ++k)
      for (std::size_t p = rows_.starts[present_[k]]; p < rows_.starts[present_[k] + 1]; ++p)
        class_of_[p] = k;
    outputs_ = present_.size() == 2 ? 1 : present_.size();
    parts_ = TreeParts::empty(data.columns(), outputs_, 1);
    logit_ = Buffer<double>(places * outputs_);
    share_ = rows_.weight;
    for (double& share : share_) share /= rows_.weight_sum;
    // Rounding one copy of a row and multiplying gives to the bit what the copies would.
    const bool copies = std::all_of(rows_.weight.begin(), rows_.weight.end(),
                                    [](double w) { return w <= kMostCopies && w == std::floor(w); });
    copies_ = copies ? rows_.weight : std::vector<double>(places, 1.0);
    unit_ = copies ? std::vector<double>(places, 1 / rows_.weight_sum) : share_;
    newton_.resize(places);
    weight_.resize(places);
    product_.resize(places);
  }

  LogitBoostModel run(const Dataset& data) {
    for (int round = 0; round < settings_.rounds; ++round) {
      if (round > 0 && context_.stop_requested()) break;
      // All classes of a round answer to the probabilities before it.
      const std::vector<double> p = chances();
      for (std::size_t k = 0; k < outputs_; ++k) step(outputs_ == 1 ? 1 : k, k, p);
      const double loss = mean_log_loss();
      losses_.push_back(loss);
      context_.metric("log_loss", static_cast<std::size_t>(round), loss);
      context_.progress("LogitBoost", static_cast<double>(round + 1) / settings_.rounds);
      if (loss < kLeastLogLoss) break;
    }
    LogitBoostModel::State state{TreeEnsemble(std::move(parts_))};
    state.features = column_names(data);
    state.classes.assign(data.target.names().begin(), data.target.names().end());
    state.priors.assign(state.classes.size(), 0.0);
    for (std::size_t p = 0; p < class_of_.size(); ++p) state.priors[present_[class_of_[p]]] += share_[p];
    // A class with rows keeps a share, however little its rows weigh.
    for (const std::size_t c : present_) state.priors[c] = std::max(state.priors[c], 1e-300);
    state.train_losses = std::move(losses_);
    return LogitBoostModel(std::move(state));
  }

 private:
  /// [places, J]: the probabilities now.
  std::vector<double> chances() const {
    const std::size_t classes = present_.size();
    std::vector<double> p(class_of_.size() * classes);
    parallel_for(context_, class_of_.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) one_chance(i, p.data() + i * classes);
    });
    return p;
  }

  void one_chance(std::size_t place, double* p) const {
    const std::size_t classes = present_.size();
    const double* logit = logit_.data() + place * outputs_;
    if (outputs_ == 1) {
      const double both[] = {0, logit[0]};
      softmax(both, p, 2);
      return;
    }
    const double centre = static_cast<double>(classes - 1) / static_cast<double>(classes);
    for (std::size_t c = 0; c < classes; ++c) p[c] = centre * logit[c];
    softmax(p, p, classes);
  }

  double mean_log_loss() const {
    return parallel_reduce<double>(
        context_, class_of_.size(), kGrain,
        [&](std::size_t begin, std::size_t end) {
          std::vector<double> p(present_.size());
          double sum = 0;
          for (std::size_t i = begin; i < end; ++i) {
            one_chance(i, p.data());
            sum -= share_[i] * std::log(std::max(p[class_of_[i]], 1e-300));
          }
          return sum;
        },
        [](double& into, double&& part) { into += part; });
  }

  /// One tree by weighted least squares on z = (y - p) / (p (1 - p)), weights p (1 - p).
  void step(std::size_t k, std::size_t output, const std::vector<double>& p) {
    const std::size_t classes = present_.size();
    parallel_for(context_, class_of_.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const double* own = p.data() + i * classes;
        newton_[i] = unit_[i] * own[k] * rest_of(own, classes, k) * copies_[i];
      }
    });
    const int exponent = weight_exponent(newton_);
    parallel_for(context_, class_of_.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const double* own = p.data() + i * classes;
        const auto copies = static_cast<std::int64_t>(copies_[i]);
        const std::int64_t one = fixed_weight(unit_[i] * own[k] * rest_of(own, classes, k), exponent);
        weight_[i] = copies * one;
        const double gradient = class_of_[i] == k ? rest_of(own, classes, k) : -own[k];
        // Whole numbers of weight times response / 4, so that no product is above its weight.
        const double product = std::ldexp(unit_[i] * gradient / kLargestResponse, exponent);
        const auto most = static_cast<double>(one);
        product_[i] = copies * std::llround(std::clamp(product, -most, most));
      }
    });
    const NumberSums sums(weight_, product_);
    SmallTree grown = grow_small_tree(codes_, sums, settings_.depth, nullptr, context_);
    rescale(grown, rows_.weight_sum);
    for (std::size_t node = 0; node < grown.tree.nodes.size(); ++node) {
      const std::int64_t* own = grown.sums.data() + 2 * node;
      const double response =
          own[0] > 0 ? kLargestResponse * static_cast<double>(own[1]) / static_cast<double>(own[0]) : 0.0;
      grown.tree.values.push_back(settings_.learning_rate * response);
    }
    parts_.append(grown.tree, static_cast<std::uint32_t>(output));
    parallel_for(context_, class_of_.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i)
        logit_[i * outputs_ + output] += grown.tree.values[static_cast<std::size_t>(grown.node_of[i])];
    });
  }

  const LogitBoost& settings_;
  const Context& context_;
  BoostedRows rows_;
  PackedCodes codes_;
  std::vector<std::size_t> present_;   ///< [J]: classes with rows
  std::vector<std::size_t> class_of_;  ///< [places]: position in present_
  std::size_t outputs_ = 1;
  Buffer<double> logit_;                        ///< [places, outputs]
  std::vector<double> copies_;                  ///< [places]: whole row weights; all 1 when some are not
  std::vector<double> unit_;                    ///< [places]: share of one copy
  std::vector<double> share_, newton_;          ///< [places]: of the row weight; times p (1 - p)
  std::vector<std::int64_t> weight_, product_;  ///< [places]: in whole numbers, for one tree
  TreeParts parts_;
  std::vector<double> losses_;
};

ScoreMap score_map(const LogitBoostState& state, bool logits) {
  const std::size_t outputs = state.trees.output_count();
  ScoreMap map;
  if (!logits && state.classes.size() == 2) {
    map.add(0, 1, 0);
    return map;
  }
  map.centred = outputs > 1;
  std::int32_t place = 0;
  for (const double prior : state.priors) {
    if (!(prior > 0))
      map.add(-1, 0, 0);
    else if (outputs == 1)
      map.add(0, place++ == 0 ? -0.5 : 0.5, 0);
    else
      map.add(place++, static_cast<double>(outputs - 1) / static_cast<double>(outputs), 0);
  }
  return map;
}

std::vector<double> importances_of(const LogitBoostState& state) {
  return vote_importances(state.trees, std::vector<double>(state.trees.tree_count(), 1.0));
}

}  // namespace

LogitBoostModel::LogitBoostModel(State state)
    : SmallTreesClassifierModel(state, importances_of(state), score_map(state, false),
                                score_map(state, true)) {}

Json LogitBoostModel::summary() const {
  return {{"kind", "logitboost"},
          {"rounds", state_.train_losses.size()},
          {"trees", state_.trees.tree_count()},
          {"train_loss", state_.train_losses.back()},
          {"classes", state_.shares()},
          {"importances", top_importances(state_.features, importances_)}};
}

void LogitBoostModel::save(ArchiveWriter& archive) const {
  state_.save(archive);
  archive.array("train_losses", state_.train_losses);
  ArchiveWriter trees = archive.scope("trees");
  state_.trees.save(trees);
}

LogitBoostModel LogitBoostModel::load(const ArchiveReader& archive) {
  State state(TreeEnsemble::load(archive.scope("trees")));
  const TreeParts& parts = state.trees.parts();
  state.load(archive);
  const std::size_t present = state.present();
  if (parts.outputs != (present == 2 ? 1 : present))
    archive.refuse("trees", "there must be one output for each class with rows, or one for two");
  if (!parts.linear_start.empty()) archive.refuse("trees", "leaves have one answer, no slopes");
  state.train_losses = archive.doubles("train_losses");
  if (state.train_losses.empty() || state.train_losses.size() * parts.outputs != parts.trees())
    archive.refuse("train_losses", "there must be one for each round of trees");
  for (const double value : parts.leaf_value)
    if (!(std::abs(value) <= kLargestLogit)) archive.refuse("trees", "a step is beyond all log odds");
  for (const double base : parts.base)
    if (base != 0) archive.refuse("trees", "log odds begin at 0");
  return LogitBoostModel(std::move(state));
}

Card LogitBoost::card() {
  Card card;
  card.title = "LogitBoost";
  card.summary = "Small trees added up on the scale of log odds, each one Newton step of logistic regression";
  card.territory = "ensembles";
  card.family = "adaboost";
  card.target = Target::Kind::classes;
  card.needs = {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none};
  card.complexity = 4;
  card.by_request = true;
  card.references = {
      "Friedman, Hastie and Tibshirani, \"Additive Logistic Regression: a Statistical View of Boosting\", "
      "Annals of Statistics 28, 2000"};
  return card;
}

std::vector<Trial> LogitBoost::search() {
  return {{{"depth", "3"}, {"learning_rate", "0.1"}}, {{"rounds", "300"}, {"learning_rate", "0.2"}}};
}

LogitBoostModel LogitBoost::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true, .minimum_classes = 2});
  return NewtonRounds(data, *this, context).run(data);
}

}  // namespace everyml
