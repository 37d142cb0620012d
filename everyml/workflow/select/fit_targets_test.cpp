#include "everyml/workflow/select/fit_targets.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/artifact/targets.h"
#include "everyml/workflow/catalog/catalog.h"
#include "everyml/workflow/explain/scoring.h"

namespace everyml {
namespace {

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return std::string(error.code());
  }
  return "no error";
}

Column number(std::string name, const std::vector<double>& values) {
  auto buffer = Buffer<double>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Column::numbers(std::move(name), std::move(buffer));
}

/// Two features, of which one is a text's category, two numbers and two classes to learn, 120 rows.
Table sales() {
  std::vector<double> size, price, count;
  std::vector<std::optional<std::string>> shop, kind, good;
  for (int i = 0; i < 120; ++i) {
    size.push_back(i % 10);
    shop.emplace_back(i % 3 == 0 ? "north" : i % 3 == 1 ? "south" : "west");
    price.push_back(i % 10 + (i % 3 == 0 ? 5 : 0));
    count.push_back(i % 3 == 1 ? 40 : 20);
    kind.emplace_back(i % 10 < 4 ? "small" : "large");
    good.emplace_back(i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c");
  }
  return Table({number("size", size), Column::categories("shop", shop), number("price", price),
                number("count", count), Column::categories("kind", kind), Column::categories("good", good)});
}

TEST(FitTargets, TheAlgorithmsThatSaySoLearnSeveralAndAllOthersRefuse) {
  const Features x = Features::dense(Buffer<double>(120), 120, 1);
  for (const Entry& entry : catalog().entries()) {
    const Target::Kind kind = entry.card().target;
    if (kind == Target::Kind::none) continue;
    std::vector<double> y;
    std::vector<std::int32_t> codes;
    for (int i = 0; i < 120; ++i) y.push_back(i % 7), codes.push_back(i % 2);
    auto numbers = Buffer<double>::uninitialized(120);
    std::copy(y.begin(), y.end(), numbers.begin());
    auto classes = Buffer<std::int32_t>::uninitialized(120);
    std::copy(codes.begin(), codes.end(), classes.begin());
    const Target one = kind == Target::Kind::numbers ? Target::numbers(std::move(numbers))
                                                     : Target::classes(std::move(classes), {"no", "yes"});
    const std::string code = code_of([&] {
      fit_targets(entry.make(), x, std::vector<std::string>{"x"}, {{"a", one}, {"b", one}}, {}, Context{});
    });
    EXPECT_EQ(code, learns_targets(entry.card().name) ? "no error" : "data.targets") << entry.card().name;
  }
}

TEST(FitTargets, ATableGivesAColumnForEachTargetAndTheFileAnswersAlike) {
  const Table table = sales();
  const Artifact numbers =
      fit_targets(table, {.algorithm = "decision-tree-regressor"}, {"price", "count"}, Context{});
  EXPECT_EQ(numbers.target_name, "price, count");
  const Table answers = predict(numbers, table, {}, Context{});
  ASSERT_EQ(answers.columns(), 2U);
  std::vector<std::size_t> judged;
  EXPECT_EQ(code_of([&] { target_of(numbers, table, judged); }), "explain.targets");
  for (std::size_t i = 0; i < table.rows(); ++i) {
    EXPECT_DOUBLE_EQ(answers.column("price").number(i), table.column("price").number(i));
    EXPECT_DOUBLE_EQ(answers.column("count").number(i), table.column("count").number(i));
  }
  const Artifact classes =
      fit_targets(table, {.algorithm = "random-forest-classifier"}, {"kind", "good"}, Context{});
  const Artifact back = Artifact::from_bytes(classes.bytes(), "model", catalog());
  EXPECT_EQ(back.bytes(), classes.bytes());
  const Table labels = predict(back, table, {.probabilities = true}, Context{});
  EXPECT_EQ(labels.columns(), 2U + 2U + 3U);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    EXPECT_EQ(labels.column("kind").cell(i), table.column("kind").cell(i));
    EXPECT_EQ(labels.column("good").cell(i), table.column("good").cell(i));
    EXPECT_NEAR(labels.column("p_kind_small").number(i) + labels.column("p_kind_large").number(i), 1, 1e-12);
  }
  EXPECT_EQ(code_of([&] { predict_values(numbers, table, Context{}); }), "model.capability");
  EXPECT_EQ(code_of([&] { predict(back, table, {.interval = 0.9}, Context{}); }), "predict.no_intervals");
}

TEST(FitTargets, WhatDoesNotFitIsRefused) {
  const Table table = sales();
  const auto fit = [&](const char* algorithm, const std::vector<std::string>& names) {
    return code_of([&] { fit_targets(table, {.algorithm = algorithm}, names, Context{}); });
  };
  EXPECT_EQ(fit("ridge", {"price", "count"}), "data.targets");
  EXPECT_EQ(fit("k-means", {"price", "count"}), "fit.target");
  EXPECT_EQ(fit("random-forest-regressor", {"price", "price"}), "fit.target");
  EXPECT_EQ(fit("random-forest-regressor", {"price", "kind"}), "learn.task");
  EXPECT_EQ(fit("random-forest-regressor", {"price", "nowhere"}), "data.column_missing");
  EXPECT_EQ(fit("random-forest-regressor", {"price"}), "data.targets");
}

TEST(FitTargets, FilesWhosePartsDoNotFitAreRefused) {
  Artifact artifact =
      fit_targets(sales(), {.algorithm = "decision-tree-classifier"}, {"kind", "good"}, Context{});
  const auto load = [&] {
    return code_of([&] { Artifact::from_bytes(artifact.bytes(), "model", catalog()); });
  };
  EXPECT_EQ(load(), "no error");
  const Artifact sound = artifact;
  for (const char* metadata :
       {"{}", R"({"targets":[]})", R"({"targets":[{"name":"kind","labels":2}]})",
        R"({"targets":[{"name":1,"labels":2},{"name":"good","labels":2}]})",
        R"({"targets":[{"name":"kind","labels":9},{"name":"good","labels":2}]})",
        R"({"targets":[{"name":"kind","labels":0},{"name":"good","labels":2}]})", R"({"targets":[1,2]})"}) {
    artifact.metadata_json = metadata;
    EXPECT_EQ(load(), "model.value") << metadata;
  }
  artifact = sound;
  artifact.target_kind = Target::Kind::numbers;
  EXPECT_EQ(load(), "model.value");
  artifact = sound;
  artifact.class_names = {"a", "b"};
  EXPECT_EQ(load(), "model.value");
}

}  // namespace
}  // namespace everyml
