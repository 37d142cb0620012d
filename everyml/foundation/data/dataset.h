#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/data/column.h"
#include "everyml/foundation/data/features.h"

namespace everyml {

/// What is to be learned; its kind fixes the task. Immutable, cheap to copy.
class Target {
 public:
  enum class Kind : std::uint8_t { none, classes, numbers };

  Target() = default;
  /// Codes 0..names.size()-1. `label_kind` says what the labels were in the user's table (number, boolean,
  /// category), so that predictions come back as such. Throws DataError "data.class_code" for a code outside.
  static Target classes(Buffer<std::int32_t> codes, std::vector<std::string> names,
                        ColumnKind label_kind = ColumnKind::category);
  /// Throws DataError "data.target_not_finite" for NaN or infinity, naming the row.
  static Target numbers(Buffer<double> values);

  Kind kind() const { return kind_; }
  std::size_t size() const;
  std::span<const std::int32_t> codes() const;
  std::span<const double> values() const;
  std::span<const std::string> names() const;
  std::size_t class_count() const { return names().size(); }
  ColumnKind label_kind() const;
  Target select(std::span<const std::size_t> rows) const;

 private:
  struct Data;
  Kind kind_ = Kind::none;
  std::shared_ptr<const Data> data_;
};

std::string_view to_string(Target::Kind kind);

/// What learners derive from the rows and can use again when the same rows are fitted again with other
/// settings, such as the codes that trees read. Each thing is made once. Thread-safe.
class Derived {
 public:
  /// The thing of that key, made by the first who asks; others wait for it. Under one key all must ask for
  /// the same type. When `make` throws, nothing is kept.
  template <class T, class Make>
  std::shared_ptr<const T> get(const std::string& key, Make&& make) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<const void>& kept = kept_[key];
    if (kept == nullptr) kept = std::make_shared<const T>(make());
    return std::static_pointer_cast<const T>(kept);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const void>> kept_;
};

/// What `fit` reads. `info` has one entry per feature column, or is empty (all numbers, named x0, x1, ...).
/// `weights` and `groups` are empty or have one entry per row.
struct Dataset {
  Features features;
  Target target;
  std::vector<FeatureInfo> info;
  std::vector<double> weights;
  std::vector<std::int32_t> groups;
  /// Where learners may keep what they derive; null: nowhere. Whoever changes the features, info or weights
  /// of a copy gives it another; select_rows gives it none.
  std::shared_ptr<Derived> derived = {};
  /// Targets to be learned together with `target`, of the same kind and length; empty: there is but one. Only
  /// learners that say so (Needs::several) take them, all others refuse them.
  std::vector<Target> further = {};

  std::size_t rows() const { return features.rows(); }
  std::size_t columns() const { return features.columns(); }
  std::size_t target_count() const { return (target.kind() == Target::Kind::none ? 0 : 1) + further.size(); }
  /// The target of that number: `target` itself is 0.
  const Target& target_at(std::size_t index) const { return index == 0 ? target : further[index - 1]; }
  double weight(std::size_t row) const { return weights.empty() ? 1.0 : weights[row]; }
  double weight_sum() const;
  std::string feature_name(std::size_t column) const;

  Dataset select_rows(std::span<const std::size_t> rows) const;

  /// What every `fit` calls first. Throws DataError: "data.no_rows", "data.no_columns", "data.length"
  /// (target, weights or groups of another length), "data.weight" (negative, NaN or infinite, or a sum beyond
  /// doubles), "data.weights_zero" (all zero), "data.infinite" (an infinite feature, named), "data.missing"
  /// (NaN while missing is not allowed, named), "data.target_kind" (the learner needs another kind of
  /// target), "data.one_class", "data.targets" (several targets where the learner takes one, one where it
  /// takes several, or of different kinds).
  struct Needs {
    Target::Kind target = Target::Kind::none;
    bool missing_allowed = false;
    std::size_t minimum_rows = 1;
    std::size_t minimum_classes = 1;
    /// False for a learner that meets NaN and infinities in its own pass and asks again only then.
    bool scan_features = true;
    /// The learner learns two or more targets together.
    bool several = false;
  };
  void validate(std::string_view learner, const Needs& needs) const;
};

}  // namespace everyml
