#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/judge_impl.h"

namespace everyml::select_impl {
namespace {

constexpr std::size_t kInnerFolds = 3;

double seconds_since(Context::Clock::time_point start) {
  return std::chrono::duration<double>(Context::Clock::now() - start).count();
}

int key_of(const InputNeeds& needs) {
  return static_cast<int>(needs.missing) * 4 + static_cast<int>(needs.categories) * 2 +
         static_cast<int>(needs.scale);
}

std::size_t bytes_of(const Encoded& encoded) {
  const Features& x = encoded.data.features;
  if (x.storage() == Features::Storage::sparse32) return x.sparse32().values.size() * 8;
  return x.rows() * x.columns() * (x.storage() == Features::Storage::dense64 ? 8 : 4);
}

/// The target with only the classes that occur.
Target compact(const Target& target, std::vector<std::size_t>& classes) {
  classes.clear();
  if (target.kind() != Target::Kind::classes) return target;
  std::vector<std::int32_t> position(target.class_count(), -1);
  for (const std::int32_t code : target.codes()) position[static_cast<std::size_t>(code)] = 0;
  std::vector<std::string> names;
  for (std::size_t k = 0; k < position.size(); ++k) {
    if (position[k] < 0) continue;
    position[k] = static_cast<std::int32_t>(classes.size());
    classes.push_back(k);
    names.push_back(target.names()[k]);
  }
  auto codes = Buffer<std::int32_t>::uninitialized(target.size());
  for (std::size_t i = 0; i < target.size(); ++i)
    codes[i] = position[static_cast<std::size_t>(target.codes()[i])];
  return Target::classes(std::move(codes), std::move(names), target.label_kind());
}

template <class T>
std::vector<T> pick(const std::vector<T>& values, std::span<const std::size_t> rows) {
  std::vector<T> picked;
  if (values.empty()) return picked;
  picked.reserve(rows.size());
  for (const std::size_t row : rows) picked.push_back(values[row]);
  return picked;
}

/// As many folds as there are times for; none when all rows are of one time.
Folds inner_time_folds(const std::vector<double>& time) {
  std::vector<double> distinct = time;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() < 2) return {};
  return time_folds(time, std::min(kInnerFolds, distinct.size() - 1));
}

/// Empty when the rows cannot be divided as asked.
Folds inner_folds(const Problem& problem, const Dataset& data, std::span<const std::size_t> rows,
                  const Context& context) {
  const Stream random = context.random("inner folds");
  if (!problem.time.empty()) return inner_time_folds(pick(problem.time, rows));
  if (!data.groups.empty()) {
    std::vector<std::int32_t> distinct = data.groups;
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    if (distinct.size() >= kInnerFolds) return group_folds(data.groups, kInnerFolds, random);
  }
  if (data.target.kind() == Target::Kind::classes) {
    return stratified_folds(data.target.codes(), kInnerFolds, random);
  }
  return quantile_folds(data.target.values(), kInnerFolds, random);
}

Artifact make_artifact(const Problem& problem, const AnyEstimator& estimator, const Encoded& encoded,
                       AnyModel model) {
  Artifact artifact;
  artifact.algorithm = estimator.card().name;
  artifact.settings_json = write_json(estimator.settings_json());
  artifact.target_name = problem.target_name;
  artifact.target_kind = problem.target.kind();
  if (problem.target.kind() == Target::Kind::classes) {
    artifact.label_kind = problem.target.label_kind();
    artifact.class_names.assign(encoded.data.target.names().begin(), encoded.data.target.names().end());
  }
  artifact.encoder = encoded.encoder;
  artifact.model = std::move(model);
  artifact.calibration.classes = artifact.class_names.size();
  return artifact;
}

}  // namespace

std::vector<double> raw_answers(const AnyModel& model, const Features& x, const Context& context) {
  if (model.can(Capability::probabilities)) {
    std::vector<double> p(x.rows() * model.class_names().size());
    model.probabilities(x, p, context);
    return p;
  }
  std::vector<double> values(x.rows());
  model.values(x, values, context);
  return values;
}

std::vector<double> pick_weights(const Problem& problem, std::span<const std::size_t> rows) {
  return pick(problem.weights, rows);
}

std::vector<InnerFold> divide(const Problem& problem, const Dataset& data, std::span<const std::size_t> rows,
                              const Context& context) {
  std::vector<InnerFold> divisions;
  for (const Fold& fold : inner_folds(problem, data, rows, context)) {
    if (fold.train.empty() || fold.test.empty()) continue;
    InnerFold one;
    one.train = data.select_rows(fold.train);
    one.train.derived = std::make_shared<Derived>();
    one.train.target = compact(one.train.target, one.classes);
    if (one.train.target.kind() == Target::Kind::classes) {
      if (one.classes.size() < 2) continue;
      one.width = data.target.class_count();
    }
    one.test = data.features.select_rows(fold.test);
    one.truth = data.target.select(fold.test);
    one.weights = pick(data.weights, fold.test);
    divisions.push_back(std::move(one));
  }
  return divisions;
}

double inner_score(const Problem& problem, const AnyEstimator& estimator, std::span<const InnerFold> folds,
                   const Context& context) {
  double total = 0;
  std::size_t judged = 0;
  for (const InnerFold& fold : folds) {
    context.check();
    std::vector<double> answers = raw_answers(estimator.fit(fold.train, context), fold.test, context);
    if (!fold.classes.empty()) answers = widen(answers, fold.classes, fold.width);
    const double score = score_predictions(problem.metric, fold.truth, answers, fold.weights);
    if (std::isnan(score)) continue;  // not defined on this part, as AUC with one class
    total += score;
    ++judged;
  }
  return judged == 0 ? std::numeric_limits<double>::quiet_NaN() : total / static_cast<double>(judged);
}

