#include <algorithm>
#include <unordered_set>

#include "everyml/foundation/io/csv_dialect_impl.h"

namespace everyml::csv {
namespace {

constexpr std::size_t kPlanRows = 1000;
constexpr std::size_t kPlanCells = 40000;
constexpr std::size_t kLeastRows = 5;

struct ColumnSample {
  Evidence evidence;
  std::unordered_set<std::string> distinct;
  std::size_t cells = 0;
};

bool many_distinct(const ColumnSample& sample) {
  return sample.cells >= 50 && sample.distinct.size() * 10 > sample.cells * 7;
}

ColumnPlan plan_for(const ColumnSample& sample, const Decision& decision) {
  ColumnPlan plan;
  // Where another style would fit as well, only the whole column can tell: keep the strings.
  if (decision.ambiguous) return plan;
  switch (decision.kind) {
    case Decision::Kind::empty:
    case Decision::Kind::number:
      plan.mode = Mode::number;
      plan.number = decision.number;
      break;
    case Decision::Kind::boolean:
      plan.mode = Mode::boolean;
      plan.words = decision.words;
      break;
    case Decision::Kind::date:
      plan.mode = Mode::date;
      plan.date = decision.date;
      break;
    case Decision::Kind::text:
      plan.mode = sample.evidence.styles() == 0 && many_distinct(sample) ? Mode::text : Mode::dictionary;
      plan.digits = sample.evidence.nearly_number();
      plan.big = !sample.evidence.leading_zero();
      break;
  }
  return plan;
}

/// The user's word on the kind; where the sample does not bear it out, the strings are kept for later.
ColumnPlan plan_asked(const ColumnSample& sample, const Decision& decision, ColumnKind asked) {
  ColumnPlan plan = plan_for(sample, decision);
  switch (asked) {
    case ColumnKind::number:
      plan.relaxed = true;
      return plan.mode == Mode::number ? plan : ColumnPlan{.relaxed = true};
    case ColumnKind::boolean:
      return plan.mode == Mode::boolean ? plan : ColumnPlan{};
    case ColumnKind::date:
      return plan.mode == Mode::date ? plan : ColumnPlan{};
    case ColumnKind::category:
      return {};
    case ColumnKind::text:
      break;
  }
  return {.mode = Mode::text};
}

}  // namespace

Plans plan_columns(std::string_view text, bool whole, const Layout& layout, const ReadOptions& options,
                   const MissingMarks& marks) {
  const std::size_t columns = layout.names.size();
  const std::size_t most = std::clamp(kPlanCells / columns, kLeastRows, kPlanRows);
  const SampleRows rows = sample_rows(text, layout.data_begin, whole, layout.shape, most);
  std::vector<ColumnSample> samples(columns);
  std::string scratch;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    for (std::size_t i = 0; i < std::min(columns, rows.cells(row)); ++i) {
      bool trimmed = false;
      const std::string_view cell =
          cell_text(text.data(), rows.fields[rows.starts[row] + i], layout.shape, scratch, trimmed);
      if (cell.empty() || marks.find(cell) >= 0) continue;
      samples[i].evidence.add(classify(cell));
      samples[i].distinct.emplace(cell);
      ++samples[i].cells;
    }
  }
  Plans plans;
  plans.file.delimiter = layout.shape.delimiter;
  plans.file.decimal = options.decimal;
  for (const ColumnSample& sample : samples) plans.file.add(sample.evidence);
  for (std::size_t i = 0; i < columns; ++i) {
    const Decision decision = decide(samples[i].evidence, plans.file);
    const auto asked = options.types.find(layout.names[i]);
    plans.columns.push_back(asked == options.types.end() ? plan_for(samples[i], decision)
                                                         : plan_asked(samples[i], decision, asked->second));
    const bool comma_fits = !samples[i].evidence.any() ||
                            (samples[i].evidence.styles() & style_bit(NumberStyle::comma_decimal)) != 0;
    plans.point_matters.push_back(comma_fits && !options.decimal.has_value() &&
                                  plans.columns.back().mode == Mode::number &&
                                  plans.columns.back().number == NumberStyle::plain);
  }
  return plans;
}

}  // namespace everyml::csv
