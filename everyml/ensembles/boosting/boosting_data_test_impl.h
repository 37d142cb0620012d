#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "everyml/foundation/base/random.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"

// Made-up rows and small helpers that the tests of boosting share.

namespace everyml::testing_boosting {

/// Column 0 a wave, 1 a line, 2 a category of `levels` levels with an effect each, 3 and 4 nothing; gaps in
/// column 0.
inline Dataset rows_of_numbers(std::size_t rows, std::uint64_t seed, std::size_t levels = 8,
                               double noise = 0.3) {
  Stream stream(seed, "rows");
  Stream effects(1, "effects");
  std::vector<double> effect(levels);
  for (double& one : effect) one = effects.normal();
  constexpr std::size_t kColumns = 5;
  Buffer<double> cells(rows * kColumns), y(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    double* x = cells.data() + row * kColumns;
    for (std::size_t c = 0; c < kColumns; ++c) x[c] = stream.normal();
    const std::size_t level = stream.below(levels);
    x[2] = static_cast<double>(level);
    y[row] = std::sin(2 * x[0]) + x[1] + effect[level] + noise * stream.normal();
    if (stream.uniform() < 0.05) x[0] = std::numeric_limits<double>::quiet_NaN();
    if (stream.uniform() < 0.03) x[2] = std::numeric_limits<double>::quiet_NaN();
  }
  Dataset data;
  data.features = Features::dense(std::move(cells), rows, kColumns);
  data.target = Target::numbers(std::move(y));
  data.info.resize(kColumns);
  for (std::size_t c = 0; c < kColumns; ++c) data.info[c].name = "c" + std::to_string(c);
  data.info[2].kind = FeatureInfo::Kind::category;
  data.info[2].levels = levels;
  return data;
}

/// The same rows with classes "a", "b", ... cut from the target at equal shares.
inline Dataset rows_of_classes(std::size_t rows, std::uint64_t seed, std::size_t classes,
                               std::size_t levels = 8) {
  Dataset data = rows_of_numbers(rows, seed, levels);
  std::vector<std::string> names;
  for (std::size_t k = 0; k < classes; ++k) names.emplace_back(1, static_cast<char>('a' + k));
  Buffer<std::int32_t> codes(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    const double share = 0.5 + 0.5 * std::tanh(data.target.values()[row] / 2);
    codes[row] = static_cast<std::int32_t>(
        std::min(classes - 1, static_cast<std::size_t>(share * static_cast<double>(classes))));
  }
  data.target = Target::classes(std::move(codes), std::move(names));
  return data;
}

template <class M>
std::string bytes_of(const M& model) {
  ArchiveWriter archive;
  model.save(archive);
  return archive.bytes();
}

}  // namespace everyml::testing_boosting