std::vector<double> widen(std::span<const double> predicted, std::span<const std::size_t> classes,
                          std::size_t width) {
  if (classes.size() == width) return {predicted.begin(), predicted.end()};
  const std::size_t rows = predicted.size() / classes.size();
  std::vector<double> wide(rows * width, 0.0);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t k = 0; k < classes.size(); ++k)
      wide[row * width + classes[k]] = predicted[row * classes.size() + k];
  }
  return wide;
}

std::shared_ptr<const Encoded> encode_rows(const Problem& problem, std::span<const std::size_t> rows,
                                           const InputNeeds& needs, const Context& context) {
  auto encoded = std::make_shared<Encoded>();
  const Table table = problem.table.select_rows(rows);
  encoded->data.weights = pick(problem.weights, rows);
  encoded->data.groups = pick(problem.groups, rows);
  encoded->data.target = compact(problem.target.select(rows), encoded->classes);
  encoded->encoder =
      Encoder::fit(table, problem.columns, encoded->data.target, encoded->data.weights, needs, {}, context);
  encoded->data.features =
      encoded->encoder.transform_training(table, encoded->data.target, encoded->data.weights, context);
  encoded->data.derived = std::make_shared<Derived>();
  encoded->data.info.assign(encoded->encoder.info().begin(), encoded->encoder.info().end());
  return encoded;
}

std::shared_ptr<const Encoded> EncodedCache::fold(std::size_t fold, const InputNeeds& needs,
                                                  const Context& context) {
  const std::pair key{fold, key_of(needs)};
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = kept_.find(key); found != kept_.end()) return found->second;
  }
  auto encoded = encode_rows(problem_, problem_.folds[fold].train, needs, context);
  const std::lock_guard lock(mutex_);
  const std::size_t bytes = bytes_of(*encoded);
  if (bytes <= left_ && kept_.emplace(key, encoded).second) left_ -= bytes;
  return encoded;
}

Choice choose_settings(const Problem& problem, const Entry& entry, const Encoded& encoded,
                       std::span<const std::size_t> rows, bool search, const Context& context) {
  AnyEstimator best = entry.make();
  if (!search || entry.search().empty() || encoded.data.rows() < 4 * kInnerFolds) return {std::move(best), 1};

  Dataset data = encoded.data;
  std::vector<std::size_t> kept(rows.begin(), rows.end());
  if (data.rows() > kSearchRows) {
    const auto sample = context.random("search rows").sample(data.rows(), kSearchRows);
    data = data.select_rows(sample);
    for (std::size_t i = 0; i < sample.size(); ++i) kept[i] = rows[sample[i]];
    kept.resize(sample.size());
  }
  const std::vector<InnerFold> folds = divide(problem, data, kept, context);
  if (folds.empty()) return {std::move(best), 1};
  const auto better = [&](double a, double b) {
    if (std::isnan(b)) return !std::isnan(a);
    return problem.greater_is_better ? a > b : a < b;
  };
  double best_score = inner_score(problem, best, folds, context);
  for (const Trial& trial : entry.search()) {
    AnyEstimator candidate = entry.make();
    for (const auto& [name, text] : trial) candidate.set(name, text);
    const double score = inner_score(problem, candidate, folds, context);
    if (better(score, best_score)) {
      best_score = score;
      best = std::move(candidate);
    }
  }
  return {std::move(best), entry.search().size() + 1};
}

namespace {
Choice choose(const Problem& problem, const Entry& entry, const Encoded& encoded,
              std::span<const std::size_t> rows, const Search& search, const Context& context) {
  if (search.fixed) return {*search.fixed, 1};
  return choose_settings(problem, entry, encoded, rows, search.list, context);
}
}  // namespace

FoldOutcome judge_fold(const Problem& problem, const Entry& entry, EncodedCache& cache, std::size_t fold,
                       const Search& search, bool keep_artifact, const Context& context) {
  const Fold& split = problem.folds[fold];
  FoldOutcome outcome;
  const auto start = Context::Clock::now();
  const auto encoded = cache.fold(fold, entry.card().needs, context);
  const Choice choice = choose(problem, entry, *encoded, split.train, search, context);
  AnyModel model = choice.estimator.fit(encoded->data, context);
  outcome.fit_seconds = seconds_since(start);
  outcome.trials = choice.trials;

  const auto middle = Context::Clock::now();
  const Features test = encoded->encoder.transform(problem.table.select_rows(split.test), context);
  outcome.predicted = raw_answers(model, test, context);
  if (!encoded->classes.empty())
    outcome.predicted = widen(outcome.predicted, encoded->classes, problem.width());
  outcome.predict_seconds = seconds_since(middle);

  outcome.score = score_predictions(problem.metric, problem.target.select(split.test), outcome.predicted,
                                    pick(problem.weights, split.test));
  if (keep_artifact) outcome.artifact = make_artifact(problem, choice.estimator, *encoded, std::move(model));
  return outcome;
}

Trained train_on_all(const Problem& problem, const Entry& entry, const Search& search,
                     const Context& context) {
  std::vector<std::size_t> rows(problem.table.rows());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const auto encoded = encode_rows(problem, rows, entry.card().needs, context);
  const Choice choice = choose(problem, entry, *encoded, rows, search, context);
  AnyModel model = choice.estimator.fit(encoded->data, context);
  return {make_artifact(problem, choice.estimator, *encoded, std::move(model)), choice.trials};
}

}  // namespace everyml::select_impl
