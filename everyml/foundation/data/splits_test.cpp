#include "everyml/foundation/data/splits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Rows = std::vector<std::size_t>;

Stream stream(std::uint64_t seed) { return Stream(seed, "splits test"); }

template <class Work>
std::pair<std::string, std::string> failure(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return {std::string(error.code()), error.what()};
  }
  return {"no error", ""};
}

bool strictly_ascending(const Rows& rows) {
  return std::adjacent_find(rows.begin(), rows.end(), std::greater_equal<>()) == rows.end();
}

/// Both lists ascend, share nothing and together are all rows; every row is tested exactly once.
void expect_partition(const Folds& folds, std::size_t n) {
  std::vector<int> tested(n, 0);
  for (const Fold& fold : folds) {
    ASSERT_TRUE(strictly_ascending(fold.train) && strictly_ascending(fold.test));
    Rows all;
    std::merge(fold.train.begin(), fold.train.end(), fold.test.begin(), fold.test.end(),
               std::back_inserter(all));
    Rows expected(n);
    std::iota(expected.begin(), expected.end(), std::size_t{0});
    ASSERT_EQ(all, expected);
    for (const std::size_t row : fold.test) ++tested[row];
  }
  ASSERT_TRUE(std::all_of(tested.begin(), tested.end(), [](int times) { return times == 1; }));
}

template <class Count>
std::size_t spread(const Folds& folds, Count count) {
  std::size_t least = std::numeric_limits<std::size_t>::max(), most = 0;
  for (const Fold& fold : folds) {
    least = std::min(least, count(fold));
    most = std::max(most, count(fold));
  }
  return most - least;
}

std::size_t test_size(const Fold& fold) { return fold.test.size(); }

struct Shape {
  std::size_t n, k;
};

std::vector<Shape> random_shapes(std::size_t count) {
  Stream random = stream(99);
  std::vector<Shape> shapes{{2, 2}, {3, 2}, {3, 3}, {10, 10}};
  while (shapes.size() < count) {
    const std::size_t n = 2 + random.below(300);
    shapes.push_back({n, 2 + random.below(std::min<std::size_t>(n - 1, 12))});
  }
  return shapes;
}

TEST(Splits, RandomFoldsPartitionEvenly) {
  for (const auto [n, k] : random_shapes(200)) {
    const Folds folds = random_folds(n, k, stream(n));
    ASSERT_EQ(folds.size(), k);
    expect_partition(folds, n);
    EXPECT_LE(spread(folds, test_size), 1U);
  }
}

TEST(Splits, SameStreamSameFolds) {
  EXPECT_EQ(random_folds(50, 5, stream(1))[0].test, random_folds(50, 5, stream(1))[0].test);
  EXPECT_NE(random_folds(50, 5, stream(1))[0].test, random_folds(50, 5, stream(2))[0].test);
}

TEST(Splits, NumberOfFoldsIsChecked) {
  for (const auto [n, k] : {Shape{10, 0}, Shape{10, 1}, Shape{10, 11}, Shape{0, 2}}) {
    EXPECT_EQ(failure([&] { random_folds(n, k, stream(1)); }).first, "splits.folds");
    const std::vector<std::int32_t> codes(n, 0);
    EXPECT_EQ(failure([&] { stratified_folds(codes, k, stream(1)); }).first, "splits.folds");
    EXPECT_EQ(failure([&] { group_folds(codes, k, stream(1)); }).first, "splits.folds");
    const std::vector<double> target(n, 0.0);
    EXPECT_EQ(failure([&] { quantile_folds(target, k, stream(1)); }).first, "splits.folds");
  }
}

TEST(Splits, StratifiedFoldsSpreadEveryClass) {
  Stream random = stream(5);
  for (const auto [n, k] : random_shapes(200)) {
    std::vector<std::int32_t> codes(n);
    const std::uint64_t classes = 1 + random.below(6);
    // Squared, so that some classes are rare.
    for (auto& code : codes)
      code = static_cast<std::int32_t>(std::pow(random.uniform(), 2) * static_cast<double>(classes));
    const Folds folds = stratified_folds(codes, k, stream(n));
    expect_partition(folds, n);
    EXPECT_LE(spread(folds, test_size), 1U);
    const std::set<std::int32_t> present(codes.begin(), codes.end());
    for (const std::int32_t c : present) {
      const auto in_test = [&](const Fold& fold) {
        return static_cast<std::size_t>(
            std::count_if(fold.test.begin(), fold.test.end(), [&](std::size_t r) { return codes[r] == c; }));
      };
      EXPECT_LE(spread(folds, in_test), 1U) << "class " << c;
      EXPECT_TRUE(std::any_of(folds.begin(), folds.end(), [&](const Fold& fold) {
        return std::any_of(fold.train.begin(), fold.train.end(),
                           [&](std::size_t r) { return codes[r] == c; });
      }));
    }
  }
}

