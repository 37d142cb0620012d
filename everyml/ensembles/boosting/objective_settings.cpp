#include "everyml/ensembles/boosting/objective_settings.h"

namespace everyml {
namespace {

/// Kinds and goals share their names.
ObjectiveKind kind_of(std::string_view name) {
  for (const auto& choice : choices_of(ObjectiveKind{})) {
    if (choice.name == name) return choice.value;
  }
  return ObjectiveKind::squared;
}

}  // namespace

ObjectiveSpec NumberObjective::spec() const {
  return {.kind = kind_of(name_of(goal)),
          .width = width,
          .levels = levels,
          .power = power,
          .spread = spread,
          .formula = formula,
          .answer = answer};
}

ObjectiveSpec ClassObjective::spec(std::size_t classes) const {
  if (goal == ClassGoal::one_versus_all) return {.kind = ObjectiveKind::one_versus_all, .classes = classes};
  return {.kind = classes == 2 ? ObjectiveKind::binary : ObjectiveKind::multinomial, .classes = classes};
}

ObjectiveSpec RankObjective::spec() const {
  return {.kind = kind_of(name_of(goal)), .places = static_cast<std::size_t>(places), .steepness = steepness};
}

}  // namespace everyml
