#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/json.h"
#include "everyml/foundation/base/random.h"
#include "everyml/workflow/report/report_samples_impl.h"

namespace everyml::report_impl {
namespace {

constexpr std::size_t kRows = 600;

/// Hands out names in turn, so that every place of the page gets another one.
struct Names {
  const Namer& name;
  std::size_t next = 0;
  std::string operator()(const std::string& usual) { return name(next++, usual); }
};

double bell(double x) { return std::exp(-x * x); }

ColumnProfile number_column(const std::string& name, double low, double high, double tie) {
  ColumnProfile profile{.name = name,
                        .missing = 12,
                        .distinct = 88,
                        .mean = (low + high) / 2,
                        .deviation = (high - low) / 5,
                        .minimum = low,
                        .median = (low + high) / 2.2,
                        .maximum = high};
  for (int i = 0; i <= 24; ++i) profile.histogram_edges.push_back(low + (high - low) * i / 24);
  for (int i = 0; i < 24; ++i)
    profile.histogram.push_back(static_cast<std::uint64_t>(90 * bell((i - 9) / 6.0)));
  profile.target_association = tie;
  return profile;
}

std::vector<ColumnProfile> profiles(Names& names, const std::string& target,
                                    const std::vector<std::string>& columns) {
  std::vector<ColumnProfile> list;
  ColumnProfile label{.name = target, .kind = ColumnKind::category, .distinct = 2};
  label.top = {{names("no"), 380}, {names("yes"), 220}};
  label.target_association = std::numeric_limits<double>::quiet_NaN();
  list.push_back(label);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const double tie = 0.9 / (1.0 + static_cast<double>(i));
    if (i % 3 == 1) {
      ColumnProfile profile{
          .name = columns[i], .kind = ColumnKind::category, .missing = i % 2 ? 177u : 0u, .distinct = 4};
      profile.top = {{names("Southampton"), 300},
                     {names("Cherbourg"), 150},
                     {names("Queenstown"), 100},
                     {names("Belfast"), 50}};
      profile.target_association = tie;
      list.push_back(profile);
    } else {
      list.push_back(number_column(columns[i], 0.42, i == 0 ? 80 : 512.33, tie));
    }
  }
  ColumnProfile date{.name = names("boarded"),
                     .kind = ColumnKind::date,
                     .distinct = 400,
                     .minimum = -1821398400e6,
                     .median = -1821225600e6,
                     .maximum = -1821139200e6};
  date.histogram_edges = {-1821398400e6, -1821268800e6, -1821139200e6};
  date.histogram = {250, 350};
  date.target_association = 0.02;
  list.push_back(date);
  ColumnProfile id{.name = names("ticket"), .kind = ColumnKind::text, .distinct = 598};
  id.top = {{names("A/5 21171"), 2}};
  id.target_association = std::numeric_limits<double>::quiet_NaN();
  list.push_back(id);
  return list;
}

DoctorReport doctor(Names& names, const std::string& target, const std::vector<std::string>& columns) {
  DoctorReport report;
  report.rows = kRows;
  report.columns = profiles(names, target, columns);
  report.findings = {
      {"leak.target", Severity::serious, columns[0],
       fmt::format("\"{}\" gives the target away.", names("boat")),
       fmt::format("it alone separates the classes with an AUC of 0.998, for example {}", names("boat 13")),
       "The column is left out. If it is known before the answer is wanted, keep it with --keep-suspects.",
       0.4},
      {"missing.many", Severity::warning, columns[1],
       fmt::format("\"{}\" is missing in 29.5 % of the rows.", names("port")), "177 of 600 rows",
       "Missing cells are filled and flagged; ask why they are missing before trusting this column.", 0.295},
      {"id.column", Severity::warning, "ticket",
       fmt::format("\"{}\" looks like an identifier.", names("ticket")),
       "598 different short values in 600 rows", "The column is left out.", 1},
      {"duplicate.rows", Severity::note, "", "14 rows occur twice.", "rows 12, 88, 90 and 11 more",
       "They are kept.", 0.02}};
  for (int i = 0; i < 6; ++i) {
    report.findings.push_back({"value.extreme", Severity::note, columns[0],
                               fmt::format("\"{}\" has values far out.", names("fare")),
                               "512.33 against a median of 14.45", "Check for slips of the keyboard.", 0.01});
  }
  report.excluded = {{report.columns.back().name, "id.column"}, {names("boat"), "leak.target"}};
  return report;
}

Candidate candidate(const std::string& title, const std::string& algorithm, int complexity, double score,
                    double half, double p) {
  Candidate one{.algorithm = algorithm,
                .title = title,
                .complexity = complexity,
                .score = score,
                .low = score - half,
                .high = score + half,
                .fit_seconds = 0.021 * complexity,
                .predict_seconds = 0.0004,
                .trials = 6,
                .p_versus_best = p,
                .tied_with_best = p >= 0.05};
  for (int fold = 0; fold < 5; ++fold)
    one.fold_scores.push_back(score + half * 0.8 * std::sin(2.1 * fold + complexity));
  return one;
}

PartialDependence along_numbers(const std::string& column, ColumnKind kind,
                                const std::vector<std::string>& class_names) {
  PartialDependence one{.column = column, .kind = kind, .class_names = class_names};
  const std::size_t width = std::max<std::size_t>(1, class_names.size());
  for (int i = 0; i < 24; ++i) {
    one.grid.push_back(kind == ColumnKind::date ? -1821398400e6 + 86400e6 * i : 0.42 + 3.3 * i);
    double rest = 1;
    for (std::size_t k = width; k-- > 0;) {
      double mean = 0.62 / (1 + std::exp(0.25 * (i - 8.0 - 3 * static_cast<double>(k)))) /
                        static_cast<double>(width > 2 ? width : 1) +
                    0.1;
      if (k == 0 && width > 1) mean = rest;
      rest -= mean;
      one.mean.insert(one.mean.end() - static_cast<std::ptrdiff_t>(width - 1 - k), mean);
    }
  }
  for (const double mean : one.mean) {
    one.low.push_back(std::max(0.0, mean - 0.12));
    one.high.push_back(std::min(1.0, mean + 0.14));
  }
  return one;
}

PartialDependence along_levels(const std::string& column, const std::vector<std::string>& levels,
                               const std::vector<std::string>& class_names) {
  PartialDependence one{
      .column = column, .kind = ColumnKind::category, .levels = levels, .class_names = class_names};
  const std::size_t width = std::max<std::size_t>(1, class_names.size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    for (std::size_t k = 0; k < width; ++k) {
      one.mean.push_back(width == 1 ? 0.3 + 0.1 * static_cast<double>(i)
                                    : (k + 1 == width ? 0.3 + 0.1 * static_cast<double>(i)
                                                      : (0.7 - 0.1 * static_cast<double>(i)) /
                                                            static_cast<double>(width - 1)));
      one.low.push_back(std::max(0.0, one.mean.back() - 0.1));
      one.high.push_back(std::min(1.0, one.mean.back() + 0.12));
    }
  }
  return one;
}

/// What both tasks share.
LearnResult frame(Names& names, const std::string& target, const std::vector<std::string>& columns,
                  const std::vector<std::string>& class_names) {
  LearnResult result;
  result.target = target;
  result.class_names = class_names;
  result.columns_used = columns;
  result.doctor = doctor(names, target, columns);
  result.rows = kRows;
  result.rows_without_target = 7;
  result.seed = 42;
  result.seconds = 3.84;
  result.folds.resize(5);
  result.reasons = {
      "Against the baseline: area under the ROC curve 0.8571 instead of 0.5, which is 71 of 100 of what "
      "there is to "
      "gain (p = 0.00021, corrected for 5 models tried).",
      "Against the next simpler model, Naive Bayes: 0.8571 instead of 0.8312 (p = 0.034).",
      fmt::format("\"{}\" carries most of it.", names("sex"))};
  double mean = 0.14;
  for (const std::string& column : columns) {
    result.importance.push_back({column, mean, 0.006 + 0.1 * mean});
    mean = mean * 0.45 - 0.002;
  }
  for (const std::string& column : columns)
    result.formulas.push_back(column + " = (x - 29.7) / 14.5, missing is 0");
  result.dependence = {along_numbers(columns[0], ColumnKind::number, class_names),
                       along_levels(columns[1],
                                    {names("Southampton"), names("Cherbourg"), names("Queenstown"),
                                     names("a port with a very long name")},
                                    class_names),
                       along_numbers(columns[2], ColumnKind::date, class_names),
                       along_numbers(columns.back(), ColumnKind::number, class_names)};
  ColumnContributions& added = result.contributions.emplace();
  added.columns = columns;
  if (!class_names.empty()) added.sums = {class_names.back()};
  added.base = {0.4};
  for (std::size_t row = 0; row < 40; ++row) {
    added.rows.push_back(row * 3);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const double place = static_cast<double>((row * 7 + c * 3) % 40) / 39;
      added.rank.push_back(c == 1 ? std::nan("") : place);
      added.value.push_back(c == 1 ? std::nan("") : c == 2 ? 1e15 + 3e13 * place : 80 * place);
      added.added.push_back((place - 0.45) / static_cast<double>(c + 1));
    }
  }
  Json summary;
  summary["kind"] = "logistic-regression";
  summary["coefficients"] = Json::array();
  double estimate = 2.4;
  for (const std::string& column : columns) {
    summary["coefficients"].push_back({{"feature", column},
                                       {"estimate", estimate},
                                       {"standard_error", 0.21},
                                       {"z", estimate / 0.21},
                                       {"p", std::exp(-std::abs(estimate / 0.21))},
                                       {"low", estimate - 0.41},
                                       {"high", estimate + 0.41}});
    estimate *= -0.55;
  }
  summary["intercept"] = {{"estimate", -1.2}, {"standard_error", 0.1}, {"z", -12.0},
                          {"p", 1e-20},       {"low", -1.4},           {"high", -1.0}};
  summary["iterations"] = 9;
  summary["penalty"] = nullptr;
  summary["notes"] = {names("Converged"), "No separation"};
  summary["classes"] = {{{"name", names("no")}, {"share", 0.63}}, {{"name", names("yes")}, {"share", 0.37}}};
  result.artifact_summary_json = write_json(summary);
  return result;
}

}  // namespace

