// The newest kinds of CPU look up 64 bytes at once.
#define HWY_WANT_AVX3_DL 1
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "everyml/classical/trees/evaluator_kernel.cpp"
#include "everyml/foundation/base/simd.h"
// clang-format on

#include <algorithm>
#include <cmath>
#include <utility>

#include "everyml/classical/trees/evaluator_impl.h"

HWY_BEFORE_NAMESPACE();
namespace everyml::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using detail::CodeColumn;
using detail::CodeQuestion;
using detail::CodeTable;
using detail::EvaluatorPlan;
using detail::kBlockRows;
using detail::kBlockWords;
using detail::PlannedTree;

constexpr std::size_t kSearched = 8;  ///< values searched side by side, to hide the wait for each other

/// How many of the sorted cuts lie below each of the values, without a branch.
inline void count_below(const double* cuts, std::size_t count, const double* values, std::uint32_t* below) {
  std::size_t base[kSearched] = {};
  for (std::size_t n = count; n > 1;) {
    const std::size_t half = n / 2;
    for (std::size_t j = 0; j < kSearched; ++j) base[j] += cuts[base[j] + half - 1] < values[j] ? half : 0;
    n -= half;
  }
  for (std::size_t j = 0; j < kSearched; ++j) {
    below[j] = static_cast<std::uint32_t>(base[j] + (count > 0 && cuts[base[j]] < values[j] ? 1 : 0));
  }
}

inline std::uint32_t category_code(double value, std::uint32_t levels) {
  if (std::isnan(value)) return 0;
  if (!(value >= 0 && value < static_cast<double>(levels))) return levels + 1;
  const auto code = static_cast<std::uint32_t>(value);
  return static_cast<double>(code) == value ? code + 1 : levels + 1;
}

/// How many cuts of a search tree lie below a value; none for NaN.
template <class T>
inline std::uint32_t steps_below(const T* steps, std::size_t levels, T value) {
  constexpr std::size_t fan = detail::kFan<T>;
  const hn::CappedTag<T, fan> d;
  const auto wanted = hn::Set(d, value);
  std::size_t below = 0;
  for (std::size_t level = 0, width = fan; level < levels; ++level, steps += width, width *= fan) {
    const T* here = steps + below * fan;
    below *= fan;
    for (std::size_t i = 0; i < fan; i += hn::Lanes(d)) {
      below += hn::CountTrue(d, hn::Lt(hn::LoadU(d, here + i), wanted));
    }
  }
  return static_cast<std::uint32_t>(below);
}

/// Calls put(row, code) for all rows.
template <class T, class Put>
inline void code_each(const CodeTable& table, const CodeColumn& column, const T* steps, std::size_t levels,
                      const T* values, std::size_t stride, std::size_t rows, const Put& put) {
  if (column.category) {
    for (std::size_t i = 0; i < rows; ++i) {
      put(i, category_code(static_cast<double>(values[i * stride]), column.count));
    }
    return;
  }
  if (levels > 0) {
    for (std::size_t i = 0; i < rows; ++i) {
      const T value = values[i * stride];
      put(i, std::isnan(value) ? 0 : steps_below(steps, levels, value) + 1);
    }
    return;
  }
  const double* cuts = table.cuts.data() + column.cuts;
  for (std::size_t i = 0; i < rows; i += kSearched) {
    const std::size_t here = std::min(kSearched, rows - i);
    double group[kSearched] = {};
    std::uint32_t codes[kSearched] = {};
    for (std::size_t j = 0; j < here; ++j) group[j] = static_cast<double>(values[(i + j) * stride]);
    count_below(cuts, column.count, group, codes);
    for (std::size_t j = 0; j < here; ++j) put(i + j, std::isnan(group[j]) ? 0 : codes[j] + 1);
  }
}

