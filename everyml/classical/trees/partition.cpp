#include <algorithm>
#include <array>
#include <cstring>

#include "everyml/classical/trees/partition_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::grower_detail {
namespace {

/// Rows and their words, if they have any.
struct Rows {
  std::uint32_t* row;
  std::uint64_t* word;
  Rows from(std::size_t at) const { return {row + at, word != nullptr ? word + at : nullptr}; }
};

/// Codes of an array by row: one after the other, or with others between them.
template <class Code>
struct Near {
  const Code* codes;
  std::uint32_t operator[](std::uint32_t row) const { return codes[row]; }
  void ahead(std::uint32_t) const {}
};
template <class Code>
struct Apart {
  const Code* codes;
  std::size_t stride;
  std::uint32_t operator[](std::uint32_t row) const { return codes[row * stride]; }
  void ahead(std::uint32_t row) const { __builtin_prefetch(codes + row * stride); }
};

/// Calls work(codes) with the codes of an array.
template <class Work>
auto with_codes(const BinnedFeatures::Codes& from, Work&& work) {
  if (from.stride == 1) return from.narrow != nullptr ? work(Near{from.narrow}) : work(Near{from.wide});
  return from.narrow != nullptr ? work(Apart{from.narrow, from.stride}) : work(Apart{from.wide, from.stride});
}

/// Without a branch: every row is written to both sides, and one of the two places moves on.
template <bool Words, class Codes, class Left>
std::size_t split_rows(const Rows& rows, std::size_t count, const Rows& right, const Codes& codes,
                       Left&& goes_left) {
  constexpr std::size_t kAhead = 24;
  std::size_t lefts = 0, rights = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t row = rows.row[i];
    codes.ahead(rows.row[std::min(i + kAhead, count - 1)]);
    const std::size_t to_left = goes_left(codes[row]) ? 1 : 0;
    // What goes left never overtakes what is read.
    rows.row[lefts] = row;
    right.row[rights] = row;
    if constexpr (Words) {
      const std::uint64_t word = rows.word[i];
      rows.word[lefts] = word;
      right.word[rights] = word;
    }
    lefts += to_left;
    rights += 1 - to_left;
  }
  return lefts;
}

/// `goes_left`: by code of the array.
template <class Codes, class Left>
std::size_t split_either(const Rows& rows, std::size_t count, const Rows& right, const Codes& codes,
                         Left&& goes_left) {
  return rows.word != nullptr ? split_rows<true>(rows, count, right, codes, goes_left)
                              : split_rows<false>(rows, count, right, codes, goes_left);
}

/// Of a column that has an array for itself.
template <class Codes>
std::size_t split_by_codes(const Codes& codes, const Question& question, const Rows& rows, std::size_t count,
                           const Rows& right) {
  if (!question.in_set.empty()) {
    const std::uint8_t* in_set = question.in_set.data();
    return split_either(rows, count, right, codes,
                        [in_set](std::uint32_t code) { return in_set[code] != 0; });
  }
  const std::uint32_t bin = question.bin, missing = question.missing;
  if (question.missing_left && bin + 1 < missing) {
    return split_either(rows, count, right, codes,
                        [bin, missing](std::uint32_t code) { return (code <= bin) | (code == missing); });
  }
  // The code of missing is the largest, so it goes right by itself.
  const std::uint32_t limit = question.missing_left ? missing : bin;
  return split_either(rows, count, right, codes, [limit](std::uint32_t code) { return code <= limit; });
}

bool left_by_code(const Question& question, std::uint32_t code) {
  if (!question.in_set.empty()) return question.in_set[code] != 0;
  return code == question.missing ? question.missing_left : code <= question.bin;
}

/// Of a column that is one of the factors of its array.
template <class Codes>
std::size_t split_by_factor(const Codes& codes, std::uint32_t step, std::uint32_t factor,
                            const Question& question, const Rows& rows, std::size_t count,
                            const Rows& right) {
  std::array<std::uint8_t, 256> side;
  for (std::uint32_t k = 0; k < side.size(); ++k) side[k] = left_by_code(question, k / step % factor) ? 1 : 0;
  const std::uint8_t* sides = side.data();
  return split_either(rows, count, right, codes, [sides](std::uint32_t code) { return sides[code] != 0; });
}

/// Of a column that shares its codes: the rows of the other columns' codes have the code of zero.
template <class Codes>
std::size_t split_by_shared(const Codes& codes, const BinnedFeatures& binned, const Question& question,
                            const Rows& rows, std::size_t count, const Rows& right) {
  const BinnedFeatures::Place place = binned.place(question.column);
  const std::uint32_t first = place.first, width = binned.bins(question.column).codes() - 1;
  const bool zero_left = left_by_code(question, place.zero);
  if (width == 1) {
    const bool other_left = left_by_code(question, place.zero == 0 ? 1 : 0);
    if (zero_left == other_left)
      return split_either(rows, count, right, codes, [zero_left](std::uint32_t) { return zero_left; });
    return split_either(rows, count, right, codes,
                        [first, zero_left](std::uint32_t code) { return (code != first) == zero_left; });
  }
  std::vector<std::uint8_t> side(width + 1, zero_left ? 1 : 0);
  for (std::uint32_t k = 0; k < width; ++k)
    side[k] = left_by_code(question, k + (k >= place.zero ? 1 : 0)) ? 1 : 0;
  const std::uint8_t* sides = side.data();
  return split_either(rows, count, right, codes, [first, width, sides](std::uint32_t code) {
    return sides[std::min<std::uint32_t>(code - first, width)] != 0;
  });
}

