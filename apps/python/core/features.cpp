#include "apps/python/core/features.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::python {
namespace {

using Matrix = nb::ndarray<nb::ro, nb::ndim<2>, nb::device::cpu>;

template <class T>
Features view_of(const Matrix& array, nb::object source) {
  const std::size_t rows = array.shape(0), columns = array.shape(1);
  // NumPy leaves the strides of an axis of one entry open.
  const auto stride = rows > 1 ? array.stride(0) : static_cast<std::int64_t>(columns);
  if (columns > 1 && array.stride(1) != 1) {
    throw ParameterError("features.shape", "the rows of the matrix are not contiguous");
  }
  if (stride < static_cast<std::int64_t>(columns)) {
    throw ParameterError("features.shape", "the rows of the matrix overlap or run backwards");
  }
  return Features::view(static_cast<const T*>(array.data()), rows, columns, static_cast<std::size_t>(stride),
                        keep_alive(std::move(source)));
}

/// Borrows the array.
Features dense(nb::object source) {
  const auto array = nb::cast<Matrix>(source);
  if (array.dtype() == nb::dtype<double>()) return view_of<double>(array, std::move(source));
  if (array.dtype() == nb::dtype<float>()) return view_of<float>(array, std::move(source));
  throw ParameterError("features.type", "a matrix of features must be of float64 or float32");
}

template <class To, class From>
Buffer<To> converted(const Vector<From>& from) {
  auto out = Buffer<To>::uninitialized(from.size());
  for (std::size_t i = 0; i < from.size(); ++i) out[i] = static_cast<To>(from.data()[i]);
  return out;
}

Features sparse(std::size_t rows, std::size_t columns, const Vector<std::int64_t>& row_starts,
                const Vector<std::int32_t>& indices, const Vector<float>& values) {
  return Features::sparse(rows, columns, converted<std::uint64_t>(row_starts),
                          converted<std::uint32_t>(indices), converted<float>(values));
}

/// As a table names it; beyond what a double holds, digit by digit.
template <class T>
std::string name_of(T value) {
  const double wide = static_cast<double>(value);
  if constexpr (std::is_integral_v<T>) {
    if (std::abs(wide) >= 9007199254740992.0) return std::to_string(value);
  }
  return format_number(wide);
}

/// Codes of the sorted distinct values, and the first row of each.
struct Coded {
  std::vector<std::int32_t> codes;
  std::vector<std::int64_t> first;
  std::vector<std::string> names;
};

template <class T>
Coded coded(std::span<const T> values) {
  struct Seen {
    std::int32_t code;
    std::int64_t row;
  };
  // Distinct labels are few; the last one met is the likeliest to come again.
  std::unordered_map<T, Seen> seen;
  std::vector<T> distinct;
  std::vector<std::int32_t> codes(values.size());
  T last{};
  std::int32_t last_code = -1;
  for (std::size_t row = 0; row < values.size(); ++row) {
    const T value = values[row];
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) {
        throw DataError("data.target_not_finite",
                        "Input y contains " + std::string(std::isnan(value) ? "NaN" : "infinity") +
                            " in row " + std::to_string(row) + "; leave such rows out.");
      }
    }
    if (last_code < 0 || value != last) {
      const auto [place, is_new] = seen.try_emplace(
          value, Seen{static_cast<std::int32_t>(distinct.size()), static_cast<std::int64_t>(row)});
      if (is_new) distinct.push_back(value);
      last = value;
      last_code = place->second.code;
    }
    codes[row] = last_code;
  }
  std::vector<T> sorted = distinct;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int32_t> place(distinct.size());
  std::vector<std::int64_t> first(distinct.size());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const Seen& one = seen.at(sorted[i]);
    place[static_cast<std::size_t>(one.code)] = static_cast<std::int32_t>(i);
    first[i] = one.row;
    names.push_back(name_of(sorted[i]));
  }
  for (std::int32_t& code : codes) code = place[static_cast<std::size_t>(code)];
  return {std::move(codes), std::move(first), std::move(names)};
}

template <class T>
nb::object labels_of(const Vector<T>& array) {
  Coded made;
  {
    const nb::gil_scoped_release released;
    made = coded(span_of(array));
  }
  const std::size_t rows = made.codes.size(), classes = made.first.size();
  return nb::make_tuple(to_numpy(std::move(made.codes), {rows}), to_numpy(std::move(made.first), {classes}),
                        made.names);
}

