#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/ensembles/boosting/boosting_train_impl.h"
#include "everyml/foundation/base/error.h"

namespace everyml::boosting_detail {
namespace {

std::uint32_t column_named(const Dataset& data, const std::string& name, std::string_view setting) {
  for (std::size_t c = 0; c < data.columns(); ++c)
    if (data.feature_name(c) == name) return static_cast<std::uint32_t>(c);
  throw ParameterError(
      "parameter.column",
      fmt::format("{} names the column \"{}\", which the features do not have", setting, name));
}

void add_monotone(const Dataset& data, const std::vector<std::string>& names, std::string_view setting,
                  std::int8_t sign, std::vector<std::int8_t>& monotone) {
  for (const std::string& name : names) {
    const std::uint32_t column = column_named(data, name, setting);
    if (!data.info.empty() && data.info[column].kind == FeatureInfo::Kind::category)
      throw ParameterError("parameter.column",
                           fmt::format("{} names \"{}\", whose categories have no order", setting, name));
    monotone.resize(data.columns(), 0);
    if (monotone[column] == -sign)
      throw ParameterError("parameter.column", fmt::format("\"{}\" cannot both rise and fall", name));
    monotone[column] = sign;
  }
}

std::vector<std::vector<std::uint32_t>> interaction_sets(const Dataset& data,
                                                         const std::vector<std::string>& texts) {
  std::vector<std::vector<std::uint32_t>> sets;
  if (texts.empty()) return sets;
  std::vector<std::uint8_t> named(data.columns(), 0);
  for (const std::string& text : texts) {
    std::vector<std::uint32_t> set;
    for (std::size_t from = 0; from <= text.size();) {
      const std::size_t to = std::min(text.find('+', from), text.size());
      set.push_back(column_named(data, text.substr(from, to - from), "interactions"));
      named[set.back()] = 1;
      from = to + 1;
    }
    sets.push_back(std::move(set));
  }
  for (std::uint32_t c = 0; c < data.columns(); ++c)
    if (named[c] == 0) sets.push_back({c});
  return sets;
}

}  // namespace

GrowerSettings grower_settings(const BoostingSettings& settings, const Dataset& data) {
  GrowerSettings grower;
  const bool by_leaf = settings.growth == TreeGrowth::leaf;
  grower.growth = settings.growth;
  constexpr int kDeepest = 16;
  if (settings.growth == TreeGrowth::symmetric && settings.depth.value_or(0) > kDeepest)
    throw ParameterError("parameter.depth",
                         fmt::format("symmetric trees ask at most {} questions, as every level "
                                     "doubles all leaves; got {}",
                                     kDeepest, *settings.depth));
  grower.max_depth = static_cast<std::size_t>(settings.depth.value_or(by_leaf ? 0 : 6));
  const std::size_t every = std::size_t{1} << std::min<std::size_t>(grower.max_depth, 24);
  grower.max_leaves =
      settings.leaves ? static_cast<std::size_t>(*settings.leaves) : (by_leaf ? std::size_t{31} : every);
  grower.min_rows = settings.min_leaf_rows;
  grower.min_hessian = settings.min_leaf_hessian;
  grower.l1 = settings.l1;
  grower.l2 = settings.l2;
  grower.min_gain = settings.min_gain;
  grower.max_delta = settings.max_delta;
  grower.columns_level = settings.column_share_level;
  grower.columns_node = settings.column_share_node;
  grower.categories = {.one_hot = static_cast<std::uint32_t>(settings.category_one_hot),
                       .smooth = settings.category_smooth,
                       .l2 = settings.category_l2,
                       .most = static_cast<std::uint32_t>(settings.category_most)};
  if (settings.linear_leaves && (settings.drop_rate > 0 || settings.max_delta > 0 ||
                                 !settings.rising.empty() || !settings.falling.empty()))
    throw ParameterError("parameter.linear_leaves",
                         "linear_leaves cannot be with drop_rate, max_delta, rising or falling, which speak "
                         "of leaves that are one number");
  add_monotone(data, settings.rising, "rising", 1, grower.monotone);
  add_monotone(data, settings.falling, "falling", -1, grower.monotone);
  grower.interactions = interaction_sets(data, settings.interactions);
  return grower;
}

RowParts part_rows(const Dataset& data, double validation_share, const Context& context) {
  RowParts parts;
  for (std::size_t row = 0; row < data.rows(); ++row)
    if (data.weight(row) > 0) parts.training.push_back(row);
  if (validation_share <= 0) return parts;
  // Groups stay whole: a ranking is judged by whole lists.
  std::vector<std::int32_t> units;
  if (!data.groups.empty()) {
    for (const std::size_t row : parts.training) units.push_back(data.groups[row]);
    std::sort(units.begin(), units.end());
    units.erase(std::unique(units.begin(), units.end()), units.end());
  }
  const std::size_t n = data.groups.empty() ? parts.training.size() : units.size();
  const auto wanted = static_cast<std::size_t>(std::round(validation_share * static_cast<double>(n)));
  if (wanted == 0 || wanted >= n) return parts;
  std::vector<std::uint8_t> kept_back(n, 0);
  for (const std::size_t at : context.random("boosting-validation").sample(n, wanted)) kept_back[at] = 1;
  std::vector<std::size_t> training;
  for (std::size_t i = 0; i < parts.training.size(); ++i) {
    const std::size_t row = parts.training[i];
    const std::size_t unit =
        data.groups.empty()
            ? i
            : static_cast<std::size_t>(std::lower_bound(units.begin(), units.end(), data.groups[row]) -
                                       units.begin());
    (kept_back[unit] != 0 ? parts.validation : training).push_back(row);
  }
  parts.training = std::move(training);
  return parts;
}

}  // namespace everyml::boosting_detail