/// What goes left stays in `rows`, what goes right is written to `right`.
std::size_t split_any(const BinnedFeatures& binned, const Question& question, const Rows& rows,
                      std::size_t count, const Rows& right) {
  const BinnedFeatures::Place place = binned.place(question.column);
  return with_codes(binned.array(place.array), [&](const auto& codes) {
    if (place.shared()) return split_by_shared(codes, binned, question, rows, count, right);
    if (place.multiplied())
      return split_by_factor(codes, place.step, binned.bins(question.column).codes(), question, rows, count,
                             right);
    return split_by_codes(codes, question, rows, count, right);
  });
}

void move_rows(const Rows& from, const Rows& to, std::size_t count) {
  std::memmove(to.row, from.row, count * sizeof(std::uint32_t));
  if (to.word != nullptr) std::memmove(to.word, from.word, count * sizeof(std::uint64_t));
}

}  // namespace

std::size_t partition_rows(const BinnedFeatures& binned, const Question& question,
                           std::span<std::uint32_t> rows, std::uint64_t* words, std::uint32_t* spare_rows,
                           std::uint64_t* spare_words, const Context& context) {
  constexpr std::size_t kBlock = 16384;
  const std::size_t n = rows.size();
  const Rows all{rows.data(), words}, spare{spare_rows, words != nullptr ? spare_words : nullptr};
  if (n <= 2 * kBlock || context.threads() == 1) {
    const std::size_t lefts = split_any(binned, question, all, n, spare);
    move_rows(spare, all.from(lefts), n - lefts);
    return lefts;
  }
  const std::size_t blocks = (n + kBlock - 1) / kBlock;
  std::vector<std::size_t> lefts(blocks + 1, 0);
  parallel_for(context, blocks, 1, [&](std::size_t block, std::size_t) {
    const std::size_t begin = block * kBlock, count = std::min(kBlock, n - begin);
    const Rows here = all.from(begin), aside = spare.from(begin);
    const std::size_t left = split_any(binned, question, here, count, aside);
    // All of the block is set aside while it is at hand, so that blocks can be put in place in any order.
    move_rows(here, aside.from(count - left), left);
    lefts[block + 1] = left;
  });
  for (std::size_t block = 0; block < blocks; ++block) lefts[block + 1] += lefts[block];
  const std::size_t all_left = lefts[blocks];
  parallel_for(context, blocks, 1, [&](std::size_t block, std::size_t) {
    const std::size_t begin = block * kBlock, count = std::min(kBlock, n - begin);
    const std::size_t left = lefts[block + 1] - lefts[block];
    const Rows aside = spare.from(begin);
    move_rows(aside.from(count - left), all.from(lefts[block]), left);
    move_rows(aside, all.from(all_left + begin - lefts[block]), count - left);
  });
  return all_left;
}

namespace {

/// counts [bins + 1]: the weights of the rows by code_of(row).
template <class CodeOf>
void add_by_code(std::span<const std::uint32_t> rows, std::span<const double> weights,
                 std::vector<double>& counts, CodeOf&& code_of) {
  const std::size_t codes = counts.size();
  if (!weights.empty()) {
    for (const std::uint32_t row : rows) counts[code_of(row)] += weights[row];
    return;
  }
  if (rows.size() < 8 * codes) {
    for (const std::uint32_t row : rows) counts[code_of(row)] += 1;
    return;
  }
  // Four counts of each, so that equal codes one after the other do not wait for each other.
  std::vector<std::uint32_t> whole(4 * codes, 0);
  std::size_t i = 0;
  for (; i + 4 <= rows.size(); i += 4)
    for (std::size_t k = 0; k < 4; ++k) ++whole[k * codes + code_of(rows[i + k])];
  for (; i < rows.size(); ++i) ++whole[code_of(rows[i])];
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t code = 0; code < codes; ++code) counts[code] += whole[k * codes + code];
}

template <class Codes>
void count_shared(const Codes& codes, const BinnedFeatures::Place& place, std::uint32_t width,
                  std::span<const std::uint32_t> rows, std::span<const double> weights,
                  std::vector<double>& counts) {
  if (width == 1 && weights.empty()) {
    std::size_t others = 0;
    for (const std::uint32_t row : rows) others += codes[row] == place.first ? 1 : 0;
    counts[place.zero == 0 ? 1 : 0] = static_cast<double>(others);
    counts[place.zero] = static_cast<double>(rows.size() - others);
    return;
  }
  add_by_code(rows, weights, counts, [&](std::uint32_t row) {
    const std::uint32_t own = codes[row] - place.first;
    return own >= width ? place.zero : own + (own >= place.zero ? 1 : 0);
  });
}

}  // namespace

void count_codes(const BinnedFeatures& binned, std::uint32_t column, std::span<const std::uint32_t> rows,
                 std::span<const double> weights, std::vector<double>& counts) {
  counts.assign(binned.bins(column).bins + 1, 0.0);
  const BinnedFeatures::Place place = binned.place(column);
  const std::uint32_t all = binned.bins(column).codes();
  with_codes(binned.array(place.array), [&](const auto& codes) {
    if (place.shared()) {
      count_shared(codes, place, all - 1, rows, weights, counts);
    } else if (place.multiplied()) {
      std::array<std::uint8_t, 256> own;
      for (std::uint32_t k = 0; k < own.size(); ++k) own[k] = static_cast<std::uint8_t>(k / place.step % all);
      add_by_code(rows, weights, counts, [&](std::uint32_t row) { return own[codes[row]]; });
    } else {
      add_by_code(rows, weights, counts, [&](std::uint32_t row) { return codes[row]; });
    }
  });
}

}  // namespace everyml::grower_detail
