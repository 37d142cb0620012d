#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/model/registry.h"

namespace everyml {

/// A member of a committee as it is typed: the name of a learner and settings besides, parted by blanks:
///   ridge
///   knn-regressor neighbors=9 weights=distance
/// A list as value is parted by semicolons: "ridge alphas=0.1;1;10". The settings are those of the learner;
/// committees cannot be members.
/// Throws ParameterError "parameter.member" for a text without a name, a part without "=", a setting given
/// twice and a learner of another target; "parameter.algorithm" for an unknown name, with a did-you-mean; and
/// what the learner's settings throw. Every sentence begins with `committee`. Thread-safe.
AnyEstimator parse_member(std::string_view committee, std::string_view text, Target::Kind target);
/// All of them, in order. Throws "parameter.member" for an empty list besides.
std::vector<AnyEstimator> parse_members(std::string_view committee, const std::vector<std::string>& texts,
                                        Target::Kind target);

}  // namespace everyml
