#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "everyml/ensembles/boosting/boosting_watch_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/foundation/metrics/ranking.h"

namespace everyml::boosting_detail {
namespace {

std::vector<std::string> names_for(const BoostingObjective& objective) {
  std::vector<std::string> names{"loss"};
  if (objective.needs_groups()) {
    for (const ListMetric& metric : list_metrics()) names.push_back(metric.name);
    return names;
  }
  for (const MetricInfo& metric : metric_list())
    if (metric.task == objective.target_kind()) names.emplace_back(metric.name);
  return names;
}

}  // namespace

bool watches(const BoostingObjective& objective, std::string_view metric) {
  if (objective.needs_groups() && find_list_metric(metric)) return true;
  const std::vector<std::string> names = names_for(objective);
  return std::find(names.begin(), names.end(), metric) != names.end();
}

void require_watched(const BoostingObjective& objective, std::string_view metric) {
  if (watches(objective, metric)) return;
  std::string all;
  for (const std::string& name : names_for(objective)) all += (all.empty() ? "" : ", ") + name;
  throw ParameterError(
      "parameter.validation_metric",
      fmt::format("validation_metric must be one of {}; got \"{}\"", all, printable(metric)));
}

Watch::Watch(const BoostingObjective& objective, std::string metric, Target truth,
             std::vector<double> weights, std::vector<std::int32_t> groups)
    : objective_(objective),
      metric_(std::move(metric)),
      truth_(std::move(truth)),
      weights_(std::move(weights)),
      groups_(std::move(groups)) {}

bool Watch::greater_is_better() const {
  return objective_.needs_groups() || find_metric(metric_).greater_is_better;
}

/// answers: [rows, outputs].
double Watch::figure(std::span<const double> answers) const {
  const std::size_t outputs = objective_.outputs(), rows = truth_.size();
  if (objective_.needs_groups()) {
    const ListMetric metric = *find_list_metric(metric_);
    return mean_over_lists(metric.figure, truth_.values(), answers, groups_, metric.places,
                           Gains::exponential, weights_);
  }
  if (truth_.kind() == Target::Kind::classes) {
    if (outputs > 1) return score(metric_, truth_, {.values = {}, .probabilities = answers}, weights_);
    std::vector<double> both(2 * rows);
    for (std::size_t row = 0; row < rows; ++row) {
      both[2 * row] = 1 - answers[row];
      both[2 * row + 1] = answers[row];
    }
    return score(metric_, truth_, {.values = {}, .probabilities = both}, weights_);
  }
  if (outputs == 1) return score(metric_, truth_, {.values = answers, .probabilities = {}}, weights_);
  // Of several levels the one in the middle is what predict answers.
  std::vector<double> middle(rows);
  for (std::size_t row = 0; row < rows; ++row) middle[row] = answers[row * outputs + outputs / 2];
  return score(metric_, truth_, {.values = middle, .probabilities = {}}, weights_);
}

double Watch::value(std::span<const double> scores, const Context& context) const {
  const std::size_t outputs = objective_.outputs(), rows = truth_.size();
  std::vector<double> answers(rows * outputs);
  parallel_for(context, rows, 8192, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row)
      for (std::size_t o = 0; o < outputs; ++o) answers[row * outputs + o] = scores[o * rows + row];
    objective_.answers(std::span(answers).subspan(begin * outputs, (end - begin) * outputs));
  });
  const double found = figure(answers);
  if (!std::isfinite(found))
    throw DataError("boosting.validation_metric",
                    fmt::format("{} has no figure for the {} rows kept back; keep back more rows, or watch "
                                "the loss",
                                metric_, rows));
  return found;
}

}  // namespace everyml::boosting_detail