template <class T>
void code_rows(const CodeTable& table, const CodeColumn& column, const T* steps, std::size_t levels,
               const T* values, std::size_t stride, std::size_t rows, std::uint8_t* narrow,
               std::uint16_t* wide) {
  const auto code = [&](const auto& put) {
    // The number of levels is a constant in the two frequent cases.
    if (levels == 2) {
      code_each(table, column, steps, 2, values, stride, rows, put);
    } else if (levels == 3) {
      code_each(table, column, steps, 3, values, stride, rows, put);
    } else {
      code_each(table, column, steps, levels, values, stride, rows, put);
    }
  };
  if (narrow == nullptr) {
    code([&](std::size_t i, std::uint32_t c) { wide[i] = static_cast<std::uint16_t>(c); });
  } else if (wide == nullptr) {
    code([&](std::size_t i, std::uint32_t c) { narrow[i] = static_cast<std::uint8_t>(c); });
  } else {
    code([&](std::size_t i, std::uint32_t c) {
      narrow[i] = static_cast<std::uint8_t>(c);
      wide[i] = static_cast<std::uint16_t>(c);
    });
  }
}

void code64(const CodeTable& table, const CodeColumn& column, const double* values, std::size_t stride,
            std::size_t rows, std::uint8_t* narrow, std::uint16_t* wide) {
  code_rows(table, column, table.steps64.data() + column.steps64, column.levels64, values, stride, rows,
            narrow, wide);
}
void code32(const CodeTable& table, const CodeColumn& column, const float* values, std::size_t stride,
            std::size_t rows, std::uint8_t* narrow, std::uint16_t* wide) {
  code_rows(table, column, table.steps32.data() + column.steps32, column.levels32, values, stride, rows,
            narrow, wide);
}

void code_row(const CodeTable& table, const double* row, std::uint16_t* out) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const CodeColumn& column = table.columns[c];
    code64(table, column, row + column.feature, 1, 1, nullptr, out + c);
  }
}

using Bytes = hn::CappedTag<std::uint8_t, 64>;
using Shorts = hn::CappedTag<std::uint16_t, 32>;
using Words = hn::CappedTag<std::uint64_t, 8>;

#if HWY_TARGET == HWY_SCALAR
/// Eight answers to a byte.
template <class Ask>
void ask_each(std::uint8_t* out, const Ask& goes_right) {
  for (std::size_t i = 0; i < kBlockRows; i += 8) {
    unsigned byte = 0;
    for (unsigned j = 0; j < 8; ++j) byte |= (goes_right(i + j) ? 1u : 0u) << j;
    out[i / 8] = static_cast<std::uint8_t>(byte);
  }
}
void ask_narrow(const CodeQuestion& question, const std::uint8_t* codes, std::uint8_t* out) {
  ask_each(out, [&](std::size_t i) {
    return static_cast<std::uint8_t>(codes[i] - question.minus) > question.bound;
  });
}
void ask_wide(const CodeQuestion& question, const std::uint16_t* codes, std::uint8_t* out) {
  ask_each(out, [&](std::size_t i) {
    return static_cast<std::uint16_t>(codes[i] - question.minus) > question.bound;
  });
}
void ask_narrow_set(const std::uint8_t* sides, const std::uint8_t* codes, std::uint8_t* out) {
  ask_each(out, [&](std::size_t i) { return ((sides[codes[i] / 8] >> (codes[i] % 8)) & 1) == 0; });
}
/// Bytes from planes of bits: plane b [kBlockWords] is bit b of each row's label.
void labels_of_planes(const std::uint64_t* planes, std::size_t bits, std::uint8_t* out) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(planes);
  for (std::size_t i = 0; i < kBlockRows; ++i) {
    unsigned label = 0;
    for (std::size_t b = 0; b < bits; ++b) {
      label |= ((static_cast<unsigned>(bytes[b * kBlockWords * 8 + i / 8]) >> (i % 8)) & 1u) << b;
    }
    out[i] = static_cast<std::uint8_t>(label);
  }
}
#else
inline void ask_narrow(const CodeQuestion& question, const std::uint8_t* codes, std::uint8_t* out) {
  const Bytes d;
  const auto minus = hn::Set(d, question.minus),
             bound = hn::Set(d, static_cast<std::uint8_t>(question.bound));
  for (std::size_t i = 0; i < kBlockRows; i += hn::Lanes(d)) {
    hn::StoreMaskBits(d, hn::Gt(hn::Sub(hn::Load(d, codes + i), minus), bound), out + i / 8);
  }
}