TEST(Splits, BlocksKeepTheOrderOfTheRows) {
  const Folds folds = block_folds(8, 3);
  expect_partition(folds, 8);
  EXPECT_THAT(folds[0].test, ElementsAre(0, 1, 2));
  EXPECT_THAT(folds[1].test, ElementsAre(3, 4, 5));
  EXPECT_THAT(folds[2].test, ElementsAre(6, 7));
  EXPECT_EQ(failure([] { block_folds(3, 4); }).first, "splits.folds");

  const std::vector<std::int32_t> codes = {0, 1, 0, 1, 0, 1, 0, 1, 0};
  const Folds stratified = stratified_block_folds(codes, 2);
  expect_partition(stratified, 9);
  EXPECT_THAT(stratified[0].test, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(stratified[1].test, ElementsAre(5, 6, 7, 8));
  const Folds dealt = stratified_folds(codes, 2, stream(1));
  EXPECT_EQ(dealt[0].test.size(), stratified[0].test.size());
}

TEST(Splits, QuantileFoldsTakeOneRowOfEachNeighbourhood) {
  for (const auto [n, k] : random_shapes(100)) {
    std::vector<double> target(n);
    Stream random = stream(n * 31);
    for (double& value : target) value = random.normal();
    const Folds folds = quantile_folds(target, k, stream(n));
    expect_partition(folds, n);
    EXPECT_LE(spread(folds, test_size), 1U);
    // Of each k neighbours in order of the target, every fold tests one.
    Rows order(n), fold_of(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return target[a] < target[b]; });
    for (std::size_t f = 0; f < k; ++f) {
      for (const std::size_t row : folds[f].test) fold_of[row] = f;
    }
    for (std::size_t begin = 0; begin + k <= n; begin += k) {
      std::set<std::size_t> seen;
      for (std::size_t i = begin; i < begin + k; ++i) seen.insert(fold_of[order[i]]);
      EXPECT_EQ(seen.size(), k);
    }
  }
}

TEST(Splits, GroupsStayOnOneSide) {
  Stream random = stream(8);
  for (const auto [n, k] : random_shapes(200)) {
    std::vector<std::int32_t> groups(n);
    for (std::size_t i = 0; i < n; ++i) {
      groups[i] = i < k ? static_cast<std::int32_t>(i) - 3 : static_cast<std::int32_t>(random.below(40)) - 3;
    }
    const Folds folds = group_folds(groups, k, stream(n));
    expect_partition(folds, n);
    std::map<std::int32_t, std::size_t> fold_of;
    for (std::size_t f = 0; f < k; ++f) {
      EXPECT_FALSE(folds[f].test.empty());
      for (const std::size_t row : folds[f].test)
        EXPECT_EQ(fold_of.try_emplace(groups[row], f).first->second, f);
    }
    // The greedy rule cannot leave folds further apart than the largest group.
    std::map<std::int32_t, std::size_t> sizes;
    for (const std::int32_t g : groups) ++sizes[g];
    const auto largest =
        std::max_element(sizes.begin(), sizes.end(), [](auto& a, auto& b) { return a.second < b.second; });
    EXPECT_LE(spread(folds, test_size), largest->second);
  }
}

TEST(Splits, TooFewGroups) {
  const std::vector<std::int32_t> groups{1, 1, 2, 2, 2};
  const auto [code, sentence] = failure([&] { group_folds(groups, 3, stream(1)); });
  EXPECT_EQ(code, "splits.groups");
  EXPECT_THAT(sentence, HasSubstr("found 2"));
}

