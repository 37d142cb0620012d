#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "everyml/ensembles/adaboost/adaboost_classifier.h"
#include "everyml/ensembles/adaboost/boosted_rows_impl.h"
#include "everyml/ensembles/adaboost/small_tree_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr std::size_t kGrain = 16384;
/// Beyond this sum the whole-number weights are scaled down to fit again.
constexpr double kLargestSum = 1152921504606846976.0;  // 2^60
/// Histograms of all columns are kept from round to round when they take no more cells than this.
constexpr std::size_t kKeptCells = std::size_t{1} << 25;

/// The rounds of SAMME. Only the rows that a tree gets wrong change their weight, so the histograms of all
/// rows are kept and corrected by those rows alone; whole numbers make that exact.
class Rounds {
 public:
  Rounds(const Dataset& data, const AdaBoostClassifier& settings, const Context& context)
      : settings_(settings),
        context_(context),
        rows_(boosted_rows(data, AdaBoostClassifier::name)),
        codes_(packed_codes(data, rows_, settings.max_bins, context)),
        classes_(rows_.starts.size() - 1),
        sums_(rows_.starts, {}) {
    const int exponent = weight_exponent(rows_.weight);
    weight_.reserve(rows_.weight.size());
    for (const double weight : rows_.weight) weight_.push_back(fixed_weight(weight, exponent));
    first_weight_ = weight_;
    sum_ = first_sum_ = std::accumulate(weight_.begin(), weight_.end(), std::int64_t{0});
    class_of_.resize(weight_.size());
    for (std::size_t c = 0; c < classes_; ++c) {
      present_ += rows_.starts[c + 1] > rows_.starts[c];
      std::fill(class_of_.begin() + static_cast<std::ptrdiff_t>(rows_.starts[c]),
                class_of_.begin() + static_cast<std::ptrdiff_t>(rows_.starts[c + 1]),
                static_cast<std::int32_t>(c));
    }
    sums_ = ClassSums(rows_.starts, weight_);
    votes_ = Buffer<double>(weight_.size() * classes_);
    leader_.assign(weight_.size(), -1);
    keeps_ = group_cells(classes_) * codes_.groups() <= kKeptCells;
    parts_ = TreeParts::empty(data.columns(), classes_, classes_);
  }

  AdaBoostClassifierModel run(const Dataset& data) {
    if (keeps_) sum_all();
    for (int round = 0; round < settings_.rounds; ++round) {
      if (round > 0 && context_.stop_requested()) break;
      if (!step(round)) break;
      context_.progress("AdaBoost", static_cast<double>(round + 1) / settings_.rounds);
    }
    AdaBoostClassifierModel::State state{TreeEnsemble(std::move(parts_))};
    state.features = column_names(data);
    state.classes.assign(data.target.names().begin(), data.target.names().end());
    for (std::size_t c = 0; c < classes_; ++c) {
      double share = 0;
      for (std::size_t p = rows_.starts[c]; p < rows_.starts[c + 1]; ++p)
        share += rows_.weight[p] / rows_.weight_sum;
      // A class with rows keeps a share, however little its rows weigh.
      const bool rows = rows_.starts[c + 1] > rows_.starts[c];
      state.priors.push_back(rows ? std::max(share, 1e-300) : 0.0);
    }
    state.votes = std::move(tree_votes_);
    state.errors = std::move(errors_);
    state.train_errors = std::move(train_errors_);
    state.margins = margin_quantiles(state.votes);
    return AdaBoostClassifierModel(std::move(state));
  }

