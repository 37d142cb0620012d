#include "apps/python/core/columns.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <limits>
#include <string>
#include <unordered_map>

#include "apps/python/core/features.h"
#include "apps/python/core/objects.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::python {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::int64_t kExactWhole = std::int64_t{1} << 53;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// One dimension of any stride and any of NumPy's types.
using Strided = nb::ndarray<nb::ro, nb::ndim<1>, nb::device::cpu>;
using Mask = std::optional<Vector<std::uint8_t>>;

void check_mask(const Mask& mask, std::size_t rows) {
  if (mask && mask->size() != rows) throw ParameterError("column.mask", "the mask has another length");
}
bool masked(const Mask& mask, std::size_t row) { return mask && mask->data()[row] != 0; }

/// work(values, stride) with the elements in their own type; false for a type that is no whole number.
template <class Work>
bool with_whole(const Strided& array, Work work) {
  const auto attempt = [&]<class T>() {
    if (array.dtype() != nb::dtype<T>()) return false;
    work(static_cast<const T*>(array.data()), array.shape(0) > 1 ? array.stride(0) : 1);
    return true;
  };
  return attempt.template operator()<std::int64_t>() || attempt.template operator()<std::int32_t>() ||
         attempt.template operator()<std::int16_t>() || attempt.template operator()<std::int8_t>() ||
         attempt.template operator()<std::uint64_t>() || attempt.template operator()<std::uint32_t>() ||
         attempt.template operator()<std::uint16_t>() || attempt.template operator()<std::uint8_t>();
}

template <class T>
bool exact(T value) {
  if constexpr (sizeof(T) < 8)
    return true;
  else if constexpr (std::is_signed_v<T>)
    return value >= -kExactWhole && value <= kExactWhole;
  else
    return value <= static_cast<T>(kExactWhole);
}

[[noreturn]] void throw_type(const std::string& name) {
  throw ParameterError("column.type", "column \"" + printable(name) + "\" needs an array of whole numbers");
}

/// Numbers, or text when a double would not give some of them back.
Column whole_numbers(const std::string& name, const Strided& array, const Mask& mask) {
  const std::size_t rows = array.shape(0);
  check_mask(mask, rows);
  std::optional<Column> made;
  const bool known = with_whole(array, [&](const auto* values, std::int64_t stride) {
    auto out = Buffer<double>::uninitialized(rows);
    bool all_exact = true;
    for (std::size_t i = 0; i < rows; ++i) {
      const auto value = values[static_cast<std::int64_t>(i) * stride];
      all_exact &= masked(mask, i) || exact(value);
      out[i] = masked(mask, i) ? kNan : static_cast<double>(value);
    }
    if (all_exact) {
      made = Column::numbers(name, std::move(out));
      return;
    }
    std::vector<std::optional<std::string>> cells(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      if (!masked(mask, i)) cells[i] = std::to_string(values[static_cast<std::int64_t>(i) * stride]);
    }
    made = Column::texts(name, TextStore::from(cells));
  });
  if (!known) throw_type(name);
  return *std::move(made);
}

template <class T>
Column borrowed(const std::string& name, nb::object source) {
  const auto array = nb::cast<Vector<T>>(source, false);
  const std::span<const T> values = span_of(array);
  return Column::numbers_view(name, values, keep_alive(std::move(source)));
}

/// float64 or float32, contiguous: borrowed.
Column numbers(const std::string& name, nb::object source) {
  if (nb::isinstance<Vector<double>>(source)) return borrowed<double>(name, std::move(source));
  if (nb::isinstance<Vector<float>>(source)) return borrowed<float>(name, std::move(source));
  throw ParameterError("column.type",
                       "column \"" + printable(name) + "\" needs a contiguous array of float64 or float32");
}

Column booleans(const std::string& name, const Vector<std::uint8_t>& array, const Mask& mask) {
  check_mask(mask, array.size());
  auto out = Buffer<std::int8_t>::uninitialized(array.size());
  for (std::size_t i = 0; i < array.size(); ++i) {
    out[i] = masked(mask, i) ? std::int8_t{-1} : static_cast<std::int8_t>(array.data()[i] != 0);
  }
  return Column::booleans(name, std::move(out));
}

/// Microseconds are value * multiply / divide, cut downwards. Also returns how many were cut.
nb::object dates(const std::string& name, const Vector<std::int64_t>& array, std::int64_t multiply,
                 std::int64_t divide) {
  auto out = Buffer<std::int64_t>::uninitialized(array.size());
  bool has_time = false;
  std::size_t cut = 0;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::int64_t value = array.data()[i];
    out[i] = kMissingDate;
    if (value == kMissingDate) continue;
    std::int64_t scaled = 0;
    if (__builtin_mul_overflow(value, multiply, &scaled) || scaled == kMissingDate) {
      throw DataError("data.date_range", "column \"" + printable(name) + "\", row " + std::to_string(i) +
                                             ": the date lies beyond the year 292000");
    }
    const std::int64_t rest = scaled % divide;
    cut += rest != 0 ? 1 : 0;
    out[i] = scaled / divide - (rest < 0 ? 1 : 0);
    has_time |= out[i] % kDay != 0;
  }
  return nb::make_tuple(Column::dates(name, std::move(out), has_time), cut);
}

