#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "everyml/ensembles/committee/member_input_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

constexpr std::size_t kMostLevels = 30;
constexpr std::size_t kTile = 1024;

/// The values of a column that are there, with their weights.
struct Seen {
  std::vector<std::pair<double, double>> values;
  bool missing = false;
};

Seen seen_in(const Dataset& data, std::size_t column) {
  Seen seen;
  for (std::size_t row = 0; row < data.rows(); ++row) {
    if (data.weight(row) <= 0) continue;
    const double value = data.features.at(row, column);
    if (std::isfinite(value))
      seen.values.emplace_back(value, data.weight(row));
    else
      seen.missing = true;
  }
  return seen;
}

double median_of(std::vector<std::pair<double, double>> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  double half = 0, below = 0;
  for (const auto& [value, weight] : values) half += weight / 2;
  for (std::size_t i = 0; i < values.size(); ++i) {
    below += values[i].second;
    if (below > half || i + 1 == values.size()) return values[i].first;
    if (below == half) return std::midpoint(values[i].first, values[i + 1].first);
  }
  return values.back().first;
}

/// Levels by weight, the heaviest first; of equals the lower code.
std::vector<std::int32_t> levels_of(const Seen& seen) {
  std::map<std::int32_t, double> weight;
  for (const auto& [value, own] : seen.values)
    if (value >= 0 && value < 2147483647.0) weight[static_cast<std::int32_t>(value)] += own;
  std::vector<std::int32_t> levels;
  for (const auto& [level, own] : weight) levels.push_back(level);
  std::stable_sort(levels.begin(), levels.end(),
                   [&](std::int32_t a, std::int32_t b) { return weight.at(a) > weight.at(b); });
  if (levels.size() > kMostLevels) levels.resize(kMostLevels);
  return levels;
}

/// Mean and deviation; false when they leave the doubles.
bool standard(const Seen& seen, double& mean, double& scale) {
  double all = 0;
  for (const auto& [value, weight] : seen.values) all += weight;
  mean = 0;
  for (const auto& [value, weight] : seen.values) mean += value * (weight / all);
  double square = 0;
  for (const auto& [value, weight] : seen.values) square += (value - mean) * (value - mean) * (weight / all);
  scale = square > 0 ? std::sqrt(square) : 1;
  return std::isfinite(mean) && std::isfinite(scale) && scale > 0;
}

}  // namespace

MemberInput MemberInput::fit(const Dataset& data, const InputNeeds& needs) {
  MemberInput input;
  input.fills_ = needs.missing == InputNeeds::Missing::impute;
  for (std::size_t j = 0; j < data.columns(); ++j) {
    Column column;
    const bool codes = j < data.info.size() && data.info[j].kind == FeatureInfo::Kind::category;
    column.category = codes && needs.categories == InputNeeds::Categories::one_hot;
    const bool scales = needs.scale == InputNeeds::Scale::standard && !codes;
    if (input.fills_ || column.category || scales) {
      const Seen seen = seen_in(data, j);
      if (codes) {
        const std::vector<std::int32_t> levels = levels_of(seen);
        column.fill = levels.empty() ? 0 : levels.front();
        if (column.category) column.levels = levels;
      } else {
        column.fill = median_of(seen.values);
        column.indicator = input.fills_ && seen.missing;
        if (scales && !seen.values.empty() && !standard(seen, column.mean, column.scale)) {
          throw DataError(
              "data.spread",
              fmt::format("feature \"{}\" is so large that its deviation leaves the range of doubles; "
                          "scale it down",
                          printable(data.feature_name(j))));
        }
      }
    }
    input.columns_.push_back(std::move(column));
  }
  input.finish();
  return input;
}

void MemberInput::finish() {
  outputs_ = 0;
  plain_ = true;
  for (const Column& column : columns_) {
    outputs_ += column.width();
    plain_ = plain_ && !column.category && !column.indicator && column.mean == 0 && column.scale == 1;
  }
  // A model needs a column to look at: one of zeros when no category ever had a level.
  if (outputs_ == 0) outputs_ = 1, plain_ = false;
}

std::vector<std::uint32_t> MemberInput::sources() const {
  std::vector<std::uint32_t> sources;
  for (std::size_t j = 0; j < columns_.size(); ++j)
    sources.insert(sources.end(), columns_[j].width(), static_cast<std::uint32_t>(j));
  sources.resize(outputs_, 0);  // a column of zeros is made of nothing
  return sources;
}

