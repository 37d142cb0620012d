#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "everyml/ensembles/forest/grow_draw_impl.h"
#include "everyml/ensembles/forest/grow_impl.h"
#include "everyml/ensembles/forest/grow_stats_impl.h"

namespace everyml {

/// Where the codes of items lie: of feature f and item i at base(f)[i.row * stride].
template <class Code>
struct CodeView {
  const ForestCodes<Code>* columns = nullptr;
  const Code* tile = nullptr;  ///< row-major copy of some rows; null: the columns themselves
  std::size_t stride = 1;
  const std::uint32_t* origin = nullptr;  ///< row of the training set for each row of the tile

  const Code* base(std::size_t feature) const {
    return tile != nullptr ? tile + feature : columns->column(feature);
  }
};

/// A cut as it was found: rows whose code is in the set, or at most `code`, go left.
struct FoundCut {
  /// A cut of no gain is taken too when there is none better: what is below it may have some.
  double score = -1;
  std::size_t feature = SIZE_MAX;
  std::uint32_t code = 0, missing = CodeNode::kNone;
  bool missing_seen = false, category = false;
  std::vector<std::uint64_t> set;
  explicit operator bool() const { return feature != SIZE_MAX; }
};

/// Hangs a node or leaf under its parent; -1: there is none.
inline void link_child(std::int32_t parent, bool is_left, std::int32_t child, CodeTree& tree) {
  if (parent < 0) return;
  CodeNode& above = tree.nodes[static_cast<std::size_t>(parent)];
  (is_left ? above.left : above.right) = child;
}

/// Adds the node of a cut; `total` is the sum of its rows. Returns its number.
template <class Stats>
std::int32_t add_cut(std::int32_t parent, bool is_left, FoundCut& cut, const Stats& stats,
                     const typename Stats::Unit* total, CodeTree& tree) {
  CodeNode node;
  node.feature = static_cast<std::int32_t>(cut.feature);
  node.code = cut.code;
  node.missing = cut.missing;
  node.gain = static_cast<float>(std::max(0.0, stats.gain(cut.score, total)));
  node.cover = stats.weight(total);
  if (cut.category) {
    node.set = static_cast<std::int32_t>(tree.sets.size());
    tree.sets.push_back(std::move(cut.set));
  }
  const auto index = static_cast<std::int32_t>(tree.nodes.size());
  tree.nodes.push_back(node);
  link_child(parent, is_left, index, tree);
  return index;
}

/// The codes of a node's rows, side by side and class by class.
struct RecordView {
  const std::uint8_t* records;
  std::size_t stride;
  std::span<const std::uint32_t> counts;  ///< [classes]
  std::span<const std::uint32_t> weight;  ///< [classes]: of each row
};

/// Finds the best cut of nodes, one after the other. Holds the tables for it; one for each thread.
template <class Stats, class Code>
class CutFinder {
 public:
  using Item = typename Stats::Item;
  using Unit = typename Stats::Unit;
  static constexpr bool kPrepares = requires(Stats& s, std::span<const Item> items) { s.prepare(items); };
  static constexpr std::size_t kGroup = sizeof(Code) == 1 && !kPrepares ? 6 : 1;

  CutFinder(const ForestCodes<Code>& codes, const ForestRows& rows, const GrowRules& rules)
      : codes_(codes), rules_(rules), stats_(rows, rules.criterion), room_(codes.most_codes()), draw_(rules) {
    const std::size_t width = stats_.width();
    for (auto& table : tables_) table.assign(room_ * width, Unit{});
    for (auto& words : marks_) words.assign((room_ + 63) / 64, 0);
    cells_.resize(room_ * width);
    sorted_.resize(room_ * width);
    list_.resize(room_);
    start_.assign(width, Unit{});
    total_.assign(width, Unit{});
  }

  const Stats& stats() const { return stats_; }
  /// Sums of the items, valid until the next call.
  const Unit* total(std::span<const Item> items) {
    std::fill(total_.begin(), total_.end(), Unit{});
    for (const Item& item : items) stats_.add(total_.data(), item);
    return total_.data();
  }

