#include "everyml/foundation/data/column.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {
namespace {

constexpr std::string_view kKindNames[] = {"number", "boolean", "category", "text", "date"};

using Levels = std::shared_ptr<const std::vector<std::string>>;

template <class T>
std::shared_ptr<const Buffer<T>> share(Buffer<T> values) {
  return std::make_shared<const Buffer<T>>(std::move(values));
}

/// Order of the levels by bytes: position i of the result is the old code of the new code i.
std::vector<std::int32_t> byte_order(const std::vector<std::string>& levels) {
  std::vector<std::int32_t> order(levels.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::int32_t a, std::int32_t b) { return levels[std::size_t(a)] < levels[std::size_t(b)]; });
  return order;
}

template <class T>
Buffer<T> gather(std::span<const T> values, std::span<const std::size_t> rows) {
  auto out = Buffer<T>::uninitialized(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out[i] = values[rows[i]];
  return out;
}

/// Room for the offsets of `rows` texts, the first of them set.
Buffer<std::uint64_t> first_offset(std::size_t rows) {
  auto offsets = Buffer<std::uint64_t>::uninitialized(rows + 1);
  if (!offsets.empty()) offsets[0] = 0;
  return offsets;
}

/// The rows that `row_at(i)` names, i < count, of a text store.
template <class RowAt>
TextStore gather_text(const TextStore& from, std::size_t count, RowAt row_at) {
  TextStore out;
  out.offsets = first_offset(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = row_at(i);
    out.offsets[i + 1] = out.offsets[i] + (from.offsets[row + 1] - from.offsets[row]);
  }
  out.bytes = Buffer<char>::uninitialized(out.offsets[count]);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t row = row_at(i);
    std::copy_n(from.bytes.data() + from.offsets[row], from.offsets[row + 1] - from.offsets[row],
                out.bytes.data() + out.offsets[i]);
  }
  if (!from.missing.empty()) {
    out.missing = Buffer<std::uint8_t>::uninitialized(count);
    for (std::size_t i = 0; i < count; ++i) out.missing[i] = from.missing[row_at(i)];
  }
  return out;
}

void check_text_store(const std::string& name, const TextStore& store) {
  bool good = store.missing.empty() || store.missing.size() == store.rows();
  if (!store.offsets.empty()) good = good && store.offsets[store.rows()] <= store.bytes.size();
  for (std::size_t i = 0; i < store.rows(); ++i) good &= store.offsets[i] <= store.offsets[i + 1];
  if (good) return;
  throw DataError(
      "data.text_store",
      fmt::format("column \"{}\": the offsets of a text column must ascend within its bytes and the mask "
                  "of missing cells must have one entry per row",
                  printable(name)));
}

}  // namespace

std::string_view to_string(ColumnKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

std::optional<ColumnKind> column_kind_from(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kKindNames); ++i) {
    if (kKindNames[i] == name) return static_cast<ColumnKind>(i);
  }
  return std::nullopt;
}

TextStore TextStore::from(std::span<const std::optional<std::string>> cells) {
  TextStore store;
  store.offsets = first_offset(cells.size());
  bool any_missing = false;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    store.offsets[i + 1] = store.offsets[i] + (cells[i] ? cells[i]->size() : 0);
    any_missing |= !cells[i].has_value();
  }
  store.bytes = Buffer<char>::uninitialized(store.offsets[cells.size()]);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (cells[i]) std::copy(cells[i]->begin(), cells[i]->end(), store.bytes.data() + store.offsets[i]);
  }
  if (any_missing) {
    store.missing = Buffer<std::uint8_t>(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) store.missing[i] = cells[i] ? 0 : 1;
  }
  return store;
}

/// Exactly one of the spans (or `text`) is in use, as `kind` and the storage say; `owner` keeps it alive.
struct Column::Data {
  ColumnKind kind = ColumnKind::number;
  std::size_t size = 0;
  bool has_time = false;
  std::span<const double> doubles;
  std::span<const float> floats;
  std::span<const std::int8_t> booleans;
  std::span<const std::int32_t> codes;
  std::span<const std::int64_t> dates;
  std::shared_ptr<const void> owner;
  Levels levels;
  std::shared_ptr<const TextStore> text;
  /// Counted on first use: borrowing a large array must not read it. Racing threads store the same value.
  mutable std::atomic<std::ptrdiff_t> missing_count{-1};

