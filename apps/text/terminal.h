#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace everyml::shown {

enum class Style : std::uint8_t { plain, strong, faint, good, warning, bad };

/// What one output stream can show. NO_COLOR, CLICOLOR_FORCE, TERM=dumb and COLUMNS are honoured.
class Terminal {
 public:
  /// `descriptor`: 1 or 2.
  explicit Terminal(int descriptor);
  /// Text without styles, on lines of `width` columns.
  static Terminal plain(std::size_t width);
  bool interactive() const { return interactive_; }
  bool colored() const { return colored_; }
  /// Columns to write in, 40 to 120.
  std::size_t width() const { return width_; }
  /// `text` in that style, or as it is where colours are not wanted.
  std::string styled(std::string_view text, Style style) const;

 private:
  Terminal(bool interactive, bool colored, std::size_t width)
      : interactive_(interactive), colored_(colored), width_(width) {}

  bool interactive_;
  bool colored_;
  std::size_t width_;
};

/// Columns that a text takes on a terminal; styles made by `styled` take none.
std::size_t display_width(std::string_view text);
/// Words of `text` on lines of at most `width` columns, each line after the first set in by `indent` spaces;
/// `used` columns of the first line are taken already.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0, std::size_t used = 0);

enum class Align : std::uint8_t { left, right };

/// Rows of cells in columns that line up. The first row is the heading, unless it is wanted without one.
struct TextTable {
  std::vector<Align> alignment;
  std::vector<std::vector<std::string>> rows;
  std::size_t indent = 2;
  bool wrap_last =
      false;  ///< the last column, text aligned left, takes the lines it needs instead of being cut
  /// Lines of at most `width` columns: the widest column is cut (cells end in an ellipsis) until the rest
  /// fit.
  std::string render(std::size_t width) const;
};

/// "1,309".
std::string grouped(std::uint64_t number);

}  // namespace everyml::shown
