#include "everyml/workflow/select/map.h"

#include <fmt/format.h>

#include <algorithm>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/select/learn.h"

namespace everyml {
namespace {

using Fit = Territory::Fit;

/// What the territories ask of a table.
struct TableFacts {
  std::string file, target;
  std::size_t rows = 0;
  std::vector<std::string> numbers, dates, texts, few_levels, many_levels;
  std::vector<std::string> class_targets, number_targets;  ///< columns that could be a target of that kind
  TaskGuess guess;                                         ///< of the target, when there is one
};

/// A category with more levels than this names things (people, products) rather than kinds of things.
constexpr std::size_t kFewLevels = 30;
constexpr std::size_t kMostNamed = 5;

TableFacts facts_of(const Table& table, std::string_view file, std::string_view target) {
  TableFacts facts;
  facts.file = file;
  facts.target = target;
  facts.rows = table.rows();
  for (const Column& column : table.all()) {
    const std::string& name = column.name();
    switch (column.kind()) {
      case ColumnKind::number:
        facts.numbers.push_back(name);
        break;
      case ColumnKind::date:
        facts.dates.push_back(name);
        break;
      case ColumnKind::text:
        facts.texts.push_back(name);
        break;
      case ColumnKind::boolean:
        facts.few_levels.push_back(name);
        break;
      case ColumnKind::category:
        (column.levels().size() <= kFewLevels ? facts.few_levels : facts.many_levels).push_back(name);
        break;
    }
    if (target.empty() && table.rows() > 0) {
      const Target::Kind kind = guess_task(column, std::nullopt).kind;
      if (kind == Target::Kind::classes) facts.class_targets.push_back(name);
      if (kind == Target::Kind::numbers) facts.number_targets.push_back(name);
    }
  }
  if (!target.empty()) facts.guess = guess_task(table.column(target), std::nullopt);
  return facts;
}

std::string named(const std::vector<std::string>& columns) {
  std::vector<std::string> shown;
  for (const std::string& name : columns) {
    if (shown.size() == kMostNamed) break;
    shown.push_back('"' + printable(name, 30) + '"');
  }
  if (columns.size() > kMostNamed) shown.push_back(fmt::format("{} more", columns.size() - kMostNamed));
  return join_and(shown);
}

void judge(Territory& territory, bool fits, std::string reason) {
  territory.fit = fits ? Fit::fits : Fit::does_not_fit;
  territory.reason = std::move(reason);
}

void judge_supervised(Territory& territory, const TableFacts& facts, Target::Kind kind,
                      const std::vector<std::string>& candidates) {
  if (!facts.target.empty()) {
    judge(territory, facts.guess.kind == kind, facts.guess.reason);
  } else if (candidates.empty()) {
    judge(territory, false,
          kind == Target::Kind::classes ? "No column holds classes." : "No column holds quantities.");
  } else {
    judge(territory, true, fmt::format("Could learn to predict {}.", named(candidates)));
  }
  const std::string target =
      facts.target.empty() ? candidates.empty() ? "" : candidates.back() : facts.target;
  if (territory.fit == Fit::fits)
    territory.next = fmt::format("everyml learn {} --target {}", facts.file, target);
}

void judge_clustering(Territory& territory, const TableFacts& facts) {
  const std::size_t usable = facts.numbers.size() + facts.few_levels.size();
  judge(territory, usable >= 2 && facts.rows >= 10,
        usable >= 2 && facts.rows >= 10
            ? fmt::format("{} rows can be compared by {} columns.", facts.rows, usable)
            : "It needs ten rows and two columns of numbers or kinds to compare them by.");
  if (territory.fit == Fit::fits) territory.next = fmt::format("everyml find clusters {}", facts.file);
}

/// What a territory that is not built yet would ask of the table.
void judge_unbuilt(Territory& territory, const TableFacts& facts) {
  const std::string& name = territory.name;
  if (name == "dimension reduction") {
    judge(territory, facts.numbers.size() >= 5,
          fmt::format("{} columns hold numbers; it pays from five on.", facts.numbers.size()));
  } else if (name == "anomalies") {
    judge(territory, !facts.numbers.empty() && facts.rows >= 50,
          "It needs fifty rows and a column of numbers.");
  } else if (name == "forecasting") {
    const bool fits = !facts.dates.empty() && !facts.numbers.empty();
    judge(territory, fits,
          fits ? fmt::format("{} says when, {} say how much.", named(facts.dates), named(facts.numbers))
               : "It needs a column of dates and one of numbers.");
  } else if (name == "rules") {
    const bool fits = facts.few_levels.size() >= 3;
    judge(territory, fits,
          fits ? fmt::format("{} columns hold kinds that may go together.", facts.few_levels.size())
               : "It needs baskets, or three columns of kinds.");
  } else if (name == "recommendation") {
    judge(territory, facts.many_levels.size() >= 2 && !facts.numbers.empty(),
          "It needs who, what, and a rating.");
  } else if (name == "text") {
    judge(territory, !facts.texts.empty(),
          facts.texts.empty() ? "No column holds running text."
                              : fmt::format("{} hold text.", named(facts.texts)));
  } else if (name == "images") {
    judge(territory, false, "A table holds no pictures.");
  } else if (name == "reinforcement") {
    judge(territory, false, "It needs a world to act in, not a table.");
  } else {
    judge(territory, facts.rows >= 1000, fmt::format("{} rows; it pays from thousands on.", facts.rows));
  }
}

std::vector<std::string> algorithms_for(Target::Kind target) {
  std::vector<std::string> names;
  for (const Entry& entry : catalog().entries()) {
    if (entry.card().target == target) names.push_back(entry.card().name);
  }
  return names;
}

}  // namespace

std::vector<Territory> map_of_learning() {
  const auto row = [](const char* name, const char* question, std::vector<std::string> algorithms = {}) {
    Territory territory;
    territory.name = name;
    territory.question = question;
    territory.algorithms = std::move(algorithms);
    return territory;
  };
  std::vector<Territory> map = {
      row("classification", "Which kind is it?", algorithms_for(Target::Kind::classes)),
      row("regression", "How much will it be?", algorithms_for(Target::Kind::numbers)),
      row("clustering", "Which rows are alike?", algorithms_for(Target::Kind::none)),
      row("trees and ensembles", "Which kind, how much: many small rules that vote."),
      row("anomalies", "Which rows are unlike all others?"),
      row("dimension reduction", "What few figures say most of it?"),
      row("forecasting", "How will it go on?"),
      row("rules", "What goes together?"),
      row("recommendation", "What will this person like?"),
      row("text", "What is it about?"),
      row("images", "What is to be seen?"),
      row("neural networks", "Which kind, how much: layers that learn their own features."),
      row("reinforcement", "What should be done next?"),
  };
  std::stable_partition(map.begin(), map.end(), [](const Territory& territory) { return territory.works(); });
  return map;
}

std::vector<Territory> map_of_table(const Table& table, std::string_view file, std::string_view target) {
  const TableFacts facts = facts_of(table, file, target);
  std::vector<Territory> map = map_of_learning();
  for (Territory& territory : map) {
    if (territory.name == "classification") {
      judge_supervised(territory, facts, Target::Kind::classes, facts.class_targets);
    } else if (territory.name == "regression") {
      judge_supervised(territory, facts, Target::Kind::numbers, facts.number_targets);
    } else if (territory.name == "clustering") {
      judge_clustering(territory, facts);
    } else {
      judge_unbuilt(territory, facts);
    }
  }
  const auto rank = [](const Territory& territory) {
    return (territory.fit == Fit::fits ? 0 : 2) + (territory.works() ? 0 : 1);
  };
  std::stable_sort(map.begin(), map.end(),
                   [&](const Territory& a, const Territory& b) { return rank(a) < rank(b); });
  return map;
}

}  // namespace everyml
