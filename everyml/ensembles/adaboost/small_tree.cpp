#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "everyml/ensembles/adaboost/small_tree_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kCells = PackedCodes::kCodes;
/// Worths this near to each other are equal: relatively, and as a share of the weight, which no worth
/// exceeds. Weights are rounded to whole numbers, so that a weight of k and k copies differ by less.
constexpr double kEqual = 1e-9, kNothing = 1e-10, kLittle = 1e-9;

struct Split {
  double worth = -1;  ///< of both sides together; below 0: none
  std::size_t column = 0;
  bool category = false;
  bool missing_left = false;
  std::size_t boundary = 0;         ///< numbers: codes up to this one go left
  std::array<bool, kCells> left{};  ///< by code
  std::vector<std::int64_t> sums;   ///< of the left side, [channels]

  bool beaten_by(double other, double weight) const {
    return worth < 0 || other > worth + kEqual * worth + kNothing * weight;
  }
};

/// Looks for the best split of one column in its histogram; keeps its scratch from column to column.
template <class Sums>
class ColumnScan {
 public:
  ColumnScan(const Sums& rows, std::span<const std::int64_t> total)
      : rows_(rows),
        channels_(rows.channels()),
        total_(total),
        left_(channels_),
        right_(channels_),
        weight_(static_cast<double>(rows.weight(total.data()))) {}

  /// cells: that column's histogram of channel 0; the next channel is `step` further on.
  void look(const FeatureBins& bins, std::size_t column, const std::int64_t* cells, std::size_t step,
            Split& best) {
    cells_ = cells;
    step_ = step;
    if (bins.category)
      categories(bins, column, best);
    else
      numbers(bins, column, best);
  }

 private:
  bool empty(std::size_t code) const {
    for (std::size_t c = 0; c < channels_; ++c)
      if (cells_[c * step_ + code] != 0) return false;
    return true;
  }
  void take(std::size_t code) {
    for (std::size_t c = 0; c < channels_; ++c) left_[c] += cells_[c * step_ + code];
  }
  /// The worth of what was taken against the rest; -1 when one side has no weight.
  double worth() {
    for (std::size_t c = 0; c < channels_; ++c) right_[c] = total_[c] - left_[c];
    if (rows_.weight(left_.data()) <= 0 || rows_.weight(right_.data()) <= 0) return -1;
    return rows_.worth(left_.data()) + rows_.worth(right_.data());
  }

  void numbers(const FeatureBins& bins, std::size_t column, Split& best) {
    const bool missing = bins.has_missing && !empty(bins.bins);
    used_.clear();
    for (std::size_t code = 0; code < bins.bins; ++code)
      if (!empty(code)) used_.push_back(code);
    for (const bool missing_left : {false, true}) {
      if (missing_left && !missing) break;
      std::fill(left_.begin(), left_.end(), 0);
      if (missing_left) take(bins.bins);
      // The last boundary has all numbers on the left: against the missing ones alone.
      const std::size_t boundaries = used_.size() - (missing && !missing_left ? 0 : 1);
      for (std::size_t i = 0; i < boundaries && !used_.empty(); ++i) {
        take(used_[i]);
        const double now = worth();
        if (now < 0 || !best.beaten_by(now, weight_)) continue;
        best.worth = now;
        best.sums = left_;
        best.column = column;
        best.category = false;
        best.missing_left = missing_left;
        // Between two codes that are used any boundary divides these rows alike.
        best.boundary = i + 1 < used_.size() ? (used_[i] + used_[i + 1] - 1) / 2 : bins.bins - 1;
        if (!missing) best.missing_left = 2 * rows_.weight(left_.data()) >= rows_.weight(total_.data());
      }
    }
  }

