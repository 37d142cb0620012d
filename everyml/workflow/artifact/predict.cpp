#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/ensembles/boosting/gradient_boosting.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/model/entry.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/artifact/targets.h"

namespace everyml {
namespace {

/// Rows encoded at a time: enough for every thread, little enough that they stay near the CPU and memory does
/// not grow with the table. A figure of the table alone, so the answer does not depend on threads.
std::size_t run_rows(const Artifact& artifact) {
  constexpr std::size_t kRunBytes = std::size_t{4} << 20;
  return std::clamp<std::size_t>(kRunBytes / (8 * std::max<std::size_t>(artifact.encoder.feature_count(), 1)),
                                 2048, 65'536);
}

void check_columns(const Artifact& artifact, const Table& table) {
  const auto& known = artifact.encoder.schema().columns;
  if (table.rows() == 0 || known.empty()) return;
  std::vector<std::string> names;
  for (const ColumnSchema& column : known) {
    if (table.find(column.name)) return;
    if (names.size() < 5) names.push_back("\"" + printable(column.name) + "\"");
  }
  if (known.size() > names.size()) names.push_back(fmt::format("{} more", known.size() - names.size()));
  throw DataError("predict.no_known_column",
                  fmt::format("the table has none of the columns that the model reads: {}", join_and(names)));
}

/// Calls run(features, begin, end) for consecutive runs of rows.
template <class Run>
void in_runs(const Artifact& artifact, const Table& table, const Context& context, EncodeNotes* notes,
             Run&& run) {
  check_columns(artifact, table);
  TableEncoder encoder(artifact.encoder, table);
  const std::size_t step = run_rows(artifact);
  for (std::size_t begin = 0; begin < table.rows(); begin += step) {
    context.check();
    const std::size_t end = std::min(begin + step, table.rows());
    run(encoder.rows(begin, end, context), begin, end);
  }
  if (notes != nullptr) encoder.add_notes(*notes);
}

Column number_column(std::string name, std::span<const double> values) {
  auto buffer = Buffer<double>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Column::numbers(std::move(name), std::move(buffer));
}

/// Labels in the kind that the user gave.
Column label_column(const std::vector<std::string>& names, ColumnKind kind, std::string name,
                    std::span<const std::int32_t> classes) {
  if (kind == ColumnKind::number) {
    std::vector<double> numbers;
    for (const std::string& label : names) numbers.push_back(parse_number(label).value());
    auto values = Buffer<double>::uninitialized(classes.size());
    for (std::size_t i = 0; i < classes.size(); ++i)
      values[i] = numbers[static_cast<std::size_t>(classes[i])];
    return Column::numbers(std::move(name), std::move(values));
  }
  if (kind == ColumnKind::boolean) {
    auto values = Buffer<std::int8_t>::uninitialized(classes.size());
    for (std::size_t i = 0; i < classes.size(); ++i) {
      values[i] = names[static_cast<std::size_t>(classes[i])] == "true" ? 1 : 0;
    }
    return Column::booleans(std::move(name), std::move(values));
  }
  auto codes = Buffer<std::int32_t>::uninitialized(classes.size());
  std::copy(classes.begin(), classes.end(), codes.begin());
  return Column::categories(std::move(name), std::move(codes), names);
}

/// The classes whose 1 - p is within the bound, and the one answered: "setosa | virginica".
Column set_column(const Artifact& artifact, std::span<const double> probabilities,
                  std::span<const std::int32_t> answered, double bound) {
  const std::size_t classes = artifact.class_names.size();
  std::vector<std::optional<std::string>> sets;
  sets.reserve(answered.size());
  for (std::size_t row = 0; row < answered.size(); ++row) {
    std::string set;
    for (std::size_t k = 0; k < classes; ++k) {
      if (1 - probabilities[row * classes + k] > bound && static_cast<std::size_t>(answered[row]) != k)
        continue;
      if (!set.empty()) set += " | ";
      set += artifact.class_names[k];
    }
    sets.emplace_back(std::move(set));
  }
  return Column::categories("set", sets);
}

[[noreturn]] void no_intervals(const Artifact& artifact) {
  throw UnsupportedError(
      "predict.no_intervals",
      fmt::format("this model of {} was saved without the held-out scores that intervals need",
                  printable(artifact.algorithm)));
}

void add_classes(const Artifact& artifact, const Table& table, const PredictOptions& options,
                 const Context& context, EncodeNotes* notes, const std::string& name,
                 std::vector<Column>& out) {
  if (options.interval && artifact.conformal.scores.empty()) no_intervals(artifact);
  const std::vector<double> p = predict_probabilities(artifact, table, context, notes);
  const std::vector<std::int32_t> answered = decide(artifact, p);
  out.push_back(label_column(artifact.class_names, artifact.label_kind, name, answered));
  const std::size_t classes = artifact.class_names.size();
  if (options.probabilities) {
    for (std::size_t k = 0; k < classes; ++k) {
      auto values = Buffer<double>::uninitialized(answered.size());
      for (std::size_t row = 0; row < answered.size(); ++row) values[row] = p[row * classes + k];
      out.push_back(Column::numbers("p_" + artifact.class_names[k], std::move(values)));
    }
  }
  if (options.interval) {
    out.push_back(set_column(artifact, p, answered, artifact.conformal.bound(*options.interval)));
  }
}

void add_numbers(const Artifact& artifact, const Table& table, const PredictOptions& options,
                 const Context& context, EncodeNotes* notes, const std::string& name,
                 std::vector<Column>& out) {
  std::vector<double> values(table.rows()), low, high;
  const bool own = options.interval && artifact.conformal.scores.empty();
  if (own && !artifact.model.can(Capability::intervals)) no_intervals(artifact);
  if (options.interval) low.resize(table.rows()), high.resize(table.rows());
  const double bound = options.interval && !own ? artifact.conformal.bound(*options.interval) : 0;
  in_runs(artifact, table, context, notes, [&](const Features& x, std::size_t begin, std::size_t end) {
    const auto part = [&](std::vector<double>& all) { return std::span(all).subspan(begin, end - begin); };
    artifact.model.values(x, part(values), context);
    if (own) artifact.model.intervals(x, *options.interval, part(low), part(high), context);
  });
  out.push_back(number_column(name, values));
  if (!options.interval) return;
  if (!own) {
    for (std::size_t i = 0; i < values.size(); ++i) low[i] = values[i] - bound, high[i] = values[i] + bound;
  }
  out.push_back(number_column("low", low));
  out.push_back(number_column("high", high));
}

/// A column for each level that a model of several answers at once: "q0.1".
void add_levels(const Artifact& artifact, const Table& table, const Context& context,
                std::vector<Column>& out) {
  const auto* model = artifact.model.as<GradientBoostingRegressorModel>();
  if (model == nullptr || model->boosted().outputs() < 2) return;
  const std::vector<double>& levels = model->boosted().objective().spec().levels;
  std::vector<std::vector<double>> values(levels.size(), std::vector<double>(table.rows()));
  in_runs(artifact, table, context, nullptr, [&](const Features& x, std::size_t begin, std::size_t end) {
    std::vector<double> part((end - begin) * levels.size());
    model->levels(x, part, context);
    for (std::size_t row = begin; row < end; ++row)
      for (std::size_t k = 0; k < levels.size(); ++k)
        values[k][row] = part[(row - begin) * levels.size() + k];
  });
  for (std::size_t k = 0; k < levels.size(); ++k)
    out.push_back(number_column("q" + format_number(levels[k]), values[k]));
}

/// A column for each of several targets; with probabilities "p_<target>_<class>" behind it.
void add_targets(const Artifact& artifact, const Table& table, const PredictOptions& options,
                 const Context& context, EncodeNotes* notes, std::vector<Column>& out) {
  if (options.interval) {
    throw UnsupportedError("predict.no_intervals", "a model of several targets has no intervals");
  }
  const std::vector<AnsweredTarget> targets = targets_of(artifact);
  const std::vector<double> answers = predict_answers(artifact, table, context, notes);
  const std::vector<std::int32_t> chosen = decide_targets(artifact.model, answers);
  const std::size_t width = artifact.model.answer_count(), rows = table.rows();
  std::size_t first = 0;
  const auto answer = [&](std::string name, std::size_t place) {
    std::vector<double> values(rows);
    for (std::size_t i = 0; i < rows; ++i) values[i] = answers[i * width + place];
    return number_column(std::move(name), values);
  };
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const AnsweredTarget& one = targets[t];
    if (one.classes.empty()) {
      out.push_back(answer(one.name, first++));
      continue;
    }
    std::vector<std::int32_t> codes(rows);
    for (std::size_t i = 0; i < rows; ++i) codes[i] = chosen[i * targets.size() + t];
    out.push_back(label_column(one.classes, one.label_kind, one.name, codes));
    for (std::size_t c = 0; options.probabilities && c < one.classes.size(); ++c)
      out.push_back(answer("p_" + one.name + "_" + one.classes[c], first + c));
    first += one.classes.size();
  }
}

}  // namespace

std::vector<double> predict_answers(const Artifact& artifact, const Table& table, const Context& context,
                                    EncodeNotes* notes) {
  const std::size_t width = artifact.model.answer_count();
  std::vector<double> out(table.rows() * width);
  in_runs(artifact, table, context, notes, [&](const Features& x, std::size_t begin, std::size_t end) {
    artifact.model.answers(x, std::span(out).subspan(begin * width, (end - begin) * width), context);
  });
  return out;
}

std::vector<double> predict_values(const Artifact& artifact, const Table& table, const Context& context,
                                   EncodeNotes* notes) {
  std::vector<double> out(table.rows());
  in_runs(artifact, table, context, notes, [&](const Features& x, std::size_t begin, std::size_t end) {
    artifact.model.values(x, std::span(out).subspan(begin, end - begin), context);
  });
  return out;
}

std::vector<double> predict_probabilities(const Artifact& artifact, const Table& table,
                                          const Context& context, EncodeNotes* notes) {
  const std::size_t classes = artifact.class_names.size();
  std::vector<double> out(table.rows() * classes);
  in_runs(artifact, table, context, notes, [&](const Features& x, std::size_t begin, std::size_t end) {
    const std::span<double> part = std::span(out).subspan(begin * classes, (end - begin) * classes);
    artifact.model.probabilities(x, part, context);
    if (artifact.calibration.method == Calibration::Method::none) return;
    parallel_for(context, end - begin, 4096, [&](std::size_t first, std::size_t last) {
      artifact.calibration.apply(part.subspan(first * classes, (last - first) * classes));
    });
  });
  return out;
}

std::vector<std::int32_t> predict_clusters(const Artifact& artifact, const Table& table,
                                           const Context& context, EncodeNotes* notes) {
  std::vector<std::int32_t> out(table.rows());
  in_runs(artifact, table, context, notes, [&](const Features& x, std::size_t begin, std::size_t end) {
    artifact.model.assign(x, std::span(out).subspan(begin, end - begin), context);
  });
  return out;
}

std::vector<double> predict_anomalies(const Artifact& artifact, const Table& table, const Context& context,
                                      EncodeNotes* notes) {
  std::vector<double> out(table.rows());
  in_runs(artifact, table, context, notes, [&](const Features& x, std::size_t begin, std::size_t end) {
    artifact.model.anomaly(x, std::span(out).subspan(begin, end - begin), context);
  });
  return out;
}

std::vector<std::int32_t> decide(const Artifact& artifact, std::span<const double> probabilities) {
  const std::size_t classes = artifact.class_names.size();
  if (classes == 0) return {};
  std::vector<std::int32_t> out(probabilities.size() / classes);
  for (std::size_t row = 0; row < out.size(); ++row) {
    const std::span<const double> p = probabilities.subspan(row * classes, classes);
    if (artifact.threshold_set && classes == 2)
      out[row] = p[1] >= artifact.threshold ? 1 : 0;
    else
      out[row] = static_cast<std::int32_t>(std::max_element(p.begin(), p.end()) - p.begin());
  }
  return out;
}

Table predict(const Artifact& artifact, const Table& table, const PredictOptions& options,
              const Context& context, EncodeNotes* notes) {
  if (options.interval && !(*options.interval > 0 && *options.interval < 1)) {
    throw ParameterError("parameter.range",
                         fmt::format("the coverage of an interval must be above 0 and below 1, got {}",
                                     format_number(*options.interval)));
  }
  std::vector<Column> answers;
  const bool several = !artifact.model.target_classes().empty();
  if (several) add_targets(artifact, table, options, context, notes, answers);
  switch (several ? Target::Kind::none : artifact.target_kind) {
    case Target::Kind::classes:
      add_classes(artifact, table, options, context, notes, artifact.target_name, answers);
      break;
    case Target::Kind::numbers:
      add_numbers(artifact, table, options, context, notes, artifact.target_name, answers);
      add_levels(artifact, table, context, answers);
      break;
    case Target::Kind::none: {
      if (several) break;
      if (artifact.model.can(Capability::anomaly)) {
        const std::vector<double> scores = predict_anomalies(artifact, table, context, notes);
        auto unusual = Buffer<std::int8_t>::uninitialized(scores.size());
        for (std::size_t i = 0; i < scores.size(); ++i) {
          unusual[i] = scores[i] >= artifact.model.anomaly_threshold() ? 1 : 0;
        }
        answers.push_back(number_column("anomaly", scores));
        answers.push_back(Column::booleans("unusual", std::move(unusual)));
        break;
      }
      const std::vector<std::int32_t> clusters = predict_clusters(artifact, table, context, notes);
      answers.push_back(number_column("cluster", std::vector<double>(clusters.begin(), clusters.end())));
      break;
    }
  }
  std::vector<Column> columns;
  if (options.keep_input) columns.assign(table.all().begin(), table.all().end());
  for (Column& answer : answers) {
    std::string name = answer.name();
    const auto taken = [&](const Column& column) { return column.name() == name; };
    while (std::any_of(columns.begin(), columns.end(), taken)) name += "_predicted";
    columns.push_back(answer.renamed(std::move(name)));
  }
  return Table(std::move(columns));
}

}  // namespace everyml
