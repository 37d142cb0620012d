#include "everyml/workflow/catalog/catalog.h"

#include <iterator>
#include <utility>
#include <vector>

#include "everyml/ensembles/committee/committee_family.h"
#include "everyml/ensembles/learners/learners.h"

namespace everyml {

const Registry& catalog() {
  static const Registry registry = [] {
    const auto single = learners().entries();
    std::vector<Entry> all(single.begin(), single.end());
    std::vector<Entry> committees = committee_family();
    all.insert(all.end(), std::make_move_iterator(committees.begin()),
               std::make_move_iterator(committees.end()));
    return Registry(std::move(all));
  }();
  return registry;
}

}  // namespace everyml
