#pragma once

#include <string>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/data/splits.h"
#include "everyml/foundation/data/table.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/workflow/encode/encoder.h"

namespace everyml::parity {

/// One data set on which a peer has been run: examples/data/<file>, its target, and how it is divided.
struct Case {
  std::string name, file, target;
  bool classification = true;
  std::size_t folds = 5;
};
const std::vector<Case>& cases();

/// The table without rows that lack a target, its target, and the folds (made once from a fixed seed).
struct Prepared {
  Table table;
  std::vector<std::string> columns;
  Target target;
  Folds folds;
};
Prepared prepare(const Case& one, const std::string& root);

/// The features of one fold as the learner gets them. Both sides of the comparison use exactly these numbers.
struct Encoded {
  Dataset train, test;
};
Encoded encode(const Prepared& prepared, const Fold& fold, const Entry& entry);

/// The algorithms compared on a case, as (registry name, settings) pairs.
std::vector<std::pair<std::string, Trial>> algorithms(const Case& one);

/// Runs with different seeds whose mean is compared: one where nothing is left to chance.
int seeds(const Case& one, const std::string& algorithm);

}  // namespace everyml::parity
