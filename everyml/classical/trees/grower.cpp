#include "everyml/classical/trees/grower.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "everyml/classical/trees/grower_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace grower_detail {
HistogramPool::HistogramPool(std::size_t cells, std::size_t bytes)
    : cells_(cells), most_(std::max<std::size_t>(4, bytes / (8 * std::max<std::size_t>(cells, 1)))) {}

int HistogramPool::take(bool always) {
  if (!free_.empty()) {
    const int slot = free_.back();
    free_.pop_back();
    return slot;
  }
  if (slots_.size() >= most_ && !always) return -1;
  slots_.push_back(Buffer<std::uint64_t>::uninitialized(cells_));
  return static_cast<int>(slots_.size()) - 1;
}

void HistogramPool::give_back_all() {
  free_.resize(slots_.size());
  for (std::size_t i = 0; i < slots_.size(); ++i) free_[i] = static_cast<int>(slots_.size() - 1 - i);
}

ColumnChooser::ColumnChooser(const GrowerSettings& settings, const GrowerInput& input, const CodeTiles& tiles)
    : settings_(settings), tiles_(tiles), key_(input.key) {
  const bool draws = settings.columns_level < 1 || settings.columns_node < 1;
  for (std::uint32_t c = 0; c < tiles.columns(); ++c) {
    if (!input.allowed.empty() && input.allowed[c] == 0) continue;
    if (draws) tree_.push_back(c);
    if (tiles.has_cells(c)) with_cells_.push_back(c);
  }
}

void ColumnChooser::keep_with_cells(std::vector<std::uint32_t>& columns) const {
  std::erase_if(columns, [&](std::uint32_t column) { return !tiles_.has_cells(column); });
}

std::vector<std::uint32_t> ColumnChooser::drawn(std::span<const std::uint32_t> from, double share,
                                                std::string_view name, std::uint64_t index) const {
  const auto wanted =
      static_cast<std::size_t>(std::max(1.0, std::round(share * static_cast<double>(from.size()))));
  std::vector<std::uint32_t> out;
  if (wanted >= from.size()) {
    out.assign(from.begin(), from.end());
    return out;
  }
  for (const std::size_t at : Stream(key_, name, index).sample(from.size(), wanted)) out.push_back(from[at]);
  return out;
}

std::span<const std::uint32_t> ColumnChooser::for_node(const OpenLeaf& leaf,
                                                       std::vector<std::uint32_t>& own) {
  const bool draws = settings_.columns_level < 1 || settings_.columns_node < 1;
  if (!draws && leaf.groups.empty()) return with_cells_;
  // Columns without cells are drawn too: what is drawn does not depend on what the rows are.
  while (draws && level_.size() <= leaf.depth)
    level_.push_back(drawn(tree_, settings_.columns_level, "tree-columns-level", level_.size()));
  own = draws ? level_[leaf.depth] : with_cells_;
  if (!leaf.groups.empty()) {
    std::vector<std::uint32_t> kept;
    for (const std::uint32_t column : own) {
      bool met = false;
      for (std::size_t g = 0; g < leaf.groups.size() && !met; ++g) {
        const auto& group = settings_.interactions[g];
        met = leaf.groups[g] != 0 && std::find(group.begin(), group.end(), column) != group.end();
      }
      if (met) kept.push_back(column);
    }
    own = std::move(kept);
  }
  if (settings_.columns_node < 1 && !own.empty())
    own = drawn(own, settings_.columns_node, "tree-columns-node", leaf.node);
  keep_with_cells(own);
  return own;
}

Question question_of(const BinnedFeatures& binned, std::uint32_t feature, const FeatureSplit& split) {
  const FeatureBins& bins = binned.bins(feature);
  Question question;
  question.column = feature;
  question.missing = bins.bins;
  if (bins.category) {
    question.in_set.assign(bins.bins + 1, 0);
    for (const std::uint32_t bin : split.to_left) question.in_set[bin] = 1;
  } else {
    question.bin = split.bin;
    question.missing_left = split.missing_left;
  }
  return question;
}

