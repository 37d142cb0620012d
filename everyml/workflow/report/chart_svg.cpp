#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chart_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

constexpr double kLabelRoom = 0.31;  ///< left of a category axis, as a share of the width
constexpr double kLetter = 8.3;      ///< widest usual letter, as phones show it
constexpr double kEdge = 34;         ///< a tick's text nearer to the right edge leans on it
constexpr double kYearMicroseconds = 365.25 * 86400e6;

/// Where values land on the drawing.
class Frame {
 public:
  explicit Frame(const Chart& chart) : chart_(chart) {
    left = chart.y.scale == Axis::Scale::category ? kLabelRoom * chart.width : chart.y.hidden ? 12 : 56;
    right = chart.width - 16;
    top = chart.y.title.empty() ? 12 : 30;
    bottom = chart.height - (chart.x.hidden ? 12 : chart.x.title.empty() ? 28 : 48);
  }
  double x(double value) const { return place(chart_.x, value, left, right); }
  double y(double value) const {
    return chart_.y.scale == Axis::Scale::category ? place(chart_.y, value, top, bottom)
                                                   : place(chart_.y, value, bottom, top);
  }
  /// Height or width of one category.
  double slot(const Axis& axis) const {
    const double room = &axis == &chart_.x ? right - left : bottom - top;
    return room / static_cast<double>(std::max<std::size_t>(1, axis.labels.size()));
  }
  double left, right, top, bottom;

 private:
  static double place(const Axis& axis, double value, double from, double to) {
    if (axis.scale == Axis::Scale::category) {
      return from +
             (value + 0.5) * (to - from) / static_cast<double>(std::max<std::size_t>(1, axis.labels.size()));
    }
    const double span = axis.high - axis.low;
    const double share = span > 0 ? (value - axis.low) / span : 0.5;
    return from + std::clamp(share, -0.02, 1.02) * (to - from);
  }
  const Chart& chart_;
};

void draw_axes(const Chart& chart, const Frame& frame, Markup& out) {
  const bool cells = !chart.series.empty() && chart.series.front().kind == Series::Kind::cells;
  if (chart.x.scale == Axis::Scale::category) {
    const auto letters = static_cast<std::size_t>(std::max(3.0, frame.slot(chart.x) / 7.5));
    for (std::size_t i = 0; i < chart.x.labels.size(); ++i) {
      out << "<text class=\"ax mid\" x=\"" << frame.x(static_cast<double>(i)) << "\" y=\""
          << frame.bottom + 18 << "\">" << text(chart.x.labels[i], letters) << "</text>";
    }
  } else if (!chart.x.hidden) {
    for (const Tick& tick : axis_ticks(chart.x, ticks_across(chart))) {
      const double at = frame.x(tick.at);
      out << "<path class=\"gr\" d=\"M" << at << " " << frame.top << "V" << frame.bottom
          << "\"/><text class=\"ax ";
      if (at > chart.width - kEdge) {
        out << "end\" x=\"" << chart.width - 2;
      } else {
        out << "mid\" x=\"" << at;
      }
      out << "\" y=\"" << frame.bottom + 18 << "\">" << text(tick.label) << "</text>";
    }
  }
  if (chart.y.scale == Axis::Scale::category) {
    for (std::size_t i = 0; i < chart.y.labels.size(); ++i) {
      const double at = frame.y(static_cast<double>(i));
      if (!cells)
        out << "<path class=\"gr\" d=\"M" << frame.left << " " << at << "H" << frame.right << "\"/>";
      out << "<text class=\"ax end\" x=\"" << frame.left - 8 << "\" y=\"" << at + 4.5 << "\">"
          << text(chart.y.labels[i], static_cast<std::size_t>(frame.left / kLetter)) << "</text>";
    }
  } else if (!chart.y.hidden) {
    for (const Tick& tick : axis_ticks(chart.y, kTicksUp)) {
      const double at = frame.y(tick.at);
      out << "<path class=\"gr\" d=\"M" << frame.left << " " << at << "H" << frame.right
          << "\"/><text class=\"ax end\" x=\"" << frame.left - 8 << "\" y=\"" << at + 4.5 << "\">"
          << text(tick.label) << "</text>";
    }
  }
  if (!chart.x.title.empty()) {
    out << "<text class=\"ti mid\" x=\"" << (frame.left + frame.right) / 2 << "\" y=\"" << chart.height - 8
        << "\">" << text(chart.x.title, 60) << "</text>";
  }
  if (!chart.y.title.empty()) {
    out << "<text class=\"ti\" x=\"4\" y=\"16\">" << text(chart.y.title, 60) << "</text>";
  }
}

