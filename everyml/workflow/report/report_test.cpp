#include "everyml/workflow/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/json.h"
#include "everyml/workflow/report/chart_impl.h"
#include "everyml/workflow/report/contributions_impl.h"
#include "everyml/workflow/report/embedded_impl.h"
#include "everyml/workflow/report/numbers_impl.h"
#include "everyml/workflow/report/page_reader_impl.h"
#include "everyml/workflow/report/report_samples_impl.h"
#include "everyml/workflow/report/sha256_impl.h"
#include "everyml/workflow/select/fit_one.h"

namespace everyml::report_impl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kMostBytes = 2'000'000;
const ReportOptions kOptions{.title = "titanic.csv",
                             .command = "everyml learn titanic.csv --target survived"};

/// Set EVERYML_REPORT_FOLDER to look at the pages in a browser.
std::string rendered(const LearnResult& result, const ReportOptions& options, const std::string& name) {
  std::string page = render_report(result, options);
  if (const char* folder = std::getenv("EVERYML_REPORT_FOLDER"))
    std::ofstream(std::string(folder) + "/" + name + ".html") << page;
  return page;
}

TEST(Report, HasTheVerdictAndThreeChaptersWithOneVerdictEach) {
  const LearnResult result = sample_classes(2, as_usual);
  const std::string page = rendered(result, kOptions, "classes");
  const std::vector<Token> tokens = read_page(page);
  const std::string words = visible_text(tokens);
  EXPECT_THAT(words, HasSubstr("Worth it"));
  EXPECT_THAT(words, HasSubstr(result.sentence));
  for (const char* chapter : {"Data", "Features", "Algorithm"}) EXPECT_THAT(words, HasSubstr(chapter));
  EXPECT_EQ(count_tags(tokens, "section"), 3U);
  EXPECT_EQ(count_tags(tokens, "h1"), 1U);
  EXPECT_EQ(count_classes(tokens, "lede"), 3U);
  // The chapters speak of this table's own columns and figures.
  EXPECT_THAT(words, HasSubstr("600 rows and 8 columns were examined"));
  EXPECT_THAT(words, HasSubstr("The model leans on above all “sex”, “port of embarkation” and “boarded on”; "
                               "1 of the 5 used adds"));
  EXPECT_THAT(words, HasSubstr("Logistic regression was chosen out of 4 algorithms"));
  EXPECT_THAT(words, HasSubstr("everyml learn titanic.csv --target survived"));
  EXPECT_THAT(words, HasSubstr("the time given was over before it had its turn"));
  EXPECT_THAT(words, HasSubstr("0.8571"));
}

TEST(Report, TellsWhatColumnsAddToSingleRows) {
  LearnResult result = sample_numbers(as_usual);
  const std::string words = visible_text(read_page(rendered(result, kOptions, "contributions")));
  EXPECT_THAT(words, HasSubstr("Why single rows get their answer"));
  EXPECT_THAT(words, HasSubstr("The row with the highest answer"));
  // The highest sum of the sample, added up by hand: base and what each column adds.
  const ColumnContributions& all = *result.contributions;
  double highest = -1e9;
  for (std::size_t row = 0; row < all.rows.size(); ++row) {
    double sum = all.base[0];
    for (std::size_t c = 0; c < all.columns.size(); ++c) sum += all.at(row, 0, c);
    highest = std::max(highest, sum);
  }
  EXPECT_THAT(words, HasSubstr("From 0.4 without knowing anything to " + figure(highest, 3) + "."));
  EXPECT_THAT(words, HasSubstr("What a column adds, by its value"));
  result.contributions->value.assign(result.contributions->rank.size(), std::nan(""));
  EXPECT_THAT(visible_text(read_page(render_report(result, kOptions))),
              Not(HasSubstr("What a column adds, by its value")));
  result.contributions.reset();
  EXPECT_THAT(visible_text(read_page(render_report(result, kOptions))),
              Not(HasSubstr("Why single rows get their answer")));
}