void fill_node(const BinnedFeatures& binned, std::uint32_t feature, const FeatureSplit& split,
               GrownTree& tree, std::size_t at) {
  const FeatureBins& bins = binned.bins(feature);
  GrownTree::Node& node = tree.nodes[at];
  node.feature = static_cast<std::int32_t>(feature);
  if (!bins.category) {
    // After the last bin of numbers only what is missing goes right.
    node.threshold =
        split.bin < bins.threshold.size() ? bins.threshold[split.bin] : std::numeric_limits<double>::max();
    node.missing_left = split.missing_left;
    return;
  }
  node.categories = static_cast<std::int32_t>(tree.sets.size());
  std::vector<std::uint64_t> set;
  for (const std::uint32_t bin : split.to_left) {
    const auto code = static_cast<std::size_t>(bins.category_of[bin]);
    if (set.size() <= code / 64) set.resize(code / 64 + 1, 0);
    set[code / 64] |= std::uint64_t{1} << (code % 64);
  }
  tree.sets.push_back(std::move(set));
}

TreeJob::TreeJob(const BinnedFeatures& binned, const CodeTiles& tiles, const GrowerSettings& settings,
                 const GrowerInput& input, HistogramBuilder& builder, HistogramPool& pool, Scratch& scratch,
                 const Context& context)
    : binned_(binned),
      tiles_(tiles),
      settings_(settings),
      input_(input),
      builder_(builder),
      pool_(pool),
      scratch_(scratch),
      context_(context),
      alone_(context.serial()),
      columns_(settings, input, tiles) {
  rules_.l1 = settings.l1;
  rules_.l2 = settings.l2;
  rules_.max_delta = settings.max_delta;
  rules_.min_hessian = settings.min_hessian;
  rules_.min_rows = settings.min_rows;
  rules_.categories = settings.categories;
  used_tiles_.assign(tiles.tiles().size(), 0);
  for (const std::uint32_t column : columns_.of_tree()) used_tiles_[tiles.tile_of(column)] = 1;
  slots_ = slots_of(columns_.of_tree());
}

GrownRows TreeJob::run() {
  start();
  if (settings_.growth == TreeGrowth::symmetric) {
    grow_symmetric();
  } else {
    grow_by_leaves();
  }
  finish();
  return std::move(grown_);
}

void TreeJob::start() {
  const std::size_t n = row_count();
  const bool all = n == binned_.rows();
  rules_.units = make_words(input_.gradient, input_.hessian, input_.weights,
                            all ? std::span<const std::uint32_t>{} : input_.rows, input_.key, scratch_.words,
                            context_, settings_.gradient_bits);
  parallel_for(context_, n, 65536, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) scratch_.rows[i] = row_number(i);
  });
  pool_.give_back_all();
  OpenLeaf root;
  root.end = n;
  root.groups.assign(settings_.interactions.size(), 1);
  root.total = parallel_reduce<std::uint64_t>(
      context_, n, 65536,
      [&](std::size_t begin, std::size_t end) {
        std::uint64_t sum = 0;
        for (std::size_t i = begin; i < end; ++i) sum += scratch_.words[i];
        return sum;
      },
      [](std::uint64_t& into, std::uint64_t&& part) { into += part; });
  grown_.tree.nodes.emplace_back();
  grown_.bin.push_back(0);
  leaves_.push_back(std::move(root));
}

