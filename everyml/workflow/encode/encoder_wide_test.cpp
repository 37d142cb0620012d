// Encoders of very many columns: they fit into a model file, come back whole, and hostile files are refused.

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/workflow/encode/encoder.h"

namespace everyml {
namespace {

Table wide_table(std::size_t columns) {
  std::vector<Column> all;
  for (std::size_t c = 0; c < columns; ++c) {
    const std::string name = "c" + std::to_string(c);
    if (c % 1000 == 7) {
      const std::vector<std::optional<std::string>> cells = {"a", "b", std::nullopt, "a"};
      all.push_back(Column::categories(name, cells));
      continue;
    }
    if (c % 1000 == 8) {
      Buffer<std::int8_t> truths(4);
      for (std::size_t row = 0; row < 4; ++row) truths[row] = static_cast<std::int8_t>(row % 2);
      all.push_back(Column::booleans(name, std::move(truths)));
      continue;
    }
    Buffer<double> values(4);
    for (std::size_t row = 0; row < 4; ++row) values[row] = static_cast<double>((row * 7 + c * c) % 11) / 3.0;
    all.push_back(Column::numbers(name, std::move(values)));
  }
  return Table(std::move(all));
}

std::string saved(const Encoder& encoder) {
  ArchiveWriter archive;
  encoder.save(archive);
  return archive.bytes();
}

TEST(EncoderWide, ComesBackWhole) {
  for (const std::size_t columns : {10'000U, 10'001U, 12'000U}) {
    const Table table = wide_table(columns);
    const std::vector<std::string> names = table.names();
    const Encoder encoder = Encoder::fit(table, names, {}, {}, {}, {}, Context());
    const std::string bytes = saved(encoder);
    const Encoder back = Encoder::load(ArchiveReader::from_bytes(bytes, "test"));
    EXPECT_EQ(saved(back), bytes);
    ASSERT_EQ(back.feature_count(), encoder.feature_count());
    const Features before = encoder.transform(table, Context());
    const Features after = back.transform(table, Context());
    for (std::size_t c = 0; c < before.columns(); c += 97) {
      for (std::size_t row = 0; row < 4; ++row) EXPECT_EQ(before.at(row, c), after.at(row, c)) << c;
    }
  }
}

using Write = std::function<void(ArchiveWriter&, std::string_view)>;

template <class T>
Write array(std::vector<T> values) {
  return [values](ArchiveWriter& archive, std::string_view key) { archive.array(key, values); };
}
Write strings(std::vector<std::string> values) {
  return [values](ArchiveWriter& archive, std::string_view key) { archive.strings(key, values); };
}

/// The code of the error that a file with a number, a boolean and a category ends in; empty when it is good.
std::string code_of(const std::string& spoiled = "", const Write& write = {}) {
  using Bytes = std::vector<std::uint8_t>;
  std::map<std::string, Write> entries = {{"names", strings({"n", "b", "c"})},
                                          {"ways", array(Bytes{0, 1, 2})},
                                          {"indicators", array(Bytes{0, 0, 0})},
                                          {"low", array(std::vector<double>{-1, 0, 0})},
                                          {"high", array(std::vector<double>{1, 0, 0})},
                                          {"fill", array(std::vector<double>{0.5, 1, 0})},
                                          {"infinite", array(std::vector<std::int64_t>{0, 0, 0})},
                                          {"column.2.levels", strings({"x", "y"})},
                                          {"mean", array(std::vector<double>(4, 0))},
                                          {"deviation", array(std::vector<double>(4, 1))}};
  if (!spoiled.empty()) entries[spoiled] = write;
  ArchiveWriter archive;
  archive.json("settings", Json::object());
  for (const char* key : {"missing", "categories", "scale"}) archive.integer(key, 0);
  archive.integer("outputs", 1);
  archive.strings("dropped", {});
  archive.integer("columns", 3);
  for (const auto& [key, entry] : entries) {
    if (entry) entry(archive, key);
  }
  try {
    Encoder::load(ArchiveReader::from_bytes(archive.bytes(), "test"));
  } catch (const FormatError& error) {
    return std::string(error.code());
  }
  return "";
}

TEST(EncoderWide, HostileFilesAreRefused) {
  using Bytes = std::vector<std::uint8_t>;
  EXPECT_EQ(code_of(), "");
  for (const char* key :
       {"ways", "indicators", "low", "high", "fill", "infinite", "column.2.levels", "mean"}) {
    EXPECT_EQ(code_of(key, {}), "model.field_missing") << key;
  }
  const std::vector<std::pair<std::string, Write>> bad = {
      {"names", strings({"n", "b"})},
      {"names", strings({"n", "n", "c"})},
      {"ways", array(Bytes{0, 1})},
      {"ways", array(Bytes{0, 1, 8})},
      {"ways", array(Bytes{0, 1, 255})},
      {"indicators", array(Bytes{0, 0, 2})},
      {"indicators", array(Bytes{0, 0})},
      {"low", array(std::vector<double>{2, 0, 0})},
      {"low", array(std::vector<double>{-std::numeric_limits<double>::infinity(), 0, 0})},
      {"high", array(std::vector<double>{1, 0})},
      {"fill", array(std::vector<double>{std::numeric_limits<double>::quiet_NaN(), 0, 0})},
      {"fill", array(std::vector<double>{0, 2, 0})},
      {"infinite", array(std::vector<std::int64_t>{-1, 0, 0})},
      {"infinite", array(std::vector<std::int64_t>{0})},
      {"column.2.levels", strings({"y", "x"})},
      {"deviation", array(std::vector<double>(4, 0))},
  };
  for (const auto& [key, write] : bad) EXPECT_TRUE(code_of(key, write).starts_with("model.")) << key;
}

}  // namespace
}  // namespace everyml
