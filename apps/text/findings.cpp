#include "apps/text/findings.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "everyml/foundation/base/text.h"

namespace everyml::shown {

namespace {

Style style_of(Severity severity) {
  switch (severity) {
    case Severity::serious:
      return Style::bad;
    case Severity::warning:
      return Style::warning;
    case Severity::note:
      return Style::faint;
  }
  return Style::plain;
}

std::string profile_table(const DoctorReport& report, std::size_t width) {
  TextTable table;
  table.wrap_last = true;
  table.alignment = {Align::left,  Align::left,  Align::right, Align::right,
                     Align::right, Align::right, Align::left};
  table.rows.push_back({"column", "kind", "missing", "distinct", "lowest", "highest", "mean, or commonest"});
  for (const ColumnProfile& column : report.columns) {
    const bool any = column.distinct > 0;
    const bool number = any && column.kind == ColumnKind::number;
    const bool date = any && column.kind == ColumnKind::date;
    const auto moment = [](double value) { return format_date(static_cast<std::int64_t>(value), false); };
    std::string last = number ? format_short(column.mean) : date ? moment(column.median) : "";
    for (std::size_t i = 0; i < std::min<std::size_t>(column.top.size(), 3); ++i) {
      last += fmt::format("{}{} ({})", last.empty() ? "" : ", ", printable(column.top[i].first, 20),
                          grouped(column.top[i].second));
    }
    table.rows.push_back({printable(column.name, 40), std::string(to_string(column.kind)),
                          column.missing > 0 ? grouped(column.missing) : "", grouped(column.distinct),
                          number ? format_short(column.minimum)
                          : date ? moment(column.minimum)
                                 : "",
                          number ? format_short(column.maximum)
                          : date ? moment(column.maximum)
                                 : "",
                          last});
  }
  return table.render(width);
}

}  // namespace

std::string finding_lines(const Finding& finding, bool all, const Terminal& terminal) {
  constexpr std::size_t kIndent = 12, kLong = 600;
  const std::string mark = fmt::format("{:<8}", to_string(finding.severity));
  std::string out = "  " + terminal.styled(mark, style_of(finding.severity)) + "  " +
                    wrapped(printable(finding.sentence, kLong), terminal.width(), kIndent, kIndent) + "\n";
  if (!all) return out;
  for (const std::string* text : {&finding.evidence, &finding.remedy}) {
    if (text->empty()) continue;
    out +=
        std::string(kIndent, ' ') +
        terminal.styled(wrapped(printable(*text, kLong), terminal.width(), kIndent, kIndent), Style::faint) +
        "\n";
  }
  return out;
}

std::string count_findings(const DoctorReport& report) {
  std::array<std::size_t, 3> counts{};
  for (const Finding& finding : report.findings) ++counts[static_cast<std::size_t>(finding.severity)];
  std::vector<std::string> parts;
  if (counts[2] > 0) parts.push_back(fmt::format("{} serious", counts[2]));
  if (counts[1] > 0) parts.push_back(fmt::format("{} warning{}", counts[1], counts[1] == 1 ? "" : "s"));
  if (counts[0] > 0) parts.push_back(fmt::format("{} note{}", counts[0], counts[0] == 1 ? "" : "s"));
  return parts.empty() ? "nothing to remark" : join_and(parts);
}

std::string describe_report(const DoctorReport& report, std::string_view name, const Terminal& terminal) {
  std::string out = fmt::format("{}: {} rows, {} columns; {}.\n\n", printable(name, 200),
                                grouped(report.rows), report.columns.size(), count_findings(report));
  for (const Finding& finding : report.findings) out += finding_lines(finding, true, terminal);
  if (!report.findings.empty()) out += "\n";
  return out + profile_table(report, terminal.width());
}

}  // namespace everyml::shown