/// Exact sums over the rows of each leaf. Rows are read in their own order: leaf by leaf each would be a walk
/// through all of memory.
std::vector<TreeJob::Sums> TreeJob::sums_by_leaf() const {
  parallel_for(context_, leaves_.size(), 8, [&](std::size_t first, std::size_t last) {
    for (std::size_t k = first; k < last; ++k)
      for (std::size_t i = leaves_[k].begin; i < leaves_[k].end; ++i)
        scratch_.spare_rows[scratch_.rows[i]] = static_cast<std::uint32_t>(k);
  });
  const std::size_t block = std::max<std::size_t>(65536, 16 * leaves_.size());
  return parallel_reduce<std::vector<Sums>>(
      context_, row_count(), block,
      [&](std::size_t begin, std::size_t end) {
        std::vector<Sums> sums(leaves_.size());
        for (std::size_t i = begin; i < end; ++i) {
          const std::uint32_t row = row_number(i);
          Sums& sum = sums[scratch_.spare_rows[row]];
          const double weight = input_.weights.empty() ? 1.0 : input_.weights[row];
          sum.gradient += weight * static_cast<double>(input_.gradient[row]);
          sum.hessian += input_.hessian.empty() ? weight : weight * static_cast<double>(input_.hessian[row]);
          sum.weight += weight;
        }
        return sums;
      },
      [](std::vector<Sums>& into, std::vector<Sums>&& part) {
        for (std::size_t k = 0; k < into.size(); ++k) {
          into[k].gradient += part[k].gradient;
          into[k].hessian += part[k].hessian;
          into[k].weight += part[k].weight;
        }
      });
}

/// Answers from the exact gradients, cover, and where each leaf's rows are.
void TreeJob::finish() {
  GrownTree& tree = grown_.tree;
  std::sort(leaves_.begin(), leaves_.end(), [](const OpenLeaf& a, const OpenLeaf& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.node < b.node;
  });
  std::vector<Sums> sums(tree.nodes.size());
  const std::vector<Sums> by_leaf = sums_by_leaf();
  for (std::size_t k = 0; k < leaves_.size(); ++k) sums[leaves_[k].node] = by_leaf[k];
  tree.values.assign(tree.nodes.size(), 0);
  for (std::size_t i = tree.nodes.size(); i-- > 0;) {
    GrownTree::Node& node = tree.nodes[i];
    if (node.feature >= 0) {
      const Sums &left = sums[static_cast<std::size_t>(node.left)],
                 &right = sums[static_cast<std::size_t>(node.right)];
      sums[i] = {left.gradient + right.gradient, left.hessian + right.hessian, left.weight + right.weight};
    }
    node.cover = sums[i].weight;
    tree.values[i] = rules_.answer(sums[i].gradient, sums[i].hessian);
  }
  const double most = settings_.max_delta > 0 ? settings_.max_delta : kInfinity;
  for (const OpenLeaf& leaf : leaves_) {
    const double low = std::max(leaf.low, -most), high = std::min(leaf.high, most);
    double& value = tree.values[leaf.node];
    value = std::clamp(value, low, high);
    grown_.leaves.push_back({leaf.node, leaf.begin, leaf.end, low, high});
  }
  grown_.rows = scratch_.rows.span().first(row_count());
  grown_.leaf_of = scratch_.spare_rows;
}

}  // namespace grower_detail

namespace {

/// Rows beside those of its most frequent code that a column needs for any split.
std::size_t least_rows(const GrowerSettings& settings) {
  if (!settings.unweighted || settings.growth == TreeGrowth::symmetric) return 0;
  return static_cast<std::size_t>(std::min(std::ceil(settings.min_rows), 4294967295.0));
}

}  // namespace

class Grower::Impl {
 public:
  Impl(BinnedFeatures binned, GrowerSettings settings, const Context& context)
      : binned_(std::move(binned)),
        settings_(std::move(settings)),
        tiles_(std::make_shared<const CodeTiles>(binned_, least_rows(settings_), context)),
        builder_(*tiles_),
        pool_(tiles_->cells(), settings_.histogram_bytes) {
    make_room();
  }
  /// Beside another.
  Impl(const Impl& other)
      : binned_(other.binned_),
        settings_(other.settings_),
        tiles_(other.tiles_),
        builder_(*tiles_),
        pool_(tiles_->cells(), settings_.histogram_bytes) {
    make_room();
  }

