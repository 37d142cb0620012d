#include "everyml/ensembles/learners/learners.h"

#include <iterator>
#include <utility>
#include <vector>

#include "everyml/classical/anomaly/anomaly_family.h"
#include "everyml/classical/baseline/baseline_family.h"
#include "everyml/classical/bayes/bayes_family.h"
#include "everyml/classical/clustering/clustering_family.h"
#include "everyml/classical/linear/linear_family.h"
#include "everyml/classical/neighbors/neighbors_family.h"
#include "everyml/classical/trees/trees_family.h"
#include "everyml/ensembles/adaboost/adaboost_family.h"
#include "everyml/ensembles/boosting/boosting_family.h"
#include "everyml/ensembles/forest/forest_family.h"

namespace everyml {

const Registry& learners() {
  static const Registry registry = [] {
    std::vector<Entry> all;
    for (auto* family :
         {baseline_family, linear_family, bayes_family, neighbors_family, trees_family, clustering_family,
          adaboost_family, boosting_family, forest_family, anomaly_family}) {
      std::vector<Entry> entries = family();
      all.insert(all.end(), std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end()));
    }
    return Registry(std::move(all));
  }();
  return registry;
}

}  // namespace everyml
