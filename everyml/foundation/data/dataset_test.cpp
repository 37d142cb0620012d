#include "everyml/foundation/data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

template <class T>
Buffer<T> buffer(std::initializer_list<T> values) {
  auto out = Buffer<T>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), out.begin());
  return out;
}

template <class Work>
std::pair<std::string, std::string> failure(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return {std::string(error.code()), error.what()};
  }
  return {"no error", ""};
}

/// Three rows of two features, two classes.
Dataset small() {
  Dataset data;
  data.features = Features::dense(buffer({1.0, 2.0, 3.0, 4.0, 5.0, 6.0}), 3, 2);
  data.target = Target::classes(buffer<std::int32_t>({0, 1, 0}), {"no", "yes"});
  data.info = {{"age", "age"}, {"sex=f", "sex", FeatureInfo::Kind::flag}};
  return data;
}

std::pair<std::string, std::string> verdict(const Dataset& data, Dataset::Needs needs = {}) {
  return failure([&] { data.validate("ridge", needs); });
}

TEST(Target, KindsNamesAndSelection) {
  const Target target = small().target;
  EXPECT_EQ(target.kind(), Target::Kind::classes);
  EXPECT_EQ(target.size(), 3U);
  EXPECT_EQ(target.class_count(), 2U);
  EXPECT_EQ(target.label_kind(), ColumnKind::category);
  const std::vector<std::size_t> rows{1, 1};
  EXPECT_THAT(target.select(rows).codes(), ElementsAre(1, 1));
  EXPECT_THAT(target.select(rows).names(), ElementsAre("no", "yes")) << "names stay with their codes";
  EXPECT_THAT(Target::numbers(buffer({1.5, 2.5})).select(rows).values(), ElementsAre(2.5, 2.5));
  EXPECT_EQ(Target().select(rows).kind(), Target::Kind::none);
  EXPECT_EQ(Target().size(), 0U);
  EXPECT_EQ(to_string(Target::Kind::numbers), "numbers");
}

TEST(Target, BadValuesAreNamed) {
  EXPECT_EQ(failure([] { Target::classes(buffer<std::int32_t>({0, 2}), {"a", "b"}); }).first,
            "data.class_code");
  EXPECT_EQ(failure([] { Target::classes(buffer<std::int32_t>({-1}), {"a", "b"}); }).first,
            "data.class_code");
  for (const double odd : {kNan, kInf, -kInf}) {
    const auto [code, sentence] = failure([&] { Target::numbers(buffer({1.0, odd})); });
    EXPECT_EQ(code, "data.target_not_finite");
    EXPECT_THAT(sentence, HasSubstr("row 1 "));
  }
}

TEST(Dataset, NamesWeightsAndRows) {
  Dataset data = small();
  EXPECT_EQ(data.feature_name(1), "sex=f");
  EXPECT_EQ(data.weight_sum(), 3.0);
  data.weights = {1.0, 0.5, 0.25};
  data.groups = {7, 8, 9};
  EXPECT_EQ(data.weight_sum(), 1.75);
  const std::vector<std::size_t> rows{2, 0};
  const Dataset part = data.select_rows(rows);
  EXPECT_EQ(part.features.at(0, 1), 6.0);
  EXPECT_THAT(part.weights, ElementsAre(0.25, 1.0));
  EXPECT_THAT(part.groups, ElementsAre(9, 7));
  EXPECT_THAT(part.target.codes(), ElementsAre(0, 0));
  data.info.clear();
  EXPECT_EQ(data.feature_name(1), "x1");
}

TEST(Dataset, GoodDataIsAccepted) {
  EXPECT_EQ(verdict(small()).first, "no error");
  EXPECT_EQ(
      verdict(small(), {.target = Target::Kind::classes, .minimum_rows = 3, .minimum_classes = 2}).first,
      "no error");
}

TEST(Dataset, ShapesAndLengths) {
  Dataset data = small();
  data.features = Features::dense(Buffer<double>(0), 0, 2);
  EXPECT_EQ(verdict(data).first, "data.no_rows");
  EXPECT_EQ(verdict(small(), {.minimum_rows = 4}).second, "ridge: needs at least 4 rows, got 3");
  data.features = Features::dense(Buffer<double>(0), 3, 0);
  data.info.clear();
  EXPECT_EQ(verdict(data).first, "data.no_columns");
  data = small();
  data.target = Target::numbers(buffer({1.0}));
  EXPECT_EQ(verdict(data).first, "data.length");
  data = small();
  data.weights = {1.0};
  EXPECT_EQ(verdict(data).first, "data.length");
  data = small();
  data.groups = {1, 2, 3, 4};
  EXPECT_THAT(verdict(data).second, HasSubstr("4 groups for 3 rows"));
  data = small();
  data.info.resize(1);
  EXPECT_EQ(verdict(data).first, "data.length");
}

