#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// What boosting makes small. y is the target, f the score.
enum class ObjectiveKind : std::uint8_t {
  // numbers
  squared,        ///< (f - y)^2 / 2; answers the mean
  absolute,       ///< |f - y|; the median
  huber,          ///< squared within `width` of y, straight beyond
  fair,           ///< width^2 (|f - y| / width - log(1 + |f - y| / width))
  log_cosh,       ///< log cosh(f - y)
  quantile,       ///< pinball loss of each of `levels`
  mape,           ///< |f - y| / max(|y|, 1)
  expectile,      ///< squares that weigh `level` below y and 1 - level above it, twice
  poisson,        ///< counts, y >= 0: e^f - y f; answers e^f, as the next two
  gamma,          ///< y > 0: f + y e^-f
  tweedie,        ///< y >= 0 with zeros: variance mean^power
  cross_entropy,  ///< y in [0, 1]: log loss; answers sigmoid(f)
  cox,            ///< times, negative when censored: partial likelihood; answers the hazard ratio e^f
  aft,            ///< times as for cox: log time normal about f; answers the median time e^f
  formula,        ///< the loss that `formula` spells
  // classes
  binary,          ///< log loss of two classes
  multinomial,     ///< log loss of the softmax of a score per class
  one_versus_all,  ///< log loss of a score per class, each class against the rest
  // relevance grades within groups
  lambdamart_ndcg,
  lambdamart_map,
  pairwise,
  xe_ndcg,
};
constexpr auto choices_of(ObjectiveKind) {
  using K = ObjectiveKind;
  return std::array{Choice{K::squared, "squared"},
                    Choice{K::absolute, "absolute"},
                    Choice{K::huber, "huber"},
                    Choice{K::fair, "fair"},
                    Choice{K::log_cosh, "log-cosh"},
                    Choice{K::quantile, "quantile"},
                    Choice{K::mape, "mape"},
                    Choice{K::expectile, "expectile"},
                    Choice{K::poisson, "poisson"},
                    Choice{K::gamma, "gamma"},
                    Choice{K::tweedie, "tweedie"},
                    Choice{K::cross_entropy, "cross-entropy"},
                    Choice{K::cox, "cox"},
                    Choice{K::aft, "aft"},
                    Choice{K::formula, "formula"},
                    Choice{K::binary, "binary"},
                    Choice{K::multinomial, "multinomial"},
                    Choice{K::one_versus_all, "one-versus-all"},
                    Choice{K::lambdamart_ndcg, "ndcg"},
                    Choice{K::lambdamart_map, "map"},
                    Choice{K::pairwise, "pairwise"},
                    Choice{K::xe_ndcg, "xe-ndcg"}};
}

/// An objective and its constants; those that the kind does not use are ignored. A plain value.
struct ObjectiveSpec {
  ObjectiveKind kind = ObjectiveKind::squared;
  std::size_t classes = 0;             ///< binary: 2; multinomial and one-versus-all: 2 or more
  double width = 1.0;                  ///< of huber and fair, > 0
  std::vector<double> levels = {0.5};  ///< of quantile, each in (0, 1), ascending; expectile takes the first
  double power = 1.5;                  ///< of tweedie, in (1, 2)
  double spread = 1.0;                 ///< of aft: standard deviation of the log time, > 0
  std::string formula;                 ///< of formula: the loss, see formula.h
  std::string answer;                  ///< of formula: the answer from f; empty: f
  std::size_t places = 30;             ///< of the ranking kinds: places from the top that pairs must touch
  double steepness = 1.0;              ///< of the ranking kinds: sigma in the chance of a pair's order, > 0

  bool operator==(const ObjectiveSpec&) const = default;
};

/// An objective over certain rows: it has read their targets and weights, which it keeps. Immutable;
/// thread-safe. Scores are doubles, output-major: [outputs, rows], score o of row r at o * rows + r.
/// Sums over rows are joined in the order of blocks, so figures do not depend on the number of threads.
class BoostingLoss {
 public:
  virtual ~BoostingLoss() = default;
  BoostingLoss(const BoostingLoss&) = delete;
  BoostingLoss& operator=(const BoostingLoss&) = delete;

