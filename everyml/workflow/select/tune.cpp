#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/select/tune_impl.h"

namespace everyml::select_impl {
namespace {

constexpr std::size_t kFirstRung = 2500;
constexpr std::size_t kRungGrowth = 4;
/// One of so many of a rung goes on to the next.
constexpr std::size_t kReduction = 3;
/// Above this many rows one division ranks settings well enough.
constexpr std::size_t kManyRows = 20000;
constexpr std::size_t kMostSettings = 400;

using Clock = Context::Clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Tried {
  AnyEstimator estimator;
  std::string settings;
  double score;
  bool promoted = false;
};

struct Rung {
  std::size_t rows = 0;
  std::vector<InnerFold> folds;  ///< made when the rung is first used
  std::vector<Tried> tried;
  double slowest = 0;  ///< seconds of one judgement so far
};

std::vector<std::size_t> rung_sizes(std::size_t rows) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = kFirstRung; size < rows / 2; size *= kRungGrowth) sizes.push_back(size);
  sizes.push_back(rows);
  return sizes;
}

class Tuner {
 public:
  Tuner(const Problem& problem, const Entry& entry, const Encoded& encoded, std::span<const std::size_t> rows,
        const TuneOptions& options, const Context& context)
      : problem_(problem),
        entry_(entry),
        encoded_(encoded),
        rows_(rows),
        options_(options),
        context_(context),
        start_(Clock::now()),
        order_(context.random("tuning rows", options.place).permutation(encoded.data.rows())),
        random_(context.random("tuning " + entry.card().name, options.place)) {
    for (const std::size_t size : rung_sizes(encoded.data.rows())) rungs_.push_back({.rows = size});
  }

  Choice run() {
    try {
      queue_first();
      while (settings_ < kMostSettings && !context_.stop_requested() && step()) {
      }
    } catch (const ResourceError& error) {
      // The end of the time for tuning; the caller's own end is another matter.
      if (error.code() != "resource.deadline") throw;
      context_.check();
    }
    return best();
  }

 private:
  bool better(double a, double b) const {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a);
    return problem_.greater_is_better ? a > b : a < b;
  }
  double left() const { return options_.seconds - seconds_since(start_); }

  void queue_first() {
    for (const std::string& settings : options_.first) {
      AnyEstimator estimator = entry_.make();
      estimator.set_json(parse_json(settings, "settings"));
      waiting_.push_back(std::move(estimator));
    }
    for (const Trial& trial : entry_.search()) {
      AnyEstimator estimator = entry_.make();
      for (const auto& [name, text] : trial) estimator.set(name, text);
      waiting_.push_back(std::move(estimator));
    }
  }

  /// The next settings that were not tried yet; the space may be small.
  std::optional<AnyEstimator> draw() {
    for (int attempt = 0; attempt < 50; ++attempt) {
      AnyEstimator estimator = entry_.make();
      if (next_ < waiting_.size()) {
        estimator = waiting_[next_++];
      } else {
        for (const Axis& axis : entry_.space()) estimator.set(axis.name, axis.at(random_.uniform()));
      }
      if (seen_.insert(write_json(estimator.settings_json())).second) return estimator;
    }
    return std::nullopt;
  }

  /// Promotes the best of the highest rung that has one to promote, else tries something new. False when
  /// there is nothing left to do.
  bool step() {
    for (std::size_t r = rungs_.size() - 1; r-- > 0;) {
      std::vector<Tried>& tried = rungs_[r].tried;
      std::vector<std::size_t> order(tried.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return better(tried[a].score, tried[b].score); });
      for (std::size_t i = 0; i < tried.size() / kReduction; ++i) {
        if (tried[order[i]].promoted || std::isnan(tried[order[i]].score)) continue;
        tried[order[i]].promoted = true;
        return judge(r + 1, tried[order[i]].estimator);
      }
    }
    const std::optional<AnyEstimator> fresh = draw();
    if (!fresh) return false;
    ++settings_;
    return judge(0, *fresh);
  }

  /// False when the time left is too short for it.
  bool judge(std::size_t r, const AnyEstimator& estimator) {
    Rung& rung = rungs_[r];
    if (rung.folds.empty()) {
      rung.folds = make_folds(rung.rows);
      if (rung.folds.empty()) return false;
      if (!judge(r, entry_.make())) return false;  // defaults are what the others must beat
    }
    if (rung.slowest > left()) return false;
    const auto start = Clock::now();
    const std::string settings = write_json(estimator.settings_json());
    const std::string key =
        fmt::format("{}|{}|{}|{}", entry_.card().name, options_.place, rung.rows, settings);
    std::optional<double> score = options_.log != nullptr ? options_.log->find(key) : std::nullopt;
    if (!score) {
      if (left() <= 0) return false;
      try {
        score = inner_score(problem_, estimator, rung.folds, context_.with_seconds(left()));
      } catch (const DataError&) {
        score = std::numeric_limits<double>::quiet_NaN();  // settings that these data do not allow
      }
      if (options_.log != nullptr) options_.log->add(key, *score);
      rung.slowest = std::max(rung.slowest, seconds_since(start));
    }
    rung.tried.push_back({estimator, settings, *score});
    return true;
  }

  std::vector<InnerFold> make_folds(std::size_t size) const {
    std::vector<std::size_t> sample(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(size));
    std::sort(sample.begin(), sample.end());
    std::vector<std::size_t> kept;
    kept.reserve(size);
    for (const std::size_t row : sample) kept.push_back(rows_[row]);
    const Dataset data = size == encoded_.data.rows() ? encoded_.data : encoded_.data.select_rows(sample);
    return divide(problem_, data, kept, size > kManyRows ? 1 : 0, context_);
  }

  Choice best() const {
    Choice choice{entry_.make(), 0};
    for (const Rung& rung : rungs_) choice.trials += rung.tried.size();
    for (std::size_t r = rungs_.size(); r-- > 0;) {
      const std::vector<Tried>& tried = rungs_[r].tried;
      if (tried.size() < 2) continue;  // the defaults alone
      const Tried* winner = &tried[0];
      for (const Tried& one : tried) {
        if (better(one.score, winner->score)) winner = &one;
      }
      choice.estimator = winner->estimator;
      return choice;
    }
    return choice;
  }

  const Problem& problem_;
  const Entry& entry_;
  const Encoded& encoded_;
  std::span<const std::size_t> rows_;
  const TuneOptions& options_;
  const Context& context_;
  Clock::time_point start_;
  std::vector<std::size_t> order_;
  Stream random_;
  std::vector<Rung> rungs_;
  std::vector<AnyEstimator> waiting_;
  std::size_t next_ = 0, settings_ = 0;
  std::set<std::string> seen_;
};

}  // namespace

Choice tune_settings(const Problem& problem, const Entry& entry, const Encoded& encoded,
                     std::span<const std::size_t> rows, const TuneOptions& options, const Context& context) {
  return Tuner(problem, entry, encoded, rows, options, context).run();
}

}  // namespace everyml::select_impl
