#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/report/chart_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kLabelLetters = 80;

const char* name_of(Series::Kind kind) {
  switch (kind) {
    case Series::Kind::line:
      return "line";
    case Series::Kind::band:
      return "band";
    case Series::Kind::points:
      return "points";
    case Series::Kind::columns:
      return "columns";
    case Series::Kind::bars:
      return "bars";
    case Series::Kind::ranges:
      return "ranges";
    case Series::Kind::cells:
      return "cells";
  }
  return "";
}

/// Six digits draw any screen; a date keeps its microseconds.
double rounded(double value) {
  if (!std::isfinite(value) || value == 0 || std::abs(value) > 1e12) return value;
  const double scale = std::pow(10.0, 5 - std::floor(std::log10(std::abs(value))));
  return std::isfinite(scale) ? std::round(value * scale) / scale : value;
}

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) {
    if (std::isfinite(value))
      list.push_back(rounded(value));
    else
      list.push_back(nullptr);
  }
  return list;
}

Json words(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& one : list) out.push_back(printable(one, kLabelLetters));
  return out;
}

Json axis_json(const Axis& axis, int wanted_ticks) {
  Json json;
  json["title"] = printable(axis.title, kLabelLetters);
  json["scale"] = axis.scale == Axis::Scale::category ? "category"
                  : axis.scale == Axis::Scale::date   ? "date"
                                                      : "linear";
  if (axis.scale == Axis::Scale::category) {
    json["labels"] = words(axis.labels);
  } else {
    json["range"] = {axis.low, axis.high};
    json["ticks"] = Json::array();
    for (const Tick& tick : axis_ticks(axis, wanted_ticks))
      json["ticks"].push_back(Json::array({tick.at, tick.label}));
  }
  if (axis.percent) json["percent"] = true;
  if (axis.hidden) json["hidden"] = true;
  return json;
}

}  // namespace

Json describe_chart(const Chart& chart) {
  Json json;
  json["title"] = printable(chart.title, 200);
  json["description"] = printable(chart.description, 2000);
  json["x"] = axis_json(chart.x, ticks_across(chart));
  json["y"] = axis_json(chart.y, kTicksUp);
  json["series"] = Json::array();
  for (const Series& series : chart.series) {
    Json one;
    one["kind"] = name_of(series.kind);
    one["name"] = printable(series.name, kLabelLetters);
    one["color"] = series.color;
    if (series.dashed) one["dashed"] = true;
    if (series.faint) one["faint"] = true;
    for (const auto& [key, values] : {std::pair{"x", &series.x}, std::pair{"y", &series.y},
                                      std::pair{"low", &series.low}, std::pair{"high", &series.high}}) {
      if (!values->empty()) one[key] = numbers(*values);
    }
    if (!series.notes.empty()) {
      Json notes = Json::array();
      for (const std::string& note : series.notes) notes.push_back(printable(note, 200));
      one["notes"] = std::move(notes);
    }
    json["series"].push_back(std::move(one));
  }
  json["references"] = Json::array();
  for (const Reference& reference : chart.references) {
    json["references"].push_back({{"vertical", reference.vertical},
                                  {"at", reference.at},
                                  {"label", printable(reference.label, kLabelLetters)}});
  }
  if (chart.diagonal) json["diagonal"] = true;
  return json;
}

Markup Gallery::figure(const Chart& chart, std::string_view caption) {
  const std::string id = "c" + std::to_string(charts_.size());
  charts_.push_back(chart);
  Markup out;
  out << "<figure class=\"chart\"><figcaption><strong>" << text(chart.title, 120) << "</strong>";
  if (!caption.empty()) out << "<span>" << text(caption, 1000) << "</span>";
  out << "</figcaption>";
  std::size_t named = 0;
  for (const Series& series : chart.series) named += !series.name.empty();
  if (named > 1) {
    out << "<ul class=\"legend\">";
    for (const Series& series : chart.series) {
      if (series.name.empty()) continue;
      out << "<li class=\"k" << series.color << "\"><i class=\"";
      if (series.kind == Series::Kind::line)
        out << "sw-line";
      else if (series.kind == Series::Kind::points)
        out << "sw-dot";
      else
        out << "sw-box";
      if (series.dashed) out << " sw-dash";
      if (series.faint || series.kind == Series::Kind::band) out << " sw-faint";
      out << "\"></i>" << text(series.name, 60) << "</li>";
    }
    out << "</ul>";
  }
  out << "<div class=\"plot\" data-chart=\"" << charts_.size() - 1 << "\" style=\"--ratio:" << chart.width
      << "/" << chart.height
      << ";--tall:" << (chart.y.scale == Axis::Scale::category ? 0.9 * chart.height : 0.0) << "px\">"
      << draw(chart, id) << "</div></figure>";
  return out;
}

std::string Gallery::data() const {
  Json list = Json::array();
  for (const Chart& chart : charts_) list.push_back(describe_chart(chart));
  std::string safe;
  for (const char c : write_json(list)) {
    // Nothing in a data block may look like the end of its element.
    if (c == '<')
      safe += "\\u003c";
    else if (c == '>')
      safe += "\\u003e";
    else if (c == '&')
      safe += "\\u0026";
    else
      safe += c;
  }
  return safe;
}

}  // namespace everyml::report_impl
