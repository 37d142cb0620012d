#include "everyml/workflow/select/map.h"

#include <algorithm>

#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/catalog/roll.h"
#include "everyml/workflow/select/map_impl.h"

namespace everyml {
namespace {

using Fit = Territory::Fit;

std::vector<std::string> algorithms_for(Target::Kind target) {
  std::vector<std::string> names;
  for (const Entry& entry : catalog().entries()) {
    if (entry.card().target == target) names.push_back(entry.card().name);
  }
  return names;
}

std::vector<std::string> algorithms_that(Capability capability) {
  std::vector<std::string> names;
  for (const Entry& entry : catalog().entries()) {
    if (entry.can(capability)) names.push_back(entry.card().name);
  }
  return names;
}

}  // namespace

std::vector<Territory> map_of_learning() {
  const auto row = [](const char* name, const char* question, std::vector<std::string> algorithms = {}) {
    Territory territory;
    territory.name = name;
    territory.question = question;
    territory.algorithms = std::move(algorithms);
    for (const MapLeaf& leaf : leaves_of(territory.name)) {
      if (!leaf.works()) territory.not_yet.emplace_back(leaf.name);
    }
    return territory;
  };
  return {
      row("classification", "Which kind is it?", algorithms_for(Target::Kind::classes)),
      row("regression", "How much will it be?", algorithms_for(Target::Kind::numbers)),
      row("clustering", "Which rows are alike?", algorithms_that(Capability::assign)),
      row("trees and ensembles", "Which kind, how much: many small rules that vote."),
      row("anomalies", "Which rows are unlike all others?", algorithms_that(Capability::anomaly)),
      row("dimension reduction", "What few figures say most of it?"),
      row("forecasting", "How will it go on?"),
      row("rules", "What goes together?"),
      row("recommendation", "What will this person like?"),
      row("text", "What is it about?"),
      row("images", "What is to be seen?"),
      row("neural networks", "Which kind, how much: layers that learn their own features."),
      row("reinforcement", "What should be done next?"),
  };
}

std::vector<Territory> map_of_table(const Table& table, std::string_view file, std::string_view target) {
  const TableFacts facts = facts_of(table, file, target);
  std::vector<Territory> map = map_of_learning();
  for (Territory& territory : map) judge_territory(territory, facts);
  const auto rank = [](const Territory& territory) {
    return (territory.fit == Fit::fits ? 0 : 2) + (territory.works() ? 0 : 1);
  };
  std::stable_sort(map.begin(), map.end(),
                   [&](const Territory& a, const Territory& b) { return rank(a) < rank(b); });
  return map;
}

}  // namespace everyml
