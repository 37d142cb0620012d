#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/catalog/model_trees.h"
#include "everyml/workflow/select/blend_impl.h"
#include "everyml/workflow/select/board_impl.h"
#include "everyml/workflow/select/learn_setup_impl.h"

namespace everyml::select_impl {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{512} << 20;
/// Seconds of trying settings below which little is found.
constexpr double kShortestTuning = 0.5;
/// Left out of the default list since a forest does as well alone, but of use in a blend.
constexpr const char* kBesides[] = {"extra-trees-classifier", "extra-trees-regressor"};
/// A tree alone adds nothing to others that are made of many.
constexpr const char* kTreeAlone = "trees";
/// The part of the time in which others than boosting are judged.
constexpr double kForJudging = 0.5;
/// One part of the time left that a single round of the folds may take.
constexpr double kMostOfTheTime = 0.25;
/// Progress: judging ends, trying settings ends.
constexpr double kJudged = 0.6, kTried = 0.8;

std::size_t cache_bytes(const Context& context) {
  const std::size_t budget = context.memory().limit();
  return budget > 0 ? std::min(kCacheBytes, budget / 4) : kCacheBytes;
}

/// Of the members that stand by themselves the best in the mean of the folds, without one of them or over
/// all.
const PoolMember* best_member(const Problem& problem, std::span<const PoolMember> members,
                              std::optional<std::size_t> without) {
  const PoolMember* best = nullptr;
  double best_mean = 0;
  for (const PoolMember& member : members) {
    double sum = 0, count = 0;
    for (std::size_t fold = 0; fold < member.fold_scores.size(); ++fold) {
      if (fold == without || std::isnan(member.fold_scores[fold])) continue;
      sum += member.fold_scores[fold];
      ++count;
    }
    if (!member.alone || count == 0) continue;
    const double mean = sum / count;
    if (best == nullptr || (problem.greater_is_better ? mean > best_mean : mean < best_mean)) {
      best = &member;
      best_mean = mean;
    }
  }
  return best;
}

/// In each fold the answers of the member that is best in the others.
Judged best_single(const Problem& problem, std::span<const PoolMember> members, const PoolMember& best) {
  const std::size_t width = problem.width();
  Judged judged;
  Candidate& candidate = judged.candidate;
  const Card& card = best.estimator.card();
  candidate.algorithm = card.name;
  candidate.title = card.title + ", tuned";
  candidate.complexity = card.complexity;
  candidate.fit_seconds = best.fit_seconds;
  candidate.predict_seconds = best.predict_seconds;
  judged.out_of_fold.assign(problem.table.rows() * width, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t fold = 0; fold < problem.folds.size(); ++fold) {
    const PoolMember* other = best_member(problem, members, fold);
    const PoolMember& taken = other == nullptr ? best : *other;
    candidate.fold_scores.push_back(taken.fold_scores[fold]);
    for (const std::size_t row : problem.folds[fold].test) {
      std::copy_n(taken.out_of_fold.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                  judged.out_of_fold.begin() + static_cast<std::ptrdiff_t>(row * width));
    }
  }
  return judged;
}

Judged as_judged(const Blend& blend, const Card& card) {
  Judged judged;
  Candidate& candidate = judged.candidate;
  candidate.algorithm = card.name;
  candidate.title = fmt::format("Blend of {} models", blend.members.size());
  candidate.complexity = card.complexity;
  candidate.fit_seconds = blend.fit_seconds;
  candidate.predict_seconds = blend.predict_seconds;
  candidate.fold_scores = blend.fold_scores;
  judged.out_of_fold = blend.out_of_fold;
  return judged;
}

}  // namespace

Board::Board(const Problem& problem, const LearnOptions& options, Context::Clock::time_point start,
             const Context& context)
    : problem_(problem),
      options_(options),
      start_(start),
      context_(context),
      cache_(problem, cache_bytes(context)) {}

double Board::spent() const { return std::chrono::duration<double>(Context::Clock::now() - start_).count(); }

/// With a time limit the short lists wait until all had their turn with the defaults.
Search Board::search_for() const { return {.list = options_.seconds == 0}; }

