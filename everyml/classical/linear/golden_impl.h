#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "everyml/foundation/base/context.h"
#include "everyml/foundation/data/dataset.h"
#include "everyml/foundation/io/archive.h"

// Helpers of this room's tests.

namespace everyml {

inline Json golden(const std::string& name) {
  std::ifstream file(std::string(EVERYML_SOURCE_DIR) + "/tests/golden/" + name);
  EXPECT_TRUE(file.good()) << name;
  return Json::parse(file);
}

inline std::vector<double> numbers(const Json& list) { return list.get<std::vector<double>>(); }

template <class T = double>
Features features_of(const std::vector<std::vector<double>>& rows) {
  const std::size_t columns = rows.empty() ? 0 : rows[0].size();
  Buffer<T> values(rows.size() * columns);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t j = 0; j < columns; ++j) values[r * columns + j] = static_cast<T>(rows[r][j]);
  }
  return Features::dense(std::move(values), rows.size(), columns);
}
template <class T = double>
Features features_in(const Json& rows) {
  return features_of<T>(rows.get<std::vector<std::vector<double>>>());
}

template <class T>
Buffer<T> buffer_of(const std::vector<T>& values) {
  Buffer<T> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return buffer;
}

inline Dataset regression_data(Features x, const std::vector<double>& y, std::vector<double> weights = {}) {
  return {std::move(x), Target::numbers(buffer_of(y)), {}, std::move(weights), {}};
}

inline Dataset class_data(Features x, const std::vector<std::int32_t>& y, std::size_t classes,
                          std::vector<double> weights = {}) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < classes; ++c) names.push_back(std::string(1, static_cast<char>('a' + c)));
  return {std::move(x), Target::classes(buffer_of(y), names), {}, std::move(weights), {}};
}

/// Rows repeated as often as their whole weights say.
inline Dataset copies(const Dataset& data) {
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < data.rows(); ++r)
    rows.insert(rows.end(), static_cast<std::size_t>(data.weight(r)), r);
  Dataset repeated = data.select_rows(rows);
  repeated.weights.clear();
  return repeated;
}

/// |got - expected| <= tolerance * max(1, |expected|) for each.
inline void expect_close(std::span<const double> got, const std::vector<double>& expected, double tolerance,
                         const std::string& what) {
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << what << " " << i;
}

template <class M>
std::string bytes_of(const M& model) {
  ArchiveWriter writer;
  model.save(writer);
  return writer.bytes();
}

template <class M>
M reloaded(const M& model) {
  return M::load(ArchiveReader::from_bytes(bytes_of(model), "test"));
}

/// A model of the same data at 1, 2 and 7 threads has the same bytes.
template <class S>
void expect_same_bytes(const S& settings, const Dataset& data) {
  std::vector<std::string> bytes;
  for (const int threads : {1, 2, 7})
    bytes.push_back(bytes_of(settings.fit(data, Context({.threads = threads}))));
  EXPECT_EQ(bytes[0], bytes[1]);
  EXPECT_EQ(bytes[0], bytes[2]);
}

}  // namespace everyml
