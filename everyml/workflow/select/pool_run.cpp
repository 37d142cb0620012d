#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/catalog/model_trees.h"
#include "everyml/workflow/explain/scoring.h"
#include "everyml/workflow/select/blend_impl.h"
#include "everyml/workflow/select/pool_run_impl.h"

namespace everyml::select_impl {
namespace {

/// Each stage has so many times the rounds of the one before.
constexpr double kStageGrowth = 1.25;
constexpr std::size_t kMostStages = 14, kFewestRounds = 5;

constexpr InputNeeds kGeneral{InputNeeds::Missing::keep, InputNeeds::Categories::codes,
                              InputNeeds::Scale::none};

bool general(const InputNeeds& needs) {
  return needs.missing == kGeneral.missing && needs.categories == kGeneral.categories &&
         needs.scale == kGeneral.scale;
}

std::vector<std::size_t> stages_up_to(std::size_t rounds) {
  std::vector<std::size_t> stages{rounds};
  double at = static_cast<double>(rounds);
  while (stages.size() < kMostStages) {
    at /= kStageGrowth;
    const auto stage = static_cast<std::size_t>(std::lround(at));
    if (stage < kFewestRounds || stage >= stages.back()) break;
    stages.push_back(stage);
  }
  std::reverse(stages.begin(), stages.end());
  return stages;
}

std::vector<double> answers_at(const AnyModel& model, const Features& x, std::size_t stage, std::size_t width,
                               const Context& context) {
  const std::size_t most = stages_of(model);
  if (stage == 0 || most == 0) return raw_answers(model, x, context);
  std::vector<double> answers(x.rows() * width);
  staged(model, x, std::min(stage, most), answers, context);
  return answers;
}

double seconds_since(Context::Clock::time_point start) {
  return std::chrono::duration<double>(Context::Clock::now() - start).count();
}

}  // namespace

PoolRows::PoolRows(const Problem& problem, EncodedCache& cache)
    : problem_(problem), cache_(cache), parts_(problem.folds.size()) {}

std::shared_ptr<const PoolRows::Part> PoolRows::fold(std::size_t fold, const Context& context) {
  {
    const std::lock_guard lock(mutex_);
    if (parts_[fold]) return parts_[fold];
  }
  const std::vector<std::size_t>& test = problem_.folds[fold].test;
  auto part = std::make_shared<Part>();
  part->train = cache_.fold(fold, kGeneral, context);
  part->test = part->train->encoder.transform(problem_.table.select_rows(test), context);
  part->truth = problem_.target.select(test);
  part->weights = pick_weights(problem_, test);
  const std::lock_guard lock(mutex_);
  if (!parts_[fold]) parts_[fold] = part;
  return parts_[fold];
}

PoolRun::PoolRun(Wish wish, std::size_t folds, std::size_t number)
    : wish_(std::move(wish)),
      fitted_(wish_.estimator),
      alone_(general(wish_.estimator.card().needs)),
      first_(number % folds),
      parts_(folds),
      failed_(folds, 0) {
  stages_ = {0};
  if (answers_in_stages(wish_.estimator.card().name))
    stages_ = stages_up_to(wish_.estimator.settings_json().at("rounds").get<std::size_t>());
  if (!alone_) fitted_ = committee_of({{member_text(wish_.estimator), 1}}, wish_.estimator.card().target);
}

bool PoolRun::failed() const { return std::count(failed_.begin(), failed_.end(), 1) > 0; }

bool PoolRun::complete() const {
  return !failed() &&
         std::all_of(parts_.begin(), parts_.end(), [](const auto& part) { return part.has_value(); });
}

void PoolRun::judge(PoolRows& rows, std::size_t fold, const Context& context) {
  const Problem& problem = rows.problem();
  const std::shared_ptr<const PoolRows::Part> data = rows.fold(fold, context);
  const Encoded& train = *data->train;
  Part part;
  try {
    auto start = Context::Clock::now();
    const AnyModel model = fitted_.fit(train.data, context);
    part.fit_seconds = seconds_since(start);
    start = Context::Clock::now();
    const std::size_t width = train.classes.empty() ? 1 : train.classes.size();
    for (const std::size_t stage : stages_) {
      std::vector<double> answers = answers_at(model, data->test, stage, width, context);
      if (!train.classes.empty()) answers = widen(answers, train.classes, problem.width());
      part.scores.push_back(score_predictions(problem.metric, data->truth, answers, data->weights));
      part.answers.push_back(std::move(answers));
    }
    part.predict_seconds = seconds_since(start);
  } catch (const DataError&) {
    failed_[fold] = 1;  // settings that these data do not allow
    return;
  } catch (const UnsupportedError&) {
    failed_[fold] = 1;
    return;
  }
  parts_[fold] = std::move(part);
}

std::size_t PoolRun::best_stage(bool greater_is_better, std::optional<std::size_t> without) const {
  std::size_t best = stages_.size() - 1;
  double best_mean = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t stage = 0; stage < stages_.size(); ++stage) {
    double sum = 0, count = 0;
    for (std::size_t fold = 0; fold < parts_.size(); ++fold) {
      if (fold == without || !parts_[fold] || std::isnan(parts_[fold]->scores[stage])) continue;
      sum += parts_[fold]->scores[stage];
      ++count;
    }
    const double mean = sum / count;
    if (std::isnan(mean)) continue;
    if (std::isnan(best_mean) || (greater_is_better ? mean > best_mean : mean < best_mean)) {
      best_mean = mean;
      best = stage;
    }
  }
  return best;
}

double PoolRun::best_first(bool greater_is_better) const {
  return parts_[first_]->scores[best_stage(greater_is_better, std::nullopt)];
}

void PoolRun::cut_rounds(bool greater_is_better) {
  const std::size_t kept = std::min(stages_.size(), best_stage(greater_is_better, std::nullopt) + 3);
  if (kept == stages_.size()) return;
  stages_.resize(kept);
  parts_[first_]->scores.resize(kept);
  parts_[first_]->answers.resize(kept);
  fitted_.set("rounds", std::to_string(stages_.back()));
}

PoolMember PoolRun::finish(const Problem& problem) {
  const std::size_t width = problem.width();
  PoolMember member{
      .estimator = wish_.estimator, .text = {}, .alone = alone_, .fold_scores = {}, .out_of_fold = {}};
  member.out_of_fold.assign(problem.table.rows() * width, std::numeric_limits<double>::quiet_NaN());
  double sum = 0, count = 0;
  for (std::size_t fold = 0; fold < parts_.size(); ++fold) {
    const std::size_t stage = best_stage(problem.greater_is_better, fold);
    const Part& part = *parts_[fold];
    member.fold_scores.push_back(part.scores[stage]);
    if (!std::isnan(part.scores[stage])) {
      sum += part.scores[stage];
      ++count;
    }
    const auto& test = problem.folds[fold].test;
    for (std::size_t i = 0; i < test.size(); ++i) {
      std::copy_n(part.answers[stage].begin() + static_cast<std::ptrdiff_t>(i * width), width,
                  member.out_of_fold.begin() + static_cast<std::ptrdiff_t>(test[i] * width));
    }
    member.fit_seconds += part.fit_seconds;
    member.predict_seconds += part.predict_seconds / static_cast<double>(stages_.size());
  }
  member.score = sum / count;
  const std::size_t rounds = stages_[best_stage(problem.greater_is_better, std::nullopt)];
  if (rounds > 0) member.estimator.set("rounds", std::to_string(rounds));
  member.text = member_text(member.estimator);
  return member;
}

}  // namespace everyml::select_impl
