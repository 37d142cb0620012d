#pragma once

#include <string_view>

namespace everyml::report_impl {

/// The files of assets/ as they were at build time.
std::string_view style_sheet();
/// The chart library; empty in a build without it, and then the page has no scripts at all.
std::string_view chart_library();
/// Turns the page's charts into interactive ones.
std::string_view chart_script();

}  // namespace everyml::report_impl
