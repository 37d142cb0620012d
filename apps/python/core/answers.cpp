#include "apps/python/core/answers.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/python/core/features.h"
#include "apps/python/core/model.h"
#include "apps/python/core/options.h"
#include "apps/python/core/row_reader.h"
#include "apps/python/core/run.h"
#include "apps/text/judgements.h"
#include "apps/text/summary.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/csv.h"
#include "everyml/workflow/explain/evaluate.h"
#include "everyml/workflow/explain/explain.h"

namespace everyml::python {
namespace {

constexpr std::size_t kLong = std::size_t{1} << 30;

std::size_t cells_of(const Table& table) { return table.rows() * table.columns(); }

/// The rows of a file for this model, read as the command reads them: each column in the kind that the model
/// knows. Beside it sentences for people.
nb::object read_rows(const Fitted& self, const std::string& path, const Run& run) {
  Table table;
  std::vector<std::string> sentences;
  run_released(run, kLong, [&](const Context& context) {
    const auto stream = TableStream::open(path, self.artifact->encoder.schema(), ReadOptions{}, context);
    if (auto all = stream->next(kLong)) table = *std::move(all);
    for (const std::string& column : stream->absent()) {
      sentences.push_back("The input has no column \"" + printable(column) +
                          "\": it is taken as wholly missing.");
    }
    for (const ReadNote& note : stream->notes()) sentences.push_back(note.sentence);
  });
  return nb::make_tuple(std::move(table), sentences);
}

/// The table of answers, and what happened to the rows on their way in.
nb::object predict_rows(const Fitted& self, const Table& table, nb::handle given, const Run& run) {
  const Options asked(given);
  PredictOptions options;
  asked.take("probabilities", options.probabilities);
  asked.take("keep_input", options.keep_input);
  if (asked.find("interval") != nullptr) asked.take("interval", options.interval.emplace());
  EncodeNotes notes;
  Table answers;
  run_released(run, cells_of(table), [&](const Context& context) {
    answers = predict(*self.artifact, table, options, context, &notes);
  });
  return nb::make_tuple(std::move(answers), notes.sentences);
}

/// [rows]: positions of classes, numbers or clusters, by what the model learned.
nb::object answer_rows(const Fitted& self, const Table& table, const Run& run) {
  const Artifact& artifact = *self.artifact;
  EncodeNotes notes;
  std::vector<double> numbers;
  std::vector<std::int32_t> codes;
  run_released(run, cells_of(table), [&](const Context& context) {
    if (artifact.target_kind == Target::Kind::numbers)
      numbers = predict_values(artifact, table, context, &notes);
    else if (artifact.target_kind == Target::Kind::none && artifact.model.can(everyml::Capability::anomaly))
      numbers = everyml::predict_anomalies(artifact, table, context, &notes);
    else if (artifact.target_kind == Target::Kind::none)
      codes = predict_clusters(artifact, table, context, &notes);
    else
      codes = decide(artifact, predict_probabilities(artifact, table, context, &notes));
  });
  const std::size_t rows = table.rows();
  const bool by_number =
      artifact.target_kind == Target::Kind::numbers || artifact.model.can(everyml::Capability::anomaly);
  nb::object answers = by_number ? to_numpy(std::move(numbers), {rows}) : to_numpy(std::move(codes), {rows});
  return nb::make_tuple(std::move(answers), notes.sentences);
}

nb::object probabilities_of_rows(const Fitted& self, const Table& table, const Run& run) {
  EncodeNotes notes;
  std::vector<double> out;
  run_released(run, cells_of(table), [&](const Context& context) {
    out = predict_probabilities(*self.artifact, table, context, &notes);
  });
  return nb::make_tuple(to_numpy(std::move(out), {table.rows(), self.artifact->class_names.size()}),
                        notes.sentences);
}

std::string importance(const Fitted& self, const Table& table, nb::handle given, const Run& run) {
  const Options asked(given);
  ImportanceOptions options;
  asked.take("metric", options.metric);
  asked.take("repeats", options.repeats);
  asked.take("max_rows", options.max_rows);
  asked.take("columns", options.columns);
  std::vector<ColumnImportance> found;
  run_released(run, kLong, [&](const Context& context) {
    found = permutation_importance(*self.artifact, table, options, context);
  });
  Json all = Json::array();
  for (const ColumnImportance& one : found) {
    all.push_back({{"column", one.column}, {"mean", one.mean}, {"deviation", one.deviation}});
  }
  return write_json(all);
}

std::string dependence(const Fitted& self, const Table& table, const std::string& column, nb::handle given,
                       const Run& run) {
  const Options asked(given);
  DependenceOptions options;
  asked.take("points", options.points);
  asked.take("max_rows", options.max_rows);
  PartialDependence found;
  run_released(run, kLong, [&](const Context& context) {
    found = partial_dependence(*self.artifact, table, column, options, context);
  });
  return write_json(to_json(found));
}

std::string accumulated(const Fitted& self, const Table& table, const std::string& column, nb::handle given,
                        const Run& run) {
  const Options asked(given);
  DependenceOptions options;
  asked.take("points", options.points);
  asked.take("max_rows", options.max_rows);
  AccumulatedEffects found;
  run_released(run, kLong, [&](const Context& context) {
    found = accumulated_effects(*self.artifact, table, column, options, context);
  });
  return write_json(to_json(found));
}

/// As JSON, as the command shows it, and how many rows were left out.
nb::object judge(const Fitted& self, const Table& table, nb::handle given, const std::string& name,
                 std::size_t width, const Run& run) {
  const Options asked(given);
  EvaluateOptions options;
  asked.take("metrics", options.metrics);
  asked.take("weights", options.weights);
  asked.take("group", options.group);
  Evaluation found;
  run_released(run, kLong, [&](const Context& context) {
    found = evaluate(*self.artifact, table, options, name, context);
  });
  return nb::make_tuple(
      write_json(found.to_json()),
      shown::describe_evaluation(found, *self.artifact, name, shown::Terminal::plain(width)),
      found.rows_left_out);
}

/// The columns that the model reads: name and kind.
nb::dict column_kinds(const Fitted& self) {
  nb::dict kinds;
  for (const ColumnSchema& column : self.artifact->encoder.schema().columns) {
    kinds[nb::str(column.name.data(), column.name.size())] = std::string(to_string(column.kind));
  }
  return kinds;
}

std::string task_of(const Fitted& self) {
  switch (self.artifact->target_kind) {
    case Target::Kind::classes:
      return "classes";
    case Target::Kind::numbers:
      return "numbers";
    case Target::Kind::none:
      return "none";
  }
  return "";
}

}  // namespace

void bind_answers(nb::module_& module) {
  module.def("task", &task_of);
  module.def("column_kinds", &column_kinds);
  module.def("inspect_json",
             [](const Fitted& self) { return write_json(shown::artifact_json(*self.artifact)); });
  module.def("inspect_text", [](const Fitted& self, const std::string& name, std::size_t width) {
    return shown::describe_artifact(*self.artifact, name, shown::Terminal::plain(width));
  });
  module.def("read_rows", &read_rows, nb::arg("fitted"), nb::arg("path"), nb::arg("run"));
  module.def("predict_rows", &predict_rows, nb::arg("fitted"), nb::arg("table"), nb::arg("options"),
             nb::arg("run"));
  module.def("answer_rows", &answer_rows, nb::arg("fitted"), nb::arg("table"), nb::arg("run"));
  module.def("probabilities_of_rows", &probabilities_of_rows, nb::arg("fitted"), nb::arg("table"),
             nb::arg("run"));
  module.def("importance", &importance, nb::arg("fitted"), nb::arg("table"), nb::arg("options"),
             nb::arg("run"));
  module.def("dependence", &dependence, nb::arg("fitted"), nb::arg("table"), nb::arg("column"),
             nb::arg("options"), nb::arg("run"));
  module.def("accumulated_effects", &accumulated, nb::arg("fitted"), nb::arg("table"), nb::arg("column"),
             nb::arg("options"), nb::arg("run"));
  module.def("evaluate", &judge, nb::arg("fitted"), nb::arg("table"), nb::arg("options"), nb::arg("name"),
             nb::arg("width"), nb::arg("run"));
  bind_row_reader(module);
}

}  // namespace everyml::python
