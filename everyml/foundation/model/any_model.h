#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/json.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"

namespace everyml {

// What a model is, found on its type. Every model is an immutable value with
//   std::size_t feature_count() const;
//   Json summary() const;                       what a person wants to know of it: coefficients, sizes, ...
//   void save(ArchiveWriter&) const;  static M load(const ArchiveReader&);
// if it likes, static constexpr auto attributes(), its fitted figures by name (attributes.h),
// and those of the following that it can. All are const and safe to call from many threads; none copies or
// keeps the features. Output spans are row-major and must have the stated size.

/// out: [rows].
template <class M>
concept PredictsValues = requires(const M& m, const Features& x, std::span<double> out,
                                  const Context& context) { m.predict(x, out, context); };
/// out: [rows, classes]; each row sums to 1. class_names() is in code order.
template <class M>
concept PredictsProbabilities =
    requires(const M& m, const Features& x, std::span<double> out, const Context& context) {
      m.probabilities(x, out, context);
      { m.class_names() } -> std::convertible_to<std::span<const std::string>>;
    };
/// out: [rows], cluster 0..cluster_count()-1, or -1 for none.
template <class M>
concept AssignsClusters =
    requires(const M& m, const Features& x, std::span<std::int32_t> out, const Context& context) {
      m.assign(x, out, context);
      { m.cluster_count() } -> std::convertible_to<std::size_t>;
    };
/// out: [rows, output_count()].
template <class M>
concept Transforms = requires(const M& m, const Features& x, std::span<double> out, const Context& context) {
  m.transform(x, out, context);
  { m.output_count() } -> std::convertible_to<std::size_t>;
};
/// low, high: [rows]; level in (0, 1).
template <class M>
concept GivesIntervals =
    requires(const M& m, const Features& x, std::span<double> low, std::span<double> high,
             const Context& context) { m.intervals(x, 0.95, low, high, context); };
/// rows_out, distances: [rows, k], nearest first; rows of the training set.
template <class M>
concept ShowsNeighbors =
    requires(const M& m, const Features& x, std::span<std::int64_t> rows_out, std::span<double> distances,
             const Context& context) { m.neighbors(x, std::size_t{1}, rows_out, distances, context); };
/// out: [rows, score_count()], finite. One score when there are two classes: above 0 the second is likelier.
/// Else one per class in code order, larger is likelier: the largest score and the largest probability are of
/// the same class, and a class the model never gives has std::numeric_limits<double>::lowest().
template <class M>
concept GivesScores = PredictsProbabilities<M> &&
                      requires(const M& m, const Features& x, std::span<double> out, const Context& context) {
                        m.scores(x, out, context);
                        { m.score_count() } -> std::convertible_to<std::size_t>;
                      };
/// out: [rows], between 0 and 1, larger is more unusual. Reasons: [rows, columns]: how much each
/// column adds, below 0 where it makes the row look usual. Rows that score at least anomaly_threshold() stand
/// apart from the others.
template <class M>
concept ScoresAnomalies =
    requires(const M& m, const Features& x, std::span<double> out, const Context& context) {
      m.anomaly(x, out, context);
      m.anomaly_reasons(x, out, context);
      { m.anomaly_threshold() } -> std::convertible_to<double>;
    };
/// What each feature adds to a row's answer, exactly, and what the model says of a row it knows nothing of.
/// out: [rows, contribution_count(), features + 1], the last of a row is that base. A row's sums, one for
/// each of contribution_count(), are what the model adds up: its scores when it gives these and there are as
/// many, else its probabilities when there are as many, else its value, before a link that its settings may
/// ask for.
template <class M>
concept GivesContributions =
    requires(const M& m, const Features& x, std::span<double> out, const Context& context) {
      m.contributions(x, out, context);
      { m.contribution_count() } -> std::convertible_to<std::size_t>;
    };
/// Answers for several targets at once, in the order of Dataset::target_at. target_classes(): the class names
/// of each target, none for a number; at least two entries. out: [rows, answer_count()]: for each target a
/// number, or its probabilities, which sum to 1.
template <class M>
concept AnswersTargets =
    requires(const M& m, const Features& x, std::span<double> out, const Context& context) {
      m.answers(x, out, context);
      { m.target_classes() } -> std::convertible_to<std::span<const std::vector<std::string>>>;
    };
/// A new model that has also seen `data`; the old one stays as it is.
template <class M>
concept Updates = requires(const M& m, const Dataset& data, const Context& context) {
  { m.update(data, context) } -> std::convertible_to<M>;
};

/// A fitted model without its C++ type, for the faces. Copies share the model. Thread-safe.
/// Asking what it cannot throws UnsupportedError "model.capability"; `can()` answers first.
/// Features of another width than feature_count() are DataError "data.feature_count".
/// Answers are finite numbers (interval ends may be infinite); where the features or the model do not allow
/// one the error is DataError "data.missing", "data.infinite" or "data.spread", naming the row. A cancelled
/// or late context ends every call in its ResourceError.
class AnyModel {
 public:
  AnyModel() = default;
  template <class M>
  AnyModel(M model, std::shared_ptr<const Card> card);