inline void ask_wide(const CodeQuestion& question, const std::uint16_t* codes, std::uint8_t* out) {
  const Shorts d;
  const auto minus = hn::Set(d, question.minus),
             bound = hn::Set(d, static_cast<std::uint16_t>(question.bound));
  for (std::size_t i = 0; i < kBlockRows; i += hn::Lanes(d)) {
    hn::StoreMaskBits(d, hn::Gt(hn::Sub(hn::Load(d, codes + i), minus), bound), out + i / 8);
  }
}

/// Bit code % 8 of byte code / 8 of a table of 32 bytes.
inline void ask_narrow_set(const std::uint8_t* sides, const std::uint8_t* codes, std::uint8_t* out) {
  const Bytes d;
  const auto low = hn::LoadDup128(d, sides), high = hn::LoadDup128(d, sides + 16);
  HWY_ALIGN static constexpr std::uint8_t kBit[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                      1, 2, 4, 8, 16, 32, 64, 128};
  const auto bits = hn::LoadDup128(d, kBit);
  for (std::size_t i = 0; i < kBlockRows; i += hn::Lanes(d)) {
    const auto code = hn::Load(d, codes + i);
    const auto place = hn::And(hn::ShiftRight<3>(code), hn::Set(d, std::uint8_t{15}));
    const auto upper = hn::Gt(code, hn::Set(d, std::uint8_t{127}));
    const auto side =
        hn::IfThenElse(upper, hn::TableLookupBytes(high, place), hn::TableLookupBytes(low, place));
    const auto bit = hn::TableLookupBytes(bits, hn::And(code, hn::Set(d, std::uint8_t{7})));
    hn::StoreMaskBits(d, hn::Eq(hn::And(side, bit), hn::Zero(d)), out + i / 8);
  }
}

/// Bytes from planes of bits: plane b [kBlockWords] is bit b of each row's label.
inline void labels_of_planes(const std::uint64_t* planes, std::size_t bits, std::uint8_t* out) {
  const Bytes d;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(planes);
  for (std::size_t i = 0; i < kBlockRows; i += hn::Lanes(d)) {
    auto label = hn::Zero(d);
    for (std::size_t b = 0; b < bits; ++b) {
      const auto mask = hn::LoadMaskBits(d, bytes + b * kBlockWords * 8 + i / 8);
      label = hn::Or(label, hn::IfThenElseZero(mask, hn::Set(d, static_cast<std::uint8_t>(1u << b))));
    }
    hn::Store(label, d, out + i);
  }
}

#endif

inline void ask_wide_set(const std::uint8_t* sides, const std::uint16_t* codes, std::uint8_t* out) {
  for (std::size_t i = 0; i < kBlockRows; i += 8) {
    unsigned byte = 0;
    for (unsigned j = 0; j < 8; ++j) byte |= static_cast<unsigned>(sides[codes[i + j]] ^ 1) << j;
    out[i / 8] = static_cast<std::uint8_t>(byte);
  }
}

void ask(const EvaluatorPlan& plan, const PlannedTree& tree, const std::uint8_t* narrow,
         const std::uint16_t* wide, std::uint64_t* out) {
  auto* bits = reinterpret_cast<std::uint8_t*>(out);
  const CodeQuestion* questions = plan.questions.data() + tree.first;
  if (tree.simple) {
    for (std::size_t q = 0; q < tree.questions; ++q) {
      ask_narrow(questions[q], narrow + questions[q].column * kBlockRows, bits + q * kBlockWords * 8);
    }
    return;
  }
  for (std::size_t q = 0; q < tree.questions; ++q, bits += kBlockWords * 8) {
    const CodeQuestion& question = questions[q];
    const CodeColumn& column = plan.columns[question.column];
    const std::uint8_t* bytes = narrow + question.column * kBlockRows;
    const std::uint16_t* shorts = wide + question.column * kBlockRows;
    const std::uint8_t* sides = plan.sides.data() + question.bound;
    if (column.category) {
      column.wide ? ask_wide_set(sides, shorts, bits) : ask_narrow_set(sides, bytes, bits);
    } else {
      column.wide ? ask_wide(question, shorts, bits) : ask_narrow(question, bytes, bits);
    }
  }
}

