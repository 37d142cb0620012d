#include <algorithm>
#include <array>
#include <cmath>

#include "everyml/ensembles/boosting/objective_impl.h"
#include "everyml/ensembles/boosting/objective_kernels_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/linalg/elementary.h"

namespace everyml::boosting_detail {
namespace {

/// The targets of a logistic loss, by row: numbers within [0, 1], or 1 for the rows of one class, else 0.
class Labels {
 public:
  /// Rows asked for at once, at most.
  static constexpr std::size_t kPiece = 512;

  explicit Labels(Buffer<double> numbers) : numbers_(std::move(numbers)), rows_(numbers_.size()) {}
  Labels(const Target& target, std::int32_t one) : target_(target), one_(one), rows_(target.size()) {}
  std::size_t rows() const { return rows_; }

  /// Those of rows [first, first + n); [n], in `own` if they are not kept so.
  const double* at(std::size_t first, std::size_t n, std::array<double, kPiece>& own) const {
    if (!numbers_.empty()) return numbers_.data() + first;
    const std::span<const std::int32_t> codes = target_.codes();
    for (std::size_t i = 0; i < n; ++i) own[i] = codes[first + i] == one_ ? 1.0 : 0.0;
    return own.data();
  }

 private:
  Buffer<double> numbers_;
  Target target_;
  std::int32_t one_ = 1;
  std::size_t rows_;
};

/// log(1 + e^f) - y f: gradient p - y, second derivative p (1 - p), p = sigmoid(f).
class LogisticLoss final : public WeightedLoss {
 public:
  LogisticLoss(Labels y, std::span<const double> weights, const Context& context)
      : WeightedLoss(y.rows(), weights, 1, context), y_(std::move(y)) {}

  std::vector<double> start(const Context& context) const override {
    const double ones = sum_pieces(context, [&](std::size_t at, std::size_t n, const double* y, double& sum) {
      for (std::size_t i = 0; i < n; ++i) sum += weight(at + i) * y[i];
    });
    return {log_odds(ones / weight_sum(), weight_sum())};
  }

  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t, const Context& context) const override {
    parallel_for(context, rows(), loss_grain(1), [&](std::size_t begin, std::size_t end) {
      for_pieces(begin, end, [&](std::size_t at, std::size_t n, const double* y) {
        sigmoid_derivatives(n, scores.data() + at, y, weights() != nullptr ? weights() + at : nullptr,
                            gradient.data() + at, hessian.data() + at);
      });
    });
  }

  double value(std::span<const double> scores, const Context& context) const override {
    return sum_pieces(context,
                      [&](std::size_t at, std::size_t n, const double* y, double& sum) {
                        std::array<double, Labels::kPiece> losses;
                        logistic_losses(n, scores.data() + at, y, losses.data());
                        for (std::size_t i = 0; i < n; ++i) sum += weight(at + i) * losses[i];
                      }) /
           weight_sum();
  }

 private:
  /// Calls use(first, count, labels).
  template <class Use>
  void for_pieces(std::size_t begin, std::size_t end, Use&& use) const {
    std::array<double, Labels::kPiece> own;
    for (std::size_t at = begin; at < end; at += Labels::kPiece) {
      const std::size_t n = std::min(Labels::kPiece, end - at);
      use(at, n, y_.at(at, n, own));
    }
  }
  /// The sum to which add(first, count, labels, sum) adds.
  template <class Add>
  double sum_pieces(const Context& context, Add&& add) const {
    return sum_rows(context, rows(), 1, [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for_pieces(begin, end, [&](std::size_t at, std::size_t n, const double* y) { add(at, n, y, sum); });
      return sum;
    });
  }

  Labels y_;
};

class Binary final : public BoostingObjective {
 public:
  explicit Binary(const ObjectiveSpec& spec)
      : BoostingObjective(spec, {.target = Target::Kind::classes, .loss_name = "log loss"}) {}

  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t>, const Context& context) const override {
    return std::make_unique<LogisticLoss>(Labels(target, 1), weights, context);
  }
  void answers(std::span<double> scores) const override { sigmoids(scores.size(), scores.data()); }
};