TEST(Splits, TimeGoesForwardAndEqualTimesStayTogether) {
  Stream random = stream(12);
  for (const auto [n, k] : random_shapes(200)) {
    std::vector<double> time(n);
    for (double& t : time) t = static_cast<double>(random.below(60));
    if (std::set<double>(time.begin(), time.end()).size() < k + 1) {
      EXPECT_EQ(failure([&] { time_folds(time, k); }).first, "splits.time");
      continue;
    }
    const Folds folds = time_folds(time, k);
    ASSERT_EQ(folds.size(), k);
    Rows tested;
    for (const Fold& fold : folds) {
      ASSERT_FALSE(fold.train.empty() || fold.test.empty());
      ASSERT_TRUE(strictly_ascending(fold.train) && strictly_ascending(fold.test));
      double newest = -1.0, oldest = 1e9;
      for (const std::size_t row : fold.train) newest = std::max(newest, time[row]);
      for (const std::size_t row : fold.test) oldest = std::min(oldest, time[row]);
      EXPECT_LT(newest, oldest);
      EXPECT_EQ(fold.train.size(), static_cast<std::size_t>(std::count_if(
                                       time.begin(), time.end(), [&](double t) { return t < oldest; })));
      tested.insert(tested.end(), fold.test.begin(), fold.test.end());
    }
    std::sort(tested.begin(), tested.end());
    EXPECT_TRUE(strictly_ascending(tested));
    EXPECT_EQ(tested.size() + folds[0].train.size(), n);
  }
}

TEST(Splits, TimeBlocksAreEvenWhenTimesDiffer) {
  std::vector<double> time(12);
  std::iota(time.rbegin(), time.rend(), 0.0);
  const Folds folds = time_folds(time, 3);
  EXPECT_THAT(folds[0].train, ElementsAre(9, 10, 11));
  EXPECT_THAT(folds[0].test, ElementsAre(6, 7, 8));
  EXPECT_THAT(folds[2].test, ElementsAre(0, 1, 2));
}

TEST(Splits, GapLeavesRowsOut) {
  std::vector<double> time(12);
  std::iota(time.begin(), time.end(), 0.0);
  const Folds folds = time_folds(time, 3, 2.0);
  EXPECT_THAT(folds[0].train, ElementsAre(0, 1))
      << "row 2 is 1 before the block that begins at 3, row 1 is 2 before";
  EXPECT_THAT(folds[1].test, ElementsAre(6, 7, 8));
  EXPECT_THAT(folds[1].train, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(failure([&] { time_folds(time, 3, 4.0); }).first, "splits.gap");
  EXPECT_EQ(failure([&] { time_folds(time, 3, -1.0); }).first, "splits.gap");
  EXPECT_EQ(failure([&] { time_folds(time, 0); }).first, "splits.folds");
  time[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(failure([&] { time_folds(time, 3); }).first, "splits.time");
}

TEST(Splits, HoldoutKeepsSharesOfClasses) {
  Stream random = stream(3);
  for (const auto [n, k] : random_shapes(200)) {
    std::vector<std::int32_t> codes(n);
    for (auto& code : codes) code = static_cast<std::int32_t>(random.below(k));
    const double fraction = 0.05 + 0.9 * random.uniform();
    const Fold fold = holdout(n, fraction, codes, stream(n));
    const std::size_t wanted = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::llround(static_cast<double>(n) * fraction)), 1, n - 1);
    EXPECT_EQ(fold.test.size(), wanted);
    EXPECT_EQ(fold.train.size(), n - wanted);
    EXPECT_TRUE(strictly_ascending(fold.train) && strictly_ascending(fold.test));
    Rows both;
    std::set_intersection(fold.train.begin(), fold.train.end(), fold.test.begin(), fold.test.end(),
                          std::back_inserter(both));
    EXPECT_TRUE(both.empty());
    if (fold.train.size() < k) continue;
    std::set<std::int32_t> all(codes.begin(), codes.end()), trained;
    for (const std::size_t row : fold.train) trained.insert(codes[row]);
    EXPECT_EQ(trained, all);
  }
}

TEST(Splits, HoldoutSharesAreExactWhenTheyCanBe) {
  std::vector<std::int32_t> codes(100, 0);
  std::fill(codes.begin(), codes.begin() + 30, 1);
  const Fold fold = holdout(100, 0.2, codes, stream(1));
  EXPECT_EQ(std::count_if(fold.test.begin(), fold.test.end(), [&](std::size_t r) { return codes[r] == 1; }),
            6);
  EXPECT_EQ(fold.test.size(), 20U);
  EXPECT_EQ(holdout(10, 0.3, {}, stream(1)).test.size(), 3U);
  EXPECT_EQ(failure([&] { holdout(100, 0.0, codes, stream(1)); }).first, "splits.fraction");
  EXPECT_EQ(failure([&] { holdout(100, 1.0, codes, stream(1)); }).first, "splits.fraction");
  EXPECT_EQ(failure([&] { holdout(1, 0.5, {}, stream(1)); }).first, "splits.rows");
  EXPECT_EQ(failure([&] { holdout(99, 0.5, codes, stream(1)); }).first, "data.length");
}

