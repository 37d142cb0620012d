#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/select/learn.h"

namespace everyml {
namespace {

/// Whole numbers with at most this many distinct values, each seen often, are read as class labels.
constexpr std::size_t kMostNumericClasses = 10;
constexpr double kFewestRowsPerClass = 10;

struct NumberFacts {
  std::set<double> distinct;  ///< at most kMostNumericClasses + 1
  std::size_t present = 0;
  bool whole = true;
};

NumberFacts facts_of(const Column& column) {
  NumberFacts facts;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.missing(row)) continue;
    const double value = column.number(row);
    ++facts.present;
    if (value != std::floor(value)) facts.whole = false;
    if (facts.distinct.size() <= kMostNumericClasses) facts.distinct.insert(value);
  }
  return facts;
}

bool looks_like_labels(const NumberFacts& facts) {
  if (!facts.whole || facts.distinct.size() > kMostNumericClasses) return false;
  if (facts.distinct.size() <= 2) return true;
  // Labels are usually 0..k-1 or 1..k without gaps; counts and grades with gaps are numbers.
  const double low = *facts.distinct.begin(), high = *facts.distinct.rbegin();
  const bool consecutive = high - low + 1 == static_cast<double>(facts.distinct.size());
  return consecutive && (low == 0 || low == 1) &&
         static_cast<double>(facts.present) >=
             kFewestRowsPerClass * static_cast<double>(facts.distinct.size());
}

}  // namespace

TaskGuess guess_task(const Column& target, std::optional<bool> classification) {
  const std::string name = printable(target.name());
  switch (target.kind()) {
    case ColumnKind::boolean:
    case ColumnKind::category:
      if (classification == false) {
        throw ParameterError("learn.task",
                             fmt::format("\"{}\" holds labels, not numbers, so it cannot be predicted as "
                                         "a number; ask for classification",
                                         name));
      }
      if (target.kind() == ColumnKind::boolean) {
        return {Target::Kind::classes,
                fmt::format("\"{}\" is true or false, so this is classification", name)};
      }
      return {Target::Kind::classes, fmt::format("\"{}\" is one of {} labels, so this is classification",
                                                 name, target.levels().size())};
    case ColumnKind::number: {
      const NumberFacts facts = facts_of(target);
      const bool labels = classification.value_or(looks_like_labels(facts));
      const std::string many = facts.distinct.size() > kMostNumericClasses
                                   ? fmt::format("more than {}", kMostNumericClasses)
                                   : std::to_string(facts.distinct.size());
      if (labels && classification) {
        return {Target::Kind::classes,
                fmt::format("\"{}\" is a number with {} distinct values, read as labels as asked, so this is "
                            "classification",
                            name, many)};
      }
      if (labels) {
        return {Target::Kind::classes,
                fmt::format("\"{}\" has {} {}values, read as labels, so this is classification", name, many,
                            facts.whole ? "whole " : "")};
      }
      return {Target::Kind::numbers,
              fmt::format("\"{}\" is a number with {} distinct values, so this is regression", name, many)};
    }
    case ColumnKind::date:
      return {Target::Kind::none,
              fmt::format("\"{}\" is a date; turn it into a number of days to predict it", name)};
    case ColumnKind::text:
      return {
          Target::Kind::none,
          fmt::format("\"{}\" is free text, nearly every row differs; a target must be a label or a number",
                      name)};
  }
  return {};
}

Target make_target(const Column& column, Target::Kind kind, std::vector<std::size_t>& rows) {
  rows.clear();
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row)) rows.push_back(row);
  }
  if (kind == Target::Kind::numbers) {
    auto values = Buffer<double>::uninitialized(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) values[i] = column.number(rows[i]);
    return Target::numbers(std::move(values));
  }

  auto codes = Buffer<std::int32_t>::uninitialized(rows.size());
  std::vector<std::string> names;
  if (column.kind() == ColumnKind::number) {
    std::map<double, std::int32_t> found;
    for (const std::size_t row : rows) found.emplace(column.number(row), 0);
    for (auto& [value, code] : found) {
      code = static_cast<std::int32_t>(names.size());
      names.push_back(format_number(value));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) codes[i] = found.at(column.number(rows[i]));
  } else {
    // Levels that no row has any more would be classes without examples.
    std::map<std::string, std::int32_t> found;
    for (const std::size_t row : rows) found.emplace(column.cell(row), 0);
    for (auto& [name, code] : found) {
      code = static_cast<std::int32_t>(names.size());
      names.push_back(name);
    }
    for (std::size_t i = 0; i < rows.size(); ++i) codes[i] = found.at(column.cell(rows[i]));
  }
  return Target::classes(std::move(codes), std::move(names), column.kind());
}

}  // namespace everyml
