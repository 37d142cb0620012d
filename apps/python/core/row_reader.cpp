#include "apps/python/core/row_reader.h"

#include <nanobind/stl/string.h>

#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "apps/python/core/features.h"
#include "apps/python/core/model.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::python {
namespace {

/// A cell on its way to the predictor: a number, or a text that `owner` keeps.
struct Cell {
  std::size_t column;
  double number = 0;
  std::string_view text = {};
  nb::object owner = {};
};

struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
};

/// One row after another. Cells are read first, which may run Python code; what follows does not, so that the
/// interpreter's lock keeps callers apart.
class RowReader {
 public:
  explicit RowReader(const Fitted& fitted) : artifact_(fitted.artifact), row_(*fitted.artifact) {
    for (const ColumnSchema& column : artifact_->encoder.schema().columns) {
      columns_.emplace(column.name, columns_.size());
      truths_.push_back(column.kind == ColumnKind::boolean || column.kind == ColumnKind::number);
    }
  }

  /// The position of the class, or the number.
  nb::object answer(const nb::dict& cells) {
    set(cells);
    if (artifact_->target_kind == Target::Kind::numbers) return nb::float_(row_.value());
    return nb::int_(row_.decide());
  }

  nb::object probabilities(const nb::dict& cells) {
    set(cells);
    const std::span<const double> found = row_.probabilities();
    const std::size_t classes = found.size();
    return to_numpy(std::vector<double>(found.begin(), found.end()), {classes});
  }

 private:
  void set(const nb::dict& cells) {
    std::vector<Cell> read;
    read.reserve(cells.size());
    for (const auto& [key, value] : cells) add(read, nb::borrow(key), nb::borrow(value));
    row_.clear();
    for (const Cell& cell : read) {
      if (cell.owner.is_valid())
        row_.set(cell.column, cell.text);
      else
        row_.set(cell.column, cell.number);
    }
  }

  void add(std::vector<Cell>& read, const nb::object& key, nb::object value) {
    if (!PyUnicode_Check(key.ptr())) {
      throw ParameterError("parameter.type", "the names of the cells of a row must be texts");
    }
    const std::string_view name = text_of(key);
    const auto found = columns_.find(name);
    if (found == columns_.end()) {
      if (name == artifact_->target_name) return;
      (void)row_.column(name);
      return;
    }
    put(read, found->second, std::move(value));
  }

  void put(std::vector<Cell>& read, std::size_t column, nb::object value) {
    PyObject* object = value.ptr();
    if (object == Py_None) return;
    if (PyUnicode_Check(object)) {
      const std::string_view text = text_of(value);
      read.push_back({.column = column, .text = text, .owner = std::move(value)});
    } else if (PyBool_Check(object)) {
      const bool truth = object == Py_True;
      if (truths_[column])
        read.push_back({.column = column, .number = truth ? 1.0 : 0.0});
      else
        put(read, column, nb::str(truth ? "true" : "false"));
    } else if (PyFloat_Check(object) || PyLong_Check(object)) {
      const double number = PyFloat_AsDouble(object);
      if (number == -1 && PyErr_Occurred() != nullptr) nb::raise_python_error();
      if (!std::isnan(number)) read.push_back({.column = column, .number = number});
    } else {
      put_other(read, column, value);
    }
  }

  /// Scalars of NumPy, moments, and the missing cells of pandas.
  void put_other(std::vector<Cell>& read, std::size_t column, const nb::object& value) {
    const auto kind = nb::cast<std::string>(value.type().attr("__name__"));
    if (kind == "NAType" || kind == "NaTType") return;
    const bool moment = nb::hasattr(value, "isoformat") || kind == "datetime64";
    if (moment) {
      nb::object text = nb::str(value);
      if (text_of(text) != "NaT") put(read, column, std::move(text));
      return;
    }
    if (nb::hasattr(value, "item") && nb::hasattr(value, "ndim") && nb::cast<int>(value.attr("ndim")) == 0)
      return put_scalar(read, column, value);
    throw ParameterError("parameter.type", "column \"" + printable(columns_name(column)) +
                                               "\": a cell must be a number, a text, a truth, a moment or "
                                               "None, got " +
                                               kind);
  }

  /// One that Python has no type for is a float.
  void put_scalar(std::vector<Cell>& read, std::size_t column, const nb::object& value) {
    nb::object item = value.attr("item")();
    if (item.type().is(value.type())) {
      item = nb::steal(PyNumber_Float(item.ptr()));
      if (!item.is_valid()) nb::raise_python_error();
    }
    put(read, column, std::move(item));
  }

  const std::string& columns_name(std::size_t column) const {
    return artifact_->encoder.schema().columns[column].name;
  }

  static std::string_view text_of(const nb::object& text) {
    Py_ssize_t size = 0;
    const char* bytes = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
    if (bytes == nullptr) nb::raise_python_error();
    return {bytes, static_cast<std::size_t>(size)};
  }

  std::shared_ptr<const Artifact> artifact_;
  RowPredictor row_;
  std::unordered_map<std::string, std::size_t, NameHash, std::equal_to<>> columns_;
  std::vector<bool> truths_;
};

}  // namespace

void bind_row_reader(nb::module_& module) {
  nb::class_<RowReader>(module, "RowReader", "Answers for single rows given as dicts.")
      .def(nb::init<const Fitted&>())
      .def("answer", &RowReader::answer)
      .def("probabilities", &RowReader::probabilities);
}

}  // namespace everyml::python
