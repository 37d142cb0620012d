#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include "everyml/ensembles/boosting/answer_unit_impl.h"
#include "everyml/ensembles/boosting/boosting_rows_impl.h"
#include "everyml/ensembles/boosting/boosting_scores_impl.h"
#include "everyml/ensembles/boosting/boosting_train_impl.h"
#include "everyml/ensembles/boosting/boosting_views_impl.h"
#include "everyml/ensembles/boosting/boosting_watch_impl.h"
#include "everyml/ensembles/boosting/linear_leaves_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/memory.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::boosting_detail {
namespace {

/// Rounds without a split after which boosting ends where columns or rows are drawn.
constexpr std::size_t kBarrenRounds = 10;
/// Most memory of growers side by side, where the caller sets no limit.
constexpr std::size_t kBytesAtOnce = std::size_t{512} << 20;

class Boosting {
 public:
  Boosting(const Dataset& data, const BoostingObjective& objective, const BoostingSettings& settings,
           const Context& context, const BoostedTrees* earlier)
      : data_(data), objective_(objective), settings_(settings), context_(context), earlier_(earlier) {}

  Boosted run();

 private:
  void start();
  void start_scores();
  void start_from_base();
  View& view_of(std::size_t number);
  bool round(std::size_t number);
  /// A tree of this run, before it is kept.
  struct Made {
    GrownRows grown;
    bool split = false;
  };
  Made tree(std::size_t number, std::size_t output, View& view, Grower& grower,
            std::vector<std::uint32_t>& nodes);
  bool room_beside(const View& view, std::size_t growers) const;
  std::vector<Made> trees_at_once(std::size_t number, View& view);
  void keep(GrownTree tree, const View& view, std::size_t output);
  void make_whole(GrownTree& tree, bool first);
  void derive(std::size_t number);
  void renew(GrownRows& grown, std::size_t output) const;
  void add_linear(const GrownRows& grown, const View& view, std::span<const std::uint32_t> rows,
                  std::span<const std::uint32_t> others, std::size_t output,
                  std::vector<std::uint32_t>& nodes);
  void drop(std::size_t number);
  void restore();
  double watched() const;
  bool better_rounds_follow(std::size_t number);
  std::span<double> of(Buffer<double>& all, std::size_t output) const {
    return all.span().subspan(output * (all.size() / outputs_), all.size() / outputs_);
  }

