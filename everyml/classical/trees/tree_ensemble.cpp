#include "everyml/classical/trees/tree_ensemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "everyml/classical/trees/evaluator_impl.h"
#include "everyml/classical/trees/evaluator_row_impl.h"
#include "everyml/classical/trees/tree_check_impl.h"
#include "everyml/classical/trees/tree_walk_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {

struct TreeEnsemble::State {
  explicit State(TreeParts p) : parts(std::move(p)) {
    detail::check_parts(parts);
    row_plan = detail::plan_rows(parts);
  }
  /// Made when a batch first asks: whoever only saves or asks single rows does not pay for it.
  const detail::EvaluatorPlan* plan() const {
    std::call_once(planned, [this] { made_plan = detail::plan_evaluator(parts); });
    return made_plan.get();
  }

  TreeParts parts;
  std::unique_ptr<const detail::RowPlan> row_plan;
  mutable std::once_flag planned;
  mutable std::unique_ptr<const detail::EvaluatorPlan> made_plan;
};

namespace {

/// Fewer rows or trees are not worth the codes of a block (bench/tree_predict.md).
constexpr std::size_t kBatchRows = 96, kBatchTrees = 4;

void require_room(const TreeParts& parts, const Features& x, std::size_t have, std::size_t per_row) {
  if (x.columns() != parts.features) {
    throw DataError(
        "data.feature_count",
        fmt::format("the features have {} columns, the trees were made for {}", x.columns(), parts.features));
  }
  if (have != x.rows() * per_row) {
    throw ParameterError("trees.output_size",
                         fmt::format("the place for the answers has {} entries, {} would "
                                     "be right",
                                     have, x.rows() * per_row));
  }
}

/// Rows of a chunk: enough to pay for the hand-over, few enough for a tile to stay small when it is wide.
std::size_t rows_at_a_time(std::size_t columns) {
  return std::clamp<std::size_t>((std::size_t{1} << 20) / std::max<std::size_t>(columns, 1), 1, 512);
}

}  // namespace

TreeEnsemble::TreeEnsemble(TreeParts parts) : state_(std::make_shared<const State>(std::move(parts))) {}

const TreeParts& TreeEnsemble::parts() const { return state_->parts; }

void TreeEnsemble::predict(const Features& x, std::span<double> out, const Context& context,
                           std::size_t first, std::size_t last) const {
  const TreeParts& p = parts();
  require_room(p, x, out.size(), p.outputs);
  last = std::min(last, p.trees());
  if (x.rows() >= kBatchRows && last - std::min(first, last) >= kBatchTrees) {
    if (const detail::EvaluatorPlan* plan = state_->plan()) {
      detail::predict_blocks(p, *plan, x, first, last, out, context);
      return;
    }
  }
  const bool whole = first == 0 && last == p.trees();
  parallel_for(context, x.rows(), rows_at_a_time(p.features), [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    const double* rows = x.tile64(begin, end, scratch);
    for (std::size_t i = begin; i < end; ++i, rows += p.features) {
      double* answer = out.data() + i * p.outputs;
      if (whole) {
        predict_row(rows, answer);
        continue;
      }
      std::copy(p.base.begin(), p.base.end(), answer);
      detail::add_row(p, first, last, rows, answer);
    }
  });
}

void TreeEnsemble::predict_row(const double* row, double* out) const noexcept {
  const TreeParts& p = parts();
  std::copy(p.base.begin(), p.base.end(), out);
  if (state_->row_plan != nullptr) {
    detail::add_planned_row(p, *state_->row_plan, row, out);
  } else {
    detail::add_row(p, 0, p.trees(), row, out);
  }
}

void TreeEnsemble::leaves(const Features& x, std::span<std::int32_t> out, const Context& context) const {
  const TreeParts& p = parts();
  require_room(p, x, out.size(), p.trees());
  if (x.rows() >= kBatchRows && p.trees() >= kBatchTrees) {
    if (const detail::EvaluatorPlan* plan = state_->plan()) {
      detail::leaves_of_blocks(p, *plan, x, out, context);
      return;
    }
  }
  parallel_for(context, x.rows(), rows_at_a_time(p.features), [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    const double* rows = x.tile64(begin, end, scratch);
    for (std::size_t i = begin; i < end; ++i, rows += p.features) {
      for (std::size_t t = 0; t < p.trees(); ++t) out[i * p.trees() + t] = detail::walk(p, t, rows);
    }
  });
}

void TreeEnsemble::importance(std::span<double> gain, std::span<double> cover,
                              std::span<double> splits) const {
  const TreeParts& p = parts();
  for (const std::span<double> sums : {gain, cover, splits}) {
    if (sums.size() != p.features) {
      throw ParameterError("trees.output_size", fmt::format("the place for an importance has {} entries, {} "
                                                            "would be right",
                                                            sums.size(), p.features));
    }
    std::fill(sums.begin(), sums.end(), 0.0);
  }
  for (std::size_t i = 0; i < p.nodes(); ++i) {
    const auto feature = static_cast<std::size_t>(p.feature[i]);
    gain[feature] += static_cast<double>(p.gain[i]);
    cover[feature] += p.cover[i];
    splits[feature] += 1;
  }
}

}  // namespace everyml
