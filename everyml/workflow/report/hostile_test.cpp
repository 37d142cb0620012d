#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "everyml/workflow/report/page_reader_impl.h"
#include "everyml/workflow/report/report.h"
#include "everyml/workflow/report/report_samples_impl.h"

namespace everyml::report_impl {
namespace {

using ::testing::HasSubstr;

/// Each would run or break the page if it reached it as markup, in some place of it.
constexpr std::array<std::string_view, 32> kPayloads = {
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "</svg><iframe src=javascript:alert(1)>",
    "\"><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)' autofocus='",
    "` onclick=`alert(1)`",
    "<a href=\"javascript:alert(1)\">x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\\u003cscript\\u003ealert(1)",
    "<!--<script>",
    "-->]]><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<style>*{display:none}</style>",
    "\";alert(1);//",
    "'-alert(1)-'",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "<body onload=alert(1)>",
    "<math><mi xlink:href=\"data:x,<script>alert(1)</script>\">",
    "\xe2\x80\xae<script>)1(trela\x1b]0;owned\x07",
    "\xc0\xbcscript\xc0\xbe alert(1)",
    std::string_view("<script\0>alert(1)</script>", 26),
};

std::string hostile(std::size_t n, const std::string& usual) {
  // A number keeps names apart that must differ, as those of columns.
  return std::string(kPayloads[n % kPayloads.size()]) + " " + std::to_string(n) + usual.substr(0, 0);
}

/// Tags and the names of their attributes, in order: what the page is made of without its words.
std::vector<std::string> skeleton(const std::string& page) {
  std::vector<std::string> bones;
  for (const Token& token : read_page(page)) {
    if (token.name.empty()) continue;
    std::string bone = token.name;
    for (const auto& [key, value] : token.attributes) bone += " " + key;
    bones.push_back(bone);
  }
  return bones;
}

void check(const LearnResult& usual, const LearnResult& attacked, const ReportOptions& options) {
  const std::string page = render_report(attacked, options);
  EXPECT_EQ(skeleton(page), skeleton(render_report(usual, {.title = "t", .command = "c"})));
  std::size_t alerts = 0;
  for (const Token& token : read_page(page)) {
    for (const auto& [key, value] : token.attributes) {
      EXPECT_FALSE(key.starts_with("on")) << key;
      const bool ours = key == "style" || key == "class" || key == "id" || key == "d";
      EXPECT_FALSE(ours && value.find("alert") != std::string::npos) << value;
    }
    if (token.name.empty()) alerts += token.text.find("alert(1)") != std::string::npos;
  }
  EXPECT_GT(alerts, 20U) << "the words themselves must still be there to be read";
}

TEST(HostileWords, ChangeNothingButTheWords) {
  const ReportOptions options{.title = std::string(kPayloads[2]),
                              .command = "everyml learn " + std::string(kPayloads[1])};
  check(sample_classes(2, as_usual), sample_classes(2, hostile), options);
  check(sample_classes(5, as_usual), sample_classes(5, hostile), options);
  check(sample_numbers(as_usual), sample_numbers(hostile), options);
  check(sample_wide(60, as_usual), sample_wide(60, hostile), options);
  if (const char* folder = std::getenv("EVERYML_REPORT_FOLDER")) {
    std::ofstream(std::string(folder) + "/hostile.html")
        << render_report(sample_classes(5, hostile), options);
  }
}

TEST(HostileWords, EachPayloadIsHarmlessInEveryPlace) {
  for (std::size_t p = 0; p < kPayloads.size(); ++p) {
    const auto same = [p](std::size_t n, const std::string&) {
      return std::string(kPayloads[p]) + " " + std::to_string(n);
    };
    const std::string page = render_report(
        sample_classes(2, same), {.title = std::string(kPayloads[p]), .command = std::string(kPayloads[p])});
    EXPECT_EQ(skeleton(page),
              skeleton(render_report(sample_classes(2, as_usual), {.title = "t", .command = "c"})))
        << kPayloads[p];
  }
}

TEST(HostileWords, ControlAndDirectionMarksAreMadeVisible) {
  const auto name = [](std::size_t, const std::string& usual) {
    return usual + "\xe2\x80\xae\x1b[2J\xe2\x80\x8b";
  };
  const std::string page = render_report(sample_classes(2, name), {.title = "a\xe2\x80\xae"
                                                                            "b",
                                                                   .command = ""});
  EXPECT_EQ(page.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_EQ(page.find("\xe2\x80\x8b"), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
}

TEST(HostileWords, TheSettingsAndSummaryOfAModelToo) {
  LearnResult result = sample_classes(2, as_usual);
  result.artifact_summary_json =
      R"({"<script>alert(1)</script>": ["<img src=x onerror=alert(1)>", {"a\"b": "</svg>"}]})";
  const std::string words = visible_text(read_page(render_report(result, {})));
  EXPECT_THAT(words, HasSubstr("<script>alert(1)</script>"));
  result.artifact_summary_json = "{not json";
  EXPECT_NO_THROW(read_page(render_report(result, {})));
}

}  // namespace
}  // namespace everyml::report_impl
