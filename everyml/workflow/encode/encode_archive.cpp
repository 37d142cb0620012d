#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/encode/encoder_impl.h"

namespace everyml {
namespace {

using encode_detail::Plan;
using encode_detail::Way;

constexpr std::int64_t kLastWay = static_cast<std::int64_t>(Way::date);
constexpr auto kFarthest = static_cast<std::int64_t>(encode_detail::kFarthestDate);

/// The kind of column that each way is made for.
ColumnKind kind_of(Way way) {
  switch (way) {
    case Way::number:
      return ColumnKind::number;
    case Way::boolean:
      return ColumnKind::boolean;
    case Way::text:
      return ColumnKind::text;
    case Way::date:
      return ColumnKind::date;
    default:
      return ColumnKind::category;
  }
}

/// From this many columns on, those of numbers are written as arrays: a field of their own for each of their
/// values would be more fields than a model file holds.
constexpr std::size_t kWide = 10'000;

bool is_numeric(Way way) { return way == Way::number || way == Way::boolean; }

/// What belongs to the way of a column that is not one of numbers.
void save_details(const Plan& plan, ArchiveWriter& archive) {
  switch (plan.way) {
    case Way::number:
    case Way::boolean:
      break;
    case Way::text:
      archive.array("idf", plan.idf);
      break;
    case Way::date:
      archive.boolean("time", plan.column.has_time);
      archive.integer("fill", plan.date_fill);
      archive.integer("earliest", plan.earliest);
      break;
    default:
      archive.strings("levels", plan.column.levels);
      if (plan.way == Way::targets) archive.array("codes", plan.codes);
  }
}

void save_plan(const Plan& plan, ArchiveWriter archive) {
  archive.text("name", plan.column.name);
  archive.integer("way", static_cast<std::int64_t>(plan.way));
  archive.boolean("indicator", plan.indicator);
  if (plan.way == Way::number) {
    archive.number("low", plan.low);
    archive.number("high", plan.high);
    archive.integer("infinite", plan.infinite_at_fit);
  }
  if (is_numeric(plan.way)) archive.number("fill", plan.fill);
  save_details(plan, archive);
}

/// The same in arrays, one entry per column; of columns that are not of numbers the range and the fill are 0
/// and the rest stands in a scope of their own.
void save_wide(const std::vector<Plan>& plans, ArchiveWriter& archive) {
  std::vector<std::string> names;
  std::vector<std::uint8_t> ways, indicators;
  std::vector<double> low, high, fill;
  std::vector<std::int64_t> infinite;
  for (std::size_t p = 0; p < plans.size(); ++p) {
    const Plan& plan = plans[p];
    const bool number = plan.way == Way::number;
    names.push_back(plan.column.name);
    ways.push_back(static_cast<std::uint8_t>(plan.way));
    indicators.push_back(plan.indicator ? 1 : 0);
    low.push_back(number ? plan.low : 0);
    high.push_back(number ? plan.high : 0);
    fill.push_back(is_numeric(plan.way) ? plan.fill : 0);
    infinite.push_back(number ? plan.infinite_at_fit : 0);
    if (is_numeric(plan.way)) continue;
    ArchiveWriter details = archive.scope(fmt::format("column.{}", p));
    save_details(plan, details);
  }
  archive.strings("names", names);
  archive.array("ways", ways);
  archive.array("indicators", indicators);
  archive.array("low", low);
  archive.array("high", high);
  archive.array("fill", fill);
  archive.array("infinite", infinite);
}

/// The doubles behind a key, all finite, however many there are.
std::vector<double> finite(const ArchiveReader& archive, std::string_view key) {
  std::vector<double> values = archive.doubles(key);
  for (const double value : values) {
    if (!std::isfinite(value)) archive.refuse(key, "must hold finite numbers");
  }
  return values;
}

constexpr double kAny = std::numeric_limits<double>::max();

void check_indicator(const Plan& plan, const ArchiveReader& archive, std::string_view key) {
  if (plan.indicator && (plan.way == Way::codes || plan.way == Way::text)) {
    archive.refuse(key, "has no place beside codes and texts");
  }
}

void load_details(Plan& plan, const ArchiveReader& archive, const Encoder::Data& data) {
  switch (plan.way) {
    case Way::number:
    case Way::boolean:
      break;
    case Way::text:
      plan.idf = archive.floats("idf", static_cast<std::uint64_t>(data.settings.text_features));
      for (const float value : plan.idf) {
        if (!(value > 0) || !std::isfinite(value)) archive.refuse("idf", "must hold finite numbers above 0");
      }
      break;
    case Way::date:
      plan.column.has_time = archive.boolean("time");
      plan.date_fill = archive.integer("fill", -kFarthest, kFarthest);
      plan.earliest = archive.integer("earliest", -kFarthest, kFarthest);
      break;
    default:
      plan.column.levels = archive.strings("levels");
      for (std::size_t i = 1; i < plan.column.levels.size(); ++i) {
        if (plan.column.levels[i - 1] >= plan.column.levels[i]) archive.refuse("levels", "must ascend");
      }
      if (plan.way == Way::targets) {
        plan.codes = finite(archive, "codes");
        if (plan.codes.size() / data.outputs != plan.column.levels.size() + 1 ||
            plan.codes.size() % data.outputs != 0) {
          archive.refuse("codes", "must have a row per level and one for the rest");
        }
      }
  }
}

Plan load_plan(const ArchiveReader& archive, const Encoder::Data& data) {
  Plan plan;
  plan.column.name = archive.text("name");
  plan.way = static_cast<Way>(archive.integer("way", 0, kLastWay));
  plan.column.kind = kind_of(plan.way);
  plan.indicator = archive.boolean("indicator");
  check_indicator(plan, archive, "indicator");
  if (plan.way == Way::number) {
    plan.low = archive.number("low", -kAny, kAny);
    plan.high = archive.number("high", plan.low, kAny);
    plan.infinite_at_fit = archive.integer("infinite", 0, std::numeric_limits<std::int64_t>::max());
    plan.fill = archive.number("fill", -kAny, kAny);
  }
  if (plan.way == Way::boolean) {
    plan.fill = archive.number("fill", 0, 1);
    plan.high = 1;
  }
  load_details(plan, archive, data);
  return plan;
}

std::vector<Plan> load_wide(const ArchiveReader& archive, std::size_t columns, const Encoder::Data& data) {
  std::vector<std::string> names = archive.strings("names");
  if (names.size() != columns) archive.refuse("names", "must have an entry per column");
  const auto bytes = [&](std::string_view key) {
    std::vector<std::uint8_t> values = archive.bytes8(key);
    if (values.size() != columns) archive.refuse(key, "must have an entry per column");
    return values;
  };
  const std::vector<std::uint8_t> ways = bytes("ways");
  const std::vector<std::uint8_t> indicators = bytes("indicators");
  const std::vector<double> low = archive.finite_doubles("low", columns);
  const std::vector<double> high = archive.finite_doubles("high", columns);
  const std::vector<double> fill = archive.finite_doubles("fill", columns);
  const std::vector<std::int64_t> infinite = archive.integers64("infinite");
  if (infinite.size() != columns) archive.refuse("infinite", "must have an entry per column");
  std::vector<Plan> plans(columns);
  for (std::size_t p = 0; p < columns; ++p) {
    Plan& plan = plans[p];
    if (ways[p] > kLastWay) archive.refuse("ways", "must hold known ways");
    if (indicators[p] > 1) archive.refuse("indicators", "must hold 0 and 1");
    plan.column.name = std::move(names[p]);
    plan.way = static_cast<Way>(ways[p]);
    plan.column.kind = kind_of(plan.way);
    plan.indicator = indicators[p] == 1;
    check_indicator(plan, archive, "indicators");
    if (plan.way == Way::number) {
      if (low[p] > high[p]) archive.refuse("high", "must not be below low");
      if (infinite[p] < 0) archive.refuse("infinite", "must not be negative");
      plan.low = low[p];
      plan.high = high[p];
      plan.infinite_at_fit = infinite[p];
      plan.fill = fill[p];
    } else if (plan.way == Way::boolean) {
      if (fill[p] < 0 || fill[p] > 1) archive.refuse("fill", "must lie between 0 and 1 for booleans");
      plan.fill = fill[p];
      plan.high = 1;
    } else {
      load_details(plan, archive.scope(fmt::format("column.{}", p)), data);
    }
  }
  return plans;
}

}  // namespace

void Encoder::save(ArchiveWriter& archive) const {
  const Data& from = data();
  archive.json("settings", describe<EncoderSettings>().to_json(&from.settings));
  archive.integer("missing", static_cast<std::int64_t>(from.needs.missing));
  archive.integer("categories", static_cast<std::int64_t>(from.needs.categories));
  archive.integer("scale", static_cast<std::int64_t>(from.needs.scale));
  archive.integer("outputs", static_cast<std::int64_t>(from.outputs));
  archive.strings("dropped", from.dropped);
  archive.integer("columns", static_cast<std::int64_t>(from.plans.size()));
  if (from.plans.size() > kWide) save_wide(from.plans, archive);
  for (std::size_t p = 0; p < from.plans.size() && from.plans.size() <= kWide; ++p) {
    save_plan(from.plans[p], archive.scope(fmt::format("column.{}", p)));
  }
  archive.array("mean", from.mean);
  archive.array("deviation", from.scale);
}

Encoder Encoder::load(const ArchiveReader& archive) {
  auto data = std::make_shared<Data>();
  try {
    describe<EncoderSettings>().set_all(&data->settings, archive.json("settings"));
    validate(data->settings);
  } catch (const ParameterError& error) {
    archive.refuse("settings", error.what());
  }
  data->needs.missing = static_cast<InputNeeds::Missing>(archive.integer("missing", 0, 1));
  data->needs.categories = static_cast<InputNeeds::Categories>(archive.integer("categories", 0, 1));
  data->needs.scale = static_cast<InputNeeds::Scale>(archive.integer("scale", 0, 1));
  data->outputs =
      static_cast<std::size_t>(archive.integer("outputs", 1, std::numeric_limits<std::int32_t>::max()));
  data->dropped = archive.strings("dropped");
  const std::int64_t columns = archive.integer("columns", 0, std::numeric_limits<std::int32_t>::max());
  std::vector<std::string_view> names;
  const bool wide = archive.has("names");
  if (wide) data->plans = load_wide(archive, static_cast<std::size_t>(columns), *data);
  for (std::int64_t p = 0; p < columns && !wide; ++p) {
    // A column that is not there ends the loop, so its length is bounded by the bytes, whatever the count
    // says.
    data->plans.push_back(load_plan(archive.scope(fmt::format("column.{}", p)), *data));
  }
  for (const Plan& plan : data->plans) names.push_back(plan.column.name);
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    archive.refuse("columns", "must not name a column twice");
  }
  // Hashed columns take flags that no byte of the file stands for, and describing them costs memory.
  const auto hashed = std::count_if(data->plans.begin(), data->plans.end(),
                                    [](const Plan& plan) { return plan.way == Way::hashed; });
  const std::size_t features = archive.doubles("mean").size();
  if (static_cast<std::size_t>(hashed) * static_cast<std::size_t>(data->settings.one_hot_levels) > features) {
    archive.refuse("mean", "must have an entry per feature");
  }
  data->finish();
  std::vector<double> mean = archive.finite_doubles("mean", data->info.size());
  std::vector<double> scale = archive.finite_doubles("deviation", data->info.size());
  for (const double value : scale) {
    if (!(value > 0)) archive.refuse("deviation", "must hold numbers above 0");
  }
  data->set_scale(std::move(mean), std::move(scale));
  return Encoder(std::move(data));
}

}  // namespace everyml
