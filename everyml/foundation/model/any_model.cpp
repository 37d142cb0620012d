#include "everyml/foundation/model/any_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {
namespace {

void require_size(std::size_t got, std::size_t expected, std::string_view what) {
  if (got != expected) {
    throw ParameterError("parameter.output_size",
                         fmt::format("the output for {} must have {} elements, got {}", what, expected, got));
  }
}

/// The door at which no NaN leaves: looks for what made answer `row` no number and says so. The features are
/// read only then, so an honest answer costs one look at itself.
[[noreturn]] void refuse_answer(const Card& card, const Features& x, std::size_t row) {
  for (std::size_t column = 0; column < x.columns(); ++column) {
    const double value = x.at(row, column);
    if (std::isnan(value) && card.needs.missing == InputNeeds::Missing::impute) {
      throw DataError("data.missing",
                      fmt::format("{}: feature {} of row {} is missing; this learner needs every cell, "
                                  "so fill the gaps first",
                                  card.name, column, row));
    }
    if (std::isinf(value)) {
      throw DataError("data.infinite",
                      fmt::format("{}: feature {} of row {} is infinite; features must be finite numbers",
                                  card.name, column, row));
    }
  }
  throw DataError("data.spread",
                  fmt::format("{}: the answer for row {} leaves the range of doubles; its features or the "
                              "training target are too large",
                              card.name, row));
}

void require_finite(const Card& card, const Features& x, std::span<const double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!std::isfinite(out[i])) refuse_answer(card, x, i / (out.size() / x.rows()));
  }
}

}  // namespace

std::string_view to_string(Capability capability) {
  switch (capability) {
    case Capability::values:
      return "values";
    case Capability::probabilities:
      return "probabilities";
    case Capability::assign:
      return "assign";
    case Capability::transform:
      return "transform";
    case Capability::intervals:
      return "intervals";
    case Capability::neighbors:
      return "neighbors";
    case Capability::update:
      return "update";
    case Capability::scores:
      return "scores";
    case Capability::anomaly:
      return "anomaly";
    case Capability::contributions:
      return "contributions";
  }
  return "";
}

void entry_detail::cannot(Capability capability) {
  throw UnsupportedError("model.capability", fmt::format("this model has no {}", to_string(capability)));
}

void entry_detail::cannot_targets() {
  throw UnsupportedError("model.capability",
                         "this model learned one target, so it has no answers for several");
}

bool AnyModel::can(Capability capability) const { return self_ != nullptr && self_->can(capability); }
std::size_t AnyModel::feature_count() const { return self_->feature_count(); }
std::span<const std::string> AnyModel::class_names() const { return self_->class_names(); }
std::size_t AnyModel::cluster_count() const { return self_->cluster_count(); }
std::size_t AnyModel::output_count() const { return self_->output_count(); }
std::size_t AnyModel::score_count() const { return self_->score_count(); }
std::size_t AnyModel::contribution_count() const { return self_->contribution_count(); }

std::span<const AttributeInfo> AnyModel::attributes() const {
  return self_ ? self_->attributes() : std::span<const AttributeInfo>{};
}

std::optional<Figure> AnyModel::attribute(std::string_view name) const {
  const std::span<const AttributeInfo> known = attributes();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i].name == name) return self_->attribute(i);
    names.emplace_back(known[i].name);
  }
  throw UnsupportedError(
      "model.attribute",
      fmt::format("{} has no attribute \"{}\".{} {}", card_ ? card_->name : "an empty model", printable(name),
                  suggestion(name, names),
                  names.empty() ? "It shows none." : fmt::format("It shows {}.", join_and(names))));
}

void AnyModel::require(Capability capability) const {
  if (!can(capability)) {
    if (self_ != nullptr && !self_->target_classes().empty()) {
      throw UnsupportedError(
          "model.capability",
          fmt::format("this {} answers for {} targets together; it has no {}, which are of "
                      "one target",
                      card_->name, self_->target_classes().size(), to_string(capability)));
    }
    throw UnsupportedError(
        "model.capability",
        fmt::format("{} has no {}{}", card_ ? card_->title : "an empty model", to_string(capability),
                    capability == Capability::contributions
                        ? " that add up to its answer; permutation importance works for any model"
                        : ""));
  }
}

void AnyModel::require_width(const Features& x) const {
  if (x.columns() != self_->feature_count()) {
    throw DataError("data.feature_count", fmt::format("{} was fitted on {} features, got {}", card_->name,
                                                      self_->feature_count(), x.columns()));
  }
}

