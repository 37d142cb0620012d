#pragma once

#include <string>

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

}  // namespace everyml
