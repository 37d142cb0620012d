#include <fmt/format.h>

#include <algorithm>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/encode/encoder_impl.h"

namespace everyml {

using encode_detail::Cells;
using encode_detail::kMissing;
using encode_detail::kMissingCode;
using encode_detail::Plan;
using encode_detail::Way;

/// Features are made as cells are set, so nothing of a cell has to be kept.
struct RowEncoder::State {
  explicit State(Encoder from) : encoder(std::move(from)), data(encoder.data()) {
    if (data.sparse) text.emplace(static_cast<std::size_t>(data.settings.text_features));
    all_missing.resize(data.info.size());
    for (const Plan& plan : data.plans) {
      const double number = kMissing;
      const std::int32_t code = kMissingCode;
      const std::int64_t date = kMissingDate;
      put(plan, {{&number, 1}, {&code, 1}, {&date, 1}}, all_missing);
    }
    features = all_missing;
  }

  void put(const Plan& plan, const Cells& cells, std::vector<double>& into) const {
    double* out = into.data() + plan.first;
    encode_detail::code_cells(plan, cells, data.keep_missing(), data.scale_of(plan), out, 0);
    if (!data.sparse) return;
    // Sparse features are float32, and a zero of either sign is left out there.
    for (std::size_t f = 0; f < plan.features; ++f) {
      const auto value = static_cast<float>(out[f]);
      out[f] = value != 0 ? static_cast<double>(value) : 0.0;
    }
  }
  void put_number(const Plan& plan, double value) { put(plan, {.numbers = {&value, 1}}, features); }
  void put_code(const Plan& plan, std::int32_t code) { put(plan, {.codes = {&code, 1}}, features); }
  void put_date(const Plan& plan, std::int64_t date) { put(plan, {.dates = {&date, 1}}, features); }
  void put_text(const Plan& plan, std::string_view value) {
    double* out = features.data() + plan.first;
    std::fill_n(out, plan.features, 0.0);
    text->read(hasher, value, plan.idf,
               [&](std::size_t bucket, float weight) { out[bucket] = static_cast<double>(weight); });
  }

  const Encoder encoder;
  const Encoder::Data& data;
  std::vector<double> all_missing, features;
  encode_detail::WordHasher hasher;
  std::optional<encode_detail::TextRow> text;
};

RowEncoder::RowEncoder(Encoder encoder) : state_(std::make_unique<State>(std::move(encoder))) {}
RowEncoder::~RowEncoder() = default;
RowEncoder::RowEncoder(RowEncoder&&) noexcept = default;

std::size_t RowEncoder::column(std::string_view name) const {
  const auto& columns = state_->data.schema.columns;
  const auto at = std::find_if(columns.begin(), columns.end(),
                               [&](const ColumnSchema& column) { return column.name == name; });
  if (at != columns.end()) return static_cast<std::size_t>(at - columns.begin());
  std::vector<std::string> names;
  for (const ColumnSchema& column : columns) names.push_back(column.name);
  throw DataError("data.column_missing", fmt::format("the model reads no column \"{}\".{}", printable(name),
                                                     suggestion(name, names)));
}

void RowEncoder::clear() {
  std::copy(state_->all_missing.begin(), state_->all_missing.end(), state_->features.begin());
}

void RowEncoder::set(std::size_t column, double number) {
  const Plan& plan = state_->data.plans[column];
  switch (plan.way) {
    case Way::number:
      return state_->put_number(plan, number);
    case Way::boolean:
      return state_->put_number(plan, number == 0 || number == 1 ? number : kMissing);
    case Way::date:
      return state_->put_date(plan, kMissingDate);
    case Way::text:
      return state_->put_text(plan, std::isnan(number) ? std::string() : format_number(number));
    default:
      return state_->put_code(plan, plan.index.find(number));
  }
}

void RowEncoder::set(std::size_t column, std::string_view text) {
  const Plan& plan = state_->data.plans[column];
  switch (plan.way) {
    case Way::number:
      return state_->put_number(plan, encode_detail::number_of(text).value_or(kMissing));
    case Way::boolean:
      return state_->put_number(plan, encode_detail::boolean_of(text).value_or(kMissing));
    case Way::date:
      return state_->put_date(plan, encode_detail::date_of(text).value_or(kMissingDate));
    case Way::text:
      return state_->put_text(plan, text);
    default:
      return state_->put_code(plan, plan.index.find(text, plan.column.levels));
  }
}

std::span<const double> RowEncoder::encode() { return state_->features; }

}  // namespace everyml
