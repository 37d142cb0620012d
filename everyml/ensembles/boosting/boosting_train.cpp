#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "everyml/ensembles/boosting/boosting_rows_impl.h"
#include "everyml/ensembles/boosting/boosting_train_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::boosting_detail {
namespace {

/// Rows whose scores grow with the trees, and the loss over them.
struct Scored {
  std::unique_ptr<BoostingLoss> loss;
  std::unique_ptr<BoostingLoss> unweighted;  ///< of rows of weight 1, where the loss is a sum over rows
  BinnedFeatures binned;
  Buffer<double> scores;  ///< [outputs, rows]

  std::size_t rows() const { return loss->rows(); }
};

/// Others look at rows together, so weights are part of every derivative.
bool sums_over_rows(ObjectiveKind kind) {
  using K = ObjectiveKind;
  return kind != K::cox && kind != K::lambdamart_ndcg && kind != K::lambdamart_map && kind != K::pairwise &&
         kind != K::xe_ndcg && kind != K::formula;
}

Scored scored(const Dataset& data, const BinnedFeatures& all, std::span<const std::size_t> rows,
              const BoostingObjective& objective, const Context& context) {
  const bool whole = rows.size() == data.rows();
  std::vector<double> weights;
  std::vector<std::int32_t> groups;
  bool plain = true;
  for (const std::size_t row : rows) plain &= data.weight(row) == 1;
  if (!plain)
    for (const std::size_t row : rows) weights.push_back(data.weight(row));
  if (!data.groups.empty())
    for (const std::size_t row : rows) groups.push_back(data.groups[row]);
  const Target target = whole ? data.target : data.target.select(rows);
  Scored out{
      objective.over(target, weights, groups, context),
      plain || !sums_over_rows(objective.spec().kind) ? nullptr : objective.over(target, {}, groups, context),
      whole ? all : all.select_rows(rows, context), Buffer<double>(rows.size() * objective.outputs())};
  return out;
}

/// Adds a tree's answers to the scores of the rows it was grown from.
void add_answers(const GrownRows& grown, std::span<const std::uint32_t> rows, std::span<double> scores,
                 const Context& context) {
  std::vector<double> answers;
  for (const GrownRows::Leaf& leaf : grown.leaves) answers.push_back(grown.tree.values[leaf.node]);
  parallel_for(context, rows.size(), 65536, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) scores[rows[i]] += answers[grown.leaf_of[rows[i]]];
  });
}

/// The same for rows that the tree did not see; `factor` multiplies its answers.
void add_answers_of_others(const GrownRows& grown, const BinnedFeatures& binned,
                           std::span<const std::uint32_t> some, double factor, std::span<double> scores,
                           std::vector<std::uint32_t>& nodes, const Context& context) {
  const std::size_t n = some.empty() ? binned.rows() : some.size();
  nodes.resize(n);
  leaf_nodes(grown, binned, some, nodes, context);
  for (std::size_t i = 0; i < n; ++i)
    scores[some.empty() ? i : some[i]] += factor * grown.tree.values[nodes[i]];
}

class Boosting {
 public:
  Boosting(const Dataset& data, const BoostingObjective& objective, const BoostingSettings& settings,
           const Context& context)
      : data_(data), objective_(objective), settings_(settings), context_(context) {}

  Boosted run();

 private:
  void start();
  bool round(std::size_t number);
  bool tree(std::size_t number, std::size_t output);
  void derive(std::size_t number);
  void renew(GrownRows& grown, std::size_t output) const;
  void drop(std::size_t number);
  void restore();
  bool better_rounds_follow(std::size_t number);
  std::span<double> of(Buffer<double>& all, std::size_t output) const {
    return all.span().subspan(output * (all.size() / outputs_), all.size() / outputs_);
  }

  const Dataset& data_;
  const BoostingObjective& objective_;
  const BoostingSettings& settings_;
  const Context& context_;
  std::size_t outputs_ = 1;
  std::optional<Scored> training_, validation_;
  std::optional<Grower> grower_;
  std::vector<double> weights_;
  Buffer<float> gradient_, hessian_;
  std::vector<std::uint32_t> nodes_, all_rows_;
  Boosted out_;
  double best_loss_ = 0;
  std::size_t best_round_ = 0;
  // DART
  struct Kept {
    GrownRows grown;
    std::size_t output;
    double factor = 1;
  };
  std::vector<Kept> kept_;
  std::vector<std::size_t> dropped_;
};

