#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/cli/verbs.h"
#include "apps/cli/verbs_find.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/io/atomic_file.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/explain/anomalies.h"
#include "everyml/workflow/report/report.h"
#include "everyml/workflow/select/fit_one.h"

namespace everyml::cli {

namespace {

std::size_t rows_to_show(const FindSlots& slots) {
  if (!slots.top) return 10;
  const auto number = parse_number(*slots.top);
  if (!number || !(*number >= 1 && *number <= 100000) || *number != std::floor(*number)) {
    throw ParameterError("parameter.range", fmt::format("--top must be a whole number between 1 and 100000, "
                                                        "got \"{}\"",
                                                        printable(*slots.top)));
  }
  return static_cast<std::size_t>(*number);
}

Json reasons_json(const UnusualRow& row) {
  Json all = Json::array();
  for (const AnomalyReason& reason : row.reasons) {
    Json one = {{"column", reason.column}, {"worth", reason.worth}, {"share", reason.share}};
    one["value"] = reason.missing ? Json() : Json(reason.own);
    if (!reason.others_low.empty()) one["others"] = {reason.others_low, reason.others_high};
    all.push_back(one);
  }
  return all;
}

Json document_of(const Anomalies& found, const Artifact& artifact) {
  Json first = Json::array();
  for (const UnusualRow& row : found.first) {
    first.push_back({{"row", row.row + 1}, {"score", row.score}, {"reasons", reasons_json(row)}});
  }
  return {{"rows", found.scores.size()},
          {"unusual", found.unusual},
          {"threshold", found.threshold},
          {"most_unusual", first},
          {"model", artifact.model.summary()}};
}

/// A row, its score, and its reasons wrapped at the right.
std::string table_of(const Anomalies& found, std::size_t width) {
  shown::TextTable table{.alignment = {Align::right, Align::right, Align::left},
                         .rows = {{"row", "score", "why"}},
                         .wrap_last = true};
  for (const UnusualRow& row : found.first) {
    std::string why;
    for (const AnomalyReason& reason : row.reasons) why += (why.empty() ? "" : "; ") + reason_text(reason);
    table.rows.push_back({(row.score >= found.threshold ? "* " : "") + grouped(row.row + 1),
                          fmt::format("{:.3f}", row.score), why.empty() ? "no column by itself" : why});
  }
  return table.render(width);
}

/// Where scores lie: "scores: median 0.42, 90 of 100 rows below 0.48, 99 below 0.55, largest 0.71".
std::string spread_of(const Json& summary, double largest) {
  const Json& at = summary.at("score_percentiles");
  return fmt::format(
      "Scores: half of the rows below {:.3f}, 90 % below {:.3f}, 99 % below {:.3f}; the largest "
      "is {:.3f}.\n",
      at.at(50).get<double>(), at.at(90).get<double>(), at.at(99).get<double>(), largest);
}

std::string page_of(const Anomalies& found, const Artifact& artifact, std::size_t width) {
  if (found.first.empty()) return "No rows to look at.\n";
  const Json summary = artifact.model.summary();
  const std::string reason = summary.at("threshold_reason").get<std::string>();
  std::string out = found.unusual == 0
                        ? fmt::format("No row of {} stands apart", grouped(found.scores.size()))
                        : fmt::format("{} of {} rows stand{} apart", grouped(found.unusual),
                                      grouped(found.scores.size()), found.unusual == 1 ? "s" : "");
  out += fmt::format(": the line is at {:.3f}, {}.\n", found.threshold, reason);
  out = wrapped(out.substr(0, out.size() - 1), width) + "\n";
  const std::string spread = spread_of(summary, found.first.front().score);
  out += wrapped(spread.substr(0, spread.size() - 1), width) + "\n";
  out += found.unusual == 0 ? "The most unusual all the same:\n"
                            : "The most unusual, * those that stand apart:\n";
  return out + table_of(found, width);
}

}  // namespace

void run_anomalies(const FindSlots& slots, Session& session) {
  if (slots.clusters) {
    throw ParameterError("cli.flag_unused", "--clusters belongs to find clusters");
  }
  FitOptions options{.algorithm = "isolation-forest",
                     .settings = {},
                     .target = {},
                     .ignore = slots.ignore,
                     .weights = slots.weights,
                     .classification = {}};
  if (slots.contamination) options.settings["contamination"] = *slots.contamination;
  const std::size_t most = rows_to_show(slots);
  require_distinct({slots.out, slots.model, slots.report}, slots.reading.inputs(slots.file));
  for (const std::string& path : {slots.out, slots.model, slots.report}) {
    if (!path.empty()) require_writable(path, slots.force);
  }
  const TableRead read = slots.reading.read(slots.file, session);
  const Artifact artifact = fit_one(read.table, options, session.context());
  const Anomalies found = find_anomalies(artifact, read.table, most, 3, session.context());
  std::string bytes, csv, page;
  std::vector<FileContent> files;
  if (!slots.out.empty()) {
    csv = write_csv(predict(artifact, read.table, {.keep_input = true}, session.context()));
    files.push_back({slots.out, csv});
  }
  if (!slots.model.empty()) {
    bytes = artifact.bytes();
    files.push_back({slots.model, bytes});
  }
  if (!slots.report.empty()) {
    page = render_anomaly_report(found, artifact, {.title = slots.file, .command = session.command()});
    files.push_back({slots.report, page});
  }
  if (interrupted()) throw ResourceError("resource.cancelled", "stopped before anything was written");
  if (!files.empty()) write_files_atomically(files, {.overwrite = slots.force});
  if (session.json()) {
    session.document(document_of(found, artifact));
    return;
  }
  session.data(page_of(found, artifact, session.out().width()));
  for (const std::string& path : {slots.out, slots.model, slots.report}) {
    if (!path.empty()) session.say("Wrote " + printable(path, 300));
  }
}

}  // namespace everyml::cli
