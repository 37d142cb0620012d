#include "everyml/workflow/catalog/model_trees.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "everyml/ensembles/boosting/boosting_family.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/workflow/catalog/catalog.h"

namespace everyml {
namespace {

constexpr std::size_t kRows = 60;

Dataset rows_of(Target::Kind kind) {
  Buffer<double> x(kRows * 2), y(kRows);
  Buffer<std::int32_t> codes(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    const auto at = static_cast<double>(i);
    x[2 * i] = at;
    x[2 * i + 1] = static_cast<double>((i * 7) % 11);
    y[i] = at * at / 10 + x[2 * i + 1];
    codes[i] = i % 20 < 9 ? 0 : 1;
  }
  Dataset data{.features = Features::dense(std::move(x), kRows, 2)};
  data.target = kind == Target::Kind::classes ? Target::classes(std::move(codes), {"a", "b"})
                                              : Target::numbers(std::move(y));
  return data;
}

std::vector<double> answers_of(const AnyModel& model, const Features& x, const Context& context) {
  const std::size_t classes = model.class_names().size();
  std::vector<double> out(x.rows() * std::max<std::size_t>(1, classes));
  if (classes > 0)
    model.probabilities(x, out, context);
  else
    model.values(x, out, context);
  return out;
}

TEST(ModelTrees, WhatIsSaidOfAnAlgorithmHoldsForItsModels) {
  const Context context;
  std::size_t trees = 0, stages = 0;
  for (const Entry& entry : catalog().entries()) {
    const Target::Kind target = entry.card().target;
    if (target == Target::Kind::none) continue;
    SCOPED_TRACE(entry.card().name);
    Dataset data = rows_of(target);
    // Rankers need to know which rows belong to one list, and whole grades.
    if (orders_lists(entry.card().name)) {
      for (std::size_t i = 0; i < kRows; ++i) data.groups.push_back(static_cast<std::int32_t>(i / 10));
      Buffer<double> grades(kRows);
      for (std::size_t i = 0; i < kRows; ++i) grades[i] = static_cast<double>(i % 10 / 4);
      data.target = Target::numbers(std::move(grades));
    }
    const AnyModel model = entry.make().fit(data, context);
    const auto found = trees_of(model);
    EXPECT_EQ(found.has_value(), made_of_trees(entry.card().name));
    EXPECT_EQ(stages_of(model) > 0, answers_in_stages(entry.card().name));
    std::vector<std::int32_t> none;
    std::vector<double> answers = answers_of(model, data.features, context);
    if (!found) {
      EXPECT_THROW(tree_leaves(model, data.features, none, context), UnsupportedError);
      EXPECT_THROW(staged(model, data.features, 1, answers, context), UnsupportedError);
      continue;
    }
    ++trees;
    // Each tree's leaves are numbered without a gap over the rows that it learned from.
    std::vector<std::int32_t> leaves(kRows * found->tree_count());
    tree_leaves(model, data.features, leaves, context);
    for (const std::int32_t leaf : leaves) {
      EXPECT_GE(leaf, 0);
      EXPECT_LT(static_cast<std::size_t>(leaf), found->parts().leaves());
    }
    if (stages_of(model) == 0) continue;
    ++stages;
    std::vector<double> last(answers.size()), first(answers.size());
    staged(model, data.features, stages_of(model), last, context);
    EXPECT_EQ(last, answers);
    staged(model, data.features, 1, first, context);
    EXPECT_NE(first, answers);
  }
  EXPECT_GE(trees, 11U);
  EXPECT_GE(stages, 2U);
}

TEST(ModelTrees, RowsOfAnotherWidthAreRefused) {
  const Context context;
  const Dataset data = rows_of(Target::Kind::classes);
  const AnyModel model = catalog().find("gradient-boosting-classifier").make().fit(data, context);
  const Features narrow = Features::dense(Buffer<double>(5), 5, 1);
  std::vector<std::int32_t> leaves(5 * trees_of(model)->tree_count());
  std::vector<double> out(10);
  EXPECT_THROW(tree_leaves(model, narrow, leaves, context), DataError);
  EXPECT_THROW(staged(model, narrow, 1, out, context), DataError);
}

}  // namespace
}  // namespace everyml
