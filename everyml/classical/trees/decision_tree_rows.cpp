#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <utility>

#include "everyml/classical/trees/decision_tree_grow_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::cart {
namespace {

constexpr std::size_t kBlock = 4096;
/// Columns read at a time: a row's cache line is then used whole.
constexpr std::size_t kColumns = 8;
constexpr unsigned kDigit = 11;

/// Keys that ascend as the values do; all missing values have the largest.
std::uint64_t key64(double value) {
  if (std::isnan(value)) return ~std::uint64_t{0};
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);  // -0 is 0
  return (bits >> 63) != 0 ? ~bits : bits | (std::uint64_t{1} << 63);
}
std::uint32_t key32(float value) {
  if (std::isnan(value)) return ~std::uint32_t{0};
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  return (bits >> 31) != 0 ? ~bits : bits | (std::uint32_t{1} << 31);
}

template <class Key>
struct Keyed {
  Key key;
  std::uint32_t row;
};

/// Radix sort by key; equal keys stay in row order.
template <class Key>
void sort_keys(Buffer<Keyed<Key>>& items, Buffer<Keyed<Key>>& other) {
  constexpr unsigned kPasses = (sizeof(Key) * 8 + kDigit - 1) / kDigit;
  constexpr std::size_t kBins = std::size_t{1} << kDigit;
  const std::size_t n = items.size();
  std::vector<std::array<std::uint32_t, kBins>> counts(kPasses);
  for (auto& one : counts) one.fill(0);
  for (const auto& item : items) {
    for (unsigned pass = 0; pass < kPasses; ++pass)
      ++counts[pass][static_cast<std::size_t>(item.key >> (pass * kDigit)) & (kBins - 1)];
  }
  for (unsigned pass = 0; pass < kPasses; ++pass) {
    auto& count = counts[pass];
    if (std::any_of(count.begin(), count.end(), [n](std::uint32_t c) { return c == n; })) continue;
    std::uint32_t sum = 0;
    for (auto& c : count) sum += std::exchange(c, sum);
    for (const auto& item : items)
      other[count[static_cast<std::size_t>(item.key >> (pass * kDigit)) & (kBins - 1)]++] = item;
    std::swap(items, other);
  }
}

template <class Key>
void write_entries(const Buffer<Keyed<Key>>& items, std::uint32_t* out) {
  constexpr Key kMissing = static_cast<Key>(~Key{0});
  for (std::size_t i = 0; i < items.size(); ++i) {
    out[i] = items[i].row;
    if (items[i].key == kMissing) out[i] |= kGap;
    if (i == 0 || items[i].key != items[i - 1].key) out[i] |= kNew;
  }
}

void sort_column(const double* values, std::size_t n, std::uint32_t* out) {
  const bool narrow = std::all_of(values, values + n, [](double v) {
    return std::isnan(v) || static_cast<double>(static_cast<float>(v)) == v;
  });
  const auto run = [&](auto key_of, auto zero) {
    using Key = decltype(zero);
    auto items = Buffer<Keyed<Key>>::uninitialized(n), other = Buffer<Keyed<Key>>::uninitialized(n);
    for (std::size_t i = 0; i < n; ++i) items[i] = {key_of(values[i]), static_cast<std::uint32_t>(i)};
    sort_keys(items, other);
    write_entries(items, out);
  };
  if (narrow)
    run([](double v) { return key32(static_cast<float>(v)); }, std::uint32_t{0});
  else
    run([](double v) { return key64(v); }, std::uint64_t{0});
}

/// Values of columns [first, last) of the rows, column by column.
Buffer<double> read_columns(const Rows& rows, std::size_t first, std::size_t last, const Context& context) {
  auto out = Buffer<double>::uninitialized((last - first) * rows.rows);
  std::vector<double> scratch;
  std::size_t at = 0;
  for (std::size_t begin = 0; begin < rows.x->rows() && at < rows.rows; begin += kBlock) {
    context.check();
    const std::size_t end = std::min(begin + kBlock, rows.x->rows());
    if (rows.row_of[at] >= end) continue;
    const double* tile = rows.x->tile64(begin, end, scratch);
    for (; at < rows.rows && rows.row_of[at] < end; ++at) {
      const double* row = tile + (rows.row_of[at] - begin) * rows.columns;
      for (std::size_t f = first; f < last; ++f) out[(f - first) * rows.rows + at] = row[f];
    }
  }
  return out;
}

void check_categories(const Rows& rows, const Dataset& data, std::size_t column, const double* values,
                      std::string_view learner) {
  for (std::size_t i = 0; i < rows.rows; ++i) {
    const double v = values[i];
    if (std::isnan(v) || (v >= 0 && v < rows.levels[column] && v == std::floor(v))) continue;
    throw DataError("data.category_code",
                    fmt::format("{}: feature \"{}\" is a category of {} levels, but row {} holds {}; codes "
                                "are whole numbers from 0",
                                learner, data.feature_name(column), rows.levels[column], rows.row_of[i], v));
  }
}

/// Categories beyond this have no sets of a sensible size.
constexpr std::size_t kMostLevels = std::size_t{1} << 20;

