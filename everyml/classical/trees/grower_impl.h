#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
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
  /// How many more can be taken within the bound.
  std::size_t room() const { return free_.size() + (most_ > slots_.size() ? most_ - slots_.size() : 0); }
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

/// The two sides of a leaf that was split.
struct Children {
  OpenLeaf left, right;
};

/// What one split needs while others are made beside it.
struct Workplace {
  std::vector<int> slots;        ///< of histograms; taken before and given back after, by one thread
  Buffer<std::uint64_t> counts;  ///< a histogram of how many rows; empty until it is needed

  int take() {
    const int slot = slots.back();
    slots.pop_back();
    return slot;
  }
};

/// What the trees of one grower use one after the other.
struct Scratch {
  Buffer<std::uint32_t> rows;                ///< [rows]: rows of the tree, leaf by leaf
  Buffer<std::uint32_t> spare_rows;          ///< [rows]; of a finished tree the leaf of each row
  Buffer<std::uint64_t> words, spare_words;  ///< the words of `rows`
  std::vector<Workplace> places;
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
  /// Which leaf comes before which.
  struct Turn {
    double gain;
    std::size_t depth, leaf;
    std::uint32_t node;
  };
  struct Sooner {
    bool by_depth;
    bool operator()(const Turn& a, const Turn& b) const;
  };
  using Turns = std::set<Turn, Sooner>;
  bool may_split_at(std::size_t depth) const;
  bool may_split(const OpenLeaf& leaf) const;
  /// A split that is made: of which leaf, with what.
  struct SplitJob {
    std::size_t at = 0;
    int inherited = -1;  ///< the leaf's own histogram
    bool last = false;   ///< no split of the children follows
    Children children;
  };
  std::vector<std::size_t> next_leaves(const Turns& turns) const;
  void begin_split(SplitJob& job, Workplace& place);
  void split(SplitJob& job, Workplace& place, const Context& context);
  void divide(const OpenLeaf& parent, bool last, Children& children, const Context& context);
  void histograms_of_children(SplitJob& job, bool need_left, bool need_right, Workplace& place,
                              const Context& context);
  /// Does the work of each job, at its own place, side by side when there are several.
  using Work = void (TreeJob::*)(SplitJob& job, Workplace& place, const Context& context);
  void side_by_side(std::span<SplitJob> jobs, Work work);
  /// The job's leaf becomes the left of its children, the right one is added.
  void settle_children(SplitJob&& job);
  void rejoin(const Children& children);
  Workplace& place(std::size_t k);
  void clear(Workplace& place);
  void build(OpenLeaf& leaf, Workplace& place, const Context& context);
  int take_slot();
  void search(std::span<OpenLeaf* const> leaves, Workplace& place, const Context& context);
  void settle(OpenLeaf& leaf, std::span<const std::uint32_t> columns, std::span<const Slot> slots,
              std::vector<Candidate>& found, Workplace& place, const Context& context);
  bool is_flag(std::uint32_t feature) const;
  std::vector<Slot> slots_of(std::span<const std::uint32_t> columns) const;
  Candidate search_slot(const OpenLeaf& leaf, std::span<const std::uint32_t> columns,
                        std::span<const std::uint32_t> without) const;
  Candidate search_counted(const OpenLeaf& leaf, std::span<const std::uint32_t> columns,
                           const Workplace& place) const;
  void count_rows(const OpenLeaf& leaf, Workplace& place, const Context& context);
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
  void split_of_level(SplitJob& job, Workplace& place, const Context& context);
  LevelSplit best_level_split(std::span<OpenLeaf* const> level);
  LevelSplit best_level_split_of(std::span<OpenLeaf* const> level, std::uint32_t feature) const;

  void finish();
  struct Sums {
    double gradient = 0, hessian = 0, weight = 0;
  };
  std::vector<Sums> sums_by_leaf() const;
  std::size_t row_count() const { return input_.rows.empty() ? binned_.rows() : input_.rows.size(); }
  std::uint32_t row_number(std::size_t i) const {
    return input_.rows.empty() ? static_cast<std::uint32_t>(i) : input_.rows[i];
  }
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
  const Context alone_;  ///< the same on one thread
  SplitRules rules_;
  ColumnChooser columns_;
  std::vector<std::uint8_t> used_tiles_;
  std::vector<Slot> slots_;  ///< of the columns of the tree
  std::vector<OpenLeaf> leaves_;
  std::vector<std::optional<SplitJob>> made_;  ///< by leaf: its split, when that was made before its turn
  GrownRows grown_;
};

}  // namespace everyml::grower_detail
