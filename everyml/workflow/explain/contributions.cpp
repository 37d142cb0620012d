#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/explain/explain.h"

namespace everyml {
namespace {

/// Names of the sums. One sum of a classifier is the score of its second class.
std::vector<std::string> names_of_sums(const AnyModel& model) {
  const std::span<const std::string> names = model.class_names();
  if (model.contribution_count() == names.size()) return {names.begin(), names.end()};
  if (model.contribution_count() == 1 && names.size() == 2) return {names[1]};
  return {};
}

/// As ColumnContributions::rank, for one column; `rank` begins at its first row and goes on in steps of
/// `stride`.
void rank_values(const Column& column, std::size_t stride, double* rank) {
  std::vector<std::size_t> order;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row)) order.push_back(row);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return column.number(a) < column.number(b); });
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && column.number(order[end]) == column.number(order[begin])) ++end;
    const double middle = static_cast<double>(begin + end - 1) / 2;
    for (std::size_t i = begin; i < end; ++i) {
      rank[order[i] * stride] = middle / static_cast<double>(std::max<std::size_t>(order.size() - 1, 1));
    }
  }
}

void rank_columns(const Table& table, ColumnContributions& result) {
  const std::size_t columns = result.columns.size();
  result.rank.assign(result.rows.size() * columns, std::numeric_limits<double>::quiet_NaN());
  result.value = result.rank;
  for (std::size_t c = 0; c < columns; ++c) {
    const auto position = table.find(result.columns[c]);
    if (!position) continue;
    const Column& column = table.column(*position);
    if (column.kind() == ColumnKind::number || column.kind() == ColumnKind::date) {
      rank_values(column, columns, result.rank.data() + c);
      for (std::size_t row = 0; row < column.size(); ++row) {
        if (!column.missing(row)) result.value[row * columns + c] = column.number(row);
      }
    }
  }
}

}  // namespace

ColumnContributions column_contributions(const Artifact& artifact, const Table& table, std::size_t max_rows,
                                         const Context& context) {
  if (table.rows() == 0 || max_rows == 0) {
    throw DataError("explain.no_rows", "contributions need at least one row");
  }
  ColumnContributions result;
  result.rows.resize(table.rows());
  std::iota(result.rows.begin(), result.rows.end(), std::size_t{0});
  if (table.rows() > max_rows) {
    result.rows = context.random("contribution rows").sample(table.rows(), max_rows);
    std::sort(result.rows.begin(), result.rows.end());
  }
  const Table part = table.select_rows(result.rows);
  const Features x = artifact.encoder.transform(part, context);
  const std::size_t sums = artifact.model.contribution_count(), features = x.columns();
  std::vector<double> flat(x.rows() * sums * (features + 1));
  artifact.model.contributions(x, flat, context);

  std::map<std::string, std::size_t, std::less<>> place_of;
  for (const auto& column : artifact.encoder.schema().columns) {
    place_of.emplace(column.name, result.columns.size());
    result.columns.push_back(column.name);
  }
  std::vector<std::size_t> place;
  for (const FeatureInfo& info : artifact.encoder.info()) {
    const auto [at, added] = place_of.emplace(info.source, result.columns.size());
    if (added) result.columns.push_back(info.source);
    place.push_back(at->second);
  }
  result.sums = names_of_sums(artifact.model);
  result.base.resize(sums);
  result.added.assign(x.rows() * sums * result.columns.size(), 0.0);
  for (std::size_t i = 0; i < x.rows() * sums; ++i) {
    const double* from = flat.data() + i * (features + 1);
    double* to = result.added.data() + i * result.columns.size();
    for (std::size_t f = 0; f < features; ++f) to[place[f]] += from[f];
    result.base[i % sums] = from[features];
  }
  rank_columns(part, result);
  return result;
}

}  // namespace everyml
