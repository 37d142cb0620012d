// The newest kinds of CPU look up 64 bytes at once.
#define HWY_WANT_AVX3_DL 1
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/classical/trees/evaluator_row_kernel.cpp"
#include "everyml/foundation/base/simd.h"
// clang-format on

#include "everyml/classical/trees/evaluator_row_impl.h"

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using detail::AddByteTrees;
using detail::ByteTree;
using detail::RowPlan;

#if HWY_TARGET <= HWY_AVX3_DL
/// Every question of a tree is answered, which gives each its child. Following these from all questions at
/// once, three times twice as far, leaves few steps from the root, and those of several trees overlap.
template <std::size_t kJumps, bool kWide>
double add_byte_trees(const RowPlan& plan, const TreeParts& parts, const std::uint8_t* asked, double sum) {
  constexpr std::size_t kNodes = ByteTree::kNodes, kRing = 8;
  const hn::FixedTag<std::uint8_t, kNodes> d;
  const auto codes = hn::LoadU(d, asked), more = hn::LoadU(d, asked + kNodes);
  const auto leaves = hn::Iota(d, std::uint8_t{kNodes});
  HWY_ALIGN std::uint8_t ways[kRing][2 * kNodes];
  for (auto& way : ways) hn::Store(leaves, d, way + kNodes);
  const double* values = parts.leaf_value.data();
  for (std::size_t t = 0; t < plan.bytes.size(); ++t) {
    const ByteTree& tree = plan.bytes[t];
    const auto slot = hn::LoadU(d, tree.slot);
    const hn::Vec<decltype(d)> code{kWide ? _mm512_permutex2var_epi8(codes.raw, slot.raw, more.raw)
                                          : _mm512_permutexvar_epi8(slot.raw, codes.raw)};
    const auto goes_right = hn::Gt(code, hn::LoadU(d, tree.bound));
    auto next = hn::IfThenElse(goes_right, hn::LoadU(d, tree.right), hn::LoadU(d, tree.left));
    for (std::size_t far = 1; far < ByteTree::kJump; far *= 2) {
      next = hn::Vec<decltype(d)>{_mm512_permutex2var_epi8(next.raw, next.raw, leaves.raw)};
    }
    std::uint8_t* way = ways[t % kRing];
    hn::Store(next, d, way);
    std::size_t at = way[0];
    for (std::size_t jump = 1; jump < kJumps; ++jump) at = way[at];
    sum += values[parts.first_leaf[t] + at - kNodes];
  }
  return sum;
}

template <bool kWide>
double add_bytes_of(const RowPlan& plan, const TreeParts& parts, const std::uint8_t* asked, double start) {
  switch (plan.byte_jumps) {
    case 1:
      return add_byte_trees<1, kWide>(plan, parts, asked, start);
    case 2:
      return add_byte_trees<2, kWide>(plan, parts, asked, start);
    case 3:
      return add_byte_trees<3, kWide>(plan, parts, asked, start);
    case 4:
      return add_byte_trees<4, kWide>(plan, parts, asked, start);
    default:
      return add_byte_trees<ByteTree::kNodes / ByteTree::kJump, kWide>(plan, parts, asked, start);
  }
}

double add_bytes(const RowPlan& plan, const TreeParts& parts, const std::uint8_t* asked, double start) {
  return plan.slots.size() > ByteTree::kNodes ? add_bytes_of<true>(plan, parts, asked, start)
                                              : add_bytes_of<false>(plan, parts, asked, start);
}
AddByteTrees byte_tree_kernel_here() { return add_bytes; }
#else
AddByteTrees byte_tree_kernel_here() { return nullptr; }
#endif

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml::detail {
HWY_EXPORT(byte_tree_kernel_here);
AddByteTrees byte_tree_kernel() { return HWY_DYNAMIC_DISPATCH(byte_tree_kernel_here)(); }
}  // namespace everyml::detail
#endif