/// What judging may take of the time; once the strongest kind had its turn, others may not eat what is for
/// it.
double Board::judging_seconds() const {
  const bool boosted = std::any_of(rows_.begin(), rows_.end(), [](const Row& row) {
    return answers_in_stages(row.judged.candidate.algorithm);
  });
  return options_.seconds * (boosted ? kForJudging : 1 - kForExplaining);
}

/// Why it is not its turn; empty when it is.
std::string Board::why_not(const Entry& entry, LearnResult& result) const {
  const bool stop = context_.stop_requested();
  const bool late = options_.seconds > 0 && spent() > judging_seconds();
  if (models_ > 0 && (stop || late)) {
    result.time_ran_out = result.time_ran_out || late;
    return stop ? "the run was stopped before its turn" : "the time given was over before its turn";
  }
  return reason_to_skip(entry, problem_, options_);
}

/// False, and why, when it could not be judged.
bool Board::judge_one(const Entry& entry, double from, double to, LearnResult& result, std::string& why) {
  // Once there is a model to show, the limit also cuts what runs past it.
  const bool limited = options_.seconds > 0 && models_ > 0;
  try {
    Row row{judge(problem_, entry, cache_, search_for(), from, to,
                  limited ? context_.with_seconds(judging_seconds() - spent()) : context_),
            std::nullopt};
    models_ += entry.card().complexity > 0 && row.judged.candidate.skipped.empty();
    result.leaderboard.push_back(row.judged.candidate);
    rows_.push_back(std::move(row));
    return true;
  } catch (const DataError& error) {
    why = error.what();
  } catch (const UnsupportedError& error) {
    why = error.what();
  } catch (const ResourceError& error) {
    // Another may do with less; an end asked for from outside is an end.
    if (error.code() == "resource.cancelled") throw;
    if (error.code() == "resource.deadline") {
      context_.check();
      if (!limited) throw;
      result.time_ran_out = true;
      why = "the time given was over while it was judged";
    } else {
      too_much_ = std::current_exception();
      why = error.what();
    }
  }
  return false;
}

void Board::judge_all(LearnResult& result) {
  std::vector<Entry> entries = fitting_entries(problem_, options_);
  if (options_.seconds > 0) {
    // Boosting comes first, which is most often the best: any other may take all of the time.
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      const auto place = [](const Card& card) { return answers_in_stages(card.name) ? 0 : card.complexity; };
      return place(a.card()) < place(b.card());
    });
  }
  const double end = options_.seconds > 0 ? kJudged : kTried;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const double step = end / static_cast<double>(entries.size()), share = static_cast<double>(i) * step;
    context_.progress(entry.card().title, share);
    Candidate skipped;
    skipped.algorithm = entry.card().name;
    skipped.title = entry.card().title;
    skipped.complexity = entry.card().complexity;
    skipped.skipped = why_not(entry, result);
    if (skipped.skipped.empty() && judge_one(entry, share, share + step, result, skipped.skipped)) continue;
    result.leaderboard.push_back(std::move(skipped));
  }
  if (!rows_.empty() && models_ > 0) return;
  if (too_much_) std::rethrow_exception(too_much_);
  std::string why;
  for (const Candidate& candidate : result.leaderboard) {
    if (candidate.complexity > 0 && !candidate.skipped.empty())
      why = candidate.title + ": " + candidate.skipped;
  }
  throw DataError("learn.no_model", fmt::format("no algorithm could be judged on this table. {}", why));
}

/// What was judged, the best first, and what is of use beside it; of others than the best not what would take
/// much of the time.
std::vector<Entry> Board::pool_entries() const {
  const double left = options_.seconds - spent();
  std::vector<const Candidate*> order;
  for (const Row& row : rows_) {
    const Candidate& one = row.judged.candidate;
    const bool usual = one.complexity > 0 && one.skipped.empty() && !std::isnan(one.score);
    const bool alone = options_.only.empty() && catalog().find(one.algorithm).card().family == kTreeAlone;
    if (usual && !alone) order.push_back(&one);
  }
  std::stable_sort(order.begin(), order.end(), [&](const Candidate* a, const Candidate* b) {
    return problem_.greater_is_better ? a->score > b->score : a->score < b->score;
  });
  const Candidate* best = order.empty() ? nullptr : order.front();
  std::erase_if(order, [&](const Candidate* one) {
    return one != best && one->fit_seconds + one->predict_seconds > kMostOfTheTime * left;
  });
  std::vector<Entry> entries;
  for (const Candidate* one : order) entries.push_back(catalog().find(one->algorithm));
  for (const char* name : kBesides) {
    const Entry& entry = catalog().find(name);
    if (options_.only.empty() && entry.card().target == problem_.target.kind()) entries.push_back(entry);
  }
  return entries;
}

