#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "everyml/classical/trees/c45_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::c45 {
namespace {

/// Gains within this of the average are average.
constexpr double kSlack = 1e-3;
constexpr double kNothing = 1e-6;
constexpr std::size_t kLargeNode = 4096;
constexpr std::size_t kFeaturesAtATime = 2;
/// No way down asks more questions than this, so that walking the tree needs little room.
constexpr int kDeepest = 1000;

double xlog2x(double x) { return x > 0 ? x * std::log2(x) : 0; }

struct Candidate {
  bool valid = false;
  double gain = 0, ratio = 0;
  std::uint32_t cut = 0, above = 0;
  bool many_levels = false;
  std::vector<std::int32_t> branch;
  std::size_t branches = 0;
};

/// The node's rows seen by one feature.
class Trial {
 public:
  Trial(const Table& table, const C45& settings, const Parts& parts, double whole, const Context& context)
      : table_(table), settings_(settings), parts_(parts), whole_(whole), context_(context) {}

  Candidate on(std::size_t feature) {
    return table_.rows->levels[feature] > 0 ? on_category(feature) : on_number(feature);
  }

 private:
  const std::uint16_t& code(std::uint32_t row) const { return table_.rows->code[row]; }

  Candidate on_category(std::size_t feature) {
    const std::size_t levels = table_.values[feature].size(), classes = table_.classes;
    Candidate out;
    counts_.assign(levels * classes, 0);
    known_.assign(classes, 0);
    branches_.assign(levels, 0);
    for (const Part& part : parts_) {
      const std::uint32_t level = table_.rank[feature][part.row];
      if (level == Table::kMissing) continue;
      counts_[level * classes + code(part.row)] += part.weight;
      known_[code(part.row)] += part.weight;
      branches_[level] += part.weight;
    }
    if (settings_.group_levels) {
      LevelGroups groups = group_levels(counts_, classes, whole_, settings_.min_leaf, context_);
      out.branches = groups.groups();
      out.branch = std::move(groups.branch);
      counts_ = std::move(groups.counts);
      branches_ = std::move(groups.weight);
    }
    const auto large = std::count_if(branches_.begin(), branches_.end(),
                                     [&](double b) { return b > 0 && b >= settings_.min_leaf; });
    if (large < 2) return out;
    double after = 0;
    for (std::size_t level = 0; level < branches_.size(); ++level)
      after += bits(std::span(counts_).subspan(level * classes, classes));
    out.gain = gain_of(whole_, sum_of(known_), bits(known_), after);
    out.ratio = ratio_of(whole_, out.gain, branches_);
    out.valid = true;
    out.many_levels =
        static_cast<double>(table_.rows->levels[feature]) >= 0.3 * static_cast<double>(table_.rows->rows);
    return out;
  }

  Candidate on_number(std::size_t feature) {
    const std::size_t classes = table_.classes;
    Candidate out;
    keys_.clear();
    known_.assign(classes, 0);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const std::uint32_t rank = table_.rank[feature][parts_[i].row];
      if (rank == Table::kMissing) continue;
      keys_.push_back((static_cast<std::uint64_t>(rank) << 32) | i);
      known_[code(parts_[i].row)] += parts_[i].weight;
    }
    const double known = sum_of(known_);
    double least = 0.1 * known / static_cast<double>(classes);
    if (least <= settings_.min_leaf)
      least = settings_.min_leaf;
    else if (least > 25)
      least = 25;
    if (keys_.size() < 2 || known < 2 * least) return out;
    std::sort(keys_.begin(), keys_.end());
    scan(known, least, out);
    if (tried_ == 0) return out;
    if (settings_.correct_thresholds) out.gain -= std::log2(static_cast<double>(tried_)) / whole_;
    if (out.gain <= kNothing) return out;
    out.ratio = ratio_of(whole_, out.gain, branches_);
    out.valid = true;
    return out;
  }

  /// The threshold of the largest gain; of equal ones the first.
  void scan(double known, double least, Candidate& out) {
    const std::size_t classes = table_.classes;
    const double before = bits(known_);
    counts_.assign(2 * classes, 0);
    std::copy(known_.begin(), known_.end(), counts_.begin() + static_cast<std::ptrdiff_t>(classes));
    double left = 0, left_sum = 0, right_sum = 0;
    for (const double c : known_) right_sum += xlog2x(c);
    tried_ = 0;
    double best = 0;
    branches_.assign(2, 0);
    for (std::size_t i = 0; i + 1 < keys_.size(); ++i) {
      const Part& part = parts_[keys_[i] & 0xFFFFFFFF];
      double& l = counts_[code(part.row)];
      double& r = counts_[classes + code(part.row)];
      left_sum -= xlog2x(l);
      right_sum -= xlog2x(r);
      l += part.weight;
      r = std::max(r - part.weight, 0.0);
      left_sum += xlog2x(l);
      right_sum += xlog2x(r);
      left += part.weight;
      if ((keys_[i] >> 32) == (keys_[i + 1] >> 32)) continue;
      const double right = known - left;
      if (left < least - kNothing || right < least - kNothing) continue;
      ++tried_;
      const double after = (xlog2x(left) - left_sum) + (xlog2x(right) - right_sum);
      const double gain = gain_of(whole_, known, before, after);
      if (gain <= best + 1e-10) continue;
      best = gain;
      out.cut = static_cast<std::uint32_t>(keys_[i] >> 32);
      out.above = static_cast<std::uint32_t>(keys_[i + 1] >> 32);
      branches_ = {left, right};
    }
    out.gain = best;
  }

  const Table& table_;
  const C45& settings_;
  const Parts& parts_;
  double whole_;
  const Context& context_;
  std::size_t tried_ = 0;
  std::vector<double> counts_, known_, branches_;
  std::vector<std::uint64_t> keys_;
};

