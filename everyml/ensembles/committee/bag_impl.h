#pragma once

#include <string>
#include <string_view>

#include "everyml/ensembles/committee/bagging.h"
#include "everyml/ensembles/committee/member_impl.h"

namespace everyml {

Bag fill_bag(std::string_view committee, const std::string& learner, const BaggingSettings& settings,
             const Dataset& data, const Context& context);
/// out: the mean of the members' answers.
void answer_bag(const Bag& bag, const Features& x, std::span<double> out, const Context& context);
/// Sums per row; 0: some member has no contributions.
std::size_t bag_contribution_count(const Bag& bag);
void bag_contributions(const Bag& bag, const Features& x, std::span<double> out, const Context& context);
Json bag_summary(const Bag& bag);
void save_bag(const Bag& bag, ArchiveWriter& archive);
Bag load_bag(const ArchiveReader& archive, Target::Kind target);

}  // namespace everyml