  const Dataset& data_;
  const BoostingObjective& objective_;
  const BoostingSettings& settings_;
  const Context& context_;
  const BoostedTrees* earlier_;
  std::size_t outputs_ = 1;
  std::size_t first_ = 0;  ///< round
  RowParts parts_;
  std::optional<Scored> training_, validation_;
  std::vector<View> views_;
  std::optional<LinearLeaves> linear_;
  std::vector<double> weights_;
  Buffer<float> gradient_, hessian_;
  std::vector<std::uint32_t> nodes_;
  Boosted out_;
  bool rounds_ = false;  ///< the answers are multiples of a unit
  double unit_ = 0;      ///< 0: none
  std::vector<double> base_;
  double best_ = 0;  ///< smaller is better
  std::size_t best_round_ = 0;
  // DART
  struct Kept {
    GrownRows grown;
    std::size_t output;
    const View* view;
    double factor = 1;
  };
  std::vector<Kept> kept_;  ///< of this run's trees
  std::vector<std::size_t> dropped_;
};

void Boosting::start() {
  outputs_ = objective_.outputs();
  parts_ = part_rows(data_, settings_.validation_share, context_);
  views_ = make_views(data_, parts_, settings_, context_);
  training_.emplace(scored(data_, parts_.training, objective_, "loss", context_));
  if (settings_.linear_leaves && training_->loss->renews_leaves())
    throw ParameterError("parameter.linear_leaves",
                         "linear_leaves needs an objective with curvature; absolute, mape and quantile have "
                         "none");
  if (!parts_.validation.empty())
    validation_.emplace(scored(data_, parts_.validation, objective_, settings_.validation_metric, context_));
  bool plain = true;
  for (const std::size_t row : parts_.training) plain &= data_.weight(row) == 1;
  if (!plain)
    for (const std::size_t row : parts_.training) weights_.push_back(data_.weight(row));
  if (settings_.linear_leaves) {
    linear_.emplace(
        data_, parts_.training,
        LinearLeaves::Settings{.slope_l2 = settings_.linear_l2, .l1 = settings_.l1, .l2 = settings_.l2},
        context_);
  }
  rounds_ = settings_.growth == TreeGrowth::symmetric && outputs_ == 1 && !linear_;
  const std::size_t n = training_->rows();
  gradient_ = Buffer<float>::uninitialized(n * outputs_);
  const BoostingLoss& loss = training_->unweighted ? *training_->unweighted : *training_->loss;
  if (!loss.unit_hessian() || settings_.sampling == RowSampling::gradient)
    hessian_ = Buffer<float>::uninitialized(n * outputs_);
  start_scores();
  // 8 bytes a row that nobody reads again.
  if (!linear_) parts_.training = std::vector<std::size_t>();
  best_round_ = first_;
  if (validation_) best_ = watched();
}

/// The scores before the first new tree: constants, or what the earlier trees say.
void Boosting::start_scores() {
  if (earlier_ != nullptr) {
    first_ = earlier_->rounds();
    out_.parts = earlier_->trees().parts();
    base_ = out_.parts.base;
    if (rounds_) unit_ = unit_of(out_.parts);
    const std::span<const double> losses = earlier_->validation_loss(),
                                  figures = earlier_->validation_scores();
    // What is known of the earlier rounds belongs to the model when it is known of all.
    if (losses.size() >= first_ && earlier_->validation_metric() == settings_.validation_metric) {
      out_.validation.loss.assign(losses.begin(), losses.begin() + static_cast<std::ptrdiff_t>(first_));
      out_.validation.scores.assign(figures.begin(), figures.begin() + static_cast<std::ptrdiff_t>(first_));
    }
    std::vector<double> scores(data_.rows() * outputs_);
    earlier_->scores(data_.features, scores, context_);
    const auto take = [&](const std::vector<std::size_t>& rows, Buffer<double>& to) {
      for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t o = 0; o < outputs_; ++o) to[o * rows.size() + i] = scores[rows[i] * outputs_ + o];
    };
    take(parts_.training, training_->scores);
    if (validation_) take(parts_.validation, validation_->scores);
    return;
  }
  out_.parts = TreeParts::empty(data_.columns(), outputs_, 1);
  out_.parts.base = base_ = training_->loss->start(context_);
  start_from_base();
}

void Boosting::start_from_base() {
  for (std::size_t o = 0; o < outputs_; ++o) {
    std::fill_n(of(training_->scores, o).begin(), training_->rows(), out_.parts.base[o]);
    if (validation_) std::fill_n(of(validation_->scores, o).begin(), validation_->rows(), out_.parts.base[o]);
  }
}

