#include "apps/python/core/workflow.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/python/core/answers.h"
#include "apps/python/core/features.h"
#include "apps/python/core/model.h"
#include "apps/python/core/options.h"
#include "apps/python/core/run.h"
#include "apps/python/core/values.h"
#include "apps/text/findings.h"
#include "apps/text/leaderboard.h"
#include "apps/text/territories.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/report/report.h"
#include "everyml/workflow/select/fit_one.h"
#include "everyml/workflow/select/learn.h"
#include "everyml/workflow/select/map.h"

namespace everyml::python {
namespace {

/// Work whose length the size of the table does not tell: always where Ctrl-C is looked for.
constexpr std::size_t kLong = std::size_t{1} << 30;

struct Learned {
  std::shared_ptr<const LearnResult> result;
};

struct Examined {
  std::shared_ptr<const DoctorReport> report;
};

/// What a reader told, from the JSON that it was handed out in.
std::vector<ReadNote> notes_of(const std::string& text) {
  std::vector<ReadNote> notes;
  for (const Json& note : Json::parse(text)) {
    notes.push_back({note.at("code").get<std::string>(), note.at("sentence").get<std::string>(),
                     note.at("column").get<std::string>(), note.at("line").get<std::uint64_t>(),
                     note.at("count").get<std::uint64_t>()});
  }
  return notes;
}

/// A label as tables write it.
std::string label_text(const Json& label) {
  if (label.is_string()) return label.get<std::string>();
  if (label.is_boolean()) return label.get<bool>() ? "true" : "false";
  if (label.is_number()) return format_number(label.get<double>());
  refuse_option("costs", "of labels that are texts, numbers or truths");
}

std::vector<ErrorCost> costs_of(const Options& options) {
  std::vector<ErrorCost> costs;
  const Json* given = options.find("costs");
  if (given == nullptr) return costs;
  for (const Json& one : *given) {
    if (!one.is_array() || one.size() != 3 || !one[2].is_number())
      refuse_option("costs", "a dict of (truth, answered): cost");
    costs.push_back({label_text(one[0]), label_text(one[1]), one[2].get<double>()});
  }
  return costs;
}

using Rows = Vector<std::int64_t>;
using FoldRows = std::vector<std::pair<Rows, Rows>>;

std::vector<std::size_t> row_numbers(const Rows& rows, std::size_t count) {
  std::vector<std::size_t> out;
  out.reserve(rows.size());
  for (const std::int64_t row : span_of(rows)) {
    if (row < 0 || static_cast<std::size_t>(row) >= count) {
      throw DataError("splits.row", "a fold names row " + std::to_string(row) + " of a table of " +
                                        std::to_string(count) + " rows; the first row is 0");
    }
    out.push_back(static_cast<std::size_t>(row));
  }
  return out;
}

std::optional<bool> classification_of(const Options& options) {
  if (options.find("classification") == nullptr) return std::nullopt;
  bool asked = false;
  options.take("classification", asked);
  return asked;
}

LearnOptions learn_options(const Options& given, const std::optional<FoldRows>& folds, std::size_t rows) {
  LearnOptions options;
  given.take("target", options.target);
  given.take("metric", options.metric);
  given.take("only", options.only);
  given.take("ignore", options.ignore);
  given.take("folds", options.folds);
  given.take("group", options.group);
  given.take("date", options.date);
  given.take("weights", options.weights);
  given.take("keep_suspects", options.keep_suspects);
  given.take("seconds", options.seconds);
  given.take("search_log", options.search_log);
  given.take("importance_repeats", options.importance_repeats);
  options.costs = costs_of(given);
  options.classification = classification_of(given);
  if (folds) {
    options.fold_list.emplace();
    for (const auto& [train, test] : *folds) {
      options.fold_list->push_back({row_numbers(train, rows), row_numbers(test, rows)});
    }
  }
  return options;
}

Learned learn_table(const Table& table, nb::handle given, const std::string& notes,
                    const std::optional<FoldRows>& folds, const Run& run) {
  const LearnOptions options = learn_options(Options(given), folds, table.rows());
  const std::vector<ReadNote> told = notes_of(notes);
  auto result = std::make_shared<LearnResult>();
  run_released(run, kLong, [&](const Context& context) { *result = learn(table, options, told, context); });
  return {std::move(result)};
}

Fitted fit_one_table(const std::string& algorithm, const Table& table, const nb::dict& settings,
                     nb::handle given, const Run& run) {
  const Options asked(given);
  FitOptions options;
  asked.take("target", options.target);
  asked.take("ignore", options.ignore);
  asked.take("weights", options.weights);
  options.classification = classification_of(asked);
  AnyEstimator estimator = catalog().find(algorithm).make();
  if (settings.size() > 0) estimator.set_json(json_of(settings));
  std::optional<Artifact> made;
  run_released(run, table.rows() * table.columns(),
               [&](const Context& context) { made = fit_one(estimator, table, options, context); });
  return {std::make_shared<const Artifact>(std::move(*made))};
}

Examined examine_table(const Table& table, nb::handle given, const std::string& notes,
                       const std::optional<Table>& future, const Run& run) {
  const Options asked(given);
  DoctorOptions options;
  asked.take("target", options.target);
  asked.take("ignore", options.ignore);
  if (future) options.future = &*future;
  const std::vector<ReadNote> told = notes_of(notes);
  auto report = std::make_shared<DoctorReport>();
  run_released(run, kLong, [&](const Context& context) { *report = examine(table, options, told, context); });
  return {std::move(report)};
}

/// The territories as JSON and as the command shows them. `file` is empty for a table in memory.
nb::object territories(const std::optional<Table>& table, const std::string& file, const std::string& target,
                       std::size_t width) {
  std::vector<Territory> map;
  {
    const nb::gil_scoped_release released;
    map = table ? map_of_table(*table, file, target) : map_of_learning();
    // Commands take files; what is in memory has none.
    if (file.empty()) {
      for (Territory& territory : map) territory.next.clear();
    }
  }
  return nb::make_tuple(write_json(shown::map_json(map)),
                        shown::describe_map(map, shown::Terminal::plain(width)));
}

std::string dependence_json(const LearnResult& result) {
  Json all = Json::array();
  for (const PartialDependence& one : result.dependence) all.push_back(to_json(one));
  return write_json(all);
}

nb::object out_of_fold(const Learned& self) {
  const LearnResult& result = *self.result;
  const std::size_t rows = result.truth.size();
  std::vector<double> values = result.out_of_fold;
  if (result.task != Target::Kind::classes) return to_numpy(std::move(values), {rows});
  return to_numpy(std::move(values), {rows, result.class_names.size()});
}

nb::object truth(const Learned& self) {
  std::vector<double> values = self.result->truth;
  const std::size_t rows = values.size();
  return to_numpy(std::move(values), {rows});
}

nb::object row_array(const std::vector<std::size_t>& rows) {
  std::vector<std::int64_t> values(rows.begin(), rows.end());
  const std::size_t count = values.size();
  return to_numpy(std::move(values), {count});
}

nb::list folds_of(const Learned& self) {
  nb::list folds;
  for (const Fold& fold : self.result->folds) {
    folds.append(nb::make_tuple(row_array(fold.train), row_array(fold.test)));
  }
  return folds;
}

std::string report_of(const Learned& self, const std::string& title, const std::string& command) {
  const nb::gil_scoped_release released;
  return render_report(*self.result, {.title = title, .command = command});
}

}  // namespace

void bind_workflow(nb::module_& module) {
  nb::class_<Learned>(module, "Learned", "What learn found; immutable.")
      .def("json", [](const Learned& self) { return write_json(self.result->to_json()); })
      .def("text",
           [](const Learned& self, std::size_t width) {
             const shown::Terminal terminal = shown::Terminal::plain(width);
             return shown::describe_result(*self.result, terminal) + "\n" +
                    shown::wrapped(printable(self.result->sentence, 2000), terminal.width());
           })
      .def("report", &report_of, nb::arg("title"), nb::arg("command"))
      .def("dependence_json", [](const Learned& self) { return dependence_json(*self.result); })
      .def_prop_ro("out_of_fold", &out_of_fold)
      .def_prop_ro("truth", &truth)
      .def_prop_ro("folds", &folds_of)
      .def_prop_ro("fitted", [](const Learned& self) {
        // Part of the result, which lives as long.
        return Fitted{std::shared_ptr<const Artifact>(self.result, &self.result->artifact)};
      });
  nb::class_<Examined>(module, "Examined", "What the doctor found; immutable.")
      .def("json", [](const Examined& self) { return write_json(self.report->to_json()); })
      .def("text", [](const Examined& self, const std::string& name, std::size_t width) {
        return shown::describe_report(*self.report, name, shown::Terminal::plain(width));
      });
  module.def("learn", &learn_table, nb::arg("table"), nb::arg("options"), nb::arg("notes"),
             nb::arg("folds").none(), nb::arg("run"));
  module.def("fit_one", &fit_one_table, nb::arg("algorithm"), nb::arg("table"), nb::arg("settings"),
             nb::arg("options"), nb::arg("run"));
  module.def("doctor", &examine_table, nb::arg("table"), nb::arg("options"), nb::arg("notes"),
             nb::arg("future").none(), nb::arg("run"));
  module.def("map", &territories, nb::arg("table").none(), nb::arg("file"), nb::arg("target"),
             nb::arg("width"));
  module.def("write_text", [](const std::string& path, const std::string& text, bool overwrite) {
    const nb::gil_scoped_release released;
    write_file_atomically(path, text, {.overwrite = overwrite});
  });
  bind_answers(module);
}

}  // namespace everyml::python
