#pragma once

#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/foundation/base/error.h"

namespace everyml::detail {

/// Throws as shap.h says, unless `have` is rows * per_row.
void check_shap(const TreeEnsemble& trees, const Features& x, std::size_t have, std::size_t per_row);

}  // namespace everyml::detail
