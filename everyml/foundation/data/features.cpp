#include "everyml/foundation/data/features.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "everyml/foundation/base/error.h"

namespace everyml {

struct Features::Sparse {
  Buffer<std::uint64_t> row_starts;
  Buffer<std::uint32_t> columns;
  Buffer<float> values;
};

namespace {

void check_size(std::size_t size, std::size_t rows, std::size_t columns) {
  const bool fits = columns == 0 || rows <= std::numeric_limits<std::size_t>::max() / columns;
  if (fits && size == rows * columns) return;
  throw ParameterError("features.shape", fmt::format("{} values cannot be a matrix of {} rows and {} columns",
                                                     size, rows, columns));
}

std::size_t checked_stride(const void* values, std::size_t rows, std::size_t columns, std::size_t stride) {
  if (values == nullptr && rows > 0 && columns > 0) {
    throw ParameterError(
        "features.shape",
        fmt::format("no values were given for a matrix of {} rows and {} columns", rows, columns));
  }
  if (stride == 0) return columns;
  if (stride >= columns) return stride;
  throw ParameterError("features.shape",
                       fmt::format("a stride of {} is shorter than a row of {} columns", stride, columns));
}

[[noreturn]] void bad_sparse(const std::string& what) {
  throw DataError("features.sparse", "sparse features: " + what);
}

void check_sparse(std::size_t rows, std::size_t columns, std::span<const std::uint64_t> row_starts,
                  std::span<const std::uint32_t> indices, std::size_t values) {
  if (row_starts.size() != rows + 1) {
    bad_sparse(fmt::format("{} rows need {} row starts, got {}", rows, rows + 1, row_starts.size()));
  }
  if (indices.size() != values)
    bad_sparse(fmt::format("{} column indices for {} values", indices.size(), values));
  if (row_starts[0] != 0 || row_starts[rows] != values) {
    bad_sparse(fmt::format("row starts must run from 0 to the {} values", values));
  }
  for (std::size_t row = 0; row < rows; ++row) {
    if (row_starts[row + 1] < row_starts[row] || row_starts[row + 1] > values) {
      bad_sparse(fmt::format("the row start after row {} is out of order", row));
    }
    for (std::uint64_t i = row_starts[row]; i < row_starts[row + 1]; ++i) {
      if (indices[i] >= columns)
        bad_sparse(fmt::format("row {} names column {} of {}", row, indices[i], columns));
      if (i > row_starts[row] && indices[i] <= indices[i - 1]) {
        bad_sparse(fmt::format("the columns of row {} are not ascending", row));
      }
    }
  }
}

template <class T>
const T* grown(std::vector<T>& scratch, std::size_t size) {
  if (scratch.size() < size) scratch.resize(size);
  return scratch.data();
}

/// Rows [begin, end) of a dense matrix into contiguous `out`, converted.
template <class From, class To>
void copy_rows(const From* from, std::size_t stride, std::size_t columns, std::size_t begin, std::size_t end,
               To* out) {
  for (std::size_t row = begin; row < end; ++row, out += columns) {
    const From* values = from + row * stride;
    for (std::size_t j = 0; j < columns; ++j) out[j] = static_cast<To>(values[j]);
  }
}

template <class To>
void copy_rows(const Features::SparseView& from, std::size_t columns, std::size_t begin, std::size_t end,
               To* out) {
  std::fill_n(out, (end - begin) * columns, To{});
  for (std::size_t row = begin; row < end; ++row, out += columns) {
    for (std::uint64_t i = from.row_starts[row]; i < from.row_starts[row + 1]; ++i) {
      out[from.columns[i]] = static_cast<To>(from.values[i]);
    }
  }
}

template <class T>
Buffer<T> pick_rows(const T* from, std::size_t stride, std::size_t columns,
                    std::span<const std::size_t> rows) {
  auto out = Buffer<T>::uninitialized(rows.size() * columns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(from + rows[i] * stride, columns, out.data() + i * columns);
  }
  return out;
}

template <class T>
Buffer<T> pick_columns(const T* from, std::size_t stride, std::size_t rows,
                       std::span<const std::size_t> columns) {
  auto out = Buffer<T>::uninitialized(rows * columns.size());
  T* to = out.data();
  for (std::size_t row = 0; row < rows; ++row) {
    for (const std::size_t column : columns) *to++ = from[row * stride + column];
  }
  return out;
}

template <class T, class Test>
bool any_value(const T* values, std::size_t stride, std::size_t rows, std::size_t columns, Test test) {
  for (std::size_t row = 0; row < rows; ++row) {
    // One answer per row, not per value, keeps the loop free of branches.
    bool found = false;
    for (std::size_t j = 0; j < columns; ++j) found |= test(values[row * stride + j]);
    if (found) return true;
  }
  return false;
}

}  // namespace

Features Features::dense(Buffer<double> values, std::size_t rows, std::size_t columns) {
  check_size(values.size(), rows, columns);
  auto owner = std::make_shared<const Buffer<double>>(std::move(values));
  const double* data = owner->data();
  return view(data, rows, columns, columns, std::move(owner));
}

Features Features::dense(Buffer<float> values, std::size_t rows, std::size_t columns) {
  check_size(values.size(), rows, columns);
  auto owner = std::make_shared<const Buffer<float>>(std::move(values));
  const float* data = owner->data();
  return view(data, rows, columns, columns, std::move(owner));
}

Features Features::view(const double* values, std::size_t rows, std::size_t columns, std::size_t stride,
                        std::shared_ptr<const void> owner) {
  Features features;
  features.stride_ = checked_stride(values, rows, columns, stride);
  features.rows_ = rows;
  features.columns_ = columns;
  features.values_ = values;
  features.owner_ = std::move(owner);
  return features;
}

Features Features::view(const float* values, std::size_t rows, std::size_t columns, std::size_t stride,
                        std::shared_ptr<const void> owner) {
  Features features;
  features.stride_ = checked_stride(values, rows, columns, stride);
  features.rows_ = rows;
  features.columns_ = columns;
  features.storage_ = Storage::dense32;
  features.values_ = values;
  features.owner_ = std::move(owner);
  return features;
}

Features Features::sparse(std::size_t rows, std::size_t columns, Buffer<std::uint64_t> row_starts,
                          Buffer<std::uint32_t> column_indices, Buffer<float> values) {
  check_sparse(rows, columns, row_starts, column_indices, values.size());
  Features features;
  features.rows_ = rows;
  features.columns_ = columns;
  features.stride_ = columns;
  features.storage_ = Storage::sparse32;
  features.sparse_ = std::make_shared<const Sparse>(
      Sparse{std::move(row_starts), std::move(column_indices), std::move(values)});
  return features;
}

Features::SparseView Features::sparse32() const {
  if (!sparse_) return {};
  return {sparse_->row_starts, sparse_->columns, sparse_->values};
}

double Features::at(std::size_t row, std::size_t column) const {
  if (const double* values = dense64()) return values[row * stride_ + column];
  if (const float* values = dense32()) return static_cast<double>(values[row * stride_ + column]);
  const std::uint32_t* begin = sparse_->columns.data() + sparse_->row_starts[row];
  const std::uint32_t* end = sparse_->columns.data() + sparse_->row_starts[row + 1];
  const std::uint32_t* found = std::lower_bound(begin, end, column);
  if (found == end || *found != column) return 0.0;
  return static_cast<double>(sparse_->values[static_cast<std::size_t>(found - sparse_->columns.data())]);
}

const double* Features::tile64(std::size_t begin, std::size_t end, std::vector<double>& scratch) const {
  const double* own = dense64();
  if (own != nullptr && (stride_ == columns_ || end - begin <= 1)) return own + begin * stride_;
  const double* tile = grown(scratch, (end - begin) * columns_);
  if (own != nullptr) {
    copy_rows(own, stride_, columns_, begin, end, scratch.data());
  } else if (const float* values = dense32()) {
    copy_rows(values, stride_, columns_, begin, end, scratch.data());
  } else if (sparse_) {
    copy_rows(sparse32(), columns_, begin, end, scratch.data());
  }
  return tile;
}

const float* Features::tile32(std::size_t begin, std::size_t end, std::vector<float>& scratch) const {
  const float* own = dense32();
  if (own != nullptr && (stride_ == columns_ || end - begin <= 1)) return own + begin * stride_;
  const float* tile = grown(scratch, (end - begin) * columns_);
  if (own != nullptr) {
    copy_rows(own, stride_, columns_, begin, end, scratch.data());
  } else if (const double* values = dense64()) {
    copy_rows(values, stride_, columns_, begin, end, scratch.data());
  } else if (sparse_) {
    copy_rows(sparse32(), columns_, begin, end, scratch.data());
  }
  return tile;
}

Features Features::select_rows(std::span<const std::size_t> rows) const {
  if (storage_ == Storage::dense64) {
    return dense(pick_rows(static_cast<const double*>(values_), stride_, columns_, rows), rows.size(),
                 columns_);
  }
  if (storage_ == Storage::dense32) {
    return dense(pick_rows(static_cast<const float*>(values_), stride_, columns_, rows), rows.size(),
                 columns_);
  }
  const SparseView from = sparse32();
  auto starts = Buffer<std::uint64_t>::uninitialized(rows.size() + 1);
  if (!starts.empty()) starts[0] = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    starts[i + 1] = starts[i] + (from.row_starts[rows[i] + 1] - from.row_starts[rows[i]]);
  }
  auto indices = Buffer<std::uint32_t>::uninitialized(starts[rows.size()]);
  auto values = Buffer<float>::uninitialized(starts[rows.size()]);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint64_t first = from.row_starts[rows[i]], count = starts[i + 1] - starts[i];
    std::copy_n(from.columns.data() + first, count, indices.data() + starts[i]);
    std::copy_n(from.values.data() + first, count, values.data() + starts[i]);
  }
  return sparse(rows.size(), columns_, std::move(starts), std::move(indices), std::move(values));
}