void Boosting::start() {
  const auto shared = shared_bins(data_, {.max_bins = settings_.bins, .bundle = true}, context_);
  const BinnedFeatures& all = *shared;
  const RowParts parts = part_rows(data_, settings_.validation_share, context_);
  outputs_ = objective_.outputs();
  training_.emplace(scored(data_, all, parts.training, objective_, context_));
  if (!parts.validation.empty())
    validation_.emplace(scored(data_, all, parts.validation, objective_, context_));
  bool plain = true;
  for (const std::size_t row : parts.training) plain &= data_.weight(row) == 1;
  if (!plain)
    for (const std::size_t row : parts.training) weights_.push_back(data_.weight(row));
  GrowerSettings growing = grower_settings(settings_, data_);
  growing.unweighted = weights_.empty();
  grower_.emplace(training_->binned, std::move(growing), context_);
  const std::size_t n = training_->rows();
  gradient_ = Buffer<float>::uninitialized(n * outputs_);
  const BoostingLoss& loss = training_->unweighted ? *training_->unweighted : *training_->loss;
  if (!loss.unit_hessian() || settings_.sampling == RowSampling::gradient)
    hessian_ = Buffer<float>::uninitialized(n * outputs_);
  out_.parts = TreeParts::empty(data_.columns(), outputs_, 1);
  out_.parts.base = training_->loss->start(context_);
  for (std::size_t o = 0; o < outputs_; ++o) {
    std::fill_n(of(training_->scores, o).begin(), n, out_.parts.base[o]);
    if (validation_) std::fill_n(of(validation_->scores, o).begin(), validation_->rows(), out_.parts.base[o]);
  }
  if (validation_) best_loss_ = validation_->loss->value(validation_->scores, context_);
}

void Boosting::renew(GrownRows& grown, std::size_t output) const {
  if (!training_->loss->renews_leaves()) return;
  parallel_for(context_, grown.leaves.size(), 1, [&](std::size_t k, std::size_t) {
    const GrownRows::Leaf& leaf = grown.leaves[k];
    const std::span<const std::uint32_t> some = grown.rows.subspan(leaf.begin, leaf.end - leaf.begin);
    if (some.empty()) return;
    grown.tree.values[leaf.node] =
        std::clamp(training_->loss->renewed(output, some, training_->scores), leaf.low, leaf.high);
  });
}

bool Boosting::tree(std::size_t number, std::size_t output) {
  const std::size_t n = training_->rows();
  const std::uint64_t tree_number = number * outputs_ + output;
  GrowerInput input;
  input.gradient = gradient_.span().subspan(output * n, n);
  if (!hessian_.empty()) input.hessian = hessian_.span().subspan(output * n, n);
  input.weights = weights_;
  input.key = context_.random("boosting-tree", tree_number).next_u64();
  if (all_rows_.empty()) {
    all_rows_.resize(n);
    std::iota(all_rows_.begin(), all_rows_.end(), 0u);
  }
  const RowSample sample =
      sample_rows(settings_, tree_number, gradient_.span().subspan(output * n, n),
                  hessian_.empty() ? std::span<float>{} : hessian_.span().subspan(output * n, n), context_);
  input.rows = sample.all ? std::span<const std::uint32_t>(all_rows_) : sample.chosen;
  const std::vector<std::uint8_t> columns = sample_columns(settings_, tree_number, data_.columns(), context_);
  input.allowed = columns;
  GrownRows grown = grower_->grow(input, context_);
  const bool split = grown.tree.nodes.size() > 1;
  renew(grown, output);
  const double rate =
      settings_.learning_rate * (dropped_.empty() ? 1.0 : 1.0 / static_cast<double>(dropped_.size() + 1));
  for (double& value : grown.tree.values) value *= rate;
  for (const double value : grown.tree.values)
    if (!std::isfinite(value))
      throw DataError("data.spread", "answers of leaves are beyond doubles; scale the target");
  add_answers(grown, input.rows, of(training_->scores, output), context_);
  if (!sample.others.empty())
    add_answers_of_others(grown, training_->binned, sample.others, 1, of(training_->scores, output), nodes_,
                          context_);
  if (validation_)
    add_answers_of_others(grown, validation_->binned, {}, 1, of(validation_->scores, output), nodes_,
                          context_);
  if (settings_.drop_rate > 0) {
    kept_.push_back({std::move(grown), output, 1});
    kept_.back().grown.rows = kept_.back().grown.leaf_of = {};
  } else {
    out_.parts.append(grown.tree, static_cast<std::uint32_t>(output));
  }
  return split;
}

