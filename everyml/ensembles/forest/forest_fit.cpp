#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "everyml/ensembles/forest/forest_fit_impl.h"
#include "everyml/ensembles/forest/grow_impl.h"
#include "everyml/ensembles/forest/out_of_bag_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
/// Trees between two looks at the observer, at least; their out-of-bag rows are held until they are added up.
constexpr std::size_t kTreesTogether = 16;

std::size_t features_of(const ForestSettings& settings, std::size_t columns) {
  const auto p = static_cast<double>(columns);
  double wanted = p;
  if (settings.feature_number) {
    wanted = *settings.feature_number;
  } else if (settings.feature_share) {
    wanted = std::floor(*settings.feature_share * p);
  } else if (settings.features == FeatureRule::sqrt) {
    wanted = std::floor(std::sqrt(p));
  } else if (settings.features == FeatureRule::log2) {
    wanted = std::floor(std::log2(p));
  } else if (settings.features == FeatureRule::third) {
    wanted = std::floor(p / 3);
  }
  return static_cast<std::size_t>(std::clamp(wanted, 1.0, p));
}

GrowRules rules_of(const ForestSettings& settings, const ForestRows& rows, std::size_t columns) {
  GrowRules rules;
  rules.features = features_of(settings, columns);
  // One row may weigh less than 1; the least leaf that can be is one row, whatever it weighs.
  rules.least_leaf = settings.min_leaf > 1 ? settings.min_leaf / rows.unit : 0;
  rules.least_split = settings.min_split > 2 ? settings.min_split / rows.unit : 0;
  double weight = 0;
  for (const std::uint32_t row : rows.present) weight += rows.weight[row];
  rules.least_gain = settings.min_gain * weight;
  if (settings.max_depth) rules.max_depth = static_cast<std::size_t>(*settings.max_depth);
  if (settings.max_leaves) rules.max_leaves = static_cast<std::size_t>(*settings.max_leaves);
  rules.keep_samples = rows.numbers() && rows.several.count == 0;
  return rules;
}

