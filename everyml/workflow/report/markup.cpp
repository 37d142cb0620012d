#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/markup_impl.h"

namespace everyml::report_impl {

Escaped text(std::string_view words, std::size_t limit) {
  Escaped escaped;
  for (const char c : printable(words, limit)) {
    switch (c) {
      case '&':
        escaped.bytes += "&amp;";
        break;
      case '<':
        escaped.bytes += "&lt;";
        break;
      case '>':
        escaped.bytes += "&gt;";
        break;
      case '"':
        escaped.bytes += "&quot;";
        break;
      case '\'':
        escaped.bytes += "&#39;";
        break;
      case '`':
        escaped.bytes += "&#96;";
        break;  // some readers took it for a quote
      default:
        escaped.bytes += c;
    }
  }
  return escaped;
}

Markup& Markup::operator<<(Literal literal) {
  bytes_ += literal.bytes;
  return *this;
}

Markup& Markup::operator<<(const Escaped& escaped) {
  bytes_ += escaped.bytes;
  return *this;
}

Markup& Markup::operator<<(const Markup& other) {
  bytes_ += other.bytes_;
  return *this;
}

Markup& Markup::operator<<(double coordinate) {
  if (!std::isfinite(coordinate) || std::abs(coordinate) < 0.05) coordinate = 0;
  std::string digits = fmt::format("{:.1f}", coordinate);
  if (digits.ends_with(".0")) digits.resize(digits.size() - 2);
  bytes_ += digits;
  return *this;
}

Markup& Markup::operator<<(std::size_t count) {
  fmt::format_to(std::back_inserter(bytes_), "{}", count);
  return *this;
}

Markup& Markup::embed(std::string_view own) {
  bytes_ += own;
  return *this;
}

}  // namespace everyml::report_impl
