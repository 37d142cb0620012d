#include "apps/python/core/values.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "everyml/foundation/base/error.h"

namespace everyml::python {

namespace nb = nanobind;

namespace {

/// Python's own limit ends lists that hold themselves.
class Depth {
 public:
  Depth() {
    if (Py_EnterRecursiveCall(" in a setting") != 0) nb::raise_python_error();
  }
  ~Depth() { Py_LeaveRecursiveCall(); }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;
};

std::string text_of(nb::handle text) {
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (bytes == nullptr) {
    PyErr_Clear();
    throw ParameterError("parameter.type", "a setting holds a text that UTF-8 does not have");
  }
  return {bytes, static_cast<std::size_t>(size)};
}

std::string type_of(nb::handle value) { return text_of(nb::str(value.type().attr("__name__"))); }

[[noreturn]] void refuse(nb::handle value) {
  throw ParameterError(
      "parameter.type",
      "a setting must be a number, a text, true or false, None or a list, got " + type_of(value));
}

Json whole_of(nb::handle value) {
  int overflow = 0;
  const long long whole = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
  if (overflow != 0) throw ParameterError("parameter.range", "a setting is a whole number beyond 64 bits");
  if (whole == -1 && PyErr_Occurred() != nullptr) nb::raise_python_error();
  return static_cast<std::int64_t>(whole);
}

/// A scalar of NumPy's says itself what it is; one that Python has no type for is a float.
Json scalar_of(nb::handle value) {
  const nb::object item = value.attr("item")();
  if (!item.type().is(value.type())) return json_of(item);
  const nb::object number = nb::steal(PyNumber_Float(item.ptr()));
  if (!number.is_valid()) {
    PyErr_Clear();
    refuse(value);
  }
  return PyFloat_AsDouble(number.ptr());
}

}  // namespace

Json json_of(nb::handle value) {
  PyObject* object = value.ptr();
  if (object == Py_None) return nullptr;
  if (PyBool_Check(object)) return object == Py_True;
  if (PyUnicode_Check(object)) return text_of(value);
  if (PyLong_Check(object)) return whole_of(value);
  if (PyFloat_Check(object)) return PyFloat_AsDouble(object);
  const Depth depth;
  if (nb::hasattr(value, "item") && nb::hasattr(value, "ndim") && nb::cast<int>(value.attr("ndim")) == 0) {
    return scalar_of(value);
  }
  if (nb::hasattr(value, "tolist")) return json_of(value.attr("tolist")());
  if (PyDict_Check(object)) {
    Json made = Json::object();
    for (const auto& [key, inner] : nb::borrow<nb::dict>(value)) {
      if (!PyUnicode_Check(key.ptr())) refuse(key);
      made[text_of(key)] = json_of(inner);
    }
    return made;
  }
  if (PyList_Check(object) || PyTuple_Check(object)) {
    Json list = Json::array();
    for (const nb::handle item : nb::borrow<nb::object>(value)) list.push_back(json_of(item));
    return list;
  }
  refuse(value);
}

}  // namespace everyml::python
