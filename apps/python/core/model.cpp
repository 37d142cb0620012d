#include "apps/python/core/model.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "apps/python/core/features.h"
#include "apps/python/core/row_answers.h"
#include "apps/python/core/run.h"
#include "apps/python/core/values.h"
#include "everyml/classical/bayes/naive_bayes.h"
#include "everyml/classical/clustering/kmeans.h"
#include "everyml/ensembles/boosting/continued.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/model/entry.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/select/fit_one.h"

namespace everyml::python {
namespace {

using Weights64 = std::optional<Vector<double>>;

Fitted share(Artifact artifact) { return {std::make_shared<const Artifact>(std::move(artifact))}; }

AnyEstimator estimator_of(const std::string& name, const nb::dict& settings) {
  AnyEstimator estimator = catalog().find(name).make();
  if (settings.size() > 0) estimator.set_json(json_of(settings));
  return estimator;
}

/// How much longer than with the defaults a fit may last: settings that count restarts, steps or rows
/// multiply its work.
std::size_t work_factor(const AnyEstimator& estimator) {
  double factor = 1;
  for (const Param& param : estimator.entry().settings().params) {
    const ParamValue now = param.get(estimator.settings());
    const auto* count = std::get_if<std::int64_t>(&now);
    const auto* usual = std::get_if<std::int64_t>(&param.default_value);
    if (count == nullptr) continue;
    factor *= std::max(1.0, static_cast<double>(*count) /
                                std::max(1.0, usual == nullptr ? 1.0 : static_cast<double>(*usual)));
  }
  return static_cast<std::size_t>(std::min(factor, 1e9));
}

Fitted fit_features(const std::string& name, const nb::dict& settings, const Features& x,
                    const std::vector<std::string>& names, const std::optional<Target>& target,
                    const Weights64& weights, const std::string& target_name, const Run& run) {
  const AnyEstimator estimator = estimator_of(name, settings);
  std::vector<double> row_weights = doubles_of(weights);
  std::optional<Artifact> made;
  run_released(run, cells_of(x) * work_factor(estimator), [&](const Context& context) {
    made = fit_numbers(estimator, x, names, target.value_or(Target()), std::move(row_weights), target_name,
                       context);
  });
  return share(std::move(*made));
}

Fitted fit_on_table(const std::string& name, const nb::dict& settings, const Table& table,
                    const std::optional<Target>& target, const Weights64& weights,
                    const std::string& target_name, const Run& run) {
  const AnyEstimator estimator = estimator_of(name, settings);
  std::vector<double> row_weights = doubles_of(weights);
  std::optional<Artifact> made;
  run_released(run, table.rows() * table.columns() * work_factor(estimator), [&](const Context& context) {
    made = fit_rows(estimator, table, table.names(), target.value_or(Target()), std::move(row_weights),
                    target_name, context);
  });
  return share(std::move(*made));
}

/// k-means from given centres: [clusters, columns], row-major.
Fitted fit_centres(const nb::dict& settings, const Features& x, const std::vector<std::string>& names,
                   const Vector<double>& centres, const Weights64& weights, const Run& run) {
  const AnyEstimator estimator = estimator_of(std::string(KMeans::name), settings);
  const auto& means = *static_cast<const KMeans*>(estimator.settings());
  const std::span<const double> first = span_of(centres);
  Artifact made{.algorithm = std::string(KMeans::name),
                .settings_json = write_json(estimator.settings_json())};
  made.metadata_json = write_json(Json{{"made_by", "fit"}, {"rows", x.rows()}, {"seed", run.seed}});
  Dataset data{.weights = doubles_of(weights)};
  const auto attempt = [&](bool fill, const Context& context) {
    made.encoder = Encoder::of_numbers(x, names, data.weights,
                                       fill ? Encoder::Fills::exact : Encoder::Fills::sampled, context);
    data.features = fill ? made.encoder.fill_numbers(x, context) : x;
    data.info.assign(made.encoder.info().begin(), made.encoder.info().end());
    made.model =
        AnyModel(means.fit_from(data, first, context), std::make_shared<const Card>(estimator.card()));
  };
  run_released(run, cells_of(x), [&](const Context& context) {
    // As fit_numbers does: most matrices have no missing cell, and the learner finds out by itself.
    try {
      attempt(false, context);
    } catch (const DataError& error) {
      if (error.code() != "data.missing" || x.storage() == Features::Storage::sparse32) throw;
      attempt(true, context);
    }
  });
  return share(std::move(made));
}

/// Features of the rows of a table, and what happened to them on their way in.
nb::object encode(const Fitted& self, const Table& table, const Run& run) {
  EncodeNotes notes;
  Features features;
  run_released(run, table.rows() * table.columns(), [&](const Context& context) {
    features = self.artifact->encoder.transform(table, context, &notes);
  });
  // That some number is beyond those of fit is no news in a cross-validation; it comes last.
  if (notes.outside_range > 0) notes.sentences.pop_back();
  return nb::make_tuple(nb::cast(std::move(features)), notes.sentences);
}

/// The model that has also seen these rows; the encoder stays as it is.
Fitted update(const Fitted& self, const Features& x, const std::optional<Target>& target,
              const Weights64& weights, const Run& run) {
  Dataset data{.features = x, .target = target.value_or(Target()), .weights = doubles_of(weights)};
  const auto info = self.artifact->encoder.info();
  data.info.assign(info.begin(), info.end());
  Artifact made = *self.artifact;
  run_released(run, cells_of(x),
               [&](const Context& context) { made.model = self.artifact->model.update(data, context); });
  made.class_names.assign(made.model.class_names().begin(), made.model.class_names().end());
  return share(std::move(made));
}

/// The model with more rounds, or with new answers of its leaves where `decay` is given.
Fitted further_features(const Fitted& self, const nb::dict& settings, const Features& x,
                        const std::optional<Target>& target, const Weights64& weights,
                        std::optional<double> decay, const Run& run) {
  const AnyEstimator estimator = estimator_of(self.artifact->algorithm, settings);
  std::vector<double> row_weights = doubles_of(weights);
  std::optional<Artifact> made;
  run_released(run, cells_of(x) * work_factor(estimator), [&](const Context& context) {
    made = fit_further(estimator, {.earlier = *self.artifact, .refit = decay}, x, target.value_or(Target()),
                       std::move(row_weights), context);
  });
  return share(std::move(*made));
}

/// The first rounds of a boosted model alone; what was calibrated with the others is left out.
Fitted with_first_rounds(const Fitted& self, std::size_t rounds) {
  Artifact made = *self.artifact;
  made.model = first_rounds(self.artifact->model, rounds);
  made.calibration = {.classes = made.class_names.size()};
  made.conformal = {};
  return share(std::move(made));
}

nb::object values(const Fitted& self, const Features& x, const Run& run) {
  return answers<double>(self, x, 1, true, run, [&](const Features& rows, auto out, const Context& context) {
    self.artifact->model.values(rows, out, context);
  });
}

nb::object probabilities(const Fitted& self, const Features& x, const Run& run) {
  const std::size_t classes = self.artifact->model.class_names().size();
  return answers<double>(self, x, classes, false, run,
                         [&](const Features& rows, auto out, const Context& context) {
                           self.artifact->model.probabilities(rows, out, context);
                           self.artifact->calibration.apply(out);
                         });
}

/// Of a naive Bayes: logarithm of prior times likelihood, [rows, classes].
nb::object log_joint(const Fitted& self, const Features& x, const Run& run) {
  const auto* bayes = self.artifact->model.as<NaiveBayesModel>();
  if (bayes == nullptr)
    throw UnsupportedError("model.log_joint", "only a naive Bayes has joint probabilities");
  return answers<double>(self, x, bayes->class_names().size(), false, run,
                         [&](const Features& rows, auto out, const Context& context) {
                           if (rows.columns() != bayes->feature_count()) {
                             throw DataError("data.feature_count", "the rows have another number of columns");
                           }
                           bayes->log_joint(rows, out, context);
                         });
}

/// The position of the class answered, per row.
nb::object decide(const Fitted& self, const Features& x, const Run& run) {
  const Artifact& artifact = *self.artifact;
  const std::size_t classes = artifact.model.class_names().size();
  return answers<std::int32_t>(
      self, x, 1, true, run, [&](const Features& rows, auto out, const Context& context) {
        // A stretch at a time: the probabilities of all rows are not asked for.
        constexpr std::size_t kRows = 65536;
        std::vector<double> part;
        for (std::size_t begin = 0; begin < rows.rows(); begin += kRows) {
          const std::size_t end = std::min(rows.rows(), begin + kRows);
          part.resize((end - begin) * classes);
          artifact.model.probabilities(begin == 0 && end == rows.rows() ? rows : rows.slice(begin, end), part,
                                       context);
          artifact.calibration.apply(part);
          const std::vector<std::int32_t> found = everyml::decide(artifact, part);
          std::copy(found.begin(), found.end(), out.begin() + static_cast<std::ptrdiff_t>(begin));
        }
      });
}

nb::object assign(const Fitted& self, const Features& x, const Run& run) {
  return answers<std::int32_t>(self, x, 1, true, run,
                               [&](const Features& rows, auto out, const Context& context) {
                                 self.artifact->model.assign(rows, out, context);
                               });
}

nb::object anomaly(const Fitted& self, const Features& x, const Run& run) {
  return answers<double>(self, x, 1, true, run, [&](const Features& rows, auto out, const Context& context) {
    self.artifact->model.anomaly(rows, out, context);
  });
}

nb::object transform(const Fitted& self, const Features& x, const Run& run) {
  return answers<double>(self, x, self.artifact->model.output_count(), false, run,
                         [&](const Features& rows, auto out, const Context& context) {
                           self.artifact->model.transform(rows, out, context);
                         });
}

nb::object scores(const Fitted& self, const Features& x, const Run& run) {
  const std::size_t width = self.artifact->model.score_count();
  return answers<double>(self, x, width, width == 1, run,
                         [&](const Features& rows, auto out, const Context& context) {
                           self.artifact->model.scores(rows, out, context);
                         });
}

/// [rows, sums * (features + 1)]; the caller folds it.
nb::object contributions(const Fitted& self, const Features& x, const Run& run) {
  const AnyModel& model = self.artifact->model;
  return answers<double>(self, x, model.contribution_count() * (model.feature_count() + 1), false, run,
                         [&](const Features& rows, auto out, const Context& context) {
                           self.artifact->model.contributions(rows, out, context);
                         });
}

nb::object intervals(const Fitted& self, const Features& x, double level, const Run& run) {
  std::vector<double> low(x.rows()), high(x.rows());
  run_released(run, answer_cells(self, x), [&](const Context& context) {
    with_rows(self, x, context, [&](const Features& found) {
      self.artifact->model.intervals(found, level, low, high, context);
    });
  });
  return nb::make_tuple(to_numpy(std::move(low), {x.rows()}), to_numpy(std::move(high), {x.rows()}));
}

nb::object neighbors(const Fitted& self, const Features& x, std::size_t count, const Run& run) {
  if (count > (std::size_t{1} << 31)) {
    throw ParameterError(
        "parameter.neighbors",
        "neighbors must be at most the number of training rows, got " + std::to_string(count));
  }
  std::vector<std::int64_t> rows(x.rows() * count);
  std::vector<double> distances(x.rows() * count);
  run_released(run, answer_cells(self, x), [&](const Context& context) {
    with_rows(self, x, context, [&](const Features& found) {
      self.artifact->model.neighbors(found, count, rows, distances, context);
    });
  });
  return nb::make_tuple(to_numpy(std::move(distances), {x.rows(), count}),
                        to_numpy(std::move(rows), {x.rows(), count}));
}

nb::object attribute(const Fitted& self, const std::string& name) {
  std::optional<Figure> figure = self.artifact->model.attribute(name);
  if (!figure) return nb::none();
  if (figure->shape.empty()) return nb::float_(figure->values.at(0));
  return to_numpy(std::move(figure->values), figure->shape);
}

nb::bytes bytes(const Fitted& self) {
  const std::string written = [&] {
    const nb::gil_scoped_release released;
    return self.artifact->bytes();
  }();
  return nb::bytes(written.data(), written.size());
}

Fitted from_bytes(const nb::bytes& written, const std::string& name) {
  std::string copied(written.c_str(), written.size());
  const nb::gil_scoped_release released;
  return share(Artifact::from_bytes(std::move(copied), name, catalog()));
}

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<Fitted>(module, "Fitted", "A fitted model with its encoder; immutable.")
      .def_prop_ro("algorithm", [](const Fitted& self) { return self.artifact->algorithm; })
      .def_prop_ro("settings_json", [](const Fitted& self) { return self.artifact->settings_json; })
      .def_prop_ro("metadata_json", [](const Fitted& self) { return self.artifact->metadata_json; })
      .def_prop_ro("target_name", [](const Fitted& self) { return self.artifact->target_name; })
      .def_prop_ro("class_names", [](const Fitted& self) { return self.artifact->class_names; })
      .def_prop_ro("label_kind",
                   [](const Fitted& self) { return std::string(to_string(self.artifact->label_kind)); })
      .def_prop_ro("feature_names",
                   [](const Fitted& self) {
                     std::vector<std::string> names;
                     for (const FeatureInfo& info : self.artifact->encoder.info()) names.push_back(info.name);
                     return names;
                   })
      .def_prop_ro("cluster_count", [](const Fitted& self) { return self.artifact->model.cluster_count(); })
      .def_prop_ro("output_count", [](const Fitted& self) { return self.artifact->model.output_count(); })
      .def("summary_json", [](const Fitted& self) { return write_json(self.artifact->model.summary()); })
      .def("attribute", &attribute)
      .def_prop_ro("takes_numbers", [](const Fitted& self) { return self.artifact->encoder.takes_numbers(); })
      .def("encode", &encode)
      .def("values", &values)
      .def("probabilities", &probabilities)
      .def("log_joint", &log_joint)
      .def("decide", &decide)
      .def("assign", &assign)
      .def("anomaly", &anomaly)
      .def_prop_ro("anomaly_threshold",
                   [](const Fitted& self) { return self.artifact->model.anomaly_threshold(); })
      .def("transform", &transform)
      .def("scores", &scores)
      .def("contributions", &contributions)
      .def_prop_ro("contribution_count",
                   [](const Fitted& self) { return self.artifact->model.contribution_count(); })
      .def("intervals", &intervals)
      .def("neighbors", &neighbors)
      .def("update", &update, nb::arg("features"), nb::arg("target").none(), nb::arg("weights").none(),
           nb::arg("run"))
      .def("further", &further_features, nb::arg("settings"), nb::arg("features"), nb::arg("target").none(),
           nb::arg("weights").none(), nb::arg("decay").none(), nb::arg("run"))
      .def("first_rounds", &with_first_rounds)
      .def("bytes", &bytes)
      .def_static("from_bytes", &from_bytes)
      .def("save",
           [](const Fitted& self, const std::string& path, bool overwrite) {
             const nb::gil_scoped_release released;
             self.artifact->save(path, overwrite);
           })
      .def_static("load", [](const std::string& path) {
        const nb::gil_scoped_release released;
        return share(Artifact::load(path, catalog()));
      });
  module.def("fit_table", &fit_on_table, nb::arg("name"), nb::arg("settings"), nb::arg("table"),
             nb::arg("target").none(), nb::arg("weights").none(), nb::arg("target_name"), nb::arg("run"));
  module.def("fit_centres", &fit_centres, nb::arg("settings"), nb::arg("features"), nb::arg("names"),
             nb::arg("centres"), nb::arg("weights").none(), nb::arg("run"));
  module.def("fit_features", &fit_features, nb::arg("name"), nb::arg("settings"), nb::arg("features"),
             nb::arg("names"), nb::arg("target").none(), nb::arg("weights").none(), nb::arg("target_name"),
             nb::arg("run"));
}

}  // namespace everyml::python
