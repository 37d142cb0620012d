#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "everyml/classical/trees/grower.h"
#include "everyml/classical/trees/histogram.h"
#include "everyml/classical/trees/partition_impl.h"

namespace everyml::grower_detail {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Histograms of the leaves that may still be split, within a bound of memory.
class HistogramPool {
 public:
  HistogramPool(std::size_t cells, std::size_t bytes);
  /// A place for one, or -1 when all are taken. `always`: beyond the bound rather than none.
  int take(bool always);
  void give_back(int slot) {
    if (slot >= 0) free_.push_back(slot);
  }
  void give_back_all();
  std::span<std::uint64_t> at(int slot) { return slots_[static_cast<std::size_t>(slot)].span(); }

 private:
  std::size_t cells_, most_;
  std::vector<Buffer<std::uint64_t>> slots_;
  std::vector<int> free_;
};

/// A node that has no children yet.
struct OpenLeaf {
  std::uint32_t node = 0;
  std::size_t begin = 0, end = 0;  ///< its rows
  std::size_t depth = 0;
  std::uint64_t total = 0;  ///< sum of its words
  double low = -kInfinity, high = kInfinity;
  std::vector<std::uint8_t> groups;  ///< of interactions: which may still be used; empty: no constraints
  int histogram = -1;                ///< its place in the pool, or -1
  /// Columns of two codes of which one has too few rows here, and so in all that comes of this leaf;
  /// ascending. Those that were found out, not all.
  std::vector<std::uint32_t> too_rare;
  // The best split, if there is one.
  double gain = -kInfinity;
  std::uint32_t feature = 0;
  FeatureSplit split;

  std::size_t rows() const { return end - begin; }
};

/// Which columns a node may ask about.
class ColumnChooser {
 public:
  ColumnChooser(const GrowerSettings& settings, const GrowerInput& input, const CodeTiles& tiles);
  /// Those with cells, ascending. They stand until the next call with the same `own`.
  std::span<const std::uint32_t> for_node(const OpenLeaf& leaf, std::vector<std::uint32_t>& own);
  /// Those with cells, ascending.
  std::span<const std::uint32_t> of_tree() const { return with_cells_; }

 private:
  std::vector<std::uint32_t> drawn(std::span<const std::uint32_t> from, double share, std::string_view name,
                                   std::uint64_t index) const;
  void keep_with_cells(std::vector<std::uint32_t>& columns) const;
  const GrowerSettings& settings_;
  const CodeTiles& tiles_;
  std::uint64_t key_;
  std::vector<std::uint32_t> tree_, with_cells_;
  std::vector<std::vector<std::uint32_t>> level_;
};

/// Neighbours in a list of columns whose best split is found at once: one column, or several of two codes
/// each that share an array and have their cells side by side.
struct Slot {
  std::uint32_t first = 0, count = 1;
};
struct Candidate {
  std::uint32_t feature = 0;
  FeatureSplit split;
};

/// The question of a split over codes.
Question question_of(const BinnedFeatures& binned, std::uint32_t feature, const FeatureSplit& split);
/// The node of a split as it is kept.
void fill_node(const BinnedFeatures& binned, std::uint32_t feature, const FeatureSplit& split,
               GrownTree& tree, std::size_t node);

/// What the trees of one grower use one after the other.
struct Scratch {
  Buffer<std::uint32_t> rows, spare_rows;    ///< [rows]: rows of the tree, leaf by leaf
  Buffer<std::uint64_t> words, spare_words;  ///< the words of these
  Buffer<std::uint32_t> leaf_of;             ///< [rows], by row
  Buffer<std::uint64_t> counts;              ///< a histogram of how many rows; empty until it is needed
};

/// One tree in the making.
class TreeJob {
 public:
  TreeJob(const BinnedFeatures& binned, const CodeTiles& tiles, const GrowerSettings& settings,
          const GrowerInput& input, HistogramBuilder& builder, HistogramPool& pool, Scratch& scratch,
          const Context& context);
  GrownRows run();

 private:
  void start();
  void grow_by_leaves();
  void grow_symmetric();

  // Splitting: grower_leaves.cpp
  bool may_split_at(std::size_t depth) const;
  bool may_split(const OpenLeaf& leaf) const;
  void split(std::size_t at, bool last);
  void make_children(const OpenLeaf& parent, OpenLeaf& left, OpenLeaf& right, bool last);
  void histograms_of_children(OpenLeaf& parent, OpenLeaf& left, OpenLeaf& right, bool need_left,
                              bool need_right);
  void build(OpenLeaf& leaf);
  int take_slot();
  void search(std::span<OpenLeaf* const> leaves);
  void settle(OpenLeaf& leaf, std::span<const std::uint32_t> columns, std::span<const Slot> slots,
              std::vector<Candidate>& found);
  bool is_flag(std::uint32_t feature) const;
  std::vector<Slot> slots_of(std::span<const std::uint32_t> columns) const;
  Candidate search_slot(const OpenLeaf& leaf, std::span<const std::uint32_t> columns,
                        std::span<const std::uint32_t> without) const;
  Candidate search_counted(const OpenLeaf& leaf, std::span<const std::uint32_t> columns) const;
  void count_rows(const OpenLeaf& leaf);
  const std::uint64_t* cells_of(const OpenLeaf& leaf, std::uint32_t feature,
                                std::vector<std::uint64_t>& scratch) const {
    return whole_cells(pool_.at(leaf.histogram).data(), leaf.total, feature, scratch);
  }
  /// The cells of a column of a histogram whose words sum to `total`, with one for every code, that of
  /// missing last; in `scratch` if they do not lie so.
  const std::uint64_t* whole_cells(const std::uint64_t* histogram, std::uint64_t total, std::uint32_t feature,
                                   std::vector<std::uint64_t>& scratch) const;
  bool certain(const OpenLeaf& leaf, const FeatureSplit& split) const;
  SplitRules rules_for(const OpenLeaf& leaf, std::uint32_t feature) const;

  // Symmetric trees: grower_symmetric.cpp
  struct LevelSplit {
    double gain = -kInfinity;
    std::uint32_t feature = 0;
    FeatureSplit split;
  };
  LevelSplit best_level_split(std::span<OpenLeaf* const> level);
  LevelSplit best_level_split_of(std::span<OpenLeaf* const> level, std::uint32_t feature) const;

  void finish();
  struct Sums {
    double gradient = 0, hessian = 0, weight = 0;
  };
  std::vector<Sums> sums_by_leaf() const;
  std::span<std::uint32_t> rows_of(const OpenLeaf& leaf) {
    return scratch_.rows.span().subspan(leaf.begin, leaf.rows());
  }

  const BinnedFeatures& binned_;
  const CodeTiles& tiles_;
  const GrowerSettings& settings_;
  const GrowerInput& input_;
  HistogramBuilder& builder_;
  HistogramPool& pool_;
  Scratch& scratch_;
  const Context& context_;
  SplitRules rules_;
  ColumnChooser columns_;
  std::vector<std::uint8_t> used_tiles_;
  std::vector<Slot> slots_;  ///< of the columns of the tree
  std::vector<OpenLeaf> leaves_;
  GrownRows grown_;
};

}  // namespace everyml::grower_detail
