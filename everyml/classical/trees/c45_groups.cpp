#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/classical/trees/c45_impl.h"

namespace everyml::c45 {
namespace {

/// With more groups than this the lightest looks for the best of the others; all pairs would take too long.
constexpr std::size_t kAllPairs = 64;
constexpr double kSlack = 1e-10;

class Merging {
 public:
  Merging(std::span<const double> counts, std::size_t classes, double whole, double least)
      : classes_(classes), whole_(whole), least_(least) {
    const std::size_t levels = counts.size() / classes;
    groups_.branch.assign(levels, -1);
    std::vector<double> known(classes, 0.0);
    for (std::size_t level = 0; level < levels; ++level) {
      const auto own = counts.subspan(level * classes, classes);
      double weight = 0;
      for (std::size_t c = 0; c < classes; ++c) {
        weight += own[c];
        known[c] += own[c];
      }
      if (!(weight > 0)) continue;
      groups_.branch[level] = static_cast<std::int32_t>(groups_.groups());
      groups_.counts.insert(groups_.counts.end(), own.begin(), own.end());
      groups_.weight.push_back(weight);
      after_ += bits(own);
      known_ += weight;
    }
    before_ = bits(known);
  }

  LevelGroups run(const Context& context) {
    double ratio = ratio_now();
    while (groups_.groups() > 2) {
      context.check();
      const Pair best = best_pair();
      const auto large =
          std::count_if(groups_.weight.begin(), groups_.weight.end(), [&](double w) { return w >= least_; });
      if (best.ratio <= ratio + kSlack && large >= 2 && groups_.groups() <= kAllPairs) break;
      merge(best.a, best.b);
      ratio = best.ratio;
    }
    return std::move(groups_);
  }

 private:
  struct Pair {
    std::size_t a = 0, b = 1;
    double ratio = -std::numeric_limits<double>::infinity();
  };

  double ratio_now() const {
    return ratio_of(whole_, gain_of(whole_, known_, before_, after_), groups_.weight);
  }

  double ratio_merged(std::size_t a, std::size_t b) {
    joined_.resize(classes_);
    for (std::size_t c = 0; c < classes_; ++c)
      joined_[c] = groups_.counts[a * classes_ + c] + groups_.counts[b * classes_ + c];
    const double after = after_ + bits(joined_) - bits_of(a) - bits_of(b);
    weight_ = groups_.weight;
    weight_[a] += weight_[b];
    weight_[b] = 0;
    return ratio_of(whole_, gain_of(whole_, known_, before_, after), weight_);
  }

  Pair best_pair() {
    Pair best;
    const std::size_t groups = groups_.groups();
    const auto look = [&](std::size_t a, std::size_t b) {
      const double ratio = ratio_merged(std::min(a, b), std::max(a, b));
      if (ratio > best.ratio + kSlack) best = {std::min(a, b), std::max(a, b), ratio};
    };
    if (groups > kAllPairs) {
      const auto lightest = static_cast<std::size_t>(
          std::min_element(groups_.weight.begin(), groups_.weight.end()) - groups_.weight.begin());
      for (std::size_t b = 0; b < groups; ++b)
        if (b != lightest) look(lightest, b);
      return best;
    }
    for (std::size_t a = 0; a < groups; ++a)
      for (std::size_t b = a + 1; b < groups; ++b) look(a, b);
    return best;
  }

  double bits_of(std::size_t group) const {
    return bits(std::span(groups_.counts).subspan(group * classes_, classes_));
  }

  /// a < b: b goes into a, and those behind it move up.
  void merge(std::size_t a, std::size_t b) {
    after_ -= bits_of(a) + bits_of(b);
    for (std::size_t c = 0; c < classes_; ++c)
      groups_.counts[a * classes_ + c] += groups_.counts[b * classes_ + c];
    after_ += bits_of(a);
    groups_.weight[a] += groups_.weight[b];
    const auto at = static_cast<std::ptrdiff_t>(b), n = static_cast<std::ptrdiff_t>(classes_);
    groups_.weight.erase(groups_.weight.begin() + at);
    groups_.counts.erase(groups_.counts.begin() + at * n, groups_.counts.begin() + (at + 1) * n);
    for (std::int32_t& branch : groups_.branch) {
      if (branch == at)
        branch = static_cast<std::int32_t>(a);
      else if (branch > at)
        --branch;
    }
  }

  std::size_t classes_;
  double whole_, least_;
  double known_ = 0, before_ = 0, after_ = 0;
  LevelGroups groups_;
  std::vector<double> joined_, weight_;
};

}  // namespace

LevelGroups group_levels(std::span<const double> counts, std::size_t classes, double whole, double least,
                         const Context& context) {
  return Merging(counts, classes, whole, least).run(context);
}

}  // namespace everyml::c45