/// DART: the next tree learns what the dropped ones, drawn at random, leave open.
/// Reference: Vinayak and Gilad-Bachrach, "DART: Dropouts meet Multiple Additive Regression Trees", AISTATS
/// 2015.
void Boosting::drop(std::size_t number) {
  dropped_.clear();
  if (settings_.drop_rate <= 0) return;
  Stream stream = context_.random("boosting-drop", number);
  if (stream.uniform() < settings_.skip_drop) return;
  std::vector<std::size_t> rounds;
  for (std::size_t r = 0; r < number; ++r)
    if (stream.uniform() < settings_.drop_rate) rounds.push_back(r);
  const auto most = static_cast<std::size_t>(settings_.max_drop);
  if (rounds.size() > most) {
    std::vector<std::size_t> fewer;
    for (const std::size_t at : stream.sample(rounds.size(), most)) fewer.push_back(rounds[at]);
    rounds = std::move(fewer);
  }
  dropped_ = std::move(rounds);
  for (const std::size_t r : dropped_)
    for (std::size_t o = 0; o < outputs_; ++o) {
      const Kept& kept = kept_[r * outputs_ + o];
      add_answers_of_others(kept.grown, training_->binned, {}, -kept.factor, of(training_->scores, o), nodes_,
                            context_);
    }
}

void Boosting::restore() {
  const auto k = static_cast<double>(dropped_.size());
  for (const std::size_t r : dropped_) {
    for (std::size_t o = 0; o < outputs_; ++o) {
      Kept& kept = kept_[r * outputs_ + o];
      const double before = kept.factor;
      kept.factor *= k / (k + 1);
      add_answers_of_others(kept.grown, training_->binned, {}, kept.factor, of(training_->scores, o), nodes_,
                            context_);
      if (validation_)
        add_answers_of_others(kept.grown, validation_->binned, {}, kept.factor - before,
                              of(validation_->scores, o), nodes_, context_);
    }
  }
}

/// Derivatives as of rows of weight 1: the grower multiplies, so that k copies and a weight of k are the
/// same.
void Boosting::derive(std::size_t number) {
  const BoostingLoss& loss = training_->unweighted ? *training_->unweighted : *training_->loss;
  loss.derivatives(training_->scores, gradient_, hessian_, number, context_);
  if (training_->unweighted || weights_.empty()) return;
  const std::size_t n = training_->rows();
  for (std::size_t i = 0; i < gradient_.size(); ++i) {
    const auto weight = static_cast<float>(weights_[i % n]);
    gradient_[i] /= weight;
    if (!hessian_.empty()) hessian_[i] /= weight;
  }
}

bool Boosting::round(std::size_t number) {
  drop(number);
  derive(number);
  bool split = false;
  for (std::size_t o = 0; o < outputs_; ++o) split |= tree(number, o);
  restore();
  return split;
}

/// Takes down the loss of the rows kept back; false when patience is at its end.
bool Boosting::better_rounds_follow(std::size_t number) {
  if (!validation_) {
    out_.rounds = number + 1;
    return true;
  }
  const double loss = validation_->loss->value(validation_->scores, context_);
  out_.validation_loss.push_back(loss);
  context_.metric("validation loss", number, loss);
  if (loss < best_loss_) {
    best_loss_ = loss;
    best_round_ = number + 1;
  }
  // Later rounds of DART change earlier trees, so there is no going back to the best.
  out_.rounds = settings_.drop_rate > 0 ? number + 1 : best_round_;
  return number + 1 - best_round_ < static_cast<std::size_t>(settings_.patience);
}

Boosted Boosting::run() {
  start();
  const auto rounds = static_cast<std::size_t>(settings_.rounds);
  const bool random = settings_.row_share < 1 || settings_.column_share < 1 ||
                      settings_.column_share_level < 1 || settings_.column_share_node < 1 ||
                      settings_.drop_rate > 0 || settings_.sampling == RowSampling::gradient;
  for (std::size_t number = 0; number < rounds; ++number) {
    context_.check();
    if (context_.stop_requested()) break;
    const bool split = round(number);
    context_.progress("boosting", static_cast<double>(number + 1) / static_cast<double>(rounds));
    if (!better_rounds_follow(number)) break;
    // Without chance the next round would find the same nothing.
    if (!split && !random) break;
  }
  for (Kept& kept : kept_) {
    for (double& value : kept.grown.tree.values) value *= kept.factor;
    out_.parts.append(kept.grown.tree, static_cast<std::uint32_t>(kept.output));
  }
  out_.parts = out_.parts.slice(0, std::min(out_.parts.trees(), out_.rounds * outputs_));
  if (settings_.growth == TreeGrowth::symmetric) out_.parts.round_leaves();
  return std::move(out_);
}

}  // namespace

Boosted boost(const Dataset& data, const BoostingObjective& objective, const BoostingSettings& settings,
              const Context& context) {
  return Boosting(data, objective, settings, context).run();
}

}  // namespace everyml::boosting_detail
