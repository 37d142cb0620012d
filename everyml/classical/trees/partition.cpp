#include <algorithm>
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

/// Without a branch: every row is written to both sides, and one of the two places moves on.
template <bool Words, class Left>
std::size_t split_rows(const Rows& rows, std::size_t count, const Rows& right, Left&& goes_left) {
  std::size_t lefts = 0, rights = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t row = rows.row[i];
    const std::size_t to_left = goes_left(row) ? 1 : 0;
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

template <class Left>
std::size_t split_either(const Rows& rows, std::size_t count, const Rows& right, Left&& goes_left) {
  return rows.word != nullptr ? split_rows<true>(rows, count, right, goes_left)
                              : split_rows<false>(rows, count, right, goes_left);
}

template <class Code>
std::size_t split_by_codes(const Code* codes, const Question& question, const Rows& rows, std::size_t count,
                           const Rows& right) {
  if (!question.in_set.empty()) {
    const std::uint8_t* in_set = question.in_set.data();
    return split_either(rows, count, right,
                        [codes, in_set](std::uint32_t row) { return in_set[codes[row]] != 0; });
  }
  const std::uint32_t bin = question.bin, missing = question.missing;
  if (question.missing_left && bin + 1 < missing) {
    return split_either(rows, count, right, [codes, bin, missing](std::uint32_t row) {
      const std::uint32_t code = codes[row];
      return (code <= bin) | (code == missing);
    });
  }
  // The code of missing is the largest, so it goes right by itself.
  const std::uint32_t limit = question.missing_left ? missing : bin;
  return split_either(rows, count, right, [codes, limit](std::uint32_t row) { return codes[row] <= limit; });
}

/// Of a column that shares its codes: the rows of the other columns' codes have the code of zero.
template <class Code>
std::size_t split_by_shared(const Code* codes, const BinnedFeatures& binned, const Question& question,
                            const Rows& rows, std::size_t count, const Rows& right) {
  const BinnedFeatures::Place place = binned.place(question.column);
  const std::uint32_t first = place.first, width = binned.bins(question.column).codes() - 1;
  const auto left = [&](std::uint32_t code) {
    return code == question.missing ? question.missing_left : code <= question.bin;
  };
  const bool zero_left = left(place.zero);
  if (width == 1) {
    const bool other_left = left(place.zero == 0 ? 1 : 0);
    if (zero_left == other_left)
      return split_either(rows, count, right, [zero_left](std::uint32_t) { return zero_left; });
    return split_either(rows, count, right, [codes, first, zero_left](std::uint32_t row) {
      return (codes[row] != first) == zero_left;
    });
  }
  std::vector<std::uint8_t> side(width + 1, zero_left ? 1 : 0);
  for (std::uint32_t k = 0; k < width; ++k) side[k] = left(k + (k >= place.zero ? 1 : 0)) ? 1 : 0;
  const std::uint8_t* sides = side.data();
  return split_either(rows, count, right, [codes, first, width, sides](std::uint32_t row) {
    return sides[std::min<std::uint32_t>(codes[row] - first, width)] != 0;
  });
}

/// What goes left stays in `rows`, what goes right is written to `right`.
std::size_t split_any(const BinnedFeatures& binned, const Question& question, const Rows& rows,
                      std::size_t count, const Rows& right) {
  const BinnedFeatures::Place place = binned.place(question.column);
  if (place.shared()) {
    if (const std::uint8_t* narrow = binned.array8(place.array))
      return split_by_shared(narrow, binned, question, rows, count, right);
    return split_by_shared(binned.array16(place.array), binned, question, rows, count, right);
  }
  if (const std::uint8_t* narrow = binned.codes8(question.column))
    return split_by_codes(narrow, question, rows, count, right);
  return split_by_codes(binned.codes16(question.column), question, rows, count, right);
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

template <class Code>
void count_shared(const Code* codes, const BinnedFeatures::Place& place, std::uint32_t width,
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
  const std::uint32_t width = binned.bins(column).codes() - 1;
  if (const std::uint8_t* narrow = binned.array8(place.array)) {
    if (place.shared()) {
      count_shared(narrow, place, width, rows, weights, counts);
    } else {
      add_by_code(rows, weights, counts, [narrow](std::uint32_t row) { return narrow[row]; });
    }
    return;
  }
  const std::uint16_t* wide = binned.array16(place.array);
  if (place.shared()) {
    count_shared(wide, place, width, rows, weights, counts);
  } else {
    add_by_code(rows, weights, counts, [wide](std::uint32_t row) { return wide[row]; });
  }
}

}  // namespace everyml::grower_detail
