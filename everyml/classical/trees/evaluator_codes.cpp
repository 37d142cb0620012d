#include <algorithm>
#include <cmath>
#include <limits>

#include "everyml/classical/trees/evaluator_codes_impl.h"

namespace everyml::detail {
namespace {

constexpr std::size_t kNarrowCodes = 256, kWideCodes = 65536;

std::vector<float> rounded_down(const std::vector<double>& cuts) {
  constexpr float low = -std::numeric_limits<float>::infinity();
  std::vector<float> floats;
  for (const double cut : cuts) {
    const auto near = static_cast<float>(cut);
    floats.push_back(static_cast<double>(near) > cut ? std::nextafter(near, low) : near);
  }
  return floats;
}

/// Appends the search tree over sorted cuts. Returns its levels, 0 for more cuts than three of them part.
template <class T>
std::uint8_t add_steps(const std::vector<T>& cuts, std::vector<T>& steps) {
  std::size_t levels = 1, leaves = kFan<T>;
  for (; cuts.size() >= leaves; leaves *= kFan<T>) ++levels;
  if (levels > 3) return 0;
  for (std::size_t parts = kFan<T>; parts <= leaves; parts *= kFan<T>) {
    for (std::size_t j = 1; j <= parts; ++j) {
      const std::size_t last = j * (leaves / parts) - 1;
      steps.push_back(last < cuts.size() ? cuts[last] : std::numeric_limits<T>::infinity());
    }
  }
  return static_cast<std::uint8_t>(levels);
}

/// Thresholds, or for categories the number of levels, that a feature is asked for.
struct Asked {
  std::vector<double> cuts;
  double levels = 0;
};

std::vector<Asked> asked_values(const TreeParts& p, const ColumnOf& column_of) {
  std::vector<Asked> asked(column_of.size());
  for (std::size_t i = 0; i < p.nodes(); ++i) {
    Asked& one = asked[column_of.place_of(p.feature[i])];
    if (asks_category(p, i)) {
      const auto set = static_cast<std::size_t>(p.threshold[i]);
      // A set without a word is a question too.
      const std::uint32_t words = std::max<std::uint32_t>(p.set_start[set + 1] - p.set_start[set], 1);
      one.levels = std::max(one.levels, 64.0 * words);
    } else {
      one.cuts.push_back(p.threshold[i] + 0.0);
    }
  }
  return asked;
}

void add_number_column(std::vector<double>& cuts, CodeColumn& column, CodeTable& table) {
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  column.count = static_cast<std::uint32_t>(cuts.size());
  column.cuts = static_cast<std::uint32_t>(table.cuts.size());
  table.cuts.insert(table.cuts.end(), cuts.begin(), cuts.end());
  column.steps64 = static_cast<std::uint32_t>(table.steps64.size());
  column.levels64 = add_steps(cuts, table.steps64);
  const std::vector<float> floats = rounded_down(cuts);
  column.steps32 = static_cast<std::uint32_t>(table.steps32.size());
  column.levels32 = add_steps(floats, table.steps32);
}

}  // namespace

ColumnOf::ColumnOf(const TreeParts& parts) {
  std::size_t different = 0;
  const auto keep_different = [&] {
    std::sort(features_.begin(), features_.end());
    features_.erase(std::unique(features_.begin(), features_.end()), features_.end());
    different = features_.size();
  };
  for (const std::int32_t feature : parts.feature) {
    features_.push_back(feature);
    if (features_.size() > 2 * different + 4096) keep_different();
  }
  keep_different();
  columns_.assign(2 * features_.size(), 0);
}

bool make_codes(const TreeParts& parts, CodeTable& table, ColumnOf& column_of) {
  std::vector<Asked> asked = asked_values(parts, column_of);
  for (std::size_t f = 0; f < asked.size(); ++f) {
    for (const bool category : {false, true}) {
      if (category ? asked[f].levels == 0 : asked[f].cuts.empty()) continue;
      CodeColumn column{.feature = column_of.feature(f), .category = category};
      if (category) {
        if (asked[f].levels + 2 > static_cast<double>(kWideCodes)) return false;
        column.count = static_cast<std::uint32_t>(asked[f].levels);
      } else {
        add_number_column(asked[f].cuts, column, table);
      }
      // Codes: missing, the values up to each threshold or the levels, and all the rest.
      if (column.count + 2 > kWideCodes) return false;
      column.wide = column.count + 2 > kNarrowCodes;
      column_of.at(column.feature, category) = static_cast<std::uint32_t>(table.columns.size());
      table.columns.push_back(column);
    }
  }
  return true;
}

std::uint32_t place_of(const TreeParts& parts, std::size_t node, const CodeTable& table,
                       const CodeColumn& column) {
  const auto begin = table.cuts.begin() + column.cuts;
  return static_cast<std::uint32_t>(std::lower_bound(begin, begin + column.count, parts.threshold[node]) -
                                    begin);
}

}  // namespace everyml::detail
