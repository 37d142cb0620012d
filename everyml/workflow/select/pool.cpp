#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/workflow/select/candidate_impl.h"
#include "everyml/workflow/select/pool_draw_impl.h"
#include "everyml/workflow/select/pool_impl.h"
#include "everyml/workflow/select/pool_run_impl.h"

namespace everyml::select_impl {
namespace {

using Clock = Context::Clock;

constexpr std::size_t kMostSettings = 400;
/// Bytes that the answers of a pool may hold.
constexpr std::size_t kMostAnswers = std::size_t{1} << 30;
/// Members of a kind before one is given up for being behind them.
constexpr std::size_t kEnoughToCompare = 4;
/// Members that a blend takes at most about, fitted once more on all rows.
constexpr std::size_t kRefitted = 8;

std::string as_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return write_json(value);
  std::string list;
  for (const Json& one : value) list += (list.empty() ? "" : ";") + as_text(one);
  return list;
}

class Pool {
 public:
  Pool(const Problem& problem, std::span<const Entry> entries, std::vector<PoolMember> members,
       EncodedCache& cache, const PoolOptions& options, const Context& context)
      : problem_(problem),
        options_(options),
        context_(context),
        start_(Clock::now()),
        small_(folds_side_by_side(problem)),
        rows_(problem, cache),
        draw_(entries, members, problem.greater_is_better, options.log, context),
        members_(std::move(members)) {}

  std::vector<PoolMember> run() {
    const std::size_t bytes = problem_.table.rows() * problem_.width() * sizeof(double);
    while (begun_ < kMostSettings && members_.size() * bytes < kMostAnswers && !context_.stop_requested()) {
      if (!batch()) break;
      const double spent = std::chrono::duration<double>(Clock::now() - start_).count();
      context_.progress("trying settings", options_.from + (options_.to - options_.from) *
                                                               std::min(1.0, spent / options_.seconds));
    }
    return std::move(members_);
  }

 private:
  double left() const {
    const double spent = std::chrono::duration<double>(Clock::now() - start_).count();
    return options_.seconds - spent - refit_seconds();
  }

  /// What fitting the best ones on all rows may take.
  double refit_seconds() const {
    std::vector<double> seconds;
    for (const PoolMember& member : members_) seconds.push_back(member.fit_seconds);
    const std::size_t some = std::min(kRefitted, seconds.size());
    std::partial_sort(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(some), seconds.end(),
                      std::greater<>());
    const double folds = static_cast<double>(problem_.folds.size());
    const double all =
        std::accumulate(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(some), 0.0);
    const double side_by_side = small_ ? static_cast<double>(context_.threads()) : 1.0;
    return 1.5 * all / (folds - 1) / side_by_side;
  }

  /// Settings that are judged side by side; where folds are large, one. False when there is nothing left to
  /// do or no time to do it in.
  bool batch() {
    const std::size_t wanted =
        small_ ? std::max<std::size_t>(2, static_cast<std::size_t>(context_.threads())) : 1;
    std::vector<PoolRun> runs;
    while (runs.size() < wanted) {
      std::optional<Wish> wish = draw_.next(members_, left() - enough_);
      if (!wish) break;
      runs.emplace_back(std::move(*wish), problem_.folds.size(), begun_++);
    }
    if (runs.empty() || left() <= 0) return false;
    bool in_time = true;
    try {
      judge_all(runs);
    } catch (const ResourceError& error) {
      // The end of the time for trying; the caller's own end is another matter.
      if (error.code() != "resource.deadline") throw;
      context_.check();
      in_time = false;
    }
    for (PoolRun& run : runs) take(run);
    return in_time;
  }

  void take(PoolRun& run) {
    if (!run.complete()) return;
    PoolMember member = run.finish(problem_);
    note(run.key(), member.score);
    draw_.learn(member, run.wish().shares);
    if (!std::isnan(member.score)) members_.push_back(std::move(member));
  }

  void judge_all(std::vector<PoolRun>& runs) {
    const auto begin = Clock::now();
    const std::size_t folds = problem_.folds.size();
    const Context limited = context_.with_observer(nullptr).with_seconds(std::max(left(), 1e-3));
    each(runs.size(), [&](std::size_t i) { runs[i].judge(rows_, runs[i].first_fold(), limited); });
    std::vector<std::pair<std::size_t, std::size_t>> rest;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (runs[i].failed() || (!runs[i].wish().listed && behind(runs[i]))) {
        note(runs[i].key(), std::numeric_limits<double>::quiet_NaN());
        continue;
      }
      runs[i].cut_rounds(problem_.greater_is_better);
      for (std::size_t fold = 0; fold < folds; ++fold) {
        if (fold != runs[i].first_fold()) rest.emplace_back(i, fold);
      }
    }
    each(rest.size(), [&](std::size_t k) { runs[rest[k].first].judge(rows_, rest[k].second, limited); });
    enough_ = std::max(enough_, 0.5 * std::chrono::duration<double>(Clock::now() - begin).count());
  }

  template <class Work>
  void each(std::size_t count, const Work& work) {
    if (!small_) {
      for (std::size_t i = 0; i < count; ++i) work(i);
      return;
    }
    parallel_for(context_, count, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) work(i);
    });
  }

  /// Whether half of the members of its kind did better in the run's first fold.
  bool behind(const PoolRun& run) const {
    std::vector<double> there;
    for (const PoolMember& member : members_) {
      const bool alike = member.estimator.card().name == run.wish().estimator.card().name;
      if (alike && !std::isnan(member.fold_scores[run.first_fold()]))
        there.push_back(member.fold_scores[run.first_fold()]);
    }
    const double own = run.best_first(problem_.greater_is_better);
    if (there.size() < kEnoughToCompare || std::isnan(own)) return false;
    const auto middle = there.begin() + static_cast<std::ptrdiff_t>(there.size() / 2);
    std::nth_element(there.begin(), middle, there.end());
    return problem_.greater_is_better ? own < *middle : own > *middle;
  }

  void note(const std::string& key, double score) {
    if (options_.log != nullptr) options_.log->add(key, score);
  }

  const Problem& problem_;
  const PoolOptions& options_;
  const Context& context_;
  Clock::time_point start_;
  bool small_;
  PoolRows rows_;
  Draw draw_;
  std::vector<PoolMember> members_;
  std::size_t begun_ = 0;
  double enough_ = 0;  ///< seconds without which nothing more is begun
};

}  // namespace

std::string member_text(const AnyEstimator& estimator, std::string_view without) {
  const Json given = estimator.settings_json(), usual = estimator.entry().make().settings_json();
  std::string text = estimator.card().name;
  for (const auto& [name, value] : given.items()) {
    if (name != without && !value.is_null() && value != usual.at(name))
      text += " " + name + "=" + as_text(value);
  }
  return text;
}

std::vector<PoolMember> fill_pool(const Problem& problem, std::span<const Entry> entries,
                                  std::vector<PoolMember> members, EncodedCache& cache,
                                  const PoolOptions& options, const Context& context) {
  return Pool(problem, entries, std::move(members), cache, options, context).run();
}

}  // namespace everyml::select_impl
