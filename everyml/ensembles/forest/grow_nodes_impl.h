#pragma once

#include <algorithm>
#include <array>
#include <bit>

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

/// The order in which features are drawn: those known to be constant in the node stand first. Below a node
/// only places behind its constants change, so the order can be shared by a depth-first walk.
struct FeatureOrder {
  std::vector<std::uint32_t> order;
  explicit FeatureOrder(std::size_t features) : order(features) {
    for (std::size_t j = 0; j < features; ++j) order[j] = static_cast<std::uint32_t>(j);
  }
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
      : codes_(codes), rules_(rules), stats_(rows, rules.criterion), room_(codes.most_codes()) {
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

 private:
  template <std::size_t G>
  void fill(std::span<const Item> items, const CodeView<Code>& view, const std::uint32_t* picks, bool marks);
  void fill_group(std::size_t group, std::span<const Item> items, const CodeView<Code>& view,
                  const std::uint32_t* picks, bool marks);
  /// Lists the cells of a table in code order and clears it.
  std::size_t list_cells(std::size_t table, std::size_t codes, bool marks);
  void try_numbers(std::size_t feature, std::size_t count, FoundCut& best, Stream& stream);
  void try_categories(std::size_t feature, std::size_t count, FoundCut& best, Stream& stream);
  void take_numbers(std::size_t feature, std::size_t count, const ForestBestCut& cut, bool missing_left,
                    FoundCut& best);
  std::size_t random_place(const FeatureBins& bins, std::size_t count, Stream& stream) const;

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
  std::vector<std::size_t> fresh_;
};

template <class Stats, class Code>
FoundCut CutFinder<Stats, Code>::find(std::span<const Item> items, const CodeView<Code>& view,
                                      FeatureOrder& features, std::size_t& constants, Stream& stream) {
  FoundCut best;
  if constexpr (kPrepares) stats_.prepare(items);
  std::uint32_t* order = features.order.data();
  const std::size_t known = constants;
  std::size_t end = features.order.size(), idle = known, visited = 0;
  bool any = false;
  fresh_.clear();
  // As many features as asked for, constant ones counted, and more only until one is not constant.
  while (end > known && (visited < rules_.features || !any)) {
    std::array<std::uint32_t, kGroup> picks;
    std::array<std::size_t, kGroup> places;
    std::size_t group = 0;
    while (group < kGroup && end > known && (visited < rules_.features || (!any && group == 0))) {
      ++visited;
      const std::uint32_t drawn = draw_below(stream, static_cast<std::uint32_t>(idle + end - known));
      if (drawn < idle) {
        --idle;
        continue;
      }
      std::swap(order[known + drawn - idle], order[--end]);
      places[group] = end;
      picks[group++] = order[end];
    }
    if (group == 0) continue;
    bool marks = items.size() * 2 < room_;
    fill_group(group, items, view, picks.data(), marks);
    for (std::size_t g = 0; g < group; ++g) {
      const FeatureBins& bins = codes_.bins(picks[g]);
      const std::size_t count = list_cells(g, bins.bins + 1, marks);
      if (count < 2) {
        fresh_.push_back(places[g]);
        continue;
      }
      any = true;
      if (bins.category) {
        try_categories(picks[g], count, best, stream);
      } else {
        try_numbers(picks[g], count, best, stream);
      }
    }
  }
  // Places were taken from the back, so the last is the lowest, and no swap disturbs one still to come.
  for (std::size_t i = fresh_.size(); i-- > 0;) std::swap(order[fresh_[i]], order[constants++]);
  return best;
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
void CutFinder<Stats, Code>::try_numbers(std::size_t feature, std::size_t count, FoundCut& best,
                                         Stream& stream) {
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
  if (rules_.random_cuts) {
    std::size_t place = 0;
    if (numbers > 1) place = random_place(bins, numbers, stream);
    for (std::size_t i = 0; i < place; ++i) stats_.join(start_.data(), cells_.data() + i * width);
    if (numbers > 1 || missing) scan(place, place + 1);
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
  if (cut.at != SIZE_MAX) take_numbers(feature, numbers, cut, missing_left, best);
  best.missing_seen = cut.at != SIZE_MAX ? missing : best.missing_seen;
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

/// Where a uniform value between the smallest and the largest number of the node cuts the list.
template <class Stats, class Code>
std::size_t CutFinder<Stats, Code>::random_place(const FeatureBins& bins, std::size_t count,
                                                 Stream& stream) const {
  const double* edges = bins.threshold.data();
  const std::uint32_t low = list_[0], high = list_[count - 1];
  // Values of the outer bins are taken to lie half a bin beyond the outer edges of the node.
  const double first = low > 0 ? edges[low] / 2 + edges[low - 1] / 2 : edges[0];
  const double last = high < bins.bins - 1 ? edges[high] / 2 + edges[high - 1] / 2 : edges[high - 1];
  const double value = first + (last / 2 - first / 2) * 2 * stream.uniform();
  const auto code =
      static_cast<std::uint32_t>(std::lower_bound(edges + low, edges + high - 1, value) - edges);
  return static_cast<std::size_t>(
             std::upper_bound(list_.begin(), list_.begin() + static_cast<std::ptrdiff_t>(count), code) -
             list_.begin()) -
         1;
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
    best.missing_seen = list_[count - 1] == codes_.bins(feature).bins;
    best.set.assign((codes_.bins(feature).bins + 64) / 64, 0);
    for (std::size_t i = 0; i <= cut.at + place; ++i) {
      const std::uint32_t code = list_[by_key_[i]];
      best.set[code / 64] |= std::uint64_t{1} << (code % 64);
    }
  }
}

}  // namespace everyml
