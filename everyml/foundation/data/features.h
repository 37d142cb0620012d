#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "everyml/foundation/base/memory.h"

namespace everyml {

/// What one feature column is, so that a learner can choose the right likelihood, distance or split.
struct FeatureInfo {
  enum class Kind : std::uint8_t {
    number,    ///< any real value
    flag,      ///< 0 or 1
    category,  ///< whole code 0..levels-1
    count,     ///< non-negative, for example a word's count or weight
  };
  std::string name;    ///< "age", "sex=female", "when.month"
  std::string source;  ///< the table column it was derived from
  Kind kind = Kind::number;
  std::size_t levels = 0;  ///< categories only
};

/// A matrix of features, rows x columns, row-major: dense float64, dense float32 or sparse float32 (CSR).
/// Immutable; owns its values or borrows them. NaN is missing. Thread-safe.
class Features {
 public:
  enum class Storage : std::uint8_t { dense64, dense32, sparse32 };

  Features() = default;
  /// Own [rows, columns]. Throws ParameterError "features.shape" unless values.size() == rows * columns.
  static Features dense(Buffer<double> values, std::size_t rows, std::size_t columns);
  static Features dense(Buffer<float> values, std::size_t rows, std::size_t columns);
  /// Borrowed, no copy and no allocation; `stride` is the distance between rows in elements, 0 means
  /// `columns`. Throws ParameterError "features.shape" for a null pointer with values to read, or a stride
  /// below `columns`.
  static Features view(const double* values, std::size_t rows, std::size_t columns, std::size_t stride = 0,
                       std::shared_ptr<const void> owner = {});
  static Features view(const float* values, std::size_t rows, std::size_t columns, std::size_t stride = 0,
                       std::shared_ptr<const void> owner = {});
  /// CSR: row r holds positions row_starts[r]..row_starts[r+1]-1, columns ascending within a row.
  /// Throws DataError "features.sparse" when the three arrays do not describe such a matrix, saying where.
  static Features sparse(std::size_t rows, std::size_t columns, Buffer<std::uint64_t> row_starts,
                         Buffer<std::uint32_t> column_indices, Buffer<float> values);

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t stride() const { return stride_; }
  Storage storage() const { return storage_; }

  /// Null unless the storage is that one.
  const double* dense64() const {
    return storage_ == Storage::dense64 ? static_cast<const double*>(values_) : nullptr;
  }
  const float* dense32() const {
    return storage_ == Storage::dense32 ? static_cast<const float*>(values_) : nullptr;
  }
  struct SparseView {
    std::span<const std::uint64_t> row_starts;
    std::span<const std::uint32_t> columns;
    std::span<const float> values;
  };
  /// Empty spans unless the storage is sparse32.
  SparseView sparse32() const;

  double at(std::size_t row, std::size_t column) const;

  /// Rows [begin, end) as contiguous row-major [end - begin, columns]: a pointer into the own storage when it
  /// already is that, else `scratch` filled by conversion. The one door for kernels, so that every learner
  /// takes every storage while no float32 matrix is ever copied whole into float64.
  const double* tile64(std::size_t begin, std::size_t end, std::vector<double>& scratch) const;
  const float* tile32(std::size_t begin, std::size_t end, std::vector<float>& scratch) const;

  Features select_rows(std::span<const std::size_t> rows) const;
  Features select_columns(std::span<const std::size_t> columns) const;
  /// Rows [begin, end) without a copy (sparse rows are copied).
  Features slice(std::size_t begin, std::size_t end) const;
  /// True when some value is NaN. Reads everything.
  bool has_missing() const;
  /// True when some value is infinite. Reads everything.
  bool has_infinite() const;

 private:
  struct Sparse;
  std::size_t rows_ = 0, columns_ = 0, stride_ = 0;
  Storage storage_ = Storage::dense64;
  const void* values_ = nullptr;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const Sparse> sparse_;
};

}  // namespace everyml
