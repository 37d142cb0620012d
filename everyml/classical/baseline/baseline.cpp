#include "everyml/classical/baseline/baseline.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

constexpr std::int64_t kMostFeatures = std::int64_t{1} << 40;

template <class E>
E strategy_from(const ArchiveReader& archive) {
  const std::string text = archive.text("strategy");
  for (const auto& choice : choices_of(E{})) {
    if (choice.name == text) return choice.value;
  }
  archive.refuse("strategy", "no such strategy");
}

/// Sums run in long double: targets near the largest double must not overflow on the way to their mean.
double weighted_mean(const Dataset& data) {
  const auto values = data.target.values();
  long double sum = 0, weights = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const long double weight = data.weight(i);
    sum += weight * values[i];
    weights += weight;
  }
  return static_cast<double>(sum / weights);
}

double weighted_median(const Dataset& data) {
  const auto values = data.target.values();
  std::vector<std::size_t> order;
  order.reserve(values.size());
  double total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (data.weight(i) > 0) order.push_back(i);
    total += data.weight(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return values[a] != values[b] ? values[a] < values[b] : a < b;
  });
  double below = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    below += data.weight(order[k]);
    if (2 * below < total && k + 1 < order.size()) continue;
    const double low = values[order[k]];
    const bool tie = 2 * below == total && k + 1 < order.size();
    return tie ? std::midpoint(low, values[order[k + 1]]) : low;
  }
  return 0;
}

}  // namespace

BaselineClassifierModel::BaselineClassifierModel(std::size_t features, std::vector<std::string> names,
                                                 std::vector<double> shares, ClassBaseline strategy)
    : features_(features),
      names_(std::move(names)),
      shares_(std::move(shares)),
      strategy_(strategy),
      answer_(shares_) {
  if (strategy_ == ClassBaseline::majority) {
    const auto largest = std::max_element(shares_.begin(), shares_.end()) - shares_.begin();
    std::fill(answer_.begin(), answer_.end(), 0.0);
    answer_[static_cast<std::size_t>(largest)] = 1.0;
  }
}

void BaselineClassifierModel::probabilities(const Features& x, std::span<double> out,
                                            const Context& context) const {
  context.check();
  for (std::size_t row = 0; row < x.rows(); ++row) {
    std::copy(answer_.begin(), answer_.end(),
              out.begin() + static_cast<std::ptrdiff_t>(row * answer_.size()));
  }
}

Json BaselineClassifierModel::summary() const {
  Json json;
  json["strategy"] = std::string(name_of(strategy_));
  Json& classes = json["classes"] = Json::array();
  for (std::size_t c = 0; c < names_.size(); ++c)
    classes.push_back({{"name", names_[c]}, {"share", shares_[c]}});
  return json;
}

void BaselineClassifierModel::save(ArchiveWriter& archive) const {
  archive.integer("features", static_cast<std::int64_t>(features_));
  archive.text("strategy", name_of(strategy_));
  archive.strings("classes", names_);
  archive.array("shares", std::span<const double>(shares_));
}

BaselineClassifierModel BaselineClassifierModel::load(const ArchiveReader& archive) {
  const auto features = static_cast<std::size_t>(archive.integer("features", 1, kMostFeatures));
  std::vector<std::string> names = archive.strings("classes");
  if (names.empty()) archive.refuse("classes", "there must be at least one class");
  std::vector<double> shares = archive.finite_doubles("shares", names.size());
  double sum = 0;
  for (const double share : shares) {
    if (share < 0) archive.refuse("shares", "a share is negative");
    sum += share;
  }
  if (!(std::abs(sum - 1) < 1e-9)) archive.refuse("shares", "the shares must sum to 1");
  return {features, std::move(names), std::move(shares), strategy_from<ClassBaseline>(archive)};
}

Card BaselineClassifier::card() {
  return {.title = "Class shares",
          .summary =
              "Answers the class shares of the training rows whatever the features say; the bar for the rest",
          .territory = "classical",
          .family = "baseline",
          .target = Target::Kind::classes,
          .needs = {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none},
          .complexity = 0,
          .references = {
              "Holte, \"Very simple classification rules perform well on most commonly used datasets\", "
              "Machine Learning 11, 1993"}};
}

BaselineClassifierModel BaselineClassifier::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true});
  context.check();
  std::vector<double> shares(data.target.class_count());
  const auto codes = data.target.codes();
  for (std::size_t i = 0; i < codes.size(); ++i) shares[static_cast<std::size_t>(codes[i])] += data.weight(i);
  const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= total;
  const auto names = data.target.names();
  return {data.columns(), {names.begin(), names.end()}, std::move(shares), strategy};
}

void BaselineRegressorModel::predict(const Features& x, std::span<double> out, const Context& context) const {
  context.check();
  std::fill_n(out.begin(), x.rows(), answer_);
}

Json BaselineRegressorModel::summary() const {
  return {{"strategy", std::string(name_of(strategy_))}, {"answer", answer_}};
}

void BaselineRegressorModel::save(ArchiveWriter& archive) const {
  archive.integer("features", static_cast<std::int64_t>(features_));
  archive.text("strategy", name_of(strategy_));
  archive.number("answer", answer_);
}

BaselineRegressorModel BaselineRegressorModel::load(const ArchiveReader& archive) {
  constexpr double kMost = std::numeric_limits<double>::max();
  const auto features = static_cast<std::size_t>(archive.integer("features", 1, kMostFeatures));
  return {features, archive.number("answer", -kMost, kMost), strategy_from<NumberBaseline>(archive)};
}

Card BaselineRegressor::card() {
  return {.title = "Mean of the target",
          .summary = "Answers the mean or median of the training target for every row; the bar for the rest",
          .territory = "classical",
          .family = "baseline",
          .target = Target::Kind::numbers,
          .needs = {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none},
          .complexity = 0,
          .references = {"Koenker and Bassett, \"Regression Quantiles\", Econometrica 46, 1978"}};
}

BaselineRegressorModel BaselineRegressor::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::numbers, .missing_allowed = true});
  context.check();
  const double answer = strategy == NumberBaseline::mean ? weighted_mean(data) : weighted_median(data);
  return {data.columns(), answer, strategy};
}

}  // namespace everyml