  void categories(const FeatureBins& bins, std::size_t column, Split& best) {
    used_.clear();
    for (std::size_t code = 0; code < bins.codes(); ++code) {
      if (empty(code)) continue;
      std::fill(left_.begin(), left_.end(), 0);
      take(code);
      // One of next to no weight has no opinion worth an order.
      if (static_cast<double>(rows_.weight(left_.data())) > kLittle * weight_) used_.push_back(code);
    }
    if (used_.size() < 2) return;
    keys_.resize(kCells);
    for (std::size_t order = 0; order < rows_.orders(); ++order) {
      for (const std::size_t code : used_) {
        std::fill(left_.begin(), left_.end(), 0);
        take(code);
        // Keys lie in [-1, 1]; what differs by rounding alone is equal, and the lower code comes first.
        keys_[code] = std::round(rows_.key(left_.data(), order) * 1e8);
      }
      sorted_ = used_;
      std::stable_sort(sorted_.begin(), sorted_.end(),
                       [&](std::size_t a, std::size_t b) { return keys_[a] < keys_[b]; });
      std::fill(left_.begin(), left_.end(), 0);
      for (std::size_t i = 0; i + 1 < sorted_.size(); ++i) {
        take(sorted_[i]);
        const double now = worth();
        if (now < 0 || !best.beaten_by(now, weight_)) continue;
        best.worth = now;
        best.sums = left_;
        best.column = column;
        best.category = true;
        best.left.fill(false);
        for (std::size_t k = 0; k <= i; ++k) best.left[sorted_[k]] = true;
        best.missing_left = bins.has_missing && !empty(bins.bins)
                                ? best.left[bins.bins]
                                : 2 * rows_.weight(left_.data()) >= rows_.weight(total_.data());
      }
    }
  }

  const Sums& rows_;
  std::size_t channels_;
  std::span<const std::int64_t> total_;
  std::vector<std::int64_t> left_, right_;
  double weight_;
  std::vector<std::size_t> used_, sorted_;
  std::vector<double> keys_;
  const std::int64_t* cells_ = nullptr;
  std::size_t step_ = 0;
};

template <class Sums>
class Grower {
 public:
  Grower(const PackedCodes& codes, const Sums& rows, const Context& context)
      : codes_(codes), rows_(rows), channels_(rows.channels()), context_(context) {}

  SmallTree grow(int depth, const TreeSums* root) {
    grown_.node_of.assign(codes_.places(), 0);
    std::vector<std::int64_t> total(channels_);
    rows_.total(total.data());
    add_node(total);
    divide(0, {}, true, depth, root);
    return std::move(grown_);
  }

 private:
  std::span<const std::int64_t> sums(std::size_t node) const {
    return std::span(grown_.sums).subspan(node * channels_, channels_);
  }

  std::size_t add_node(const std::vector<std::int64_t>& total) {
    GrownTree::Node node;
    node.cover = static_cast<double>(rows_.weight(total.data()));
    grown_.tree.nodes.push_back(node);
    grown_.sums.insert(grown_.sums.end(), total.begin(), total.end());
    return grown_.tree.nodes.size() - 1;
  }

  Split best_split(std::span<const std::uint32_t> places, bool all, std::span<const std::int64_t> total,
                   const TreeSums* kept) {
    const std::size_t size = group_cells(channels_), step = PackedCodes::kColumns * kCells;
    const std::size_t grain = groups_per_piece(all ? codes_.places() : places.size());
    return parallel_reduce<Split>(
        context_, codes_.groups(), grain,
        [&](std::size_t begin, std::size_t end) {
          Split best;
          ColumnScan<Sums> scan(rows_, total);
          TreeSums own(kept == nullptr ? size : 0);
          for (std::size_t group = begin; group < end; ++group) {
            const std::int64_t* cells = kept == nullptr ? own.data() : kept->data() + group * size;
            if (kept == nullptr) {
              std::fill(own.begin(), own.end(), 0);
              rows_.add(codes_, group, places, all, own.data());
            }
            for (std::size_t j = 0; j < codes_.width(group); ++j) {
              const std::size_t column = group * PackedCodes::kColumns + j;
              scan.look(codes_.bins(column), column, cells + j * kCells, step, best);
            }
          }
          return best;
        },
        [weight = static_cast<double>(rows_.weight(total.data()))](Split& into, Split&& part) {
          if (part.worth >= 0 && into.beaten_by(part.worth, weight)) into = part;
        });
  }

