#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/classical/bayes/bayes_state_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

constexpr double kMostLevels = 1e6;

BayesColumn column_for(BayesLikelihood likelihood, FeatureInfo::Kind kind) {
  switch (likelihood) {
    case BayesLikelihood::gaussian:
      return BayesColumn::gaussian;
    case BayesLikelihood::bernoulli:
      return BayesColumn::bernoulli;
    case BayesLikelihood::multinomial:
    case BayesLikelihood::complement:
      return BayesColumn::counts;
    case BayesLikelihood::categorical:
      return BayesColumn::categorical;
    case BayesLikelihood::automatic:
      break;
  }
  switch (kind) {
    case FeatureInfo::Kind::flag:
      return BayesColumn::bernoulli;
    case FeatureInfo::Kind::category:
      return BayesColumn::categorical;
    case FeatureInfo::Kind::count:
      return BayesColumn::counts;
    case FeatureInfo::Kind::number:
      break;
  }
  return BayesColumn::gaussian;
}

/// One more than the largest code of each column.
std::vector<std::size_t> levels_in(const Dataset& data, const Context& context) {
  using Levels = std::vector<std::size_t>;
  return parallel_reduce<Levels>(
      context, data.rows(), 4096,
      [&](std::size_t begin, std::size_t end) {
        Levels levels(data.columns(), 1);
        std::vector<double> scratch;
        for (std::size_t row = begin; row < end; ++row) {
          if (data.weight(row) == 0) continue;
          const double* values = data.features.tile64(row, row + 1, scratch);
          for (std::size_t j = 0; j < data.columns(); ++j) {
            if (std::isnan(values[j])) continue;
            if (!(values[j] >= 0) || values[j] >= kMostLevels || values[j] != std::floor(values[j])) {
              throw DataError(
                  "data.category_code",
                  fmt::format("naive-bayes: feature \"{}\" is {} in row {}; a categorical likelihood needs "
                              "whole codes from 0 to {}",
                              printable(data.feature_name(j)), format_number(values[j]), row,
                              format_number(kMostLevels - 1)));
            }
            levels[j] = std::max(levels[j], static_cast<std::size_t>(values[j]) + 1);
          }
        }
        return levels;
      },
      [](Levels& into, Levels&& part) {
        for (std::size_t j = 0; j < into.size(); ++j) into[j] = std::max(into[j], part[j]);
      });
}

}  // namespace

BayesLayout make_layout(std::size_t classes, std::vector<BayesColumn> column,
                        std::span<const std::size_t> levels) {
  BayesLayout layout;
  layout.classes = classes;
  layout.place.resize(column.size());
  for (std::size_t j = 0; j < column.size(); ++j) {
    auto& list = column[j] == BayesColumn::gaussian      ? layout.gaussian
                 : column[j] == BayesColumn::bernoulli   ? layout.bernoulli
                 : column[j] == BayesColumn::categorical ? layout.categorical
                                                         : layout.counts;
    layout.place[j] = list.size();
    list.push_back(j);
    if (column[j] == BayesColumn::categorical) layout.level_start.push_back(layout.levels() + levels[j]);
  }
  layout.column = std::move(column);
  return layout;
}

BayesLayout choose_layout(BayesLikelihood likelihood, const Dataset& data, std::size_t classes,
                          std::span<const std::size_t> least, const Context& context) {
  std::vector<BayesColumn> column(data.columns());
  std::vector<std::size_t> levels(data.columns());
  bool known = true;
  for (std::size_t j = 0; j < column.size(); ++j) {
    const FeatureInfo info = data.info.empty() ? FeatureInfo{} : data.info[j];
    column[j] = column_for(likelihood, info.kind);
    levels[j] = info.kind == FeatureInfo::Kind::category ? std::max<std::size_t>(info.levels, 1) : 0;
    known = known && (column[j] != BayesColumn::categorical || levels[j] > 0);
  }
  if (!known) {
    const std::vector<std::size_t> found = levels_in(data, context);
    for (std::size_t j = 0; j < column.size(); ++j) {
      if (levels[j] == 0) levels[j] = std::max(found[j], least.empty() ? 0 : least[j]);
    }
  }
  return make_layout(classes, std::move(column), levels);
}

std::string BayesState::feature_name(std::size_t column) const {
  return info.empty() ? fmt::format("x{}", column) : info[column].name;
}

}  // namespace everyml
