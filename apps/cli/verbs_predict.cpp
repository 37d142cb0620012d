#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/cli/verbs.h"
#include "apps/text/judgements.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/file_stream.h"
#include "everyml/foundation/metrics/metric.h"
#include "everyml/foundation/metrics/ranking.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/explain/evaluate.h"

namespace everyml::cli {

namespace {

/// Enough rows to keep all threads busy, few enough to stay in the cache of a small machine.
constexpr std::size_t kChunkRows = 16384;

struct PredictSlots {
  std::string model;
  std::string file;
  PredictOptions options;
  Reading reading;
  std::string out;
  bool force = false;
};

/// Counts over all chunks; sentences of the first chunk that had any.
struct Remarks {
  std::uint64_t rows = 0, unseen = 0, unreadable = 0, outside = 0;
  std::vector<std::string> sentences;

  void add(const EncodeNotes& notes, std::size_t count) {
    rows += count;
    unseen += notes.unseen_levels;
    unreadable += notes.unreadable_cells;
    outside += notes.outside_range;
    if (sentences.empty()) sentences = notes.sentences;
  }
};

Json cell_json(const Column& column, std::size_t row) {
  if (column.missing(row)) return nullptr;
  switch (column.kind()) {
    case ColumnKind::number:
      return column.number(row);
    case ColumnKind::boolean:
      return column.number(row) != 0;
    default:
      return column.cell(row);
  }
}

std::string json_lines(const Table& table) {
  std::string out;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    Json line = Json::object();
    for (const Column& column : table.all()) line[column.name()] = cell_json(column, row);
    out += write_json(line) + '\n';
  }
  return out;
}

void tell_remarks(const Remarks& remarks, const TableStream& stream, Session& session) {
  for (const std::string& column : stream.absent()) {
    session.say(
        fmt::format("The input has no column \"{}\": it is taken as wholly missing.", printable(column)));
  }
  for (const std::string& sentence : remarks.sentences) session.say(printable(sentence, 400));
  for (const ReadNote& note : stream.notes()) session.say(printable(note.sentence, 400));
  // One piece has told it already.
  if (remarks.outside > 0 && remarks.rows > kChunkRows) {
    session.say(fmt::format("{} of {} rows have a number outside the range that the model has seen.",
                            grouped(remarks.outside), grouped(remarks.rows)));
  }
}

/// The first few columns that the model reads, by name.
std::string columns_of(const Artifact& artifact) {
  constexpr std::size_t kMost = 6;
  const auto& columns = artifact.encoder.schema().columns;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(columns.size(), kMost); ++i) {
    names.push_back('"' + printable(columns[i].name, 30) + '"');
  }
  if (columns.size() > kMost) names.push_back(fmt::format("{} more", columns.size() - kMost));
  return join_and(names);
}

void run_predict(const PredictSlots& slots, Session& session) {
  if (slots.options.interval && !(*slots.options.interval > 0 && *slots.options.interval < 1)) {
    throw ParameterError("usage.value", fmt::format("--interval takes a number above 0 and below 1, got {}",
                                                    format_number(*slots.options.interval)));
  }
  const bool to_file = !slots.out.empty() && slots.out != "-";
  if (to_file) require_distinct({slots.out}, slots.reading.inputs(slots.file, {slots.model}));
  if (to_file) require_writable(slots.out, slots.force);
  const Context& context = session.context();
  const Artifact artifact = Artifact::load(slots.model, catalog());
  const auto stream = slots.reading.stream(slots.file, artifact.encoder.schema(), session);
  if (stream->absent().size() == artifact.encoder.schema().columns.size()) {
    throw DataError(
        "predict.no_known_column",
        fmt::format("{} has none of the columns that the model knows; it asks for {}",
                    slots.file == "-" ? "standard input" : printable(slots.file, 200), columns_of(artifact)));
  }
  std::unique_ptr<FileStream> file;
  if (to_file) file = std::make_unique<FileStream>(slots.out, WriteOptions{.overwrite = slots.force});

  Remarks remarks;
  bool first = true;
  while (const std::optional<Table> chunk = stream->next(kChunkRows)) {
    context.check();
    EncodeNotes notes;
    const Table answers = predict(artifact, *chunk, slots.options, context, &notes);
    remarks.add(notes, chunk->rows());
    const std::string text = session.json() ? json_lines(answers) : write_csv(answers, first);
    first = false;
    if (file)
      file->write(text);
    else
      session.data(text);
  }
  context.check();
  if (file) file->commit();
  tell_remarks(remarks, *stream, session);
  if (file) session.say(fmt::format("{} answers in {}", grouped(remarks.rows), printable(slots.out, 300)));
}

