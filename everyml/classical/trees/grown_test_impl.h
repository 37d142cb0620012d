#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "everyml/classical/trees/grower.h"

namespace everyml {

/// The same questions, answers and order of rows, to the bit.
inline void expect_same_growth(const GrownRows& wanted, const GrownRows& got) {
  EXPECT_EQ(wanted.tree.values, got.tree.values);
  EXPECT_EQ(wanted.tree.sets, got.tree.sets);
  EXPECT_EQ(wanted.bin, got.bin);
  ASSERT_EQ(wanted.tree.nodes.size(), got.tree.nodes.size());
  for (std::size_t i = 0; i < wanted.tree.nodes.size(); ++i) {
    const GrownTree::Node &one = wanted.tree.nodes[i], &other = got.tree.nodes[i];
    ASSERT_EQ(one.feature, other.feature) << "node " << i;
    EXPECT_EQ(one.threshold, other.threshold);
    EXPECT_EQ(one.missing_left, other.missing_left);
    EXPECT_EQ(one.gain, other.gain);
    EXPECT_EQ(one.left, other.left);
    EXPECT_EQ(one.right, other.right);
  }
  EXPECT_TRUE(std::equal(wanted.rows.begin(), wanted.rows.end(), got.rows.begin(), got.rows.end()));
}

}  // namespace everyml
