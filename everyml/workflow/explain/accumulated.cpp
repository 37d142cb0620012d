#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/explain/explain.h"
#include "everyml/workflow/explain/grid_impl.h"
#include "everyml/workflow/explain/scoring.h"

namespace everyml {
namespace {

/// Rows whose cell is a finite value, and the step of the grid that each lies in.
struct Placed {
  std::vector<std::size_t> rows;
  std::vector<std::size_t> step;
};

Placed place(const Column& column, std::span<const double> grid) {
  Placed placed;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.missing(row)) continue;
    const double value = column.number(row);
    if (!std::isfinite(value)) continue;
    const auto above = std::lower_bound(grid.begin(), grid.end(), value) - grid.begin();
    placed.rows.push_back(row);
    placed.step.push_back(above == 0 ? 0 : static_cast<std::size_t>(above) - 1);
  }
  return placed;
}

/// The column with each row's cell at one end of its step.
Column at_ends(const Column& like, std::span<const double> grid, std::span<const std::size_t> step,
               std::size_t end) {
  if (like.kind() == ColumnKind::date) {
    Buffer<std::int64_t> cells(step.size());
    for (std::size_t i = 0; i < step.size(); ++i) cells[i] = static_cast<std::int64_t>(grid[step[i] + end]);
    return Column::dates(like.name(), std::move(cells), like.has_time());
  }
  Buffer<double> cells(step.size());
  for (std::size_t i = 0; i < step.size(); ++i) cells[i] = grid[step[i] + end];
  return Column::numbers(like.name(), std::move(cells));
}

}  // namespace

AccumulatedEffects accumulated_effects(const Artifact& artifact, const Table& table, std::string_view column,
                                       const DependenceOptions& options, const Context& context) {
  if (options.points < 2 || options.max_rows == 0) {
    throw ParameterError("parameter.range",
                         "accumulated effects: points must be at least 2 and max_rows at least 1");
  }
  Table part = table;
  if (table.rows() > options.max_rows) {
    part = table.select_rows(context.random("dependence rows").sample(table.rows(), options.max_rows));
  }
  const Column& all = part.column(column);
  if (all.kind() != ColumnKind::number && all.kind() != ColumnKind::date) {
    throw UnsupportedError("explain.ale_column", "accumulated effects walk along an order, and \"" +
                                                     printable(column) + "\" holds " +
                                                     std::string(to_string(all.kind())) +
                                                     " values, which have none; "
                                                     "partial dependence shows them");
  }
  AccumulatedEffects result;
  result.column = std::string(column);
  result.kind = all.kind();
  result.class_names = artifact.class_names;
  result.grid = explain_impl::grid_of(all, options.points);
  if (result.grid.size() < 2) {
    throw DataError("explain.no_rows", "accumulated effects: \"" + printable(column) +
                                           "\" needs at least two different values among the rows given");
  }
  const Placed placed = place(all, result.grid);
  const Table rows = part.select_rows(placed.rows);
  const auto answers_at = [&](std::size_t end) {
    return predict_scores(artifact, rows.with(at_ends(all, result.grid, placed.step, end)), context);
  };
  const std::vector<double> low = answers_at(0), high = answers_at(1);

  const std::size_t width = std::max<std::size_t>(1, artifact.class_names.size());
  const std::size_t steps = result.grid.size() - 1;
  std::vector<double> change(steps * width, 0.0);
  result.rows.assign(steps, 0);
  for (std::size_t i = 0; i < placed.step.size(); ++i) {
    ++result.rows[placed.step[i]];
    for (std::size_t k = 0; k < width; ++k)
      change[placed.step[i] * width + k] += high[i * width + k] - low[i * width + k];
  }
  result.effect.assign(result.grid.size() * width, 0.0);
  for (std::size_t k = 0; k < width; ++k) {
    double mean = 0;
    for (std::size_t s = 0; s < steps; ++s) {
      const auto n = static_cast<double>(result.rows[s]);
      const double before = result.effect[s * width + k];
      const double after = before + (n > 0 ? change[s * width + k] / n : 0);
      result.effect[(s + 1) * width + k] = after;
      mean += n * (before + after) / 2;
    }
    mean /= static_cast<double>(placed.rows.size());
    for (std::size_t s = 0; s <= steps; ++s) result.effect[s * width + k] -= mean;
  }
  return result;
}

Json to_json(const AccumulatedEffects& effects) {
  Json json = {{"column", effects.column}, {"kind", to_string(effects.kind)}, {"grid", effects.grid}};
  if (!effects.class_names.empty()) json["class_names"] = effects.class_names;
  json["effect"] = effects.effect;
  json["rows"] = effects.rows;
  return json;
}

}  // namespace everyml
