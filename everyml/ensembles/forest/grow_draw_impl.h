#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "everyml/classical/trees/binned.h"
#include "everyml/ensembles/forest/forest_rows_impl.h"
#include "everyml/ensembles/forest/grow_impl.h"

// What a forest draws by chance in a node: features, and where extra trees cut them.

namespace everyml {

/// The order in which features are drawn: those known to be constant in the node stand first. Below a node
/// only places behind its constants change, so the order can be shared by a depth-first walk.
struct FeatureOrder {
  std::vector<std::uint32_t> order;
  explicit FeatureOrder(std::size_t features) : order(features) {
    for (std::size_t j = 0; j < features; ++j) order[j] = static_cast<std::uint32_t>(j);
  }
  /// Constants first, the others in their own order: what is drawn depends on nothing that came before.
  void begin_with(const std::vector<std::uint32_t>& constants) {
    std::vector<char> constant(order.size(), 0);
    for (const std::uint32_t feature : constants) constant[feature] = 1;
    order = constants;
    for (std::uint32_t j = 0; j < constant.size(); ++j) {
      if (!constant[j]) order.push_back(j);
    }
  }
};

/// Draws the features of a node: as many as are wanted, constant ones counted, and more only until one is
/// not constant. With random cuts each comes with a number in [0, 1) that says where it will be cut, so that
/// what is drawn does not depend on how a node is looked at.
class FeatureDraw {
 public:
  static constexpr std::size_t kMost = 32;

  explicit FeatureDraw(const GrowRules& rules) : wanted_(rules.features), cuts_(rules.random_cuts) {}

  /// Begins with a node of which so many features are known to be constant.
  void begin(FeatureOrder& features, std::size_t& constants) {
    order_ = features.order.data();
    constants_ = &constants;
    known_ = idle_ = constants;
    end_ = features.order.size();
    visited_ = 0;
    fresh_.clear();
  }
  /// The next features, at most `most`; 0: no more. `any`: one was not constant.
  std::size_t next(std::size_t most, bool any, Stream& stream) {
    std::size_t count = 0;
    while (count < most && end_ > known_ && (visited_ < wanted_ || (!any && count == 0))) {
      ++visited_;
      const std::uint32_t drawn = draw_below(stream, static_cast<std::uint32_t>(idle_ + end_ - known_));
      if (drawn < idle_) {
        --idle_;
        continue;
      }
      std::swap(order_[known_ + drawn - idle_], order_[--end_]);
      places_[count] = end_;
      picks[count] = order_[end_];
      if (cuts_) where[count] = static_cast<double>(stream.next_u32()) * 0x1p-32;
      ++count;
    }
    return count;
  }
  /// One of the last features is constant.
  void constant(std::size_t pick) { fresh_.push_back(places_[pick]); }
  /// Moves the features found constant to the front.
  void finish() {
    // Places were taken from the back, so the last is the lowest, and no swap disturbs one still to come.
    for (std::size_t i = fresh_.size(); i-- > 0;) std::swap(order_[fresh_[i]], order_[(*constants_)++]);
  }

  std::array<std::uint32_t, kMost> picks{};
  std::array<double, kMost> where{};

 private:
  std::size_t wanted_;
  bool cuts_;
  std::uint32_t* order_ = nullptr;
  std::size_t* constants_ = nullptr;
  std::size_t known_ = 0, end_ = 0, idle_ = 0, visited_ = 0;
  std::array<std::size_t, kMost> places_{};
  std::vector<std::size_t> fresh_;
};

/// Where a column whose codes in a node lie from `low` to `high` > low, none missing, is cut at `where` of
/// the way between their values. `edges` has an entry before the first and one behind the last, equal to
/// these: values of the outer bins are taken to lie at their edges, those of the others in the middle.
inline double random_value(const double* edges, std::uint32_t low, std::uint32_t high, double where) {
  const double first = edges[low] / 2 + edges[std::ptrdiff_t{low} - 1] / 2;
  const double last = edges[high] / 2 + edges[high - 1] / 2;
  return first + (last / 2 - first / 2) * 2 * where;
}
/// The code up to which rows go left of it.
inline std::uint32_t random_code(const FeatureBins& bins, std::uint32_t low, std::uint32_t high,
                                 double where) {
  const std::vector<double>& own = bins.threshold;
  const std::array<double, 4> ends{own[low > 0 ? low - 1 : 0], own[low], own[high - 1],
                                   own[std::min<std::size_t>(high, own.size() - 1)]};
  const double value = random_value(ends.data() + 1, 0, 2, where);
  return static_cast<std::uint32_t>(std::lower_bound(own.begin() + low, own.begin() + (high - 1), value) -
                                    own.begin());
}

}  // namespace everyml
