#pragma once

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "everyml/ensembles/forest/grow_nodes_impl.h"
#include "everyml/ensembles/forest/grow_records_kernel_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

/// What records ask of their columns, [columns]. Made once for all trees.
struct RecordColumns {
  explicit RecordColumns(const ForestCodes<std::uint8_t>& codes) : cuts(codes.columns()) {
    for (std::size_t j = 0; j < codes.columns(); ++j) {
      const FeatureBins& bins = codes.bins(j);
      missing.push_back(static_cast<std::uint8_t>(bins.bins));
      category.push_back(bins.category ? 1 : 0);
      if (bins.category || bins.threshold.empty()) continue;
      cuts[j] = CutTable::of(bins);
    }
  }
  std::vector<CutTable> cuts;
  std::vector<std::uint8_t> missing, category;
};

/// Grows one tree of random cuts for classes without a table. The codes of a row stand together as a record,
/// and the records of a node stand together too, one class after the other, so that one pass tells the range
/// of all columns, and another what lies on each side of a cut of each. A cut copies the records to their
/// places in a second array, from which the next level copies them back. It is the tree that TreeGrower
/// grows by its tables.
///
/// For rows that weigh alike within their class; a row that was drawn k times is k records.
template <class Stats>
class RecordTree {
 public:
  using Unit = typename Stats::Unit;

  /// Subtrees of up to `task_rows` records are tasks of their own.
  RecordTree(const ForestCodes<std::uint8_t>& codes, const ForestRows& rows, const GrowRules& rules,
             const RecordColumns& columns, std::size_t task_rows)
      : codes_(codes),
        rows_(rows),
        rules_(rules),
        columns_(columns),
        task_rows_(task_rows),
        stride_(stride_of(codes.columns())) {}

  /// Copies the rows of a tree. False when they do not suit.
  bool read(std::span<const std::uint32_t> loads);
  CodeTree grow(std::size_t index, const Context& context);

 private:
  struct Node {  ///< still to be looked at: records from `begin`, as many as its counts say
    std::uint32_t begin, depth;
    std::size_t constants;
    std::int32_t parent;  ///< in the tree that is growing; -1: the root
    bool is_left;
    bool second;  ///< in which array the records are
  };
  struct Part {
    Node root;
    std::vector<std::uint32_t> counts, constants;
    CodeTree tree;
    bool done = false;
  };
  /// What one thread works with.
  struct Desk {
    explicit Desk(const RecordTree& tree)
        : finder(tree.codes_, tree.rows_, tree.rules_),
          features(tree.codes_.columns()),
          draw(tree.rules_),
          low(tree.stride_),
          high(tree.stride_),
          cuts(tree.stride_),
          count(tree.weight_.size()),
          left(tree.weight_.size()),
          above(tree.weight_.size() * FeatureDraw::kMost),
          start(finder.stats().width(), Unit{}),
          total(start),
          cell(start) {}
    CutFinder<Stats, std::uint8_t> finder;
    FeatureOrder features;
    FeatureDraw draw;
    std::vector<std::uint8_t> low, high, cuts;  ///< [stride]
    std::vector<std::uint32_t> count, left;     ///< [classes]: of the node, and left of the best cut
    std::vector<std::uint32_t> above;
    std::vector<Unit> start, total, cell;
    std::vector<Node> stack;
    std::vector<std::uint32_t> counts;  ///< [stack, classes]
  };

  std::size_t classes() const { return Stats::kClasses > 0 ? Stats::kClasses : weight_.size(); }
  static std::size_t stride_of(std::size_t columns) {
    return columns <= 16 ? std::size_t{16} : (columns + 31) / 32 * 32;
  }
  std::uint8_t* records(const Node& node) {
    return (node.second ? second_ : first_).data() + node.begin * stride_;
  }
  void sum_classes(const std::uint32_t* counts, std::vector<Unit>& sum, const Stats& stats) const {
    std::fill(sum.begin(), sum.end(), Unit{});
    for (std::size_t k = 0; k < classes(); ++k) {
      stats.add_class(sum.data(), k, std::uint64_t{counts[k]} * weight_[k]);
    }
  }
  /// At most one class has rows; `count` tells how many.
  template <class Count>
  bool pure(const Count& count) const {
    std::size_t some = 0;
    for (std::size_t k = 0; k < classes(); ++k) some += count(k) > 0 ? 1 : 0;
    return some <= 1;
  }

