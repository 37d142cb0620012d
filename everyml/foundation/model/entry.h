#pragma once

#include <array>
#include <nlohmann/json.hpp>

#include "everyml/foundation/model/registry.h"
#include "everyml/foundation/params/field.h"

// Templates that erase types; included by the file of a family that lists its entries, nowhere else.

namespace everyml {

template <class M>
constexpr bool model_can(Capability capability) {
  switch (capability) {
    case Capability::values:
      return PredictsValues<M>;
    case Capability::probabilities:
      return PredictsProbabilities<M>;
    case Capability::assign:
      return AssignsClusters<M>;
    case Capability::transform:
      return Transforms<M>;
    case Capability::intervals:
      return GivesIntervals<M>;
    case Capability::neighbors:
      return ShowsNeighbors<M>;
    case Capability::update:
      return Updates<M>;
    case Capability::scores:
      return GivesScores<M>;
    case Capability::anomaly:
      return ScoresAnomalies<M>;
    case Capability::contributions:
      return GivesContributions<M>;
  }
  return false;
}

namespace entry_detail {
/// Its address names the type; unlike typeid it needs no comparison of names.
template <class M>
inline constexpr char type_tag = 0;
[[noreturn]] void cannot(Capability capability);
[[noreturn]] void cannot_targets();

/// Settings that can also learn several targets together, with another model as the answer.
template <class S>
concept LearnsTargets =
    requires(const S& s, const Dataset& data, const Context& context) { s.fit_targets(data, context); };
/// What tells a file's reader that the model is one of several targets.
inline constexpr std::string_view kTargetsKey = "target_sizes";

template <class M>
concept DeclaresAttributes = requires { M::attributes(); };

/// Distinct names, each with a help. Readers are lambdas and so never null, which g++ cannot see as a
/// constant under the undefined behaviour sanitizer.
template <class Rows>
constexpr bool sound_attributes(const Rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].name.empty() || rows[i].help.empty()) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (rows[i].name == rows[j].name) return false;
    }
  }
  return true;
}

template <class M>
std::span<const AttributeInfo> attribute_infos() {
  if constexpr (DeclaresAttributes<M>) {
    static constexpr auto rows = M::attributes();
    static_assert(sound_attributes(rows));
    static constexpr auto infos = [] {
      std::array<AttributeInfo, rows.size()> list{};
      for (std::size_t i = 0; i < rows.size(); ++i) list[i] = {rows[i].name, rows[i].help};
      return list;
    }();
    return infos;
  } else {
    return {};
  }
}
}  // namespace entry_detail

template <class M>
struct AnyModel::Holder final : AnyModel::Interface {
  explicit Holder(M value) : model(std::move(value)) {}
  M model;

  bool can(Capability capability) const override {
    // A committee can tell when all of its members can.
    if constexpr (GivesContributions<M>) {
      if (capability == Capability::contributions) return model.contribution_count() > 0;
    }
    return model_can<M>(capability);
  }
  const void* object(const void* type) const override {
    return type == &entry_detail::type_tag<M> ? &model : nullptr;
  }
  std::size_t feature_count() const override { return model.feature_count(); }
  std::span<const std::string> class_names() const override {
    if constexpr (PredictsProbabilities<M>)
      return model.class_names();
    else
      return {};
  }
  std::size_t cluster_count() const override {
    if constexpr (AssignsClusters<M>)
      return model.cluster_count();
    else
      return 0;
  }
  std::size_t output_count() const override {
    if constexpr (Transforms<M>)
      return model.output_count();
    else
      return 0;
  }
  std::size_t score_count() const override {
    if constexpr (GivesScores<M>)
      return model.score_count();
    else
      return 0;
  }
  std::size_t contribution_count() const override {
    if constexpr (GivesContributions<M>)
      return model.contribution_count();
    else
      return 0;
  }
  std::span<const AttributeInfo> attributes() const override { return entry_detail::attribute_infos<M>(); }
  std::optional<Figure> attribute(std::size_t index) const override {
    if constexpr (entry_detail::DeclaresAttributes<M>)
      return M::attributes()[index].read(model);
    else
      return std::nullopt;
  }
  void values(const Features& x, std::span<double> out, const Context& context) const override {
    if constexpr (PredictsValues<M>)
      model.predict(x, out, context);
    else
      entry_detail::cannot(Capability::values);
  }
  void probabilities(const Features& x, std::span<double> out, const Context& context) const override {
    if constexpr (PredictsProbabilities<M>)
      model.probabilities(x, out, context);
    else
      entry_detail::cannot(Capability::probabilities);
  }
  void assign(const Features& x, std::span<std::int32_t> out, const Context& context) const override {
    if constexpr (AssignsClusters<M>)
      model.assign(x, out, context);
    else
      entry_detail::cannot(Capability::assign);
  }
  void transform(const Features& x, std::span<double> out, const Context& context) const override {
    if constexpr (Transforms<M>)
      model.transform(x, out, context);
    else
      entry_detail::cannot(Capability::transform);
  }
  void intervals(const Features& x, double level, std::span<double> low, std::span<double> high,
                 const Context& context) const override {
    if constexpr (GivesIntervals<M>)
      model.intervals(x, level, low, high, context);
    else
      entry_detail::cannot(Capability::intervals);
  }
  void neighbors(const Features& x, std::size_t k, std::span<std::int64_t> rows, std::span<double> distances,
                 const Context& context) const override {
    if constexpr (ShowsNeighbors<M>)
      model.neighbors(x, k, rows, distances, context);
    else
      entry_detail::cannot(Capability::neighbors);
  }
  std::shared_ptr<const Interface> update(const Dataset& data, const Context& context) const override {
    if constexpr (Updates<M>)
      return std::make_shared<Holder>(model.update(data, context));
    else
      entry_detail::cannot(Capability::update);
  }
  void scores(const Features& x, std::span<double> out, const Context& context) const override {
    if constexpr (GivesScores<M>)
      model.scores(x, out, context);
    else
      entry_detail::cannot(Capability::scores);
  }
  void anomaly(const Features& x, std::span<double> out, const Context& context) const override {
    if constexpr (ScoresAnomalies<M>)
      model.anomaly(x, out, context);
    else
      entry_detail::cannot(Capability::anomaly);
  }
  void anomaly_reasons(const Features& x, std::span<double> out, const Context& context) const override {
    if constexpr (ScoresAnomalies<M>)
      model.anomaly_reasons(x, out, context);
    else
      entry_detail::cannot(Capability::anomaly);
  }
  double anomaly_threshold() const override {
    if constexpr (ScoresAnomalies<M>)
      return model.anomaly_threshold();
    else
      entry_detail::cannot(Capability::anomaly);
  }
  void contributions(const Features& x, std::span<double> out, const Context& context) const override {
    if constexpr (GivesContributions<M>)
      model.contributions(x, out, context);
    else
      entry_detail::cannot(Capability::contributions);
  }
  std::span<const std::vector<std::string>> target_classes() const override {
    if constexpr (AnswersTargets<M>)
      return model.target_classes();
    else
      return {};
  }
  void answers(const Features& x, std::span<double> out, const Context& context) const override {
    if constexpr (AnswersTargets<M>) {
      model.answers(x, out, context);
    } else {
      entry_detail::cannot_targets();
    }
  }
  Json summary() const override { return model.summary(); }
  void save(ArchiveWriter& archive) const override { model.save(archive); }
};