  GrownRows grow(const GrowerInput& input, const Context& context) {
    grower_detail::TreeJob job(binned_, *tiles_, settings_, input, builder_, pool_, scratch_, context);
    return job.run();
  }
  std::size_t own_bytes() const {
    const std::size_t most = settings_.growth == TreeGrowth::symmetric ? SIZE_MAX : settings_.histogram_bytes;
    return 24 * binned_.rows() + std::min(most, (settings_.max_leaves + 4) * tiles_->cells() * 8);
  }
  const BinnedFeatures& binned() const { return binned_; }

 private:
  void make_room() {
    for (auto* rows : {&scratch_.rows, &scratch_.spare_rows})
      *rows = Buffer<std::uint32_t>::uninitialized(binned_.rows());
    for (auto* words : {&scratch_.words, &scratch_.spare_words})
      *words = Buffer<std::uint64_t>::uninitialized(binned_.rows());
  }

  BinnedFeatures binned_;
  GrowerSettings settings_;
  std::shared_ptr<const CodeTiles> tiles_;
  HistogramBuilder builder_;
  grower_detail::HistogramPool pool_;
  grower_detail::Scratch scratch_;
};

Grower::Grower(BinnedFeatures binned, GrowerSettings settings, const Context& context)
    : impl_(std::make_unique<Impl>(std::move(binned), std::move(settings), context)) {}
Grower::Grower(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Grower::~Grower() = default;
Grower::Grower(Grower&&) noexcept = default;
GrownRows Grower::grow(const GrowerInput& input, const Context& context) {
  return impl_->grow(input, context);
}
Grower Grower::beside() const { return Grower(std::make_unique<Impl>(*impl_)); }
std::size_t Grower::own_bytes() const { return impl_->own_bytes(); }
const BinnedFeatures& Grower::binned() const { return impl_->binned(); }

void leaf_nodes(const GrownRows& grown, const BinnedFeatures& binned, std::span<const std::uint32_t> some,
                std::span<std::uint32_t> out, const Context& context) {
  const auto& nodes = grown.tree.nodes;
  struct Step {
    std::uint32_t feature, bin, missing;
    bool missing_left;
    std::vector<std::uint8_t> in_set;
  };
  std::vector<Step> steps(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].feature < 0) continue;
    const auto feature = static_cast<std::uint32_t>(nodes[i].feature);
    const FeatureBins& bins = binned.bins(feature);
    steps[i] = {feature, grown.bin[i], bins.bins, nodes[i].missing_left, {}};
    if (nodes[i].categories < 0) continue;
    const auto& set = grown.tree.sets[static_cast<std::size_t>(nodes[i].categories)];
    steps[i].in_set.assign(bins.bins + 1, 0);
    for (std::uint32_t bin = 0; bin < bins.bins; ++bin) {
      const auto code = static_cast<std::size_t>(bins.category_of[bin]);
      if (code / 64 < set.size()) steps[i].in_set[bin] = (set[code / 64] >> (code % 64)) & 1;
    }
  }
  const std::size_t n = some.empty() ? binned.rows() : some.size();
  parallel_for(context, n, 4096, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t row = some.empty() ? i : some[i];
      std::size_t at = 0;
      while (nodes[at].feature >= 0) {
        const Step& step = steps[at];
        const std::uint32_t code = binned.code(row, step.feature);
        const bool left = !step.in_set.empty()   ? step.in_set[code] != 0
                          : code == step.missing ? step.missing_left
                                                 : code <= step.bin;
        at = static_cast<std::size_t>(left ? nodes[at].left : nodes[at].right);
      }
      out[i] = static_cast<std::uint32_t>(at);
    }
  });
}

}  // namespace everyml
