#include "everyml/classical/anomaly/isolation_planes.h"

#include <algorithm>
#include <cmath>

#include "everyml/classical/anomaly/isolation_forest.h"
#include "everyml/foundation/base/parallel.h"

namespace everyml {
namespace {

constexpr double kFar = 1e6;

/// Uniform in (-1.73, 1.73), which has spread 1, for a category of a column.
double category_place(std::size_t column, double code) {
  std::uint64_t bits = (static_cast<std::uint64_t>(column) + 1) * 0x9e3779b97f4a7c15ULL;
  bits ^= static_cast<std::uint64_t>(static_cast<std::int64_t>(code)) * 0xbf58476d1ce4e5b9ULL;
  const auto mixed =
      philox4x32({static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32), 0, 0},
                 {0x15a4e35, 0x2545f491});
  return (static_cast<double>(mixed[0]) * 0x1p-32 - 0.5) * 3.4641016151377544;
}

template <class Visit>
void walk(const IsolationPlanes& p, std::size_t tree, const double* places, const Visit& visit) {
  const auto first = static_cast<std::size_t>(p.first_node[tree]);
  std::size_t node = first;
  while (p.left[node] >= 0) {
    double sum = 0;
    for (std::size_t k = 0; k < p.terms; ++k) {
      const std::size_t term = node * p.terms + k;
      sum += p.slope[term] * places[static_cast<std::size_t>(p.column[term])];
    }
    const std::size_t next =
        first + static_cast<std::size_t>(sum <= p.offset[node] ? p.left[node] : p.right[node]);
    visit(node, next);
    node = next;
  }
}

template <class Row>
void each_row(const IsolationPlanes& p, const Features& x, const Context& context, const Row& row) {
  parallel_for(context, x.rows(), 256, [&](std::size_t begin, std::size_t end) {
    std::vector<double> scratch, places(p.columns());
    const double* tile = x.tile64(begin, end, scratch);
    for (std::size_t i = begin; i < end; ++i, tile += p.columns()) {
      for (std::size_t j = 0; j < p.columns(); ++j) places[j] = p.place(j, tile[j]);
      row(i, places.data());
    }
  });
}

}  // namespace

double IsolationPlanes::place(std::size_t j, double value) const {
  if (std::isnan(value)) return 0;
  if (category[j]) return std::abs(value) < 9e15 ? category_place(j, value) : 0;
  if (spread[j] == 0) return 0;
  // Halves, because the difference of two doubles may leave their range.
  return std::clamp((value / 2 - centre[j] / 2) / (spread[j] / 2), -kFar, kFar);
}

void IsolationPlanes::depths(const Features& x, std::span<double> out, const Context& context) const {
  each_row(*this, x, context, [&](std::size_t i, const double* places) {
    double sum = 0;
    for (std::size_t t = 0; t < trees(); ++t) {
      std::size_t leaf = static_cast<std::size_t>(first_node[t]);
      walk(*this, t, places, [&](std::size_t, std::size_t next) {
        leaf = next;
        sum += 1;
      });
      sum += mean_isolation_depth(size[leaf]);
    }
    out[i] = sum / static_cast<double>(trees());
  });
}

void IsolationPlanes::reasons(const Features& x, std::span<double> out, const Context& context) const {
  each_row(*this, x, context, [&](std::size_t i, const double* places) {
    double* row = out.data() + i * columns();
    std::fill_n(row, columns(), 0.0);
    for (std::size_t t = 0; t < trees(); ++t) {
      walk(*this, t, places, [&](std::size_t node, std::size_t next) {
        const double worth = mean_isolation_depth(size[node]) - mean_isolation_depth(size[next]) - 1;
        double all = 0;
        const auto part = [&](std::size_t k) {
          const std::size_t term = node * terms + k;
          return std::abs(slope[term] * places[static_cast<std::size_t>(column[term])]);
        };
        for (std::size_t k = 0; k < terms; ++k) all += part(k);
        for (std::size_t k = 0; k < terms; ++k) {
          const double share = all > 0 ? part(k) / all : 1.0 / static_cast<double>(terms);
          row[static_cast<std::size_t>(column[node * terms + k])] +=
              worth * share / static_cast<double>(trees());
        }
      });
    }
  });
}

void IsolationPlanes::save(ArchiveWriter& archive) const {
  archive.integer("terms", static_cast<std::int64_t>(terms));
  archive.array("centre", std::span(centre));
  archive.array("spread", std::span(spread));
  archive.array("category", std::span(category));
  archive.array("first_node", std::span(first_node));
  archive.array("column", std::span(column));
  archive.array("slope", std::span(slope));
  archive.array("offset", std::span(offset));
  archive.array("left", std::span(left));
  archive.array("right", std::span(right));
  archive.array("size", std::span(size));
}

IsolationPlanes IsolationPlanes::load(const ArchiveReader& archive) {
  IsolationPlanes p;
  p.centre = archive.doubles("centre");
  const std::size_t columns = p.centre.size();
  if (columns == 0) archive.refuse("centre", "no columns");
  p.centre = archive.finite_doubles("centre", columns);
  p.spread = archive.finite_doubles("spread", columns);
  p.category = archive.bytes8("category");
  if (p.category.size() != columns) archive.refuse("category", "one entry for each column would be right");
  p.terms = static_cast<std::size_t>(archive.integer("terms", 1, static_cast<std::int64_t>(columns)));
  p.left = archive.integers32("left");
  const std::size_t nodes = p.left.size();
  p.right = archive.integers32("right", nodes);
  p.offset = archive.finite_doubles("offset", nodes);
  p.size = archive.finite_doubles("size", nodes);
  p.column = archive.integers32("column", nodes * p.terms);
  p.slope = archive.finite_doubles("slope", nodes * p.terms);
  p.first_node = archive.integers32("first_node");
  if (p.first_node.size() < 2 || p.first_node.front() != 0 ||
      static_cast<std::size_t>(p.first_node.back()) != nodes) {
    archive.refuse("first_node", "from 0 to the number of nodes would be right");
  }
  for (const std::int32_t j : p.column) {
    if (j < 0 || static_cast<std::size_t>(j) >= columns)
      archive.refuse("column", "a column that there is not");
  }
  for (const double n : p.size) {
    if (!(n >= 1 && n <= 1e9)) archive.refuse("size", "a number of rows out of range");
  }
  for (std::size_t t = 0; t + 1 < p.first_node.size(); ++t) {
    const std::int32_t first = p.first_node[t], count = p.first_node[t + 1] - first;
    if (count < 1) archive.refuse("first_node", "a tree without nodes");
    for (std::int32_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(first + i);
      const bool leaf = p.left[at] == -1 && p.right[at] == -1;
      const bool inner = p.left[at] > i && p.right[at] > i && p.left[at] < count && p.right[at] < count;
      if (!leaf && !inner) archive.refuse("left", "a child that does not stand behind its parent");
    }
  }
  return p;
}

}  // namespace everyml