TEST(Report, FindsTheColumnThatChangesWhatAnotherAdds) {
  ColumnContributions all;
  all.columns = {"slope", "side", "noise", "plain"};
  all.base = {0};
  Stream random(5, "contributions");
  for (std::size_t row = 0; row < 120; ++row) {
    all.rows.push_back(row);
    const double slope = random.uniform(), side = random.uniform(), noise = random.uniform();
    const double plain = random.uniform();
    all.value.insert(all.value.end(), {slope, side, noise, plain});
    all.rank.insert(all.rank.end(), {slope, side, noise, plain});
    // "slope" rises or falls by the side; "plain" is a curve of its own.
    all.added.insert(all.added.end(), {slope * (side > 0.5 ? 1.0 : -1.0), 0.0, 0.0, plain * plain});
  }
  EXPECT_EQ(report_impl::companion_of(all, 0, 0), 1U);
  EXPECT_EQ(report_impl::companion_of(all, 0, 3), std::nullopt);
  // Rows without a value do not count; too few say nothing.
  for (std::size_t row = 0; row < 110; ++row) all.value[row * 4] = std::nan("");
  EXPECT_EQ(report_impl::companion_of(all, 0, 0), std::nullopt);
}

/// Ordinary rows and one that is far from them, in a column with a hostile name.
Table with_one_unusual(std::size_t rows) {
  Stream random(3, "rows");
  auto a = Buffer<double>::uninitialized(rows), b = Buffer<double>::uninitialized(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    a[row] = random.normal();
    b[row] = row == 17 ? 60 : random.normal();
  }
  return Table({Column::numbers("a", std::move(a)), Column::numbers("<script>b", std::move(b))});
}

TEST(Report, ShowsUnusualRows) {
  const Context context(ContextOptions{.threads = 1});
  const Table table = with_one_unusual(400);
  const Artifact artifact = fit_one(table, FitOptions{.algorithm = "isolation-forest"}, context);
  const Anomalies found = find_anomalies(artifact, table, 5, 2, context);
  ASSERT_EQ(found.first.front().row, 17U);
  const ReportOptions options{.title = "/home/me/rows.csv", .command = "everyml find anomalies rows.csv"};
  const std::string page = render_anomaly_report(found, artifact, options);
  const std::vector<Token> tokens = read_page(page);
  const std::string words = visible_text(tokens);
  EXPECT_THAT(words, HasSubstr("Which rows are unlike the others?"));
  EXPECT_THAT(words,
              HasSubstr(found.unusual == 1 ? "1 of 400 rows stands apart" : "of 400 rows stand apart"));
  EXPECT_THAT(words, HasSubstr(reason_text(found.first.front().reasons.front())));
  EXPECT_THAT(words, HasSubstr("everyml find anomalies rows.csv"));
  EXPECT_EQ(page.find("/home/me"), std::string::npos);
  EXPECT_EQ(page.find("<script>b"), std::string::npos);
  EXPECT_EQ(count_classes(tokens, "plot"), 2U);
  EXPECT_EQ(count_tags(tokens, "section"), 2U);
  EXPECT_LT(page.size(), kMostBytes);
  // A page of nothing is a page all the same.
  const Anomalies none;
  EXPECT_THAT(visible_text(read_page(render_anomaly_report(none, artifact, options))),
              HasSubstr("None of the 0 rows stands apart"));
}

TEST(Report, DrawsEveryChartWithoutScripts) {
  for (const LearnResult& result : {sample_classes(2, as_usual), sample_classes(4, as_usual),
                                    sample_classes(40, as_usual), sample_numbers(as_usual)}) {
    const std::vector<Token> tokens = read_page(render_report(result, kOptions));
    const std::size_t plots = count_classes(tokens, "plot");
    EXPECT_GE(plots, 7U);
    std::size_t drawings = 0;
    for (const Token& token : tokens) drawings += token.name == "svg" && token.attribute("role") == "img";
    EXPECT_EQ(drawings, plots);
  }
}

TEST(Report, SaysWhatItIsOfRegressionAndOfManyClasses) {
  const std::string numbers =
      visible_text(read_page(rendered(sample_numbers(as_usual), kOptions, "numbers")));
  EXPECT_THAT(numbers, HasSubstr("Not worth it"));
  EXPECT_THAT(numbers, HasSubstr("By how much it errs"));
  EXPECT_THAT(numbers, HasSubstr("For 9 of 10 new rows like these the truth lies within"));
  EXPECT_THAT(numbers, Not(HasSubstr("Right and wrong answers")));
  EXPECT_THAT(numbers, HasSubstr("28,901"));

  const std::string many = visible_text(read_page(rendered(sample_classes(40, as_usual), kOptions, "many")));
  EXPECT_THAT(many, HasSubstr("29 others"));
  rendered(sample_classes(4, as_usual), kOptions, "four");
  LearnResult nothing = sample_classes(2, as_usual);
  nothing.verdict = Verdict::no_pattern;
  nothing.sentence = "No pattern: nothing in these columns predicts \"survived\".";
  nothing.doctor.findings.clear();
  const std::string none = visible_text(read_page(rendered(nothing, kOptions, "nothing")));
  EXPECT_THAT(none, HasSubstr("No pattern"));
  EXPECT_THAT(none, HasSubstr("None: no fault of the kinds that are looked for."));
}