  explicit operator bool() const { return self_ != nullptr; }
  const Card& card() const { return *card_; }
  bool can(Capability capability) const;
  std::size_t feature_count() const;
  std::span<const std::string> class_names() const;
  std::size_t cluster_count() const;
  std::size_t output_count() const;
  /// Scores per row; 0 for a model without scores.
  std::size_t score_count() const;
  /// Sums per row of contributions; 0 for a model without them.
  std::size_t contribution_count() const;

  /// The figures that models of this type may have; empty when the type declares none.
  std::span<const AttributeInfo> attributes() const;
  /// The figure of that name; none when this particular fit has none. Throws UnsupportedError
  /// "model.attribute" for a name that attributes() does not list.
  std::optional<Figure> attribute(std::string_view name) const;

  void values(const Features& x, std::span<double> out, const Context& context) const;
  void probabilities(const Features& x, std::span<double> out, const Context& context) const;
  void assign(const Features& x, std::span<std::int32_t> out, const Context& context) const;
  void transform(const Features& x, std::span<double> out, const Context& context) const;
  void intervals(const Features& x, double level, std::span<double> low, std::span<double> high,
                 const Context& context) const;
  void neighbors(const Features& x, std::size_t k, std::span<std::int64_t> rows, std::span<double> distances,
                 const Context& context) const;
  AnyModel update(const Dataset& data, const Context& context) const;
  void scores(const Features& x, std::span<double> out, const Context& context) const;
  void anomaly(const Features& x, std::span<double> out, const Context& context) const;
  /// out: [rows, columns].
  void anomaly_reasons(const Features& x, std::span<double> out, const Context& context) const;
  double anomaly_threshold() const;
  void contributions(const Features& x, std::span<double> out, const Context& context) const;

  /// Of a model of several targets the class names of each, none for a number; empty for every other model.
  /// Such a model has no values() or probabilities(), which are of one target.
  std::span<const std::vector<std::string>> target_classes() const;
  /// Answers per row of such a model: one for each number, one for each class of each target.
  std::size_t answer_count() const;
  /// out: [rows, answer_count()]; see AnswersTargets. Throws UnsupportedError "model.capability" for a model
  /// of one target.
  void answers(const Features& x, std::span<double> out, const Context& context) const;

  Json summary() const;
  void save(ArchiveWriter& archive) const;

  /// The model itself when it is an M, else null.
  template <class M>
  const M* as() const;

 private:
  struct Interface;
  template <class M>
  struct Holder;
  AnyModel(std::shared_ptr<const Interface> self, std::shared_ptr<const Card> card)
      : self_(std::move(self)), card_(std::move(card)) {}
  void require(Capability capability) const;
  void require_width(const Features& x) const;

  std::shared_ptr<const Interface> self_;
  std::shared_ptr<const Card> card_;
};

struct AnyModel::Interface {
  virtual ~Interface() = default;
  virtual bool can(Capability capability) const = 0;
  virtual const void* object(const void* type) const = 0;
  virtual std::size_t feature_count() const = 0;
  virtual std::span<const std::string> class_names() const = 0;
  virtual std::size_t cluster_count() const = 0;
  virtual std::size_t output_count() const = 0;
  virtual std::size_t score_count() const = 0;
  virtual std::size_t contribution_count() const = 0;
  virtual std::span<const AttributeInfo> attributes() const = 0;
  /// The figure at that place of attributes().
  virtual std::optional<Figure> attribute(std::size_t index) const = 0;
  virtual void values(const Features& x, std::span<double> out, const Context& context) const = 0;
  virtual void probabilities(const Features& x, std::span<double> out, const Context& context) const = 0;
  virtual void assign(const Features& x, std::span<std::int32_t> out, const Context& context) const = 0;
  virtual void transform(const Features& x, std::span<double> out, const Context& context) const = 0;
  virtual void intervals(const Features& x, double level, std::span<double> low, std::span<double> high,
                         const Context& context) const = 0;
  virtual void neighbors(const Features& x, std::size_t k, std::span<std::int64_t> rows,
                         std::span<double> distances, const Context& context) const = 0;
  virtual std::shared_ptr<const Interface> update(const Dataset& data, const Context& context) const = 0;
  virtual void scores(const Features& x, std::span<double> out, const Context& context) const = 0;
  virtual void anomaly(const Features& x, std::span<double> out, const Context& context) const = 0;
  virtual void anomaly_reasons(const Features& x, std::span<double> out, const Context& context) const = 0;
  virtual double anomaly_threshold() const = 0;
  virtual void contributions(const Features& x, std::span<double> out, const Context& context) const = 0;
  virtual std::span<const std::vector<std::string>> target_classes() const = 0;
  virtual void answers(const Features& x, std::span<double> out, const Context& context) const = 0;
  virtual Json summary() const = 0;
  virtual void save(ArchiveWriter& archive) const = 0;
};

}  // namespace everyml