std::string as_usual(std::size_t, const std::string& usual) { return usual; }

LearnResult sample_wide(std::size_t columns, const Namer& name) {
  LearnResult result = sample_classes(2, name);
  for (std::size_t i = result.doctor.columns.size(); i < columns; ++i) {
    result.doctor.columns.push_back(
        number_column(name(1000 + i, fmt::format("measurement {}", i)), -1, 1, 0.1));
    result.columns_used.push_back(result.doctor.columns.back().name);
    result.importance.push_back({result.columns_used.back(), 0, 0.001});
    result.formulas.push_back(result.columns_used.back() + " = (x - 1.25) / 3.5, missing is 0");
    result.doctor.findings.push_back({"missing.some", Severity::note, result.columns_used.back(),
                                      "Some cells are missing.", "1 of 600 rows", "Filled.", 0.002});
  }
  return result;
}

LearnResult sample_classes(std::size_t classes, const Namer& name) {
  Names names{name};
  std::vector<std::string> labels = {names("died"), names("survived")};
  for (std::size_t k = 2; k < classes; ++k) labels.push_back(names(fmt::format("class {}", k)));
  const std::vector<std::string> columns = {names("sex"), names("port of embarkation"), names("boarded on"),
                                            names("fare"), names("age")};
  LearnResult result = frame(names, names("survived"), columns, labels);
  result.task = Target::Kind::classes;
  result.territory =
      fmt::format("\"{}\" is one of {} labels, so this is classification", result.target, classes);
  result.metric = "auc";
  result.metric_title = "area under the ROC curve";
  result.leaderboard = {candidate("Gradient boosting", "gradient-boosting", 5, 0.8613, 0.02, 1),
                        candidate("Logistic regression", "logistic-regression", 2, 0.8571, 0.022, 0.41),
                        candidate("k nearest neighbours", "knn-classifier", 3, 0.8402, 0.019, 0.021),
                        candidate("Naive Bayes", "naive-bayes", 1, 0.8312, 0.03, 0.004),
                        candidate("Commonest label", "baseline-classifier", 0, 0.5, 0, 1e-6)};
  Candidate late{.algorithm = "random-forest", .title = "Random forest"};
  late.skipped = fmt::format("the time given was over before {} had its turn", names("it"));
  result.leaderboard.push_back(late);
  for (Candidate& one : result.leaderboard) {
    one.metrics = {
        {"accuracy", 0.5 + one.score / 3}, {"log_loss", 1.1 - one.score}, {"brier", 0.3 - one.score / 5}};
    one.settings_json = R"({"penalty": 0.5, "class_weights": "none"})";
  }
  result.chosen = 1;
  result.baseline = 4;
  result.sentence = fmt::format(
      "Use it: Logistic regression predicts \"{}\" from above all \"{}\" and \"{}\"; it is right in 79 of "
      "100 "
      "new rows, where always answering the commonest label is right in 62.",
      result.target, columns[0], columns[1]);
  result.improvement = 0.3571;

  Stream random(42, "sample");
  result.confusion.assign(classes * classes, 0);
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::size_t truth = random.below(classes);
    std::vector<double> p(classes);
    double sum = 0;
    for (std::size_t k = 0; k < classes; ++k)
      sum += p[k] = std::exp(1.4 * random.normal() + (k == truth ? 1.6 : 0));
    for (double& one : p) one /= sum;
    result.truth.push_back(static_cast<double>(truth));
    result.out_of_fold.insert(result.out_of_fold.end(), p.begin(), p.end());
    result.artifact.conformal.scores.push_back(1 - p[truth]);
    ++result.confusion[truth * classes +
                       static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin())];
  }
  std::sort(result.artifact.conformal.scores.begin(), result.artifact.conformal.scores.end());
  if (classes == 2) {
    result.costs = {0, 1, 5, 0};
    result.threshold = 0.22;
    result.expected_cost = 0.41;
    result.baseline_cost = 0.5;
  }
  return result;
}

