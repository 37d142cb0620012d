#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/data/splits.h"
#include "everyml/foundation/data/table.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/workflow/artifact/artifact.h"

namespace everyml::select_impl {

/// Rows on which settings are searched at most: it needs to rank them, not to know their scores to the last
/// digit.
inline constexpr std::size_t kSearchRows = 20000;

/// The question after the data was examined: rows with a target, the columns to use, the folds.
struct Problem {
  Table table;
  std::vector<std::string> columns;
  std::string target_name;
  Target target;
  std::vector<double> weights;       ///< empty or [rows]
  std::vector<std::int32_t> groups;  ///< empty or [rows]
  std::vector<double> time;          ///< empty or [rows]
  Folds folds;
  std::string metric;
  bool greater_is_better = true;

  /// Columns of a prediction: 1, or the number of classes.
  std::size_t width() const { return target.kind() == Target::Kind::classes ? target.class_count() : 1; }
};

/// A training set on its way into a learner, with the classes it really has: class i of `data` is classes[i]
/// of the problem.
struct Encoded {
  Encoder encoder;
  Dataset data;
  std::vector<std::size_t> classes;
};

/// Encodes the rows for learners with these needs; everything is learned from these rows alone.
std::shared_ptr<const Encoded> encode_rows(const Problem& problem, std::span<const std::size_t> rows,
                                           const InputNeeds& needs, const Context& context);

/// Encoded training sets shared by learners of like needs, as long as they fit into the memory set aside.
/// Thread-safe.
class EncodedCache {
 public:
  EncodedCache(const Problem& problem, std::size_t byte_limit) : problem_(problem), left_(byte_limit) {}
  std::shared_ptr<const Encoded> fold(std::size_t fold, const InputNeeds& needs, const Context& context);

 private:
  const Problem& problem_;
  std::mutex mutex_;
  std::size_t left_;
  std::map<std::pair<std::size_t, int>, std::shared_ptr<const Encoded>> kept_;
};

/// One inner division of training rows, made once for all settings that are tried on it.
struct InnerFold {
  Dataset train;
  std::vector<std::size_t> classes;  ///< class i of train is classes[i] of the data divided
  std::size_t width = 1;             ///< classes of the data divided, or 1
  Features test;
  Target truth;
  std::vector<double> weights;  ///< of the test rows; may be empty
};
/// `rows` are those of `data` in the problem. Divisions that leave one class are left out; empty when the
/// rows cannot be divided as asked.
std::vector<InnerFold> divide(const Problem& problem, const Dataset& data, std::span<const std::size_t> rows,
                              const Context& context);
/// Mean score over the divisions; NaN when the metric is defined on none.
double inner_score(const Problem& problem, const AnyEstimator& estimator, std::span<const InnerFold> folds,
                   const Context& context);

/// Settings that do best in an inner division of the rows; the defaults when there is nothing to search.
struct Choice {
  AnyEstimator estimator;
  std::size_t trials = 1;
};
Choice choose_settings(const Problem& problem, const Entry& entry, const Encoded& encoded,
                       std::span<const std::size_t> rows, bool search, const Context& context);

/// How settings are chosen.
struct Search {
  bool list = true;                     ///< the entry's short list; else the defaults
  std::optional<AnyEstimator> fixed{};  ///< these, and nothing is chosen
};

/// What a learner answered for one fold's test rows.
struct FoldOutcome {
  std::vector<double> predicted;  ///< [test rows, width]
  double score = 0;               ///< NaN when the metric is not defined there, as AUC with one class
  double fit_seconds = 0, predict_seconds = 0;
  std::size_t trials = 1;
  std::optional<Artifact> artifact;
};
FoldOutcome judge_fold(const Problem& problem, const Entry& entry, EncodedCache& cache, std::size_t fold,
                       const Search& search, bool keep_artifact, const Context& context);

/// The learner with its best settings on all rows.
struct Trained {
  Artifact artifact;
  std::size_t trials = 1;
};
Trained train_on_all(const Problem& problem, const Entry& entry, const Search& search,
                     const Context& context);

/// Probabilities, [rows, model's classes], or values, [rows].
std::vector<double> raw_answers(const AnyModel& model, const Features& x, const Context& context);
/// The values that are listed; none of none.
std::vector<double> pick_weights(const Problem& problem, std::span<const std::size_t> rows);
/// [rows, model's classes] to [rows, problem's classes]; absent classes get 0.
std::vector<double> widen(std::span<const double> predicted, std::span<const std::size_t> classes,
                          std::size_t width);

}  // namespace everyml::select_impl