  bool missing(std::size_t row) const {
    switch (kind) {
      case ColumnKind::number:
        return floats.empty() ? std::isnan(doubles[row]) : std::isnan(floats[row]);
      case ColumnKind::boolean:
        return booleans[row] < 0;
      case ColumnKind::category:
        return codes[row] < 0;
      case ColumnKind::text:
        return !text->missing.empty() && text->missing[row] != 0;
      case ColumnKind::date:
        return dates[row] == kMissingDate;
    }
    return false;
  }
  double number(std::size_t row) const {
    switch (kind) {
      case ColumnKind::number:
        return floats.empty() ? doubles[row] : static_cast<double>(floats[row]);
      case ColumnKind::boolean:
        return booleans[row];
      case ColumnKind::category:
        return codes[row];
      default:
        return static_cast<double>(dates[row]);
    }
  }
};

Column::Column() {
  static const std::shared_ptr<const Data> empty = std::make_shared<const Data>();
  data_ = empty;
}

Column Column::numbers(std::string name, Buffer<double> values) {
  auto owner = share(std::move(values));
  const std::span<const double> view = owner->span();
  return numbers_view(std::move(name), view, std::move(owner));
}

Column Column::numbers_view(std::string name, std::span<const double> values,
                            std::shared_ptr<const void> owner) {
  auto data = std::make_shared<Data>();
  data->size = values.size();
  data->doubles = values;
  data->owner = std::move(owner);
  return Column(std::move(name), std::move(data));
}

Column Column::numbers_view(std::string name, std::span<const float> values,
                            std::shared_ptr<const void> owner) {
  auto data = std::make_shared<Data>();
  data->size = values.size();
  data->floats = values;
  data->owner = std::move(owner);
  return Column(std::move(name), std::move(data));
}

Column Column::booleans(std::string name, Buffer<std::int8_t> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < -1 || values[i] > 1) {
      throw DataError("data.boolean_value",
                      fmt::format("column \"{}\": row {} holds {}, but a boolean is 0, 1 or -1 for missing",
                                  printable(name), i, int{values[i]}));
    }
  }
  auto owner = share(std::move(values));
  auto data = std::make_shared<Data>();
  data->kind = ColumnKind::boolean;
  data->size = owner->size();
  data->booleans = owner->span();
  data->owner = std::move(owner);
  return Column(std::move(name), std::move(data));
}

Column Column::categories(std::string name, Buffer<std::int32_t> codes, std::vector<std::string> levels) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] < -1 || codes[i] >= static_cast<std::int64_t>(levels.size())) {
      throw DataError("data.category_code",
                      fmt::format("column \"{}\": row {} has the code {}, but there are {} levels",
                                  printable(name), i, codes[i], levels.size()));
    }
  }
  const std::vector<std::int32_t> order = byte_order(levels);
  auto sorted = std::make_shared<std::vector<std::string>>();
  sorted->reserve(levels.size());
  std::vector<std::int32_t> new_code(levels.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::string& level = levels[static_cast<std::size_t>(order[i])];
    if (i > 0 && sorted->back() == level) {
      throw DataError("data.category_level", fmt::format("column \"{}\": the level \"{}\" stands twice",
                                                         printable(name), printable(level)));
    }
    new_code[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
    sorted->push_back(std::move(level));
  }
  if (!std::is_sorted(order.begin(), order.end())) {
    for (std::int32_t& code : codes) {
      if (code >= 0) code = new_code[static_cast<std::size_t>(code)];
    }
  }
  auto owner = share(std::move(codes));
  auto data = std::make_shared<Data>();
  data->kind = ColumnKind::category;
  data->size = owner->size();
  data->codes = owner->span();
  data->owner = std::move(owner);
  data->levels = std::move(sorted);
  return Column(std::move(name), std::move(data));
}

Column Column::categories(std::string name, std::span<const std::optional<std::string>> cells) {
  std::unordered_map<std::string_view, std::int32_t> seen;
  std::vector<std::string> levels;
  auto codes = Buffer<std::int32_t>::uninitialized(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    codes[i] = -1;
    if (!cells[i]) continue;
    const auto [entry, fresh] = seen.try_emplace(*cells[i], static_cast<std::int32_t>(levels.size()));
    if (fresh) levels.push_back(*cells[i]);
    codes[i] = entry->second;
  }
  return categories(std::move(name), std::move(codes), std::move(levels));
}

Column Column::texts(std::string name, TextStore store) {
  check_text_store(name, store);
  auto data = std::make_shared<Data>();
  data->kind = ColumnKind::text;
  data->size = store.rows();
  data->text = std::make_shared<const TextStore>(std::move(store));
  return Column(std::move(name), std::move(data));
}

Column Column::dates(std::string name, Buffer<std::int64_t> microseconds, bool has_time) {
  auto owner = share(std::move(microseconds));
  auto data = std::make_shared<Data>();
  data->kind = ColumnKind::date;
  data->size = owner->size();
  data->has_time = has_time;
  data->dates = owner->span();
  data->owner = std::move(owner);
  return Column(std::move(name), std::move(data));
}