 private:
  /// One tree; false when there is to be no further one.
  bool step(int round) {
    SmallTree grown = grow_small_tree(codes_, sums_, settings_.depth, keeps_ ? &kept_ : nullptr, context_);
    const std::size_t nodes = grown.tree.nodes.size();
    std::vector<std::int32_t> answer(nodes);
    std::int64_t all = 0, right = 0;
    for (std::size_t node = 0; node < nodes; ++node) {
      const std::int64_t* sums = grown.sums.data() + node * classes_;
      answer[node] = static_cast<std::int32_t>(std::max_element(sums, sums + classes_) - sums);
      if (node == 0) all = sums_.weight(sums);
      if (grown.tree.nodes[node].feature < 0) right += sums[answer[node]];
    }
    const double error = static_cast<double>(all - right) / static_cast<double>(all);
    const double others = static_cast<double>(present_) - 1;
    // No better than a guess: of no use, unless it is all there is.
    const bool guess = error >= 1 - 1 / static_cast<double>(present_);
    if (guess && !errors_.empty()) return false;
    const bool last = guess || error <= 0;
    const double vote =
        last ? 1.0
             : settings_.learning_rate * (std::log((1 - error) / error) + std::log(std::max(others, 1.0)));
    add_tree(grown, answer, vote);
    errors_.push_back(error);
    tree_votes_.push_back(vote);
    count_votes(grown.node_of, answer, vote);
    context_.metric("train_error", static_cast<std::size_t>(round), train_errors_.back());
    if (last) return false;
    if (round + 1 < settings_.rounds) raise_weights(std::exp(vote), error);
    return true;
  }

  void add_tree(SmallTree& grown, const std::vector<std::int32_t>& answer, double vote) {
    rescale(grown, rows_.weight_sum);
    grown.tree.values.assign(answer.size() * classes_, 0.0);
    for (std::size_t node = 0; node < answer.size(); ++node)
      grown.tree.values[node * classes_ + static_cast<std::size_t>(answer[node])] = vote;
    parts_.append(grown.tree, 0);
  }

  /// Adds the tree's vote on each row, notes which rows it gets wrong, and who leads the vote now.
  void count_votes(const std::vector<std::int32_t>& node_of, const std::vector<std::int32_t>& answer,
                   double vote) {
    struct Part {
      std::int64_t wrong_weight = 0;
      std::vector<std::uint32_t> wrong;
    };
    Part joined = parallel_reduce<Part>(
        context_, class_of_.size(), kGrain,
        [&](std::size_t begin, std::size_t end) {
          Part part;
          part.wrong.resize(end - begin);
          std::size_t count = 0;
          for (std::size_t p = begin; p < end; ++p) {
            const std::int32_t told = answer[static_cast<std::size_t>(node_of[p])];
            double* votes = votes_.data() + p * classes_;
            votes[told] += vote;
            std::int32_t& leader = leader_[p];
            if (leader < 0 || votes[told] > votes[leader] || (votes[told] == votes[leader] && told < leader))
              leader = told;
            part.wrong[count] = static_cast<std::uint32_t>(p);
            count += told != class_of_[p];
            part.wrong_weight += leader != class_of_[p] ? first_weight_[p] : 0;
          }
          part.wrong.resize(count);
          return part;
        },
        [](Part& into, Part&& part) {
          into.wrong_weight += part.wrong_weight;
          into.wrong.insert(into.wrong.end(), part.wrong.begin(), part.wrong.end());
        });
    wrong_ = std::move(joined.wrong);
    train_errors_.push_back(static_cast<double>(joined.wrong_weight) / static_cast<double>(first_sum_));
  }

  /// Multiplies the weights of the rows that were wrong; `error` is their share of all weight.
  void raise_weights(double factor, double error) {
    std::vector<double> raised(wrong_.size());
    for (std::size_t i = 0; i < raised.size(); ++i)
      raised[i] = static_cast<double>(weight_[wrong_[i]]) * factor;
    const auto before = static_cast<double>(sum_);
    const double after = before * (1 - error + error * factor);
    if (!(after < kLargestSum)) {
      const double scale = std::ldexp(1.0, kWeightBits - std::ilogb(after));
      for (std::int64_t& weight : weight_) weight = std::llround(static_cast<double>(weight) * scale);
      for (std::size_t i = 0; i < raised.size(); ++i) weight_[wrong_[i]] = std::llround(raised[i] * scale);
      sum_ = std::accumulate(weight_.begin(), weight_.end(), std::int64_t{0});
      if (keeps_) sum_all();
      return;
    }
    amounts_.resize(wrong_.size());
    for (std::size_t i = 0; i < wrong_.size(); ++i) {
      std::int64_t& weight = weight_[wrong_[i]];
      amounts_[i] = std::llround(raised[i]) - weight;
      weight += amounts_[i];
      sum_ += amounts_[i];
    }
    if (keeps_) correct();
  }

