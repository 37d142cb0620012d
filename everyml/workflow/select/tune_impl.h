#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

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

 private:
  std::string path_;
  mutable std::mutex mutex_;
  std::map<std::string, double> scores_;
};

/// What a log of searches on this problem must have been made for.
std::string fingerprint(const Problem& problem, std::uint64_t seed);

struct TuneOptions {
  double seconds = 0;     ///< from the call
  std::size_t place = 0;  ///< the fold, or folds.size() for all rows; names random streams and log lines
  std::span<const std::string> first = {};  ///< settings (JSON) to try before others are drawn
  SearchLog* log = nullptr;
};

/// Asynchronous successive halving over the entry's space: settings are judged on few rows first, and the
/// best third of each rung on four times as many, by inner folds of the training rows. Defaults stand on
/// every rung; what is returned did better than they on the highest rung reached, or is they. Reference: Li
/// et al., "A System for Massively Parallel Hyperparameter Tuning", MLSys 2020.
Choice tune_settings(const Problem& problem, const Entry& entry, const Encoded& encoded,
                     std::span<const std::size_t> rows, const TuneOptions& options, const Context& context);

}  // namespace everyml::select_impl
