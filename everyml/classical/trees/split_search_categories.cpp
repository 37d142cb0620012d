#include <algorithm>

#include "everyml/classical/trees/split_search_impl.h"

namespace everyml::split_detail {
namespace {

class CategorySearch {
 public:
  CategorySearch(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                 const double* counts, const SplitRules& rules)
      : cells_(cells),
        bins_(bins),
        total_(total),
        counts_(counts),
        rules_(rules),
        least_(rules.least_side()) {
    if (counts != nullptr)
      for (std::size_t i = 0; i <= bins.bins; ++i) all_ += counts[i];
  }

  FeatureSplit one_hot() {
    for (std::uint32_t bin = 0; bin < bins_.bins; ++bin) {
      if (cells_[bin] != 0 && better(cells_[bin], count(bin), rules_)) best_.to_left = {bin};
    }
    return std::move(best_);
  }

  /// Categories in the order of their gradient over hessian; the best cut of that order is the best of all
  /// sets, for a penalty of 0. Reference: Fisher, "On Grouping for Maximum Homogeneity", JASA 53 (1958).
  FeatureSplit in_order() {
    SplitRules rules = rules_;
    rules.l2 += rules.categories.l2;
    const double smooth = rules.categories.smooth;
    // A category weighs as many rows as its share of the node's hessians.
    const double usual = 0.5 * (rules.units.least_hessian + rules.units.most_hessian);
    std::vector<Ranked> ranked;
    for (std::uint32_t bin = 0; bin < bins_.bins; ++bin) {
      const auto hessian = static_cast<double>(word_hessian(cells_[bin]));
      if (cells_[bin] == 0 || hessian < smooth * usual) continue;
      ranked.push_back({rules.gradient_of(cells_[bin]) /
                            (rules.hessian_of(cells_[bin]) + smooth * usual * rules.units.hessian),
                        bin});
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const Ranked& a, const Ranked& b) { return a.ratio < b.ratio; });
    const std::size_t most = std::min<std::size_t>(rules.categories.most, (ranked.size() + 1) / 2);
    for (const bool from_end : {false, true}) {
      std::uint64_t left = 0;
      double left_count = 0;
      for (std::size_t i = 0; i < most; ++i) {
        const std::uint32_t bin = ranked[from_end ? ranked.size() - 1 - i : i].bin;
        left += cells_[bin];
        left_count += count(bin);
        if (!better(left, left_count, rules)) continue;
        best_.to_left.clear();
        for (std::size_t k = 0; k <= i; ++k)
          best_.to_left.push_back(ranked[from_end ? ranked.size() - 1 - k : k].bin);
      }
    }
    std::sort(best_.to_left.begin(), best_.to_left.end());
    return std::move(best_);
  }

 private:
  struct Ranked {
    double ratio;
    std::uint32_t bin;
  };

  double count(std::uint32_t bin) const { return counts_ != nullptr ? counts_[bin] : 0; }

  bool better(std::uint64_t left, double left_count, const SplitRules& rules) {
    const std::uint64_t right = total_ - left;
    if (word_hessian(left) < least_ || word_hessian(right) < least_) return false;
    if (counts_ != nullptr && (left_count < rules.min_rows || all_ - left_count < rules.min_rows))
      return false;
    const double score = rules.score(left) + rules.score(right);
    if (!(score > best_.score)) return false;
    best_.score = score;
    best_.left = left;
    return true;
  }

  const std::uint64_t* cells_;
  const FeatureBins& bins_;
  std::uint64_t total_;
  const double* counts_;
  const SplitRules& rules_;
  std::uint64_t least_;
  double all_ = 0;
  FeatureSplit best_;
};

}  // namespace

FeatureSplit category_split(const std::uint64_t* cells, const FeatureBins& bins, std::uint64_t total,
                            const double* counts, const SplitRules& rules) {
  CategorySearch search(cells, bins, total, counts, rules);
  return bins.bins <= rules.categories.one_hot ? search.one_hot() : search.in_order();
}

}  // namespace everyml::split_detail