const std::string& Column::name() const { return name_; }
ColumnKind Column::kind() const { return data_->kind; }
std::size_t Column::size() const { return data_->size; }
bool Column::missing(std::size_t row) const { return data_->missing(row); }
std::span<const double> Column::doubles() const { return data_->doubles; }
std::span<const float> Column::floats() const { return data_->floats; }
std::span<const std::int8_t> Column::booleans() const { return data_->booleans; }
std::span<const std::int32_t> Column::codes() const { return data_->codes; }
std::span<const std::int64_t> Column::dates() const { return data_->dates; }
bool Column::has_time() const { return data_->has_time; }
const TextStore* Column::texts() const { return data_->text.get(); }

std::span<const std::string> Column::levels() const {
  if (!data_->levels) return {};
  return *data_->levels;
}

std::size_t Column::missing_count() const {
  const std::ptrdiff_t known = data_->missing_count.load(std::memory_order_relaxed);
  if (known >= 0) return static_cast<std::size_t>(known);
  std::size_t count = 0;
  for (std::size_t i = 0; i < data_->size; ++i) count += data_->missing(i) ? 1 : 0;
  data_->missing_count.store(static_cast<std::ptrdiff_t>(count), std::memory_order_relaxed);
  return count;
}

double Column::number(std::size_t row) const {
  if (data_->kind == ColumnKind::text) {
    throw UnsupportedError("column.not_numeric",
                           fmt::format("column \"{}\" is text and has no numbers to read", printable(name_)));
  }
  return data_->missing(row) ? std::numeric_limits<double>::quiet_NaN() : data_->number(row);
}

void Column::read_numbers(std::size_t begin, std::span<double> out) const {
  if (!data_->doubles.empty()) {
    std::copy_n(data_->doubles.begin() + static_cast<std::ptrdiff_t>(begin), out.size(), out.begin());
    return;
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = number(begin + i);
}

std::string_view Column::text(std::size_t row) const {
  if (data_->kind == ColumnKind::category)
    return (*data_->levels)[static_cast<std::size_t>(data_->codes[row])];
  const TextStore& store = *data_->text;
  return {store.bytes.data() + store.offsets[row], store.offsets[row + 1] - store.offsets[row]};
}

std::string Column::cell(std::size_t row) const {
  if (data_->missing(row)) return {};
  switch (data_->kind) {
    case ColumnKind::number:
      // A float is written as the shortest text that reads back to the same float: 0.1, not 0.10000000149.
      return data_->floats.empty() ? format_number(data_->doubles[row])
                                   : fmt::format("{}", data_->floats[row]);
    case ColumnKind::boolean:
      return data_->booleans[row] ? "true" : "false";
    case ColumnKind::date:
      return format_date(data_->dates[row], data_->has_time);
    default:
      return std::string(text(row));
  }
}

Column Column::renamed(std::string name) const { return Column(std::move(name), data_); }

Column Column::select(std::span<const std::size_t> rows) const {
  auto data = std::make_shared<Data>();
  data->kind = data_->kind;
  data->size = rows.size();
  data->has_time = data_->has_time;
  data->levels = data_->levels;
  const auto take = [&]<class T>(std::span<const T> from, std::span<const T>& to) {
    if (from.empty()) return;
    auto owner = share(gather(from, rows));
    to = owner->span();
    data->owner = std::move(owner);
  };
  take(data_->doubles, data->doubles);
  take(data_->floats, data->floats);
  take(data_->booleans, data->booleans);
  take(data_->codes, data->codes);
  take(data_->dates, data->dates);
  if (data_->text) {
    data->text = std::make_shared<const TextStore>(
        gather_text(*data_->text, rows.size(), [&](std::size_t i) { return rows[i]; }));
  }
  return Column(name_, std::move(data));
}

Column Column::slice(std::size_t begin, std::size_t end) const {
  auto data = std::make_shared<Data>();
  data->kind = data_->kind;
  data->size = end - begin;
  data->has_time = data_->has_time;
  data->levels = data_->levels;
  data->owner = data_->owner;
  const auto take = [&]<class T>(std::span<const T> from, std::span<const T>& to) {
    if (!from.empty()) to = from.subspan(begin, end - begin);
  };
  take(data_->doubles, data->doubles);
  take(data_->floats, data->floats);
  take(data_->booleans, data->booleans);
  take(data_->codes, data->codes);
  take(data_->dates, data->dates);
  if (data_->text) {
    data->text = std::make_shared<const TextStore>(
        gather_text(*data_->text, end - begin, [&](std::size_t i) { return begin + i; }));
  }
  return Column(name_, std::move(data));
}

}  // namespace everyml