TEST(Splits, HoldoutFavoursNoClass) {
  // 5 of 22 rows: one class gives 3, the other 2. Each row is drawn 5 / 22 of the time, give or take 5
  // errors.
  std::vector<std::int32_t> codes(22);
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = i % 2;
  const int draws = 2000;
  std::vector<int> drawn(codes.size());
  for (int seed = 0; seed < draws; ++seed) {
    for (const std::size_t row :
         holdout(codes.size(), 5.0 / 22.0, codes, stream(static_cast<std::uint64_t>(seed))).test) {
      ++drawn[row];
    }
  }
  const double share = 5.0 / 22.0, error = std::sqrt(share * (1 - share) * draws);
  for (const int times : drawn) EXPECT_NEAR(times, share * draws, 5 * error);
  const int even = std::accumulate(drawn.begin(), drawn.end(), 0, [i = 0](int sum, int times) mutable {
    return i++ % 2 == 0 ? sum + times : sum;
  });
  EXPECT_NEAR(even, 2.5 * draws, 5 * 0.5 * std::sqrt(draws));
}

TEST(FoldFile, ComesBack) {
  for (const auto [n, k] : random_shapes(50)) {
    const Folds folds = random_folds(n, k, stream(n));
    const Folds again = read_folds(write_folds(folds), n);
    ASSERT_EQ(again.size(), k);
    for (std::size_t f = 0; f < k; ++f) {
      EXPECT_EQ(again[f].train, folds[f].train);
      EXPECT_EQ(again[f].test, folds[f].test);
    }
  }
}

TEST(FoldFile, AnyOrderOfLinesAndLineEndsIsRead) {
  const Folds folds =
      read_folds("fold,role,row\r\n1,test,0\r\n0,train,2\r\n0,test,1\r\n1,train,3\r\n0,train,0", 4);
  ASSERT_EQ(folds.size(), 2U);
  EXPECT_THAT(folds[0].train, ElementsAre(0, 2));
  EXPECT_THAT(folds[1].test, ElementsAre(0));
}

TEST(FoldFile, HostileTextEndsInATypedErrorWithTheLine) {
  const std::pair<const char*, const char*> kBad[] = {
      {"", "folds.format"},
      {"\n", "folds.format"},
      {"fold,role,row\n", "folds.format"},
      {"fold;role;row\n0;test;1", "folds.format"},
      {"fold,role,row\n0,test\n", "folds.format"},
      {"fold,role,row\n0,test,1,2\n", "folds.format"},
      {"fold,role,row\n-1,test,1\n", "folds.format"},
      {"fold,role,row\n0,Test,1\n", "folds.format"},
      {"fold,role,row\n0,test,1.0\n", "folds.format"},
      {"fold,role,row\n0,test,\n", "folds.format"},
      {"fold,role,row\n0,test,99999999999999999999999\n", "folds.format"},
      {"fold,role,row\n18446744073709551615,test,1\n18446744073709551615,train,2\n", "folds.format"},
      {"fold,role,row\n0,test,1\n", "folds.format"},
      {"fold,role,row\n0,test,1\n0,train,2\n2,test,1\n2,train,2\n", "folds.format"},
      {"fold,role,row\n0,test,1\n\n0,train,2\n", "folds.format"},
      {"fold,role,row\n0,test,4\n0,train,2\n", "folds.row"},
      {"fold,role,row\n0,test,1\n0,train,1\n", "folds.row"},
      {"fold,role,row\n0,train,1\n0,train,1\n0,test,2\n", "folds.row"},
  };
  for (const auto& [text, code] : kBad) {
    const auto [got, sentence] = failure([&] { read_folds(text, 4); });
    EXPECT_EQ(got, code) << text;
    EXPECT_THAT(sentence, HasSubstr("line ")) << text;
  }
}

TEST(FoldFile, EveryPrefixAndBitFlipIsReadOrRefused) {
  const std::string text = write_folds(random_folds(7, 3, stream(4)));
  const auto attempt = [](const std::string& bytes) {
    try {
      const Folds folds = read_folds(bytes, 7);
      return folds.size() <= 3;
    } catch (const Error&) {
      return true;
    }
  };
  for (std::size_t length = 0; length < text.size(); ++length) EXPECT_TRUE(attempt(text.substr(0, length)));
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string broken = text;
    broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(attempt(broken));
  }
}

}  // namespace
}  // namespace everyml
