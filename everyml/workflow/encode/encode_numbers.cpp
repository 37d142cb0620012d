#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/encode/encoder_impl.h"

namespace everyml {
namespace {

constexpr std::size_t kFillRows = 4096;
constexpr std::size_t kSampledRows = 256;

double median_of(const Features& x, std::size_t column, std::span<const double> weights, std::size_t step) {
  std::vector<double> values, counts;
  for (std::size_t row = 0; row < x.rows(); row += step) {
    const double value = x.at(row, column);
    if (!std::isfinite(value) || (!weights.empty() && weights[row] <= 0)) continue;
    values.push_back(value);
    if (!weights.empty()) counts.push_back(weights[row]);
  }
  return values.empty() ? 0.0 : encode_detail::weighted_median(std::move(values), std::move(counts));
}

template <class T>
Features filled(const T* from, const Features& x, const std::vector<encode_detail::Plan>& plans,
                const Context& context) {
  auto out = Buffer<T>::uninitialized(x.rows() * x.columns());
  parallel_for(context, x.rows(), kFillRows, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      const T* values = from + row * x.stride();
      T* to = out.data() + row * x.columns();
      for (std::size_t j = 0; j < x.columns(); ++j) {
        to[j] = std::isnan(values[j]) ? static_cast<T>(plans[j].fill) : values[j];
      }
    }
  });
  return Features::dense(std::move(out), x.rows(), x.columns());
}

}  // namespace

Encoder Encoder::of_numbers(const Features& x, std::span<const std::string> names,
                            std::span<const double> weights, Fills fills, const Context& context) {
  if (names.size() != x.columns()) {
    throw DataError("data.length",
                    fmt::format("the encoder: {} names for {} columns", names.size(), x.columns()));
  }
  if (!weights.empty() && weights.size() != x.rows()) {
    throw DataError("data.length",
                    fmt::format("the encoder: {} weights for {} rows", weights.size(), x.rows()));
  }
  const bool sparse = x.storage() == Features::Storage::sparse32;
  if (fills == Fills::exact && sparse) {
    throw UnsupportedError("encode.sparse_missing",
                           "missing cells of sparse features cannot be filled; give a dense matrix");
  }
  auto data = std::make_shared<Data>();
  const bool fill = fills != Fills::none && !sparse;
  data->needs = {fill ? InputNeeds::Missing::impute : InputNeeds::Missing::keep,
                 InputNeeds::Categories::one_hot, InputNeeds::Scale::none};
  data->plans.resize(names.size());
  for (std::size_t j = 0; j < names.size(); ++j) {
    encode_detail::Plan& plan = data->plans[j];
    plan.column.name = names[j];
    // No range was learned, so none is exceeded.
    plan.low = std::numeric_limits<double>::lowest();
    plan.high = std::numeric_limits<double>::max();
  }
  if (fill) {
    const std::size_t step = fills == Fills::exact ? 1 : (x.rows() + kSampledRows - 1) / kSampledRows;
    // Some columns at a time, so that a small table stays on one thread.
    parallel_for(context, names.size(), fills == Fills::exact ? 1 : 64,
                 [&](std::size_t begin, std::size_t end) {
                   for (std::size_t j = begin; j < end; ++j) {
                     data->plans[j].fill = median_of(x, j, weights, std::max<std::size_t>(step, 1));
                   }
                 });
  }
  data->finish();
  return Encoder(std::move(data));
}

Encoder Encoder::of_columns(std::span<const ColumnSchema> columns) {
  auto data = std::make_shared<Data>();
  data->needs = {InputNeeds::Missing::keep, InputNeeds::Categories::codes, InputNeeds::Scale::none};
  std::set<std::string_view> names;
  for (const ColumnSchema& column : columns) {
    if (!names.insert(column.name).second) {
      throw DataError("data.column_twice",
                      fmt::format("two columns are called \"{}\"", printable(column.name)));
    }
    encode_detail::Plan plan;
    plan.column = column;
    if (column.kind == ColumnKind::category) {
      plan.way = encode_detail::Way::codes;
      for (std::size_t i = 1; i < column.levels.size(); ++i) {
        if (column.levels[i - 1] >= column.levels[i]) {
          throw DataError("data.levels",
                          fmt::format("the levels of \"{}\" must ascend, each once; \"{}\" does not",
                                      printable(column.name), printable(column.levels[i])));
        }
      }
    } else if (column.kind == ColumnKind::number) {
      plan.low = std::numeric_limits<double>::lowest();
      plan.high = std::numeric_limits<double>::max();
    } else {
      throw UnsupportedError(
          "encode.kind",
          fmt::format("the column \"{}\" is neither of numbers nor of categories", printable(column.name)));
    }
    data->plans.push_back(std::move(plan));
  }
  data->finish();
  return Encoder(std::move(data));
}

bool Encoder::takes_numbers() const {
  const Data& own = data();
  return own.needs.scale == InputNeeds::Scale::none &&
         std::all_of(own.plans.begin(), own.plans.end(), [](const encode_detail::Plan& plan) {
           return plan.way == encode_detail::Way::number && !plan.indicator;
         });
}

Features Encoder::fill_numbers(const Features& x, const Context& context) const {
  if (data().keep_missing() || x.storage() == Features::Storage::sparse32 || !x.has_missing()) return x;
  if (const double* values = x.dense64()) return filled(values, x, data().plans, context);
  return filled(x.dense32(), x, data().plans, context);
}

}  // namespace everyml
