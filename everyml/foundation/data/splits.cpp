#include "everyml/foundation/data/splits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

void check_folds(std::size_t n, std::size_t k) {
  if (k >= 2 && k <= n) return;
  throw ParameterError(
      "splits.folds",
      fmt::format("{} folds of {} rows: the number of folds must be from 2 to the number of rows", k, n));
}

/// Row i is tested in fold fold_of[i] and trained on in all others.
Folds folds_from(std::span<const std::size_t> fold_of, std::size_t k) {
  std::vector<std::size_t> sizes(k, 0);
  for (const std::size_t fold : fold_of) ++sizes[fold];
  Folds folds(k);
  for (std::size_t f = 0; f < k; ++f) {
    folds[f].test.reserve(sizes[f]);
    folds[f].train.reserve(fold_of.size() - sizes[f]);
    for (std::size_t row = 0; row < fold_of.size(); ++row) {
      (fold_of[row] == f ? folds[f].test : folds[f].train).push_back(row);
    }
  }
  return folds;
}

/// Rows in order of their class, and where each class begins; shuffled within each class.
struct ByClass {
  std::vector<std::size_t> rows;
  std::vector<std::size_t> starts;  ///< classes + 1 entries
};

/// In the order given within each class where `random` is null.
ByClass by_class(std::span<const std::int32_t> codes, Stream* random) {
  ByClass result;
  result.rows.resize(codes.size());
  std::iota(result.rows.begin(), result.rows.end(), std::size_t{0});
  std::stable_sort(result.rows.begin(), result.rows.end(),
                   [&](std::size_t a, std::size_t b) { return codes[a] < codes[b]; });
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    if (i == 0 || codes[result.rows[i]] != codes[result.rows[i - 1]]) result.starts.push_back(i);
  }
  result.starts.push_back(result.rows.size());
  for (std::size_t c = 0; random != nullptr && c + 1 < result.starts.size(); ++c) {
    random->shuffle(
        std::span(result.rows).subspan(result.starts[c], result.starts[c + 1] - result.starts[c]));
  }
  return result;
}

/// How many rows of each class go to the test side: shares of `total` by largest remainder, leaving every
/// class a row to train on while that is possible. Equal remainders take turns by chance, so that no class is
/// favoured over many draws.
std::vector<std::size_t> class_shares(const ByClass& classes, std::size_t total, Stream& random) {
  const std::size_t count = classes.starts.size() - 1;
  const double fraction = static_cast<double>(total) / static_cast<double>(classes.rows.size());
  std::vector<std::size_t> shares(count), sizes(count), order = random.permutation(count);
  std::vector<double> remainders(count);
  std::size_t given = 0;
  for (std::size_t c = 0; c < count; ++c) {
    sizes[c] = classes.starts[c + 1] - classes.starts[c];
    const double quota = fraction * static_cast<double>(sizes[c]);
    shares[c] = std::min(static_cast<std::size_t>(quota), sizes[c] - 1);
    remainders[c] = quota - static_cast<double>(shares[c]);
    given += shares[c];
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (const bool last_row_too : {false, true}) {
    for (bool moved = true; moved && given < total;) {
      moved = false;
      for (const std::size_t c : order) {
        if (given == total || shares[c] + (last_row_too ? 0 : 1) >= sizes[c]) continue;
        ++shares[c], ++given;
        moved = true;
      }
    }
  }
  return shares;
}

/// Rows ordered by time, cut into k+1 blocks at changes of the time: cuts[b] is where block b begins.
std::vector<std::size_t> time_cuts(std::span<const double> time, std::span<const std::size_t> order,
                                   std::size_t k) {
  std::vector<std::size_t> changes;  // positions where a new time begins, after the first
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (time[order[i]] != time[order[i - 1]]) changes.push_back(i);
  }
  if (changes.size() < k) {
    throw DataError("splits.time",
                    fmt::format("{} folds forward in time need at least {} different times, found {}", k,
                                k + 1, order.empty() ? 0 : changes.size() + 1));
  }
  std::vector<std::size_t> cuts{0};
  std::size_t next = 0;
  for (std::size_t b = 1; b <= k; ++b) {
    const double wanted =
        static_cast<double>(b) * static_cast<double>(order.size()) / static_cast<double>(k + 1);
    const auto distance = [&](std::size_t c) { return std::abs(static_cast<double>(changes[c]) - wanted); };
    // The blocks still to come need a change each.
    const std::size_t last = changes.size() - (k - b) - 1;
    while (next < last && distance(next + 1) <= distance(next)) ++next;
    cuts.push_back(changes[next++]);
  }
  cuts.push_back(order.size());
  return cuts;
}

}  // namespace

Folds random_folds(std::size_t n, std::size_t k, Stream random) {
  check_folds(n, k);
  const std::vector<std::size_t> order = random.permutation(n);
  std::vector<std::size_t> fold_of(n);
  for (std::size_t i = 0; i < n; ++i) fold_of[order[i]] = i % k;
  return folds_from(fold_of, k);
}

Folds block_folds(std::size_t n, std::size_t k) {
  check_folds(n, k);
  std::vector<std::size_t> fold_of;
  fold_of.reserve(n);
  for (std::size_t fold = 0; fold < k; ++fold) {
    fold_of.insert(fold_of.end(), n / k + (fold < n % k ? 1 : 0), fold);
  }
  return folds_from(fold_of, k);
}

Folds stratified_folds(std::span<const std::int32_t> codes, std::size_t k, Stream random) {
  check_folds(codes.size(), k);
  // Dealt like cards, class after class without starting over, so that the folds' whole sizes are even as
  // well.
  const ByClass classes = by_class(codes, &random);
  std::vector<std::size_t> fold_of(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) fold_of[classes.rows[i]] = i % k;
  return folds_from(fold_of, k);
}

