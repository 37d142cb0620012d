#include "apps/text/judgements.h"

#include <fmt/format.h>

#include "everyml/foundation/base/text.h"

namespace everyml::shown {

std::string describe_evaluation(const Evaluation& evaluation, const Artifact& artifact, std::string_view name,
                                const Terminal& terminal) {
  TextTable table{.alignment = {Align::left, Align::right, Align::right, Align::left},
                  .rows = {{"metric", "value", "95 % interval", ""}}};
  for (const Judgement& one : evaluation.judgements) {
    table.rows.push_back(
        {std::string(one.metric.title), format_short(one.interval.estimate),
         fmt::format("{} to {}", format_short(one.interval.low), format_short(one.interval.high)),
         one.metric.greater_is_better ? "more is better" : "less is better"});
  }
  return fmt::format("{} for \"{}\" on {} rows of {}\n", artifact.model.card().title,
                     printable(artifact.target_name), grouped(evaluation.rows), printable(name, 200)) +
         table.render(terminal.width());
}

}  // namespace everyml::shown