  std::size_t rows() const { return rows_; }
  std::size_t outputs() const { return outputs_; }

  /// The constant score of each output at which the loss is smallest, [outputs]. Finite.
  virtual std::vector<double> start(const Context& context) const = 0;

  /// Every second derivative is 1 exactly (squared error without weights and the like), whatever the scores.
  virtual bool unit_hessian() const { return false; }
  /// First and second derivative of each row's loss by each of its scores, times its weight;
  /// [outputs, rows] each. The second is never negative, and 0 only for a row of weight 0 or one the loss
  /// does not look at; where the true one is not positive the class says what stands for it. `hessian` may be
  /// empty when unit_hessian(). `round` numbers the rounds from 0, for objectives that draw. Scores beyond
  /// what the loss can hold: DataError "boosting.overflow" naming the row.
  virtual void derivatives(std::span<const double> scores, std::span<float> gradient,
                           std::span<float> hessian, std::size_t round, const Context& context) const = 0;

  /// Weighted mean of the loss of the rows at these scores, the figure that early stopping watches. Smaller
  /// is better.
  virtual double value(std::span<const double> scores, const Context& context) const = 0;

  /// Leaves are better given by renewed() than by a Newton step (absolute error and its kin).
  virtual bool renews_leaves() const { return false; }
  /// What to add to the scores of these rows, that are one leaf's, so that their loss is smallest: without
  /// shrinkage. `some` are row numbers. 0 when their weights are all 0. Unless renews_leaves(): the Newton
  /// step. Safe to call from many threads.
  virtual double renewed(std::size_t output, std::span<const std::uint32_t> some,
                         std::span<const double> scores) const;

 protected:
  BoostingLoss(std::size_t rows, std::size_t outputs) : rows_(rows), outputs_(outputs) {}

 private:
  std::size_t rows_, outputs_;
};

/// What boosting makes small, and how scores become answers. Immutable; thread-safe.
class BoostingObjective {
 public:
  virtual ~BoostingObjective() = default;
  BoostingObjective(const BoostingObjective&) = delete;
  BoostingObjective& operator=(const BoostingObjective&) = delete;

  /// Throws ParameterError for constants out of their range.
  static std::shared_ptr<const BoostingObjective> make(const ObjectiveSpec& spec);

  const ObjectiveSpec& spec() const { return spec_; }
  /// Scores of a row: 1, the number of classes, or the number of levels.
  std::size_t outputs() const { return outputs_; }
  Target::Kind target_kind() const { return target_kind_; }
  bool needs_groups() const { return needs_groups_; }
  /// As people read it, "log loss": what value() of its losses is.
  std::string_view loss_name() const { return loss_name_; }

  /// The loss over these rows, training or validation. `weights` empty: 1 each; `groups` empty or [rows].
  /// Throws DataError for a target that the objective does not allow, naming the row.
  virtual std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                             std::span<const std::int32_t> groups,
                                             const Context& context) const = 0;

  /// Scores become answers in place, row-major [any rows, outputs]: the mean of the target, probabilities
  /// (with one output that of class 1), sorted levels. Allocates nothing; the same bits on every CPU.
  virtual void answers(std::span<double> scores) const = 0;

  void save(ArchiveWriter& archive) const;
  /// Throws FormatError for anything `make` would refuse.
  static std::shared_ptr<const BoostingObjective> load(const ArchiveReader& archive);

 protected:
  struct Traits {
    std::size_t outputs = 1;
    Target::Kind target = Target::Kind::numbers;
    std::string_view loss_name;
    bool groups = false;
  };
  BoostingObjective(ObjectiveSpec spec, const Traits& traits)
      : spec_(std::move(spec)),
        outputs_(traits.outputs),
        target_kind_(traits.target),
        needs_groups_(traits.groups),
        loss_name_(traits.loss_name) {}

 private:
  ObjectiveSpec spec_;
  std::size_t outputs_;
  Target::Kind target_kind_;
  bool needs_groups_;
  std::string_view loss_name_;
};

}  // namespace everyml
