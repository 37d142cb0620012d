#include "everyml/foundation/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml {

struct Target::Data {
  Buffer<std::int32_t> codes;
  Buffer<double> values;
  std::shared_ptr<const std::vector<std::string>> names;
  ColumnKind label_kind = ColumnKind::number;
};

Target Target::classes(Buffer<std::int32_t> codes, std::vector<std::string> names, ColumnKind label_kind) {
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] < 0 || codes[i] >= static_cast<std::int64_t>(names.size())) {
      throw DataError("data.class_code",
                      fmt::format("the target's row {} has the class code {}, but codes run from 0 to "
                                  "the number of classes, {}, less one",
                                  i, codes[i], names.size()));
    }
  }
  Target target;
  target.kind_ = Kind::classes;
  target.data_ = std::make_shared<const Data>(Data{
      std::move(codes), {}, std::make_shared<const std::vector<std::string>>(std::move(names)), label_kind});
  return target;
}

Target Target::numbers(Buffer<double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    throw DataError(
        "data.target_not_finite",
        fmt::format("the target's row {} is {}: a numeric target must be a finite number in every row", i,
                    std::isnan(values[i]) ? "missing" : "infinite"));
  }
  Target target;
  target.kind_ = Kind::numbers;
  target.data_ = std::make_shared<const Data>(Data{{}, std::move(values), nullptr, ColumnKind::number});
  return target;
}

std::size_t Target::size() const { return data_ ? std::max(data_->codes.size(), data_->values.size()) : 0; }

std::span<const std::int32_t> Target::codes() const {
  if (!data_) return {};
  return data_->codes;
}

std::span<const double> Target::values() const {
  if (!data_) return {};
  return data_->values;
}

std::span<const std::string> Target::names() const {
  if (!data_ || !data_->names) return {};
  return *data_->names;
}

ColumnKind Target::label_kind() const { return data_ ? data_->label_kind : ColumnKind::number; }

Target Target::select(std::span<const std::size_t> rows) const {
  if (!data_) return {};
  Data part{{}, {}, data_->names, data_->label_kind};
  if (kind_ == Kind::classes) {
    part.codes = Buffer<std::int32_t>::uninitialized(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) part.codes[i] = data_->codes[rows[i]];
  } else {
    part.values = Buffer<double>::uninitialized(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) part.values[i] = data_->values[rows[i]];
  }
  Target target;
  target.kind_ = kind_;
  target.data_ = std::make_shared<const Data>(std::move(part));
  return target;
}

std::string_view to_string(Target::Kind kind) {
  switch (kind) {
    case Target::Kind::classes:
      return "classes";
    case Target::Kind::numbers:
      return "numbers";
    case Target::Kind::none:
      break;
  }
  return "none";
}

double Dataset::weight_sum() const {
  if (weights.empty()) return static_cast<double>(rows());
  double sum = 0.0;
  for (const double w : weights) sum += w;
  return sum;
}

std::string Dataset::feature_name(std::size_t column) const {
  return column < info.size() ? info[column].name : fmt::format("x{}", column);
}

Dataset Dataset::select_rows(std::span<const std::size_t> rows) const {
  Dataset part{features.select_rows(rows), target.select(rows), info, {}, {}};
  for (const Target& one : further) part.further.push_back(one.select(rows));
  if (!weights.empty()) part.weights.reserve(rows.size());
  if (!groups.empty()) part.groups.reserve(rows.size());
  for (const std::size_t row : rows) {
    if (!weights.empty()) part.weights.push_back(weights[row]);
    if (!groups.empty()) part.groups.push_back(groups[row]);
  }
  return part;
}

namespace {

void check_length(std::string_view learner, std::string_view what, std::size_t length, std::size_t rows) {
  if (length == rows) return;
  throw DataError("data.length",
                  fmt::format("{}: {} {} for {} rows of features; there must be one for each row", learner,
                              length, what, rows));
}

void check_weights(std::string_view learner, std::span<const double> weights) {
  bool positive = weights.empty();
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] >= 0.0) || std::isinf(weights[i])) {
      throw DataError("data.weight",
                      fmt::format("{}: the weight of row {} is {}; weights must be finite and at least 0",
                                  learner, i, format_number(weights[i])));
    }
    positive |= weights[i] > 0.0;
    sum += weights[i];
  }
  if (std::isinf(sum)) {
    throw DataError("data.weight", fmt::format("{}: the weights add up to more than a double holds; divide "
                                               "them all by a common factor",
                                               learner));
  }
  if (!positive) {
    throw DataError("data.weights_zero",
                    fmt::format("{}: all weights are zero; at least one must be positive", learner));
  }
}

[[noreturn]] void refuse_value(std::string_view learner, const Dataset& data, std::size_t row,
                               std::size_t column, bool missing) {
  const std::string name = printable(data.feature_name(column));
  if (missing) {
    throw DataError("data.missing",
                    fmt::format("{}: feature \"{}\" is missing in row {}; this learner needs every cell, "
                                "so fill the gaps first",
                                learner, name, row));
  }
  throw DataError("data.infinite",
                  fmt::format("{}: feature \"{}\" is infinite in row {}; features must be finite numbers",
                              learner, name, row));
}

