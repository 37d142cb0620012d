#include "everyml/workflow/explain/anomalies.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

/// What the others look like in a number or date: the middle nine tenths.
struct Middle {
  double low = 0, high = 0;
  bool any = false;
};

Middle middle_of(const Column& column) {
  std::vector<double> values;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row) && std::isfinite(column.number(row))) values.push_back(column.number(row));
  }
  if (values.empty()) return {};
  const auto at = [&](double share) {
    const auto place =
        static_cast<std::ptrdiff_t>(std::llround(share * static_cast<double>(values.size() - 1)));
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return values[static_cast<std::size_t>(place)];
  };
  const double low = at(0.05);
  return {low, at(0.95), true};
}

std::string written(const Column& column, double value) {
  if (column.kind() == ColumnKind::date) {
    return format_date(static_cast<std::int64_t>(value), column.has_time());
  }
  return format_short(value);
}

double share_of_value(const Column& column, std::size_t row) {
  const bool missing = column.missing(row);
  const std::string own = column.kind() == ColumnKind::text && !missing ? column.cell(row) : "";
  std::size_t same = 0;
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (column.missing(i) != missing) continue;
    if (missing) {
      ++same;
    } else if (column.kind() == ColumnKind::text) {
      same += column.text(i) == own;
    } else {
      same += column.number(i) == column.number(row);
    }
  }
  return static_cast<double>(same) / static_cast<double>(column.size());
}

}  // namespace

Anomalies find_anomalies(const Artifact& artifact, const Table& table, std::size_t most, std::size_t reasons,
                         const Context& context) {
  Anomalies found;
  found.scores = predict_anomalies(artifact, table, context);
  found.threshold = artifact.model.anomaly_threshold();
  found.unusual = static_cast<std::size_t>(std::count_if(
      found.scores.begin(), found.scores.end(), [&](double score) { return score >= found.threshold; }));
  std::vector<std::size_t> order(table.rows());
  std::iota(order.begin(), order.end(), std::size_t{0});
  most = std::min(most, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      return found.scores[a] != found.scores[b] ? found.scores[a] > found.scores[b] : a < b;
                    });
  order.resize(most);
  if (order.empty()) return found;

  // Features of the model come together under the column of the table that they were made of.
  const Features x = artifact.encoder.transform(table.select_rows(order), context);
  std::vector<double> worths(x.rows() * x.columns());
  artifact.model.anomaly_reasons(x, worths, context);
  std::map<std::string, Middle> middles;
  for (std::size_t i = 0; i < order.size(); ++i) {
    context.check();
    std::map<std::string, double> by_column;
    for (std::size_t j = 0; j < x.columns(); ++j) {
      by_column[artifact.encoder.info()[j].source] += worths[i * x.columns() + j];
    }
    UnusualRow one{order[i], found.scores[order[i]], {}};
    for (const auto& [name, worth] : by_column) {
      if (worth > 0 && table.find(name)) one.reasons.push_back({.column = name, .worth = worth});
    }
    std::stable_sort(one.reasons.begin(), one.reasons.end(),
                     [](const AnomalyReason& a, const AnomalyReason& b) { return a.worth > b.worth; });
    if (one.reasons.size() > reasons) one.reasons.resize(reasons);
    for (AnomalyReason& reason : one.reasons) {
      const Column& column = table.column(reason.column);
      reason.missing = column.missing(one.row);
      reason.own = column.cell(one.row);
      reason.share = share_of_value(column, one.row);
      if (column.kind() != ColumnKind::number && column.kind() != ColumnKind::date) continue;
      auto place = middles.find(reason.column);
      if (place == middles.end()) place = middles.emplace(reason.column, middle_of(column)).first;
      if (!place->second.any) continue;
      reason.others_low = written(column, place->second.low);
      reason.others_high = written(column, place->second.high);
    }
    found.first.push_back(std::move(one));
  }
  return found;
}

std::string reason_text(const AnomalyReason& reason) {
  const std::string name = printable(reason.column, 30);
  const std::string share = fmt::format("as {} % of the rows", format_short(100 * reason.share, 2));
  if (reason.missing) return fmt::format("{} is missing, {}", name, share);
  const std::string own = printable(reason.own, 30);
  if (reason.others_low.empty()) return fmt::format("{} = {}, {}", name, own, share);
  if (reason.others_low == reason.others_high) {
    return fmt::format("{} = {}, others {}", name, own, reason.others_low);
  }
  return fmt::format("{} = {}, others {} to {}", name, own, reason.others_low, reason.others_high);
}

}  // namespace everyml
