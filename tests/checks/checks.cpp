#include "checks.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/ensembles/boosting/boosting_family.h"
#include "everyml/workflow/catalog/catalog.h"

namespace everyml::checks {

Features dense(const Matrix& rows) {
  const std::size_t columns = rows.empty() ? 0 : rows[0].size();
  Buffer<double> values(rows.size() * columns);
  std::size_t at = 0;
  for (const auto& row : rows) {
    for (const double value : row) values[at++] = value;
  }
  return Features::dense(std::move(values), rows.size(), columns);
}

Matrix rows_of(const Features& x) {
  Matrix rows(x.rows(), std::vector<double>(x.columns()));
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) rows[i][j] = x.at(i, j);
  }
  return rows;
}

Target classes(const std::vector<std::int32_t>& codes, std::vector<std::string> names) {
  Buffer<std::int32_t> buffer(codes.size());
  std::copy(codes.begin(), codes.end(), buffer.begin());
  return Target::classes(std::move(buffer), std::move(names));
}

Target numbers(const std::vector<double>& values) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Target::numbers(std::move(buffer));
}

namespace {

/// Values that float32 holds exactly, so that storages can be compared.
Matrix grouped_rows(std::size_t rows, std::size_t columns, std::uint64_t seed,
                    std::vector<std::int32_t>& group) {
  Stream stream(seed, "checks.rows");
  Matrix x;
  for (std::size_t i = 0; i < rows; ++i) {
    group.push_back(static_cast<std::int32_t>(i % 3));
    std::vector<double> row;
    for (std::size_t j = 0; j < columns; ++j) {
      const double centre = j % 3 == i % 3 ? 4.0 : 0.0;
      row.push_back(std::round((centre + stream.normal()) * 1024) / 1024);
    }
    x.push_back(std::move(row));
  }
  return x;
}

}  // namespace

Dataset sample(const Entry& entry, std::size_t rows, std::size_t columns, std::uint64_t seed) {
  std::vector<std::int32_t> group;
  const Matrix x = grouped_rows(rows, columns, seed, group);
  Dataset data{.features = dense(x)};
  if (entry.card().target == Target::Kind::classes) data.target = classes(group, {"ash", "beech", "oak"});
  if (entry.card().target == Target::Kind::numbers) {
    Stream stream(seed, "checks.noise");
    std::vector<double> y;
    for (const auto& row : x) {
      double value = 2 + 0.1 * stream.normal();
      for (std::size_t j = 0; j < columns; ++j) value += (j % 2 == 0 ? 1.5 : -0.5) * row[j];
      y.push_back(value);
    }
    if (orders_lists(entry.card().name)) {
      // Grades 0 to 4 in lists of ten rows.
      for (std::size_t i = 0; i < rows; ++i) {
        y[i] = std::clamp(std::round(y[i] / 2), 0.0, 4.0);
        data.groups.push_back(static_cast<std::int32_t>(i / 10));
      }
    }
    data.target = numbers(y);
  }
  return data;
}

Dataset mixed_sample(const Entry& entry, std::size_t rows, std::uint64_t seed) {
  Dataset data = sample(entry, rows, 4, seed);
  Matrix x = rows_of(data.features);
  for (auto& row : x) {
    row[1] = row[1] > 2 ? 1 : 0;
    row[2] = std::clamp(std::floor(row[2]), 0.0, 2.0);
    row[3] = std::max(0.0, std::floor(row[3]));
  }
  data.features = dense(x);
  using Kind = FeatureInfo::Kind;
  data.info = {{"size", "size", Kind::number},
               {"open", "open", Kind::flag},
               {"colour", "colour", Kind::category, 3},
               {"words=\xC3\xA4", "words", Kind::count}};
  return data;
}

Features questions(std::size_t rows, std::size_t columns, std::uint64_t seed) {
  std::vector<std::int32_t> group;
  return dense(grouped_rows(rows, columns, seed, group));
}

Features stored(const Features& x, Features::Storage storage) {
  const Matrix rows = rows_of(x);
  if (storage == Features::Storage::dense64) return dense(rows);
  if (storage == Features::Storage::dense32) {
    Buffer<float> values(x.rows() * x.columns());
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(rows[i / x.columns()][i % x.columns()]);
    }
    return Features::dense(std::move(values), x.rows(), x.columns());
  }
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  Buffer<std::uint64_t> starts(x.rows() + 1);
  for (std::size_t i = 0; i < x.rows(); ++i) {
    for (std::size_t j = 0; j < x.columns(); ++j) {
      if (rows[i][j] == 0) continue;
      columns.push_back(static_cast<std::uint32_t>(j));
      values.push_back(static_cast<float>(rows[i][j]));
    }
    starts[i + 1] = columns.size();
  }
  Buffer<std::uint32_t> column_buffer(columns.size());
  Buffer<float> value_buffer(values.size());
  std::copy(columns.begin(), columns.end(), column_buffer.begin());
  std::copy(values.begin(), values.end(), value_buffer.begin());
  return Features::sparse(x.rows(), x.columns(), std::move(starts), std::move(column_buffer),
                          std::move(value_buffer));
}