/// G(i) of evaluator_impl.h for all i.
inline void place_rows(const detail::MaskPlace* places, std::size_t questions, const std::uint64_t* answers,
                       std::uint64_t* later) {
  const Words d;
  for (std::size_t w = 0; w < kBlockWords; w += hn::Lanes(d)) {
    hn::Store(hn::Set(d, ~std::uint64_t{0}), d, later + w);
    hn::Store(hn::Zero(d), d, later + (questions + 1) * kBlockWords + w);
    for (std::size_t q = 0; q < questions; ++q) {
      const auto low = hn::Load(d, later + places[q].low * kBlockWords + w);
      const auto high = hn::Load(d, later + places[q].high * kBlockWords + w);
      const auto right = hn::Load(d, answers + q * kBlockWords + w);
      hn::Store(hn::OrAnd(high, low, right), d, later + places[q].middle * kBlockWords + w);
    }
  }
}

/// Plane b: the rows whose label has bit b. From leaf i - 1 to leaf i the lowest set bit of i turns.
inline void planes_of_labels(const std::uint64_t* later, std::size_t leaves, std::size_t bits,
                             std::uint64_t* planes) {
  const Words d;
  for (std::size_t w = 0; w < kBlockWords; w += hn::Lanes(d)) {
    for (std::size_t b = 0; b < bits; ++b) {
      const std::size_t step = std::size_t{2} << b;
      auto even = hn::Zero(d), odd = hn::Zero(d);
      std::size_t i = step / 2;
      for (; i + step < leaves; i += 2 * step) {
        even = hn::Xor(even, hn::Load(d, later + i * kBlockWords + w));
        odd = hn::Xor(odd, hn::Load(d, later + (i + step) * kBlockWords + w));
      }
      if (i < leaves) even = hn::Xor(even, hn::Load(d, later + i * kBlockWords + w));
      hn::Store(hn::Xor(even, odd), d, planes + b * kBlockWords + w);
    }
  }
}

void labels(const EvaluatorPlan& plan, const PlannedTree& tree, const std::uint64_t* answers,
            std::uint64_t* scratch, std::uint8_t* out) {
  if (tree.kind == PlannedTree::Kind::symmetric) {
    labels_of_planes(answers, tree.bits, out);
    return;
  }
  place_rows(plan.places.data() + tree.first, tree.questions, answers, scratch);
  HWY_ALIGN std::uint64_t planes[8 * kBlockWords];
  planes_of_labels(scratch, tree.questions + 1, tree.bits, planes);
  labels_of_planes(planes, tree.bits, out);
}

#if HWY_TARGET != HWY_SCALAR
/// The questions are written out, which keeps them in registers. Without missing values no code less 1 turns
/// into the greatest, and the bound may grow instead.
template <bool kMissing, std::size_t... B>
inline void vector_labels_of(std::index_sequence<B...>, const CodeQuestion* questions,
                             const std::uint8_t* narrow, std::uint8_t* out) {
  const Bytes d;
  using V = hn::Vec<Bytes>;
  const V minus[] = {hn::Set(d, questions[B].minus)...};
  const V bound[] = {
      hn::Set(d, static_cast<std::uint8_t>(questions[B].bound + (kMissing ? 0u : questions[B].minus)))...};
  const std::uint8_t* codes[] = {(narrow + questions[B].column * kBlockRows)...};
  const auto right = [&](std::size_t b, std::size_t i) {
    V code = hn::Load(d, codes[b] + i);
    if constexpr (kMissing) code = hn::Sub(code, minus[b]);
    return hn::Gt(code, bound[b]);
  };
  for (std::size_t i = 0; i < kBlockRows; i += hn::Lanes(d)) {
    V label = hn::Zero(d);
    ((label = hn::Or(label, hn::IfThenElseZero(right(B, i), hn::Set(d, std::uint8_t{1u << B})))), ...);
    hn::Store(label, d, out + i);
  }
  (void)minus;
}

