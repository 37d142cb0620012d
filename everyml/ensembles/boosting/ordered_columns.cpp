#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "everyml/ensembles/boosting/ordered_columns_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::boosting_detail {
namespace {

constexpr std::int32_t kMissing = -1, kOther = -2;

/// The code of a cell; what is no whole number from 0 is a category nobody knows.
std::int32_t code_of(double value) {
  if (std::isnan(value)) return kMissing;
  if (!(value >= 0 && value < static_cast<double>(std::numeric_limits<std::int32_t>::max()))) return kOther;
  const auto code = static_cast<std::int32_t>(value);
  return static_cast<double>(code) == value ? code : kOther;
}

bool is_category(const Dataset& data, std::size_t column) {
  return !data.info.empty() && data.info[column].kind == FeatureInfo::Kind::category;
}

/// More categories than `most` in the training rows; the missing are one.
bool has_more_than(const Dataset& data, std::span<const std::size_t> training, std::size_t column, int most) {
  std::set<std::int32_t> met;
  for (const std::size_t row : training) {
    met.insert(code_of(data.features.at(row, column)));
    if (met.size() > static_cast<std::size_t>(most)) return true;
  }
  return false;
}

/// The target as numbers whose means are learned: of two classes one, of more a list for each. Times of
/// survival are negative where nothing has happened yet.
std::vector<std::vector<double>> targets_of(const Dataset& data) {
  const std::size_t n = data.rows();
  std::vector<std::vector<double>> all;
  if (data.target.kind() == Target::Kind::numbers) {
    all.emplace_back(data.target.values().begin(), data.target.values().end());
    return all;
  }
  const std::size_t classes = data.target.class_count();
  for (std::size_t k = classes > 2 ? 0 : 1; k < classes; ++k) {
    all.emplace_back(n);
    for (std::size_t row = 0; row < n; ++row)
      all.back()[row] = static_cast<std::size_t>(data.target.codes()[row]) == k ? 1.0 : 0.0;
  }
  return all;
}

struct Sum {
  double target = 0, weight = 0;
  double mean(double prior, double smooth) const {
    const double all = weight + smooth;
    return all > 0 ? (target + smooth * prior) / all : prior;
  }
};

}  // namespace

bool OrderedColumns::useful(const Dataset& data, std::span<const std::size_t> training, int one_hot) {
  for (std::size_t c = 0; c < data.columns(); ++c)
    if (is_category(data, c) && has_more_than(data, training, c, one_hot)) return true;
  return false;
}

OrderedColumns::OrderedColumns(const Dataset& data, std::span<const std::size_t> training, int one_hot,
                               double smooth, std::uint64_t order, const Context& context) {
  const std::vector<std::vector<double>> targets = targets_of(data);
  std::vector<std::uint8_t> replaced(data.columns(), 0);
  for (std::uint32_t c = 0; c < data.columns(); ++c) {
    replaced[c] = is_category(data, c) && has_more_than(data, training, c, one_hot) ? 1 : 0;
    sources_.insert(sources_.end(), replaced[c] != 0 ? targets.size() : 1, c);
  }
  numbers_.resize(sources_.size());
  const std::size_t n = data.rows(), width = sources_.size();
  auto cells = Buffer<double>::uninitialized(n * width);
  parallel_for(context, n, 4096, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch;
    const double* from = data.features.tile64(begin, end, scratch);
    for (std::size_t row = begin; row < end; ++row, from += data.columns())
      for (std::size_t c = 0; c < width; ++c) cells[row * width + c] = from[sources_[c]];
  });
  const std::vector<std::size_t> turns = context.random("boosting-order", order).permutation(training.size());
  for (std::size_t c = 0; c < width; c += replaced[sources_[c]] != 0 ? targets.size() : 1) {
    if (replaced[sources_[c]] == 0) continue;
    for (std::size_t k = 0; k < targets.size(); ++k) {
      context.check();
      add_numbers(data, training, static_cast<std::uint32_t>(c + k), targets[k], smooth, turns, cells);
    }
  }
  columns_.features = Features::dense(std::move(cells), n, width);
  columns_.weights = data.weights;
  for (std::size_t c = 0; c < width; ++c) {
    FeatureInfo info = data.info.empty() ? FeatureInfo{} : data.info[sources_[c]];
    if (!as_it_is(c)) {
      info.kind = FeatureInfo::Kind::number;
      info.levels = 0;
    }
    columns_.info.push_back(std::move(info));
  }
}

