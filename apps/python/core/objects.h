#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "everyml/foundation/data/column.h"

namespace everyml::python {

namespace nb = nanobind;

/// A column from a list or tuple of Python's objects. Of its cells, None and NaN are missing, truths, whole
/// and other numbers and texts are what they are; any other cell goes through
/// convert(value, name, row), which answers None, bool, int, float, str, or the tuple (microseconds since
/// 1970,) for a moment, or raises. The column is then
///
/// - of numbers when every cell is a truth or a number that a double gives back (truths alone: booleans), and
///   when no cell is present
/// - of dates when every cell is a moment
/// - of text else: each cell as str() writes it, moments as format_date() does
///
/// Throws DataError "data.utf8" for a text that has no UTF-8, naming column and row.
Column column_of_objects(const std::string& name, const nb::object& cells, const nb::callable& convert);

}  // namespace everyml::python