TEST(Report, StandsWithoutWhatCouldNotBeMeasured) {
  LearnResult bare;
  bare.target = "y";
  bare.task = Target::Kind::classes;
  bare.class_names = {"a", "b"};
  bare.leaderboard = {Candidate{.title = "Commonest label"}};
  const std::vector<Token> tokens = read_page(render_report(bare, {}));
  EXPECT_EQ(count_tags(tokens, "section"), 3U);
  EXPECT_THAT(visible_text(tokens), HasSubstr("could not be measured"));
}

TEST(Report, StaysUnderTwoMegabytesAndSaysWhatIsLeftOut) {
  EXPECT_LT(render_report(sample_classes(2, as_usual), kOptions).size(), kMostBytes);
  EXPECT_LT(render_report(sample_numbers(as_usual), kOptions).size(), kMostBytes);
  const std::string page = rendered(sample_wide(300, as_usual), kOptions, "wide");
  EXPECT_LT(page.size(), kMostBytes);
  const std::string words = visible_text(read_page(page));
  EXPECT_THAT(words, HasSubstr("150 more were examined"));
  EXPECT_THAT(words, HasSubstr("further findings are left out here"));
  EXPECT_THAT(words, HasSubstr("less important columns are left out"));
}

TEST(Report, IsTheSameBytesForTheSameResult) {
  EXPECT_EQ(render_report(sample_classes(3, as_usual), kOptions),
            render_report(sample_classes(3, as_usual), kOptions));
}

TEST(Report, AsksTheNetworkForNothing) {
  for (const Token& token : read_page(render_report(sample_classes(2, as_usual), kOptions))) {
    for (const auto& [name, value] : token.attributes) {
      EXPECT_TRUE(name != "href" || value.starts_with("#")) << value;
      EXPECT_NE(name, "src");
      EXPECT_FALSE(name.starts_with("on")) << name;
    }
    EXPECT_NE(token.name, "link");
    EXPECT_NE(token.name, "base");
  }
}

TEST(Report, PolicyAllowsItsOwnScriptsAlone) {
  const std::vector<Token> tokens = read_page(render_report(sample_classes(2, as_usual), kOptions));
  std::string policy;
  std::vector<std::string> scripts;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].attribute("http-equiv") == "Content-Security-Policy")
      policy = tokens[i].attribute("content");
    if (tokens[i].name == "script" && tokens[i].attribute("type").empty())
      scripts.push_back(tokens[i + 1].text);
  }
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe-eval")));
  EXPECT_EQ(scripts.size(), chart_library().empty() ? 0U : 2U);
  for (const std::string& script : scripts) EXPECT_THAT(policy, HasSubstr("'" + policy_hash(script) + "'"));
  EXPECT_EQ(policy.find("script-src") == std::string::npos, scripts.empty());
}

TEST(Report, ChartLibraryKeepsItsLicences) {
  if (chart_library().empty()) GTEST_SKIP() << "built without the chart library";
  const std::string_view head = chart_library().substr(0, 40000);
  EXPECT_NE(head.find("Copyright 2017-2026 The Apache Software Foundation"), std::string_view::npos);
  EXPECT_NE(head.find("Apache License"), std::string_view::npos);
  EXPECT_NE(head.find("Redistribution and use in source and binary forms"), std::string_view::npos);
  EXPECT_EQ(chart_library().find("</script"), std::string_view::npos);
  // A browser turns these into other bytes before it compares the digest.
  EXPECT_EQ(chart_library().find('\r'), std::string_view::npos);
  EXPECT_EQ(chart_library().find('\0'), std::string_view::npos);
}

/// The data block of a page.
Json charts_of(const std::string& page) {
  const std::vector<Token> tokens = read_page(page);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].attribute("id") == "charts") return parse_json(tokens[i + 1].text, "charts");
  }
  return Json::array();
}

TEST(Report, GivesTheScriptWhatIsDrawn) {
  if (chart_library().empty()) GTEST_SKIP() << "built without the chart library";
  const std::string page = render_report(sample_classes(2, as_usual), kOptions);
  const Json charts = charts_of(page);
  ASSERT_EQ(charts.size(), count_classes(read_page(page), "plot"));
  EXPECT_EQ(charts[0]["y"]["labels"][0], "sex");
  EXPECT_EQ(charts[0]["series"][0]["x"][0], 0.14);
}

}  // namespace
}  // namespace everyml::report_impl
