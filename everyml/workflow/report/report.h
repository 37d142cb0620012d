#pragma once

#include <string>

#include "everyml/workflow/explain/anomalies.h"
#include "everyml/workflow/select/learn.h"

namespace everyml {

struct ReportOptions {
  std::string title;    ///< usually the data file's name; folders before it are not shown
  std::string command;  ///< the command that made it, to be repeated; may be empty
};

/// One self-contained HTML file: no network, under 2 MB, readable without scripts, on paper and on a phone.
/// The verdict on top, then the chapters Data, Features and Algorithm. Column names and values are treated as
/// hostile strings.
std::string render_report(const LearnResult& result, const ReportOptions& options);

/// The same kind of page for `find anomalies`: whether rows stand apart, the scores and their line, the most
/// unusual rows with what makes them so, and the columns that do it most.
std::string render_anomaly_report(const Anomalies& found, const Artifact& artifact,
                                  const ReportOptions& options);

}  // namespace everyml
