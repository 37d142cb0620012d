#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/cli/verbs.h"

namespace everyml::cli {

struct FindSlots {
  std::string what;
  std::string file;
  std::optional<std::string> clusters;
  std::optional<std::string> contamination;
  std::optional<std::string> top;
  std::vector<std::string> ignore;
  std::string weights;
  Reading reading;
  std::string out;
  std::string model;
  std::string report;
  bool force = false;
};

/// everyml find anomalies FILE.
void run_anomalies(const FindSlots& slots, Session& session);

}  // namespace everyml::cli