/// One tree in flat arrays, its thresholds in the units of the features.
template <class Code>
TreeParts flat(const CodeTree& tree, const ForestCodes<Code>& codes, double unit, std::size_t answers) {
  TreeParts parts = TreeParts::empty(codes.real_columns(), answers, answers);
  const double root = tree.nodes.empty() ? 1.0 : tree.nodes[0].cover;
  for (const CodeNode& node : tree.nodes) {
    const FeatureBins& bins = codes.bins(static_cast<std::size_t>(node.feature));
    parts.feature.push_back(node.feature);
    parts.left.push_back(node.left);
    parts.right.push_back(node.right);
    parts.gain.push_back(static_cast<float>(static_cast<double>(node.gain) / root));
    parts.cover.push_back(node.cover * unit);
    bool missing_left = node.missing != CodeNode::kNone;
    if (node.set < 0) {
      parts.threshold.push_back(node.code < bins.threshold.size() ? bins.threshold[node.code]
                                                                  : std::numeric_limits<double>::infinity());
    } else {
      const std::vector<std::uint64_t>& set = tree.sets[static_cast<std::size_t>(node.set)];
      const auto has = [&](std::uint32_t code) { return (set[code / 64] >> (code % 64) & 1) != 0; };
      missing_left = has(bins.bins);
      std::vector<std::uint64_t> categories;
      for (std::uint32_t code = 0; code < bins.bins; ++code) {
        if (!has(code) || code >= bins.category_of.size()) continue;
        const auto category = static_cast<std::size_t>(bins.category_of[code]);
        if (categories.size() <= category / 64) categories.resize(category / 64 + 1, 0);
        categories[category / 64] |= std::uint64_t{1} << (category % 64);
      }
      parts.threshold.push_back(static_cast<double>(parts.set_start.size() - 1));
      parts.set_words.insert(parts.set_words.end(), categories.begin(), categories.end());
      parts.set_start.push_back(static_cast<std::uint32_t>(parts.set_words.size()));
    }
    parts.flags.push_back(static_cast<std::uint8_t>((missing_left ? TreeParts::kMissingLeft : 0) |
                                                    (node.set >= 0 ? TreeParts::kCategories : 0)));
  }
  parts.leaf_value = tree.values;
  parts.leaf_cover.resize(tree.covers.size());
  for (std::size_t i = 0; i < tree.covers.size(); ++i) parts.leaf_cover[i] = tree.covers[i] * unit;
  parts.tree_output.push_back(0);
  parts.first_node.push_back(static_cast<std::uint32_t>(parts.nodes()));
  parts.first_leaf.push_back(static_cast<std::uint32_t>(parts.leaves()));
  return parts;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void join(TreeParts& all, const TreeParts& one) {
  const auto sets = static_cast<double>(all.set_start.size() - 1);
  const std::uint32_t words = static_cast<std::uint32_t>(all.set_words.size());
  append(all.feature, one.feature);
  for (std::size_t i = 0; i < one.nodes(); ++i) {
    all.threshold.push_back(one.threshold[i] + (one.flags[i] & TreeParts::kCategories ? sets : 0.0));
  }
  append(all.left, one.left);
  append(all.right, one.right);
  append(all.flags, one.flags);
  append(all.gain, one.gain);
  append(all.cover, one.cover);
  append(all.leaf_value, one.leaf_value);
  append(all.leaf_cover, one.leaf_cover);
  for (std::size_t i = 1; i < one.set_start.size(); ++i) all.set_start.push_back(one.set_start[i] + words);
  append(all.set_words, one.set_words);
  all.tree_output.push_back(0);
  all.first_node.push_back(static_cast<std::uint32_t>(all.nodes()));
  all.first_leaf.push_back(static_cast<std::uint32_t>(all.leaves()));
}

/// Room for all trees, once the first ones have shown their size.
void reserve(TreeParts& parts, double times) {
  const auto nodes = static_cast<std::size_t>(static_cast<double>(parts.nodes()) * times);
  const auto leaves = static_cast<std::size_t>(static_cast<double>(parts.leaves()) * times);
  parts.feature.reserve(nodes);
  parts.threshold.reserve(nodes);
  parts.left.reserve(nodes);
  parts.right.reserve(nodes);
  parts.flags.reserve(nodes);
  parts.gain.reserve(nodes);
  parts.cover.reserve(nodes);
  parts.leaf_value.reserve(leaves * parts.width);
  parts.leaf_cover.reserve(leaves);
}

/// The decrease of the impurity by feature, as a share of the tree's; shadows are taken off.
std::vector<double> gains_of(const CodeTree& tree, std::size_t columns, std::size_t real, bool shares) {
  std::vector<double> gains(columns, 0.0);
  double sum = 0;
  for (const CodeNode& node : tree.nodes) {
    gains[static_cast<std::size_t>(node.feature)] += static_cast<double>(node.gain);
    sum += static_cast<double>(node.gain);
  }
  const double scale = shares ? sum : (tree.nodes.empty() ? 0.0 : tree.nodes[0].cover);
  for (double& gain : gains) gain = scale > 0 ? gain / scale : 0.0;
  for (std::size_t j = real; j < columns; ++j) gains[j - real] -= gains[j];
  gains.resize(real);
  return gains;
}

/// How well answers fit the rows: the share of wrong classes, or the mean squared error. Of several targets
/// all classes must be right, and squared errors are those of the mean target.
class Judge {
 public:
  Judge(const Dataset& data, const ForestRows& rows, std::size_t answers)
      : data_(data), rows_(rows), answers_(answers) {}
  double error(std::size_t row, const double* answer) const {
    if (rows_.several.count > 0) return error_of_several(row, answer);
    if (rows_.classes == 0) {
      const double apart = rows_.value[row] - answer[0];
      return apart * apart;
    }
    const std::size_t best =
        rows_.classes == 2 ? (answer[0] > 0.5 ? 1U : 0U)
                           : static_cast<std::size_t>(std::max_element(answer, answer + answers_) - answer);
    return best == rows_.code[row] ? 0.0 : 1.0;
  }
  double weight(std::size_t row) const { return data_.weight(row); }

 private:
  double error_of_several(std::size_t row, const double* answer) const {
    const ForestRows::Several& several = rows_.several;
    double squares = 0;
    for (std::size_t t = 0; t < several.count; ++t) {
      const std::size_t at = row * several.count + t;
      if (rows_.numbers()) {
        const double apart = several.value[at] - answer[t];
        squares += apart * apart;
        continue;
      }
      const double* first = answer + several.first[t];
      const double* best = std::max_element(first, answer + several.first[t + 1]);
      if (best - answer != several.code[at]) return 1.0;
    }
    return squares / static_cast<double>(several.count);
  }

  const Dataset& data_;
  const ForestRows& rows_;
  std::size_t answers_;
};

template <class Code>
class Forest {
 public:
  Forest(const Dataset& data, const ForestSettings& settings, const BinnedFeatures& binned,
         const ForestRows& rows, ForestCriterion criterion, bool random_cuts, const Context& context)
      : data_(data), settings_(settings), rows_(rows), context_(context), codes_(binned, false, context) {
    rules_ = rules_of(settings, rows, codes_.real_columns());
    rules_.criterion = criterion;
    rules_.random_cuts = random_cuts;
    share_ = settings.share.value_or(settings.sampling == ForestSampling::subsample ? 0.632 : 1.0);
    judges_rows_ = settings.sampling != ForestSampling::all &&
                   !(settings.sampling == ForestSampling::subsample && share_ >= 1);
    // Squares of larger errors are no numbers any more.
    for (const auto* values : {&rows.value, &rows.several.value}) {
      for (const double value : *values) judges_rows_ = judges_rows_ && std::abs(value) < 1e140;
    }
    grower_ = make_grower(codes_, rows, rules_);
  }

  GrownForest grow() {
    const auto trees = static_cast<std::size_t>(settings_.trees);
    const std::size_t together = std::max(kTreesTogether, 2 * static_cast<std::size_t>(context_.threads()));
    answers_ = grower_->answers();
    grown_.parts = TreeParts::empty(codes_.real_columns(), answers_, answers_);
    grown_.impurity.assign(codes_.real_columns(), 0.0);
    if (settings_.importance == ForestImportance::permutation && judges_rows_) {
      grown_.permutation.assign(codes_.real_columns(), 0.0);
    }
    if (settings_.out_of_bag && judges_rows_) {
      sums_.assign(rows_.weight.size() * answers_, 0.0);
      seen_.assign(rows_.weight.size(), 0);
    }
    std::size_t done = 0;
    while (done < trees) {
      const std::size_t count = std::min(together, trees - done);
      grow_some(done, count);
      if (done == 0 && trees > count) {
        reserve(grown_.parts, 1.04 * static_cast<double>(trees) / static_cast<double>(count));
      }
      done += count;
      context_.progress("trees", static_cast<double>(done) / static_cast<double>(trees));
      if (!grown_.curve.empty() && !std::isnan(grown_.curve.back())) {
        context_.metric("out_of_bag_error", done, grown_.curve.back());
      }
      if (context_.stop_requested()) break;
    }
    finish(done);
    return std::move(grown_);
  }

 private:
  struct One {
    TreeParts parts;
    std::vector<double> samples, gains, permutation;
    std::vector<std::int32_t> leaf;  ///< [rows]: where out-of-bag rows end, -1 for the others
  };

  One grow_one(std::size_t index, const Context& context) const {
    One one;
    std::vector<std::uint32_t> loads;
    Stream stream = context.random("forest.rows", index);
    rows_.draw(stream, settings_.sampling, share_, loads);
    CodeTree tree = grower_->grow(index, loads, context);
    one.parts = flat(tree, codes_, rows_.unit, answers_);
    one.gains = gains_of(tree, codes_.columns(), codes_.real_columns(), true);
    one.samples = std::move(tree.samples);
    if (sums_.empty() && grown_.permutation.empty()) return one;
    std::vector<std::uint32_t> outside;
    for (const std::uint32_t row : rows_.present) {
      if (loads[row] == 0) outside.push_back(row);
    }
    const CodeWalk<Code> walk(tree, codes_);
    std::vector<std::int32_t> leaves(outside.size());
    walk.leaves(outside, leaves.data());
    if (!grown_.permutation.empty()) one.permutation = permuted(tree, walk, outside, leaves, index, context);
    if (sums_.empty()) return one;
    one.leaf.assign(loads.size(), -1);
    for (std::size_t i = 0; i < outside.size(); ++i) one.leaf[outside[i]] = leaves[i];
    return one;
  }

  /// How much worse the tree answers when a feature is shuffled among the rows it did not see.
  std::vector<double> permuted(const CodeTree& tree, const CodeWalk<Code>& walk,
                               std::span<const std::uint32_t> outside, std::span<const std::int32_t> leaves,
                               std::size_t index, const Context& context) const {
    const Judge judge(data_, rows_, answers_);
    std::vector<double> worse(codes_.real_columns(), 0.0);
    double weight = 0;
    for (const std::uint32_t row : outside) weight += judge.weight(row);
    if (!(weight > 0)) return worse;
    const auto error = [&](std::span<const std::int32_t> ends) {
      double sum = 0;
      for (std::size_t i = 0; i < outside.size(); ++i) {
        const double* answer = tree.values.data() + static_cast<std::size_t>(ends[i]) * answers_;
        sum += judge.weight(outside[i]) * judge.error(outside[i], answer);
      }
      return sum / weight;
    };
    const double before = error(leaves);
    std::vector<char> asked(codes_.columns(), 0);
    for (const CodeNode& node : tree.nodes) asked[static_cast<std::size_t>(node.feature)] = 1;
    std::vector<std::int32_t> ends(outside.size());
    Stream stream = context.random("forest.permuted", index);
    for (std::size_t j = 0; j < asked.size(); ++j) {
      context.check();
      if (!asked[j]) continue;
      std::vector<std::uint32_t> from(outside.begin(), outside.end());
      for (std::size_t i = from.size(); i > 1; --i) {
        std::swap(from[i - 1], from[draw_below(stream, static_cast<std::uint32_t>(i))]);
      }
      walk.leaves_shuffled(outside, static_cast<std::uint32_t>(j), from, ends.data());
      worse[j] = error(ends) - before;
    }
    return worse;
  }

  void grow_some(std::size_t first, std::size_t count) {
    std::vector<One> some(count);
    // Few trees share their branches among the threads, many are dealt out whole: the same trees either way.
    if (count >= static_cast<std::size_t>(context_.threads())) {
      parallel_for(context_, count, 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) some[i] = grow_one(first + i, context_);
      });
    } else {
      for (std::size_t i = 0; i < count; ++i) some[i] = grow_one(first + i, context_);
    }
    if (!sums_.empty()) add_out_of_bag(some);
    for (One& one : some) {
      join(grown_.parts, one.parts);
      append(grown_.samples, one.samples);
      for (std::size_t j = 0; j < one.gains.size(); ++j) grown_.impurity[j] += one.gains[j];
      for (std::size_t j = 0; j < one.permutation.size(); ++j) grown_.permutation[j] += one.permutation[j];
      one = {};
    }
  }

  /// Adds the trees in order, row by row, and notes the error after each.
  void add_out_of_bag(const std::vector<One>& some) {
    struct Errors {
      std::vector<double> error, weight;
    };
    const Judge judge(data_, rows_, answers_);
    const auto errors = parallel_reduce<Errors>(
        context_, rows_.present.size(), 16384,
        [&](std::size_t begin, std::size_t end) {
          Errors sums{std::vector<double>(some.size(), 0.0), std::vector<double>(some.size(), 0.0)};
          std::vector<double> mean(answers_);
          for (std::size_t i = begin; i < end; ++i) {
            const std::uint32_t row = rows_.present[i];
            double* sum = sums_.data() + row * answers_;
            for (std::size_t t = 0; t < some.size(); ++t) {
              const std::int32_t leaf = some[t].leaf[row];
              if (leaf >= 0) {
                const double* values =
                    some[t].parts.leaf_value.data() + static_cast<std::size_t>(leaf) * answers_;
                for (std::size_t k = 0; k < answers_; ++k) sum[k] += values[k];
                ++seen_[row];
              }
              if (seen_[row] == 0) continue;
              for (std::size_t k = 0; k < answers_; ++k) mean[k] = sum[k] / seen_[row];
              sums.error[t] += judge.weight(row) * judge.error(row, mean.data());
              sums.weight[t] += judge.weight(row);
            }
          }
          return sums;
        },
        [](Errors& into, Errors&& part) {
          for (std::size_t t = 0; t < into.error.size(); ++t) {
            into.error[t] += part.error[t];
            into.weight[t] += part.weight[t];
          }
        });
    for (std::size_t t = 0; t < some.size(); ++t) {
      const double mean = errors.weight[t] > 0 ? errors.error[t] / errors.weight[t] : kNone;
      grown_.curve.push_back(rows_.numbers() ? std::sqrt(mean) : mean);
    }
  }

  void finish(std::size_t trees) {
    const auto count = static_cast<double>(trees);
    for (double& value : grown_.parts.leaf_value) value /= count;
    double sum = 0;
    for (const double gain : grown_.impurity) sum += gain;
    for (double& gain : grown_.impurity) gain = sum > 0 ? gain / sum : 0.0;
    for (double& worse : grown_.permutation) worse /= count;
    if (!sums_.empty()) {
      grown_.out_of_bag = std::move(sums_);
      for (std::size_t i = 0; i < seen_.size(); ++i) {
        for (std::size_t k = 0; k < answers_; ++k) {
          double& value = grown_.out_of_bag[i * answers_ + k];
          value = seen_[i] > 0 ? value / seen_[i] : kNone;
        }
      }
    }
  }

  const Dataset& data_;
  const ForestSettings& settings_;
  const ForestRows& rows_;
  const Context& context_;
  ForestCodes<Code> codes_;
  GrowRules rules_;
  std::unique_ptr<ForestGrower<Code>> grower_;
  double share_ = 1;
  bool judges_rows_ = false;
  std::size_t answers_ = 1;
  GrownForest grown_;
  std::vector<double> sums_;         ///< [rows, answers]
  std::vector<std::uint32_t> seen_;  ///< [rows]
};

