#include <algorithm>
#include <cmath>
#include <numeric>

#include "everyml/classical/anomaly/isolation_forest.h"
#include "everyml/classical/anomaly/isolation_grow_impl.h"

namespace everyml {
namespace {

std::size_t depth_limit(std::size_t rows) {
  std::size_t depth = 0;
  while ((std::size_t{1} << depth) < rows) ++depth;
  return depth;
}

/// Uniform in [low, high); halves, because the difference of two doubles may leave their range.
double between_values(double low, double high, Stream& stream) {
  const double value = low + (high / 2 - low / 2) * stream.uniform() * 2;
  return value >= high || value < low ? low : value;
}

struct Job {
  std::size_t begin, end, depth;
  std::int32_t node;
};

class TreeOfCuts {
 public:
  TreeOfCuts(std::vector<double> sample, std::span<const FeatureInfo> info, std::size_t columns,
             Stream& stream)
      : x_(std::move(sample)), info_(info), columns_(columns), stream_(stream), rows_(x_.size() / columns) {
    std::iota(rows_.begin(), rows_.end(), std::size_t{0});
  }

  GrownTree grow() {
    const std::size_t limit = depth_limit(rows_.size());
    std::vector<Job> stack = {{0, rows_.size(), 0, 0}};
    tree_.nodes.resize(1);
    while (!stack.empty()) {
      const Job job = stack.back();
      stack.pop_back();
      const auto count = static_cast<double>(job.end - job.begin);
      tree_.nodes[static_cast<std::size_t>(job.node)].cover = count;
      const std::size_t middle = job.depth < limit ? cut(job) : job.begin;
      if (middle == job.begin) {
        set_value(job.node, static_cast<double>(job.depth) + mean_isolation_depth(count));
        continue;
      }
      const auto left = static_cast<std::int32_t>(tree_.nodes.size());
      tree_.nodes.resize(tree_.nodes.size() + 2);
      GrownTree::Node& node = tree_.nodes[static_cast<std::size_t>(job.node)];
      node.left = left;
      node.right = left + 1;
      stack.push_back({middle, job.end, job.depth + 1, left + 1});
      stack.push_back({job.begin, middle, job.depth + 1, left});
    }
    tree_.values.resize(tree_.nodes.size(), 0.0);
    return std::move(tree_);
  }

 private:
  double value(std::size_t row, std::size_t j) const { return x_[row * columns_ + j]; }
  void set_value(std::int32_t node, double depth) {
    tree_.values.resize(std::max(tree_.values.size(), tree_.nodes.size()), 0.0);
    tree_.values[static_cast<std::size_t>(node)] = depth;
  }

  /// Cuts along a column drawn among those that tell rows apart; returns where the right side begins, the
  /// beginning when there is no such column.
  std::size_t cut(const Job& job) {
    if (job.end - job.begin < 2) return job.begin;
    std::vector<std::size_t> columns(columns_);
    std::iota(columns.begin(), columns.end(), std::size_t{0});
    for (std::size_t left = columns_; left > 0; --left) {
      const std::size_t pick = stream_.below(left);
      const std::size_t j = columns[pick];
      columns[pick] = columns[left - 1];
      const bool category = j < info_.size() && info_[j].kind == FeatureInfo::Kind::category;
      const std::size_t middle = category ? cut_categories(job, j) : cut_numbers(job, j);
      if (middle != job.begin) {
        tree_.nodes[static_cast<std::size_t>(job.node)].feature = static_cast<std::int32_t>(j);
        return middle;
      }
    }
    return job.begin;
  }

  template <class Left>
  std::size_t divide(const Job& job, std::size_t j, const Left& goes_left) {
    GrownTree::Node& node = tree_.nodes[static_cast<std::size_t>(job.node)];
    std::size_t lefts = 0, known = 0;
    for (std::size_t i = job.begin; i < job.end; ++i) {
      const double v = value(rows_[i], j);
      if (std::isnan(v)) continue;
      ++known;
      lefts += goes_left(v);
    }
    node.missing_left = 2 * lefts >= known;
    const auto middle =
        std::stable_partition(rows_.begin() + static_cast<std::ptrdiff_t>(job.begin),
                              rows_.begin() + static_cast<std::ptrdiff_t>(job.end), [&](std::size_t row) {
                                const double v = value(row, j);
                                return std::isnan(v) ? node.missing_left : goes_left(v);
                              });
    return static_cast<std::size_t>(middle - rows_.begin());
  }

