#include "apps/cli/verbs_find.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/cli/verbs.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/explain/groups.h"
#include "everyml/workflow/select/fit_one.h"

namespace everyml::cli {

namespace {

/// "Petal.Length 1.462 (all 3.758), colour red 100 % (all 40 %)".
std::string traits_line(const std::vector<GroupTrait>& traits) {
  std::string line;
  for (const GroupTrait& trait : traits) {
    const auto value = [&](double number) {
      if (trait.kind == ColumnKind::date) return format_date(static_cast<std::int64_t>(number), false);
      return trait.level.empty() ? format_short(number) : fmt::format("{:.0f} %", 100.0 * number);
    };
    line += fmt::format("{}{}{} {} (all {})", line.empty() ? "" : ", ", printable(trait.column, 30),
                        trait.level.empty() ? "" : " " + printable(trait.level, 30), value(trait.inside),
                        value(trait.overall));
  }
  return line;
}

/// The table with the traits of each cluster, wrapped, at the right of its row.
std::string beside(const TextTable& table, const std::vector<std::vector<GroupTrait>>& traits,
                   std::size_t width) {
  std::string out;
  std::size_t row = 0;
  const std::string rendered = table.render(width);
  for (const std::string_view line : split(std::string_view(rendered).substr(0, rendered.size() - 1), '\n')) {
    const std::size_t indent = display_width(line) + 2;
    const std::string text =
        row == 0 ? "what sets it apart: its mean or share" : traits_line(traits[row - 1]);
    out += std::string(line) + "  " + wrapped(text, width, indent, indent) + "\n";
    ++row;
  }
  return out;
}

Json traits_json(const std::vector<GroupTrait>& traits) {
  Json json = Json::array();
  for (const GroupTrait& trait : traits) {
    Json one = {{"column", trait.column}};
    if (!trait.level.empty()) one["level"] = trait.level;
    const bool date = trait.kind == ColumnKind::date;
    const auto value = [&](double number) {
      return date ? Json(format_date(static_cast<std::int64_t>(number), false)) : Json(number);
    };
    one["inside"] = value(trait.inside);
    one["overall"] = value(trait.overall);
    one["effect"] = trait.effect;
    json.push_back(one);
  }
  return json;
}

/// Of the columns that the clusters were made of.
std::vector<std::vector<GroupTrait>> traits_of(const Artifact& artifact, const Table& table,
                                               const Column& found, std::size_t count) {
  std::vector<std::string> names;
  for (const ColumnSchema& column : artifact.encoder.schema().columns) names.push_back(column.name);
  std::vector<std::int32_t> group(table.rows(), -1);
  for (std::size_t row = 0; row < group.size(); ++row) {
    if (!found.missing(row)) group[row] = static_cast<std::int32_t>(found.number(row));
  }
  return group_traits(table.select_columns(names), group, count);
}

void run_clusters(const FindSlots& slots, Session& session) {
  if (slots.contamination || slots.top) {
    throw ParameterError("cli.flag_unused", "--contamination and --top belong to find anomalies");
  }
  FitOptions options{.algorithm = "k-means",
                     .settings = {},
                     .target = {},
                     .ignore = slots.ignore,
                     .weights = slots.weights,
                     .classification = {}};
  if (slots.clusters) options.settings["clusters"] = *slots.clusters;
  require_distinct({slots.out, slots.model}, slots.reading.inputs(slots.file));
  for (const std::string& path : {slots.out, slots.model}) {
    if (!path.empty()) require_writable(path, slots.force);
  }
  const TableRead read = slots.reading.read(slots.file, session);
  const Artifact artifact = fit_one(read.table, options, session.context());
  const Table answers = predict(artifact, read.table, {.keep_input = true}, session.context());
  std::string bytes, csv;
  std::vector<FileContent> files;
  if (!slots.out.empty()) {
    csv = write_csv(answers);
    files.push_back({slots.out, csv});
  }
  if (!slots.model.empty()) {
    bytes = artifact.bytes();
    files.push_back({slots.model, bytes});
  }
  if (interrupted()) throw ResourceError("resource.cancelled", "stopped before anything was written");
  if (!files.empty()) write_files_atomically(files, {.overwrite = slots.force});

  const std::size_t count = artifact.model.cluster_count();
  std::vector<std::uint64_t> sizes(count, 0);
  const Column& found = answers.column("cluster");
  for (std::size_t row = 0; row < answers.rows(); ++row) {
    if (!found.missing(row)) ++sizes[static_cast<std::size_t>(found.number(row))];
  }
  const auto traits = traits_of(artifact, read.table, found, count);
  if (session.json()) {
    Json apart = Json::array();
    for (const auto& one : traits) apart.push_back(traits_json(one));
    session.document({{"clusters", count},
                      {"sizes", sizes},
                      {"traits", apart},
                      {"rows", answers.rows()},
                      {"model", artifact.model.summary()}});
    return;
  }
  std::string out;
  const Json summary = artifact.model.summary();
  if (count <= 1) {
    out = fmt::format("No clusters: {} one heap.\n",
                      answers.rows() == 1 ? std::string("one row forms")
                                          : fmt::format("the {} rows form", grouped(answers.rows())));
  } else {
    out = fmt::format("{} clusters in {} rows\n", count, grouped(answers.rows()));
    TextTable table{.alignment = {Align::right, Align::right, Align::right},
                    .rows = {{"cluster", "rows", "share"}}};
    for (std::size_t k = 0; k < count; ++k) {
      table.rows.push_back(
          {std::to_string(k), grouped(sizes[k]),
           fmt::format("{:.1f} %", 100.0 * static_cast<double>(sizes[k]) /
                                       static_cast<double>(std::max<std::size_t>(answers.rows(), 1)))});
    }
    out += beside(table, traits, session.out().width());
  }
  session.data(out);
  for (const std::string& path : {slots.out, slots.model}) {
    if (!path.empty()) session.say("Wrote " + printable(path, 300));
  }
}

}  // namespace

Verb find_verb() {
  auto slots = std::make_shared<FindSlots>();
  FindSlots& s = *slots;
  Verb verb{
      .name = "find",
      .summary = "find structure without a target: everyml find clusters FILE, find anomalies FILE",
      .description =
          "clusters: groups the rows that are alike. The number of groups is chosen from the data, which "
          "may answer that there are none, unless you give it. anomalies: scores how unlike the others "
          "each row is, and says which columns make it so; there may be no row that stands apart."};
  verb.arguments = {{.name = "WHAT",
                     .help = "clusters or anomalies.",
                     .slot = &s.what,
                     .completes = Completes::choice,
                     .choices = {"clusters", "anomalies"}},
                    {.name = "FILE", .help = "The table.", .slot = &s.file}};
  verb.flags = {
      {.name = "clusters",
       .value = "N",
       .help = "clusters: how many; chosen from the data when not given.",
       .take = into(s.clusters)},
      {.name = "contamination",
       .value = "SHARE",
       .help = "anomalies: the share of unusual rows, if you know it; the scores tell when not given.",
       .take = into(s.contamination)},
      {.name = "top",
       .value = "N",
       .help = "anomalies: how many of the most unusual rows to show; 10 when not given.",
       .take = into(s.top)},
      {.name = "ignore",
       .value = "COLUMN,...",
       .help = "Columns to leave out.",
       .take = into(s.ignore),
       .repeatable = true},
      {.name = "weights", .value = "COLUMN", .help = "How much each row counts.", .take = into(s.weights)},
      {.name = "out",
       .value = "FILE",
       .help = "The rows with their cluster or score, as CSV.",
       .take = into(s.out),
       .completes = Completes::file},
      {.name = "model",
       .value = "FILE",
       .help = "A model file that tells the same of new rows.",
       .take = into(s.model),
       .completes = Completes::file},
      {.name = "report",
       .value = "FILE",
       .help = "anomalies: a page with the scores, the most unusual rows and what makes them so.",
       .take = into(s.report),
       .completes = Completes::file},
      {.name = "force", .help = "Replace files that exist.", .take = into(s.force)}};
  s.reading.add_flags(verb);
  verb.examples = {"everyml find clusters iris.csv --ignore Species --out groups.csv",
                   "everyml find anomalies measurements.csv --top 20 --report unusual.html"};
  verb.run = [slots](Session& session) {
    if (slots->what == "anomalies") {
      run_anomalies(*slots, session);
    } else {
      run_clusters(*slots, session);
    }
  };
  return verb;
}

}  // namespace everyml::cli
