#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <limits>
#include <optional>
#include <string>

#include "apps/python/core/features.h"
#include "apps/python/core/metrics.h"
#include "apps/python/core/run.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/metrics/bootstrap.h"
#include "everyml/foundation/metrics/clustering.h"
#include "everyml/foundation/metrics/metric.h"

namespace everyml::python {
namespace {

using Codes = Vector<std::int32_t>;
using Numbers = Vector<double>;

std::size_t cells_of(const Features& x) { return x.rows() * x.columns(); }

nb::object silhouettes(const Features& x, const Codes& labels, const Run& run) {
  Silhouette made;
  // Every row is compared with every other.
  run_released(run, cells_of(x) * std::max<std::size_t>(x.rows(), 1),
               [&](const Context& context) { made = silhouette(x, span_of(labels), context); });
  const std::size_t rows = made.rows.size();
  return nb::make_tuple(made.mean, to_numpy(std::move(made.rows), {rows}));
}

double sampled(const Features& x, const Codes& labels, std::size_t sample, const Run& run) {
  double made = 0;
  run_released(run, cells_of(x) * std::max<std::size_t>(sample, 1), [&](const Context& context) {
    made = sampled_silhouette(x, span_of(labels), sample, context);
  });
  return made;
}

using ShapeFigure = double (*)(const Features&, std::span<const std::int32_t>, const Context&);

double shape_figure(ShapeFigure figure, const Features& x, const Codes& labels, const Run& run) {
  double made = 0;
  run_released(run, cells_of(x), [&](const Context& context) { made = figure(x, span_of(labels), context); });
  return made;
}

double mutual_information(const Codes& truth, const Codes& found, const std::string& mean) {
  const std::pair<const char*, EntropyMean> means[] = {{"arithmetic", EntropyMean::arithmetic},
                                                       {"geometric", EntropyMean::geometric},
                                                       {"min", EntropyMean::smaller},
                                                       {"max", EntropyMean::larger}};
  for (const auto& [name, value] : means) {
    if (mean != name) continue;
    const nb::gil_scoped_release guard;
    return normalised_mutual_information(span_of(truth), span_of(found), value);
  }
  throw ParameterError("metrics.choice",
                       "metrics: the mean of the entropies is arithmetic, geometric, min or "
                       "max, got \"" +
                           mean + "\"");
}

nb::object silhouettes_of(const Numbers& distances, const Codes& labels, const Run& run) {
  Silhouette made;
  run_released(run, distances.size(), [&](const Context& context) {
    made = silhouette_of_distances(span_of(distances), span_of(labels), context);
  });
  const std::size_t rows = made.rows.size();
  return nb::make_tuple(made.mean, to_numpy(std::move(made.rows), {rows}));
}

nb::dict info_of(const MetricInfo& info) {
  nb::dict out;
  out["name"] = nb::cast(std::string(info.name));
  out["title"] = nb::cast(std::string(info.title));
  out["task"] = nb::cast(std::string(to_string(info.task)));
  out["greater_is_better"] = info.greater_is_better;
  out["needs_probabilities"] = info.needs_probabilities;
  out["low"] = info.low;
  out["high"] = info.high;
  return out;
}

Scores scores_of(const Target& truth, const Numbers& predicted) {
  Scores scores;
  (truth.kind() == Target::Kind::classes ? scores.probabilities : scores.values) = span_of(predicted);
  return scores;
}

BootstrapOptions options_of(std::size_t replicates, double level, const std::string& method) {
  if (method != "percentile" && method != "bias_corrected") {
    throw ParameterError("bootstrap.method",
                         "bootstrap: the method is \"percentile\" or "
                         "\"bias_corrected\", got \"" +
                             method + "\"");
  }
  return {.replicates = replicates,
          .level = level,
          .method = method == "percentile" ? BootstrapOptions::Method::percentile
                                           : BootstrapOptions::Method::bias_corrected};
}

nb::dict interval_of(const BootstrapInterval& interval) {
  nb::dict out;
  out["estimate"] = interval.estimate;
  out["low"] = interval.low;
  out["high"] = interval.high;
  out["standard_error"] = interval.standard_error;
  out["undefined"] = interval.undefined;
  return out;
}

nb::dict interval(const std::string& metric, const Target& truth, const Numbers& predicted,
                  const Numbers& weights, std::size_t replicates, double level, const std::string& method,
                  const Run& run) {
  const BootstrapOptions options = options_of(replicates, level, method);
  BootstrapInterval made;
  run_released(run, predicted.size() * replicates, [&](const Context& context) {
    made = bootstrap_interval(metric, truth, scores_of(truth, predicted), span_of(weights), options, context);
  });
  return interval_of(made);
}

nb::dict paired(const std::string& metric, const Target& truth, const Numbers& a, const Numbers& b,
                const Numbers& weights, std::size_t replicates, double level, const std::string& method,
                const Run& run) {
  const BootstrapOptions options = options_of(replicates, level, method);
  PairedDifference made;
  run_released(run, (a.size() + b.size()) * replicates, [&](const Context& context) {
    made = paired_bootstrap(metric, truth, scores_of(truth, a), scores_of(truth, b), span_of(weights),
                            options, context);
  });
  nb::dict out = interval_of(made.difference);
  out["p_value"] = made.p_value;
  return out;
}

nb::dict t_test(const Numbers& a, const Numbers& b, double ratio, double level) {
  const ResampledTest made = corrected_resampled_t_test(span_of(a), span_of(b), ratio, level);
  nb::dict out;
  out["difference"] = made.difference;
  out["standard_error"] = made.standard_error;
  out["statistic"] = made.statistic;
  out["degrees"] = made.degrees;
  out["p_value"] = made.p_value;
  out["low"] = made.low;
  out["high"] = made.high;
  return out;
}

}  // namespace

void bind_clustering_metrics(nb::module_& m) {
  m.def("silhouette", &silhouettes);
  m.def("silhouette_of_distances", &silhouettes_of);
  m.def("sampled_silhouette", &sampled);
  m.def(
      "silhouette_sample",
      [](std::size_t rows, std::size_t sample, const Run& run) {
        const std::vector<std::size_t> drawn =
            Stream(run.seed, "silhouette").sample(rows, std::min(sample, rows));
        std::vector<std::int64_t> out(drawn.begin(), drawn.end());
        const std::size_t size = out.size();
        return to_numpy(std::move(out), {size});
      },
      "The rows that sampled_silhouette looks at.");
  m.def("davies_bouldin", [](const Features& x, const Codes& labels, const Run& run) {
    return shape_figure(&davies_bouldin, x, labels, run);
  });
  m.def("calinski_harabasz", [](const Features& x, const Codes& labels, const Run& run) {
    return shape_figure(&calinski_harabasz, x, labels, run);
  });
  m.def(
      "adjusted_rand",
      [](const Codes& truth, const Codes& found) { return adjusted_rand(span_of(truth), span_of(found)); },
      nb::call_guard<nb::gil_scoped_release>());
  m.def("normalised_mutual_information", &mutual_information);
  m.def("v_measure", [](const Codes& truth, const Codes& found) {
    VMeasure made;
    {
      const nb::gil_scoped_release guard;
      made = v_measure(span_of(truth), span_of(found));
    }
    return nb::make_tuple(made.homogeneity, made.completeness, made.v);
  });
}

void bind_named_metrics(nb::module_& m) {
  m.def("metric_list", [] {
    nb::list out;
    for (const MetricInfo& info : metric_list()) out.append(info_of(info));
    return out;
  });
  m.def("find_metric", [](const std::string& name) { return info_of(find_metric(name)); });
  m.def("default_metric_name", [](const std::string& task, std::size_t classes) {
    const Target::Kind kind = task == "numbers" ? Target::Kind::numbers : Target::Kind::classes;
    return std::string(default_metric_name(kind, classes));
  });
  m.def("score",
        [](const std::string& name, const Target& truth, const Numbers& predicted, const Numbers& weights) {
          const nb::gil_scoped_release guard;
          return score(name, truth, scores_of(truth, predicted), span_of(weights));
        });
  m.def("bootstrap_interval", &interval);
  m.def("paired_bootstrap", &paired);
  m.def("corrected_resampled_t_test", &t_test);
}

}  // namespace everyml::python