/// What was judged with its defaults need not be judged again, but for boosting, whose rounds are not known
/// yet.
std::vector<PoolMember> Board::judged_members() const {
  std::vector<PoolMember> members;
  for (const Row& row : rows_) {
    const Candidate& one = row.judged.candidate;
    if (one.complexity == 0 || !one.skipped.empty() || one.trials > 1) continue;
    members.push_back({.estimator = catalog().find(one.algorithm).make(),
                       .text = one.algorithm,
                       .alone = true,
                       .fold_scores = one.fold_scores,
                       .score = one.score,
                       .out_of_fold = row.judged.out_of_fold,
                       .fit_seconds = one.fit_seconds,
                       .predict_seconds = one.predict_seconds});
  }
  return members;
}

void Board::add_tuned(Judged judged, AnyEstimator fixed, LearnResult& result) {
  judged.candidate.tuned = true;
  judged.candidate.settings_json = write_json(fixed.settings_json());
  sum_up(problem_, judged);
  result.leaderboard.push_back(judged.candidate);
  rows_.push_back({std::move(judged), std::move(fixed)});
}

void Board::tune(LearnResult& result) {
  SearchLog log(options_.search_log,
                options_.search_log.empty() ? std::string() : fingerprint(problem_, context_.seed()));
  const double seconds = options_.seconds * (1 - kForExplaining) - spent();
  if (context_.stop_requested() || seconds < kShortestTuning) return;
  const PoolOptions pool{.seconds = seconds, .log = &log, .from = kJudged, .to = kTried};
  const std::vector<PoolMember> members =
      fill_pool(problem_, pool_entries(), judged_members(), cache_, pool, context_);
  const PoolMember* best = best_member(problem_, members, std::nullopt);
  if (best != nullptr) {
    Judged single = best_single(problem_, members, *best);
    single.candidate.trials = members.size();
    add_tuned(std::move(single), best->estimator, result);
  }
  // Who asks for some algorithms alone wants no others.
  if (!options_.only.empty()) return;
  if (const std::optional<Blend> found = blend(problem_, members, context_)) {
    AnyEstimator committee = committee_of(found->members, problem_.target.kind());
    Judged blended = as_judged(*found, committee.card());
    blended.candidate.trials = members.size();
    add_tuned(std::move(blended), std::move(committee), result);
  }
}

const Board::Row& Board::find(const Candidate& candidate) const {
  return *std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
    const Candidate& own = row.judged.candidate;
    return own.algorithm == candidate.algorithm && own.tuned == candidate.tuned;
  });
}

std::span<const double> Board::answers(const Candidate& candidate) const {
  return find(candidate).judged.out_of_fold;
}

const Judged& Board::judged(const Candidate& chosen) {
  Row& row = rows_[static_cast<std::size_t>(&find(chosen) - rows_.data())];
  if (row.fixed && row.judged.artifacts.empty()) {
    FoldOutcome outcome =
        judge_fold(problem_, catalog().find(chosen.algorithm), cache_, 0, {.list = false, .fixed = row.fixed},
                   true, context_.with_observer(nullptr));
    row.judged.artifacts.resize(problem_.folds.size());
    row.judged.artifacts[0] = std::move(outcome.artifact);
    const double rows = static_cast<double>(problem_.folds[0].test.size());
    row.judged.candidate.predict_seconds =
        outcome.predict_seconds / rows * static_cast<double>(problem_.table.rows());
  }
  return row.judged;
}

Artifact Board::train(const Candidate& chosen) {
  const Entry& entry = catalog().find(chosen.algorithm);
  const Row& row = find(chosen);
  const Search search = row.fixed ? Search{.list = false, .fixed = row.fixed} : search_for();
  return train_on_all(problem_, entry, search, context_.with_observer(nullptr)).artifact;
}

}  // namespace everyml::select_impl
