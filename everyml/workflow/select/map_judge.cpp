#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/select/map_impl.h"

namespace everyml {
namespace {

using Columns = std::vector<const ColumnFacts*>;

constexpr std::size_t kMostNamed = 5;

std::string quoted(const ColumnFacts& column) { return '"' + printable(column.name, 30) + '"'; }

std::string named(const Columns& columns) {
  std::vector<std::string> shown;
  for (const ColumnFacts* column : columns) {
    if (shown.size() == kMostNamed) break;
    shown.push_back(quoted(*column));
  }
  if (columns.size() > kMostNamed) shown.push_back(fmt::format("{} more", columns.size() - kMostNamed));
  return join_and(shown);
}

std::string counted(const Columns& columns, std::string_view what) {
  return fmt::format("{} column{} of {}", columns.size(), columns.size() == 1 ? "" : "s", what);
}

void judge(Territory& territory, bool fits, std::string reason) {
  territory.fit = fits ? Territory::Fit::fits : Territory::Fit::does_not_fit;
  territory.reason = std::move(reason);
}

Columns candidates(const TableFacts& facts, Target::Kind kind) {
  Columns found;
  for (const ColumnFacts& column : facts.columns) {
    if (kind == Target::Kind::classes ? column.can_be_classes : column.can_be_number)
      found.push_back(&column);
  }
  return found;
}

void judge_supervised(Territory& territory, const TableFacts& facts, Target::Kind kind) {
  std::string target = facts.target;
  if (!target.empty()) {
    judge(territory, facts.guess.kind == kind, facts.guess.reason + ".");
  } else if (const Columns could = candidates(facts, kind); could.empty()) {
    judge(territory, false,
          kind == Target::Kind::classes ? "No column holds classes." : "No column holds quantities.");
  } else {
    judge(territory, true, fmt::format("Could learn to predict {}.", named(could)));
    target = could.back()->name;
  }
  if (territory.fit == Territory::Fit::fits) {
    territory.next = fmt::format("everyml learn {} --target {}", shell_word(facts.file), shell_word(target));
  }
}

void judge_clustering(Territory& territory, const TableFacts& facts) {
  Columns usable;
  for (const ColumnFacts& column : facts.columns) {
    const bool kinds = column.kind == ColumnKind::boolean || column.kind == ColumnKind::category;
    if ((column.kind == ColumnKind::number || (kinds && !column.names_things())) && column.distinct >= 2) {
      usable.push_back(&column);
    }
  }
  const bool fits = usable.size() >= 2 && facts.rows >= 10;
  judge(territory, fits,
        fits ? fmt::format("{} rows can be compared by {}.", facts.rows, named(usable))
             : fmt::format("It needs ten rows and two columns to compare them by; there are {} and {}.",
                           facts.rows, usable.size()));
  if (fits) territory.next = fmt::format("everyml find clusters {}", shell_word(facts.file));
}

void judge_anomalies(Territory& territory, const TableFacts& facts) {
  const Columns numbers = facts.of_kind(ColumnKind::number);
  const bool fits = !numbers.empty() && facts.rows >= 50;
  judge(territory, fits,
        fits ? fmt::format("Some of the {} rows may be unlike the rest in {}.", facts.rows, named(numbers))
             : fmt::format("It needs fifty rows and a column of numbers; there are {} and {}.", facts.rows,
                           numbers.size()));
  if (fits) territory.next = fmt::format("everyml find anomalies {}", shell_word(facts.file));
}

void judge_forecasting(Territory& territory, const TableFacts& facts) {
  const Columns numbers = facts.of_kind(ColumnKind::number);
  const ColumnFacts* when = nullptr;
  for (const ColumnFacts* date : facts.of_kind(ColumnKind::date)) {
    if (when == nullptr || date->distinct > when->distinct) when = date;
  }
  const bool amount = !numbers.empty() || facts.guess.kind == Target::Kind::numbers;
  if (when == nullptr) return judge(territory, false, "No column holds dates.");
  if (when->distinct < 10) {
    return judge(
        territory, false,
        fmt::format("{} holds {} different dates; it pays from ten on.", quoted(*when), when->distinct));
  }
  if (!amount)
    return judge(territory, false, fmt::format("{} says when, but no column says how much.", quoted(*when)));
  const std::string what = numbers.empty() ? '"' + printable(facts.target, 30) + '"' : named(numbers);
  judge(territory, true,
        fmt::format("{} holds {} dates from {} to {}, and {} say{} how much.", quoted(*when), when->distinct,
                    format_date(static_cast<std::int64_t>(when->low), false),
                    format_date(static_cast<std::int64_t>(when->high), false), what,
                    numbers.size() > 1 ? "" : "s"));
}

/// A column whose values each come back and that tells which basket or person a row belongs to.
Columns things(const TableFacts& facts) {
  Columns found;
  for (const ColumnFacts& column : facts.columns) {
    if (column.names_things() && column.repeats() >= 1.5) found.push_back(&column);
  }
  return found;
}

void judge_rules(Territory& territory, const TableFacts& facts) {
  const Columns names = things(facts);
  Columns kinds;
  for (const ColumnFacts& column : facts.columns) {
    const bool of_kinds = column.kind == ColumnKind::boolean || column.kind == ColumnKind::category;
    if (of_kinds && !column.names_things() && column.distinct >= 2) kinds.push_back(&column);
  }
  // One row per article in a basket: few columns, one of which says which basket, another which article.
  if (facts.columns.size() <= 3 && !names.empty()) {
    const ColumnFacts* basket = names.front();
    for (const ColumnFacts& item : facts.columns) {
      if (&item == basket || (item.kind != ColumnKind::category && item.kind != ColumnKind::text)) continue;
      return judge(
          territory, true,
          fmt::format("{} values of {} come with {} of {} each, like baskets with what is in them.",
                      basket->distinct, quoted(*basket), format_short(basket->repeats(), 2), quoted(item)));
    }
  }
  const bool fits = kinds.size() >= 3;
  judge(territory, fits,
        fits ? fmt::format("{} hold kinds that may go together.", named(kinds))
             : fmt::format("It needs baskets, or three columns of kinds; there {} {}.",
                           kinds.size() == 1 ? "is" : "are", kinds.size()));
}

void judge_recommendation(Territory& territory, const TableFacts& facts) {
  constexpr std::size_t kMostMarks = 21;
  const Columns names = things(facts);
  if (names.size() < 2)
    return judge(territory, false, "It needs a column that says who, one that says what, and a rating.");
  for (const ColumnFacts* mark : facts.of_kind(ColumnKind::number)) {
    if (mark == names[0] || mark == names[1] || mark->distinct < 2 || mark->distinct > kMostMarks) continue;
    return judge(territory, true,
                 fmt::format("{} different {} rate {} different {} with {} from {} to {}.",
                             names[0]->distinct, quoted(*names[0]), names[1]->distinct, quoted(*names[1]),
                             quoted(*mark), format_short(mark->low), format_short(mark->high)));
  }
  judge(territory, false,
        fmt::format("{} and {} could be who and what, but no column rates.", quoted(*names[0]),
                    quoted(*names[1])));
}

void judge_text(Territory& territory, const TableFacts& facts) {
  const Columns texts = facts.of_kind(ColumnKind::text);
  Columns running;
  for (const ColumnFacts* text : texts) {
    if (text->words >= 3) running.push_back(text);
  }
  if (running.empty()) {
    return judge(territory, false,
                 texts.empty() ? "No column holds running text."
                               : fmt::format("{} holds single words, no running text.", named(texts)));
  }
  judge(territory, true,
        fmt::format("{} holds running text, {} words a row in the first.", named(running),
                    format_short(running.front()->words, 2)));
}

/// The number at the end of "p17", or nothing.
std::optional<std::size_t> trailing_number(std::string_view name, std::string& stem) {
  std::size_t at = name.size();
  while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9') --at;
  if (at == name.size() || at == 0 || name.size() - at > 6) return {};
  stem = name.substr(0, at);
  return static_cast<std::size_t>(std::stoul(std::string(name.substr(at))));
}

void judge_images(Territory& territory, const TableFacts& facts) {
  for (const ColumnFacts& column : facts.columns) {
    if (!column.picture.empty()) {
      return judge(territory, true,
                   fmt::format("{} names pictures, such as {}.", quoted(column), printable(column.picture)));
    }
  }
  Columns pixels;
  std::string stem, first_stem;
  for (const ColumnFacts* column : facts.of_kind(ColumnKind::number)) {
    if (!trailing_number(column->name, stem) || !column->whole || column->low < 0 || column->high > 255)
      continue;
    if (pixels.empty()) first_stem = stem;
    if (stem == first_stem) pixels.push_back(column);
  }
  const auto side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(pixels.size()))));
  if (pixels.size() >= 49 && side * side == pixels.size()) {
    return judge(territory, true,
                 fmt::format("{} to {} look like the pixels of pictures of {} x {}.", quoted(*pixels.front()),
                             quoted(*pixels.back()), side, side));
  }
  judge(territory, false, "No column names pictures or holds their pixels.");
}

