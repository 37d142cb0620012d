#include <algorithm>
#include <map>
#include <vector>

#include "everyml/workflow/report/chapters_impl.h"
#include "everyml/workflow/report/numbers_impl.h"

namespace everyml::report_impl {
namespace {

struct Term {
  Markup::Literal name;
  Markup::Literal meaning;
};

}  // namespace

std::string metric_in_words(const std::string& name) {
  static const std::map<std::string, std::string> kWords = {
      {"auc",
       "take one row of each class at random; the figure is how often the model gives the right one the "
       "higher probability. "
       "0.5 is guessing, 1 is perfect."},
      {"accuracy",
       "the share of rows answered right. 1 is perfect; what counts is the distance to always giving the "
       "commonest answer."},
      {"error_rate", "the share of rows answered wrong. 0 is perfect."},
      {"balanced_accuracy",
       "the share answered right within each class, averaged over the classes, so that rare classes count as "
       "much as common ones. 1 is perfect."},
      {"log_loss",
       "how surprised the model is by the truth: small when it gave the true class a high probability, large "
       "when it "
       "was sure and wrong. 0 is perfect."},
      {"brier", "the mean squared distance between the probability said and what came true. 0 is perfect."},
      {"f1",
       "one figure of two: how many of the cases are found, and how many of those called so are right; of "
       "more "
       "than two classes the mean. 1 is perfect."},
      {"precision", "of the rows called so, the share that is. 1 is perfect."},
      {"recall", "of the rows that are so, the share that was found. 1 is perfect."},
      {"average_precision",
       "precision averaged over all thresholds, in favour of finding the sure cases first. 1 is perfect."},
      {"matthews", "the correlation of truth and answer. 0 is guessing, 1 is perfect."},
      {"kappa",
       "how much more often the answers agree with the truth than chance would. 0 is guessing, 1 is "
       "perfect."},
      {"calibration_error",
       "how far the probability said is from how often it came true, on average. 0 is perfect."},
      {"rmse",
       "the typical size of an error in the target's own unit, where large errors weigh more. 0 is perfect."},
      {"mae", "the mean size of an error in the target's own unit. 0 is perfect."},
      {"mse", "the mean squared error. 0 is perfect."},
      {"median_absolute_error", "half of the errors are smaller. 0 is perfect."},
      {"max_error", "the largest error of all rows. 0 is perfect."},
      {"explained_variance",
       "the part of the target's variation that the model explains, an error that all rows share forgiven. 1 "
       "is perfect."},
      {"poisson_deviance",
       "the error of a model of counts, where an error of 1 weighs more on small counts. "
       "0 is perfect."},
      {"gamma_deviance", "the error as a share of the answer, for amounts above 0. 0 is perfect."},
      {"mape", "the mean size of an error as a share of the true value. 0 is perfect."},
      {"r2",
       "the part of the target's variation that the model explains. 0 is always answering the mean, 1 is "
       "perfect."}};
  const auto found = kWords.find(name);
  return found == kWords.end() ? std::string() : found->second;
}

std::string score_text(const Candidate& candidate) {
  std::string words = figure(candidate.score);
  if (candidate.low < candidate.high)
    words += " (" + figure(candidate.low) + " to " + figure(candidate.high) + ")";
  return words;
}

std::string several(std::uint64_t number, const std::string& one, const std::string& many) {
  return count(number) + " " + (number == 1 ? one : many);
}

bool three_in_a_row(std::size_t charts) { return charts == 3 || charts > 4; }

Markup side_by_side(const std::vector<Markup>& charts) {
  Markup out;
  out << "<div class=\"grid";
  if (three_in_a_row(charts.size())) out << " three";
  out << "\">";
  for (const Markup& chart : charts) out << chart;
  out << "</div>";
  return out;
}

Markup chip(Markup::Literal kind, std::string_view words) {
  Markup out;
  out << " <span class=\"chip " << kind << "\">" << text(words, 40) << "</span>";
  return out;
}

Markup glossary(const LearnResult& result) {
  const bool classes = result.task == Target::Kind::classes;
  std::vector<Term> terms = {
      {"Baseline",
       "The answer anyone can give without looking at a row: the commonest label, or the mean. A model that "
       "does not beat "
       "it is worth nothing."},
      {"Fold, held-out rows",
       "The rows are dealt into parts. Each part is answered by a model that was trained on the others only, "
       "so every score here is of rows the model had not seen."},
      {"95 % interval",
       "If the same were done again with other rows of the same kind, the figure would lie in such an "
       "interval 95 times "
       "of 100."},
      {"p",
       "How often chance alone would make a difference at least this large. Small is convincing; above 0.05 "
       "two algorithms "
       "count as tied."},
      {"Tie to target", "How well a column alone orders or separates the target, from 0 to 1."},
      {"Shuffling a column",
       "Permutation importance: the column's cells are dealt to other rows at random; what the score loses "
       "is what the model owes to that column."},
      {"Distinct", "How many different values a column has."}};
  if (classes) {
    terms.push_back(
        {"Probability, calibrated",
         "Of all rows given 80 %, about 80 of 100 should turn out so. The model's own figures are "
         "corrected until they do."});
    terms.push_back({"Threshold", "The probability from which on a class is answered."});
    terms.push_back(
        {"ROC curve", "What is found against what is called so by mistake, for every threshold at once."});
    terms.push_back({"Set of classes",
                     "All classes that cannot be ruled out at the wanted certainty (conformal prediction)."});
  } else {
    terms.push_back({"Residual", "Truth minus answer."});
    terms.push_back({"± bounds",
                     "Taken from the errors on held-out rows (conformal prediction): no assumption about the "
                     "shape of errors "
                     "is made."});
  }
  if (!result.artifact_summary_json.empty() &&
      result.artifact_summary_json.find("\"coefficients\"") != std::string::npos) {
    terms.push_back({"Coefficient",
                     "By how much the answer (of classes: the log of the odds) moves when the feature grows "
                     "by one and all "
                     "others stay."});
    if (result.artifact_summary_json.find("\"standard_error\"") != std::string::npos) {
      terms.push_back(
          {"Standard error", "How much a coefficient would vary with other rows of the same kind."});
    }
  }
  Markup out;
  out << "<details class=\"glossary\"><summary>Words used here</summary><dl>";
  for (const Term& term : terms)
    out << "<div><dt>" << term.name << "</dt><dd>" << term.meaning << "</dd></div>";
  out << "</dl></details>";
  return out;
}

}  // namespace everyml::report_impl
