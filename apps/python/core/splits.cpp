#include "everyml/foundation/data/splits.h"

#include <nanobind/stl/string.h>

#include <string>

#include "apps/python/core/features.h"
#include "apps/python/core/metrics.h"

namespace everyml::python {
namespace {

using Codes = Vector<std::int32_t>;
using Numbers = Vector<double>;
using Rows = Vector<std::int64_t>;

nb::object rows_of(const std::vector<std::size_t>& rows) {
  std::vector<std::int64_t> out(rows.begin(), rows.end());
  const std::size_t size = out.size();
  return to_numpy(std::move(out), {size});
}

nb::tuple pair_of(const Fold& fold) { return nb::make_tuple(rows_of(fold.train), rows_of(fold.test)); }

/// Runs without the interpreter's lock; a list of (train, test).
template <class Work>
nb::list folds_of(Work&& work) {
  Folds made;
  {
    const nb::gil_scoped_release guard;
    made = work();
  }
  nb::list out;
  for (const Fold& fold : made) out.append(pair_of(fold));
  return out;
}

Stream stream(std::uint64_t seed, std::uint64_t index = 0) { return {seed, "splits", index}; }

Folds folds_from(const nb::list& pairs) {
  const auto rows = [](nb::handle array) {
    const auto values = nb::cast<Rows>(array);
    return std::vector<std::size_t>(values.data(), values.data() + values.size());
  };
  Folds folds;
  for (const nb::handle pair : pairs) {
    folds.push_back({rows(pair[nb::int_(0)]), rows(pair[nb::int_(1)])});
  }
  return folds;
}

}  // namespace

void bind_splits(nb::module_& m) {
  m.def("random_folds", [](std::size_t rows, std::size_t k, std::uint64_t seed) {
    return folds_of([&] { return random_folds(rows, k, stream(seed)); });
  });
  m.def("block_folds",
        [](std::size_t rows, std::size_t k) { return folds_of([&] { return block_folds(rows, k); }); });
  m.def("stratified_folds", [](const Codes& codes, std::size_t k, std::uint64_t seed) {
    return folds_of([&] { return stratified_folds(span_of(codes), k, stream(seed)); });
  });
  m.def("stratified_block_folds", [](const Codes& codes, std::size_t k) {
    return folds_of([&] { return stratified_block_folds(span_of(codes), k); });
  });
  m.def("quantile_folds", [](const Numbers& target, std::size_t k, std::uint64_t seed) {
    return folds_of([&] { return quantile_folds(span_of(target), k, stream(seed)); });
  });
  m.def("group_folds", [](const Codes& groups, std::size_t k, std::uint64_t seed) {
    return folds_of([&] { return group_folds(span_of(groups), k, stream(seed)); });
  });
  m.def("time_folds", [](const Numbers& time, std::size_t k, double gap) {
    return folds_of([&] { return time_folds(span_of(time), k, gap); });
  });
  m.def("holdout",
        [](std::size_t rows, double fraction, const Codes& codes, std::uint64_t seed, std::uint64_t index) {
          Fold made;
          {
            const nb::gil_scoped_release guard;
            made = holdout(rows, fraction, span_of(codes), stream(seed, index));
          }
          return pair_of(made);
        });
  m.def("write_folds", [](const nb::list& pairs) { return write_folds(folds_from(pairs)); });
  m.def("read_folds", [](const std::string& text, std::size_t rows) {
    return folds_of([&] { return read_folds(text, rows); });
  });
}

}  // namespace everyml::python
