#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/explain/explain.h"
#include "everyml/workflow/explain/grid_impl.h"
#include "everyml/workflow/explain/scoring.h"

namespace everyml {
namespace {

constexpr std::size_t kMostLevels = 24;

/// The commonest levels, commonest first; ties in byte order.
std::vector<std::int32_t> common_levels(const Column& column) {
  std::vector<std::size_t> counts(column.levels().size(), 0);
  for (const std::int32_t code : column.codes()) {
    if (code >= 0) ++counts[static_cast<std::size_t>(code)];
  }
  std::vector<std::int32_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return counts[static_cast<std::size_t>(a)] > counts[static_cast<std::size_t>(b)];
  });
  std::erase_if(order, [&](std::int32_t level) { return counts[static_cast<std::size_t>(level)] == 0; });
  if (order.size() > kMostLevels) order.resize(kMostLevels);
  return order;
}

Column constant(const Column& like, std::size_t rows, double value) {
  switch (like.kind()) {
    case ColumnKind::boolean: {
      Buffer<std::int8_t> cells(rows);
      std::fill(cells.begin(), cells.end(), static_cast<std::int8_t>(value));
      return Column::booleans(like.name(), std::move(cells));
    }
    case ColumnKind::category: {
      Buffer<std::int32_t> cells(rows);
      std::fill(cells.begin(), cells.end(), static_cast<std::int32_t>(value));
      return Column::categories(like.name(), std::move(cells), {like.levels().begin(), like.levels().end()});
    }
    case ColumnKind::date: {
      Buffer<std::int64_t> cells(rows);
      std::fill(cells.begin(), cells.end(), static_cast<std::int64_t>(value));
      return Column::dates(like.name(), std::move(cells), like.has_time());
    }
    default: {
      Buffer<double> cells(rows);
      std::fill(cells.begin(), cells.end(), value);
      return Column::numbers(like.name(), std::move(cells));
    }
  }
}

double quantile(std::vector<double>& values, double share) {
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(rank), values.end());
  return values[rank];
}

}  // namespace

namespace explain_impl {

std::vector<double> grid_of(const Column& column, std::size_t points) {
  std::vector<double> values;
  values.reserve(column.size());
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row)) values.push_back(column.number(row));
  }
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  std::sort(values.begin(), values.end());
  std::vector<double> distinct = values;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() <= points) return distinct;
  std::vector<double> grid;
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t rank = i * (values.size() - 1) / (points - 1);
    if (grid.empty() || values[rank] > grid.back()) grid.push_back(values[rank]);
  }
  return grid;
}

}  // namespace explain_impl

PartialDependence partial_dependence(const Artifact& artifact, const Table& table, std::string_view column,
                                     const DependenceOptions& options, const Context& context) {
  if (options.points < 2 || options.max_rows == 0) {
    throw ParameterError("parameter.range",
                         "partial dependence: points must be at least 2 and max_rows at least 1");
  }
  if (table.rows() == 0) throw DataError("explain.no_rows", "partial dependence needs at least one row");
  Table part = table;
  if (table.rows() > options.max_rows) {
    part = table.select_rows(context.random("dependence rows").sample(table.rows(), options.max_rows));
  }
  const Column& original = part.column(column);
  if (original.kind() == ColumnKind::text) {
    throw UnsupportedError("explain.text_column",
                           "partial dependence: \"" + printable(column) +
                               "\" is a text column, whose values have no order to walk along");
  }
  PartialDependence result;
  result.column = std::string(column);
  result.kind = original.kind();
  result.class_names = artifact.class_names;

  std::vector<double> values;
  if (original.kind() == ColumnKind::category) {
    for (const std::int32_t level : common_levels(original)) {
      values.push_back(level);
      result.levels.emplace_back(original.levels()[static_cast<std::size_t>(level)]);
    }
  } else if (original.kind() == ColumnKind::boolean) {
    values = {0, 1};
    result.levels = {"false", "true"};
  } else {
    values = explain_impl::grid_of(original, options.points);
    result.grid = values;
  }

  const std::size_t width = std::max<std::size_t>(1, artifact.class_names.size());
  std::vector<double> one(part.rows());
  for (const double value : values) {
    context.check();
    const Table fixed = part.with(constant(original, part.rows(), value));
    const std::vector<double> answers = predict_scores(artifact, fixed, context);
    for (std::size_t k = 0; k < width; ++k) {
      for (std::size_t row = 0; row < part.rows(); ++row) one[row] = answers[row * width + k];
      result.mean.push_back(std::accumulate(one.begin(), one.end(), 0.0) / static_cast<double>(one.size()));
      result.low.push_back(quantile(one, 0.1));
      result.high.push_back(quantile(one, 0.9));
    }
  }
  return result;
}

Json to_json(const PartialDependence& dependence) {
  Json json = {{"column", dependence.column}, {"kind", to_string(dependence.kind)}};
  if (!dependence.grid.empty()) json["grid"] = dependence.grid;
  if (!dependence.levels.empty()) json["levels"] = dependence.levels;
  if (!dependence.class_names.empty()) json["class_names"] = dependence.class_names;
  json["mean"] = dependence.mean;
  json["low"] = dependence.low;
  json["high"] = dependence.high;
  return json;
}

}  // namespace everyml
