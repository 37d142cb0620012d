#include "everyml/classical/trees/shap.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "everyml/classical/trees/aligned_array_impl.h"
#include "everyml/classical/trees/shap_check_impl.h"
#include "everyml/classical/trees/shap_paths_impl.h"
#include "everyml/classical/trees/tree_walk_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

using detail::kShapLanes;
using detail::ShapTree;

/// Trees that are ready at the same time: their tables take about 8 MB.
constexpr std::size_t kReadyTables = std::size_t{1} << 20;

struct ReadyTree {
  std::size_t number;
  ShapTree tree;
};

/// Rows side by side: value of a feature of eight rows, [groups, features, kShapLanes].
class RowGroups {
 public:
  RowGroups(const Features& x, std::size_t begin, std::size_t end)
      : groups_((end - begin + kShapLanes - 1) / kShapLanes),
        features_(x.columns()),
        values_(groups_ * features_ * kShapLanes) {
    std::vector<double> scratch;
    const double* rows = x.tile64(begin, end, scratch);
    for (std::size_t i = 0; i < end - begin; ++i, rows += features_) {
      double* to = group(i / kShapLanes) + i % kShapLanes;
      for (std::size_t j = 0; j < features_; ++j) to[j * kShapLanes] = rows[j];
    }
  }
  std::size_t groups() const { return groups_; }
  double* group(std::size_t g) { return values_.data() + g * features_ * kShapLanes; }

 private:
  std::size_t groups_, features_;
  detail::AlignedArray<double> values_;
};

/// Adds some trees to the values of rows [begin, end), output by output.
void add_trees(const TreeParts& p, const std::vector<ReadyTree>& ready, const Features& x, std::size_t begin,
               std::size_t end, double* out) {
  RowGroups rows(x, begin, end);
  const std::size_t sums_of_group = p.outputs * p.features * kShapLanes;
  detail::AlignedArray<double> sums(rows.groups() * sums_of_group);
  std::size_t scratch_size = 0;
  for (const ReadyTree& one : ready) scratch_size = std::max(scratch_size, detail::shap_scratch(one.tree));
  detail::AlignedArray<double> scratch(scratch_size);
  for (const ReadyTree& one : ready) {
    for (std::size_t g = 0; g < rows.groups(); ++g) {
      for (std::size_t w = 0; w < p.width; ++w) {
        const std::size_t output = p.tree_output[one.number] + w;
        detail::add_shap(p, one.tree, p.leaf_value.data() + w, rows.group(g),
                         sums.data() + g * sums_of_group + output * p.features * kShapLanes, scratch.data());
      }
    }
  }
  for (std::size_t i = begin; i < end; ++i) {
    const double* from = sums.data() + (i - begin) / kShapLanes * sums_of_group + (i - begin) % kShapLanes;
    for (std::size_t o = 0; o < p.outputs; ++o) {
      double* to = out + (i * p.outputs + o) * (p.features + 1);
      for (std::size_t f = 0; f < p.features; ++f, from += kShapLanes) to[f] += *from;
    }
  }
}

}  // namespace

namespace detail {

void check_shap(const TreeEnsemble& trees, const Features& x, std::size_t have, std::size_t per_row) {
  const TreeParts& p = trees.parts();
  if (x.columns() != p.features) {
    throw DataError(
        "data.feature_count",
        fmt::format("the features have {} columns, the trees were made for {}", x.columns(), p.features));
  }
  if (have != x.rows() * per_row) {
    throw ParameterError(
        "trees.output_size",
        fmt::format("the place for the values has {} entries, {} would be right", have, x.rows() * per_row));
  }
  if (!p.linear_start.empty()) {
    throw UnsupportedError(
        "trees.linear_leaves",
        "SHAP values need leaves that are one number each; these trees have linear leaves");
  }
}

}  // namespace detail

void shap_base(const TreeEnsemble& trees, std::span<double> out) {
  const TreeParts& p = trees.parts();
  if (out.size() != p.outputs) {
    throw ParameterError(
        "trees.output_size",
        fmt::format("the place for the base has {} entries, {} would be right", out.size(), p.outputs));
  }
  std::copy(p.base.begin(), p.base.end(), out.begin());
  for (std::size_t t = 0; t < p.trees(); ++t) detail::add_tree_mean(p, t, out.data());
}

void shap_values(const TreeEnsemble& trees, const Features& x, std::span<double> out,
                 const Context& context) {
  const TreeParts& p = trees.parts();
  detail::check_shap(trees, x, out.size(), p.outputs * (p.features + 1));
  std::vector<double> base(p.outputs);
  shap_base(trees, base);
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t i = 0; i < x.rows() * p.outputs; ++i) {
    out[(i + 1) * (p.features + 1) - 1] = base[i % p.outputs];
  }
  const std::size_t grain = p.features * p.outputs > 4096 ? kShapLanes : 8 * kShapLanes;
  for (std::size_t t = 0; t < p.trees();) {
    std::vector<ReadyTree> ready;
    for (std::size_t size = 0; t < p.trees() && size < kReadyTables; ++t) {
      if (p.first_node[t] == p.first_node[t + 1]) continue;
      ready.push_back({t, detail::shap_tree(p, t)});
      size += ready.back().tree.tables.size();
      context.check();
    }
    parallel_for(context, x.rows(), grain,
                 [&](std::size_t begin, std::size_t end) { add_trees(p, ready, x, begin, end, out.data()); });
  }
}

}  // namespace everyml