LearnResult sample_numbers(const Namer& name) {
  Names names{name};
  const std::vector<std::string> columns = {names("living area"), names("neighbourhood"), names("sold on"),
                                            names("rooms")};
  LearnResult result = frame(names, names("price"), columns, {});
  result.task = Target::Kind::numbers;
  result.territory = fmt::format(
      "\"{}\" is a number with more than 20 distinct values, so this is regression", result.target);
  result.metric = "rmse";
  result.metric_title = "root mean squared error";
  result.greater_is_better = false;
  result.leaderboard = {candidate("Ridge regression", "ridge", 2, 28412.5, 2100, 1),
                        candidate("Linear regression", "linear-regression", 1, 28901, 2400, 0.31),
                        candidate("Mean of the target", "baseline-regressor", 0, 79890, 4000, 1e-7)};
  for (Candidate& one : result.leaderboard)
    one.metrics = {{"rmse", one.score}, {"mae", one.score * 0.7}, {"r2", 1 - one.score * one.score / 6.4e9}};
  result.chosen = 1;
  result.baseline = 2;
  result.verdict = Verdict::not_worth_it;
  result.sentence =
      fmt::format("Not worth it: Linear regression finds a real but tiny pattern in \"{}\".", result.target);
  Stream random(7, "sample");
  for (std::size_t i = 0; i < kRows; ++i) {
    const double truth = 180000 + 60000 * random.normal();
    result.truth.push_back(truth);
    result.out_of_fold.push_back(i % 97 == 5 ? std::nan("") : 0.86 * truth + 25000 + 24000 * random.normal());
    if (std::isfinite(result.out_of_fold.back()))
      result.artifact.conformal.scores.push_back(std::abs(truth - result.out_of_fold.back()));
  }
  std::sort(result.artifact.conformal.scores.begin(), result.artifact.conformal.scores.end());
  return result;
}

}  // namespace everyml::report_impl
