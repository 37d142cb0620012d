#pragma once

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/csv.h"

// Tables of examples/data as data sets, for tests that compare with peers.

namespace everyml::testing_trees {

inline nlohmann::json golden(const std::string& name) {
  std::ifstream file(std::string(EVERYML_SOURCE_DIR) + "/tests/golden/trees/" + name);
  return nlohmann::json::parse(file);
}

/// Codes in the alphabetical order of the texts, -1 for a missing cell.
inline std::vector<std::int32_t> sorted_codes(const Column& column, std::vector<std::string>& names) {
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < column.size(); ++i) cells.push_back(column.missing(i) ? "" : column.cell(i));
  names = cells;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::erase(names, "");
  std::vector<std::int32_t> codes;
  for (const std::string& cell : cells) {
    const auto place = std::lower_bound(names.begin(), names.end(), cell);
    codes.push_back(cell.empty() ? -1 : static_cast<std::int32_t>(place - names.begin()));
  }
  return codes;
}

/// Texts and booleans become categories in alphabetical order.
inline Dataset example(const std::string& file, const std::string& target) {
  ReadOptions options;
  options.missing = {""};
  const Table table =
      read_csv(std::string(EVERYML_SOURCE_DIR) + "/examples/data/" + file, options, Context{}).table;
  Dataset data;
  const std::size_t rows = table.rows(), columns = table.columns() - 1;
  Buffer<double> values(rows * columns);
  std::size_t f = 0;
  for (const Column& column : table.all()) {
    if (column.name() == target) continue;
    FeatureInfo info{.name = column.name(), .source = column.name()};
    if (column.kind() == ColumnKind::number) {
      for (std::size_t i = 0; i < rows; ++i) values[i * columns + f] = column.number(i);
    } else {
      std::vector<std::string> names;
      const auto codes = sorted_codes(column, names);
      for (std::size_t i = 0; i < rows; ++i) values[i * columns + f] = codes[i] < 0 ? std::nan("") : codes[i];
      info.kind = FeatureInfo::Kind::category;
      info.levels = names.size();
    }
    data.info.push_back(info);
    ++f;
  }
  data.features = Features::dense(std::move(values), rows, columns);
  const Column& answer = table.column(target);
  if (answer.kind() == ColumnKind::number) {
    Buffer<double> y(rows);
    for (std::size_t i = 0; i < rows; ++i) y[i] = answer.number(i);
    data.target = Target::numbers(std::move(y));
  } else {
    std::vector<std::string> names;
    const auto codes = sorted_codes(answer, names);
    Buffer<std::int32_t> buffer(rows);
    std::copy(codes.begin(), codes.end(), buffer.begin());
    data.target = Target::classes(std::move(buffer), std::move(names));
  }
  return data;
}

}  // namespace everyml::testing_trees