std::vector<double> Answers::all() const {
  std::vector<double> out;
  for (const auto* part : {&values, &probabilities, &scores, &assigned, &transformed, &low, &high, &distances,
                           &contributions, &anomaly}) {
    out.insert(out.end(), part->begin(), part->end());
  }
  return out;
}

Answers answers(const AnyModel& model, const Features& x, const Context& context) {
  Answers out;
  const std::size_t rows = x.rows();
  if (model.can(Capability::values)) {
    out.values.resize(rows);
    model.values(x, out.values, context);
  }
  if (model.can(Capability::probabilities)) {
    out.probabilities.resize(rows * model.class_names().size());
    model.probabilities(x, out.probabilities, context);
  }
  if (model.can(Capability::scores)) {
    out.scores.resize(rows * model.score_count());
    model.scores(x, out.scores, context);
  }
  if (model.can(Capability::assign)) {
    std::vector<std::int32_t> clusters(rows);
    model.assign(x, clusters, context);
    out.assigned.assign(clusters.begin(), clusters.end());
  }
  if (model.can(Capability::transform)) {
    out.transformed.resize(rows * model.output_count());
    model.transform(x, out.transformed, context);
  }
  if (model.can(Capability::intervals)) {
    out.low.resize(rows);
    out.high.resize(rows);
    model.intervals(x, 0.9, out.low, out.high, context);
  }
  if (model.can(Capability::contributions)) {
    out.contributions.resize(rows * model.contribution_count() * (x.columns() + 1));
    model.contributions(x, out.contributions, context);
  }
  if (model.can(Capability::neighbors)) {
    std::vector<std::int64_t> nearest(rows);
    out.distances.resize(rows);
    model.neighbors(x, 1, nearest, out.distances, context);
  }
  if (model.can(Capability::anomaly)) {
    // A score for each row, then its reasons.
    out.anomaly.resize(rows + rows * x.columns());
    model.anomaly(x, std::span(out.anomaly).first(rows), context);
    model.anomaly_reasons(x, std::span(out.anomaly).subspan(rows), context);
  }
  return out;
}

std::vector<std::optional<Figure>> figures(const AnyModel& model) {
  std::vector<std::optional<Figure>> all;
  for (const AttributeInfo& info : model.attributes()) all.push_back(model.attribute(info.name));
  return all;
}

double difference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double apart = std::abs(a[i] - b[i]) / std::max(1.0, std::abs(a[i]));
    if (std::isnan(apart)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, apart);
  }
  return worst;
}

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

std::string bytes_of(const AnyModel& model) {
  ArchiveWriter archive;
  model.save(archive);
  return archive.bytes();
}

AnyModel model_of(const Entry& entry, const std::string& bytes) {
  return entry.load(ArchiveReader::from_bytes(bytes, "check"));
}

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_GT(std::string_view(error.what()).size(), 10U) << "an error without a sentence: " << error.code();
    return std::string(error.code());
  } catch (const std::exception& error) {
    ADD_FAILURE() << "not one of our errors: " << error.what();
    return "foreign";
  }
  return "";
}

std::optional<std::string_view> exception(const Entry& entry, std::string_view check) {
  for (const Exception& row : exceptions()) {
    if (row.algorithm == entry.card().name && row.check == check && row.setting.empty()) return row.reason;
  }
  return {};
}

AnyEstimator estimator_for(const Entry& entry, std::string_view check) {
  AnyEstimator estimator = entry.make();
  for (const Exception& row : exceptions()) {
    if (row.algorithm == entry.card().name && row.check == check && !row.setting.empty()) {
      estimator.set(row.setting, row.value);
    }
  }
  return estimator;
}

const Entry& EveryAlgorithm::entry() const { return catalog().find(GetParam()); }

namespace {

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Entry& entry : catalog().entries()) names.push_back(entry.card().name);
  return names;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(, EveryAlgorithm, testing::ValuesIn(all_names()), [](const auto& one) {
  std::string name = one.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace everyml::checks
