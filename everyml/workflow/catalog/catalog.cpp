#include "everyml/workflow/catalog/catalog.h"

#include "everyml/ensembles/learners/learners.h"

namespace everyml {

const Registry& catalog() { return learners(); }

}  // namespace everyml
