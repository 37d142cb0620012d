#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "everyml/classical/trees/tree_parts.h"

namespace everyml::test {

/// What random trees look like.
struct RandomTrees {
  std::size_t features = 8, outputs = 1, width = 1, trees = 5, leaves = 16;
  std::size_t categories = 0;  ///< so many of the last features are categories
  std::size_t set_words = 2;   ///< 64 levels each
  std::size_t cuts = 30;       ///< distinct thresholds of a feature
  bool missing = true;         ///< some nodes send NaN left
  bool symmetric = false;      ///< all nodes of a level ask the same; leaves is a power of two
  bool whole = false;          ///< leaves are multiples of one unit
  bool skewed = false;         ///< grown by splitting a recent leaf, so chains are long
};

/// A threshold that a float32 holds exactly half of the time.
inline double random_cut(std::size_t cut) {
  const double value = -2.0 + 0.137 * static_cast<double>(cut);
  return cut % 2 == 0 ? static_cast<double>(static_cast<float>(value)) : value;
}

inline GrownTree::Node random_question(std::mt19937_64& random, const RandomTrees& shape, GrownTree& tree) {
  GrownTree::Node node;
  node.feature = static_cast<std::int32_t>(random() % shape.features);
  node.threshold = random_cut(random() % shape.cuts);
  node.missing_left = shape.missing && random() % 2 == 0;
  node.gain = static_cast<float>(random() % 100);
  if (static_cast<std::size_t>(node.feature) >= shape.features - shape.categories) {
    node.categories = static_cast<std::int32_t>(tree.sets.size());
    tree.sets.emplace_back();
    for (std::size_t w = 0; w < shape.set_words; ++w) tree.sets.back().push_back(random());
  }
  return node;
}

inline void split_leaf(GrownTree& tree, std::size_t at, const GrownTree::Node& question) {
  const double cover = tree.nodes[at].cover;
  tree.nodes[at] = question;
  tree.nodes[at].cover = cover;
  tree.nodes[at].left = static_cast<std::int32_t>(tree.nodes.size());
  tree.nodes[at].right = tree.nodes[at].left + 1;
  tree.nodes.push_back({.cover = std::floor(cover / 3)});
  tree.nodes.push_back({.cover = cover - std::floor(cover / 3)});
}

inline GrownTree random_tree(std::mt19937_64& random, const RandomTrees& shape) {
  GrownTree tree;
  tree.nodes.push_back({.cover = 729.0 * 64});
  std::vector<std::size_t> leaves{0};
  while (leaves.size() < shape.leaves) {
    if (shape.symmetric) {
      std::vector<std::size_t> next;
      const GrownTree::Node question = random_question(random, shape, tree);
      for (const std::size_t at : leaves) {
        next.insert(next.end(), {tree.nodes.size(), tree.nodes.size() + 1});
        split_leaf(tree, at, question);
      }
      leaves = next;
      continue;
    }
    const std::size_t from = shape.skewed && leaves.size() > 4 ? leaves.size() - 4 : 0;
    const std::size_t pick = from + random() % (leaves.size() - from), at = leaves[pick];
    leaves[pick] = tree.nodes.size();
    leaves.push_back(tree.nodes.size() + 1);
    split_leaf(tree, at, random_question(random, shape, tree));
  }
  std::normal_distribution<double> normal;
  for (std::size_t i = 0; i < tree.nodes.size() * shape.width; ++i) tree.values.push_back(normal(random));
  if (shape.whole) {
    for (double& value : tree.values) value = std::ldexp(std::nearbyint(std::ldexp(value, 43)), -43);
  }
  return tree;
}

inline std::vector<GrownTree> random_trees(std::uint64_t seed, const RandomTrees& shape) {
  std::mt19937_64 random(seed);
  std::vector<GrownTree> trees;
  for (std::size_t t = 0; t < shape.trees; ++t) trees.push_back(random_tree(random, shape));
  return trees;
}

inline TreeParts parts_of(const std::vector<GrownTree>& trees, const RandomTrees& shape) {
  TreeParts parts = TreeParts::empty(shape.features, shape.outputs, shape.width);
  for (std::size_t o = 0; o < shape.outputs; ++o) parts.base[o] = 0.25 + static_cast<double>(o);
  for (std::size_t t = 0; t < trees.size(); ++t) {
    parts.append(trees[t], shape.width > 1 ? 0 : static_cast<std::uint32_t>(t % shape.outputs));
  }
  return parts;
}

inline TreeParts random_parts(std::uint64_t seed, const RandomTrees& shape) {
  return parts_of(random_trees(seed, shape), shape);
}

/// Rows with values on thresholds, beside them, infinite and missing; categories known and not.
inline std::vector<double> random_rows(std::uint64_t seed, std::size_t rows, const RandomTrees& shape) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(rows * shape.features);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint64_t dice = random() % 40;
    if (i % shape.features >= shape.features - shape.categories) {
      values[i] = dice == 0 ? -1.0 : dice == 1 ? 1e9 : static_cast<double>(random() % (70 * shape.set_words));
    } else if (dice < 12) {
      values[i] = random_cut(random() % shape.cuts);
      if (dice < 4) values[i] = std::nextafter(values[i], dice < 2 ? -1e9 : 1e9);
    } else {
      values[i] = dice == 12 ? std::numeric_limits<double>::infinity() : 2 * normal(random);
    }
    if (dice == 13) values[i] = std::numeric_limits<double>::quiet_NaN();
  }
  return values;
}

/// The place in tree.nodes where a row ends: the slow twin of every evaluator.
inline std::size_t ends_in(const GrownTree& tree, const double* row) {
  std::size_t at = 0;
  while (tree.nodes[at].feature >= 0) {
    const GrownTree::Node& node = tree.nodes[at];
    const double value = row[node.feature];
    bool left = value <= node.threshold;
    if (std::isnan(value)) {
      left = node.missing_left;
    } else if (node.categories >= 0) {
      const auto& set = tree.sets[static_cast<std::size_t>(node.categories)];
      left = false;
      for (std::size_t code = 0; code < set.size() * 64; ++code) {
        left = left || (static_cast<double>(code) == value && (set[code / 64] >> (code % 64)) & 1);
      }
    }
    at = static_cast<std::size_t>(left ? node.left : node.right);
  }
  return at;
}

/// Answers [rows, outputs] by the slow twin, base as parts_of sets it, trees [first, last).
inline std::vector<double> slow_answers(const std::vector<GrownTree>& trees, const RandomTrees& shape,
                                        const std::vector<double>& rows, std::size_t first,
                                        std::size_t last) {
  const std::size_t count = rows.size() / shape.features;
  std::vector<double> out(count * shape.outputs);
  for (std::size_t i = 0; i < count; ++i) {
    double* answer = out.data() + i * shape.outputs;
    for (std::size_t o = 0; o < shape.outputs; ++o) answer[o] = 0.25 + static_cast<double>(o);
    for (std::size_t t = first; t < last; ++t) {
      const double* value =
          trees[t].values.data() + ends_in(trees[t], rows.data() + i * shape.features) * shape.width;
      for (std::size_t w = 0; w < shape.width; ++w) {
        answer[shape.width > 1 ? w : t % shape.outputs] += value[w];
      }
    }
  }
  return out;
}

}  // namespace everyml::test
