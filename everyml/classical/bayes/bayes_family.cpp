#include "everyml/classical/bayes/bayes_family.h"

#include "everyml/classical/bayes/naive_bayes.h"
#include "everyml/foundation/model/entry.h"

namespace everyml {

std::vector<Entry> bayes_family() { return {entry<NaiveBayes>()}; }

}  // namespace everyml