void AnyModel::values(const Features& x, std::span<double> out, const Context& context) const {
  require(Capability::values);
  require_width(x);
  require_size(out.size(), x.rows(), "values");
  context.check();
  self_->values(x, out, context);
  require_finite(*card_, x, out);
}

void AnyModel::probabilities(const Features& x, std::span<double> out, const Context& context) const {
  require(Capability::probabilities);
  require_width(x);
  require_size(out.size(), x.rows() * class_names().size(), "probabilities");
  context.check();
  self_->probabilities(x, out, context);
  require_finite(*card_, x, out);
}

void AnyModel::assign(const Features& x, std::span<std::int32_t> out, const Context& context) const {
  require(Capability::assign);
  require_width(x);
  require_size(out.size(), x.rows(), "clusters");
  context.check();
  self_->assign(x, out, context);
}

void AnyModel::transform(const Features& x, std::span<double> out, const Context& context) const {
  require(Capability::transform);
  require_width(x);
  require_size(out.size(), x.rows() * output_count(), "transformed features");
  context.check();
  self_->transform(x, out, context);
  require_finite(*card_, x, out);
}

void AnyModel::intervals(const Features& x, double level, std::span<double> low, std::span<double> high,
                         const Context& context) const {
  require(Capability::intervals);
  require_width(x);
  if (!(level > 0 && level < 1)) {
    throw ParameterError("parameter.range", fmt::format("level must be above 0 and below 1, got {}", level));
  }
  require_size(low.size(), x.rows(), "lower ends");
  require_size(high.size(), x.rows(), "upper ends");
  context.check();
  self_->intervals(x, level, low, high, context);
  // With nothing left to estimate the noise from, an interval may honestly be everything.
  for (std::size_t row = 0; row < low.size(); ++row) {
    if (!(low[row] <= high[row])) refuse_answer(*card_, x, row);
  }
}

void AnyModel::neighbors(const Features& x, std::size_t k, std::span<std::int64_t> rows,
                         std::span<double> distances, const Context& context) const {
  require(Capability::neighbors);
  require_width(x);
  require_size(rows.size(), x.rows() * k, "neighbours");
  require_size(distances.size(), x.rows() * k, "distances");
  context.check();
  self_->neighbors(x, k, rows, distances, context);
  require_finite(*card_, x, distances);
}

AnyModel AnyModel::update(const Dataset& data, const Context& context) const {
  require(Capability::update);
  require_width(data.features);
  return {self_->update(data, context), card_};
}

void AnyModel::scores(const Features& x, std::span<double> out, const Context& context) const {
  require(Capability::scores);
  require_width(x);
  require_size(out.size(), x.rows() * score_count(), "scores");
  context.check();
  self_->scores(x, out, context);
  require_finite(*card_, x, out);
}

void AnyModel::anomaly(const Features& x, std::span<double> out, const Context& context) const {
  require(Capability::anomaly);
  require_width(x);
  require_size(out.size(), x.rows(), "anomaly scores");
  context.check();
  self_->anomaly(x, out, context);
  require_finite(*card_, x, out);
}

void AnyModel::anomaly_reasons(const Features& x, std::span<double> out, const Context& context) const {
  require(Capability::anomaly);
  require_width(x);
  require_size(out.size(), x.rows() * x.columns(), "reasons");
  context.check();
  self_->anomaly_reasons(x, out, context);
  require_finite(*card_, x, out);
}

double AnyModel::anomaly_threshold() const {
  require(Capability::anomaly);
  return self_->anomaly_threshold();
}

void AnyModel::contributions(const Features& x, std::span<double> out, const Context& context) const {
  require(Capability::contributions);
  require_width(x);
  require_size(out.size(), x.rows() * contribution_count() * (x.columns() + 1), "contributions");
  context.check();
  self_->contributions(x, out, context);
  require_finite(*card_, x, out);
}

std::span<const std::vector<std::string>> AnyModel::target_classes() const {
  return self_ ? self_->target_classes() : std::span<const std::vector<std::string>>{};
}

std::size_t AnyModel::answer_count() const {
  std::size_t count = 0;
  for (const std::vector<std::string>& classes : target_classes())
    count += std::max<std::size_t>(classes.size(), 1);
  return count;
}

void AnyModel::answers(const Features& x, std::span<double> out, const Context& context) const {
  if (target_classes().empty()) entry_detail::cannot_targets();
  require_width(x);
  require_size(out.size(), x.rows() * answer_count(), "answers");
  context.check();
  self_->answers(x, out, context);
  require_finite(*card_, x, out);
}

Json AnyModel::summary() const { return self_->summary(); }
void AnyModel::save(ArchiveWriter& archive) const { self_->save(archive); }

}  // namespace everyml
