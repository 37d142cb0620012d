#include "apps/python/core/objects.h"

#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::python {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
/// Beyond this not every whole number is a double.
constexpr long long kExactWhole = 1LL << 53;

enum class Cell : std::uint8_t { missing, truth, number, big, text, moment };

struct Value {
  Cell cell = Cell::missing;
  double number = 0;
  std::int64_t microseconds = kMissingDate;
};

/// What a plain object is; nothing for one that has to be converted.
bool look(PyObject* object, Value& value) {
  if (object == Py_None) {
    value.cell = Cell::missing;
  } else if (PyUnicode_Check(object)) {
    value.cell = Cell::text;
  } else if (PyFloat_Check(object)) {
    value.number = PyFloat_AsDouble(object);
    value.cell = std::isnan(value.number) ? Cell::missing : Cell::number;
  } else if (PyBool_Check(object)) {
    value.cell = Cell::truth;
    value.number = object == Py_True ? 1 : 0;
  } else if (PyLong_Check(object)) {
    int overflow = 0;
    const long long whole = PyLong_AsLongLongAndOverflow(object, &overflow);
    const bool exact = overflow == 0 && whole >= -kExactWhole && whole <= kExactWhole;
    value.cell = exact ? Cell::number : Cell::big;
    value.number = static_cast<double>(whole);
  } else {
    return false;
  }
  return true;
}

/// The cells of one column while they are looked at. Needs the interpreter.
class Objects {
 public:
  Objects(const std::string& name, const nb::object& cells, const nb::callable& convert)
      : name_(name), convert_(convert), cells_(cells) {
    const Py_ssize_t rows = PySequence_Size(cells_.ptr());
    if (rows < 0) nb::raise_python_error();
    rows_ = static_cast<std::size_t>(rows);
    values_ = Buffer<double>::uninitialized(rows_);
    kinds_.resize(rows_);
    for (std::size_t row = 0; row < rows_; ++row) read(row);
  }

  Column column() {
    const bool only_numbers = count(Cell::number) + count(Cell::truth) + count(Cell::missing) == rows_;
    if (only_numbers && count(Cell::truth) > 0 && count(Cell::number) == 0) return booleans();
    if (only_numbers) return Column::numbers(name_, std::move(values_));
    if (count(Cell::moment) + count(Cell::missing) == rows_) return dates();
    return texts();
  }

 private:
  std::size_t count(Cell cell) const { return counts_[static_cast<std::size_t>(cell)]; }

  nb::object at(std::size_t row) const {
    // A conversion may have changed the list.
    nb::object item = nb::steal(PySequence_GetItem(cells_.ptr(), static_cast<Py_ssize_t>(row)));
    if (!item.is_valid()) nb::raise_python_error();
    return item;
  }

  void read(std::size_t row) {
    const nb::object object = at(row);
    Value value;
    if (!look(object.ptr(), value) && object.ptr() != known_missing_.ptr()) {
      nb::object converted = convert_(object, name_.c_str(), row);
      value = value_of(converted, row);
      // pandas and others have one object of their own for what is missing.
      if (value.cell == Cell::missing) known_missing_ = object;
      if (converted_.empty()) converted_.resize(rows_);
      converted_[row] = std::move(converted);
    }
    ++counts_[static_cast<std::size_t>(value.cell)];
    kinds_[row] = value.cell;
    values_[row] = value.cell == Cell::missing ? std::numeric_limits<double>::quiet_NaN() : value.number;
    if (value.cell == Cell::moment) {
      if (moments_.empty()) moments_.assign(rows_, kMissingDate);
      moments_[row] = value.microseconds;
    }
  }

  Value value_of(const nb::object& converted, std::size_t row) const {
    Value value;
    if (look(converted.ptr(), value)) return value;
    if (nb::isinstance<nb::tuple>(converted)) {
      value.cell = Cell::moment;
      value.microseconds = nb::cast<std::int64_t>(converted[0]);
      return value;
    }
    throw DataError("data.cell", "column \"" + printable(name_) + "\", row " + std::to_string(row) +
                                     ": the cell was converted to something that is no cell");
  }

  Column booleans() const {
    auto out = Buffer<std::int8_t>::uninitialized(rows_);
    for (std::size_t i = 0; i < rows_; ++i) {
      out[i] = std::isnan(values_[i]) ? std::int8_t{-1} : static_cast<std::int8_t>(values_[i]);
    }
    return Column::booleans(name_, std::move(out));
  }

  Column dates() const {
    auto out = Buffer<std::int64_t>::uninitialized(rows_);
    bool has_time = false;
    for (std::size_t i = 0; i < rows_; ++i) {
      out[i] = moments_[i];
      has_time |= out[i] != kMissingDate && out[i] % kDay != 0;
    }
    return Column::dates(name_, std::move(out), has_time);
  }

  Column texts() const {
    std::vector<char> bytes;
    TextStore store;
    store.offsets = Buffer<std::uint64_t>::uninitialized(rows_ + 1);
    if (count(Cell::missing) > 0) store.missing = Buffer<std::uint8_t>(rows_);
    for (std::size_t row = 0; row < rows_; ++row) {
      store.offsets[row] = bytes.size();
      if (!append(row, bytes)) store.missing[row] = 1;
    }
    store.offsets[rows_] = bytes.size();
    store.bytes = Buffer<char>::uninitialized(bytes.size());
    std::copy(bytes.begin(), bytes.end(), store.bytes.data());
    return Column::texts(name_, std::move(store));
  }

  /// The cell as text; false when it is missing.
  bool append(std::size_t row, std::vector<char>& bytes) const {
    if (kinds_[row] == Cell::moment) {
      const std::string text = format_date(moments_[row], moments_[row] % kDay != 0);
      bytes.insert(bytes.end(), text.begin(), text.end());
      return true;
    }
    if (kinds_[row] == Cell::missing) return false;
    nb::object object = at(row);
    const bool was_converted = !converted_.empty() && converted_[row].is_valid();
    if (was_converted && PyUnicode_Check(converted_[row].ptr())) object = converted_[row];
    if (!PyUnicode_Check(object.ptr())) object = nb::str(object);
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(object.ptr(), &size);
    if (text == nullptr) {
      PyErr_Clear();
      throw DataError("data.utf8", "column \"" + printable(name_) + "\", row " + std::to_string(row) +
                                       ": the text has characters that UTF-8 does not have (surrogates "
                                       "standing alone); replace them first");
    }
    bytes.insert(bytes.end(), text, text + size);
    return true;
  }

  const std::string& name_;
  const nb::callable& convert_;
  nb::object cells_;
  nb::object known_missing_;
  std::size_t rows_ = 0;
  std::size_t counts_[6] = {};
  Buffer<double> values_;
  std::vector<Cell> kinds_;
  std::vector<std::int64_t> moments_;  ///< empty without moments
  std::vector<nb::object> converted_;  ///< empty when every cell was plain
};

}  // namespace

Column column_of_objects(const std::string& name, const nb::object& cells, const nb::callable& convert) {
  return Objects(name, cells, convert).column();
}

}  // namespace everyml::python
