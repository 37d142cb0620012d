#include "apps/python/core/tables.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <string>

#include "apps/python/core/columns.h"
#include "apps/python/core/features.h"
#include "apps/python/core/reading.h"
#include "apps/python/core/run.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/data/arrow.h"
#include "everyml/foundation/data/table.h"

namespace everyml::python {
namespace {

/// What a capsule of that name points to.
template <class T>
T* held_by(nb::handle capsule, const char* name) {
  auto* held = static_cast<T*>(PyCapsule_GetPointer(capsule.ptr(), name));
  if (held == nullptr) nb::raise_python_error();
  return held;
}

nb::object told(ArrowRead read) {
  nb::list notes;
  for (const ArrowNote& note : read.notes) {
    notes.append(nb::make_tuple(note.code, note.column, note.sentence));
  }
  return nb::make_tuple(std::move(read.table), notes);
}

/// From the capsule that `__arrow_c_stream__` returns; the table and what the import did, as
/// (code, column, sentence).
nb::object from_stream(nb::handle capsule) {
  auto* stream = held_by<ArrowArrayStream>(capsule, "arrow_array_stream");
  ArrowRead read;
  {
    const nb::gil_scoped_release released;
    read = import_arrow(stream);
  }
  return told(std::move(read));
}

/// From the two capsules that `__arrow_c_array__` returns.
nb::object from_array(nb::handle schema_capsule, nb::handle array_capsule) {
  auto* schema = held_by<ArrowSchema>(schema_capsule, "arrow_schema");
  auto* array = held_by<ArrowArray>(array_capsule, "arrow_array");
  ArrowRead read;
  {
    const nb::gil_scoped_release released;
    read = import_arrow(schema, array);
  }
  return told(std::move(read));
}

/// An Arrow struct in a capsule, which releases it unless a consumer did.
template <class T>
nb::object encapsulated(std::unique_ptr<T> held, const char* name) {
  PyObject* capsule = PyCapsule_New(held.get(), name, [](PyObject* object) {
    auto* left = static_cast<T*>(PyCapsule_GetPointer(object, PyCapsule_GetName(object)));
    if (left == nullptr) return;
    if (left->release != nullptr) left->release(left);
    delete left;
  });
  if (capsule == nullptr) {
    if (held->release != nullptr) held->release(held.get());
    nb::raise_python_error();
  }
  held.release();
  return nb::steal(capsule);
}

/// A requested schema is a wish that the interface lets a producer ignore; types are those of the table.
nb::object to_stream(const Table& table, nb::handle) {
  auto stream = std::make_unique<ArrowArrayStream>();
  export_arrow(table, stream.get());
  return encapsulated(std::move(stream), "arrow_array_stream");
}

nb::object to_schema(const Table& table) {
  auto schema = std::make_unique<ArrowSchema>();
  ArrowArray array{};
  export_arrow(table.slice(0, 0), schema.get(), &array);
  array.release(&array);
  return encapsulated(std::move(schema), "arrow_schema");
}

bool all_floats(const Table& table) {
  return table.columns() > 0 && std::all_of(table.all().begin(), table.all().end(),
                                            [](const Column& column) { return !column.floats().empty(); });
}

bool all_numbers(const Table& table) {
  return std::all_of(table.all().begin(), table.all().end(), [](const Column& column) {
    return column.kind() == ColumnKind::number || column.kind() == ColumnKind::boolean;
  });
}

/// Cells of one stretch of rows: small enough for the cache whatever the width.
constexpr std::size_t kBlockCells = 65536;

template <class T>
Features filled(const Table& table, const Context& context) {
  const std::size_t rows = table.rows(), width = table.columns();
  auto out = Buffer<T>::uninitialized(rows * width);
  const std::size_t block = std::max<std::size_t>(1, kBlockCells / std::max<std::size_t>(1, width));
  parallel_for(context, rows, block, [&](std::size_t begin, std::size_t end) {
    std::vector<double> cells(end - begin);
    for (std::size_t j = 0; j < width; ++j) {
      const Column& column = table.column(j);
      if constexpr (std::is_same_v<T, float>) {
        const std::span<const float> values = column.floats();
        for (std::size_t i = begin; i < end; ++i) out[i * width + j] = values[i];
      } else {
        column.read_numbers(begin, cells);
        for (std::size_t i = begin; i < end; ++i) out[i * width + j] = cells[i - begin];
      }
    }
  });
  return Features::dense(std::move(out), rows, width);
}

/// Row-major matrix of a table of numbers and booleans, NaN where missing; float32 when every column is.
/// A single column is borrowed.
Features numbers(const Table& table, const Run& run) {
  if (!all_numbers(table)) {
    for (const Column& column : table.all()) {
      if (column.kind() == ColumnKind::number || column.kind() == ColumnKind::boolean) continue;
      throw DataError("data.not_numbers", "column \"" + printable(column.name()) + "\" is of kind " +
                                              std::string(to_string(column.kind())) +
                                              "; a matrix takes numbers and booleans");
    }
  }
  if (table.columns() == 1 && table.rows() > 0) {
    const auto owner = std::make_shared<const Table>(table);
    const Column& only = owner->column(std::size_t{0});
    if (!only.doubles().empty()) return Features::view(only.doubles().data(), owner->rows(), 1, 1, owner);
    if (!only.floats().empty()) return Features::view(only.floats().data(), owner->rows(), 1, 1, owner);
  }
  std::optional<Features> out;
  run_released(run, table.rows() * table.columns(), [&](const Context& context) {
    out = all_floats(table) ? filled<float>(table, context) : filled<double>(table, context);
  });
  return *std::move(out);
}

Table select_rows(const Table& table, const Vector<std::int64_t>& rows) {
  std::vector<std::size_t> places;
  places.reserve(rows.size());
  for (const std::int64_t row : span_of(rows)) {
    if (row < 0 || static_cast<std::size_t>(row) >= table.rows()) {
      throw ParameterError("table.row", "there is no row " + std::to_string(row) + " in a table of " +
                                            std::to_string(table.rows()) + " rows");
    }
    places.push_back(static_cast<std::size_t>(row));
  }
  return table.select_rows(places);
}

Table slice(const Table& table, std::size_t begin, std::size_t end) {
  end = std::min(end, table.rows());
  return table.slice(std::min(begin, end), end);
}

std::vector<std::string> kinds(const Table& table) {
  std::vector<std::string> all;
  for (const Column& column : table.all()) all.emplace_back(to_string(column.kind()));
  return all;
}

}  // namespace

void bind_tables(nb::module_& module) {
  bind_columns(module);
  nb::class_<Table>(module, "Table", "Named typed columns of equal length; immutable, cheap to copy.")
      .def(nb::init<std::vector<Column>>(), nb::arg("columns"))
      .def_static("from_arrow_stream", &from_stream, nb::arg("capsule"))
      .def_static("from_arrow_array", &from_array, nb::arg("schema"), nb::arg("array"))
      .def("__arrow_c_stream__", &to_stream, nb::arg("requested_schema").none() = nb::none())
      .def("__arrow_c_schema__", &to_schema)
      .def("__len__", &Table::rows)
      .def_prop_ro("shape", [](const Table& table) { return nb::make_tuple(table.rows(), table.columns()); })
      .def_prop_ro("columns", &Table::names)
      .def_prop_ro("kinds", &kinds)
      .def_prop_ro("all_numbers", &all_numbers)
      .def("column", [](const Table& table, const std::string& name) { return table.column(name); })
      .def("column_at",
           [](const Table& table, std::size_t index) {
             if (index >= table.columns()) throw ParameterError("table.column", "there is no such column");
             return table.column(index);
           })
      .def("select", [](const Table& table,
                        const std::vector<std::string>& names) { return table.select_columns(names); })
      .def("with_column", [](const Table& table, const Column& column) { return table.with(column); })
      .def("without", [](const Table& table, const std::string& name) { return table.without(name); })
      .def("select_rows", &select_rows, nb::arg("rows"))
      .def("slice", &slice, nb::arg("begin"), nb::arg("end"))
      .def("numbers", &numbers, nb::arg("run"));
  bind_reading(module);
}

}  // namespace everyml::python