  std::size_t cut_numbers(const Job& job, std::size_t j) {
    double low = 0, high = 0;
    bool any = false;
    for (std::size_t i = job.begin; i < job.end; ++i) {
      const double v = value(rows_[i], j);
      if (std::isnan(v)) continue;
      low = any ? std::min(low, v) : v;
      high = any ? std::max(high, v) : v;
      any = true;
    }
    if (!any || !(low < high)) return job.begin;
    const double threshold = between_values(low, high, stream_);
    tree_.nodes[static_cast<std::size_t>(job.node)].threshold = threshold;
    return divide(job, j, [&](double v) { return v <= threshold; });
  }

  std::size_t cut_categories(const Job& job, std::size_t j) {
    std::vector<std::pair<std::size_t, std::size_t>> met;  // category, rows
    for (std::size_t i = job.begin; i < job.end; ++i) {
      const double v = value(rows_[i], j);
      if (!(v >= 0 && v < 1e6 && v == std::floor(v))) continue;
      const auto code = static_cast<std::size_t>(v);
      const auto at =
          std::find_if(met.begin(), met.end(), [&](const auto& one) { return one.first == code; });
      if (at == met.end()) {
        met.emplace_back(code, 1);
      } else {
        ++at->second;
      }
    }
    if (met.size() < 2) return job.begin;
    std::sort(met.begin(), met.end());
    // One category goes to each side, the others by chance; the heavier side is the left one, so that a
    // category never met goes where few are.
    std::vector<char> side(met.size());
    const std::size_t one = stream_.below(met.size());
    std::size_t other = stream_.below(met.size() - 1);
    if (other >= one) ++other;
    std::size_t left_rows = 0, all = 0;
    for (std::size_t i = 0; i < met.size(); ++i) {
      side[i] = i == one || (i != other && stream_.below(2) == 0);
      left_rows += side[i] ? met[i].second : 0;
      all += met[i].second;
    }
    const bool swap = 2 * left_rows < all;
    std::vector<std::uint64_t> set(met.back().first / 64 + 1, 0);
    for (std::size_t i = 0; i < met.size(); ++i) {
      if ((side[i] != 0) != swap) set[met[i].first / 64] |= std::uint64_t{1} << (met[i].first % 64);
    }
    const auto in_set = [set](double v) {
      if (!(v >= 0 && v < 1e6 && v == std::floor(v))) return false;
      const auto code = static_cast<std::size_t>(v);
      return code / 64 < set.size() && (set[code / 64] >> (code % 64) & 1) != 0;
    };
    tree_.nodes[static_cast<std::size_t>(job.node)].categories = static_cast<std::int32_t>(tree_.sets.size());
    tree_.sets.push_back(set);
    return divide(job, j, in_set);
  }

  std::vector<double> x_;
  std::span<const FeatureInfo> info_;
  std::size_t columns_;
  Stream& stream_;
  std::vector<std::size_t> rows_;
  GrownTree tree_;
};

}  // namespace

IsolationDraw::IsolationDraw(const Dataset& data) {
  bool whole = true, ones = true;
  double sum = 0;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    const double weight = data.weight(i);
    if (!(weight > 0)) continue;
    present_.push_back(i);
    whole = whole && weight == std::floor(weight);
    ones = ones && weight == 1;
    sum += weight;
  }
  whole = whole && sum < 1e15;
  if (!whole) {
    for (const std::size_t row : present_) weight_.push_back(data.weight(row));
  } else if (!ones) {
    before_.assign(1, 0);
    for (const std::size_t row : present_) {
      before_.push_back(before_.back() + static_cast<std::uint64_t>(data.weight(row)));
    }
  }
  total_ = before_.empty() ? present_.size() : before_.back();
}

