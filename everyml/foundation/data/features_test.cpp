#include "everyml/foundation/data/features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "everyml/foundation/base/error.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

using Rows = std::vector<std::size_t>;

constexpr std::size_t kRows = 7, kColumns = 5;

/// A value that a float holds exactly; about half are zero.
double value_at(std::size_t row, std::size_t column) {
  const std::size_t mixed = (row * 31 + column * 17) % 11;
  return mixed < 5 ? 0.0 : static_cast<double>(mixed) * 0.25 - 1.0;
}

Features make(Features::Storage storage, bool strided) {
  const std::size_t stride = strided ? kColumns + 3 : kColumns;
  if (storage == Features::Storage::sparse32) {
    Buffer<std::uint64_t> starts(kRows + 1);
    std::vector<std::uint32_t> columns;
    std::vector<float> values;
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t c = 0; c < kColumns; ++c) {
        if (value_at(r, c) == 0.0) continue;
        columns.push_back(static_cast<std::uint32_t>(c));
        values.push_back(static_cast<float>(value_at(r, c)));
      }
      starts[r + 1] = values.size();
    }
    Buffer<std::uint32_t> column_buffer(columns.size());
    Buffer<float> value_buffer(values.size());
    std::copy(columns.begin(), columns.end(), column_buffer.begin());
    std::copy(values.begin(), values.end(), value_buffer.begin());
    return Features::sparse(kRows, kColumns, std::move(starts), std::move(column_buffer),
                            std::move(value_buffer));
  }
  const auto fill = [&]<class T>(T) {
    auto values = std::make_shared<std::vector<T>>(kRows * stride, std::numeric_limits<T>::quiet_NaN());
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t c = 0; c < kColumns; ++c) (*values)[r * stride + c] = static_cast<T>(value_at(r, c));
    }
    return Features::view(values->data(), kRows, kColumns, stride, values);
  };
  return storage == Features::Storage::dense64 ? fill(double{}) : fill(float{});
}

struct StorageCase {
  Features::Storage storage;
  bool strided;
};
constexpr StorageCase kCases[] = {{Features::Storage::dense64, false},
                                  {Features::Storage::dense64, true},
                                  {Features::Storage::dense32, false},
                                  {Features::Storage::dense32, true},
                                  {Features::Storage::sparse32, false}};

void expect_values(const Features& features, const Rows& rows, const Rows& columns) {
  ASSERT_EQ(features.rows(), rows.size());
  ASSERT_EQ(features.columns(), columns.size());
  std::vector<double> scratch64;
  std::vector<float> scratch32;
  for (std::size_t begin = 0; begin <= rows.size(); ++begin) {
    for (std::size_t end = begin; end <= rows.size(); ++end) {
      const double* tile64 = features.tile64(begin, end, scratch64);
      const float* tile32 = features.tile32(begin, end, scratch32);
      for (std::size_t r = begin; r < end; ++r) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
          const double expected = value_at(rows[r], columns[c]);
          ASSERT_EQ(features.at(r, c), expected);
          ASSERT_EQ(tile64[(r - begin) * columns.size() + c], expected);
          ASSERT_EQ(tile32[(r - begin) * columns.size() + c], static_cast<float>(expected));
        }
      }
    }
  }
}

TEST(Features, TilesOfEveryStorageAreTheValues) {
  for (const auto [storage, strided] : kCases) {
    const Features features = make(storage, strided);
    EXPECT_EQ(features.storage(), storage);
    expect_values(features, {0, 1, 2, 3, 4, 5, 6}, {0, 1, 2, 3, 4});
    EXPECT_FALSE(features.has_missing()) << "what lies between the rows of a view is not read";
    EXPECT_FALSE(features.has_infinite());
  }
}

TEST(Features, RowsColumnsAndSlicesOfEveryStorage) {
  for (const auto [storage, strided] : kCases) {
    const Features features = make(storage, strided);
    expect_values(features.select_rows(Rows{6, 0, 6, 3}), {6, 0, 6, 3}, {0, 1, 2, 3, 4});
    expect_values(features.select_columns(Rows{4, 1, 4, 0}), {0, 1, 2, 3, 4, 5, 6}, {4, 1, 4, 0});
    expect_values(features.slice(2, 6), {2, 3, 4, 5}, {0, 1, 2, 3, 4});
    expect_values(features.slice(2, 6).select_rows(Rows{3, 0}).select_columns(Rows{2}), {5, 2}, {2});
    expect_values(features.select_rows({}), {}, {0, 1, 2, 3, 4});
    EXPECT_EQ(features.select_columns({}).columns(), 0U);
    EXPECT_EQ(features.select_rows(Rows{1}).storage(), storage);
    EXPECT_EQ(features.select_columns(Rows{1}).storage(), storage);
  }
}

