#include "everyml/classical/baseline/baseline_family.h"

#include "everyml/classical/baseline/baseline.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> baseline_family() { return {entry<BaselineClassifier>(), entry<BaselineRegressor>()}; }

}  // namespace everyml
