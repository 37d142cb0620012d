#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/stream_columns_impl.h"

namespace everyml::csv {
namespace {

/// The levels of the schema first, so that known levels keep their codes when nothing new has come.
Column category(StreamColumn& column) {
  std::vector<std::string> levels = column.schema.levels;
  Buffer<std::int32_t> codes = std::move(column.state.data.codes);
  if (column.part.dictionary) {
    const Dictionary& batch = *column.part.dictionary;
    std::vector<std::int32_t> map(batch.size(), -1);
    for (std::size_t code = 0; code < batch.size(); ++code) {
      if (batch.entry(code).count == 0) continue;
      const std::optional<std::uint32_t> known = column.known.find(batch.text(code));
      map[code] = static_cast<std::int32_t>(known.value_or(static_cast<std::uint32_t>(levels.size())));
      if (!known) levels.emplace_back(batch.text(code));
    }
    for (std::int32_t& code : codes) {
      if (code >= 0) code = map[static_cast<std::size_t>(code)];
    }
  }
  return Column::categories(column.schema.name, std::move(codes), std::move(levels));
}

}  // namespace

/// The styles of a column whose kind is known, from what the sample shows.
ColumnPlan stream_plan(ColumnKind kind, const Evidence& evidence, const FileEvidence& file) {
  ColumnPlan plan{.relaxed = true, .lenient = true};
  const Decision decision = decide(evidence, file);
  switch (kind) {
    case ColumnKind::number:
      plan.mode = Mode::number;
      if (decision.kind == Decision::Kind::number) plan.number = decision.number;
      break;
    case ColumnKind::boolean:
      plan.mode = Mode::boolean;
      break;
    case ColumnKind::date:
      plan.mode = Mode::date;
      if (decision.kind == Decision::Kind::date) plan.date = decision.date;
      break;
    case ColumnKind::category:
      plan.mode = Mode::dictionary;
      break;
    case ColumnKind::text:
      plan.mode = Mode::text;
      break;
  }
  return plan;
}

Column finish_stream_column(StreamColumn& column, std::size_t rows, std::size_t allocated) {
  ColumnState& state = column.state;
  const std::string& name = column.schema.name;
  if (column.at == kNowhere) return missing_column(column.schema, rows);
  if (column.part.oddities) state.odd.join(*column.part.oddities);
  if (rows < allocated) state.data.shrink(column.plan.mode, rows);
  switch (column.plan.mode) {
    case Mode::number:
      return Column::numbers(name, std::move(state.data.numbers));
    case Mode::boolean:
      return Column::booleans(name, std::move(state.data.booleans));
    case Mode::date:
      return Column::dates(name, std::move(state.data.dates), column.schema.has_time || column.part.time);
    case Mode::text: {
      std::vector<ColumnPart*> parts = {&column.part};
      state.asked = ColumnKind::text;
      state.plan = column.plan;
      return finish_column(state, parts, {{0, rows}}, rows);
    }
    case Mode::dictionary:
      break;
  }
  return category(column);
}

Column missing_column(const ColumnSchema& schema, std::size_t rows) {
  const std::string& name = schema.name;
  const auto filled = [rows](auto value) {
    auto values = Buffer<decltype(value)>::uninitialized(rows);
    std::fill(values.begin(), values.end(), value);
    return values;
  };
  switch (schema.kind) {
    case ColumnKind::number:
      return Column::numbers(name, filled(std::numeric_limits<double>::quiet_NaN()));
    case ColumnKind::boolean:
      return Column::booleans(name, filled(std::int8_t{-1}));
    case ColumnKind::date:
      return Column::dates(name, filled(kMissingDate), schema.has_time);
    case ColumnKind::category:
      return Column::categories(name, filled(std::int32_t{-1}), schema.levels);
    case ColumnKind::text:
      break;
  }
  TextStore store;
  store.offsets = Buffer<std::uint64_t>(rows + 1);
  store.missing = filled(std::uint8_t{1});
  return Column::texts(name, std::move(store));
}

void note_stream_column(const StreamColumn& column, std::vector<ReadNote>& notes) {
  const Oddities& odd = column.state.odd;
  const auto add = [&](const char* code, const char* what, const Tally& tally) {
    if (tally.count == 0) return;
    notes.push_back(
        {.code = code,
         .sentence = fmt::format("column \"{}\": {} {}", printable(column.schema.name), tally.count, what),
         .column = column.schema.name,
         .count = tally.count});
  };
  add("csv.type_misfit", "cells do not fit the type of the column and came as missing", odd.misfits);
  add("csv.trimmed", "cells with blanks around them", odd.trimmed);
  add("csv.utf8_repaired", "cells with bytes that are not UTF-8, read as Windows-1252", odd.repaired);
  add("csv.missing_marks", "cells with a mark that stands for a missing value", odd.marks);
}

}  // namespace everyml::csv
