#include "everyml/workflow/catalog/catalog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/catalog/roll.h"

namespace everyml {
namespace {

TEST(Catalog, FindsByNameAndSuggests) {
  EXPECT_EQ(catalog().find("naive-bayes").card().title, "Naive Bayes");
  try {
    catalog().find("naive-bays");
    FAIL() << "found what does not exist";
  } catch (const ParameterError& error) {
    EXPECT_NE(std::string(error.what()).find("naive-bayes"), std::string::npos);
  }
}

TEST(Roll, EachWorkingLeafIsInTheCatalogAndTheOtherWayRound) {
  std::set<std::string> on_map;
  for (const MapLeaf& leaf : map_roll()) {
    if (!leaf.works()) continue;
    EXPECT_NO_THROW(catalog().find(leaf.algorithm)) << leaf.name;
    EXPECT_TRUE(on_map.insert(std::string(leaf.algorithm)).second) << leaf.algorithm << " stands twice";
  }
  for (const Entry& entry : catalog().entries()) {
    if (entry.card().family == "baseline") continue;
    EXPECT_TRUE(on_map.contains(entry.card().name)) << entry.card().name;
  }
}

TEST(Roll, EachNameStandsOnceWithALine) {
  std::set<std::string_view> names;
  for (const MapLeaf& leaf : map_roll()) {
    EXPECT_TRUE(names.insert(leaf.name).second) << leaf.name;
    EXPECT_FALSE(leaf.line.empty());
    EXPECT_NE(leaf.line.back(), '.');
  }
  const auto clusters = leaves_of("clustering");
  EXPECT_EQ(clusters.size(), 5U);
  EXPECT_EQ(clusters.front().algorithm, "k-means");
}

}  // namespace
}  // namespace everyml
