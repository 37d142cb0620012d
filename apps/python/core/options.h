#pragma once

#include <nanobind/nanobind.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/json.h"

namespace everyml::python {

/// Options that a caller gave by name. Those not given, and those that are None, keep the default of the C++
/// member they are put into. Values of another type are a ParameterError "parameter.type".
class Options {
 public:
  explicit Options(nanobind::handle given);
  void take(std::string_view name, std::string& into) const;
  void take(std::string_view name, bool& into) const;
  void take(std::string_view name, double& into) const;
  void take(std::string_view name, std::size_t& into) const;               ///< whole, at least 0
  void take(std::string_view name, std::vector<std::string>& into) const;  ///< one text is a list of one
  /// Null when it was not given.
  const Json* find(std::string_view name) const;

 private:
  std::shared_ptr<const Json> given_;
};

[[noreturn]] void refuse_option(std::string_view name, std::string_view wanted);

}  // namespace everyml::python
