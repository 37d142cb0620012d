#pragma once

#include <functional>
#include <string>

#include "everyml/workflow/select/learn.h"

namespace everyml::report_impl {

/// Gives the n-th name of a sample; the usual one is handed in, so that the identity makes an ordinary table.
using Namer = std::function<std::string(std::size_t n, const std::string& usual)>;

// Results made by hand for the tests: plausible figures, and something in every part of the page.

LearnResult sample_classes(std::size_t classes, const Namer& name);
LearnResult sample_numbers(const Namer& name);
/// Classes with a table of that many columns.
LearnResult sample_wide(std::size_t columns, const Namer& name);

std::string as_usual(std::size_t n, const std::string& usual);

}  // namespace everyml::report_impl