/// Learns one column of numbers and writes it over the codes that its cells hold.
void OrderedColumns::add_numbers(const Dataset& data, std::span<const std::size_t> training,
                                 std::uint32_t column, std::span<const double> target, double smooth,
                                 std::span<const std::size_t> order, Buffer<double>& cells) {
  const std::size_t width = sources_.size();
  std::vector<std::int32_t> codes;
  codes.reserve(training.size());
  Sum all;
  for (const std::size_t row : training) {
    codes.push_back(code_of(cells[row * width + column]));
    all.target += data.weight(row) * target[row];
    all.weight += data.weight(row);
  }
  const double prior = all.mean(0, 0);
  std::vector<std::int32_t> known = codes;
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  std::vector<Sum> sums(known.size());
  const auto place = [&](std::int32_t code) {
    return static_cast<std::size_t>(std::lower_bound(known.begin(), known.end(), code) - known.begin());
  };
  for (const std::size_t at : order) {
    const std::size_t row = training[at];
    Sum& sum = sums[place(codes[at])];
    // A category nobody can name again is told by no mean.
    cells[row * width + column] = codes[at] == kOther ? prior : sum.mean(prior, smooth);
    sum.target += data.weight(row) * target[row];
    sum.weight += data.weight(row);
  }
  Numbers& numbers = numbers_[column];
  numbers.other = numbers.missing = prior;
  for (std::size_t i = 0; i < known.size(); ++i) {
    const double mean = sums[i].mean(prior, smooth);
    if (!std::isfinite(mean))
      throw DataError("data.spread", "means of the target are beyond doubles; scale the target");
    if (known[i] == kMissing) numbers.missing = mean;
    if (known[i] >= 0) numbers.level.emplace_back(known[i], mean);
  }
  // Rows that are not for training, whose cells still hold codes.
  std::vector<std::uint8_t> done(data.rows(), 0);
  for (const std::size_t row : training) done[row] = 1;
  for (std::size_t row = 0; row < data.rows(); ++row) {
    if (done[row] != 0) continue;
    const std::int32_t code = code_of(cells[row * width + column]);
    const auto found = std::lower_bound(numbers.level.begin(), numbers.level.end(), code,
                                        [](const auto& level, std::int32_t c) { return level.first < c; });
    const bool met = found != numbers.level.end() && found->first == code;
    cells[row * width + column] = code == kMissing ? numbers.missing : met ? found->second : numbers.other;
  }
}

GrowerSettings OrderedColumns::translated(GrowerSettings settings) const {
  if (!settings.monotone.empty()) {
    std::vector<std::int8_t> monotone;
    for (const std::uint32_t source : sources_) monotone.push_back(settings.monotone[source]);
    settings.monotone = std::move(monotone);
  }
  for (std::vector<std::uint32_t>& set : settings.interactions) {
    std::vector<std::uint32_t> here;
    for (std::uint32_t c = 0; c < sources_.size(); ++c)
      if (std::find(set.begin(), set.end(), sources_[c]) != set.end()) here.push_back(c);
    set = std::move(here);
  }
  return settings;
}

std::vector<std::uint8_t> OrderedColumns::translated(std::span<const std::uint8_t> allowed) const {
  std::vector<std::uint8_t> here;
  if (allowed.empty()) return here;
  for (const std::uint32_t source : sources_) here.push_back(allowed[source]);
  return here;
}

GrownTree OrderedColumns::translated(GrownTree tree) const {
  for (GrownTree::Node& node : tree.nodes) {
    if (node.feature < 0) continue;
    const Numbers& numbers = numbers_[static_cast<std::size_t>(node.feature)];
    node.feature = static_cast<std::int32_t>(sources_[static_cast<std::size_t>(node.feature)]);
    if (numbers.level.empty()) continue;
    // What is in no set goes right, so where categories not met belong left the sides change places.
    const double most = node.threshold;
    const bool turned = numbers.other <= most;
    std::vector<std::uint64_t> set;
    for (const auto& [code, mean] : numbers.level) {
      if ((mean <= most) == turned) continue;
      const auto bit = static_cast<std::size_t>(code);
      if (set.size() <= bit / 64) set.resize(bit / 64 + 1, 0);
      set[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    node.categories = static_cast<std::int32_t>(tree.sets.size());
    tree.sets.push_back(std::move(set));
    node.threshold = 0;
    node.missing_left = (numbers.missing <= most) != turned;
    if (turned) std::swap(node.left, node.right);
  }
  return tree;
}

}  // namespace everyml::boosting_detail
