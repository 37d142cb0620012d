#include "apps/python/core/values.h"

#include <nlohmann/json.hpp>
#include <string>

namespace everyml::python {

namespace nb = nanobind;

Json json_of(nb::handle value) {
  PyObject* object = value.ptr();
  if (object == Py_None) return nullptr;
  if (PyBool_Check(object)) return object == Py_True;
  if (PyUnicode_Check(object)) return std::string(nb::cast<const char*>(value));
  if (PyLong_Check(object)) {
    const long long whole = PyLong_AsLongLong(object);
    if (whole == -1 && PyErr_Occurred() != nullptr) nb::raise_python_error();
    return static_cast<std::int64_t>(whole);
  }
  if (PyFloat_Check(object)) return PyFloat_AsDouble(object);
  // A scalar of NumPy's says itself what it is.
  if (nb::hasattr(value, "item") && nb::hasattr(value, "ndim") && nb::cast<int>(value.attr("ndim")) == 0) {
    return json_of(value.attr("item")());
  }
  if (nb::hasattr(value, "tolist")) return json_of(value.attr("tolist")());
  if (PyDict_Check(object)) {
    Json made = Json::object();
    for (const auto& [key, inner] : nb::borrow<nb::dict>(value)) {
      made[nb::cast<const char*>(key)] = json_of(inner);
    }
    return made;
  }
  if (PySequence_Check(object)) {
    Json list = Json::array();
    for (const nb::handle item : nb::borrow<nb::object>(value)) list.push_back(json_of(item));
    return list;
  }
  throw nb::type_error(("a setting must be a number, a text, true or false, None or a list, got " +
                        std::string(nb::cast<std::string_view>(nb::str(value.type().attr("__name__")))))
                           .c_str());
}

}  // namespace everyml::python
