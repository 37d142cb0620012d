#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "everyml/classical/trees/evaluator_row_impl.h"

namespace everyml::detail {
namespace {

constexpr std::size_t kLargestPlan = std::size_t{1} << 19;  ///< nodes: 8 MB
constexpr std::size_t kWalkers = 8;

using SlotOf = std::map<std::pair<std::int32_t, bool>, std::uint32_t>;

void plan_tree(const TreeParts& p, std::size_t t, SlotOf& slot_of, RowPlan& plan) {
  const std::size_t first = p.first_node[t];
  std::vector<std::pair<std::int32_t, std::size_t>> level{
      {p.first_node[t + 1] == first ? ~0 : 0, plan.nodes.size()}};
  std::vector<std::pair<std::int32_t, std::size_t>> next;
  plan.roots.push_back(static_cast<std::uint32_t>(plan.nodes.size()));
  plan.nodes.emplace_back();
  for (; !level.empty(); std::swap(level, next)) {
    next.clear();
    for (const auto& [child, place] : level) {
      if (child < 0) {
        plan.nodes[place] = {p.leaf_value[p.first_leaf[t] + static_cast<std::size_t>(~child)], 0,
                             static_cast<std::uint32_t>(place)};
        continue;
      }
      const std::size_t at = first + static_cast<std::size_t>(child), pair = plan.nodes.size();
      const bool missing_left = p.flags[at] & TreeParts::kMissingLeft;
      const auto [slot, added] =
          slot_of.try_emplace({p.feature[at], missing_left}, static_cast<std::uint32_t>(plan.slots.size()));
      if (added) plan.slots.push_back({p.feature[at], missing_left});
      plan.nodes[place] = {p.threshold[at], slot->second, static_cast<std::uint32_t>(pair)};
      plan.nodes.resize(pair + 2);
      next.push_back({p.left[at], pair});
      next.push_back({p.right[at], pair + 1});
    }
  }
}

}  // namespace

std::unique_ptr<const RowPlan> plan_rows(const TreeParts& p) {
  if (p.width != 1 || !p.linear_start.empty() || p.nodes() + p.leaves() > kLargestPlan) return nullptr;
  const auto category = [](std::uint8_t flags) { return (flags & TreeParts::kCategories) != 0; };
  if (std::any_of(p.flags.begin(), p.flags.end(), category)) return nullptr;
  auto plan = std::make_unique<RowPlan>();
  plan->slots.push_back({-1, false});
  SlotOf slot_of;
  for (std::size_t t = 0; t < p.trees(); ++t) plan_tree(p, t, slot_of, *plan);
  if (plan->slots.size() > kRowSlots) return nullptr;
  // The last group is filled up with the last tree, which is then not added.
  while (!plan->roots.empty() && plan->roots.size() % kWalkers != 0)
    plan->roots.push_back(plan->roots.back());
  return plan;
}

void add_planned_row(const TreeParts& parts, const RowPlan& plan, const double* row, double* out) noexcept {
  double values[kRowSlots];
  values[0] = -std::numeric_limits<double>::infinity();
  for (std::size_t s = 1; s < plan.slots.size(); ++s) {
    const double value = row[plan.slots[s].feature];
    values[s] = plan.slots[s].missing_left && value != value ? values[0] : value;
  }
  const RowPlan::Node* nodes = plan.nodes.data();
  const std::size_t trees = parts.trees();
  for (std::size_t t = 0; t < trees; t += kWalkers) {
    std::uint32_t at[kWalkers];
    std::copy_n(plan.roots.data() + t, kWalkers, at);
    for (std::uint32_t moved = 1; moved != 0;) {
      moved = 0;
      for (std::size_t j = 0; j < kWalkers; ++j) {
        const RowPlan::Node& above = nodes[at[j]];
        const std::uint32_t next = above.child + (values[above.slot] <= above.threshold ? 0 : 1);
        const RowPlan::Node& below = nodes[next];
        at[j] = below.child + (values[below.slot] <= below.threshold ? 0 : 1);
        moved |= at[j] ^ next;
      }
    }
    for (std::size_t j = 0; j < std::min(kWalkers, trees - t); ++j) {
      out[parts.tree_output[t + j]] += nodes[at[j]].threshold;
    }
  }
}

}  // namespace everyml::detail
