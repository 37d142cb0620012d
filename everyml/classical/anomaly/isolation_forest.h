#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "everyml/classical/anomaly/isolation_planes.h"
#include "everyml/classical/trees/tree_ensemble.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/attributes.h"
#include "everyml/foundation/model/card.h"
#include "everyml/foundation/model/registry.h"
#include "everyml/foundation/params/field.h"

namespace everyml {

/// Mean length of an unsuccessful search in a binary search tree of n values, which is how deep a row lies
/// when rows are parted by chance: 2 H(n - 1) - 2 (n - 1) / n; 0 for n <= 1.
double mean_isolation_depth(double n);

/// Where the line between usual and unusual rows was drawn.
enum class AnomalyRule : std::uint8_t {
  share,   ///< the share of unusual rows was given
  spread,  ///< three deviations above the median score, but at least 0.5
};

/// What is known of a fitted isolation forest besides its trees.
struct IsolationFacts {
  std::size_t sample = 0;           ///< rows each tree saw
  std::vector<double> percentiles;  ///< [101]: scores of training rows, from the smallest to the largest
  double threshold = 0.5;
  AnomalyRule rule = AnomalyRule::spread;
};

/// Trees that part rows by chance: rows that are soon alone are unusual. Immutable; thread-safe.
class IsolationForestModel {
 public:
  /// Cuts along one column. Leaves hold depths divided by the number of trees.
  IsolationForestModel(TreeEnsemble trees, IsolationFacts facts);
  /// Cuts along planes.
  IsolationForestModel(IsolationPlanes planes, IsolationFacts facts);

  std::size_t feature_count() const { return trees_ ? trees_->feature_count() : planes_->columns(); }
  std::size_t tree_count() const { return trees_ ? trees_->tree_count() : planes_->trees(); }
  const IsolationFacts& facts() const { return facts_; }
  /// The trees; null where cuts go along planes.
  const TreeEnsemble* trees() const { return trees_ ? &*trees_ : nullptr; }
  /// A row's score is exp(score_scale() * its mean depth).
  double score_scale() const;

  /// out: [rows]: 2^(-mean depth / mean_isolation_depth(sample)), between 0 and 1. Near 1 is alone at once,
  /// well below 0.5 is in the crowd. 0.5 for all where a tree saw one row.
  void anomaly(const Features& x, std::span<double> out, const Context& context) const;
  /// out: [rows, columns]: how many steps sooner the row is alone because of the cuts of each column, mean of
  /// the trees; below 0 where the column makes it look usual. A row's reasons sum to the mean depth of chance
  /// less its own. A step from n rows to m is worth c(n) - c(m) - 1, with c the mean depth of chance: the
  /// decision-path attribution of Saabas (2014), with depth as the answer. A cut along a plane is shared
  /// among its columns by their part in it.
  void anomaly_reasons(const Features& x, std::span<double> out, const Context& context) const;
  double anomaly_threshold() const { return facts_.threshold; }
  /// "three deviations above the median score", or why else the line is where it is.
  std::string threshold_reason() const;

  Json summary() const;
  void save(ArchiveWriter& archive) const;
  static IsolationForestModel load(const ArchiveReader& archive);

  static constexpr auto attributes() {
    using M = IsolationForestModel;
    using Row = Attribute<M>;
    return std::array{
        Row{"threshold", "Rows that score as much stand apart from the others.",
            [](const M& m) -> std::optional<Figure> { return Figure::number(m.facts().threshold); }},
        Row{"score_percentiles",
            "Scores of training rows from the smallest to the largest, one per hundredth; [101].",
            [](const M& m) -> std::optional<Figure> { return Figure::list(m.facts().percentiles); }},
        Row{"sample", "Training rows that each tree saw.",
            [](const M& m) -> std::optional<Figure> {
              return Figure::number(static_cast<double>(m.facts().sample));
            }},
        Row{"trees", "Number of trees.", [](const M& m) -> std::optional<Figure> {
              return Figure::number(static_cast<double>(m.tree_count()));
            }}};
  }

 private:
  void depths(const Features& x, std::span<double> out, const Context& context) const;
  void path_reasons(const Features& x, std::span<double> out, const Context& context) const;
  double chance() const { return mean_isolation_depth(static_cast<double>(facts_.sample)); }

  std::optional<TreeEnsemble> trees_;
  std::optional<IsolationPlanes> planes_;
  IsolationFacts facts_;
};

/// Isolation forest. Reference: Liu, Ting and Zhou, "Isolation Forest", ICDM 2008; with `columns` above 1 the
/// cuts are random planes: Hariri, Carrasco Kind and Brunner, "Extended Isolation Forest", IEEE TKDE 33
/// (2021).
///
/// A tree is grown on `sample` rows drawn without replacement, to a depth of log2(sample). Missing values go
/// with the larger side of a cut; categories are dealt to two sides by chance, and one never met goes to the
/// smaller side. Whole weights are copies; others make a row likelier to be drawn. For planes, columns are
/// brought to equal spread, a missing value lies in the middle, and each category gets a random place.
///
/// No share of unusual rows has to be guessed: the threshold lies three standard deviations above the median
/// of the training scores, the deviation being 1.4826 times the median absolute deviation of the upper side
/// (Leys and others, J. Exp. Soc. Psychol. 49, 2013; two-sided there), but at least at 0.5, below which the
/// paper calls no row unusual, and above the median itself. There may be no row beyond it.
struct IsolationForest {
  int trees = 200;
  int sample = 256;
  int columns = 1;
  std::optional<double> contamination;

  static constexpr std::string_view name = "isolation-forest";
  static constexpr auto fields() {
    using S = IsolationForest;
    return std::tuple{
        Field{&S::trees, "trees", "How many trees.", between(1, 100000)},
        Field{&S::sample, "sample", "How many rows each tree sees, at most all.", between(2, 1000000)},
        Field{&S::columns, "columns",
              "How many columns a cut goes along: 1 is the isolation forest, more are random planes.",
              between(1, 100000)},
        Field{
            &S::contamination, "contamination",
            "Share of unusual rows, if it is known; none: the scores themselves say where they stand apart.",
            Range{.low = 0, .high = 0.5, .low_open = true}}};
  }
  static Card card();
  IsolationForestModel fit(const Dataset& data, const Context& context) const;
};

}  // namespace everyml
