#include <algorithm>
#include <utility>

#include "everyml/ensembles/boosting/boosting_views_impl.h"

namespace everyml::boosting_detail {
namespace {

/// Trees on ordered categories draw one of so many orders, so that no row is always among the first, of whose
/// categories little is known.
constexpr std::uint64_t kOrders = 4;

View view_of(std::optional<OrderedColumns> ordered, const BinnedFeatures& all, const RowParts& parts,
             const GrowerSettings& grower, const Context& context) {
  const auto part = [&](const std::vector<std::size_t>& rows) {
    return rows.size() == all.rows() ? all : all.select_rows(rows, context);
  };
  BinnedFeatures training = part(parts.training);
  std::optional<BinnedFeatures> validation;
  if (!parts.validation.empty()) validation = part(parts.validation);
  Grower grown(training, ordered ? ordered->translated(grower) : grower, context);
  std::vector<std::int32_t> numbers;
  for (std::size_t c = 0; c < all.columns(); ++c) {
    const bool number = !all.bins(c).category && (!ordered || ordered->as_it_is(c));
    const std::size_t source = ordered ? ordered->sources()[c] : c;
    numbers.push_back(number ? static_cast<std::int32_t>(source) : -1);
  }
  return {std::move(ordered), std::move(training), std::move(validation), std::move(grown), {},
          std::move(numbers)};
}

}  // namespace

std::vector<View> make_views(const Dataset& data, const RowParts& parts, const BoostingSettings& settings,
                             const Context& context) {
  GrowerSettings grower = grower_settings(settings, data);
  grower.unweighted = std::all_of(parts.training.begin(), parts.training.end(),
                                  [&](std::size_t row) { return data.weight(row) == 1; });
  const BinSettings bins{.max_bins = settings.bins, .bundle = true};
  std::vector<View> views;
  if (settings.category_encoding == CategoryEncoding::subsets ||
      !OrderedColumns::useful(data, parts.training, settings.category_one_hot)) {
    views.push_back(view_of({}, *shared_bins(data, bins, context), parts, grower, context));
    return views;
  }
  for (std::uint64_t order = 0; order < kOrders; ++order) {
    OrderedColumns columns(data, parts.training, settings.category_one_hot, settings.category_smooth, order,
                           context);
    const BinnedFeatures all =
        BinnedFeatures::make(columns.columns().features, columns.columns().info, data.weights, bins, context);
    columns.forget();
    views.push_back(view_of(std::move(columns), all, parts, grower, context));
  }
  return views;
}

}  // namespace everyml::boosting_detail