View& Boosting::view_of(std::size_t number) {
  if (views_.size() == 1) return views_.front();
  return views_[context_.random("boosting-orders", number).below(views_.size())];
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

/// What `grower`, and `nodes` to work in, make of an output's gradients; its scores have the answers added.
Boosting::Made Boosting::tree(std::size_t number, std::size_t output, View& view, Grower& grower,
                              std::vector<std::uint32_t>& nodes) {
  const std::size_t n = training_->rows();
  const std::uint64_t tree_number = number * outputs_ + output;
  GrowerInput input;
  input.gradient = gradient_.span().subspan(output * n, n);
  if (!hessian_.empty()) input.hessian = hessian_.span().subspan(output * n, n);
  input.weights = weights_;
  input.key = context_.random("boosting-tree", tree_number).next_u64();
  const RowSample sample =
      sample_rows(settings_, tree_number, gradient_.span().subspan(output * n, n),
                  hessian_.empty() ? std::span<float>{} : hessian_.span().subspan(output * n, n), context_);
  if (!sample.all) input.rows = sample.chosen;
  std::vector<std::uint8_t> columns = sample_columns(settings_, tree_number, data_.columns(), context_);
  if (view.ordered) columns = view.ordered->translated(columns);
  input.allowed = columns;
  GrownRows grown = grower.grow(input, context_);
  const bool split = grown.tree.nodes.size() > 1;
  renew(grown, output);
  if (linear_) linear_->fit(grown, view.numbers, input.gradient, input.hessian, weights_, context_);
  const double rate =
      settings_.learning_rate * (dropped_.empty() ? 1.0 : 1.0 / static_cast<double>(dropped_.size() + 1));
  shrink(grown.tree, rate);
  // Trees of DART change until the end.
  if (settings_.drop_rate <= 0) make_whole(grown.tree, tree_number == 0);
  if (linear_) {
    add_linear(grown, view, input.rows, sample.others, output, nodes);
  } else {
    add_answers(grown, input.rows, of(training_->scores, output), context_);
    if (!sample.others.empty())
      add_answers_of_others(grown, view.training, sample.others, 1, of(training_->scores, output), nodes,
                            context_);
    if (validation_)
      add_answers_of_others(grown, *view.validation, {}, 1, of(validation_->scores, output), nodes, context_);
  }
  grown.rows = grown.leaf_of = {};
  return {std::move(grown), split};
}

/// Whether so many growers, in each view, take no memory that others may need.
bool Boosting::room_beside(const View& view, std::size_t growers) const {
  if (!view.beside.empty()) return true;
  const std::size_t limit = context_.memory().limit(), used = context_.memory().used();
  const std::size_t left = limit == 0 ? kBytesAtOnce : (limit - std::min(used, limit)) / 2;
  return growers * views_.size() * view.grower.own_bytes() <= std::min(left, kBytesAtOnce);
}

/// The trees of the first outputs of a round, as many of them as divide evenly among threads: each thread
/// grows one at a time, which leaves it less to wait for than a part in every tree.
std::vector<Boosting::Made> Boosting::trees_at_once(std::size_t number, View& view) {
  const auto threads = static_cast<std::size_t>(loop_threads(context_));
  std::vector<Made> made(outputs_ / threads * threads);
  // What a tree changes must be its output's alone.
  const bool apart = !linear_ && !rounds_ && !training_->loss->renews_leaves();
  if (threads == 1 || made.size() < threads || !apart || !room_beside(view, threads)) return {};
  while (view.beside.size() + 1 < threads) view.beside.push_back(view.grower.beside());
  std::vector<Grower*> free{&view.grower};
  for (Grower& grower : view.beside) free.push_back(&grower);
  std::mutex mutex;
  parallel_for(context_, made.size(), 1, [&](std::size_t output, std::size_t) {
    Grower* grower = nullptr;
    {
      const std::lock_guard lock(mutex);
      grower = free.back();
      free.pop_back();
    }
    std::vector<std::uint32_t> nodes;
    made[output] = tree(number, output, view, *grower, nodes);
    const std::lock_guard lock(mutex);
    free.push_back(grower);
  });
  return made;
}

/// Of linear leaves each row has an answer of its own.
void Boosting::add_linear(const GrownRows& grown, const View& view, std::span<const std::uint32_t> rows,
                          std::span<const std::uint32_t> others, std::size_t output,
                          std::vector<std::uint32_t>& nodes) {
  const auto add = [&](const std::vector<std::size_t>& row_of, std::size_t count, std::span<double> scores,
                       auto&& row_and_node) {
    parallel_for(context_, count, 4096, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto [row, node] = row_and_node(i);
        scores[row] += linear_answer(grown.tree, node, data_.features, row_of[row]);
      }
    });
  };
  using Place = std::pair<std::size_t, std::size_t>;
  add(parts_.training, rows.empty() ? training_->rows() : rows.size(), of(training_->scores, output),
      [&](std::size_t i) {
        const std::size_t row = rows.empty() ? i : rows[i];
        return Place(row, grown.leaves[grown.leaf_of[row]].node);
      });
  if (!others.empty()) {
    nodes.resize(others.size());
    leaf_nodes(grown, view.training, others, nodes, context_);
    add(parts_.training, others.size(), of(training_->scores, output),
        [&](std::size_t i) { return Place(others[i], nodes[i]); });
  }
  if (!validation_) return;
  nodes.resize(validation_->rows());
  leaf_nodes(grown, *view.validation, {}, nodes, context_);
  add(parts_.validation, nodes.size(), of(validation_->scores, output),
      [&](std::size_t i) { return Place(i, nodes[i]); });
}

/// A tree at its end, in questions of the data's own columns.
void Boosting::keep(GrownTree tree, const View& view, std::size_t output) {
  if (view.ordered) tree = view.ordered->translated(std::move(tree));
  out_.parts.append(tree, static_cast<std::uint32_t>(output));
}

/// A tree's answers in multiples of the model's unit, which its first tree sets.
void Boosting::make_whole(GrownTree& tree, bool first) {
  if (!rounds_) return;
  if (first) {
    unit_ = set_unit(tree, out_.parts.base[0]);
    if (unit_ > 0) start_from_base();
  }
  if (unit_ > 0) round_answers(unit_, tree.values);
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
  for (std::size_t r = first_; r < number; ++r)
    if (stream.uniform() < settings_.drop_rate) rounds.push_back(r - first_);
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
      add_answers_of_others(kept.grown, kept.view->training, {}, -kept.factor, of(training_->scores, o),
                            nodes_, context_);
    }
}