  /// The best cut of the items, whose total was just taken. Moves features found constant to the front.
  FoundCut find(std::span<const Item> items, const CodeView<Code>& view, FeatureOrder& features,
                std::size_t& constants, Stream& stream);
  /// Tries one feature, not constant, of records.
  void try_records(std::size_t feature, const RecordView& view, double where, FoundCut& best, Stream& stream);

 private:
  template <std::size_t G>
  void fill(std::span<const Item> items, const CodeView<Code>& view, const std::uint32_t* picks, bool marks);
  void fill_group(std::size_t group, std::span<const Item> items, const CodeView<Code>& view,
                  const std::uint32_t* picks, bool marks);
  /// Lists the cells of a table in code order and clears it.
  std::size_t list_cells(std::size_t table, std::size_t codes, bool marks);
  /// Tries the cells listed, at least two. `where` is of no use but for random cuts.
  void try_feature(std::size_t feature, std::size_t count, double where, FoundCut& best, Stream& stream);
  void try_numbers(std::size_t feature, std::size_t count, double where, FoundCut& best);
  void try_categories(std::size_t feature, std::size_t count, FoundCut& best, Stream& stream);
  void take_numbers(std::size_t feature, std::size_t count, const ForestBestCut& cut, bool missing_left,
                    FoundCut& best);