std::vector<std::size_t> IsolationDraw::rows(Stream& stream, std::size_t count) const {
  std::vector<std::size_t> drawn;
  if (!weight_.empty()) {
    // Efraimidis and Spirakis, "Weighted Random Sampling with a Reservoir", Inf. Process. Lett. 97 (2006).
    std::vector<std::pair<double, std::size_t>> keys;
    for (std::size_t i = 0; i < present_.size(); ++i) {
      keys.emplace_back(stream.exponential() / weight_[i], i);
    }
    count = std::min(count, keys.size());
    std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(count), keys.end());
    for (std::size_t i = 0; i < count; ++i) drawn.push_back(present_[keys[i].second]);
    std::sort(drawn.begin(), drawn.end());
    return drawn;
  }
  for (const std::size_t copy : stream.sample(size(), std::min(count, size()))) {
    if (before_.empty()) {
      drawn.push_back(present_[copy]);
    } else {
      const auto after = std::upper_bound(before_.begin(), before_.end(), copy);
      drawn.push_back(present_[static_cast<std::size_t>(after - before_.begin()) - 1]);
    }
  }
  return drawn;
}

std::vector<double> isolation_rows(const Features& x, std::span<const std::size_t> rows) {
  std::vector<double> out, scratch;
  out.reserve(rows.size() * x.columns());
  for (const std::size_t row : rows) {
    const double* values = x.tile64(row, row + 1, scratch);
    out.insert(out.end(), values, values + x.columns());
  }
  return out;
}

GrownTree grow_isolation_tree(std::vector<double> sample, std::span<const FeatureInfo> info,
                              std::size_t columns, Stream& stream) {
  return TreeOfCuts(std::move(sample), info, columns, stream).grow();
}

void grow_isolation_planes(const std::vector<double>& sample, Stream& stream, IsolationPlanes& planes) {
  const std::size_t columns = planes.columns(), count = sample.size() / columns;
  const std::size_t limit = depth_limit(count), terms = planes.terms;
  std::vector<double> places(sample.size());
  for (std::size_t i = 0; i < sample.size(); ++i) places[i] = planes.place(i % columns, sample[i]);
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const auto first = planes.left.size();
  const auto add = [&] {
    planes.left.push_back(-1);
    planes.right.push_back(-1);
    planes.offset.push_back(0);
    planes.size.push_back(0);
    planes.column.resize(planes.column.size() + terms, 0);
    planes.slope.resize(planes.slope.size() + terms, 0);
    return static_cast<std::int32_t>(planes.left.size() - 1 - first);
  };
  std::vector<Job> stack = {{0, count, 0, add()}};
  while (!stack.empty()) {
    const Job job = stack.back();
    stack.pop_back();
    const std::size_t at = first + static_cast<std::size_t>(job.node);
    planes.size[at] = static_cast<double>(job.end - job.begin);
    if (job.end - job.begin < 2 || job.depth >= limit) continue;
    double offset = 0;
    const std::vector<std::size_t> chosen = stream.sample(columns, terms);
    for (std::size_t k = 0; k < terms; ++k) {
      const std::size_t j = chosen[k];
      double low = 1e300, high = -1e300;
      for (std::size_t i = job.begin; i < job.end; ++i) {
        low = std::min(low, places[rows[i] * columns + j]);
        high = std::max(high, places[rows[i] * columns + j]);
      }
      const double slope = stream.normal();
      planes.column[at * terms + k] = static_cast<std::int32_t>(j);
      planes.slope[at * terms + k] = slope;
      offset += slope * stream.uniform(low, high);
    }
    planes.offset[at] = offset;
    const auto middle =
        std::stable_partition(rows.begin() + static_cast<std::ptrdiff_t>(job.begin),
                              rows.begin() + static_cast<std::ptrdiff_t>(job.end), [&](std::size_t row) {
                                double sum = 0;
                                for (std::size_t k = 0; k < terms; ++k) {
                                  const auto j = static_cast<std::size_t>(planes.column[at * terms + k]);
                                  sum += planes.slope[at * terms + k] * places[row * columns + j];
                                }
                                return sum <= offset;
                              });
    const auto cut = static_cast<std::size_t>(middle - rows.begin());
    // A plane beside all rows parts none: the node stays a leaf.
    if (cut == job.begin || cut == job.end) continue;
    const std::int32_t left = add(), right = add();
    planes.left[at] = left;
    planes.right[at] = right;
    stack.push_back({cut, job.end, job.depth + 1, right});
    stack.push_back({job.begin, cut, job.depth + 1, left});
  }
}

double upper_line(std::span<const double> sorted) {
  const auto quantile = [&](double p) {
    const double at = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
  };
  // Of a normal distribution the quartile lies 0.6745 deviations above the median.
  return quantile(0.5) + 3 * (quantile(0.75) - quantile(0.5)) / 0.67448975019608171;
}

}  // namespace everyml
