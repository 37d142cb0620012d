#include "apps/python/core/metrics.h"

#include <nanobind/stl/string.h>

#include <string>
#include <utility>
#include <vector>

#include "apps/python/core/features.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/metrics/classification.h"
#include "everyml/foundation/metrics/ranking.h"
#include "everyml/foundation/metrics/regression.h"

namespace everyml::python {
namespace {

using Codes = Vector<std::int32_t>;
using Numbers = Vector<double>;
using Released = nb::call_guard<nb::gil_scoped_release>;

template <class Work>
auto released(Work&& work) {
  const nb::gil_scoped_release guard;
  return work();
}

nb::object vector_of(std::vector<double> values) {
  const std::size_t size = values.size();
  return to_numpy(std::move(values), {size});
}

template <class Value>
Value named(const std::string& name, std::initializer_list<std::pair<const char*, Value>> choices) {
  std::string all;
  for (const auto& [text, value] : choices) {
    if (name == text) return value;
    all += (all.empty() ? "" : ", ") + std::string(text);
  }
  throw ParameterError("metrics.choice", "metrics: \"" + name + "\" is none of " + all);
}

Average average_named(const std::string& name) {
  return named<Average>(name, {{"binary", Average::binary},
                               {"macro", Average::macro},
                               {"weighted", Average::weighted},
                               {"micro", Average::micro}});
}

nb::object bind_confusion(const Codes& truth, const Codes& predicted, std::size_t classes,
                          const Numbers& weights) {
  ConfusionMatrix made = released(
      [&] { return confusion_matrix(span_of(truth), span_of(predicted), classes, span_of(weights)); });
  return to_numpy(std::move(made.weight), {classes, classes});
}

nb::object bind_totals(const Codes& truth, const Codes& predicted, std::size_t classes,
                       const Numbers& weights) {
  ClassTotals made =
      released([&] { return class_totals(span_of(truth), span_of(predicted), classes, span_of(weights)); });
  return nb::make_tuple(vector_of(std::move(made.truth)), vector_of(std::move(made.predicted)),
                        vector_of(std::move(made.right)));
}

nb::object bind_precision_recall(const Codes& truth, const Codes& predicted, std::size_t classes,
                                 const std::string& average, const Numbers& weights, std::int32_t positive) {
  const PrecisionRecall made = released([&] {
    return precision_recall(span_of(truth), span_of(predicted), classes, average_named(average),
                            span_of(weights), positive);
  });
  return nb::make_tuple(made.precision, made.recall, made.f1);
}

nb::object bind_curve(const Codes& truth, const Numbers& scores, const Numbers& weights) {
  ThresholdCurve made =
      released([&] { return threshold_curve(span_of(truth), span_of(scores), span_of(weights)); });
  nb::dict out;
  out["threshold"] = vector_of(std::move(made.threshold));
  out["false_positive_rate"] = vector_of(std::move(made.false_positive_rate));
  out["true_positive_rate"] = vector_of(std::move(made.true_positive_rate));
  out["precision"] = vector_of(std::move(made.precision));
  out["false_positives"] = vector_of(std::move(made.false_positives));
  out["true_positives"] = vector_of(std::move(made.true_positives));
  return out;
}

nb::object bind_minimal_classes(const Numbers& probabilities, std::size_t classes, const Numbers& costs) {
  std::vector<std::int32_t> made =
      released([&] { return cost_minimal_classes(span_of(probabilities), classes, span_of(costs)); });
  const std::size_t rows = made.size();
  return to_numpy(std::move(made), {rows});
}

nb::object bind_minimal_threshold(const Codes& truth, const Numbers& scores, const Numbers& costs,
                                  const Numbers& weights) {
  const CostThreshold made = released([&] {
    return cost_minimal_threshold(span_of(truth), span_of(scores), span_of(costs), span_of(weights));
  });
  return nb::make_tuple(made.threshold, made.cost);
}

void bind_classification(nb::module_& m) {
  m.def("confusion_matrix", &bind_confusion);
  m.def("class_totals", &bind_totals);
  m.def("precision_recall", &bind_precision_recall);
  m.def(
      "accuracy",
      [](const Codes& truth, const Codes& predicted, const Numbers& weights) {
        return accuracy(span_of(truth), span_of(predicted), span_of(weights));
      },
      Released());
  m.def(
      "error_rate",
      [](const Codes& truth, const Codes& predicted, const Numbers& weights) {
        return error_rate(span_of(truth), span_of(predicted), span_of(weights));
      },
      Released());
  m.def(
      "balanced_accuracy",
      [](const Codes& truth, const Codes& predicted, std::size_t classes, const Numbers& weights) {
        return balanced_accuracy(span_of(truth), span_of(predicted), classes, span_of(weights));
      },
      Released());
  m.def(
      "matthews_correlation",
      [](const Codes& truth, const Codes& predicted, std::size_t classes, const Numbers& weights) {
        return matthews_correlation(span_of(truth), span_of(predicted), classes, span_of(weights));
      },
      Released());
  m.def(
      "cohen_kappa",
      [](const Codes& truth, const Codes& predicted, std::size_t classes, const std::string& scale,
         const Numbers& weights) {
        const auto kind = named<KappaScale>(scale, {{"nominal", KappaScale::nominal},
                                                    {"linear", KappaScale::linear},
                                                    {"quadratic", KappaScale::quadratic}});
        return cohen_kappa(span_of(truth), span_of(predicted), classes, kind, span_of(weights));
      },
      Released());
}

void bind_probability(nb::module_& m) {
  m.def(
      "log_loss",
      [](const Codes& truth, const Numbers& probabilities, std::size_t classes, const Numbers& weights) {
        return log_loss(span_of(truth), span_of(probabilities), classes, span_of(weights));
      },
      Released());
  m.def(
      "brier_score",
      [](const Codes& truth, const Numbers& probabilities, std::size_t classes, const Numbers& weights) {
        return brier_score(span_of(truth), span_of(probabilities), classes, span_of(weights));
      },
      Released());
  m.def(
      "expected_calibration_error",
      [](const Codes& truth, const Numbers& probabilities, std::size_t classes, std::size_t bins,
         const Numbers& weights) {
        return expected_calibration_error(span_of(truth), span_of(probabilities), classes, bins,
                                          span_of(weights));
      },
      Released());
  m.def("threshold_curve", &bind_curve);
  m.def(
      "roc_auc",
      [](const Codes& truth, const Numbers& scores, const Numbers& weights) {
        return roc_auc(span_of(truth), span_of(scores), span_of(weights));
      },
      Released());
  m.def(
      "partial_roc_auc",
      [](const Codes& truth, const Numbers& scores, double most_false, const Numbers& weights) {
        return partial_roc_auc(span_of(truth), span_of(scores), most_false, span_of(weights));
      },
      Released());
  m.def(
      "roc_auc_one_vs_rest",
      [](const Codes& truth, const Numbers& probabilities, std::size_t classes, const std::string& average,
         const Numbers& weights) {
        return roc_auc_one_vs_rest(span_of(truth), span_of(probabilities), classes, average_named(average),
                                   span_of(weights));
      },
      Released());
  m.def(
      "average_precision",
      [](const Codes& truth, const Numbers& scores, const Numbers& weights) {
        return average_precision(span_of(truth), span_of(scores), span_of(weights));
      },
      Released());
  m.def(
      "expected_cost",
      [](const Codes& truth, const Codes& predicted, std::size_t classes, const Numbers& costs,
         const Numbers& weights) {
        return expected_cost(span_of(truth), span_of(predicted), classes, span_of(costs), span_of(weights));
      },
      Released());
  m.def("cost_minimal_classes", &bind_minimal_classes);
  m.def("cost_threshold", [](const Numbers& costs) { return cost_threshold(span_of(costs)); }, Released());
  m.def("cost_minimal_threshold", &bind_minimal_threshold);
}

using Regression = double (*)(std::span<const double>, std::span<const double>, std::span<const double>);

void bind_regression(nb::module_& m) {
  const std::pair<const char*, Regression> all[] = {
      {"r_squared", &r_squared},
      {"explained_variance", &explained_variance},
      {"mean_absolute_error", &mean_absolute_error},
      {"mean_squared_error", &mean_squared_error},
      {"root_mean_squared_error", &root_mean_squared_error},
      {"median_absolute_error", &median_absolute_error},
      {"mean_absolute_percentage_error", &mean_absolute_percentage_error},
      {"max_error", &max_error},
      {"poisson_deviance", &poisson_deviance},
      {"gamma_deviance", &gamma_deviance}};
  for (const auto& [name, function] : all) {
    m.def(
        name,
        [function](const Numbers& truth, const Numbers& predicted, const Numbers& weights) {
          return function(span_of(truth), span_of(predicted), span_of(weights));
        },
        Released());
  }
  m.def(
      "pinball_loss",
      [](const Numbers& truth, const Numbers& predicted, double level, const Numbers& weights) {
        return pinball_loss(span_of(truth), span_of(predicted), level, span_of(weights));
      },
      Released());
}

using Lists = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Ranking = double (*)(std::span<const double>, std::span<const double>, std::size_t);

double reciprocal_rank_of(std::span<const double> relevance, std::span<const double> scores, std::size_t) {
  return reciprocal_rank(relevance, scores);
}

/// The figure of each list: relevance and scores are [lists, items].
nb::object rank_rows(Ranking figure, const Lists& relevance, const Lists& scores, std::size_t k) {
  const std::size_t rows = relevance.shape(0), items = relevance.shape(1);
  if (scores.shape(0) != rows || scores.shape(1) != items) {
    throw ParameterError("metrics.length",
                         "metrics: relevances and scores are matrices of different shapes; both need a row "
                         "per list and a column per item");
  }
  return vector_of(released([&] {
    std::vector<double> out(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      out[row] = figure({relevance.data() + row * items, items}, {scores.data() + row * items, items}, k);
    }
    return out;
  }));
}

void bind_ranking(nb::module_& m) {
  const std::pair<const char*, Ranking> all[] = {
      {"discounted_cumulative_gain", &discounted_cumulative_gain},
      {"normalised_discounted_cumulative_gain", &normalised_discounted_cumulative_gain},
      {"precision_at", &precision_at},
      {"reciprocal_rank", &reciprocal_rank_of},
      {"average_precision_at", &average_precision_at}};
  for (const auto& [name, figure] : all) {
    m.def(name, [figure](const Lists& relevance, const Lists& scores, std::size_t k) {
      return rank_rows(figure, relevance, scores, k);
    });
  }
}

}  // namespace

void bind_metrics(nb::module_& module) {
  nb::module_ metrics = module.def_submodule("metrics", "The library's metrics on codes and numbers.");
  bind_classification(metrics);
  bind_probability(metrics);
  bind_regression(metrics);
  bind_ranking(metrics);
  bind_clustering_metrics(metrics);
  bind_named_metrics(metrics);
  nb::module_ splits = module.def_submodule("splits", "The library's divisions of rows.");
  bind_splits(splits);
}

}  // namespace everyml::python
