#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "everyml/workflow/select/judge_impl.h"

namespace everyml::select_impl {

/// The scores of settings that were tried, kept in a file so that a search that ended early goes on where it
/// was. One line of JSON for each, appended as it is found; a line that was cut off is left out on reading.
/// Thread-safe.
class SearchLog {
 public:
  /// Without a path nothing is kept beyond the run. `fingerprint` names the question: data, folds, metric,
  /// seed. Throws ParameterError "learn.search_log" for a file of another question or another kind,
  /// ResourceError "io.open" or "io.write".
  SearchLog(std::string path, const std::string& fingerprint);

  std::optional<double> find(const std::string& key) const;
  void add(const std::string& key, double score);
  /// All of them, by key. NaN: tried and given up, or not allowed by the data.
  std::vector<std::pair<std::string, double>> all() const;

 private:
  std::string path_;
  mutable std::mutex mutex_;
  std::map<std::string, double> scores_;
};

/// What a log of searches on this problem must have been made for.
std::string fingerprint(const Problem& problem, std::uint64_t seed);

}  // namespace everyml::select_impl