TEST(Features, ContiguousTilesDoNotTouchTheScratch) {
  std::vector<double> scratch64;
  std::vector<float> scratch32;
  const Features wide = make(Features::Storage::dense64, false);
  EXPECT_EQ(wide.tile64(2, 5, scratch64), wide.dense64() + 2 * kColumns);
  const Features strided = make(Features::Storage::dense64, true);
  EXPECT_EQ(strided.tile64(3, 4, scratch64), strided.dense64() + 3 * strided.stride())
      << "one row is always contiguous";
  const Features narrow = make(Features::Storage::dense32, false);
  EXPECT_EQ(narrow.tile32(0, kRows, scratch32), narrow.dense32());
  EXPECT_EQ(scratch64.capacity(), 0U);
  EXPECT_EQ(scratch32.capacity(), 0U);
}

TEST(Features, DenseOwnsAndSlicesShare) {
  Buffer<double> values(6);
  for (std::size_t i = 0; i < 6; ++i) values[i] = static_cast<double>(i);
  const double* data = values.data();
  Features part;
  {
    const Features features = Features::dense(std::move(values), 3, 2);
    EXPECT_EQ(features.dense64(), data) << "moved in, not copied";
    part = features.slice(1, 3);
  }
  EXPECT_EQ(part.dense64(), data + 2);
  EXPECT_EQ(part.at(1, 1), 5.0);
}

TEST(Features, MissingAndInfiniteAreFound) {
  for (const double odd :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    for (std::size_t place = 0; place < 6; ++place) {
      Buffer<double> wide(6);
      wide[place] = odd;
      Buffer<float> narrow(6), sparse(6);
      narrow[place] = sparse[place] = static_cast<float>(odd);
      Buffer<std::uint64_t> starts(3);
      starts[1] = 3, starts[2] = 6;
      Buffer<std::uint32_t> columns(6);
      for (std::uint32_t i = 0; i < 6; ++i) columns[i] = i % 3;
      for (const Features& features :
           {Features::dense(std::move(wide), 2, 3), Features::dense(std::move(narrow), 2, 3),
            Features::sparse(2, 3, std::move(starts), std::move(columns), std::move(sparse))}) {
        EXPECT_EQ(features.has_missing(), std::isnan(odd));
        EXPECT_EQ(features.has_infinite(), std::isinf(odd));
      }
    }
  }
}

TEST(Features, ShapesAreChecked) {
  EXPECT_EQ(code_of([] { Features::dense(Buffer<double>(5), 2, 3); }), "features.shape");
  EXPECT_EQ(code_of([] { Features::dense(Buffer<float>(0), SIZE_MAX / 2 + 1, 2); }), "features.shape");
  EXPECT_EQ(code_of([] { Features::view(static_cast<const double*>(nullptr), 1, 1); }), "features.shape");
  const double value = 1.0;
  EXPECT_EQ(code_of([&] { Features::view(&value, 1, 2, 1); }), "features.shape");
  EXPECT_EQ(code_of([] { Features::dense(Buffer<double>(0), 0, 3); }), "none");
  EXPECT_EQ(Features().rows(), 0U);
}

TEST(Features, SparseArraysAreChecked) {
  const auto code = [](std::vector<std::uint64_t> starts, std::vector<std::uint32_t> columns) {
    Buffer<std::uint64_t> start_buffer(starts.size());
    Buffer<std::uint32_t> column_buffer(columns.size());
    std::copy(starts.begin(), starts.end(), start_buffer.begin());
    std::copy(columns.begin(), columns.end(), column_buffer.begin());
    return code_of(
        [&] { Features::sparse(2, 3, std::move(start_buffer), std::move(column_buffer), Buffer<float>(3)); });
  };
  EXPECT_EQ(code({0, 2, 3}, {0, 2, 1}), "none");
  EXPECT_EQ(code({0, 3}, {0, 1, 2}), "features.sparse");
  EXPECT_EQ(code({1, 2, 3}, {0, 2, 1}), "features.sparse");
  EXPECT_EQ(code({0, 2, 2}, {0, 2, 1}), "features.sparse");
  EXPECT_EQ(code({0, 9, 3}, {0, 2, 1}), "features.sparse");
  EXPECT_EQ(code({0, 2, 3}, {0, 3, 1}), "features.sparse");
  EXPECT_EQ(code({0, 2, 3}, {2, 0, 1}), "features.sparse");
  EXPECT_EQ(code({0, 2, 3}, {1, 1, 1}), "features.sparse");
  EXPECT_EQ(code({0, 2, 3}, {0, 2}), "features.sparse");
}

}  // namespace
}  // namespace everyml
