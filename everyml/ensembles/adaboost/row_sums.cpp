#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "everyml/ensembles/adaboost/small_tree_impl.h"

namespace everyml {
namespace {

constexpr std::size_t kCells = PackedCodes::kCodes;

/// One row into eight histograms. The eight stand apart, so the additions do not wait for each other.
inline void add_eight(std::int64_t* into, std::uint64_t word, std::int64_t amount) {
  into[0 * kCells + (word & 255)] += amount;
  into[1 * kCells + ((word >> 8) & 255)] += amount;
  into[2 * kCells + ((word >> 16) & 255)] += amount;
  into[3 * kCells + ((word >> 24) & 255)] += amount;
  into[4 * kCells + ((word >> 32) & 255)] += amount;
  into[5 * kCells + ((word >> 40) & 255)] += amount;
  into[6 * kCells + ((word >> 48) & 255)] += amount;
  into[7 * kCells + (word >> 56)] += amount;
}

inline void add_some(std::int64_t* into, std::uint64_t word, std::int64_t amount, std::size_t width) {
  for (std::size_t j = 0; j < width; ++j, word >>= 8) into[j * kCells + (word & 255)] += amount;
}

/// place(i), amount(i) for i in [begin, end).
template <class Place, class Amount>
void add_rows(const std::uint64_t* words, std::size_t width, std::size_t begin, std::size_t end,
              const Place& place, const Amount& amount, std::int64_t* into) {
  if (width == PackedCodes::kColumns) {
    for (std::size_t i = begin; i < end; ++i) add_eight(into, words[place(i)], amount(i));
  } else {
    for (std::size_t i = begin; i < end; ++i) add_some(into, words[place(i)], amount(i), width);
  }
}

}  // namespace

std::size_t groups_per_piece(std::size_t places) {
  return std::max<std::size_t>(1, 8192 / std::max<std::size_t>(places, 256));
}

void rescale(SmallTree& grown, double weight) {
  const double cover = grown.tree.nodes[0].cover;
  const double unit = cover > 0 ? weight / cover : 0;
  for (GrownTree::Node& node : grown.tree.nodes) {
    node.cover *= unit;
    node.gain = static_cast<float>(static_cast<double>(node.gain) * unit);
  }
}

int weight_exponent(std::span<const double> weights) {
  // Halves of the weights add up without leaving the doubles.
  double sum = 0;
  for (const double weight : weights) sum += weight / 2;
  if (sum == 0) sum = std::numeric_limits<double>::denorm_min();
  int exponent = 0;
  std::frexp(sum, &exponent);
  return kWeightBits - 1 - exponent;
}

std::int64_t fixed_weight(double weight, int exponent) {
  return static_cast<std::int64_t>(std::llround(std::ldexp(weight, exponent)));
}

void ClassSums::total(std::int64_t* sums) const {
  for (std::size_t c = 0; c < channels(); ++c) {
    sums[c] =
        std::accumulate(weights_.begin() + static_cast<std::ptrdiff_t>(starts_[c]),
                        weights_.begin() + static_cast<std::ptrdiff_t>(starts_[c + 1]), std::int64_t{0});
  }
}

void NumberSums::total(std::int64_t* sums) const {
  sums[0] = std::accumulate(weights_.begin(), weights_.end(), std::int64_t{0});
  sums[1] = std::accumulate(products_.begin(), products_.end(), std::int64_t{0});
}

bool ClassSums::pure(const std::int64_t* sums) const {
  return *std::max_element(sums, sums + channels()) == weight(sums);
}

double ClassSums::key(const std::int64_t* sums, std::size_t order) const {
  const std::size_t c = channels() == 2 ? 1 : order;
  return static_cast<double>(sums[c]) / static_cast<double>(weight(sums));
}

void ClassSums::add(const PackedCodes& codes, std::size_t group, std::span<const std::uint32_t> places,
                    bool all, std::int64_t* into) const {
  const std::uint64_t* words = codes.words(group);
  const std::size_t width = codes.width(group), block = PackedCodes::kColumns * kCells;
  const auto same = [](std::size_t i) { return i; };
  const auto listed = [&](std::size_t i) { return places[i]; };
  std::size_t begin = 0;
  for (std::size_t c = 0; c < channels(); ++c) {
    if (all) {
      add_rows(
          words, width, starts_[c], starts_[c + 1], same, [&](std::size_t i) { return weights_[i]; },
          into + c * block);
      continue;
    }
    const auto stop = std::lower_bound(places.begin() + static_cast<std::ptrdiff_t>(begin), places.end(),
                                       static_cast<std::uint32_t>(starts_[c + 1]));
    const auto end = static_cast<std::size_t>(stop - places.begin());
    add_rows(
        words, width, begin, end, listed, [&](std::size_t i) { return weights_[places[i]]; },
        into + c * block);
    begin = end;
  }
}

void ClassSums::add_amounts(const PackedCodes& codes, std::size_t group,
                            std::span<const std::uint32_t> places, std::span<const std::int64_t> amounts,
                            std::int64_t* into) const {
  const std::size_t block = PackedCodes::kColumns * kCells;
  std::size_t begin = 0;
  for (std::size_t c = 0; c < channels(); ++c) {
    const auto stop = std::lower_bound(places.begin() + static_cast<std::ptrdiff_t>(begin), places.end(),
                                       static_cast<std::uint32_t>(starts_[c + 1]));
    const auto end = static_cast<std::size_t>(stop - places.begin());
    add_rows(
        codes.words(group), codes.width(group), begin, end, [&](std::size_t i) { return places[i]; },
        [&](std::size_t i) { return amounts[i]; }, into + c * block);
    begin = end;
  }
}

double NumberSums::key(const std::int64_t* sums, std::size_t) const {
  return static_cast<double>(sums[1]) / static_cast<double>(sums[0]);
}

void NumberSums::add(const PackedCodes& codes, std::size_t group, std::span<const std::uint32_t> places,
                     bool all, std::int64_t* into) const {
  const std::uint64_t* words = codes.words(group);
  const std::size_t width = codes.width(group), block = PackedCodes::kColumns * kCells;
  const auto add = [&](const auto& place, std::size_t count) {
    const auto weight = [&](std::size_t i) { return weights_[place(i)]; };
    const auto product = [&](std::size_t i) { return products_[place(i)]; };
    add_rows(words, width, 0, count, place, weight, into);
    add_rows(words, width, 0, count, place, product, into + block);
  };
  if (all)
    add([](std::size_t i) { return i; }, codes.places());
  else
    add([&](std::size_t i) { return places[i]; }, places.size());
}

}  // namespace everyml
