#include "apps/cli/findings.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "everyml/foundation/base/text.h"

namespace everyml::cli {

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

}  // namespace everyml::cli