/// Codes of rows of bytes in the order in which they are first met, and the first row of each.
nb::object byte_rows(
    const nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>& rows) {
  const std::size_t count = rows.shape(0), width = rows.shape(1);
  const auto* bytes = reinterpret_cast<const char*>(rows.data());
  std::vector<std::int32_t> codes(count);
  std::vector<std::int64_t> first;
  {
    const nb::gil_scoped_release released;
    std::unordered_map<std::string_view, std::int32_t> seen;
    std::string_view last;
    std::int32_t last_code = -1;
    for (std::size_t row = 0; row < count; ++row) {
      const std::string_view value(bytes + row * width, width);
      if (last_code < 0 || value != last) {
        const auto [place, is_new] = seen.try_emplace(value, static_cast<std::int32_t>(first.size()));
        if (is_new) first.push_back(static_cast<std::int64_t>(row));
        last = value;
        last_code = place->second;
      }
      codes[row] = last_code;
    }
  }
  const std::size_t distinct = first.size();
  return nb::make_tuple(to_numpy(std::move(codes), {count}), to_numpy(std::move(first), {distinct}));
}

template <class T>
Buffer<T> copied(const Vector<T>& array) {
  auto out = Buffer<T>::uninitialized(array.size());
  std::copy_n(array.data(), array.size(), out.data());
  return out;
}

ColumnKind kind_named(const std::string& name) {
  if (const auto kind = column_kind_from(name)) return *kind;
  throw ParameterError("target.kind", "there is no kind of label called \"" + name + "\"");
}

}  // namespace

std::shared_ptr<const void> keep_alive(nb::object object) {
  PyObject* pointer = object.release().ptr();
  return {pointer, [](const void* kept) {
            const nb::gil_scoped_acquire acquired;
            Py_DECREF(static_cast<PyObject*>(const_cast<void*>(kept)));
          }};
}

std::vector<double> doubles_of(const std::optional<Vector<double>>& array) {
  if (!array) return {};
  return {array->data(), array->data() + array->size()};
}

void bind_features(nb::module_& module) {
  nb::class_<Features>(module, "Features",
                       "A matrix of numbers as the engine sees it; may borrow its values.")
      .def_prop_ro("shape", [](const Features& x) { return nb::make_tuple(x.rows(), x.columns()); })
      .def_prop_ro("storage",
                   [](const Features& x) {
                     return x.storage() == Features::Storage::dense64   ? "float64"
                            : x.storage() == Features::Storage::dense32 ? "float32"
                                                                        : "sparse";
                   })
      .def_prop_ro(
          "address",
          [](const Features& x) {
            const void* values = x.dense64() ? static_cast<const void*>(x.dense64()) : x.dense32();
            return reinterpret_cast<std::uintptr_t>(values);
          },
          "Where the values lie: tests compare it with the source's.")
      .def("has_missing", &Features::has_missing)
      .def("row", [](const Features& x, std::size_t row) {
        std::vector<double> out(x.columns());
        if (row >= x.rows()) throw ParameterError("features.row", "there is no such row");
        for (std::size_t j = 0; j < out.size(); ++j) out[j] = x.at(row, j);
        const std::size_t columns = out.size();
        return to_numpy(std::move(out), {columns});
      });
  module.def("dense", &dense, nb::arg("array"));
  module.def("sparse", &sparse, nb::arg("rows"), nb::arg("columns"), nb::arg("row_starts"),
             nb::arg("indices"), nb::arg("values"));
  module.def("byte_rows", &byte_rows, nb::arg("rows"));
  module.def("labels", &labels_of<double>, nb::arg("values").noconvert());
  module.def("labels", &labels_of<std::int64_t>, nb::arg("values").noconvert());

  nb::class_<Target>(module, "Target", "What is to be learned.")
      .def_static(
          "classes",
          [](const Vector<std::int32_t>& codes, std::vector<std::string> names, const std::string& kind) {
            return Target::classes(copied(codes), std::move(names), kind_named(kind));
          })
      .def_static("numbers", [](const Vector<double>& values) { return Target::numbers(copied(values)); });
}

}  // namespace everyml::python
