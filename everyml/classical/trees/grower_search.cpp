#include <algorithm>
#include <cmath>

#include "everyml/classical/trees/grower_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::grower_detail {
namespace {

/// Part of the node's own score below which a gain is the rounding of doubles.
constexpr double kRounding = 1e-10;
/// Columns whose splits are looked for as one piece of work.
constexpr std::size_t kColumnsAtOnce = 16;
/// Columns of two codes that are searched as one.
constexpr std::uint32_t kMostFlags = 1024;

}  // namespace

/// True when the hessians alone show that both sides have rows enough.
bool TreeJob::certain(const OpenLeaf& leaf, const FeatureSplit& split) const {
  if (settings_.min_rows <= 1 && input_.weights.empty()) return true;
  const std::uint64_t least = std::min(word_hessian(split.left), word_hessian(leaf.total - split.left));
  return static_cast<double>(least) >= rules_.certain_side();
}

bool TreeJob::is_flag(std::uint32_t feature) const {
  const BinnedFeatures::Place place = binned_.place(feature);
  const FeatureBins& bins = binned_.bins(feature);
  return place.shared() && place.zero == 0 && bins.bins == 2 && !bins.has_missing;
}

std::vector<Slot> TreeJob::slots_of(std::span<const std::uint32_t> columns) const {
  std::vector<Slot> slots;
  slots.reserve(std::min<std::size_t>(columns.size(), 4096));
  bool flag = false;
  for (std::uint32_t k = 0; k < columns.size(); ++k) {
    const bool before = flag;
    flag = is_flag(columns[k]);
    if (flag && before && slots.back().count < kMostFlags &&
        tiles_.cell_of(columns[k]) == tiles_.cell_of(columns[k - 1]) + 1) {
      ++slots.back().count;
    } else {
      slots.push_back({k, 1});
    }
  }
  return slots;
}

const std::uint64_t* TreeJob::whole_cells(const std::uint64_t* histogram, std::uint64_t total,
                                          std::uint32_t feature, std::vector<std::uint64_t>& scratch) const {
  const std::uint64_t* cells = histogram + tiles_.cell_of(feature);
  const BinnedFeatures::Place place = binned_.place(feature);
  if (!place.shared()) return cells;
  const FeatureBins& bins = binned_.bins(feature);
  scratch.assign(bins.bins + 1, 0);
  std::uint64_t rest = total;
  for (std::uint32_t k = 0; k + 1 < bins.codes(); ++k) {
    scratch[k + (k >= place.zero ? 1 : 0)] = cells[k];
    rest -= cells[k];
  }
  scratch[place.zero] = rest;
  return scratch.data();
}

/// The best split of the columns of a slot but for `without`, ascending; of equal ones that of the first.
Candidate TreeJob::search_slot(const OpenLeaf& leaf, std::span<const std::uint32_t> columns,
                               std::span<const std::uint32_t> without) const {
  thread_local std::vector<std::uint64_t> scratch;
  Candidate best;
  const auto take = [&](std::uint32_t feature, FeatureSplit split) {
    if (split.score > best.split.score) best = {feature, std::move(split)};
  };
  auto out = std::lower_bound(without.begin(), without.end(), columns.front());
  const SplitRules rules = rules_for(leaf, columns[0]);
  for (std::size_t k = 0; k < columns.size();) {
    while (out != without.end() && *out < columns[k]) ++out;
    std::size_t end = columns.size();
    if (out != without.end() && *out <= columns.back())
      end = static_cast<std::size_t>(
          std::lower_bound(columns.begin() + static_cast<std::ptrdiff_t>(k), columns.end(), *out) -
          columns.begin());
    const std::size_t next = end < columns.size() && columns[end] == *out ? end + 1 : end;
    if (end - k > 1 && settings_.monotone.empty() && !rules.bounded()) {
      std::size_t at = 0;
      FeatureSplit split = best_flag_split(pool_.at(leaf.histogram).data() + tiles_.cell_of(columns[k]),
                                           end - k, leaf.total, rules, at);
      if (split.found()) take(columns[k + at], std::move(split));
    } else {
      for (std::size_t i = k; i < end; ++i)
        take(columns[i], best_split(cells_of(leaf, columns[i], scratch), binned_.bins(columns[i]), leaf.total,
                                    nullptr, rules_for(leaf, columns[i])));
    }
    k = next;
  }
  return best;
}

/// The rows of a leaf by code of every column, in place.counts.
void TreeJob::count_rows(const OpenLeaf& leaf, Workplace& place, const Context& context) {
  if (place.counts.empty()) place.counts = Buffer<std::uint64_t>::uninitialized(tiles_.cells());
  const std::span<std::uint64_t> ones = scratch_.spare_words.span().subspan(leaf.begin, leaf.rows());
  std::fill(ones.begin(), ones.end(), std::uint64_t{1});
  builder_.build(scratch_.rows.data() + leaf.begin, leaf.rows(), leaf.rows() == binned_.rows(), ones,
                 used_tiles_, place.counts, context);
}

