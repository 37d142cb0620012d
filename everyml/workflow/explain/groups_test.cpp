#include "everyml/workflow/explain/groups.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace everyml {
namespace {

using Cells = std::vector<std::optional<std::string>>;

Buffer<double> buffer(const std::vector<double>& values) {
  Buffer<double> out(values.size());
  std::copy(values.begin(), values.end(), out.begin());
  return out;
}

TEST(GroupTraits, MeansAndSharesAgainstAllRows) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const Cells colours = {"red", "red", "blue", "blue", "blue", std::nullopt};
  const Table table({Column::numbers("size", buffer({1, 3, 9, 11, none, 6})),
                     Column::numbers("same", buffer({5, 5, 5, 5, 5, 5})),
                     Column::categories("colour", colours)});
  const std::vector<std::int32_t> group = {0, 0, 1, 1, 1, -1};
  const auto traits = group_traits(table, group, 2);
  ASSERT_EQ(traits.size(), 2u);
  // size: mean 6, squared deviations 25 + 9 + 9 + 25 + 0 over 5 rows.
  const double deviation = std::sqrt(68.0 / 5.0);
  ASSERT_EQ(traits[0].size(), 2u);
  // Two of five known colours are red: a share of 1 against 0.4, farther out than the size.
  EXPECT_EQ(traits[0][0].column, "colour");
  EXPECT_EQ(traits[0][0].level, "red");
  EXPECT_DOUBLE_EQ(traits[0][0].inside, 1.0);
  EXPECT_DOUBLE_EQ(traits[0][0].overall, 0.4);
  EXPECT_NEAR(traits[0][0].effect, 0.6 / std::sqrt(0.24), 1e-12);
  EXPECT_EQ(traits[0][1].column, "size");
  EXPECT_DOUBLE_EQ(traits[0][1].inside, 2.0);
  EXPECT_DOUBLE_EQ(traits[0][1].overall, 6.0);
  EXPECT_NEAR(traits[0][1].effect, -4.0 / deviation, 1e-12);
  EXPECT_EQ(traits[1][0].column, "size");
  EXPECT_DOUBLE_EQ(traits[1][0].inside, 10.0);
  EXPECT_EQ(traits[1][1].level, "blue");
}

TEST(GroupTraits, OrderedCutAndSilentWhereNothingDiffers) {
  const Table table({Column::numbers("weak", buffer({0, 1, 0, 1, 1, 0})),
                     Column::numbers("strong", buffer({0, 0, 0, 9, 9, 9}))});
  const std::vector<std::int32_t> halves = {0, 0, 0, 1, 1, 1};
  const auto cut = group_traits(table, halves, 2, 1);
  ASSERT_EQ(cut[0].size(), 1u);
  EXPECT_EQ(cut[0][0].column, "strong");
  EXPECT_NEAR(cut[0][0].effect, -1.0, 1e-12);
  const auto whole = group_traits(table, std::vector<std::int32_t>(6, 0), 1);
  EXPECT_TRUE(whole[0].empty());
  EXPECT_TRUE(group_traits(table, std::vector<std::int32_t>(6, -1), 1)[0].empty());
  EXPECT_TRUE(group_traits(Table(), {}, 0).empty());
}

}  // namespace
}  // namespace everyml