/// The opening of an element with the classes that give its colour.
void open(const Series& series, Markup::Literal element, Markup::Literal mark, Markup& out) {
  out << "<" << element << " class=\"" << mark << " k" << series.color;
  if (series.dashed) out << " da";
  if (series.faint) out << " fa";
  out << "\"";
}

void hint(const Series& series, std::size_t i, Markup& out) {
  if (i < series.notes.size()) out << "<title>" << text(series.notes[i]) << "</title>";
}

void draw_line(const Series& series, const Frame& frame, Markup& out) {
  open(series, "path", "ln", out);
  out << " d=\"";
  bool pen_down = false;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.y[i])) {
      pen_down = false;
      continue;
    }
    if (pen_down)
      out << "L";
    else
      out << "M";
    out << frame.x(series.x[i]) << " " << frame.y(series.y[i]);
    pen_down = true;
  }
  out << "\"/>";
}

void draw_band(const Series& series, const Frame& frame, Markup& out) {
  open(series, "path", "bd", out);
  out << " d=\"M";
  for (std::size_t i = 0; i < series.x.size(); ++i)
    out << frame.x(series.x[i]) << " " << frame.y(series.high[i]) << " ";
  out << "L";
  for (std::size_t i = series.x.size(); i-- > 0;)
    out << frame.x(series.x[i]) << " " << frame.y(series.low[i]) << " ";
  out << "Z\"/>";
}

void draw_marks(const Series& series, const Chart& chart, const Frame& frame, Markup& out) {
  for (std::size_t i = 0; i < series.y.size(); ++i) {
    const double y = frame.y(series.y[i]);
    switch (series.kind) {
      case Series::Kind::points:
        open(series, "circle", "pt", out);
        out << " cx=\"" << frame.x(series.x[i]) << "\" cy=\"" << y << "\" r=\"" << (series.faint ? 2.5 : 4.5)
            << "\">";
        hint(series, i, out);
        out << "</circle>";
        break;
      case Series::Kind::columns: {
        const double from = frame.x(series.low[i]), to = frame.x(series.high[i]);
        open(series, "rect", "ba", out);
        out << " x=\"" << from + 0.5 << "\" y=\"" << y << "\" width=\"" << std::max(0.5, to - from - 1)
            << "\" height=\"" << std::max(0.0, frame.bottom - y) << "\">";
        hint(series, i, out);
        out << "</rect>";
        break;
      }
      case Series::Kind::bars: {
        const double zero = frame.x(0), to = frame.x(series.x[i]),
                     thick = std::min(18.0, frame.slot(chart.y) * 0.64);
        open(series, "rect", "ba", out);
        out << " x=\"" << std::min(zero, to) << "\" y=\"" << y - thick / 2 << "\" width=\""
            << std::max(0.5, std::abs(to - zero)) << "\" height=\"" << thick << "\" rx=\"2\">";
        hint(series, i, out);
        out << "</rect>";
        break;
      }
      case Series::Kind::ranges: {
        const double from = frame.x(series.low[i]), to = frame.x(series.high[i]);
        open(series, "path", "wh", out);
        out << " d=\"M" << from << " " << y << "H" << to << "M" << from << " " << y - 4 << "v8M" << to << " "
            << y - 4 << "v8\"/>";
        break;
      }
      case Series::Kind::cells: {
        const double width = frame.slot(chart.x), height = frame.slot(chart.y), x = frame.x(series.x[i]);
        open(series, "rect", "ce", out);
        out << " x=\"" << x - width / 2 + 1 << "\" y=\"" << y - height / 2 + 1 << "\" width=\"" << width - 2
            << "\" height=\"" << height - 2 << "\" rx=\"3\" fill-opacity=\"";
        out << text(fmt::format("{:.2f}", 0.06 + 0.94 * std::clamp(series.high[i], 0.0, 1.0)))
            << "\"/><text class=\"";
        if (series.high[i] > 0.5)
          out << "on mid";
        else
          out << "off mid";
        out << "\" x=\"" << x << "\" y=\"" << y + 5 << "\">" << text(series.notes[i], 12) << "</text>";
        break;
      }
      default:
        break;
    }
  }
}