/// One pass over all values in their own storage; a block is looked at cell by cell only when it holds a bad
/// value.
template <class T>
void check_dense(std::string_view learner, const Dataset& data, const T* values, bool missing_allowed) {
  const std::size_t columns = data.columns(), stride = data.features.stride();
  for (std::size_t row = 0; row < data.rows(); ++row, values += stride) {
    bool odd = false;
    for (std::size_t j = 0; j < columns; ++j) odd |= !std::isfinite(values[j]);
    if (!odd) continue;
    for (std::size_t j = 0; j < columns; ++j) {
      const bool missing = std::isnan(values[j]);
      if (std::isinf(values[j]) || (missing && !missing_allowed))
        refuse_value(learner, data, row, j, missing);
    }
  }
}

void check_values(std::string_view learner, const Dataset& data, bool missing_allowed) {
  const Features& features = data.features;
  if (const double* values = features.dense64()) return check_dense(learner, data, values, missing_allowed);
  if (const float* values = features.dense32()) return check_dense(learner, data, values, missing_allowed);
  const auto sparse = features.sparse32();
  for (std::size_t i = 0; i < sparse.values.size(); ++i) {
    const bool missing = std::isnan(sparse.values[i]);
    if (std::isinf(sparse.values[i]) || (missing && !missing_allowed)) {
      const auto after = std::upper_bound(sparse.row_starts.begin(), sparse.row_starts.end(), i);
      refuse_value(learner, data, static_cast<std::size_t>(after - sparse.row_starts.begin()) - 1,
                   sparse.columns[i], missing);
    }
  }
}

/// Classes that some row of positive weight belongs to.
std::vector<std::string> present_classes(const Dataset& data) {
  const auto codes = data.target.codes();
  std::vector<bool> seen(data.target.class_count());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (data.weight(i) > 0.0) seen[static_cast<std::size_t>(codes[i])] = true;
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i]) names.push_back(printable(data.target.names()[i]));
  }
  return names;
}

void check_further(std::string_view learner, const Dataset& data, const Dataset::Needs& needs) {
  if (!needs.several && !data.further.empty()) {
    throw DataError("data.targets",
                    fmt::format("{}: learns one target at a time, got {}; fit one model for each, or use a "
                                "decision tree, a random forest or extra trees, which learn several together",
                                learner, data.target_count()));
  }
  if (needs.several && data.further.empty()) {
    throw DataError("data.targets", fmt::format("{}: learns two or more targets together here, got {}",
                                                learner, data.target_count() == 0 ? "none" : "one"));
  }
  for (const Target& one : data.further) {
    if (one.kind() != data.target.kind()) {
      throw DataError("data.targets",
                      fmt::format("{}: targets that are learned together must be of one kind, got {} and {}",
                                  learner, to_string(data.target.kind()), to_string(one.kind())));
    }
    check_length(learner, "target values", one.size(), data.rows());
  }
}

void check_target(std::string_view learner, const Dataset& data, const Dataset::Needs& needs) {
  if (needs.target != Target::Kind::none && data.target.kind() != needs.target) {
    throw DataError("data.target_kind",
                    fmt::format("{}: needs a target of {}, got {}", learner, to_string(needs.target),
                                data.target.kind() == Target::Kind::none
                                    ? "no target"
                                    : fmt::format("{}", to_string(data.target.kind()))));
  }
  if (data.target.kind() != Target::Kind::none)
    check_length(learner, "target values", data.target.size(), data.rows());
  check_further(learner, data, needs);
}

}  // namespace

void Dataset::validate(std::string_view learner, const Needs& needs) const {
  if (rows() < std::max<std::size_t>(needs.minimum_rows, 1)) {
    throw DataError("data.no_rows", fmt::format("{}: needs at least {} row{}, got {}", learner,
                                                std::max<std::size_t>(needs.minimum_rows, 1),
                                                needs.minimum_rows > 1 ? "s" : "", rows()));
  }
  if (columns() == 0) {
    throw DataError("data.no_columns",
                    fmt::format("{}: the data has no feature column to learn from", learner));
  }
  if (!info.empty() && info.size() != columns()) {
    throw DataError("data.length", fmt::format("{}: {} feature descriptions for {} feature columns", learner,
                                               info.size(), columns()));
  }
  if (!weights.empty()) check_length(learner, "weights", weights.size(), rows());
  if (!groups.empty()) check_length(learner, "groups", groups.size(), rows());
  check_weights(learner, weights);
  check_target(learner, *this, needs);
  if (needs.scan_features) check_values(learner, *this, needs.missing_allowed);
  if (target.kind() == Target::Kind::classes && needs.target == Target::Kind::classes) {
    const std::vector<std::string> names = present_classes(*this);
    if (names.size() < needs.minimum_classes) {
      throw DataError(
          "data.one_class",
          fmt::format("{}: needs at least {} classes in the target, found {}: {}", learner,
                      needs.minimum_classes, names.size() == 1 ? "one class" : std::to_string(names.size()),
                      join_and(names)));
    }
  }
}

}  // namespace everyml
