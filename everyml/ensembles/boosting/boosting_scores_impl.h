#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/classical/trees/grower.h"
#include "everyml/ensembles/boosting/boosting_watch_impl.h"
#include "everyml/ensembles/boosting/objective.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/data/dataset.h"

// The scores that boosting keeps of its rows, and how a grown tree is added to them.

namespace everyml::boosting_detail {

/// Rows whose scores grow with the trees, and the loss over them.
struct Scored {
  std::unique_ptr<BoostingLoss> loss;
  std::unique_ptr<BoostingLoss> unweighted;  ///< of rows of weight 1, where the loss is a sum over rows
  std::optional<Watch> watch;                ///< of rows kept back, where something else than the loss is
  Buffer<double> scores;                     ///< [outputs, rows]

  std::size_t rows() const { return loss->rows(); }
};

/// `rows` of the data with scores of 0; `watched` is a metric by which rows kept back are judged, or "loss".
Scored scored(const Dataset& data, std::span<const std::size_t> rows, const BoostingObjective& objective,
              const std::string& watched, const Context& context);

/// Adds a tree's answers to the scores of the rows it was grown from, all when `rows` is empty.
void add_answers(const GrownRows& grown, std::span<const std::uint32_t> rows, std::span<double> scores,
                 const Context& context);
/// The same for rows that the tree did not see, all when `some` is empty; `factor` multiplies its answers.
/// `nodes` is room to work in.
void add_answers_of_others(const GrownRows& grown, const BinnedFeatures& binned,
                           std::span<const std::uint32_t> some, double factor, std::span<double> scores,
                           std::vector<std::uint32_t>& nodes, const Context& context);

/// Multiplies what leaves answer. Throws DataError "data.spread".
void shrink(GrownTree& tree, double rate);

}  // namespace everyml::boosting_detail