/// As search_slot, of splits whose sides hold min_rows, by what count_rows found.
Candidate TreeJob::search_counted(const OpenLeaf& leaf, std::span<const std::uint32_t> columns,
                                  const Workplace& place) const {
  Candidate best;
  if (columns.size() > 1 && settings_.monotone.empty()) {
    const SplitRules rules = rules_for(leaf, columns[0]);
    if (!rules.bounded()) {
      const std::size_t first = tiles_.cell_of(columns[0]);
      const std::uint64_t* cells = pool_.at(leaf.histogram).data() + first;
      std::vector<std::uint64_t> allowed(columns.size(), 0);  // no side may be without hessians
      for (std::size_t k = 0; k < columns.size(); ++k) {
        const std::uint64_t count = place.counts[first + k];
        if (static_cast<double>(std::min<std::uint64_t>(count, leaf.rows() - count)) >= rules.min_rows)
          allowed[k] = cells[k];
      }
      std::size_t at = 0;
      FeatureSplit split = best_flag_split(allowed.data(), allowed.size(), leaf.total, rules, at);
      if (split.found()) best = {columns[at], std::move(split)};
      return best;
    }
  }
  std::vector<std::uint64_t> scratch, count_scratch;
  for (const std::uint32_t column : columns) {
    const FeatureBins& bins = binned_.bins(column);
    const std::uint64_t* whole = whole_cells(place.counts.data(), leaf.rows(), column, count_scratch);
    const std::vector<double> counts(whole, whole + bins.bins + 1);
    FeatureSplit split =
        best_split(cells_of(leaf, column, scratch), bins, leaf.total, counts.data(), rules_for(leaf, column));
    if (split.score > best.split.score) best = {column, std::move(split)};
  }
  return best;
}

/// The best of the columns' splits whose sides hold min_rows, counted where the hessians leave a doubt.
void TreeJob::settle(OpenLeaf& leaf, std::span<const std::uint32_t> columns, std::span<const Slot> slots,
                     std::vector<Candidate>& found, Workplace& place, const Context& context) {
  // Counting one column after the other costs as much as counting all when it was done for about this many.
  const std::size_t most_counted = std::max<std::size_t>(8, tiles_.additions() / 8);
  std::vector<std::uint32_t> counted, without;
  bool all_counted = false;
  std::vector<double> counts;
  std::vector<std::uint64_t> scratch;
  for (;;) {
    std::size_t best = found.size();
    for (std::size_t k = 0; k < found.size(); ++k) {
      if (!found[k].split.found()) continue;
      if (best == found.size() || found[k].split.score > found[best].split.score ||
          (found[k].split.score == found[best].split.score && found[k].feature < found[best].feature))
        best = k;
    }
    if (best == found.size()) return;
    const std::uint32_t feature = found[best].feature;
    const bool sure = all_counted || std::find(counted.begin(), counted.end(), feature) != counted.end() ||
                      certain(leaf, found[best].split);
    if (sure) {
      const double here = rules_for(leaf, feature).score(leaf.total);
      const double gain = 0.5 * (found[best].split.score - here);
      if (!(gain > settings_.min_gain && gain > kRounding * std::abs(here))) return;
      leaf.gain = gain;
      leaf.feature = feature;
      leaf.split = std::move(found[best].split);
      return;
    }
    if (counted.size() >= most_counted && input_.weights.empty()) {
      count_rows(leaf, place, context);
      found.resize(slots.size());
      parallel_for(context, slots.size(), kColumnsAtOnce, [&](std::size_t begin, std::size_t end) {
        for (std::size_t k = begin; k < end; ++k)
          if (slots[k].count > 1 || found[k].split.found())
            found[k] = search_counted(leaf, columns.subspan(slots[k].first, slots[k].count), place);
      });
      all_counted = true;
      continue;
    }
    counted.push_back(feature);
    count_codes(binned_, feature, rows_of(leaf), input_.weights, counts);
    Candidate sized{feature, best_split(cells_of(leaf, feature, scratch), binned_.bins(feature), leaf.total,
                                        counts.data(), rules_for(leaf, feature))};
    if (slots[best].count == 1) {
      found[best] = std::move(sized);
      continue;
    }
    const auto insert = [feature](std::vector<std::uint32_t>& into) {
      into.insert(std::lower_bound(into.begin(), into.end(), feature), feature);
    };
    if (without.empty()) without = leaf.too_rare;
    insert(without);
    if (!sized.split.found()) insert(leaf.too_rare);
    found.push_back(std::move(sized));  // counted, so it is never asked for its slot
    found[best] = search_slot(leaf, columns.subspan(slots[best].first, slots[best].count), without);
  }
}

void TreeJob::search(std::span<OpenLeaf* const> leaves, Workplace& place, const Context& context) {
  struct Search {
    std::vector<std::uint32_t> own;
    std::span<const std::uint32_t> columns;
    std::vector<Slot> own_slots;
    std::span<const Slot> slots;
    std::vector<Candidate> found;
    std::size_t start = 0;
  };
  std::vector<Search> searches(leaves.size());
  std::size_t all = 0;
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    Search& one = searches[k];
    one.columns = columns_.for_node(*leaves[k], one.own);
    if (one.columns.data() != columns_.of_tree().data()) one.own_slots = slots_of(one.columns);
    one.slots = one.columns.data() == columns_.of_tree().data() ? std::span<const Slot>(slots_)
                                                                : std::span<const Slot>(one.own_slots);
    one.found.resize(one.slots.size());
    one.start = all;
    all += one.slots.size();
  }
  parallel_for(context, all, kColumnsAtOnce, [&](std::size_t begin, std::size_t end) {
    std::size_t k = 0;
    for (std::size_t i = begin; i < end; ++i) {
      while (k + 1 < searches.size() && i >= searches[k + 1].start) ++k;
      Search& one = searches[k];
      const Slot slot = one.slots[i - one.start];
      one.found[i - one.start] =
          search_slot(*leaves[k], one.columns.subspan(slot.first, slot.count), leaves[k]->too_rare);
    }
  });
  for (std::size_t k = 0; k < leaves.size(); ++k)
    settle(*leaves[k], searches[k].columns, searches[k].slots, searches[k].found, place, context);
}

}  // namespace everyml::grower_detail
