#include "apps/python/core/errors.h"

#include <string>

#include "everyml/foundation/base/error.h"

namespace everyml::python {
namespace {

namespace nb = nanobind;

const char* class_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::parameter:
      return "ParameterError";
    case ErrorKind::data:
      return "DataError";
    case ErrorKind::unsupported:
      return "UnsupportedError";
    case ErrorKind::format:
      return "FormatError";
    case ErrorKind::resource:
      return "ResourceError";
  }
  return "Error";
}

const char* class_of(const Error& error) {
  return error.code().starts_with("io.") ? "FileError" : class_of(error.kind());
}

void raise(const Error& error) {
  const nb::object type = nb::module_::import_("everyml._errors").attr(class_of(error));
  const nb::object made = type(nb::str(error.what()));
  made.attr("code") = nb::str(std::string(error.code()).c_str());
  PyErr_SetObject(type.ptr(), made.ptr());
}

}  // namespace

void bind_errors(nb::module_&) {
  nb::register_exception_translator([](const std::exception_ptr& pointer, void*) {
    try {
      std::rethrow_exception(pointer);
    } catch (const Error& error) {
      raise(error);
    }
  });
}

}  // namespace everyml::python