  const ForestCodes<Code>& codes_;
  const GrowRules& rules_;
  Stats stats_;
  std::size_t room_;
  std::array<std::vector<Unit>, kGroup> tables_;
  std::array<std::vector<std::uint64_t>, kGroup> marks_;
  std::vector<Unit> cells_, sorted_, start_, total_;
  std::vector<std::uint32_t> list_;
  std::vector<std::uint32_t> by_key_;
  std::vector<double> keys_;
  FeatureDraw draw_;
};

template <class Stats, class Code>
FoundCut CutFinder<Stats, Code>::find(std::span<const Item> items, const CodeView<Code>& view,
                                      FeatureOrder& features, std::size_t& constants, Stream& stream) {
  FoundCut best;
  if constexpr (kPrepares) stats_.prepare(items);
  bool any = false;
  draw_.begin(features, constants);
  const std::size_t most = rules_.random_cuts ? FeatureDraw::kMost : kGroup;
  while (const std::size_t drawn = draw_.next(most, any, stream)) {
    for (std::size_t first = 0; first < drawn; first += kGroup) {
      const std::size_t group = std::min(kGroup, drawn - first);
      const std::uint32_t* picks = draw_.picks.data() + first;
      const bool marks = items.size() * 2 < room_;
      fill_group(group, items, view, picks, marks);
      for (std::size_t g = 0; g < group; ++g) {
        const std::size_t count = list_cells(g, codes_.bins(picks[g]).bins + 1, marks);
        if (count < 2) {
          draw_.constant(first + g);
          continue;
        }
        any = true;
        try_feature(picks[g], count, draw_.where[first + g], best, stream);
      }
    }
  }
  draw_.finish();
  return best;
}

template <class Stats, class Code>
void CutFinder<Stats, Code>::try_feature(std::size_t feature, std::size_t count, double where, FoundCut& best,
                                         Stream& stream) {
  if (codes_.bins(feature).category) {
    try_categories(feature, count, best, stream);
  } else {
    try_numbers(feature, count, where, best);
  }
}

template <class Stats, class Code>
void CutFinder<Stats, Code>::try_records(std::size_t feature, const RecordView& view, double where,
                                         FoundCut& best, Stream& stream) {
  const std::size_t width = stats_.width();
  std::fill(total_.begin(), total_.end(), Unit{});
  const std::uint8_t* at = view.records + feature;
  for (std::size_t k = 0; k < view.counts.size(); ++k) {
    stats_.add_class(total_.data(), k, std::uint64_t{view.counts[k]} * view.weight[k]);
    for (std::uint32_t i = 0; i < view.counts[k]; ++i, at += view.stride) {
      stats_.add_class(tables_[0].data() + *at * width, k, view.weight[k]);
      marks_[0][*at / 64] |= std::uint64_t{1} << (*at % 64);
    }
  }
  const std::size_t count = list_cells(0, codes_.bins(feature).bins + 1, true);
  try_feature(feature, count, where, best, stream);
}

template <class Stats, class Code>
template <std::size_t G>
void CutFinder<Stats, Code>::fill(std::span<const Item> items, const CodeView<Code>& view,
                                  const std::uint32_t* picks, bool marks) {
  std::array<const Code*, G> base;
  std::array<Unit*, G> table;
  std::array<std::uint64_t*, G> words;
  for (std::size_t g = 0; g < G; ++g) {
    base[g] = view.base(picks[g]);
    table[g] = tables_[g].data();
    words[g] = marks_[g].data();
  }
  const std::size_t stride = view.stride, width = stats_.width();
  if (marks) {
    for (const Item& item : items) {
      const std::size_t at = item.row * stride;
      for (std::size_t g = 0; g < G; ++g) {
        const std::size_t code = base[g][at];
        stats_.add(table[g] + code * width, item);
        words[g][code / 64] |= std::uint64_t{1} << (code % 64);
      }
    }
    return;
  }
  for (const Item& item : items) {
    const std::size_t at = item.row * stride;
    for (std::size_t g = 0; g < G; ++g) stats_.add(table[g] + base[g][at] * width, item);
  }
}

template <class Stats, class Code>
void CutFinder<Stats, Code>::fill_group(std::size_t group, std::span<const Item> items,
                                        const CodeView<Code>& view, const std::uint32_t* picks, bool marks) {
  if constexpr (kGroup == 1) {
    fill<1>(items, view, picks, marks);
  } else {
    switch (group) {
      case 1:
        return fill<1>(items, view, picks, marks);
      case 2:
        return fill<2>(items, view, picks, marks);
      case 3:
        return fill<3>(items, view, picks, marks);
      case 4:
        return fill<4>(items, view, picks, marks);
      case 5:
        return fill<5>(items, view, picks, marks);
      default:
        return fill<6>(items, view, picks, marks);
    }
  }
}

template <class Stats, class Code>
std::size_t CutFinder<Stats, Code>::list_cells(std::size_t table, std::size_t codes, bool marks) {
  const std::size_t width = stats_.width();
  Unit* from = tables_[table].data();
  std::size_t count = 0;
  const auto take = [&](std::size_t code) {
    list_[count] = static_cast<std::uint32_t>(code);
    for (std::size_t k = 0; k < width; ++k) {
      cells_[count * width + k] = from[code * width + k];
      from[code * width + k] = Unit{};
    }
    ++count;
  };
  if (marks) {
    std::uint64_t* words = marks_[table].data();
    for (std::size_t w = 0; w * 64 < codes; ++w) {
      for (std::uint64_t bits = words[w]; bits != 0; bits &= bits - 1) {
        take(w * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
      }
      words[w] = 0;
    }
    return count;
  }
  for (std::size_t code = 0; code < codes; ++code) {
    if (!stats_.empty(from + code * width)) take(code);
  }
  return count;
}

/// Lists are scanned with what is missing on the right, and once more with it on the left.
template <class Stats, class Code>
void CutFinder<Stats, Code>::try_numbers(std::size_t feature, std::size_t count, double where,
                                         FoundCut& best) {
  const FeatureBins& bins = codes_.bins(feature);
  const std::size_t width = stats_.width();
  const bool missing = list_[count - 1] == bins.bins;
  const std::size_t numbers = count - (missing ? 1 : 0);
  ForestBestCut cut{best.score, SIZE_MAX};
  bool missing_left = false;
  std::fill(start_.begin(), start_.end(), Unit{});
  const auto scan = [&](std::size_t first, std::size_t last) {
    const std::size_t before = cut.at;
    cut.at = SIZE_MAX;
    stats_.scan(cells_.data() + first * width, last - first, start_.data(), total_.data(), rules_.least_leaf,
                cut);
    const bool better = cut.at != SIZE_MAX;
    cut.at = better ? cut.at + first : before;
    return better;
  };
  std::uint32_t code = CodeNode::kNone;
  if (rules_.random_cuts) {
    std::size_t place = 0;
    if (numbers > 1) {
      code = random_code(bins, list_[0], list_[numbers - 1], where);
      while (list_[place + 1] <= code) stats_.join(start_.data(), cells_.data() + place++ * width);
    }
    scan(place, place + 1);
    if (missing && numbers > 1) {
      stats_.join(start_.data(), cells_.data() + numbers * width);
      if (scan(place, place + 1)) missing_left = true;
    }
  } else {
    scan(0, missing ? numbers : numbers - 1);
    if (missing) {
      stats_.join(start_.data(), cells_.data() + numbers * width);
      if (scan(0, numbers - 1)) missing_left = true;
    }
  }
  if (cut.at == SIZE_MAX) return;
  take_numbers(feature, numbers, cut, missing_left, best);
  if (code != CodeNode::kNone) best.code = code;
  best.missing_seen = missing;
}

template <class Stats, class Code>
void CutFinder<Stats, Code>::take_numbers(std::size_t feature, std::size_t count, const ForestBestCut& cut,
                                          bool missing_left, FoundCut& best) {
  const FeatureBins& bins = codes_.bins(feature);
  best.score = cut.score;
  best.feature = feature;
  best.category = false;
  best.missing = missing_left ? bins.bins : CodeNode::kNone;
  const std::uint32_t low = list_[cut.at];
  if (cut.at + 1 == count) {  // only what is missing goes right
    best.code = bins.bins - 1;
    return;
  }
  // Any edge between the two values cuts these rows alike; the middle one serves rows to come best.
  const std::uint32_t high = list_[cut.at + 1];
  const double* edges = bins.threshold.data();
  const double middle = edges[low] / 2 + edges[high - 1] / 2;
  const double* at = std::lower_bound(edges + low, edges + high - 1, middle);
  if (at > edges + low && middle - at[-1] < at[0] - middle) --at;
  best.code = static_cast<std::uint32_t>(at - edges);
}

template <class Stats, class Code>
void CutFinder<Stats, Code>::try_categories(std::size_t feature, std::size_t count, FoundCut& best,
                                            Stream& stream) {
  const std::size_t width = stats_.width(), orders = rules_.random_cuts ? 1 : stats_.orders(total_.data());
  keys_.resize(count);
  by_key_.resize(count);
  for (std::size_t order = 0; order < orders; ++order) {
    for (std::size_t i = 0; i < count; ++i) {
      by_key_[i] = static_cast<std::uint32_t>(i);
      keys_[i] = rules_.random_cuts ? stream.uniform()
                                    : stats_.key(cells_.data() + i * width, orders == 1 ? 1 : order);
    }
    std::stable_sort(by_key_.begin(), by_key_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return keys_[a] < keys_[b]; });
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(cells_.data() + by_key_[i] * width, width, sorted_.data() + i * width);
    }
    std::fill(start_.begin(), start_.end(), Unit{});
    ForestBestCut cut{best.score, SIZE_MAX};
    std::size_t place = 0;
    if (rules_.random_cuts) {
      place = draw_below(stream, static_cast<std::uint32_t>(count - 1));
      for (std::size_t i = 0; i < place; ++i) stats_.join(start_.data(), sorted_.data() + i * width);
    }
    stats_.scan(sorted_.data() + place * width, rules_.random_cuts ? 1 : count - 1, start_.data(),
                total_.data(), rules_.least_leaf, cut);
    if (cut.at == SIZE_MAX) continue;
    best.score = cut.score;
    best.feature = feature;
    best.category = true;
    best.code = 0;
    best.missing = CodeNode::kNone;
    best.missing_seen = list_[count - 1] == codes_.bins(feature).bins;
    best.set.assign((codes_.bins(feature).bins + 64) / 64, 0);
    for (std::size_t i = 0; i <= cut.at + place; ++i) {
      const std::uint32_t code = list_[by_key_[i]];
      best.set[code / 64] |= std::uint64_t{1} << (code % 64);
    }
  }
}

}  // namespace everyml
