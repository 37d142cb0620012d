#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <memory>
#include <span>
#include <vector>

#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/data/dataset.h"

namespace everyml::python {

namespace nb = nanobind;

/// An array of Python's kept alive by whoever borrows from it; given back under the interpreter's lock, on
/// whatever thread the last borrower ends.
std::shared_ptr<const void> keep_alive(nb::object object);

/// A NumPy array that owns the values, with this shape.
template <class T>
nb::object to_numpy(std::vector<T> values, std::vector<std::size_t> shape) {
  auto kept = std::make_unique<std::vector<T>>(std::move(values));
  T* data = kept->data();
  nb::capsule owner(kept.release(), [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, T>(data, shape.size(), shape.data(), owner));
}
template <class T>
nb::object to_numpy(Buffer<T> values, std::vector<std::size_t> shape) {
  auto kept = std::make_unique<Buffer<T>>(std::move(values));
  T* data = kept->data();
  nb::capsule owner(kept.release(), [](void* p) noexcept { delete static_cast<Buffer<T>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, T>(data, shape.size(), shape.data(), owner));
}

/// The values of a one-dimensional contiguous array.
template <class T>
std::span<const T> span_of(const nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>& array) {
  return {array.data(), array.size()};
}
template <class T>
using Vector = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

std::vector<double> doubles_of(const std::optional<Vector<double>>& array);

void bind_features(nb::module_& module);

}  // namespace everyml::python