Folds stratified_block_folds(std::span<const std::int32_t> codes, std::size_t k) {
  check_folds(codes.size(), k);
  // Each fold gets as many rows of a class as it would when dealt like cards.
  const ByClass classes = by_class(codes, nullptr);
  std::vector<std::size_t> fold_of(codes.size()), share(k);
  for (std::size_t c = 0; c + 1 < classes.starts.size(); ++c) {
    std::fill(share.begin(), share.end(), std::size_t{0});
    for (std::size_t i = classes.starts[c]; i < classes.starts[c + 1]; ++i) ++share[i % k];
    std::size_t fold = 0;
    for (std::size_t i = classes.starts[c]; i < classes.starts[c + 1]; ++i) {
      while (share[fold] == 0) ++fold;
      --share[fold];
      fold_of[classes.rows[i]] = fold;
    }
  }
  return folds_from(fold_of, k);
}

Folds quantile_folds(std::span<const double> target, std::size_t k, Stream random) {
  check_folds(target.size(), k);
  std::vector<std::size_t> order = random.permutation(target.size());
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::isnan(target[a]) ? false : std::isnan(target[b]) || target[a] < target[b];
  });
  std::vector<std::size_t> fold_of(target.size());
  for (std::size_t begin = 0; begin < order.size(); begin += k) {
    const std::vector<std::size_t> folds = random.permutation(k);
    for (std::size_t i = begin; i < std::min(begin + k, order.size()); ++i)
      fold_of[order[i]] = folds[i - begin];
  }
  return folds_from(fold_of, k);
}

Folds group_folds(std::span<const std::int32_t> groups, std::size_t k, Stream random) {
  check_folds(groups.size(), k);
  const ByClass by_group = by_class(groups, &random);
  const std::size_t count = by_group.starts.size() - 1;
  if (count < k) {
    throw DataError("splits.groups", fmt::format("{} folds need at least {} groups, found {}", k, k, count));
  }
  const auto size = [&](std::size_t g) { return by_group.starts[g + 1] - by_group.starts[g]; };
  std::vector<std::size_t> order = random.permutation(count);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
  std::vector<std::size_t> load(k, 0), fold_of(groups.size());
  for (const std::size_t g : order) {
    const auto fold = static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    load[fold] += size(g);
    for (std::size_t i = by_group.starts[g]; i < by_group.starts[g + 1]; ++i)
      fold_of[by_group.rows[i]] = fold;
  }
  return folds_from(fold_of, k);
}

Folds time_folds(std::span<const double> time, std::size_t k, double gap) {
  if (k < 1)
    throw ParameterError("splits.folds",
                         "folds forward in time: the number of folds must be at least 1, got 0");
  if (!(gap >= 0.0)) {
    throw ParameterError("splits.gap",
                         fmt::format("the gap before a test block must be at least 0, got {}", gap));
  }
  for (std::size_t i = 0; i < time.size(); ++i) {
    if (!std::isfinite(time[i])) {
      throw DataError("splits.time", fmt::format("the time of row {} is missing or infinite", i));
    }
  }
  std::vector<std::size_t> order(time.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return time[a] < time[b]; });
  const std::vector<std::size_t> cuts = time_cuts(time, order, k);
  Folds folds(k);
  for (std::size_t f = 0; f < k; ++f) {
    const std::size_t begin = cuts[f + 1], end = cuts[f + 2];
    const double start = time[order[begin]];
    folds[f].test.assign(order.begin() + std::ptrdiff_t(begin), order.begin() + std::ptrdiff_t(end));
    for (std::size_t i = 0; i < begin && start - time[order[i]] >= gap; ++i)
      folds[f].train.push_back(order[i]);
    if (folds[f].train.empty()) {
      throw DataError("splits.gap",
                      fmt::format("fold {} has no row to train on: a gap of {} reaches back before the "
                                  "first row",
                                  f, gap));
    }
    std::sort(folds[f].train.begin(), folds[f].train.end());
    std::sort(folds[f].test.begin(), folds[f].test.end());
  }
  return folds;
}

Fold holdout(std::size_t n, double fraction, std::span<const std::int32_t> codes, Stream random) {
  if (!(fraction > 0.0 && fraction < 1.0)) {
    throw ParameterError(
        "splits.fraction",
        fmt::format("the share of rows held out must lie between 0 and 1, got {}", fraction));
  }
  if (n < 2)
    throw DataError("splits.rows", fmt::format("holding out rows needs at least 2 of them, got {}", n));
  if (!codes.empty() && codes.size() != n) {
    throw DataError("data.length", fmt::format("{} class codes for {} rows", codes.size(), n));
  }
  const auto wanted = static_cast<std::size_t>(std::llround(static_cast<double>(n) * fraction));
  const std::size_t total = std::clamp<std::size_t>(wanted, 1, n - 1);
  const std::vector<std::int32_t> one_class(codes.empty() ? n : 0, 0);
  const ByClass classes = by_class(codes.empty() ? std::span<const std::int32_t>(one_class) : codes, &random);
  const std::vector<std::size_t> shares = class_shares(classes, total, random);
  Fold fold;
  for (std::size_t c = 0; c < shares.size(); ++c) {
    for (std::size_t i = classes.starts[c]; i < classes.starts[c + 1]; ++i) {
      (i < classes.starts[c] + shares[c] ? fold.test : fold.train).push_back(classes.rows[i]);
    }
  }
  std::sort(fold.train.begin(), fold.train.end());
  std::sort(fold.test.begin(), fold.test.end());
  return fold;
}

}  // namespace everyml