  /// Grows what is below a node; with `parts` hands on what is small.
  void walk(Desk& desk, const Node& root, std::span<const std::uint32_t> counts, Stream& stream,
            CodeTree& tree, std::vector<Part>* parts, const Context& context);
  FoundCut cut_of(Node& node, std::size_t rows, Desk& desk, Stream& stream);
  FoundCut find(Node& node, std::size_t rows, Desk& desk, Stream& stream);
  void score_cuts(std::size_t cuts, double* scores, Desk& desk) const;
  void divide(const Node& node, std::size_t rows, FoundCut& cut, Desk& desk);
  void grow_part(std::size_t index, std::size_t part_index, Part& part, const Context& context);

  const ForestCodes<std::uint8_t>& codes_;
  const ForestRows& rows_;
  const GrowRules& rules_;
  const RecordColumns& columns_;
  std::size_t task_rows_, stride_;
  const RecordKernels& kernels_ = record_kernels();
  std::vector<std::uint32_t> weight_, counts_;  ///< [classes]: of one record, and records of the tree
  Buffer<std::uint8_t> first_, second_;         ///< [records, stride]
};

template <class Stats>
bool RecordTree<Stats>::read(std::span<const std::uint32_t> loads) {
  /// Records for each row at most.
  constexpr std::uint64_t kMostCopies = 16;
  weight_.assign(rows_.classes, 0);
  counts_.assign(rows_.classes, 0);
  for (const std::uint32_t row : rows_.present) {
    std::uint32_t& weight = weight_[rows_.code[row]];
    if (loads[row] > 0 && (weight == 0 || loads[row] < weight)) weight = loads[row];
  }
  std::vector<std::uint64_t> copies(rows_.classes, 0);
  std::uint64_t all = 0;
  for (const std::uint32_t row : rows_.present) {
    if (loads[row] == 0) continue;
    const std::uint32_t k = rows_.code[row];
    if (loads[row] % weight_[k] != 0) return false;
    copies[k] += loads[row] / weight_[k];
    all += loads[row] / weight_[k];
  }
  if (all > kMostCopies * rows_.present.size() || all > UINT32_MAX) return false;
  first_ = Buffer<std::uint8_t>::uninitialized(all * stride_);
  second_ = Buffer<std::uint8_t>::uninitialized(all * stride_);
  std::vector<std::uint8_t*> next;
  std::uint8_t* at = first_.data();
  for (std::size_t k = 0; k < copies.size(); ++k) {
    counts_[k] = static_cast<std::uint32_t>(copies[k]);
    next.push_back(at);
    at += copies[k] * stride_;
  }
  for (const std::uint32_t row : rows_.present) {
    const std::uint32_t k = rows_.code[row];
    for (std::uint32_t left = loads[row]; left > 0; left -= weight_[k], next[k] += stride_) {
      std::memcpy(next[k], codes_.row(row), stride_);
    }
  }
  return true;
}

template <class Stats>
CodeTree RecordTree<Stats>::grow(std::size_t index, const Context& context) {
  CodeTree top;
  std::vector<Part> parts;
  {
    Desk desk(*this);
    Stream stream = context.random("forest.top", index);
    walk(desk, {0, 0, 0, -1, false, false}, counts_, stream, top, &parts, context);
  }
  parallel_for(context, parts.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (!parts[i].done) grow_part(index, i, parts[i], context);
    }
  });
  std::vector<CodeTree> trees;
  for (Part& part : parts) trees.push_back(std::move(part.tree));
  return join_parts(top, std::move(trees));
}

template <class Stats>
void RecordTree<Stats>::grow_part(std::size_t index, std::size_t part_index, Part& part,
                                  const Context& context) {
  Desk desk(*this);
  Stream stream = context.random("forest.part", (static_cast<std::uint64_t>(index) << 32) + part_index);
  desk.features.begin_with(part.constants);
  Node root = part.root;
  root.parent = -1;
  walk(desk, root, part.counts, stream, part.tree, nullptr, context);
  part.done = true;
}

