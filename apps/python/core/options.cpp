#include "apps/python/core/options.h"

#include <nlohmann/json.hpp>

#include "apps/python/core/values.h"
#include "everyml/foundation/base/error.h"

namespace everyml::python {

void refuse_option(std::string_view name, std::string_view wanted) {
  throw ParameterError("parameter.type", std::string(name) + " must be " + std::string(wanted));
}

Options::Options(nanobind::handle given) : given_(std::make_shared<const Json>(json_of(given))) {}

const Json* Options::find(std::string_view name) const {
  const auto found = given_->find(std::string(name));
  return found == given_->end() || found->is_null() ? nullptr : &*found;
}

void Options::take(std::string_view name, std::string& into) const {
  const Json* value = find(name);
  if (value == nullptr) return;
  if (!value->is_string()) refuse_option(name, "a text");
  into = value->get<std::string>();
}

void Options::take(std::string_view name, bool& into) const {
  const Json* value = find(name);
  if (value == nullptr) return;
  if (!value->is_boolean()) refuse_option(name, "True or False");
  into = value->get<bool>();
}

void Options::take(std::string_view name, double& into) const {
  const Json* value = find(name);
  if (value == nullptr) return;
  if (!value->is_number()) refuse_option(name, "a number");
  into = value->get<double>();
}

void Options::take(std::string_view name, std::size_t& into) const {
  const Json* value = find(name);
  if (value == nullptr) return;
  if (!value->is_number_integer() || value->get<std::int64_t>() < 0)
    refuse_option(name, "a whole number, at least 0");
  into = value->get<std::size_t>();
}

void Options::take(std::string_view name, std::vector<std::string>& into) const {
  const Json* value = find(name);
  if (value == nullptr) return;
  into.clear();
  if (value->is_string()) {
    into.push_back(value->get<std::string>());
    return;
  }
  if (!value->is_array()) refuse_option(name, "a list of texts");
  for (const Json& one : *value) {
    if (!one.is_string()) refuse_option(name, "a list of texts");
    into.push_back(one.get<std::string>());
  }
}

}  // namespace everyml::python
