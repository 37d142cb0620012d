#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/encode/encoder_impl.h"

namespace everyml::encode_detail {
namespace {

double weight_of(std::span<const double> weights, std::size_t row) {
  return weights.empty() ? 1.0 : weights[row];
}

/// Values of the rows that count, with their weights (empty when all are 1), and whether some were missing.
struct Known {
  std::vector<double> values, weights;
  bool some_missing = false;
};

template <class Value>
Known known_values(const Column& column, std::span<const double> weights, Value value_of) {
  Known known;
  known.values.reserve(column.size());
  for (std::size_t row = 0; row < column.size(); ++row) {
    const double weight = weight_of(weights, row);
    if (weight <= 0) continue;
    const double value = value_of(row);
    if (!std::isfinite(value)) {
      known.some_missing = true;
      continue;
    }
    known.values.push_back(value);
    if (!weights.empty()) known.weights.push_back(weight);
  }
  return known;
}

Learned learn_number(const Column& column, std::span<const double> weights, bool indicators) {
  Learned out;
  Plan& plan = out.plan;
  plan.way = Way::number;
  Known known = known_values(column, weights, [&](std::size_t row) {
    const double value = column.number(row);
    plan.infinite_at_fit += std::isinf(value) ? 1 : 0;
    return value;
  });
  plan.indicator = indicators && known.some_missing;
  if (known.values.empty()) {
    out.dropped = "empty: every cell is missing";
    return out;
  }
  const auto [low, high] = std::minmax_element(known.values.begin(), known.values.end());
  plan.low = *low;
  plan.high = *high;
  if (plan.low == plan.high && !known.some_missing)
    out.dropped = "constant: always " + format_short(plan.low, 6);
  plan.fill = weighted_median(std::move(known.values), std::move(known.weights));
  return out;
}

Learned learn_boolean(const Column& column, std::span<const double> weights, bool indicators) {
  Learned out;
  out.plan.way = Way::boolean;
  double with[2] = {0, 0};
  bool some_missing = false;
  for (std::size_t row = 0; row < column.size(); ++row) {
    const double weight = weight_of(weights, row);
    if (weight <= 0) continue;
    if (column.missing(row))
      some_missing = true;
    else
      with[column.number(row) != 0 ? 1 : 0] += weight;
  }
  out.plan.indicator = indicators && some_missing;
  out.plan.fill = with[1] > with[0] ? 1 : 0;
  out.plan.high = 1;
  if (with[0] == 0 && with[1] == 0)
    out.dropped = "empty: every cell is missing";
  else if ((with[0] == 0 || with[1] == 0) && !some_missing) {
    out.dropped = with[1] > 0 ? "constant: always true" : "constant: always false";
  }
  return out;
}

Learned learn_category(const Column& column, std::span<const double> weights, bool has_target,
                       const InputNeeds& needs, const EncoderSettings& settings) {
  Learned out;
  std::vector<char> seen(column.levels().size(), 0);
  bool some_missing = false;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (weight_of(weights, row) <= 0) continue;
    const std::int32_t code = column.codes()[row];
    if (code < 0)
      some_missing = true;
    else
      seen[static_cast<std::size_t>(code)] = 1;
  }
  Plan& plan = out.plan;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != 0) plan.column.levels.push_back(column.levels()[i]);
  }
  const auto levels = static_cast<std::int64_t>(plan.column.levels.size());
  if (needs.categories == InputNeeds::Categories::codes)
    plan.way = Way::codes;
  else if (levels <= settings.one_hot_levels)
    plan.way = Way::flags;
  else
    plan.way = has_target ? Way::targets : Way::hashed;
  // A code says by NaN that it is missing; one that is NaN because the learner keeps missing values does too.
  const bool says_missing =
      plan.way == Way::codes || (plan.way == Way::targets && needs.missing == InputNeeds::Missing::keep);
  plan.indicator = settings.missing_indicators && some_missing && !says_missing;
  if (levels == 0)
    out.dropped = "empty: every cell is missing";
  else if (levels == 1 && !some_missing) {
    out.dropped = fmt::format("constant: always \"{}\"", printable(plan.column.levels[0]));
  }
  return out;
}

Learned learn_text(const Column& column, std::span<const double> weights) {
  Learned out;
  out.plan.way = Way::text;
  std::optional<std::size_t> first;
  bool constant = true, some_missing = false;
  for (std::size_t row = 0; row < column.size() && (constant || !first); ++row) {
    if (weight_of(weights, row) <= 0) continue;
    if (column.missing(row))
      some_missing = true;
    else if (!first)
      first = row;
    else
      constant = column.text(row) == column.text(*first);
  }
  if (!first)
    out.dropped = "empty: every cell is missing";
  else if (constant && !some_missing) {
    out.dropped = fmt::format("constant: always \"{}\"", printable(column.text(*first)));
  }
  return out;
}

Learned learn_date(const Column& column, std::span<const double> weights, bool indicators) {
  Learned out;
  Plan& plan = out.plan;
  plan.way = Way::date;
  plan.column.has_time = column.has_time();
  // Microseconds fit a double exactly until the year 2255; a median rounded to a microsecond later on is no
  // harm.
  Known known = known_values(column, weights, [&](std::size_t row) {
    return column.missing(row) ? kMissing : static_cast<double>(column.dates()[row]);
  });
  plan.indicator = indicators && known.some_missing;
  if (known.values.empty()) {
    out.dropped = "empty: every cell is missing";
    return out;
  }
  const auto [low, high] = std::minmax_element(known.values.begin(), known.values.end());
  if (*low == *high && !known.some_missing) {
    out.dropped = "constant: always " + format_date(static_cast<std::int64_t>(*low), column.has_time());
  }
  constexpr double kDay = 86'400e6;
  const auto whole = [](double microseconds) {
    return static_cast<std::int64_t>(std::clamp(microseconds, -kFarthestDate, kFarthestDate));
  };
  plan.earliest = whole(std::floor(*low / kDay) * kDay);
  double middle = weighted_median(std::move(known.values), std::move(known.weights));
  if (!column.has_time()) middle = std::floor(middle / kDay) * kDay;
  plan.date_fill = whole(middle);
  return out;
}

}  // namespace

double weighted_median(std::vector<double> values, std::vector<double> weights) {
  if (weights.empty()) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return std::midpoint(*std::max_element(values.begin(), middle), *middle);
  }
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  const double half = std::accumulate(weights.begin(), weights.end(), 0.0) / 2;
  double sum = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    sum += weights[order[i]];
    if (sum > half) return values[order[i]];
    if (sum == half && i + 1 < order.size()) return std::midpoint(values[order[i]], values[order[i + 1]]);
  }
  return values[order.back()];
}

Learned learn_column(const Column& column, std::span<const double> weights, bool has_target,
                     const InputNeeds& needs, const EncoderSettings& settings) {
  const bool indicators = settings.missing_indicators && needs.missing == InputNeeds::Missing::impute;
  Learned out;
  switch (column.kind()) {
    case ColumnKind::number:
      out = learn_number(column, weights, indicators);
      break;
    case ColumnKind::boolean:
      out = learn_boolean(column, weights, indicators);
      break;
    case ColumnKind::category:
      out = learn_category(column, weights, has_target, needs, settings);
      break;
    case ColumnKind::text:
      out = learn_text(column, weights);
      break;
    case ColumnKind::date:
      out = learn_date(column, weights, indicators);
      break;
  }
  out.plan.column.name = column.name();
  out.plan.column.kind = column.kind();
  return out;
}

}  // namespace everyml::encode_detail