template <class Stats>
void RecordTree<Stats>::walk(Desk& desk, const Node& root, std::span<const std::uint32_t> counts,
                             Stream& stream, CodeTree& tree, std::vector<Part>* parts,
                             const Context& context) {
  /// So many records may be looked at between two looks at the clock.
  constexpr std::size_t kUnchecked = 65536;
  const Stats& stats = desk.finder.stats();
  desk.stack.assign(1, root);
  desk.counts.assign(counts.begin(), counts.end());
  std::size_t looked_at = 0;
  while (!desk.stack.empty()) {
    Node node = desk.stack.back();
    desk.stack.pop_back();
    std::size_t rows = 0;
    for (std::size_t k = classes(); k-- > 0;) {
      desk.count[k] = desk.counts.back();
      desk.counts.pop_back();
      rows += desk.count[k];
    }
    const auto hand_on = [&] {
      link_child(node.parent, node.is_left, ~static_cast<std::int32_t>(parts->size()), tree);
      const std::uint32_t* known = desk.features.order.data();
      parts->push_back({node, desk.count, {known, known + node.constants}, {}, false});
    };
    if (parts != nullptr && rows <= task_rows_) {
      hand_on();
      continue;
    }
    looked_at += rows + 64;
    if (looked_at > kUnchecked) {
      context.check();
      looked_at = 0;
    }
    sum_classes(desk.count.data(), desk.total, stats);
    FoundCut cut = cut_of(node, rows, desk, stream);
    if (!cut) {
      if (parts != nullptr) hand_on();
      CodeTree& to = parts != nullptr ? parts->back().tree : tree;
      if (parts != nullptr) {
        parts->back().done = true;
      } else {
        link_child(node.parent, node.is_left, ~static_cast<std::int32_t>(tree.covers.size()), tree);
      }
      const std::size_t at = to.values.size();
      to.values.resize(at + stats.answers());
      stats.answer(desk.total.data(), {}, nullptr, to.values.data() + at);
      to.covers.push_back(stats.weight(desk.total.data()));
      continue;
    }
    divide(node, rows, cut, desk);
    const std::int32_t here = add_cut(node.parent, node.is_left, cut, stats, desk.total.data(), tree);
    std::uint32_t lefts = 0;
    for (std::size_t k = 0; k < classes(); ++k) {
      desk.counts.push_back(desk.count[k] - desk.left[k]);
      lefts += desk.left[k];
    }
    for (std::size_t k = 0; k < classes(); ++k) desk.counts.push_back(desk.left[k]);
    desk.stack.push_back({node.begin + lefts, node.depth + 1, node.constants, here, false, !node.second});
    desk.stack.push_back({node.begin, node.depth + 1, node.constants, here, true, !node.second});
  }
}

template <class Stats>
FoundCut RecordTree<Stats>::cut_of(Node& node, std::size_t rows, Desk& desk, Stream& stream) {
  if (rows < 2 || node.depth >= rules_.max_depth || pure([&](std::size_t k) { return desk.count[k]; }))
    return {};
  const Stats& stats = desk.finder.stats();
  const double weight = stats.weight(desk.total.data());
  if (weight < rules_.least_split || weight < 2 * rules_.least_leaf) return {};
  FoundCut cut = find(node, rows, desk, stream);
  if (cut && rules_.least_gain > 0 && stats.gain(cut.score, desk.total.data()) < rules_.least_gain) return {};
  return cut;
}

template <class Stats>
FoundCut RecordTree<Stats>::find(Node& node, std::size_t rows, Desk& desk, Stream& stream) {
  FoundCut best;
  const std::uint8_t* records = this->records(node);
  const std::uint8_t *low = desk.low.data(), *high = desk.high.data();
  kernels_.range(records, rows, stride_, desk.low.data(), desk.high.data());
  bool any = false;
  FeatureDraw& draw = desk.draw;
  draw.begin(desk.features, node.constants);
  const auto plain = [&](std::uint32_t f) { return !columns_.category[f] && high[f] != columns_.missing[f]; };
  while (const std::size_t drawn = draw.next(FeatureDraw::kMost, any, stream)) {
    std::array<std::uint8_t, FeatureDraw::kMost> columns;
    std::array<double, FeatureDraw::kMost> where, scores;
    std::size_t asked = 0, others = 0;
    for (std::size_t g = 0; g < drawn; ++g) {
      const std::uint32_t f = draw.picks[g];
      if (low[f] == high[f]) {
        draw.constant(g);
      } else if (plain(f)) {
        columns[asked] = static_cast<std::uint8_t>(f);
        where[asked++] = draw.where[g];
      } else {
        ++others;
      }
    }
    any = any || asked + others > 0;
    if (asked > 0) {
      const std::span<const std::uint8_t> some(columns.data(), asked);
      kernels_.draw_cuts(columns_.cuts.data(), some, where.data(), low, high, desk.cuts.data());
      kernels_.count_above(records, {desk.count.data(), classes()}, stride_, desk.cuts.data(), some,
                           desk.above.data());
      score_cuts(asked, scores.data(), desk);
    }
    std::size_t chosen = SIZE_MAX;
    if (others == 0) {
      for (std::size_t a = 0; a < asked; ++a) {
        chosen = scores[a] > best.score ? a : chosen;
        best.score = std::max(best.score, scores[a]);
      }
    } else {
      // In the order drawn, as it decides between equals.
      for (std::size_t g = 0, a = 0; g < drawn; ++g) {
        const std::uint32_t f = draw.picks[g];
        if (low[f] == high[f]) continue;
        if (!plain(f)) {
          const double before = best.score;
          desk.finder.try_records(f, {records, stride_, desk.count, weight_}, draw.where[g], best, stream);
          if (best.score > before) chosen = SIZE_MAX;
          continue;
        }
        if (scores[a] > best.score) {
          best.score = scores[a];
          chosen = a;
        }
        ++a;
      }
    }
    if (chosen == SIZE_MAX) continue;
    best.feature = columns[chosen];
    best.code = desk.cuts[best.feature];
    best.missing = CodeNode::kNone;
    best.missing_seen = best.category = false;
    for (std::size_t k = 0; k < classes(); ++k) {
      desk.left[k] = desk.count[k] - desk.above[k * asked + chosen];
    }
  }
  draw.finish();
  return best;
}

