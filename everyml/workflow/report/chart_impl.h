#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/json.h"
#include "everyml/workflow/report/markup_impl.h"

namespace everyml::report_impl {

/// One side of the plot. Categories stand in the order given: from the left, or from the top.
struct Axis {
  enum class Scale { linear, date, category };
  std::string title;
  Scale scale = Scale::linear;
  double low = 0, high = 1;         ///< linear and date (microseconds)
  std::vector<std::string> labels;  ///< categories, as the user wrote them
  bool percent = false;             ///< values are shares
  bool hidden = false;              ///< no ticks: only the shape matters
};

struct Tick {
  double at = 0;
  std::string label;
};
inline constexpr int kTicksUp = 4;
/// About `wanted` ticks of a linear or date axis.
std::vector<Tick> axis_ticks(const Axis& axis, int wanted);

/// Marks of one colour. On a category axis a coordinate is the position of its label.
struct Series {
  enum class Kind {
    line,     ///< x, y; NaN leaves a gap
    band,     ///< x, from low to high
    points,   ///< x, y
    columns,  ///< from low to high along x, y tall
    bars,     ///< from 0 to x, lying at category y
    ranges,   ///< whiskers from low to high, lying at category y
    cells,    ///< x, y and a shade `high` in 0..1
  };
  Kind kind = Kind::line;
  std::string name;       ///< for legend and tooltip; empty: no legend entry
  std::size_t color = 0;  ///< 0..6; kMuted for grey
  bool dashed = false;
  bool faint = false;
  std::vector<double> x, y, low, high;
  std::vector<std::string>
      notes;  ///< one per mark, or none: what the tooltip says; in cells also what is written there
};
inline constexpr std::size_t kColors = 7;
inline constexpr std::size_t kMuted = kColors;

struct Reference {
  bool vertical = true;
  double at = 0;
  std::string label;
};

/// A chart as data. From the same value come the drawing that needs no scripts and the interactive one.
struct Chart {
  std::string title;
  std::string
      description;  ///< one or two sentences that say what there is to see, for those who cannot see it
  Axis x, y;
  std::vector<Series> series;
  std::vector<Reference> references;
  bool diagonal = false;  ///< the line y = x
  double width = 480, height = 300;
};

/// How many ticks have room below the plot.
int ticks_across(const Chart& chart);
/// An inline SVG of [width, height] user units with role, title and description; colours come from the style
/// sheet. `id` is unique on the page and our own.
Markup draw(const Chart& chart, const std::string& id);
/// The same for the page's script.
Json describe_chart(const Chart& chart);

/// The charts of a page, in order.
class Gallery {
 public:
  /// A figure with its caption, legend, the drawing and room for the interactive one, which takes no other
  /// space.
  Markup figure(const Chart& chart, std::string_view caption = {});
  /// All charts so far as JSON text that may stand in a script element.
  std::string data() const;

 private:
  std::vector<Chart> charts_;
};

}  // namespace everyml::report_impl
