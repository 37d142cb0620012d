#include <array>

#include "checks.h"

namespace everyml::checks {

std::span<const Exception> exceptions() {
  // A row here is a promise of the whole house that one algorithm does not keep. Take rows away, do not add
  // them lightly.
  static const std::vector<Exception> rows = {};
  return rows;
}

}  // namespace everyml::checks
