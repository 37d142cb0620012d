#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/cli/verbs.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/export/export_c.h"
#include "everyml/workflow/export/import_artifact.h"

namespace everyml::cli {
namespace {

struct ImportSlots {
  std::string file;
  std::string out;
  std::string target = "prediction";
  bool force = false;
};

void run_import(const ImportSlots& slots, Session& session) {
  const std::string out = slots.out.empty() ? stem_of(slots.file) + ".everyml" : slots.out;
  require_distinct({out}, {slots.file});
  require_writable(out, slots.force);
  const ImportedTrees model = import_trees(read_file(slots.file), slots.file);
  const Artifact artifact = artifact_of(model, slots.target);
  artifact.save(out, slots.force);
  if (session.json()) {
    session.document({{"file", slots.file},
                      {"model", out},
                      {"tool", model.tool},
                      {"objective", model.objective},
                      {"algorithm", artifact.algorithm},
                      {"columns", model.trees.feature_count()},
                      {"trees", model.trees.tree_count()}});
    return;
  }
  session.say(fmt::format("{} of {}, {} trees over {} columns: {}", model.tool, printable(slots.file, 200),
                          grouped(model.trees.tree_count()), grouped(model.trees.feature_count()),
                          printable(out, 200)));
}

struct ExportSlots {
  std::string model;
  std::string to = "c";
  std::string out;
  std::string prefix = "model";
  bool force = false;
};

void run_export(const ExportSlots& slots, Session& session) {
  if (slots.to != "c") {
    throw ParameterError("usage.value", fmt::format("--to takes c, got \"{}\"", printable(slots.to)));
  }
  const std::string out = slots.out.empty() ? stem_of(slots.model) + ".c" : slots.out;
  require_distinct({out}, {slots.model});
  require_writable(out, slots.force);
  const Artifact artifact = Artifact::load(slots.model, catalog());
  const std::string text = export_c(artifact, slots.prefix);
  write_file_atomically(out, text, {.overwrite = slots.force});
  if (session.json()) {
    session.document({{"model", slots.model}, {"file", out}, {"bytes", text.size()}});
    return;
  }
  session.say(
      fmt::format("{}: {}_predict, {} bytes of C", printable(out, 200), slots.prefix, grouped(text.size())));
}

}  // namespace

Verb export_verb() {
  auto slots = std::make_shared<ExportSlots>();
  ExportSlots& s = *slots;
  Verb verb{
      .name = "export",
      .summary = "write a model as a file for other programs",
      .description =
          "Writes a model of trees and the way its columns are read as one file of C99 that needs nothing "
          "but the standard library and answers with the same bits."};
  verb.arguments = {{.name = "MODEL", .help = "A model file.", .slot = &s.model}};
  verb.flags = {{.name = "to",
                 .value = "FORMAT",
                 .help = "What to write: c.",
                 .take = into(s.to),
                 .completes = Completes::choice,
                 .choices = {"c"}},
                {.name = "out",
                 .letter = 'o',
                 .value = "FILE",
                 .help = "Where it goes; the model's name with .c when not given.",
                 .take = into(s.out),
                 .completes = Completes::file},
                {.name = "prefix",
                 .value = "NAME",
                 .help = "What every name in the file begins with.",
                 .take = into(s.prefix)},
                {.name = "force", .help = "Replace a file that exists.", .take = into(s.force)}};
  verb.examples = {"everyml export churn.everyml --to c -o churn.c --prefix churn"};
  verb.run = [slots](Session& session) { run_export(*slots, session); };
  return verb;
}

Verb import_verb() {
  auto slots = std::make_shared<ImportSlots>();
  ImportSlots& s = *slots;
  Verb verb{
      .name = "import",
      .summary = "bring a model of LightGBM or XGBoost",
      .description =
          "Reads LightGBM's text files and XGBoost's JSON and UBJSON files and writes a model that answers "
          "the same, with every other verb that takes one."};
  verb.arguments = {{.name = "FILE", .help = "The model of the other tool.", .slot = &s.file}};
  verb.flags = {{.name = "out",
                 .letter = 'o',
                 .value = "MODEL",
                 .help = "Where the model goes; the file's name with .everyml when not given.",
                 .take = into(s.out),
                 .completes = Completes::file},
                {.name = "target",
                 .value = "NAME",
                 .help = "What the column of answers is called; \"prediction\" when not given.",
                 .take = into(s.target)},
                {.name = "force", .help = "Replace a file that exists.", .take = into(s.force)}};
  verb.examples = {"everyml import model.txt -o churn.everyml", "everyml import booster.ubj --target price"};
  verb.run = [slots](Session& session) { run_import(*slots, session); };
  return verb;
}

}  // namespace everyml::cli
