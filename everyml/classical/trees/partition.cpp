#include <algorithm>
#include <cstring>

#include "everyml/classical/trees/partition_impl.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml::grower_detail {
namespace {

/// Without a branch: every row is written to both sides, and one of the two places moves on.
template <class Left>
std::size_t split_rows(const std::uint32_t* from, std::size_t count, std::uint32_t* left,
                       std::uint32_t* right, Left&& goes_left) {
  std::size_t lefts = 0, rights = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t row = from[i];
    const std::size_t to_left = goes_left(row) ? 1 : 0;
    left[lefts] = row;
    right[rights] = row;
    lefts += to_left;
    rights += 1 - to_left;
  }
  return lefts;
}

template <class Code>
std::size_t split_by_codes(const Code* codes, const Question& question, const std::uint32_t* from,
                           std::size_t count, std::uint32_t* left, std::uint32_t* right) {
  if (!question.in_set.empty()) {
    const std::uint8_t* in_set = question.in_set.data();
    return split_rows(from, count, left, right,
                      [codes, in_set](std::uint32_t row) { return in_set[codes[row]] != 0; });
  }
  const std::uint32_t bin = question.bin, missing = question.missing;
  if (question.missing_left && bin + 1 < missing) {
    return split_rows(from, count, left, right, [codes, bin, missing](std::uint32_t row) {
      const std::uint32_t code = codes[row];
      return (code <= bin) | (code == missing);
    });
  }
  // The code of missing is the largest, so it goes right by itself.
  const std::uint32_t limit = question.missing_left ? missing : bin;
  return split_rows(from, count, left, right,
                    [codes, limit](std::uint32_t row) { return codes[row] <= limit; });
}

std::size_t split_any(const BinnedFeatures& binned, const Question& question, const std::uint32_t* from,
                      std::size_t count, std::uint32_t* left, std::uint32_t* right) {
  if (const std::uint8_t* narrow = binned.codes8(question.column))
    return split_by_codes(narrow, question, from, count, left, right);
  return split_by_codes(binned.codes16(question.column), question, from, count, left, right);
}

}  // namespace

std::size_t partition_rows(const BinnedFeatures& binned, const Question& question,
                           std::span<std::uint32_t> rows, std::uint32_t* spare, const Context& context) {
  constexpr std::size_t kBlock = 16384;
  const std::size_t n = rows.size();
  if (n <= 2 * kBlock || context.threads() == 1) {
    // What goes left never overtakes what is read.
    const std::size_t lefts = split_any(binned, question, rows.data(), n, rows.data(), spare);
    std::memcpy(rows.data() + lefts, spare, (n - lefts) * sizeof(std::uint32_t));
    return lefts;
  }
  const std::size_t blocks = (n + kBlock - 1) / kBlock;
  std::vector<std::size_t> lefts(blocks + 1, 0);
  parallel_for(context, blocks, 1, [&](std::size_t block, std::size_t) {
    const std::size_t begin = block * kBlock, count = std::min(kBlock, n - begin);
    lefts[block + 1] =
        split_any(binned, question, rows.data() + begin, count, rows.data() + begin, spare + begin);
  });
  for (std::size_t block = 0; block < blocks; ++block) lefts[block + 1] += lefts[block];
  const std::size_t all_left = lefts[blocks];
  // Those that go left move towards the front, in order: none is overwritten before it was moved.
  for (std::size_t block = 1; block < blocks; ++block)
    std::memmove(rows.data() + lefts[block], rows.data() + block * kBlock,
                 (lefts[block + 1] - lefts[block]) * sizeof(std::uint32_t));
  parallel_for(context, blocks, 1, [&](std::size_t block, std::size_t) {
    const std::size_t begin = block * kBlock, count = std::min(kBlock, n - begin);
    const std::size_t rights = count - (lefts[block + 1] - lefts[block]);
    std::memcpy(rows.data() + all_left + (begin - lefts[block]), spare + begin,
                rights * sizeof(std::uint32_t));
  });
  return all_left;
}

void count_codes(const BinnedFeatures& binned, std::uint32_t column, std::span<const std::uint32_t> rows,
                 std::span<const double> weights, std::vector<double>& counts) {
  counts.assign(binned.bins(column).bins + 1, 0.0);
  const auto add = [&](const auto* codes) {
    for (const std::uint32_t row : rows) counts[codes[row]] += weights.empty() ? 1.0 : weights[row];
  };
  if (const std::uint8_t* narrow = binned.codes8(column)) {
    add(narrow);
  } else {
    add(binned.codes16(column));
  }
}

}  // namespace everyml::grower_detail