Features Features::select_columns(std::span<const std::size_t> columns) const {
  if (storage_ == Storage::dense64) {
    return dense(pick_columns(static_cast<const double*>(values_), stride_, rows_, columns), rows_,
                 columns.size());
  }
  if (storage_ == Storage::dense32) {
    return dense(pick_columns(static_cast<const float*>(values_), stride_, rows_, columns), rows_,
                 columns.size());
  }
  // A column may be asked for several times and in any order: list the places each one goes to.
  std::vector<std::vector<std::uint32_t>> places(columns_);
  for (std::size_t i = 0; i < columns.size(); ++i)
    places[columns[i]].push_back(static_cast<std::uint32_t>(i));
  const SparseView from = sparse32();
  std::vector<std::pair<std::uint32_t, float>> row_cells, cells;
  auto starts = Buffer<std::uint64_t>::uninitialized(rows_ + 1);
  if (!starts.empty()) starts[0] = 0;
  for (std::size_t row = 0; row < rows_; ++row) {
    row_cells.clear();
    for (std::uint64_t i = from.row_starts[row]; i < from.row_starts[row + 1]; ++i) {
      for (const std::uint32_t place : places[from.columns[i]]) row_cells.emplace_back(place, from.values[i]);
    }
    std::sort(row_cells.begin(), row_cells.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    cells.insert(cells.end(), row_cells.begin(), row_cells.end());
    starts[row + 1] = cells.size();
  }
  auto indices = Buffer<std::uint32_t>::uninitialized(cells.size());
  auto values = Buffer<float>::uninitialized(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) std::tie(indices[i], values[i]) = cells[i];
  return sparse(rows_, columns.size(), std::move(starts), std::move(indices), std::move(values));
}

Features Features::slice(std::size_t begin, std::size_t end) const {
  if (storage_ == Storage::sparse32) {
    std::vector<std::size_t> rows(end - begin);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = begin + i;
    return select_rows(rows);
  }
  Features part = *this;
  part.rows_ = end - begin;
  if (const double* values = dense64()) part.values_ = values + begin * stride_;
  if (const float* values = dense32()) part.values_ = values + begin * stride_;
  return part;
}

bool Features::has_missing() const {
  const auto test = [](auto value) { return std::isnan(value); };
  if (const double* values = dense64()) return any_value(values, stride_, rows_, columns_, test);
  if (const float* values = dense32()) return any_value(values, stride_, rows_, columns_, test);
  const SparseView view = sparse32();
  return std::any_of(view.values.begin(), view.values.end(), test);
}

bool Features::has_infinite() const {
  const auto test = [](auto value) { return std::isinf(value); };
  if (const double* values = dense64()) return any_value(values, stride_, rows_, columns_, test);
  if (const float* values = dense32()) return any_value(values, stride_, rows_, columns_, test);
  const SparseView view = sparse32();
  return std::any_of(view.values.begin(), view.values.end(), test);
}

}  // namespace everyml