void judge_reinforcement(Territory& territory, const TableFacts& facts) {
  const auto column = [&](std::string_view wanted) {
    return std::any_of(facts.columns.begin(), facts.columns.end(),
                       [&](const ColumnFacts& one) { return to_lower_ascii(one.name) == wanted; });
  };
  const bool fits = column("action") && column("reward");
  judge(territory, fits,
        fits ? fmt::format("\"action\" and \"reward\" in {} rows look like a log of what was tried.",
                           facts.rows)
             : "It needs a world to act in, not a table.");
}

void judge_many_rows(Territory& territory, const TableFacts& facts, std::size_t least) {
  const bool target = facts.target.empty() ? !candidates(facts, Target::Kind::classes).empty() ||
                                                 !candidates(facts, Target::Kind::numbers).empty()
                                           : facts.guess.kind != Target::Kind::none;
  const bool fits = target && facts.rows >= least;
  if (!target) return judge(territory, false, "No column to be predicted.");
  judge(territory, fits, fmt::format("{} rows; it pays from about {} on.", facts.rows, least));
}

}  // namespace

void judge_territory(Territory& territory, const TableFacts& facts) {
  const std::string& name = territory.name;
  if (name == "classification")
    judge_supervised(territory, facts, Target::Kind::classes);
  else if (name == "regression")
    judge_supervised(territory, facts, Target::Kind::numbers);
  else if (name == "clustering")
    judge_clustering(territory, facts);
  else if (name == "anomalies")
    judge_anomalies(territory, facts);
  else if (name == "forecasting")
    judge_forecasting(territory, facts);
  else if (name == "rules")
    judge_rules(territory, facts);
  else if (name == "recommendation")
    judge_recommendation(territory, facts);
  else if (name == "text")
    judge_text(territory, facts);
  else if (name == "images")
    judge_images(territory, facts);
  else if (name == "reinforcement")
    judge_reinforcement(territory, facts);
  else if (name == "trees and ensembles")
    judge_many_rows(territory, facts, 100);
  else if (name == "neural networks")
    judge_many_rows(territory, facts, 1000);
  else {
    const Columns numbers = facts.of_kind(ColumnKind::number);
    judge(territory, numbers.size() >= 5,
          fmt::format("{}; it pays from five on.", counted(numbers, "numbers")));
  }
}

}  // namespace everyml