/// A second forest in which every feature has a shuffled copy: what the copies seem to gain is chance.
template <class Code>
std::vector<double> corrected_importance(const ForestSettings& settings, const BinnedFeatures& binned,
                                         const ForestRows& rows, ForestCriterion criterion, bool random_cuts,
                                         const Context& context) {
  const ForestCodes<Code> codes(binned, true, context);
  GrowRules rules = rules_of(settings, rows, codes.real_columns());
  rules.criterion = criterion;
  rules.random_cuts = random_cuts;
  rules.keep_samples = false;
  const auto grower = make_grower(codes, rows, rules);
  const double share = settings.share.value_or(settings.sampling == ForestSampling::subsample ? 0.632 : 1.0);
  const auto trees = static_cast<std::size_t>(settings.trees);
  std::vector<std::vector<double>> gains(trees);
  parallel_for(context, trees, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      std::vector<std::uint32_t> loads;
      Stream stream = context.random("forest.shadow.rows", i);
      rows.draw(stream, settings.sampling, share, loads);
      const CodeTree tree = grower->grow(i, loads, context);
      gains[i] = gains_of(tree, codes.columns(), codes.real_columns(), false);
    }
  });
  std::vector<double> mean(codes.real_columns(), 0.0);
  for (const auto& one : gains) {
    for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += one[j] / static_cast<double>(trees);
  }
  return mean;
}