TEST(Dataset, Weights) {
  for (const double bad : {-1.0, kNan, kInf}) {
    Dataset data = small();
    data.weights = {1.0, 1.0, bad};
    const auto [code, sentence] = verdict(data);
    EXPECT_EQ(code, "data.weight");
    EXPECT_THAT(sentence, HasSubstr("weight of row 2"));
  }
  Dataset data = small();
  data.weights = {0.0, 0.0, 0.0};
  EXPECT_EQ(verdict(data).first, "data.weights_zero");
  data.weights = {1.0, 0.0, 1.0};
  EXPECT_EQ(verdict(data).first, "no error");
  const auto [code, sentence] = verdict(data, {.target = Target::Kind::classes, .minimum_classes = 2});
  EXPECT_EQ(code, "data.one_class") << "the only row of class yes weighs nothing";
  EXPECT_EQ(sentence, "ridge: needs at least 2 classes in the target, found one class: no");
}

TEST(Dataset, TargetKind) {
  Dataset data = small();
  EXPECT_EQ(verdict(data, {.target = Target::Kind::numbers}).second,
            "ridge: needs a target of numbers, got classes");
  data.target = {};
  EXPECT_EQ(verdict(data, {.target = Target::Kind::numbers}).second,
            "ridge: needs a target of numbers, got no target");
  EXPECT_EQ(verdict(data).first, "no error");
}

Features with_value(Features::Storage storage, double odd) {
  if (storage == Features::Storage::dense64)
    return Features::dense(buffer({1.0, 2.0, 3.0, 4.0, 5.0, odd}), 3, 2);
  const auto small_odd = static_cast<float>(odd);
  if (storage == Features::Storage::dense32) {
    return Features::dense(buffer({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, small_odd}), 3, 2);
  }
  return Features::sparse(3, 2, buffer<std::uint64_t>({0, 1, 1, 2}), buffer<std::uint32_t>({0, 1}),
                          buffer({1.0F, small_odd}));
}

TEST(Dataset, OddValuesAreNamedInEveryStorage) {
  for (const auto storage :
       {Features::Storage::dense64, Features::Storage::dense32, Features::Storage::sparse32}) {
    Dataset data = small();
    data.features = with_value(storage, kInf);
    for (const bool missing_allowed : {false, true}) {
      const auto [code, sentence] = verdict(data, {.missing_allowed = missing_allowed});
      EXPECT_EQ(code, "data.infinite");
      EXPECT_THAT(sentence, HasSubstr("feature \"sex=f\" is infinite in row 2"));
    }
    data.features = with_value(storage, kNan);
    EXPECT_EQ(verdict(data, {.missing_allowed = true}).first, "no error");
    const auto [code, sentence] = verdict(data);
    EXPECT_EQ(code, "data.missing");
    EXPECT_THAT(sentence, HasSubstr("ridge: feature \"sex=f\" is missing in row 2"));
  }
}

TEST(Dataset, HugeFiniteValuesAreNotInfinite) {
  Dataset data = small();
  data.features = with_value(Features::Storage::dense64, std::numeric_limits<double>::max());
  EXPECT_EQ(verdict(data).first, "no error");
}

TEST(Dataset, SeveralTargetsAreForThoseWhoTakeThem) {
  const Dataset one = small();
  Dataset two = one;
  two.further = {Target::classes(buffer<std::int32_t>({2, 1, 0}), {"a", "b", "c"})};
  EXPECT_EQ(two.target_count(), 2U);
  EXPECT_EQ(two.target_at(1).class_count(), 3U);
  const auto [code, sentence] = verdict(two, {.target = Target::Kind::classes});
  EXPECT_EQ(code, "data.targets");
  EXPECT_THAT(sentence, HasSubstr("ridge: learns one target at a time, got 2"));
  const Dataset::Needs several{.target = Target::Kind::classes, .several = true};
  EXPECT_EQ(verdict(two, several).first, "no error");
  EXPECT_EQ(verdict(one, several).first, "data.targets") << "one is not several";
  Dataset mixed = two;
  mixed.further.push_back(Target::numbers(buffer({1.0, 2.0, 3.0})));
  EXPECT_EQ(verdict(mixed, several).first, "data.targets");
  Dataset shorter = two;
  shorter.further.push_back(Target::classes(buffer<std::int32_t>({0}), {"a"}));
  EXPECT_EQ(verdict(shorter, several).first, "data.length");
  const std::vector<std::size_t> rows{2, 0};
  EXPECT_THAT(two.select_rows(rows).further[0].codes(), ElementsAre(0, 2));
}

}  // namespace
}  // namespace everyml
