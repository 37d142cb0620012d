#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "everyml/workflow/select/pool_draw_impl.h"

namespace everyml::select_impl {

/// The folds' rows as every committee sees them: missing cells as they are, categories as codes. Made once.
/// Thread-safe.
class PoolRows {
 public:
  PoolRows(const Problem& problem, EncodedCache& cache);
  struct Part {
    std::shared_ptr<const Encoded> train;
    Features test;
    Target truth;
    std::vector<double> weights;  ///< of the test rows; may be empty
  };
  std::shared_ptr<const Part> fold(std::size_t fold, const Context& context);
  const Problem& problem() const { return problem_; }

 private:
  const Problem& problem_;
  EncodedCache& cache_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const Part>> parts_;
};

/// One setting on its way through the folds. Folds may be judged side by side.
class PoolRun {
 public:
  PoolRun(Wish wish, std::size_t folds, std::size_t number);

  const Wish& wish() const { return wish_; }
  const std::string& key() const { return wish_.key; }
  std::size_t first_fold() const { return first_; }
  /// Settings that the data do not allow.
  bool failed() const;
  bool complete() const;
  /// The best score of its stages in the first fold.
  double best_first(bool greater_is_better) const;
  /// After the first fold: later ones need few rounds more than were best there.
  void cut_rounds(bool greater_is_better);
  void judge(PoolRows& rows, std::size_t fold, const Context& context);
  /// REQUIRES: complete().
  PoolMember finish(const Problem& problem);

 private:
  struct Part {
    std::vector<double> scores;                ///< [stages]
    std::vector<std::vector<double>> answers;  ///< [stages][test rows, width]
    double fit_seconds = 0, predict_seconds = 0;
  };
  std::size_t best_stage(bool greater_is_better, std::optional<std::size_t> without) const;

  Wish wish_;
  AnyEstimator fitted_;  ///< what is fitted in the folds
  bool alone_ = true;
  std::size_t first_;
  std::vector<std::size_t> stages_;  ///< ascending; one 0 when the answers have none
  std::vector<std::optional<Part>> parts_;
  std::vector<std::uint8_t> failed_;  ///< [folds]
};

}  // namespace everyml::select_impl