void draw_reference(const Reference& reference, const Chart& chart, const Frame& frame, Markup& out) {
  if (reference.vertical) {
    const double at = frame.x(reference.at);
    const bool turn = at > chart.width * 0.7;
    out << "<path class=\"rf\" d=\"M" << at << " " << frame.top << "V" << frame.bottom
        << "\"/><text class=\"rl";
    if (turn) out << " end";
    out << "\" x=\"" << (turn ? at - 5 : at + 5) << "\" y=\"" << frame.top + 9 << "\">"
        << text(reference.label, 40) << "</text>";
  } else {
    const double at = frame.y(reference.at);
    out << "<path class=\"rf\" d=\"M" << frame.left << " " << at << "H" << frame.right
        << "\"/><text class=\"rl end\" x=\"" << frame.right - 4 << "\" y=\""
        << (at < frame.top + 16 ? at + 15 : at - 6) << "\">" << text(reference.label, 40) << "</text>";
  }
}

}  // namespace

int ticks_across(const Chart& chart) {
  const double room = chart.y.scale == Axis::Scale::category ? (1 - kLabelRoom) * chart.width : chart.width;
  return room < 300 ? 3 : room < 420 ? 4 : 5;
}

std::vector<Tick> axis_ticks(const Axis& axis, int wanted) {
  std::vector<Tick> list;
  if (axis.scale == Axis::Scale::date) {
    const double span = axis.high - axis.low;
    const int steps = wanted < 5 ? 2 : 3;
    for (int i = 0; i <= steps; ++i) {
      const double at = axis.low + span * i / steps;
      std::string label = moment(at, span < kYearMicroseconds / 180);
      if (span > 2 * kYearMicroseconds) label = label.substr(0, 7);
      list.push_back({at, label});
    }
    return list;
  }
  const std::vector<double> values = ticks(axis.low, axis.high, wanted);
  const std::vector<std::string> labels = tick_labels(values, axis.percent);
  for (std::size_t i = 0; i < values.size(); ++i) list.push_back({values[i], labels[i]});
  return list;
}

Markup draw(const Chart& chart, const std::string& id) {
  const Frame frame(chart);
  Markup out;
  const Escaped name = text(id);
  out << "<svg class=\"still\" viewBox=\"0 0 " << chart.width << " " << chart.height
      << "\" role=\"img\" aria-labelledby=\"" << name << "t " << name << "d\"><title id=\"" << name << "t\">"
      << text(chart.title) << "</title><desc id=\"" << name << "d\">" << text(chart.description, 2000)
      << "</desc>";
  draw_axes(chart, frame, out);
  if (chart.diagonal) {
    const double low = std::max(chart.x.low, chart.y.low), high = std::min(chart.x.high, chart.y.high);
    out << "<path class=\"rf\" d=\"M" << frame.x(low) << " " << frame.y(low) << "L" << frame.x(high) << " "
        << frame.y(high) << "\"/>";
  }
  for (const Series& series : chart.series) {
    if (series.kind == Series::Kind::line)
      draw_line(series, frame, out);
    else if (series.kind == Series::Kind::band)
      draw_band(series, frame, out);
    else
      draw_marks(series, chart, frame, out);
  }
  for (const Reference& reference : chart.references) draw_reference(reference, chart, frame, out);
  out << "</svg>";
  return out;
}

}  // namespace everyml::report_impl
