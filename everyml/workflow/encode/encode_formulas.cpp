#include <fmt/format.h>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/encode/encoder_impl.h"

namespace everyml {
namespace {

using encode_detail::Plan;
using encode_detail::Way;

/// `inner` centred and scaled, when it is.
std::string scaled(const std::string& inner, double mean, double scale, bool compound) {
  if (mean == 0 && scale == 1) return inner;
  std::string text = compound ? "(" + inner + ")" : inner;
  if (mean != 0) text = fmt::format("({} {} {})", text, mean < 0 ? "+" : "-", format_short(std::abs(mean)));
  if (scale != 1) text += " / " + format_short(scale);
  return text;
}

std::string formula(const Plan& plan, std::size_t part, const Encoder::Data& data) {
  const std::string name = printable(plan.column.name);
  if (plan.indicator && part + 1 == plan.features) return fmt::format("1 when {} is missing, else 0", name);
  switch (plan.way) {
    case Way::number:
    case Way::boolean:
      return name;
    case Way::flags:
      return fmt::format("1 when {} is \"{}\", else 0", name, printable(plan.column.levels[part]));
    case Way::hashed:
      return fmt::format("1 when the hash of {} falls on {} of {}, else 0", name, part,
                         data.settings.one_hot_levels);
    case Way::targets:
      return data.outputs == 1
                 ? fmt::format("mean target of the level of {}, {} levels", name, plan.column.levels.size())
                 : fmt::format("share of class {} in the level of {}, {} levels", part, name,
                               plan.column.levels.size());
    case Way::codes:
      return fmt::format("position of {} among {} levels", name, plan.column.levels.size());
    case Way::text:
      return fmt::format("tf-idf of the words and word pairs of {} whose hash falls on {} of {}", name, part,
                         data.settings.text_features);
    case Way::date: {
      const std::string feature = encode_detail::date_names(plan.column, data.settings.date_parts)[part];
      if (part + 1 < encode_detail::date_features(plan.column, data.settings.date_parts)) {
        return printable(feature.substr(plan.column.name.size() + 1)) + " of " + name;
      }
      return fmt::format("days of {} since {}", name, format_date(plan.earliest, false));
    }
  }
  return name;
}

/// What stands in for a missing cell, where that is not plain from the formula.
std::string missing_rule(const Plan& plan, std::size_t part, const Encoder::Data& data) {
  if (plan.indicator && part + 1 == plan.features) return "";
  switch (plan.way) {
    case Way::number:
    case Way::boolean:
      return data.keep_missing() ? ", missing stays missing" : ", missing = " + format_short(plan.fill);
    case Way::date:
      return data.keep_missing() ? ", missing stays missing"
                                 : ", missing = " + format_date(plan.date_fill, plan.column.has_time);
    case Way::targets:
      return data.keep_missing() ? ", missing stays missing" : ", missing = the overall mean";
    case Way::codes:
      return ", missing stays missing";
    default:
      return "";
  }
}

}  // namespace

std::vector<std::string> Encoder::formulas() const {
  const Data& from = data();
  std::vector<std::string> lines;
  for (const Plan& plan : from.plans) {
    for (std::size_t part = 0; part < plan.features; ++part) {
      const std::size_t f = plan.first + part;
      const bool plain = plan.way == Way::number || plan.way == Way::boolean;
      std::string line = printable(from.info[f].name, 200) + ": " +
                         scaled(formula(plan, part, from), from.mean[f], from.scale[f], !plain || part > 0) +
                         missing_rule(plan, part, from);
      if (part == 0 && plan.infinite_at_fit > 0) {
        line += fmt::format(" ({} infinite at fit, taken as missing)", plan.infinite_at_fit);
      }
      lines.push_back(std::move(line));
    }
  }
  lines.insert(lines.end(), from.dropped.begin(), from.dropped.end());
  return lines;
}

}  // namespace everyml
