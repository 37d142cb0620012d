#pragma once

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "everyml/ensembles/forest/grow_impl.h"

namespace everyml {

/// Ways down one tree by codes, for training rows.
template <class Code>
class CodeWalk {
 public:
  CodeWalk(const CodeTree& tree, const ForestCodes<Code>& codes) : tree_(tree), codes_(codes) {
    nodes_.reserve(tree.nodes.size());
    for (const CodeNode& node : tree.nodes) {
      plain_ = plain_ && node.set < 0;
      nodes_.push_back({static_cast<std::uint32_t>(node.feature),
                        static_cast<std::uint16_t>(node.code),
                        static_cast<std::uint16_t>(node.missing == CodeNode::kNone ? 0xffff : node.missing),
                        {node.left, node.right}});
    }
  }

  /// leaves[i]: where row rows[i] ends.
  void leaves(std::span<const std::uint32_t> rows, std::int32_t* leaves) const {
    leaves_with(rows, leaves, [&](std::size_t i, std::uint32_t feature) { return code(rows[i], feature); });
  }
  /// The same with the codes of `feature` taken from other rows.
  void leaves_shuffled(std::span<const std::uint32_t> rows, std::uint32_t feature,
                       std::span<const std::uint32_t> from, std::int32_t* leaves) const {
    leaves_with(rows, leaves, [&](std::size_t i, std::uint32_t asked) {
      return code(asked == feature ? from[i] : rows[i], asked);
    });
  }

 private:
  struct Step {
    std::uint32_t feature;
    std::uint16_t code, missing;
    std::int32_t child[2];
  };

  Code code(std::uint32_t row, std::uint32_t feature) const {
    const Code* own = codes_.row(row);
    return own != nullptr ? own[feature] : codes_.code(row, feature);
  }

  template <class CodeOf>
  void leaves_with(std::span<const std::uint32_t> rows, std::int32_t* leaves, const CodeOf& code_of) const {
    if (nodes_.empty()) {
      std::fill_n(leaves, rows.size(), 0);
      return;
    }
    // Several rows at a time, so that one waits for memory while the others go on.
    constexpr std::size_t kTogether = 16;
    for (std::size_t begin = 0; begin < rows.size(); begin += kTogether) {
      const std::size_t count = std::min(kTogether, rows.size() - begin);
      std::int32_t at[kTogether] = {};
      for (bool going = true; going;) {
        going = false;
        for (std::size_t k = 0; k < count; ++k) {
          if (at[k] < 0) continue;
          const Step& step = nodes_[static_cast<std::size_t>(at[k])];
          const std::uint32_t code = code_of(begin + k, step.feature);
          bool left;
          if (plain_) {
            left = (code <= step.code) | (code == step.missing && step.missing != 0xffff);
          } else {
            left = tree_.goes_left(tree_.nodes[static_cast<std::size_t>(at[k])], code);
          }
          at[k] = step.child[left ? 0 : 1];
          going |= at[k] >= 0;
        }
      }
      for (std::size_t k = 0; k < count; ++k) leaves[begin + k] = ~at[k];
    }
  }

  const CodeTree& tree_;
  const ForestCodes<Code>& codes_;
  std::vector<Step> nodes_;
  bool plain_ = true;
};

}  // namespace everyml