/// What the cuts just counted are worth.
template <class Stats>
void RecordTree<Stats>::score_cuts(std::size_t cuts, double* scores, Desk& desk) const {
  const Stats& stats = desk.finder.stats();
  for (std::size_t a = 0; a < cuts; ++a) {
    std::fill_n(desk.cell.data(), stats.width(), Unit{});
    for (std::size_t k = 0; k < classes(); ++k) {
      stats.add_class(desk.cell.data(), k,
                      std::uint64_t{desk.count[k] - desk.above[k * cuts + a]} * weight_[k]);
    }
    scores[a] = stats.score_of(desk.cell.data(), desk.total.data(), rules_.least_leaf);
  }
}

/// Sends the records of a node to their sides, tells how many of each class go left, and where missing ones
/// will go.
template <class Stats>
void RecordTree<Stats>::divide(const Node& node, std::size_t rows, FoundCut& cut, Desk& desk) {
  const std::uint8_t* from = records(node);
  Node other = node;
  other.second = !node.second;
  std::uint8_t* left = records(other);
  const FeatureBins& bins = codes_.bins(cut.feature);
  if (!cut.category && !cut.missing_seen) {
    const std::size_t lefts = std::accumulate(desk.left.begin(), desk.left.end(), std::size_t{0});
    // Two leaves need no records.
    const bool ends = pure([&](std::size_t k) { return desk.left[k]; }) &&
                      pure([&](std::size_t k) { return desk.count[k] - desk.left[k]; });
    if (!ends) {
      kernels_.divide(from, rows, stride_, cut.feature, static_cast<std::uint8_t>(cut.code), left,
                      left + lefts * stride_);
    }
  } else {
    const auto goes_left = [&](std::uint32_t code) {
      return cut.category ? (cut.set[code / 64] >> (code % 64) & 1) != 0
                          : (code <= cut.code || code == cut.missing);
    };
    const std::uint8_t* at = from + cut.feature;
    std::size_t lefts = 0;
    for (std::size_t k = 0; k < classes(); ++k) {
      desk.left[k] = 0;
      for (std::uint32_t i = 0; i < desk.count[k]; ++i, at += stride_) desk.left[k] += goes_left(*at) ? 1 : 0;
      lefts += desk.left[k];
    }
    std::uint8_t* right = left + lefts * stride_;
    for (std::size_t i = 0; i < rows; ++i, from += stride_) {
      std::uint8_t*& to = goes_left(from[cut.feature]) ? left : right;
      std::memcpy(to, from, stride_);
      to += stride_;
    }
  }
  if (cut.missing_seen) return;
  // Without a row to learn from, missing ones follow the larger side.
  double weight = 0;
  for (std::size_t k = 0; k < classes(); ++k) {
    const double lefts = desk.left[k], all = desk.count[k];
    weight += (2 * lefts - all) * weight_[k];
  }
  if (weight > 0) {
    cut.missing = bins.bins;
    if (cut.category) cut.set[bins.bins / 64] |= std::uint64_t{1} << (bins.bins % 64);
  }
}

}  // namespace everyml