  void divide(std::size_t node, const std::vector<std::uint32_t>& places, bool all, int depth,
              const TreeSums* kept) {
    const std::vector<std::int64_t> total(sums(node).begin(), sums(node).end());
    if (depth == 0 || rows_.pure(total.data())) return;
    context_.check();
    Split split = best_split(places, all, total, kept);
    const double before = rows_.worth(total.data());
    const double gain = split.worth - before;
    if (split.worth < 0 ||
        (!rows_.takes_any_split() &&
         !(gain > kEqual * before + kNothing * static_cast<double>(rows_.weight(total.data())))))
      return;
    const FeatureBins& bins = codes_.bins(split.column);
    if (!split.category) {
      for (std::size_t code = 0; code < bins.bins; ++code) split.left[code] = code <= split.boundary;
    }
    split.left[bins.bins] = split.missing_left;

    const auto side = std::array{grown_.tree.nodes.size(), grown_.tree.nodes.size() + 1};
    std::array<std::vector<std::uint32_t>, 2> parts;
    send(places, all, split, side, depth > 1 ? &parts : nullptr);
    std::vector<std::int64_t> right_sums(channels_);
    for (std::size_t c = 0; c < channels_; ++c) right_sums[c] = total[c] - split.sums[c];
    add_node(split.sums);
    add_node(right_sums);
    describe(grown_.tree.nodes[node], split, bins, std::max(gain, 0.0), side);
    if (depth == 1) return;
    divide(side[0], parts[0], false, depth - 1, nullptr);
    divide(side[1], parts[1], false, depth - 1, nullptr);
  }

  /// Gives each place its new node; with `parts` lists the places of both.
  void send(const std::vector<std::uint32_t>& places, bool all, const Split& split,
            const std::array<std::size_t, 2>& side, std::array<std::vector<std::uint32_t>, 2>* parts) {
    const std::uint64_t* words = codes_.words(split.column / PackedCodes::kColumns);
    const std::size_t shift = 8 * (split.column % PackedCodes::kColumns);
    std::array<std::int32_t, kCells> goes;
    for (std::size_t code = 0; code < kCells; ++code)
      goes[code] = static_cast<std::int32_t>(side[split.left[code] ? 0 : 1]);
    const std::size_t count = all ? codes_.places() : places.size();
    parallel_for(context_, count, 1 << 16, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::size_t place = all ? i : places[i];
        grown_.node_of[place] = goes[(words[place] >> shift) & 255];
      }
    });
    if (parts != nullptr) {
      for (std::size_t i = 0; i < count; ++i) {
        const auto place = all ? static_cast<std::uint32_t>(i) : places[i];
        (*parts)[grown_.node_of[place] == static_cast<std::int32_t>(side[0]) ? 0 : 1].push_back(place);
      }
    }
  }

  void describe(GrownTree::Node& node, const Split& split, const FeatureBins& bins, double gain,
                const std::array<std::size_t, 2>& side) {
    node.feature = static_cast<std::int32_t>(split.column);
    node.gain = static_cast<float>(gain);
    node.missing_left = split.missing_left;
    node.left = static_cast<std::int32_t>(side[0]);
    node.right = static_cast<std::int32_t>(side[1]);
    if (!split.category) {
      // All numbers left, only missing ones right: every finite value is at most the largest double.
      node.threshold = split.boundary < bins.threshold.size() ? bins.threshold[split.boundary]
                                                              : std::numeric_limits<double>::max();
      return;
    }
    node.categories = static_cast<std::int32_t>(grown_.tree.sets.size());
    grown_.tree.sets.push_back(set_of(split, bins, codes_.levels(split.column)));
  }

  static std::vector<std::uint64_t> set_of(const Split& split, const FeatureBins& bins, std::size_t levels) {
    std::vector<std::uint64_t> words;
    const auto put = [&](std::size_t category) {
      if (words.size() <= category / 64) words.resize(category / 64 + 1);
      words[category / 64] |= std::uint64_t{1} << (category % 64);
    };
    std::vector<bool> common(levels);
    for (std::size_t code = 0; code < bins.category_of.size(); ++code) {
      const auto category = static_cast<std::size_t>(bins.category_of[code]);
      if (category < levels) common[category] = true;
      if (split.left[code]) put(category);
    }
    // Rare categories without a bin of their own were learned as missing and go where missing goes.
    for (std::size_t category = 0; category < levels; ++category)
      if (!common[category] && split.missing_left) put(category);
    if (words.empty()) words.push_back(0);
    return words;
  }

  const PackedCodes& codes_;
  const Sums& rows_;
  std::size_t channels_;
  const Context& context_;
  SmallTree grown_;
};

}  // namespace

SmallTree grow_small_tree(const PackedCodes& codes, const ClassSums& rows, int depth, const TreeSums* root,
                          const Context& context) {
  return Grower<ClassSums>(codes, rows, context).grow(depth, root);
}

SmallTree grow_small_tree(const PackedCodes& codes, const NumberSums& rows, int depth, const TreeSums* root,
                          const Context& context) {
  return Grower<NumberSums>(codes, rows, context).grow(depth, root);
}

}  // namespace everyml
