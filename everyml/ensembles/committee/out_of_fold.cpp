#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "everyml/ensembles/committee/stack_impl.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/data/splits.h"

namespace everyml {
namespace {

Folds folds_of(std::string_view committee, const Dataset& data, const StackingSettings& settings,
               const Context& context) {
  const std::size_t n = data.rows();
  if (n < 4) {
    throw DataError("data.rows",
                    fmt::format("{}: {} rows of positive weight cannot be divided into folds; there "
                                "must be at least 4",
                                committee, n));
  }
  const bool classes = data.target.kind() == Target::Kind::classes;
  Stream stream = context.random("stacking.folds");
  auto wanted = static_cast<std::size_t>(settings.folds);
  if (settings.holdout > 0) {
    if (data.groups.empty()) {
      return {holdout(n, settings.holdout, classes ? data.target.codes() : std::span<const std::int32_t>{},
                      stream)};
    }
    wanted = std::max<std::size_t>(2, static_cast<std::size_t>(std::llround(1 / settings.holdout)));
  }
  Folds folds;
  if (!data.groups.empty()) {
    const std::size_t groups = std::set<std::int32_t>(data.groups.begin(), data.groups.end()).size();
    if (groups < 2) {
      throw DataError(
          "data.groups",
          fmt::format("{}: all rows are of one group; folds need at least two groups", committee));
    }
    folds = group_folds(data.groups, std::min(wanted, groups), stream);
  } else if (classes) {
    folds = stratified_folds(data.target.codes(), std::min(wanted, n), stream);
  } else {
    folds = quantile_folds(data.target.values(), std::min(wanted, n), stream);
  }
  if (settings.holdout > 0) folds.resize(1);
  return folds;
}

/// The only class of these rows, or -1.
std::int32_t only_class(const Dataset& data, std::span<const std::size_t> rows) {
  if (data.target.kind() != Target::Kind::classes || rows.empty()) return -1;
  const auto codes = data.target.codes();
  const bool same =
      std::all_of(rows.begin(), rows.end(), [&](std::size_t row) { return codes[row] == codes[rows[0]]; });
  return same ? codes[rows[0]] : -1;
}

std::vector<double> answers_for(const AnyEstimator& learner, const Dataset& data, const Fold& fold,
                                std::size_t width, const Context& context) {
  std::vector<double> told(fold.test.size() * width);
  const std::int32_t only = only_class(data, fold.train);
  if (only >= 0) {
    // A side of one class alone teaches nothing but that class.
    for (std::size_t i = 0; i < fold.test.size(); ++i) told[i * width + static_cast<std::size_t>(only)] = 1;
    return told;
  }
  const Member member = Member::fit(learner, data.select_rows(fold.train), {}, context);
  member.answer(data.features.select_rows(fold.test), told, context);
  return told;
}

}  // namespace

OutOfFold out_of_fold(std::string_view committee, const std::vector<AnyEstimator>& learners,
                      const Dataset& data, const StackingSettings& settings, const Context& context) {
  const Folds folds = folds_of(committee, data, settings, context);
  const std::size_t width = std::max<std::size_t>(data.target.class_count(), 1);
  OutOfFold told;
  for (const Fold& fold : folds) told.rows.insert(told.rows.end(), fold.test.begin(), fold.test.end());
  std::sort(told.rows.begin(), told.rows.end());
  std::vector<std::size_t> place(data.rows());
  for (std::size_t i = 0; i < told.rows.size(); ++i) place[told.rows[i]] = i;
  told.answers.assign(learners.size(), std::vector<double>(told.rows.size() * width));
  parallel_for(context, learners.size() * folds.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t task = begin; task < end; ++task) {
      const std::size_t m = task / folds.size();
      const Fold& fold = folds[task % folds.size()];
      const Context own = member_context(context, "stacking.fold", task);
      const std::vector<double> part = answers_for(learners[m], data, fold, width, own);
      for (std::size_t i = 0; i < fold.test.size(); ++i) {
        std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                    told.answers[m].begin() + static_cast<std::ptrdiff_t>(place[fold.test[i]] * width));
      }
    }
  });
  return told;
}

}  // namespace everyml
