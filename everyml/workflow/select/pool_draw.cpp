#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "everyml/ensembles/committee/member_text.h"
#include "everyml/foundation/base/error.h"
#include "everyml/workflow/catalog/model_trees.h"
#include "everyml/workflow/select/pool_draw_impl.h"

namespace everyml::select_impl {
namespace {

/// Of the settings in a log so many are judged once more, for their answers.
constexpr std::size_t kAnswersAgain = 12;
/// Of the best of a space one is chosen to look near to.
constexpr std::size_t kParents = 4;
constexpr double kStep = 0.15;
/// The share of draws for the entry that did best so far.
constexpr double kForBest = 0.75;
constexpr double kFirstReach = 12, kLeastReach = 3, kMostReach = 60;
constexpr int kLeastRounds = 20, kMostRounds = 3000;
constexpr const char* kRounds = "rounds";

}  // namespace

Draw::Draw(std::span<const Entry> entries, std::span<const PoolMember> known, bool greater_is_better,
           const SearchLog* log, const Context& context)
    : random_(context.random("settings drawn", log == nullptr ? 0 : log->all().size())),
      greater_is_better_(greater_is_better),
      reach_(kFirstReach) {
  for (const Entry& entry : entries) {
    if (!entry.space().empty()) sources_.push_back({.entry = &entry});
  }
  for (const PoolMember& member : known) learn(member);
  if (log != nullptr) queue_logged(entries, *log);
  queue_lists(entries);
}

/// Rounds enough for the learning rate; those that are too many cost time, not quality, since stages are
/// judged.
void Draw::set_rounds(AnyEstimator& estimator) const {
  if (!answers_in_stages(estimator.card().name)) return;
  const double rate = estimator.settings_json().at("learning_rate").get<double>();
  const long rounds = std::clamp<long>(std::lround(reach_ / rate), kLeastRounds, kMostRounds);
  estimator.set(kRounds, std::to_string(rounds));
}

Wish Draw::wish_for(AnyEstimator estimator, bool listed, std::vector<double> shares) {
  std::string key = member_text(estimator, answers_in_stages(estimator.card().name) ? kRounds : "");
  return {std::move(estimator), std::move(key), std::move(shares), listed};
}

void Draw::queue_lists(std::span<const Entry> entries) {
  // One of each entry, then the next of each: when time is short all kinds had their turn.
  std::size_t longest = 0;
  for (const Entry& entry : entries) longest = std::max(longest, entry.search().size() + 1);
  for (std::size_t i = 0; i < longest; ++i) {
    for (const Entry& entry : entries) {
      if (i > entry.search().size()) continue;
      AnyEstimator estimator = entry.make();
      if (i > 0) {
        for (const auto& [name, text] : entry.search()[i - 1]) estimator.set(name, text);
      }
      Wish wish = wish_for(std::move(estimator), true, {});
      if (seen_.insert(wish.key).second) waiting_.push_back(std::move(wish));
    }
  }
}

void Draw::queue_logged(std::span<const Entry> entries, const SearchLog& log) {
  std::vector<std::pair<std::string, double>> known = log.all();
  for (const auto& [key, score] : known) seen_.insert(key);
  std::erase_if(known, [](const auto& one) { return std::isnan(one.second); });
  std::stable_sort(known.begin(), known.end(),
                   [&](const auto& a, const auto& b) { return better(a.second, b.second); });
  for (const auto& [key, score] : known) {
    if (waiting_.size() == kAnswersAgain) return;
    const auto entry = std::find_if(entries.begin(), entries.end(), [&](const Entry& one) {
      return key == one.card().name || key.starts_with(one.card().name + " ");
    });
    if (entry == entries.end()) continue;
    try {
      waiting_.push_back(wish_for(parse_member("learn", key, entry->card().target), true, {}));
    } catch (const ParameterError&) {  // written by another version
    }
  }
}

Draw::Source* Draw::source_to_draw() {
  if (sources_.empty()) return nullptr;
  Source* best = nullptr;
  for (Source& source : sources_) {
    if (source.known && (best == nullptr || better(source.best, best->best))) best = &source;
  }
  if (best != nullptr && random_.uniform() < kForBest) return best;
  return &sources_[random_.below(sources_.size())];
}

/// Anywhere in the space, or near one of the best there.
std::vector<double> Draw::place(const Source& source) {
  std::vector<double> shares(source.entry->space().size());
  const bool near = !source.tried.empty() && random_.uniform() < 0.5;
  const std::size_t parent = near ? random_.below(std::min(kParents, source.tried.size())) : 0;
  for (std::size_t axis = 0; axis < shares.size(); ++axis) {
    shares[axis] = near ? std::clamp(source.tried[parent].shares[axis] + kStep * random_.normal(), 0.0, 1.0)
                        : random_.uniform();
  }
  return shares;
}

std::optional<Wish> Draw::next(std::span<const PoolMember> members, double left) {
  if (left <= 0 && !members.empty()) return std::nullopt;
  if (!waiting_.empty()) {
    Wish wish = std::move(waiting_.front());
    waiting_.pop_front();
    set_rounds(wish.estimator);
    return wish;
  }
  for (int attempt = 0; attempt < 50; ++attempt) {
    const Source* source = source_to_draw();
    if (source == nullptr) return std::nullopt;
    std::vector<double> shares = place(*source);
    AnyEstimator estimator = source->entry->make();
    const auto space = source->entry->space();
    for (std::size_t axis = 0; axis < space.size(); ++axis)
      estimator.set(space[axis].name, space[axis].at(shares[axis]));
    set_rounds(estimator);
    Wish wish = wish_for(std::move(estimator), false, std::move(shares));
    if (seen_.insert(wish.key).second) return wish;
  }
  return std::nullopt;
}

void Draw::learn(const PoolMember& member, std::vector<double> shares) {
  if (std::isnan(member.score)) return;
  const std::string& name = member.estimator.card().name;
  // Of boosting with some rounds it is not known what more of them would do.
  if (!answers_in_stages(name)) seen_.insert(member_text(member.estimator));
  for (Source& source : sources_) {
    if (source.entry->card().name != name) continue;
    if (!source.known || better(member.score, source.best)) source.best = member.score;
    source.known = true;
    if (shares.empty()) continue;
    source.tried.push_back({shares, member.score});
    std::stable_sort(source.tried.begin(), source.tried.end(),
                     [&](const Tried& a, const Tried& b) { return better(a.score, b.score); });
  }
  if (!answers_in_stages(name)) return;
  const Json settings = member.estimator.settings_json();
  needed_[greater_is_better_ ? -member.score : member.score] =
      settings.at(kRounds).get<double>() * settings.at("learning_rate").get<double>();
  double most = 0;
  std::size_t looked_at = 0;
  for (const auto& [score, needed] : needed_) {
    if (++looked_at > kParents) break;
    most = std::max(most, needed);
  }
  reach_ = std::clamp(1.6 * most, kLeastReach, kMostReach);
}

}  // namespace everyml::select_impl