void find_levels(Rows& rows, const Dataset& data, std::string_view learner, const Context& context) {
  rows.levels.assign(rows.columns, 0);
  if (data.info.empty()) return;
  for (std::size_t f = 0; f < rows.columns; ++f) {
    if (data.info[f].kind != FeatureInfo::Kind::category) continue;
    const Buffer<double> values = read_columns(rows, f, f + 1, context);
    std::size_t levels = data.info[f].levels;
    if (levels == 0) {
      double largest = 0;
      for (const double v : values) {
        if (v > largest) largest = v;
      }
      levels = static_cast<std::size_t>(std::min(largest, static_cast<double>(kMostLevels))) + 1;
    }
    rows.levels[f] = static_cast<std::uint32_t>(std::min(levels, kMostLevels));
    check_categories(rows, data, f, values.data(), learner);
  }
}

/// The exponent by which to scale so that squares and their sums stay in range; 0 in ordinary cases.
int odd_exponent(std::span<const double> values) {
  constexpr int kOrdinary = 200;
  double largest = 0;
  for (const double v : values) largest = std::max(largest, std::abs(v));
  const int exponent = largest > 0 ? std::ilogb(largest) : 0;
  return std::abs(exponent) > kOrdinary ? exponent : 0;
}

void read_targets(Rows& rows, const Dataset& data) {
  rows.targets = data.target_count();
  const bool classes = data.target.kind() == Target::Kind::classes;
  rows.first.assign(1, 0);
  for (std::size_t t = 0; t < rows.targets; ++t)
    rows.first.push_back(rows.first.back() +
                         static_cast<std::uint32_t>(classes ? data.target_at(t).class_count() : 1));
  for (const std::uint32_t row : rows.row_of) {
    for (std::size_t t = 0; t < rows.targets; ++t) {
      const Target& target = data.target_at(t);
      if (classes)
        rows.codes.push_back(rows.first[t] + static_cast<std::uint32_t>(target.codes()[row]));
      else
        rows.ys.push_back(target.values()[row]);
    }
  }
}

}  // namespace

Rows make_rows(const Dataset& data, Aim aim, std::span<const double> class_weight, std::string_view learner,
               const Context& context) {
  Rows rows;
  rows.aim = aim;
  rows.columns = data.columns();
  rows.x = &data.features;
  const bool several = !data.further.empty();
  const bool classes = data.target.kind() == Target::Kind::classes && !several;
  rows.classes = classes ? data.target.class_count() : 0;
  bool unit = true, unit_mass = true;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    const double weight = data.weight(i);
    if (weight == 0) continue;
    const double factor =
        classes && !class_weight.empty() ? class_weight[static_cast<std::size_t>(data.target.codes()[i])] : 1;
    rows.row_of.push_back(static_cast<std::uint32_t>(i));
    rows.weight.push_back(weight);
    rows.mass.push_back(weight * factor);
    unit = unit && weight == 1;
    unit_mass = unit_mass && weight * factor == 1;
    if (classes)
      rows.code.push_back(static_cast<std::uint16_t>(data.target.codes()[i]));
    else if (!several)
      rows.y.push_back(data.target.values()[i]);
  }
  if (several) read_targets(rows, data);
  rows.rows = rows.row_of.size();
  if (rows.rows > kRow || data.rows() > kRow) {
    throw DataError("data.too_many_rows",
                    fmt::format("{}: at most {} rows, got {}", learner, kRow, data.rows()));
  }
  if (classes && rows.classes > 65535) {
    throw DataError("data.too_many_classes",
                    fmt::format("{}: at most 65535 classes, got {}", learner, rows.classes));
  }
  rows.factor.assign(class_weight.begin(), class_weight.end());
  if (const int exponent = odd_exponent(rows.mass); exponent != 0) {
    unit_mass = false;
    rows.factor.resize(several ? 1 : rows.classes, 1.0);
    for (double& one : rows.factor) one = std::ldexp(one, -exponent);
    for (double& one : rows.mass) one = std::ldexp(one, -exponent);
  }
  std::vector<double>& numbers = several ? rows.ys : rows.y;
  rows.y_exponent = odd_exponent(numbers);
  if (rows.y_exponent != 0) {
    for (double& one : numbers) one = std::ldexp(one, -rows.y_exponent);
  }
  if (unit) rows.weight.clear();
  if (unit_mass) {
    rows.mass.clear();
    rows.factor.clear();
  }
  find_levels(rows, data, learner, context);
  return rows;
}

Buffer<std::uint32_t> sorted_columns(const Rows& rows, const Context& context) {
  auto entries = Buffer<std::uint32_t>::uninitialized(rows.columns * rows.rows);
  parallel_for(context, rows.columns, kColumns, [&](std::size_t first, std::size_t last) {
    const Buffer<double> values = read_columns(rows, first, last, context);
    for (std::size_t f = first; f < last; ++f) {
      context.check();
      sort_column(values.data() + (f - first) * rows.rows, rows.rows, entries.data() + f * rows.rows);
    }
  });
  return entries;
}

double xlogx(double x) { return x > 0 ? x * std::log(x) : 0; }

double between_values(double low, double high) {
  const double middle = low / 2 + high / 2;
  return middle >= low && middle < high ? middle : low;
}

}  // namespace everyml::cart
