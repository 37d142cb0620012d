#include "apps/text/terminal.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/cli/progress.h"
#include "apps/cli/session.h"
#include "apps/text/summary.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::cli {
namespace {

TEST(Terminal, WidthCountsColumnsNotBytes) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("naïve"), 5u);
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
  EXPECT_EQ(display_width("\x1b[1mbold\x1b[0m"), 4u);
}

TEST(Terminal, WrappedLinesFit) {
  const std::string text = "the quick brown fox jumps over the lazy dog and on it goes";
  const std::string out = wrapped(text, 20, 4);
  for (const std::string_view line : split(out, '\n')) EXPECT_LE(display_width(line), 20u) << out;
  std::string words;
  for (const std::string_view line : split(out, '\n'))
    words += (words.empty() ? "" : " ") + std::string(trim(line));
  EXPECT_EQ(words, text);
}

TEST(Terminal, TableLinesUpAndIsCutToTheWidth) {
  TextTable table{
      .alignment = {Align::left, Align::right},
      .rows = {{"name", "value"}, {"日本", "1"}, {"a very long name that does not fit at all", "1000"}}};
  const std::string out = table.render(30);
  std::size_t lines = 0;
  for (const std::string_view line : split(out, '\n')) {
    if (line.empty()) continue;
    EXPECT_EQ(display_width(line), 30u) << out;
    ++lines;
  }
  EXPECT_EQ(lines, 3u);
  EXPECT_NE(out.find("…"), std::string::npos);
}

TEST(Progress, LineFitsAndBoundsTheFraction) {
  for (const double fraction : {-1.0, 0.0, 0.5, 1.0, 7.0}) {
    const std::string line =
        progress_line("a stage with quite a long name that must be cut", fraction, 30, 60);
    EXPECT_LE(display_width(line), 60u) << line;
  }
  EXPECT_NE(progress_line("x", 0.5, 30, 100).find(" 50 %"), std::string::npos);
  EXPECT_NE(progress_line("x", 0.5, 30, 100).find("30 s left"), std::string::npos);
  EXPECT_EQ(progress_line("x", 0.5, 0.1, 100).find("left"), std::string::npos);
}

TEST(Session, SizesOfMemory) {
  EXPECT_EQ(parse_bytes("1000"), 1000u);
  EXPECT_EQ(parse_bytes("2GB"), std::size_t{2} << 30);
  EXPECT_EQ(parse_bytes("1.5 kib"), 1536u);
  for (const char* bad : {"", "GB", "-1", "1 PB", "1e30", "2GBs", "0"}) {
    EXPECT_THROW(parse_bytes(bad), ParameterError) << bad;
  }
}

TEST(Session, NumbersForPeople) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1309), "1,309");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(seconds_for_people(125), "2 min 5 s");
  EXPECT_EQ(seconds_for_people(30), "30 s");
}

TEST(Summary, FactsTablesAndCutLists) {
  Json summary = {
      {"log_loss", 613.3815483}, {"converged", true}, {"reference", "\x1b[2Jno"}, {"aliased", Json::array()}};
  summary["intercept"] = {{"class", "yes"}, {"estimate", -0.6421940}};
  summary["coefficients"] = Json::array();
  for (int i = 0; i < 50; ++i)
    summary["coefficients"].push_back({{"feature", "x" + std::to_string(i)}, {"estimate", i + 0.5}});
  summary["centers"] = {{1.0, 2.0}, {3.0, 4.0}};
  const std::string out = summary_lines(summary, 60);
  EXPECT_NE(out.find("log loss   613.4\n"), std::string::npos) << out;
  EXPECT_NE(out.find("converged  yes\n"), std::string::npos) << out;
  EXPECT_NE(out.find("class yes, estimate -0.6422"), std::string::npos) << out;
  EXPECT_NE(out.find("feature  estimate\n"), std::string::npos) << out;
  EXPECT_NE(out.find("and 10 more; --json shows all"), std::string::npos) << out;
  EXPECT_NE(out.find("1  3, 4\n"), std::string::npos) << out;
  EXPECT_EQ(out.find('\x1b'), std::string::npos) << out;
  for (const std::string_view line : split(out, '\n')) EXPECT_LE(display_width(line), 60u) << out;
}

}  // namespace
}  // namespace everyml::cli
