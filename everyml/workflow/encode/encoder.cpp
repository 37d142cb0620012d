#include "everyml/workflow/encode/encoder.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <functional>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/encode/encoder_impl.h"

namespace everyml {

using encode_detail::Learned;
using encode_detail::Plan;
using encode_detail::SideCodes;
using encode_detail::Way;

namespace {

void check_length(std::string_view what, std::size_t got, std::size_t rows) {
  if (got == rows) return;
  throw DataError("data.length",
                  fmt::format("the encoder: the table has {} rows but {} have {}", rows, what, got));
}

void check_weights(std::span<const double> weights, std::size_t rows) {
  if (weights.empty()) return;
  check_length("the weights", weights.size(), rows);
  bool positive = false;
  for (std::size_t i = 0; i < rows; ++i) {
    if (!(weights[i] >= 0) || std::isinf(weights[i])) {
      throw DataError("data.weight",
                      fmt::format("the weight of row {} is {}; weights must be finite and not negative", i,
                                  format_number(weights[i])));
    }
    positive |= weights[i] > 0;
  }
  if (!positive) throw DataError("data.weights_zero", "all weights are zero; at least one row must count");
}

/// Names and kinds of the features of one plan.
std::vector<FeatureInfo> describe_plan(const Plan& plan, const Encoder::Data& data) {
  std::vector<FeatureInfo> out;
  const std::string& name = plan.column.name;
  const auto add = [&](std::string feature, FeatureInfo::Kind kind, std::size_t levels = 0) {
    out.push_back({std::move(feature), name, kind, levels});
  };
  switch (plan.way) {
    case Way::number:
      add(name, FeatureInfo::Kind::number);
      break;
    case Way::boolean:
      add(name, FeatureInfo::Kind::flag);
      break;
    case Way::flags:
      for (const std::string& level : plan.column.levels) add(name + "=" + level, FeatureInfo::Kind::flag);
      break;
    case Way::hashed:
      for (int i = 0; i < data.settings.one_hot_levels; ++i) {
        add(fmt::format("{}~#{}", name, i), FeatureInfo::Kind::flag);
      }
      break;
    case Way::targets:
      for (std::size_t k = 0; k < data.outputs; ++k) {
        add(data.outputs == 1 ? name + " (code)" : fmt::format("{} (code {})", name, k),
            FeatureInfo::Kind::number);
      }
      break;
    case Way::codes:
      add(name, FeatureInfo::Kind::category, plan.column.levels.size());
      break;
    case Way::text:
      for (int i = 0; i < data.settings.text_features; ++i) {
        add(fmt::format("{}~#{}", name, i), FeatureInfo::Kind::count);
      }
      break;
    case Way::date:
      for (std::string& part : encode_detail::date_names(plan.column, data.settings.date_parts)) {
        add(std::move(part), FeatureInfo::Kind::number);
      }
      break;
  }
  if (plan.indicator) add(name + " missing", FeatureInfo::Kind::flag);
  return out;
}

}  // namespace

bool Encoder::Data::any_targets() const {
  return std::any_of(plans.begin(), plans.end(), [](const Plan& plan) { return plan.way == Way::targets; });
}

bool Encoder::Data::scaled(const FeatureInfo& feature) const {
  if (needs.scale != InputNeeds::Scale::standard) return false;
  return feature.kind == FeatureInfo::Kind::number || (feature.kind == FeatureInfo::Kind::flag && !sparse);
}

encode_detail::Scale Encoder::Data::scale_of(const Plan& plan) const {
  const auto part = [&](const std::vector<double>& values) {
    return std::span(values).subspan(plan.first, plan.features);
  };
  return {part(mean), part(scale), part(off), part(on)};
}

void Encoder::Data::finish() {
  schema.columns.clear();
  info.clear();
  dense_features = 0;
  sparse = false;
  for (Plan& plan : plans) {
    plan.first = info.size();
    plan.dense_first = dense_features;
    for (FeatureInfo& feature : describe_plan(plan, *this)) info.push_back(std::move(feature));
    plan.features = info.size() - plan.first;
    if (plan.way == Way::text)
      sparse = true;
    else
      dense_features += plan.features;
    if (plan.column.kind == ColumnKind::category) plan.index = encode_detail::LevelIndex(plan.column.levels);
    plan.hashed.clear();
    if (plan.way == Way::hashed) {
      for (const std::string& level : plan.column.levels) {
        plan.hashed.push_back(static_cast<std::int32_t>(XXH3_64bits(level.data(), level.size()) %
                                                        static_cast<std::uint64_t>(settings.one_hot_levels)));
      }
    }
    schema.columns.push_back(plan.column);
  }
  set_scale(std::vector<double>(info.size(), 0.0), std::vector<double>(info.size(), 1.0));
}

void Encoder::Data::set_scale(std::vector<double> means, std::vector<double> scales) {
  mean = std::move(means);
  scale = std::move(scales);
  off.resize(mean.size());
  on.resize(mean.size());
  for (std::size_t f = 0; f < mean.size(); ++f) {
    off[f] = (0.0 - mean[f]) / scale[f];
    on[f] = (1.0 - mean[f]) / scale[f];
  }
}

namespace {

/// Said before the training, not after it.
void check_room(const Encoder::Data& data) {
  constexpr std::size_t kMostColumns = 1'000'000;
  constexpr std::ptrdiff_t kMostOthers = 250'000;
  const auto others = std::count_if(data.plans.begin(), data.plans.end(), [](const Plan& plan) {
    return plan.way != Way::number && plan.way != Way::boolean;
  });
  if (data.plans.size() <= kMostColumns && data.dropped.size() <= kMostColumns && others <= kMostOthers)
    return;
  throw UnsupportedError(
      "model.too_large",
      fmt::format(
          "there are {} columns to learn from, {} of them not of numbers; a model file holds at most {} "
          "columns and {} that are not of numbers, so leave some out",
          data.plans.size(), others, kMostColumns, kMostOthers));
}

}  // namespace

Encoder Encoder::fit(const Table& table, std::span<const std::string> columns, const Target& target,
                     std::span<const double> weights, const InputNeeds& needs,
                     const EncoderSettings& settings, const Context& context) {
  validate(settings);
  if (columns.empty()) throw DataError("encode.no_columns", "there is no column to learn from");
  if (table.rows() == 0) throw DataError("data.no_rows", "there is no row to learn from");
  check_weights(weights, table.rows());
  const bool has_target = target.kind() != Target::Kind::none;
  if (has_target) check_length("the targets", target.size(), table.rows());

  std::vector<const Column*> used;
  for (const std::string& name : columns) {
    used.push_back(&table.column(name));
  }
  std::vector<const Column*> ordered = used;
  std::sort(ordered.begin(), ordered.end(), std::less<>());
  if (const auto twice = std::adjacent_find(ordered.begin(), ordered.end()); twice != ordered.end()) {
    throw DataError("encode.column_repeated",
                    fmt::format("column \"{}\" is named twice", printable((*twice)->name())));
  }
  std::vector<Learned> learned(used.size());
  parallel_for(context, used.size(), 1, [&](std::size_t i, std::size_t) {
    learned[i] = encode_detail::learn_column(*used[i], weights, has_target, needs, settings);
  });

  auto data = std::make_shared<Data>();
  data->settings = settings;
  data->needs = needs;
  const bool classes = target.kind() == Target::Kind::classes;
  data->outputs = classes && target.class_count() > 2 ? target.class_count() : 1;
  // A table whose every column is constant still has rows to answer for: then the columns stay.
  const bool all_dropped =
      std::all_of(learned.begin(), learned.end(), [](const Learned& one) { return !one.dropped.empty(); });
  for (Learned& one : learned) {
    if (one.dropped.empty() || all_dropped) {
      data->plans.push_back(std::move(one.plan));
    } else {
      data->dropped.push_back(fmt::format("{}: left out, {}", printable(one.plan.column.name), one.dropped));
    }
  }
  data->finish();
  if (data->info.empty()) {
    throw DataError("encode.no_columns",
                    "there is no column to learn from: every cell of every column is missing");
  }

  check_room(*data);
  encode_detail::learn_idf(*data, table, weights, context);
  std::vector<std::vector<double>> whole;
  const std::optional<SideCodes> side =
      encode_detail::learn_targets(*data, table, target, weights, context, &whole);
  for (std::size_t p = 0; p < whole.size(); ++p) data->plans[p].codes = std::move(whole[p]);
  if (needs.scale == InputNeeds::Scale::standard) {
    encode_detail::learn_scale(*data, table, side ? &*side : nullptr, weights, context);
  }
  return Encoder(std::move(data));
}

Features Encoder::transform(const Table& table, const Context& context, EncodeNotes* notes) const {
  return encode_detail::encode_table(data(), table, nullptr, context, notes);
}

Features Encoder::transform_training(const Table& table, const Target& target,
                                     std::span<const double> weights, const Context& context) const {
  check_weights(weights, table.rows());
  if (data().any_targets()) {
    check_length("the targets", target.size(), table.rows());
    const bool classes = target.kind() == Target::Kind::classes;
    if ((classes && target.class_count() > 2 ? target.class_count() : 1) != data().outputs) {
      throw DataError("encode.target", "the target is not the one that the encoder was fitted with");
    }
  }
  const std::optional<SideCodes> side =
      encode_detail::learn_targets(data(), table, target, weights, context, nullptr);
  return encode_detail::encode_table(data(), table, side ? &*side : nullptr, context, nullptr);
}

std::size_t Encoder::feature_count() const { return data().info.size(); }
std::span<const FeatureInfo> Encoder::info() const { return data().info; }
const Schema& Encoder::schema() const { return data().schema; }

const Encoder::Data& Encoder::data() const {
  static const Data empty;
  return data_ ? *data_ : empty;
}

}  // namespace everyml