void Boosting::restore() {
  const auto k = static_cast<double>(dropped_.size());
  for (const std::size_t r : dropped_) {
    for (std::size_t o = 0; o < outputs_; ++o) {
      Kept& kept = kept_[r * outputs_ + o];
      const double before = kept.factor;
      kept.factor *= k / (k + 1);
      add_answers_of_others(kept.grown, kept.view->training, {}, kept.factor, of(training_->scores, o),
                            nodes_, context_);
      if (validation_)
        add_answers_of_others(kept.grown, *kept.view->validation, {}, kept.factor - before,
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
  View& view = view_of(number);
  std::vector<Made> made = trees_at_once(number, view);
  for (std::size_t o = 0; o < outputs_; ++o) {
    Made one = o < made.size() ? std::move(made[o]) : tree(number, o, view, view.grower, nodes_);
    split |= one.split;
    if (settings_.drop_rate > 0) {
      kept_.push_back({std::move(one.grown), o, &view, 1});
    } else {
      keep(std::move(one.grown.tree), view, o);
    }
  }
  restore();
  return split;
}

/// The figure of the rows kept back, turned so that smaller is better.
double Boosting::watched() const {
  if (!validation_->watch) return validation_->loss->value(validation_->scores, context_);
  const double figure = validation_->watch->value(validation_->scores, context_);
  return validation_->watch->greater_is_better() ? -figure : figure;
}

/// Takes down what the rows kept back say; false when patience is at its end.
bool Boosting::better_rounds_follow(std::size_t number) {
  if (!validation_) {
    out_.rounds = number + 1;
    return true;
  }
  const double now = watched();
  double loss = now;
  if (validation_->watch) {
    loss = validation_->loss->value(validation_->scores, context_);
    const double figure = validation_->watch->greater_is_better() ? -now : now;
    out_.validation.scores.push_back(figure);
    context_.metric("validation " + settings_.validation_metric, number, figure);
  }
  out_.validation.loss.push_back(loss);
  context_.metric("validation loss", number, loss);
  if (now < best_) {
    best_ = now;
    best_round_ = number + 1;
  }
  // Later rounds of DART change earlier trees, so there is no going back to the best.
  out_.rounds = settings_.drop_rate > 0 ? number + 1 : best_round_;
  return number + 1 - best_round_ < static_cast<std::size_t>(settings_.patience);
}

Boosted Boosting::run() {
  require_watched(objective_, settings_.validation_metric);
  start();
  out_.validation.metric = settings_.validation_metric;
  if (settings_.validation_metric == "loss") out_.validation.scores.clear();
  const auto rounds = static_cast<std::size_t>(settings_.rounds);
  out_.rounds = first_;
  const bool random = settings_.row_share < 1 || settings_.column_share < 1 ||
                      settings_.column_share_level < 1 || node_share(settings_, data_) < 1 ||
                      settings_.drop_rate > 0 || settings_.sampling == RowSampling::gradient ||
                      views_.size() > 1;
  std::size_t barren = 0;
  for (std::size_t number = first_; number < rounds; ++number) {
    context_.check();
    if (context_.stop_requested()) break;
    const bool split = round(number);
    context_.progress("boosting",
                      static_cast<double>(number + 1 - first_) / static_cast<double>(rounds - first_));
    if (!better_rounds_follow(number)) break;
    // Without chance the next round would find the same nothing; with it many in a row leave no hope.
    barren = split ? 0 : barren + 1;
    if (barren >= (random ? kBarrenRounds : 1)) break;
  }
  for (Kept& kept : kept_) {
    shrink(kept.grown.tree, kept.factor);
    make_whole(kept.grown.tree, out_.parts.trees() == 0);
    keep(std::move(kept.grown.tree), *kept.view, kept.output);
  }
  out_.parts = out_.parts.slice(0, std::min(out_.parts.trees(), out_.rounds * outputs_));
  // Without trees there is no unit, and a run that goes on shall find one anew.
  if (out_.parts.trees() == 0) out_.parts.base = base_;
  return std::move(out_);
}

}  // namespace

Boosted boost(const Dataset& data, const BoostingObjective& objective, const BoostingSettings& settings,
              const Context& context, const BoostedTrees* earlier) {
  return Boosting(data, objective, settings, context, earlier).run();
}

}  // namespace everyml::boosting_detail
