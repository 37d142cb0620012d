#include <cmath>
#include <utility>

#include "everyml/ensembles/boosting/boosting_scores_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::boosting_detail {
namespace {

/// Others look at rows together, so weights are part of every derivative.
bool sums_over_rows(ObjectiveKind kind) {
  using K = ObjectiveKind;
  return kind != K::cox && kind != K::lambdamart_ndcg && kind != K::lambdamart_map && kind != K::pairwise &&
         kind != K::xe_ndcg && kind != K::formula;
}

}  // namespace

Scored scored(const Dataset& data, std::span<const std::size_t> rows, const BoostingObjective& objective,
              const std::string& watched, const Context& context) {
  const bool whole = rows.size() == data.rows();
  std::vector<double> weights;
  std::vector<std::int32_t> groups;
  bool plain = true;
  for (const std::size_t row : rows) plain &= data.weight(row) == 1;
  if (!plain)
    for (const std::size_t row : rows) weights.push_back(data.weight(row));
  if (!data.groups.empty())
    for (const std::size_t row : rows) groups.push_back(data.groups[row]);
  const Target target = whole ? data.target : data.target.select(rows);
  Scored out{
      objective.over(target, weights, groups, context),
      plain || !sums_over_rows(objective.spec().kind) ? nullptr : objective.over(target, {}, groups, context),
      {},
      Buffer<double>(rows.size() * objective.outputs())};
  if (watched != "loss") out.watch.emplace(objective, watched, target, std::move(weights), std::move(groups));
  return out;
}

void add_answers(const GrownRows& grown, std::span<const std::uint32_t> rows, std::span<double> scores,
                 const Context& context) {
  std::vector<double> answers;
  for (const GrownRows::Leaf& leaf : grown.leaves) answers.push_back(grown.tree.values[leaf.node]);
  const std::size_t n = rows.empty() ? scores.size() : rows.size();
  parallel_for(context, n, 65536, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t row = rows.empty() ? i : rows[i];
      scores[row] += answers[grown.leaf_of[row]];
    }
  });
}

void add_answers_of_others(const GrownRows& grown, const BinnedFeatures& binned,
                           std::span<const std::uint32_t> some, double factor, std::span<double> scores,
                           std::vector<std::uint32_t>& nodes, const Context& context) {
  const std::size_t n = some.empty() ? binned.rows() : some.size();
  nodes.resize(n);
  leaf_nodes(grown, binned, some, nodes, context);
  for (std::size_t i = 0; i < n; ++i)
    scores[some.empty() ? i : some[i]] += factor * grown.tree.values[nodes[i]];
}

void shrink(GrownTree& tree, double rate) {
  for (double& value : tree.values) {
    value *= rate;
    if (!std::isfinite(value))
      throw DataError("data.spread", "answers of leaves are beyond doubles; scale the target");
  }
  for (GrownTree::Linear& leaf : tree.linear) {
    leaf.offset *= rate;
    for (double& coefficient : leaf.coefficient) coefficient *= rate;
  }
}

}  // namespace everyml::boosting_detail
