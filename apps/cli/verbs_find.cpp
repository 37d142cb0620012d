#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/cli/verbs.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/select/fit_one.h"

namespace everyml::cli {

namespace {

struct FindSlots {
  std::string what;
  std::string file;
  std::optional<std::string> clusters;
  std::vector<std::string> ignore;
  Reading reading;
  std::string out;
  std::string model;
  bool force = false;
};

void run_find(const FindSlots& slots, Session& session) {
  FitOptions options{.algorithm = "k-means",
                     .settings = {},
                     .target = {},
                     .ignore = slots.ignore,
                     .weights = {},
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
  if (session.json()) {
    session.document({{"clusters", count},
                      {"sizes", sizes},
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
    out += table.render(session.out().width());
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
  Verb verb{.name = "find",
            .summary = "find structure without a target: everyml find clusters FILE",
            .description =
                "Groups the rows that are alike. The number of groups is chosen from the data, which may "
                "answer that there are none, unless you give it."};
  verb.arguments = {{.name = "WHAT",
                     .help = "clusters.",
                     .slot = &s.what,
                     .completes = Completes::choice,
                     .choices = {"clusters"}},
                    {.name = "FILE", .help = "The table.", .slot = &s.file}};
  verb.flags = {{.name = "clusters",
                 .value = "N",
                 .help = "How many; chosen from the data when not given.",
                 .take = into(s.clusters)},
                {.name = "ignore",
                 .value = "COLUMN,...",
                 .help = "Columns to leave out.",
                 .take = into(s.ignore),
                 .repeatable = true},
                {.name = "out",
                 .value = "FILE",
                 .help = "The rows with their cluster, as CSV.",
                 .take = into(s.out),
                 .completes = Completes::file},
                {.name = "model",
                 .value = "FILE",
                 .help = "A model file that tells the cluster of new rows.",
                 .take = into(s.model),
                 .completes = Completes::file},
                {.name = "force", .help = "Replace files that exist.", .take = into(s.force)}};
  s.reading.add_flags(verb);
  verb.examples = {"everyml find clusters iris.csv --ignore Species --out groups.csv"};
  verb.run = [slots](Session& session) { run_find(*slots, session); };
  return verb;
}

}  // namespace everyml::cli
