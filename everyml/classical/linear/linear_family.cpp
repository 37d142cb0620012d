#include "everyml/classical/linear/linear_family.h"

#include <nlohmann/json.hpp>

#include "everyml/classical/linear/linear_regression.h"
#include "everyml/classical/linear/logistic_regression.h"
#include "everyml/classical/linear/ridge.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> linear_family() {
  return {entry<LinearRegression>(), entry<Ridge>(), entry<LogisticRegression>()};
}

}  // namespace everyml