template <class M>
AnyModel::AnyModel(M model, std::shared_ptr<const Card> card)
    : self_(std::make_shared<Holder<M>>(std::move(model))), card_(std::move(card)) {}

template <class M>
const M* AnyModel::as() const {
  return self_ ? static_cast<const M*>(self_->object(&entry_detail::type_tag<M>)) : nullptr;
}

/// The registry's row of one settings struct, which has
///   static constexpr std::string_view name;  static Card card();  static constexpr auto fields();
///   M fit(const Dataset&, const Context&) const;  and, if it likes,
///   static std::vector<Trial> search();  static std::vector<Axis> space();
///   N fit_targets(const Dataset&, const Context&) const;   several targets together, see AnswersTargets
template <class S>
Entry entry() {
  using Model =
      decltype(std::declval<const S&>().fit(std::declval<const Dataset&>(), std::declval<const Context&>()));
  Entry made;
  Card card = S::card();
  card.name = std::string(S::name);
  made.card_ = std::make_shared<const Card>(std::move(card));
  made.settings_ = &describe<S>();
  if constexpr (requires { S::search(); }) made.search_ = S::search();
  if constexpr (requires { S::space(); }) made.space_ = S::space();
  for (const Capability capability : kCapabilities) {
    if (model_can<Model>(capability)) made.capabilities_.push_back(capability);
  }
  made.attributes_ = entry_detail::attribute_infos<Model>();
  made.actions_ = {.make = []() -> std::shared_ptr<void> { return std::make_shared<S>(); },
                   .copy = [](const void* settings) -> std::shared_ptr<void> {
                     return std::make_shared<S>(*static_cast<const S*>(settings));
                   },
                   .fit =
                       [](const void* settings, const Dataset& data, const Context& context,
                          std::shared_ptr<const Card> shared) {
                         if constexpr (entry_detail::LearnsTargets<S>) {
                           if (!data.further.empty())
                             return AnyModel(static_cast<const S*>(settings)->fit_targets(data, context),
                                             std::move(shared));
                         }
                         return AnyModel(static_cast<const S*>(settings)->fit(data, context),
                                         std::move(shared));
                       },
                   .load =
                       [](const ArchiveReader& archive, std::shared_ptr<const Card> shared) {
                         if constexpr (entry_detail::LearnsTargets<S>) {
                           using Several = decltype(std::declval<const S&>().fit_targets(
                               std::declval<const Dataset&>(), std::declval<const Context&>()));
                           if (archive.has(entry_detail::kTargetsKey))
                             return AnyModel(Several::load(archive), std::move(shared));
                         }
                         return AnyModel(Model::load(archive), std::move(shared));
                       }};
  return made;
}

}  // namespace everyml
