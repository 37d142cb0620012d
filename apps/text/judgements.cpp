#include "apps/text/judgements.h"

#include <fmt/format.h>

#include "everyml/foundation/base/text.h"

namespace everyml::shown {

std::string describe_evaluation(const Evaluation& evaluation, const Artifact& artifact, std::string_view name,
                                const Terminal& terminal) {
  const bool orders = evaluation.lists > 0;
  TextTable table{.alignment = {Align::left, Align::right, Align::right, Align::left},
                  .rows = {{"metric", "value", "95 % interval", orders ? "a random order" : ""}}};
  for (const Judgement& one : evaluation.judgements) {
    table.rows.push_back(
        {one.title, format_short(one.interval.estimate),
         fmt::format("{} to {}", format_short(one.interval.low), format_short(one.interval.high)),
         one.chance              ? format_short(*one.chance)
         : one.greater_is_better ? "more is better"
                                 : "less is better"});
  }
  const std::string lists = orders ? fmt::format(", {} lists", grouped(evaluation.lists)) : "";
  const std::string left_out =
      evaluation.lists_left_out > 0
          ? fmt::format("Nothing is relevant in {} other lists, which say nothing of the order.\n",
                        grouped(evaluation.lists_left_out))
          : "";
  return fmt::format("{} for \"{}\" on {} rows of {}{}\n", artifact.model.card().title,
                     printable(artifact.target_name), grouped(evaluation.rows), printable(name, 200), lists) +
         table.render(terminal.width()) + left_out;
}

}  // namespace everyml::shown