class CrossEntropy final : public BoostingObjective {
 public:
  explicit CrossEntropy(const ObjectiveSpec& spec)
      : BoostingObjective(spec, {.loss_name = "cross-entropy"}) {}

  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t>, const Context& context) const override {
    return std::make_unique<LogisticLoss>(
        Labels(numbers_within(target, 0, 1, false, "the cross-entropy objective")), weights, context);
  }
  void answers(std::span<double> scores) const override { sigmoids(scores.size(), scores.data()); }
};

/// log(sum of e^f_k) - f_y over the scores of the classes: gradient p_k - [y = k]. The second derivatives
/// by different scores are left out; p_k (1 - p_k) K / (K - 1) stands for the diagonal, after the leaf values
/// of Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29, 2001.
class MultinomialLoss final : public BoostingLoss {
 public:
  MultinomialLoss(const Target& target, std::span<const double> weights, std::size_t classes)
      : BoostingLoss(target.size(), classes),
        target_(target),
        codes_(target_.codes()),
        weights_(buffer_of(weights)),
        class_weight_(classes) {
    for (std::size_t i = 0; i < rows(); ++i) class_weight_[static_cast<std::size_t>(codes_[i])] += weight(i);
    for (const double share : class_weight_) weight_sum_ += share;
  }

  std::vector<double> start(const Context&) const override {
    std::vector<double> logs(outputs());
    const double least = 0.5 / (weight_sum_ + 1.0);
    for (std::size_t k = 0; k < logs.size(); ++k)
      logs[k] = std::log(std::max(class_weight_[k] / weight_sum_, least));
    return logs;
  }

  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t, const Context& context) const override {
    const double factor = static_cast<double>(outputs()) / static_cast<double>(outputs() - 1);
    probabilities(scores, context, [&](std::size_t at, std::size_t n, const double* p) {
      for (std::size_t k = 0; k < outputs(); ++k) {
        float* g = gradient.data() + k * rows() + at;
        float* h = hessian.data() + k * rows() + at;
        for (std::size_t i = 0; i < n; ++i) {
          const double pk = p[k * n + i], w = weight(at + i);
          const double truth = static_cast<std::size_t>(codes_[at + i]) == k ? 1.0 : 0.0;
          g[i] = static_cast<float>(w * (pk - truth));
          h[i] = static_cast<float>(w * std::max(factor * (pk * (1.0 - pk)), kLeastCurvature));
        }
      }
    });
  }

  double value(std::span<const double> scores, const Context& context) const override {
    const std::size_t n = rows();
    const double total = sum_rows(context, n, outputs(), [&](std::size_t begin, std::size_t end) {
      double sum = 0;
      for (std::size_t i = begin; i < end; ++i) {
        double top = scores[i], mass = 0;
        for (std::size_t k = 1; k < outputs(); ++k) top = std::max(top, scores[k * n + i]);
        for (std::size_t k = 0; k < outputs(); ++k) mass += std::exp(scores[k * n + i] - top);
        sum += weight(i) * (top + std::log(mass) - scores[static_cast<std::size_t>(codes_[i]) * n + i]);
      }
      return sum;
    });
    return total / weight_sum_;
  }

 private:
  double weight(std::size_t row) const { return weights_.empty() ? 1.0 : weights_[row]; }

  /// use(first row, rows, p) for pieces of rows; p: [classes, rows of the piece].
  template <class Use>
  void probabilities(std::span<const double> scores, const Context& context, Use&& use) const {
    const std::size_t piece = std::max<std::size_t>(8, 4096 / outputs() / 8 * 8);
    parallel_for(context, rows(), loss_grain(outputs()), [&](std::size_t begin, std::size_t end) {
      std::vector<double> p(piece * outputs());
      for (std::size_t at = begin; at < end; at += piece) {
        const std::size_t n = std::min(piece, end - at);
        softmax_rows(n, outputs(), scores.data() + at, rows(), p.data());
        use(at, n, p.data());
      }
    });
  }

  Target target_;
  std::span<const std::int32_t> codes_;
  Buffer<double> weights_;
  std::vector<double> class_weight_;
  double weight_sum_ = 0;
};