  void sum_all() {
    const std::size_t size = group_cells(classes_);
    kept_.assign(size * codes_.groups(), 0);
    parallel_for(context_, codes_.groups(), groups_per_piece(codes_.places()),
                 [&](std::size_t begin, std::size_t end) {
                   for (std::size_t group = begin; group < end; ++group)
                     sums_.add(codes_, group, {}, true, kept_.data() + group * size);
                 });
  }

  void correct() {
    const std::size_t size = group_cells(classes_);
    parallel_for(context_, codes_.groups(), groups_per_piece(wrong_.size()),
                 [&](std::size_t begin, std::size_t end) {
                   for (std::size_t group = begin; group < end; ++group)
                     sums_.add_amounts(codes_, group, wrong_, amounts_, kept_.data() + group * size);
                 });
  }

  /// A row's margin: its class's share of the vote less the largest other share.
  std::vector<double> margin_quantiles(const std::vector<double>& tree_votes) const {
    const double all = std::accumulate(tree_votes.begin(), tree_votes.end(), 0.0);
    std::vector<std::pair<double, std::int64_t>> margins(class_of_.size());
    for (std::size_t p = 0; p < margins.size(); ++p) {
      const double* votes = votes_.data() + p * classes_;
      double other = 0;
      for (std::size_t c = 0; c < classes_; ++c)
        if (static_cast<std::int32_t>(c) != class_of_[p]) other = std::max(other, votes[c]);
      margins[p] = {(votes[class_of_[p]] - other) / all, first_weight_[p]};
    }
    std::sort(margins.begin(), margins.end());
    std::vector<double> quantiles;
    std::size_t at = 0;
    std::int64_t below = 0;
    for (int i = 0; i <= 20; ++i) {
      const double wanted = i / 20.0 * static_cast<double>(first_sum_);
      while (at + 1 < margins.size() && static_cast<double>(below + margins[at].second) < wanted)
        below += margins[at++].second;
      quantiles.push_back(margins[i == 20 ? margins.size() - 1 : at].first);
    }
    return quantiles;
  }

  const AdaBoostClassifier& settings_;
  const Context& context_;
  BoostedRows rows_;
  PackedCodes codes_;
  std::size_t classes_;
  std::size_t present_ = 0;
  std::vector<std::int64_t> weight_, first_weight_;  ///< [places], now and at first
  std::int64_t sum_ = 0, first_sum_ = 0;
  std::vector<std::int32_t> class_of_;  ///< [places]
  ClassSums sums_;
  bool keeps_ = false;
  TreeSums kept_;
  Buffer<double> votes_;               ///< [places, classes]
  std::vector<std::int32_t> leader_;   ///< [places]: the class with most votes; -1 before the first
  std::vector<std::uint32_t> wrong_;   ///< places that the last tree got wrong
  std::vector<std::int64_t> amounts_;  ///< what their weights grew by
  TreeParts parts_;
  std::vector<double> tree_votes_, errors_, train_errors_;
};

}  // namespace

AdaBoostClassifierModel AdaBoostClassifier::fit(const Dataset& data, const Context& context) const {
  everyml::validate(*this);
  data.validate(name, {.target = Target::Kind::classes, .missing_allowed = true, .minimum_classes = 2});
  return Rounds(data, *this, context).run(data);
}

}  // namespace everyml