/// The feature of the best gain ratio among those of at least average gain; -1: none.
std::int32_t choose(const Table& table, const C45& settings, const Parts& parts, double whole,
                    Candidate& chosen, const Context& context) {
  const std::size_t columns = table.rows->columns;
  std::vector<Candidate> candidates(columns);
  const auto run = [&](std::size_t begin, std::size_t end) {
    Trial trial(table, settings, parts, whole, context);
    for (std::size_t f = begin; f < end; ++f) candidates[f] = trial.on(f);
  };
  if (parts.size() > kLargeNode)
    parallel_for(context, columns, kFeaturesAtATime, run);
  else
    run(0, columns);
  // Categories with nearly as many levels as rows would lift the average beyond what others reach.
  const bool only_many = std::all_of(candidates.begin(), candidates.end(),
                                     [](const Candidate& c) { return !c.valid || c.many_levels; });
  double sum = 0;
  std::size_t counted = 0;
  for (const Candidate& c : candidates) {
    if (!c.valid || (c.many_levels && !only_many)) continue;
    sum += c.gain;
    ++counted;
  }
  if (counted == 0) return -1;
  const double average = sum / static_cast<double>(counted);
  std::int32_t best = -1;
  double best_ratio = 0;
  for (std::size_t f = 0; f < columns; ++f) {
    const Candidate& c = candidates[f];
    if (!c.valid || c.gain < average - kSlack || c.ratio <= best_ratio + 1e-10) continue;
    best_ratio = c.ratio;
    best = static_cast<std::int32_t>(f);
  }
  if (best >= 0) chosen = candidates[static_cast<std::size_t>(best)];
  return best;
}

}  // namespace

double bits(std::span<const double> counts) {
  double out = xlog2x(sum_of(counts));
  for (const double c : counts) out -= xlog2x(c);
  return out;
}

double gain_of(double whole, double known, double before, double after) {
  const double saved = (before - after) * (known / whole);
  return saved > kNothing ? saved / known : 0;
}

double ratio_of(double whole, double gain, std::span<const double> branches) {
  double split = xlog2x(whole);
  for (const double b : branches) split -= xlog2x(b);
  split -= xlog2x(std::max(whole - sum_of(branches), 0.0));
  split /= whole;
  return split > kNothing ? gain / split : 0;
}

std::vector<double> class_counts(const Table& table, const Parts& parts) {
  std::vector<double> counts(table.classes);
  for (const Part& part : parts) counts[table.rows->code[part.row]] += part.weight;
  return counts;
}

std::vector<Parts> divide(const Table& table, const Node& node, const Parts& parts) {
  const auto& rank = table.rank[static_cast<std::size_t>(node.feature)];
  const std::size_t branches = node.branches;
  const auto branch_of = [&](const Part& part) -> std::int32_t {
    const std::uint32_t at = rank[part.row];
    if (at == Table::kMissing) return -1;
    return node.category ? node.branch[at] : at <= node.cut ? 0 : 1;
  };
  std::vector<Parts> out(branches);
  std::vector<double> weight(branches);
  double known = 0;
  for (const Part& part : parts) {
    const std::int32_t to = branch_of(part);
    if (to < 0) continue;
    const auto branch = static_cast<std::size_t>(to);
    out[branch].push_back(part);
    weight[branch] += part.weight;
    known += part.weight;
  }
  if (known == 0) {
    std::fill(weight.begin(), weight.end(), 1.0);
    known = static_cast<double>(branches);
  }
  for (const Part& part : parts) {
    if (branch_of(part) >= 0) continue;
    for (std::size_t b = 0; b < branches; ++b) {
      const double share = part.weight * (weight[b] / known);
      if (share > 0) out[b].push_back({part.row, share});
    }
  }
  return out;
}

std::unique_ptr<Node> grow(const Table& table, const C45& settings, Parts parts, const Context& context) {
  struct Pending {
    Node* node;
    Parts parts;
    int depth;
  };
  auto root = std::make_unique<Node>();
  std::vector<Pending> stack;
  stack.push_back({root.get(), std::move(parts), 0});
  while (!stack.empty()) {
    context.check();
    const Pending pending = std::move(stack.back());
    stack.pop_back();
    Node& node = *pending.node;
    node.counts = class_counts(table, pending.parts);
    const double whole = sum_of(node.counts),
                 largest = *std::max_element(node.counts.begin(), node.counts.end());
    if (pending.depth >= kDeepest || !(whole > 0) || whole < 2 * settings.min_leaf ||
        whole - largest <= kNothing)
      continue;
    Candidate chosen;
    node.feature = choose(table, settings, pending.parts, whole, chosen, context);
    if (node.feature < 0) continue;
    node.category = table.rows->levels[static_cast<std::size_t>(node.feature)] > 0;
    node.cut = chosen.cut;
    node.above = chosen.above;
    node.branches = node.category ? table.values[static_cast<std::size_t>(node.feature)].size() : 2;
    if (node.category && settings.group_levels) {
      node.branches = chosen.branches;
      node.branch = std::move(chosen.branch);
    } else if (node.category) {
      node.branch.resize(node.branches);
      std::iota(node.branch.begin(), node.branch.end(), 0);
    }
    std::vector<Parts> below = divide(table, node, pending.parts);
    for (std::size_t b = 0; b < below.size(); ++b) node.children.push_back(std::make_unique<Node>());
    for (std::size_t b = below.size(); b-- > 0;)
      stack.push_back({node.children[b].get(), std::move(below[b]), pending.depth + 1});
  }
  return root;
}

}  // namespace everyml::c45