struct EvaluateSlots {
  std::string model;
  std::string file;
  EvaluateOptions options;
  Reading reading;
};

void run_evaluate(const EvaluateSlots& slots, Session& session) {
  const Context& context = session.context();
  const Artifact artifact = Artifact::load(slots.model, catalog());
  require_truth(artifact, slots.model);
  const TableRead read = slots.reading.read(slots.file, session);
  const Evaluation evaluation = evaluate(artifact, read.table, slots.options, slots.file, context);
  if (session.json()) {
    Json json = {{"model", slots.model}, {"file", slots.file}};
    json.update(evaluation.to_json());
    session.document(json);
    return;
  }
  session.data(describe_evaluation(evaluation, artifact, slots.file, session.out()));
  if (evaluation.rows_left_out > 0) {
    session.say(fmt::format("{} rows were left out: their \"{}\" is missing or unknown to the model.",
                            grouped(evaluation.rows_left_out), printable(artifact.target_name)));
  }
}

}  // namespace

Verb predict_verb() {
  auto slots = std::make_shared<PredictSlots>();
  PredictSlots& s = *slots;
  Verb verb{
      .name = "predict",
      .summary = "answer for new rows with a model",
      .description =
          "Reads rows from a file or a pipe and writes one answer for each, CSV and JSON lines in constant "
          "memory. "
          "With --json, one JSON object a line."};
  verb.arguments = {{.name = "MODEL", .help = "A model file.", .slot = &s.model},
                    {.name = "FILE", .help = "The rows; - is standard input.", .slot = &s.file}};
  verb.flags = {
      {.name = "out",
       .value = "FILE",
       .help = "Where the answers go; standard output when not given.",
       .take = into(s.out),
       .completes = Completes::file},
      {.name = "probabilities",
       .help = "A column per class with its probability.",
       .take = into(s.options.probabilities)},
      {.name = "interval",
       .value = "LEVEL",
       .help = "A range, or a set of classes, that holds the truth this often.",
       .take = into(s.options.interval)},
      {.name = "keep",
       .help = "Put the columns that the model reads first.",
       .take = into(s.options.keep_input)},
      {.name = "force", .help = "Replace a file that exists.", .take = into(s.force)},
  };
  s.reading.add_flags(verb);
  verb.examples = {"everyml predict titanic.everyml new.csv --probabilities",
                   "zcat new.csv.gz | everyml predict titanic.everyml - > answers.csv"};
  verb.run = [slots](Session& session) { run_predict(*slots, session); };
  return verb;
}

Verb evaluate_verb() {
  auto slots = std::make_shared<EvaluateSlots>();
  EvaluateSlots& s = *slots;
  Verb verb{.name = "evaluate",
            .summary = "judge a model on rows whose truth is known",
            .description =
                "Compares the model's answers with the target column of a table and shows every metric of "
                "the task with a 95 % bootstrap interval. Rows that the model was trained on flatter it. "
                "With --group "
                "it judges the order in which the answers put the rows of each list."};
  verb.arguments = {{.name = "MODEL", .help = "A model file.", .slot = &s.model},
                    {.name = "FILE", .help = "A table with the target column.", .slot = &s.file}};
  std::vector<std::string> names;
  for (const MetricInfo& metric : metric_list()) names.emplace_back(metric.name);
  for (const ListMetric& metric : list_metrics()) names.push_back(metric.name);
  verb.flags = {{.name = "metric",
                 .value = "NAME,...",
                 .help = "Only these metrics; of lists also of so many first places, as ndcg@5.",
                 .take = into(s.options.metrics),
                 .repeatable = true,
                 .choices = names},
                {.name = "weights",
                 .value = "COLUMN",
                 .help = "How much each row counts.",
                 .take = into(s.options.weights)},
                {.name = "group",
                 .value = "COLUMN",
                 .help = "Which rows are one list, whose order is judged.",
                 .take = into(s.options.group)}};
  s.reading.add_flags(verb);
  verb.examples = {"everyml evaluate titanic.everyml passengers_of_1913.csv",
                   "everyml evaluate order.everyml clicks.csv --group query --metric ndcg@5,map"};
  verb.run = [slots](Session& session) { run_evaluate(*slots, session); };
  return verb;
}

}  // namespace everyml::cli
