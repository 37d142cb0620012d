#include "apps/python/core/entries.h"

#include <nanobind/stl/string.h>

#include <nlohmann/json.hpp>

#include "everyml/ensembles/boosting/boosting_family.h"
#include "everyml/ensembles/boosting/continued.h"
#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/catalog/model_trees.h"
#include "everyml/workflow/select/fit_targets.h"

namespace everyml::python {
namespace {

Json value_of(const ParamValue& value) {
  return std::visit(
      [](const auto& held) -> Json {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(held)>, std::monostate>)
          return nullptr;
        else
          return held;
      },
      value);
}

Json param_of(const Param& param) {
  return {{"name", param.name},
          {"help", param.help},
          {"type", std::string(to_string(param.type))},
          {"optional", param.optional},
          {"range", param.range.bounded() ? param.range.sentence() : ""},
          {"choices", param.choices},
          {"default", value_of(param.default_value)}};
}

std::string entries_json() {
  Json all = Json::array();
  for (const Entry& entry : catalog().entries()) {
    const Card& card = entry.card();
    // The classes have no way yet to hand over which rows belong to one list.
    if (orders_lists(card.name)) continue;
    Json params = Json::array(), capabilities = Json::array();
    for (const Param& param : entry.settings().params) params.push_back(param_of(param));
    for (const Capability capability : entry.capabilities()) {
      capabilities.push_back(std::string(to_string(capability)));
    }
    Json attributes = Json::array();
    for (const AttributeInfo& attribute : entry.attributes()) {
      attributes.push_back({{"name", std::string(attribute.name)}, {"help", std::string(attribute.help)}});
    }
    all.push_back({{"name", card.name},
                   {"title", card.title},
                   {"summary", card.summary},
                   {"territory", card.territory},
                   {"family", card.family},
                   {"target", std::string(to_string(card.target))},
                   {"fills_missing", card.needs.missing == InputNeeds::Missing::impute},
                   {"complexity", card.complexity},
                   {"weights_are_votes", card.weights == Card::Weights::votes},
                   {"learns_targets", learns_targets(card.name)},
                   {"made_of_trees", made_of_trees(card.name)},
                   {"drawn_as_tree", drawn_as_tree(card.name)},
                   {"answers_in_stages", answers_in_stages(card.name)},
                   {"continues", can_continue(card.name)},
                   {"answers_levels", card.name == GradientBoostingRegressor::name},
                   {"references", card.references},
                   {"capabilities", capabilities},
                   {"params", params},
                   {"attributes", attributes}});
  }
  return write_json(all);
}

}  // namespace

void bind_entries(nanobind::module_& module) { module.def("entries_json", &entries_json); }

}  // namespace everyml::python
