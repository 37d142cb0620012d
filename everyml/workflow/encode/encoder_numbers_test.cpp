#include <gtest/gtest.h>

#include <cmath>

#include "everyml/foundation/io/archive.h"
#include "everyml/workflow/encode/encoder.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
using Fills = Encoder::Fills;
const std::vector<std::string> kNames = {"a", "b"};

template <class T>
Features rows_of(std::initializer_list<double> values) {
  Buffer<T> buffer(values.size());
  std::size_t i = 0;
  for (const double value : values) buffer[i++] = static_cast<T>(value);
  return Features::dense(std::move(buffer), values.size() / 2, 2);
}

Table table_of(const Features& x) {
  std::vector<Column> columns;
  for (std::size_t j = 0; j < x.columns(); ++j) {
    Buffer<double> values(x.rows());
    for (std::size_t r = 0; r < x.rows(); ++r) values[r] = x.at(r, j);
    columns.push_back(Column::numbers(kNames[j], std::move(values)));
  }
  return Table(std::move(columns));
}

void expect_equal(const Features& got, const Features& expected) {
  ASSERT_EQ(got.rows(), expected.rows());
  ASSERT_EQ(got.columns(), expected.columns());
  for (std::size_t r = 0; r < got.rows(); ++r) {
    for (std::size_t j = 0; j < got.columns(); ++j) {
      if (std::isnan(expected.at(r, j)))
        EXPECT_TRUE(std::isnan(got.at(r, j)));
      else
        EXPECT_EQ(got.at(r, j), expected.at(r, j)) << r << " " << j;
    }
  }
}

TEST(EncoderOfNumbers, TakesValuesAsTheyAre) {
  const Context context;
  // A constant column stays, and nothing is scaled.
  const Features x = rows_of<double>({1, 7, 2, 7, kNaN, 7});
  const Encoder encoder = Encoder::of_numbers(x, kNames, {}, Fills::none, context);
  EXPECT_TRUE(encoder.takes_numbers());
  EXPECT_EQ(encoder.feature_count(), 2u);
  expect_equal(encoder.transform(table_of(x), context), x);
  expect_equal(encoder.fill_numbers(x, context), x);
}

TEST(EncoderOfNumbers, FillsWithWeightedMedians) {
  const Context context;
  const std::vector<double> weights = {1, 1, 5, 1, 0};
  const Features x = rows_of<double>({1, kNaN, 2, kNaN, 3, kNaN, kNaN, kNaN, 100, 4});
  const Encoder encoder = Encoder::of_numbers(x, kNames, weights, Fills::exact, context);
  // Column b has values in rows of weight 0 alone, so nothing is known of it.
  expect_equal(encoder.fill_numbers(x, context), rows_of<double>({1, 0, 2, 0, 3, 0, 3, 0, 100, 4}));
  const Features single = rows_of<float>({kNaN, 1.5});
  const Features filled = encoder.fill_numbers(single, context);
  EXPECT_EQ(filled.storage(), Features::Storage::dense32);
  expect_equal(filled, rows_of<float>({3, 1.5}));
  EncodeNotes notes;
  expect_equal(encoder.transform(table_of(x), context, &notes), encoder.fill_numbers(x, context));
  EXPECT_EQ(notes.outside_range, 0u);
}

TEST(EncoderOfNumbers, ASampleOfRowsIsNearlyAsGood) {
  const Context context;
  Buffer<double> values(2 * 10001);
  for (std::size_t r = 0; r < 10001; ++r) {
    values[2 * r] = static_cast<double>(r);
    values[2 * r + 1] = 7;
  }
  const Features x = Features::dense(std::move(values), 10001, 2);
  const Encoder encoder = Encoder::of_numbers(x, kNames, {}, Fills::sampled, context);
  const Features filled = encoder.fill_numbers(rows_of<double>({kNaN, kNaN}), context);
  EXPECT_NEAR(filled.at(0, 0), 5000, 40);
  EXPECT_EQ(filled.at(0, 1), 7);
}

TEST(EncoderOfNumbers, SurvivesTheModelFile) {
  const Context context;
  const Features x = rows_of<double>({1, 2, kNaN, 4, 5, 6});
  for (const Fills fills : {Fills::none, Fills::sampled, Fills::exact}) {
    const Encoder encoder = Encoder::of_numbers(x, kNames, {}, fills, context);
    ArchiveWriter writer;
    encoder.save(writer);
    const Encoder again = Encoder::load(ArchiveReader::from_bytes(writer.bytes(), "test"));
    EXPECT_TRUE(again.takes_numbers());
    expect_equal(again.fill_numbers(x, context), encoder.fill_numbers(x, context));
  }
}

TEST(EncoderOfNumbers, RefusesWhatDoesNotFit) {
  const Context context;
  const Features x = rows_of<double>({1, 2, 3, 4});
  const std::vector<std::string> one = {"a"};
  const std::vector<double> weights = {1};
  EXPECT_EQ(code_of([&] { Encoder::of_numbers(x, one, {}, Fills::none, context); }), "data.length");
  EXPECT_EQ(code_of([&] { Encoder::of_numbers(x, kNames, weights, Fills::exact, context); }), "data.length");
  Buffer<std::uint64_t> starts(2);
  starts[1] = 1;
  Buffer<std::uint32_t> columns(1);
  Buffer<float> values(1);
  const Features sparse = Features::sparse(1, 2, std::move(starts), std::move(columns), std::move(values));
  EXPECT_EQ(code_of([&] { Encoder::of_numbers(sparse, kNames, {}, Fills::exact, context); }),
            "encode.sparse_missing");
}

}  // namespace
}  // namespace everyml
