#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/cli/verbs.h"
#include "apps/text/leaderboard.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/report/report.h"
#include "everyml/workflow/select/fit_one.h"
#include "everyml/workflow/select/fit_targets.h"
#include "everyml/workflow/select/learn.h"

namespace everyml::cli {

namespace {

struct LearnSlots {
  std::string file;
  LearnOptions options;
  Reading reading;
  std::string folds_file;
  std::string save_folds;
  bool classification = false;
  bool regression = false;
  std::string out;
  std::string report;
  bool no_report = false;
  bool force = false;
};

/// "yes:no=5".
ErrorCost parse_cost(const Flag&, const std::string& text) {
  const auto equals = text.rfind('=');
  const auto colon = text.rfind(':', equals);
  const std::optional<double> cost =
      equals == std::string::npos ? std::nullopt : parse_number(text.substr(equals + 1));
  if (colon == std::string::npos || equals == std::string::npos || colon > equals || !cost) {
    throw ParameterError(
        "usage.value",
        fmt::format("--cost takes TRUTH:ANSWERED=COST, such as yes:no=5, got \"{}\"", printable(text)));
  }
  return {text.substr(0, colon), text.substr(colon + 1, equals - colon - 1), *cost};
}

std::optional<bool> task_asked(bool classification, bool regression) {
  if (classification && regression) {
    throw ParameterError("usage.flag", "--classification and --regression exclude each other");
  }
  if (classification) return true;
  if (regression) return false;
  return std::nullopt;
}

/// The columns that --target names: one, or several parted by commas. A column whose own name has commas is
/// one.
std::vector<std::string> targets_named(const Table& table, const std::string& text) {
  if (text.empty()) return {};
  if (text.find(',') == std::string::npos || table.find(text)) return {text};
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

void save(const LearnResult& result, const LearnSlots& slots, const std::string& model,
          const std::string& report, const Session& session) {
  const std::string bytes = result.artifact.bytes();
  std::string page, folds;
  std::vector<FileContent> files = {{model, bytes}};
  if (!report.empty()) {
    page = render_report(result, {.title = slots.file, .command = session.command()});
    files.push_back({report, page});
  }
  if (!slots.save_folds.empty()) {
    folds = write_folds(result.folds);
    files.push_back({slots.save_folds, folds});
  }
  if (interrupted()) throw ResourceError("resource.cancelled", "stopped before anything was written");
  write_files_atomically(files, {.overwrite = slots.force});
}

void run_learn(LearnSlots& slots, Session& session) {
  LearnOptions options = slots.options;
  options.classification = task_asked(slots.classification, slots.regression);
  const std::string model = slots.out.empty() ? stem_of(slots.file) + ".everyml" : slots.out;
  std::string report;
  if (!slots.no_report) report = slots.report.empty() ? stem_of(model) + ".html" : slots.report;
  if (!slots.no_report && slots.report.empty() && model.find('/') != std::string::npos) {
    report = model.substr(0, model.rfind('/') + 1) + report;
  }
  require_distinct({model, report, slots.save_folds}, slots.reading.inputs(slots.file, {slots.folds_file}));
  for (const std::string& path : {model, report, slots.save_folds}) {
    if (!path.empty()) require_writable(path, slots.force);
  }
  const TableRead read = slots.reading.read(slots.file, session);
  if (targets_named(read.table, options.target).size() > 1) {
    throw ParameterError(
        "learn.targets",
        fmt::format("learn judges models of one target, got \"{}\"; `everyml fit ALGORITHM FILE "
                    "--target {}` learns several together with a decision tree, a random forest or "
                    "extra trees",
                    printable(options.target), printable(options.target)));
  }
  if (!slots.folds_file.empty()) {
    options.fold_list = read_folds(read_file(slots.folds_file), read.table.rows());
  }
  const LearnResult result = learn(read.table, options, read.notes, session.context());
  save(result, slots, model, report, session);
  if (session.json()) {
    Json json = result.to_json();
    json["model_file"] = model;
    json["report_file"] = report.empty() ? Json(nullptr) : Json(report);
    session.document(json);
    return;
  }
  session.say(describe_result(result, session.err()));
  session.say(fmt::format("Model   {}", printable(model, 300)));
  if (!report.empty()) session.say(fmt::format("Report  {}", printable(report, 300)));
  session.say("\n" + session.err().styled(wrapped(printable(result.sentence, 2000), session.err().width()),
                                          Style::strong));
}

struct FitSlots {
  std::string file;
  FitOptions options;
  std::vector<std::string> set;
  Reading reading;
  bool classification = false;
  bool regression = false;
  std::string out;
  std::string earlier;
  bool force = false;
};

void run_fit(FitSlots& slots, Session& session) {
  FitOptions options = slots.options;
  options.classification = task_asked(slots.classification, slots.regression);
  const Entry& entry = catalog().find(options.algorithm);
  AnyEstimator estimator = entry.make();
  for (const auto& [name, text] : options.settings) estimator.set(name, text);
  const std::string model =
      slots.out.empty() ? stem_of(slots.file) + "." + options.algorithm + ".everyml" : slots.out;
  require_distinct({model}, slots.reading.inputs(slots.file));
  require_writable(model, slots.force);
  const TableRead read = slots.reading.read(slots.file, session);
  std::optional<Artifact> earlier;
  if (!slots.earlier.empty()) options.earlier = &earlier.emplace(Artifact::load(slots.earlier, catalog()));
  const std::vector<std::string> targets = targets_named(read.table, options.target);
  if (targets.size() > 1 && options.earlier != nullptr) {
    throw ParameterError("fit.continue",
                         "a model of several targets cannot be gone on from; leave --continue out");
  }
  const Artifact artifact = targets.size() > 1 ? fit_targets(read.table, options, targets, session.context())
                                               : fit_one(read.table, options, session.context());
  const std::string bytes = artifact.bytes();
  if (interrupted()) throw ResourceError("resource.cancelled", "stopped before anything was written");
  write_file_atomically(model, bytes, {.overwrite = slots.force});
  if (session.json()) {
    session.document({{"model_file", model},
                      {"algorithm", options.algorithm},
                      {"settings", Json::parse(artifact.settings_json)},
                      {"rows", read.table.rows()},
                      {"features", artifact.encoder.feature_count()},
                      {"model", artifact.model.summary()}});
    return;
  }
  session.say(fmt::format("{} on {} rows, {} features made of {} columns.", entry.card().title,
                          grouped(read.table.rows()), artifact.encoder.feature_count(),
                          artifact.encoder.schema().columns.size()));
  session.say(fmt::format(
      "Model   {}\n\n`everyml {} {} FILE` {}.", printable(model, 300),
      targets.size() > 1 ? "predict" : "evaluate", printable(model, 300),
      targets.size() > 1 ? "writes a column for each target" : "judges it on rows that it has not seen"));
}

void take_setting(FitSlots& slots, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw ParameterError("usage.value", fmt::format("--set takes NAME=VALUE, got \"{}\"", printable(text)));
  }
  slots.options.settings[text.substr(0, equals)] = text.substr(equals + 1);
}

std::string value_name(const Param& param) {
  if (!param.choices.empty()) {
    std::string names;
    for (const std::string& choice : param.choices) names += (names.empty() ? "" : "|") + choice;
    return names;
  }
  if (param.type == ParamType::boolean) return "true|false";
  return param.type == ParamType::integer ? "N" : param.type == ParamType::text ? "TEXT" : "NUMBER";
}

void add_setting_flags(Verb& verb, const Entry& entry, const std::shared_ptr<FitSlots>& slots) {
  for (const Param& param : entry.settings().params) {
    std::string name = param.name;
    for (char& c : name) c = c == '_' ? '-' : c;
    const auto same = [&](const Flag& flag) { return flag.name == name; };
    if (std::any_of(verb.flags.begin(), verb.flags.end(), same)) {
      const auto set =
          std::find_if(verb.flags.begin(), verb.flags.end(), [](const Flag& f) { return f.name == "set"; });
      set->help += fmt::format(" {}={}: {}", param.name, value_name(param), param.help);
      continue;
    }
    std::string help = param.help;
    if (param.range.bounded()) help += fmt::format(" Must be {}.", param.range.sentence());
    help += fmt::format(" Default: {}.", to_text(param.default_value));
    verb.flags.push_back(
        {.name = name,
         .value = value_name(param),
         .help = help,
         .take = [slots, setting = param.name](
                     const Flag&, const std::string& text) { slots->options.settings[setting] = text; },
         .choices = param.choices,
         .group = "Settings of " + entry.card().name});
  }
}

constexpr const char* kClassesHelp = "Take a target of numbers as classes.";
constexpr const char* kNumbersHelp = "Take a target of whole numbers as quantities.";

}  // namespace

std::vector<std::string> algorithm_names() {
  std::vector<std::string> names;
  for (const Entry& entry : catalog().entries()) names.push_back(entry.card().name);
  return names;
}

Verb learn_verb() {
  auto slots = std::make_shared<LearnSlots>();
  LearnSlots& s = *slots;
  LearnOptions& o = s.options;
  Verb verb{.name = "learn",
            .summary = "learn to predict a column: the whole way from a table to a model and a report",
            .description =
                "Examines the table, finds the task from the target, trains every fitting algorithm on the "
                "same folds, shows an honest table, chooses the plainest of the best, and writes the model "
                "and a report."};
  verb.arguments = {{.name = "FILE",
                     .help = "CSV, TSV, JSON lines or Parquet, plain or gzip; - is standard input.",
                     .slot = &s.file}};
  verb.flags = {
      {.name = "target",
       .value = "COLUMN",
       .help = "The column to predict.",
       .take = into(o.target),
       .required = true},
      {.name = "out",
       .value = "FILE",
       .help = "Where the model goes; the table's name with .everyml when not given.",
       .take = into(s.out),
       .completes = Completes::file},
      {.name = "report",
       .value = "FILE",
       .help = "Where the report goes; beside the model when not given.",
       .take = into(s.report),
       .completes = Completes::file},
      {.name = "no-report", .help = "Write no report.", .take = into(s.no_report)},
      {.name = "force", .help = "Replace files that exist.", .take = into(s.force)},
      {.name = "metric",
       .value = "NAME",
       .help = "What is judged; the task's usual one when not given.",
       .take = into(o.metric),
       .group = "Judging"},
      {.name = "folds",
       .value = "N",
       .help = fmt::format("Parts to test on, one after another; {} when not given.", LearnOptions{}.folds),
       .take = into(o.folds),
       .group = "Judging"},
      {.name = "folds-file",
       .value = "FILE",
       .help = "Your own folds: CSV with fold, role (train or test) and row.",
       .take = into(s.folds_file),
       .completes = Completes::file,
       .group = "Judging"},
      {.name = "save-folds",
       .value = "FILE",
       .help = "Write the folds used, for others to judge on the same.",
       .take = into(s.save_folds),
       .completes = Completes::file,
       .group = "Judging"},
      {.name = "group",
       .value = "COLUMN",
       .help = "Rows with the same value stay on one side of every fold.",
       .take = into(o.group),
       .group = "Judging"},
      {.name = "date",
       .value = "COLUMN",
       .help = "Train on the past, test on the future by this column.",
       .take = into(o.date),
       .group = "Judging"},
      {.name = "weights",
       .value = "COLUMN",
       .help = "How much each row counts.",
       .take = into(o.weights),
       .group = "Judging"},
      {.name = "cost",
       .value = "TRUTH:ANSWERED=COST",
       .help = "What an error costs, such as yes:no=5. Others cost 1.",
       .take = [slots](const Flag& flag,
                       const std::string& text) { slots->options.costs.push_back(parse_cost(flag, text)); },
       .repeatable = true,
       .group = "Judging"},
      {.name = "time",
       .value = "SECONDS",
       .help = "Seconds for the whole call: what is left when each was judged tries settings and blends the "
               "best; 0, "
               "as when not given, judges each with a few settings and no limit.",
       .take = into(o.seconds),
       .group = "Searching"},
      {.name = "search-log",
       .value = "FILE",
       .help = "Keep what was tried here; given again, a search goes on where it ended.",
       .take = into(o.search_log),
       .completes = Completes::file,
       .group = "Searching"},
      {.name = "only",
       .value = "NAME,...",
       .help = "Only these algorithms; `everyml list` names them.",
       .take = into(o.only),
       .repeatable = true,
       .completes = Completes::algorithm,
       .group = "Searching"},
      {.name = "ignore",
       .value = "COLUMN,...",
       .help = "Columns to leave out.",
       .take = into(o.ignore),
       .repeatable = true,
       .group = "Searching"},
      {.name = "keep-suspects",
       .help = "Use the columns that the doctor would leave out.",
       .take = into(o.keep_suspects),
       .group = "Searching"},
      {.name = "classification", .help = kClassesHelp, .take = into(s.classification), .group = "Searching"},
      {.name = "regression", .help = kNumbersHelp, .take = into(s.regression), .group = "Searching"},
  };
  s.reading.add_flags(verb);
  verb.examples = {"everyml learn titanic.csv --target survived",
                   "everyml learn churn.csv --target churn --cost yes:no=5 --time 60"};
  verb.run = [slots](Session& session) { run_learn(*slots, session); };
  return verb;
}

Verb fit_verb(const std::string& algorithm) {
  auto slots = std::make_shared<FitSlots>();
  FitSlots& s = *slots;
  FitOptions& o = s.options;
  Verb verb{.name = "fit",
            .summary = "train one algorithm with settings of your own",
            .description =
                "Trains one algorithm on all rows with the settings given: no search, no judgement. "
                "`everyml fit NAME --help` lists its settings, `everyml describe NAME` explains them."};
  verb.arguments = {{.name = "NAME",
                     .help = "An algorithm; `everyml list` names them.",
                     .slot = &o.algorithm,
                     .completes = Completes::algorithm},
                    {.name = "FILE", .help = "The table.", .slot = &s.file}};
  verb.flags = {
      {.name = "target",
       .value = "COLUMN",
       .help =
           "The column to predict, for algorithms that learn from one; several parted by commas for those "
           "that learn several together (decision trees, random forests, extra trees).",
       .take = into(o.target)},
      {.name = "out",
       .value = "FILE",
       .help = "Where the model goes.",
       .take = into(s.out),
       .completes = Completes::file},
      {.name = "force", .help = "Replace a file that exists.", .take = into(s.force)},
      {.name = "weights", .value = "COLUMN", .help = "How much each row counts.", .take = into(o.weights)},
      {.name = "group",
       .value = "COLUMN",
       .help = "Which rows belong to one list, for algorithms that learn an order; it is no feature.",
       .take = into(o.group)},
      {.name = "ignore",
       .value = "COLUMN,...",
       .help = "Columns to leave out.",
       .take = into(o.ignore),
       .repeatable = true},
      {.name = "continue",
       .value = "MODEL",
       .help = "A model of gradient boosting to go on from, with its columns and settings; rounds counts its "
               "rounds too.",
       .take = into(s.earlier),
       .completes = Completes::file},
      {.name = "classification", .help = kClassesHelp, .take = into(s.classification)},
      {.name = "regression", .help = kNumbersHelp, .take = into(s.regression)},
      {.name = "set",
       .value = "NAME=VALUE",
       .help = "A setting by its name.",
       .take = [slots](const Flag&, const std::string& text) { take_setting(*slots, text); },
       .repeatable = true},
  };
  s.reading.add_flags(verb);
  for (const Entry& entry : catalog().entries()) {
    if (entry.card().name == algorithm) add_setting_flags(verb, entry, slots);
  }
  verb.examples = {"everyml fit ridge ames.csv --target Sale_Price --alpha 10"};
  verb.run = [slots](Session& session) { run_fit(*slots, session); };
  return verb;
}

}  // namespace everyml::cli