/// Levels that are written alike are one.
Column categories(const std::string& name, const Strided& codes, const std::vector<std::string>& levels) {
  std::unordered_map<std::string, std::int32_t> seen;
  std::vector<std::string> distinct;
  std::vector<std::int32_t> place;
  for (const std::string& level : levels) {
    const auto [entry, fresh] = seen.try_emplace(level, static_cast<std::int32_t>(distinct.size()));
    if (fresh) distinct.push_back(level);
    place.push_back(entry->second);
  }
  auto out = Buffer<std::int32_t>::uninitialized(codes.shape(0));
  const bool known = with_whole(codes, [&](const auto* values, std::int64_t stride) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto code = static_cast<std::int64_t>(values[static_cast<std::int64_t>(i) * stride]);
      if (code >= static_cast<std::int64_t>(place.size())) {
        throw DataError("data.category_code", "column \"" + printable(name) + "\", row " + std::to_string(i) +
                                                  ": the code points outside the list of levels");
      }
      out[i] = code < 0 ? -1 : place[static_cast<std::size_t>(code)];
    }
  });
  if (!known) throw_type(name);
  return Column::categories(name, std::move(out), std::move(distinct));
}

/// The values of a column that an array of NumPy's can look at without a copy.
template <class T>
nb::object looked_at(const Column& column, std::span<const T> values) {
  auto kept = std::make_unique<Column>(column);
  nb::capsule owner(kept.release(), [](void* p) noexcept { delete static_cast<Column*>(p); });
  const std::size_t rows = values.size();
  return nb::cast(nb::ndarray<nb::numpy, const T>(values.data(), 1, &rows, owner));
}

/// Numbers as they are (floats where the column has them), booleans int8 with -1 for missing, categories
/// their codes, dates microseconds; None for text.
nb::object array_of(const Column& column) {
  switch (column.kind()) {
    case ColumnKind::number:
      return column.floats().empty() ? looked_at(column, column.doubles())
                                     : looked_at(column, column.floats());
    case ColumnKind::boolean:
      return looked_at(column, column.booleans());
    case ColumnKind::category:
      return looked_at(column, column.codes());
    case ColumnKind::date:
      return looked_at(column, column.dates());
    case ColumnKind::text:
      break;
  }
  return nb::none();
}

/// Texts as the file would hold them, None where missing; of rows [begin, end).
nb::list cells_of(const Column& column, std::size_t begin, std::optional<std::size_t> given_end) {
  const std::size_t end = std::min(given_end.value_or(column.size()), column.size());
  nb::list cells;
  for (std::size_t row = begin; row < end; ++row) {
    if (column.missing(row))
      cells.append(nb::none());
    else
      cells.append(nb::str(column.cell(row).c_str(), column.cell(row).size()));
  }
  return cells;
}

std::uintptr_t address_of(const Column& column) {
  if (!column.floats().empty()) return reinterpret_cast<std::uintptr_t>(column.floats().data());
  return reinterpret_cast<std::uintptr_t>(column.doubles().data());
}

}  // namespace

void bind_columns(nb::module_& module) {
  nb::class_<Column>(module, "Column", "One named, typed, immutable column; may borrow its values.")
      .def_static("numbers", &numbers, nb::arg("name"), nb::arg("array"))
      .def_static("whole_numbers", &whole_numbers, nb::arg("name"), nb::arg("array"),
                  nb::arg("mask").none() = nb::none())
      .def_static("booleans", &booleans, nb::arg("name"), nb::arg("array"),
                  nb::arg("mask").none() = nb::none())
      .def_static("dates", &dates, nb::arg("name"), nb::arg("array"), nb::arg("multiply") = 1,
                  nb::arg("divide") = 1)
      .def_static("categories", &categories, nb::arg("name"), nb::arg("codes"), nb::arg("levels"))
      .def_static("objects", &column_of_objects, nb::arg("name"), nb::arg("cells"), nb::arg("convert"))
      .def_prop_ro("name", [](const Column& column) { return column.name(); })
      .def_prop_ro("kind", [](const Column& column) { return std::string(to_string(column.kind())); })
      .def_prop_ro("has_time", &Column::has_time)
      .def_prop_ro("missing_count", &Column::missing_count)
      .def_prop_ro("levels",
                   [](const Column& column) {
                     return std::vector<std::string>(column.levels().begin(), column.levels().end());
                   })
      .def_prop_ro("address", &address_of, "Where the numbers lie; 0 for other kinds.")
      .def("__len__", &Column::size)
      .def("renamed", [](const Column& column, std::string name) { return column.renamed(std::move(name)); })
      .def("to_numpy", &array_of)
      .def("cells", &cells_of, nb::arg("begin") = 0, nb::arg("end").none() = nb::none());
}

}  // namespace everyml::python