template <bool kMissing>
void vector_labels(std::size_t bits, const CodeQuestion* questions, const std::uint8_t* narrow,
                   std::uint8_t* out) {
  switch (bits) {
    case 1:
      return vector_labels_of<kMissing>(std::make_index_sequence<1>(), questions, narrow, out);
    case 2:
      return vector_labels_of<kMissing>(std::make_index_sequence<2>(), questions, narrow, out);
    case 3:
      return vector_labels_of<kMissing>(std::make_index_sequence<3>(), questions, narrow, out);
    case 4:
      return vector_labels_of<kMissing>(std::make_index_sequence<4>(), questions, narrow, out);
    case 5:
      return vector_labels_of<kMissing>(std::make_index_sequence<5>(), questions, narrow, out);
    case 6:
      return vector_labels_of<kMissing>(std::make_index_sequence<6>(), questions, narrow, out);
    case 7:
      return vector_labels_of<kMissing>(std::make_index_sequence<7>(), questions, narrow, out);
    default:
      return vector_labels_of<kMissing>(std::make_index_sequence<8>(), questions, narrow, out);
  }
}
#endif

void symmetric_labels(const EvaluatorPlan& plan, const PlannedTree& tree, const std::uint8_t* narrow,
                      bool missing, std::uint8_t* out) {
#if HWY_TARGET == HWY_SCALAR
  (void)missing;
  const CodeQuestion* questions = plan.questions.data() + tree.first;
  for (std::size_t i = 0; i < kBlockRows; ++i) {
    unsigned label = 0;
    for (std::size_t b = 0; b < tree.bits; ++b) {
      const std::uint8_t code = narrow[questions[b].column * kBlockRows + i];
      label |= (static_cast<std::uint8_t>(code - questions[b].minus) > questions[b].bound ? 1u : 0u) << b;
    }
    out[i] = static_cast<std::uint8_t>(label);
  }
#else
  const CodeQuestion* questions = plan.questions.data() + tree.first;
  missing ? vector_labels<true>(tree.bits, questions, narrow, out)
          : vector_labels<false>(tree.bits, questions, narrow, out);
#endif
}

inline void add_plain(const double* table, const std::uint8_t* label, double* sums) {
  for (std::size_t i = 0; i < kBlockRows; ++i) sums[i] += table[label[i]];
}

#if HWY_TARGET <= HWY_AVX3
/// One of 16 numbers in two registers by the low four bits of each lane. Highway has it only in versions
/// newer than the one built against.
template <class V, class I>
inline V look_up16(V low, V high, I at) {
  return V{_mm512_permutex2var_pd(low.raw, at.raw, high.raw)};
}

/// Up to 64 values in eight registers.
template <std::size_t kTables>
inline void add_permuted(const double* table, const std::uint8_t* label, double* sums) {
  const hn::FixedTag<double, 8> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  hn::Vec<decltype(d)> t[kTables];
  for (std::size_t k = 0; k < kTables; ++k) t[k] = hn::LoadU(d, table + 8 * k);
  for (std::size_t i = 0; i < kBlockRows; i += 8) {
    const hn::Vec<decltype(du)> at{_mm512_cvtepu8_epi64(hn::LoadU(d8, label + i).raw)};
    auto value = look_up16(t[0], t[1], at);
    if constexpr (kTables > 2) {
      const auto fifth = hn::RebindMask(d, hn::TestBit(at, hn::Set(du, 16)));
      value = hn::IfThenElse(fifth, look_up16(t[2], t[3], at), value);
      if constexpr (kTables > 4) {
        const auto sixth = hn::RebindMask(d, hn::TestBit(at, hn::Set(du, 32)));
        const auto upper = hn::IfThenElse(fifth, look_up16(t[6], t[7], at), look_up16(t[4], t[5], at));
        value = hn::IfThenElse(sixth, upper, value);
      }
    }
    hn::StoreU(hn::Add(hn::LoadU(d, sums + i), value), d, sums + i);
  }
}
#endif