template <class Code>
GrownForest grow_with(const Dataset& data, const ForestSettings& settings, const BinnedFeatures& binned,
                      const ForestRows& rows, ForestCriterion criterion, bool random_cuts,
                      const Context& context) {
  GrownForest grown = Forest<Code>(data, settings, binned, rows, criterion, random_cuts, context).grow();
  if (settings.importance == ForestImportance::corrected) {
    grown.corrected = corrected_importance<Code>(settings, binned, rows, criterion, random_cuts, context);
  }
  return grown;
}

}  // namespace

GrownForest grow_forest(const Dataset& data, const ForestSettings& settings, ForestCriterion criterion,
                        bool random_cuts, ForestClassWeights balance, const Context& context) {
  const BudgetScope scope(context.memory());
  const std::shared_ptr<const BinnedFeatures> shared =
      shared_bins(data, {.max_bins = settings.bins}, context);
  const BinnedFeatures& binned = *shared;
  const ForestRows rows = ForestRows::of(data, balance, criterion != ForestCriterion::poisson);
  bool wide = false;
  for (std::size_t j = 0; j < binned.columns(); ++j) wide = wide || binned.codes8(j) == nullptr;
  return wide ? grow_with<std::uint16_t>(data, settings, binned, rows, criterion, random_cuts, context)
              : grow_with<std::uint8_t>(data, settings, binned, rows, criterion, random_cuts, context);
}

}  // namespace everyml