class Multinomial final : public BoostingObjective {
 public:
  explicit Multinomial(const ObjectiveSpec& spec)
      : BoostingObjective(
            spec, {.outputs = spec.classes, .target = Target::Kind::classes, .loss_name = "log loss"}) {}

  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t>, const Context&) const override {
    return std::make_unique<MultinomialLoss>(target, weights, outputs());
  }
  void answers(std::span<double> scores) const override {
    for (std::size_t at = 0; at < scores.size(); at += outputs())
      portable::softmax(scores.subspan(at, outputs()));
  }
};

/// The sum over classes of the log loss of "this class" against "another". Each score has its own curve,
/// so classes do not push each other; the answers are the sigmoids, scaled to sum to 1.
class OneVersusAllLoss final : public BoostingLoss {
 public:
  OneVersusAllLoss(const Target& target, std::span<const double> weights, std::size_t classes,
                   const Context& context)
      : BoostingLoss(target.size(), classes) {
    for (std::size_t k = 0; k < classes; ++k)
      parts_.push_back(
          std::make_unique<LogisticLoss>(Labels(target, static_cast<std::int32_t>(k)), weights, context));
  }

  std::vector<double> start(const Context& context) const override {
    std::vector<double> all;
    for (const auto& part : parts_) all.push_back(part->start(context)[0]);
    return all;
  }
  void derivatives(std::span<const double> scores, std::span<float> gradient, std::span<float> hessian,
                   std::size_t round, const Context& context) const override {
    for (std::size_t k = 0; k < outputs(); ++k) {
      parts_[k]->derivatives(scores.subspan(k * rows(), rows()), gradient.subspan(k * rows(), rows()),
                             hessian.subspan(k * rows(), rows()), round, context);
    }
  }
  double value(std::span<const double> scores, const Context& context) const override {
    double sum = 0;
    for (std::size_t k = 0; k < outputs(); ++k)
      sum += parts_[k]->value(scores.subspan(k * rows(), rows()), context);
    return sum;
  }

 private:
  std::vector<std::unique_ptr<LogisticLoss>> parts_;
};

class OneVersusAll final : public BoostingObjective {
 public:
  explicit OneVersusAll(const ObjectiveSpec& spec)
      : BoostingObjective(spec, {.outputs = spec.classes,
                                 .target = Target::Kind::classes,
                                 .loss_name = "log loss of each class against the rest"}) {}

  std::unique_ptr<BoostingLoss> over(const Target& target, std::span<const double> weights,
                                     std::span<const std::int32_t>, const Context& context) const override {
    return std::make_unique<OneVersusAllLoss>(target, weights, outputs(), context);
  }
  void answers(std::span<double> scores) const override {
    // Shares of log sigmoid(f), so that scores far below 0 still have shares.
    for (double& score : scores) score = -portable::log1p_exp(-score);
    for (std::size_t at = 0; at < scores.size(); at += outputs())
      portable::softmax(scores.subspan(at, outputs()));
  }
};

}  // namespace

ObjectivePtr make_cross_entropy(const ObjectiveSpec& spec) { return std::make_shared<CrossEntropy>(spec); }

ObjectivePtr make_one_versus_all(const ObjectiveSpec& spec) {
  if (spec.classes < 2)
    throw ParameterError("parameter.objective", "the one-versus-all objective needs at least two classes");
  return std::make_shared<OneVersusAll>(spec);
}

std::shared_ptr<const BoostingObjective> make_binary(const ObjectiveSpec& spec) {
  if (spec.classes != 2)
    throw ParameterError("parameter.objective", "the binary objective needs exactly two classes");
  return std::make_shared<Binary>(spec);
}

std::shared_ptr<const BoostingObjective> make_multinomial(const ObjectiveSpec& spec) {
  if (spec.classes < 2)
    throw ParameterError("parameter.objective", "the multinomial objective needs at least two classes");
  return std::make_shared<Multinomial>(spec);
}

}  // namespace everyml::boosting_detail