void add(const double* table, std::size_t bits, const std::uint8_t* label, double* sums) {
#if HWY_TARGET <= HWY_AVX3
  switch (bits) {
    case 4:
      return add_permuted<2>(table, label, sums);
    case 5:
      return add_permuted<4>(table, label, sums);
    case 6:
      return add_permuted<8>(table, label, sums);
    default:
      break;
  }
#endif
  (void)bits;
  add_plain(table, label, sums);
}

#if HWY_TARGET <= HWY_AVX3_DL
/// 64 rows. The planes are written out, which keeps their sums in registers.
template <std::size_t... P>
inline void add_fixed_word(std::index_sequence<P...>, const std::uint8_t* planes, const std::uint8_t* labels,
                           std::size_t trees, std::uint16_t* sums) {
  using detail::FixedSums;
  constexpr std::size_t kPlanes = sizeof...(P), kSame = 4;
  const hn::FixedTag<std::uint8_t, 64> d;
  const hn::FixedTag<std::uint16_t, 32> d16;
  using V = hn::Vec<decltype(d)>;
  hn::Vec<decltype(d16)> both[kPlanes] = {hn::Load(d16, sums + 64 * P)...};
  hn::Vec<decltype(d16)> second[kPlanes] = {hn::Load(d16, sums + 64 * P + 32)...};
  for (std::size_t first = 0; first < trees; first += kSame) {
    V few[kPlanes] = {(static_cast<void>(P), hn::Zero(d))...};
    for (std::size_t t = first; t < std::min(first + kSame, trees); ++t) {
      const V label = hn::Load(d, labels + t * kBlockRows);
      const std::uint8_t* table = planes + t * kPlanes * FixedSums::kLabels;
      ((few[P] = hn::Add(
            few[P], V{_mm512_permutexvar_epi8(label.raw, hn::LoadU(d, table + P * FixedSums::kLabels).raw)})),
       ...);
    }
    ((both[P] = hn::Add(both[P], hn::BitCast(d16, few[P]))), ...);
    ((second[P] = hn::Add(second[P], hn::ShiftRight<8>(hn::BitCast(d16, few[P])))), ...);
  }
  (hn::Store(both[P], d16, sums + 64 * P), ...);
  (hn::Store(second[P], d16, sums + 64 * P + 32), ...);
}

void add_fixed(const std::uint8_t* planes, const std::uint8_t* labels, std::size_t trees,
               std::uint16_t* sums) {
  constexpr std::size_t kPlanes = detail::FixedSums::kPlanes;
  for (std::size_t word = 0; word < kBlockWords; ++word) {
    add_fixed_word(std::make_index_sequence<kPlanes>(), planes, labels + 64 * word, trees,
                   sums + 64 * kPlanes * word);
  }
}
#endif

const detail::EvaluatorKernels* kernels() {
#if HWY_TARGET <= HWY_AVX3_DL
  constexpr auto fixed = add_fixed;
#else
  constexpr decltype(detail::EvaluatorKernels::add_fixed) fixed = nullptr;
#endif
  static constexpr detail::EvaluatorKernels table{code64, code32,           code_row, ask,
                                                  labels, symmetric_labels, add,      fixed};
  return &table;
}

}  // namespace everyml::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace everyml::detail {
HWY_EXPORT(kernels);
const EvaluatorKernels& evaluator_kernels() { return *HWY_DYNAMIC_DISPATCH(kernels)(); }
}  // namespace everyml::detail
#endif
