#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/export/export_c_text_impl.h"

namespace everyml::detail::c_text {

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (;;) {
    const std::size_t at = text.find(from);
    if (at == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
}

std::string literal(double value) {
  if (std::isnan(value)) return "NAN";
  if (std::isinf(value)) return value > 0 ? "INFINITY" : "-INFINITY";
  return fmt::format("{:a}", value);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 32 || byte > 126 || c == '"' || c == '\\' || c == '?') {
      fmt::format_to(std::back_inserter(out), "\\{:03o}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string in_comment(std::string_view text) {
  return replaced(replaced(printable(text, 200), "*/", "* /"), "/*", "/ *");
}

}  // namespace everyml::detail::c_text
