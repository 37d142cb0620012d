#include "apps/text/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>

#include "everyml/foundation/base/text.h"

namespace everyml::shown {

namespace {

constexpr std::size_t kNarrowest = 40, kWidest = 120;

bool set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

std::size_t columns_of(int descriptor) {
  if (const char* columns = std::getenv("COLUMNS")) {
    if (const auto given = parse_number(columns); given && *given >= 1 && *given < 1e6) {
      return static_cast<std::size_t>(*given);
    }
  }
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

std::string_view escape_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::strong:
      return "\x1b[1m";
    case Style::faint:
      return "\x1b[2m";
    case Style::good:
      return "\x1b[32m";
    case Style::warning:
      return "\x1b[33m";
    case Style::bad:
      return "\x1b[31m";
  }
  return "";
}

/// The next character: its bytes and its columns. An escape sequence of ours takes no column.
struct Glyph {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};
Glyph next_glyph(std::string_view text, std::size_t at) {
  if (text[at] == '\x1b') {
    const std::size_t end = text.find('m', at);
    return {end == std::string_view::npos ? text.size() - at : end + 1 - at, 0};
  }
  utf8proc_int32_t point = -1;
  const auto used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                     static_cast<utf8proc_ssize_t>(text.size() - at), &point);
  if (used <= 0) return {};
  return {static_cast<std::size_t>(used), static_cast<std::size_t>(std::max(0, utf8proc_charwidth(point)))};
}

std::string cut(const std::string& text, std::size_t width) {
  if (display_width(text) <= width) return text;
  std::string out;
  std::size_t used = 0;
  bool escaped = false;
  for (std::size_t at = 0; at < text.size();) {
    const Glyph glyph = next_glyph(text, at);
    if (used + glyph.columns + 1 > width) break;
    escaped |= text[at] == '\x1b';
    out.append(text, at, glyph.bytes);
    used += glyph.columns;
    at += glyph.bytes;
  }
  return out + "…" + (escaped ? "\x1b[0m" : "");
}

}  // namespace

Terminal::Terminal(int descriptor) {
  const char* kind = std::getenv("TERM");
  const bool dumb = kind == nullptr || std::string_view(kind) == "dumb";
  const bool terminal = isatty(descriptor) == 1;
  interactive_ = terminal && !dumb;
  const char* force = std::getenv("CLICOLOR_FORCE");
  const bool forced = force != nullptr && *force != '\0' && std::string_view(force) != "0";
  colored_ = !set("NO_COLOR") && (forced || interactive_);
  width_ = std::clamp(columns_of(descriptor), kNarrowest, kWidest);
}

Terminal Terminal::plain(std::size_t width) { return {false, false, std::clamp(width, kNarrowest, kWidest)}; }

std::string Terminal::styled(std::string_view text, Style style) const {
  if (!colored_ || text.empty() || style == Style::plain) return std::string(text);
  return std::string(escape_of(style)) + std::string(text) + "\x1b[0m";
}

std::size_t display_width(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Glyph glyph = next_glyph(text, at);
    columns += glyph.columns;
    at += glyph.bytes;
  }
  return columns;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent, std::size_t used) {
  std::string out;
  bool first = true;
  for (const std::string_view word : split(text, ' ')) {
    const std::size_t columns = display_width(word);
    if (!first && used + 1 + columns > width) {
      out += '\n' + std::string(indent, ' ');
      used = indent;
    } else if (!first) {
      out += ' ';
      ++used;
    }
    out += word;
    used += columns;
    first = false;
  }
  return out;
}

std::string TextTable::render(std::size_t width) const {
  constexpr std::size_t kGap = 2, kLeast = 6;
  std::size_t columns = 0;
  for (const auto& row : rows) columns = std::max(columns, row.size());
  std::vector<std::size_t> widths(columns, 0);
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c]));
  }
  std::size_t total = indent + (columns > 0 ? kGap * (columns - 1) : 0);
  for (const std::size_t w : widths) total += w;
  constexpr std::size_t kRoomForWords = 15;
  const bool wrapping = wrap_last && columns > 0 && total - widths.back() + kRoomForWords <= width;
  if (wrapping && total > width) {
    widths.back() -= total - width;
    total = width;
  }
  while (total > width && columns > 0) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kLeast) break;
    --*widest;
    --total;
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line(indent, ' ');
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (wrapping && c + 1 == columns) {
        const std::size_t start = display_width(line);
        line += wrapped(row[c], start + widths[c], start, start);
        continue;
      }
      const std::string cell = cut(row[c], widths[c]);
      const std::string pad(widths[c] - std::min(widths[c], display_width(cell)), ' ');
      const bool right = c < alignment.size() && alignment[c] == Align::right;
      line += right ? pad + cell : cell + pad;
      if (c + 1 < row.size()) line += std::string(kGap, ' ');
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + '\n';
  }
  return out;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

}  // namespace everyml::shown
