#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/select/fit_one.h"

namespace everyml {

/// A target of several that are learned together.
struct NamedTarget {
  std::string name;
  Target target;
};

/// Whether the algorithm of that name learns several targets together.
bool learns_targets(std::string_view algorithm);

/// One algorithm with its settings on all rows and several targets at once, two or more of one kind; what
/// fit_one and its like are for one target. Each throws DataError "data.targets" for an algorithm that learns
/// one at a time, and what the encoder and the algorithm throw.
///
/// From features that come as numbers, one name per column.
Artifact fit_targets(const AnyEstimator& estimator, const Features& x, std::span<const std::string> names,
                     const std::vector<NamedTarget>& targets, std::vector<double> weights,
                     const Context& context);
/// From the columns of a table. Categories of many levels are hashed and not coded by a target, as there are
/// several.
Artifact fit_targets(const AnyEstimator& estimator, const Table& table, std::span<const std::string> columns,
                     const std::vector<NamedTarget>& targets, std::vector<double> weights,
                     const Context& context);
/// From a table that holds the targets' columns `names`; options.target is passed over. Rows in which one of
/// them is missing are left out. Throws besides as fit_one does.
Artifact fit_targets(const Table& table, const FitOptions& options, const std::vector<std::string>& names,
                     const Context& context);

}  // namespace everyml