void MemberInput::one_row(const double* row, double* out) const {
  out[0] = 0;
  for (std::size_t j = 0; j < columns_.size(); ++j) {
    const Column& column = columns_[j];
    const bool missing = std::isnan(row[j]);
    if (column.category) {
      for (std::size_t k = 0; k < column.levels.size(); ++k)
        out[k] = !missing && row[j] == column.levels[k] ? 1.0 : 0.0;
    } else {
      const double value = missing && fills_ ? column.fill : row[j];
      out[0] = (value - column.mean) / column.scale;
      if (column.indicator) out[1] = missing ? 1.0 : 0.0;
    }
    out += column.width();
  }
}

Features MemberInput::transform(const Features& x, const Context& context) const {
  if (plain_ && (!fills_ || !x.has_missing())) return x;
  auto out = Buffer<double>::uninitialized(x.rows() * outputs_);
  parallel_for(context, x.rows(), kTile, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    const double* rows = x.tile64(begin, end, scratch);
    for (std::size_t row = begin; row < end; ++row)
      one_row(rows + (row - begin) * x.columns(), out.data() + row * outputs_);
  });
  return Features::dense(std::move(out), x.rows(), outputs_);
}

std::vector<FeatureInfo> MemberInput::info(const Dataset& data) const {
  std::vector<FeatureInfo> all;
  for (std::size_t j = 0; j < columns_.size(); ++j) {
    const Column& column = columns_[j];
    FeatureInfo own = j < data.info.size() ? data.info[j] : FeatureInfo{};
    own.name = data.feature_name(j);
    if (column.category) {
      for (const std::int32_t level : column.levels)
        all.push_back({fmt::format("{}={}", own.name, level), own.source, FeatureInfo::Kind::flag, 0});
      continue;
    }
    // A scaled flag or count is a number like any other.
    if (column.mean != 0 || column.scale != 1) own.kind = FeatureInfo::Kind::number;
    all.push_back(own);
    if (column.indicator) all.push_back({own.name + " is missing", own.source, FeatureInfo::Kind::flag, 0});
  }
  if (all.empty()) all.push_back({"nothing", "", FeatureInfo::Kind::number, 0});
  return all;
}

Dataset MemberInput::transform(const Dataset& data, const Context& context) const {
  Dataset own = data;
  own.features = transform(data.features, context);
  if (!plain_) own.info = info(data);
  return own;
}

void MemberInput::save(ArchiveWriter& archive) const {
  std::vector<std::uint8_t> kinds;
  std::vector<double> figures;
  std::vector<std::int32_t> levels, counts;
  for (const Column& column : columns_) {
    kinds.push_back(static_cast<std::uint8_t>((column.category ? 1 : 0) + (column.indicator ? 2 : 0)));
    figures.insert(figures.end(), {column.fill, column.mean, column.scale});
    counts.push_back(static_cast<std::int32_t>(column.levels.size()));
    levels.insert(levels.end(), column.levels.begin(), column.levels.end());
  }
  archive.boolean("fills", fills_);
  archive.array("kinds", kinds);
  archive.array("figures", figures, {columns_.size(), 3});
  archive.array("counts", counts);
  archive.array("levels", levels);
}

MemberInput MemberInput::load(const ArchiveReader& archive) {
  MemberInput input;
  input.fills_ = archive.boolean("fills");
  const std::vector<std::uint8_t> kinds = archive.bytes8("kinds");
  if (kinds.empty()) archive.refuse("kinds", "there must be at least one column");
  const std::vector<double> figures = archive.finite_doubles("figures", 3 * kinds.size());
  const std::vector<std::int32_t> counts = archive.integers32("counts", kinds.size());
  const std::vector<std::int32_t> levels = archive.integers32("levels");
  std::size_t at = 0;
  for (std::size_t j = 0; j < kinds.size(); ++j) {
    Column column;
    if (kinds[j] > 2) archive.refuse("kinds", "a column is a number, with or without a flag, or a category");
    column.category = kinds[j] == 1;
    column.indicator = kinds[j] == 2;
    column.fill = figures[3 * j];
    column.mean = figures[3 * j + 1];
    column.scale = figures[3 * j + 2];
    if (!(column.scale > 0)) archive.refuse("figures", "a scale must be above 0");
    const auto count = static_cast<std::size_t>(counts[j]);
    if (counts[j] < 0 || count > kMostLevels || count > levels.size() - at || (count > 0 && !column.category))
      archive.refuse("counts", "levels and their numbers do not agree");
    column.levels.assign(levels.begin() + static_cast<std::ptrdiff_t>(at),
                         levels.begin() + static_cast<std::ptrdiff_t>(at + count));
    at += count;
    input.columns_.push_back(std::move(column));
  }
  if (at != levels.size()) archive.refuse("levels", "some level belongs to no column");
  input.finish();
  return input;
}

}  // namespace everyml
