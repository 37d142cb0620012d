#include <algorithm>

#include "everyml/foundation/base/parallel.h"
#include "everyml/workflow/encode/encoder_impl.h"
#include "everyml/workflow/encode/source_impl.h"

namespace everyml::encode_detail {
namespace {

/// Sums of weights and of weighted targets per level; the last level is all rows, missing cells included.
struct LevelSums {
  LevelSums(std::size_t levels, std::size_t outputs_)
      : outputs(outputs_), weight(levels + 1), value((levels + 1) * outputs_) {}
  std::size_t outputs;
  std::vector<double> weight, value;

  void add(std::size_t level, double row_weight, std::size_t output, double y) {
    value[level * outputs + output] += row_weight * y;
  }
  void join(const LevelSums& other) {
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] += other.weight[i];
    for (std::size_t i = 0; i < value.size(); ++i) value[i] += other.value[i];
  }
  /// The mean of each level mixed with `smoothing` rows' worth of the overall mean.
  /// Reference: Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes", SIGKDD
  /// Explorations 3 (2001), in its form with a constant weight of the prior.
  void means(double smoothing, double* out) const {
    const std::size_t levels = weight.size() - 1;
    for (std::size_t k = 0; k < outputs; ++k) {
      const double overall = weight[levels] > 0 ? value[levels * outputs + k] / weight[levels] : 0;
      for (std::size_t level = 0; level < levels; ++level) {
        const double total = weight[level] + smoothing;
        out[level * outputs + k] =
            total > 0 ? (value[level * outputs + k] + smoothing * overall) / total : overall;
      }
      out[levels * outputs + k] = overall;
    }
  }
};

/// Adds one row to the sums of a level.
void add_row(LevelSums& sums, std::size_t level, double weight, const Target& target, std::size_t row) {
  sums.weight[level] += weight;
  if (target.kind() == Target::Kind::numbers) {
    sums.add(level, weight, 0, target.values()[row]);
  } else if (sums.outputs == 1) {
    sums.add(level, weight, 0, target.codes()[row] == 1 ? 1 : 0);
  } else {
    sums.add(level, weight, static_cast<std::size_t>(target.codes()[row]), 1);
  }
}

}  // namespace

std::optional<SideCodes> learn_targets(const Encoder::Data& data, const Table& table, const Target& target,
                                       std::span<const double> weights, const Context& context,
                                       std::vector<std::vector<double>>* whole) {
  if (!data.any_targets()) return std::nullopt;
  const std::size_t rows = table.rows();
  const auto folds = static_cast<std::size_t>(data.settings.target_folds);
  SideCodes side;
  side.fold.resize(rows);
  const std::vector<std::size_t> order = context.random("encode.side_folds").permutation(rows);
  for (std::size_t i = 0; i < rows; ++i) side.fold[order[i]] = static_cast<std::int32_t>(i % folds);
  side.tables.resize(data.plans.size());
  if (whole != nullptr) whole->resize(data.plans.size());

  parallel_for(context, data.plans.size(), 1, [&](std::size_t p, std::size_t) {
    const Plan& plan = data.plans[p];
    if (plan.way != Way::targets) return;
    const std::size_t levels = plan.column.levels.size();
    const std::optional<std::size_t> at = table.find(plan.column.name);
    const ColumnSource source(plan, at ? &table.column(*at) : nullptr);
    CellScratch scratch;
    const std::span<const std::int32_t> codes = source.read(0, rows, scratch, nullptr).codes;
    std::vector<LevelSums> sums(folds, LevelSums(levels, data.outputs));
    for (std::size_t row = 0; row < rows; ++row) {
      const double weight = weights.empty() ? 1.0 : weights[row];
      if (weight <= 0) continue;
      LevelSums& fold = sums[static_cast<std::size_t>(side.fold[row])];
      add_row(fold, levels, weight, target, row);
      if (codes[row] >= 0) add_row(fold, static_cast<std::size_t>(codes[row]), weight, target, row);
    }
    const std::size_t size = (levels + 1) * data.outputs;
    side.tables[p].resize(folds * size);
    for (std::size_t k = 0; k < folds; ++k) {
      // The sum of the others, not the total less this one: no trace of the fold's own targets may stay in
      // the last bits.
      LevelSums others(levels, data.outputs);
      for (std::size_t j = 0; j < folds; ++j) {
        if (j != k) others.join(sums[j]);
      }
      others.means(data.settings.target_smoothing, side.tables[p].data() + k * size);
    }
    if (whole == nullptr) return;
    LevelSums all(levels, data.outputs);
    for (const LevelSums& fold : sums) all.join(fold);
    (*whole)[p].resize(size);
    all.means(data.settings.target_smoothing, (*whole)[p].data());
  });
  return side;
}

}  // namespace everyml::encode_detail
