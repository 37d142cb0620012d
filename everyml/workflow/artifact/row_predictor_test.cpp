#include <gtest/gtest.h>

#include <cmath>

#include "everyml/foundation/base/random.h"
#include "everyml/workflow/artifact/artifact.h"
#include "everyml/workflow/catalog/catalog.h"
#include "tests/support/count_allocations.h"

namespace everyml {
namespace {

Artifact fit(const std::string& algorithm) {
  constexpr std::size_t kRows = 200;
  Stream random(5, "row predictor");
  Buffer<double> number(kRows), y(kRows);
  Buffer<std::int64_t> when(kRows);
  Buffer<std::int32_t> codes(kRows);
  std::vector<std::optional<std::string>> city;
  for (std::size_t i = 0; i < kRows; ++i) {
    number[i] = random.normal();
    y[i] = number[i] + random.normal();
    codes[i] = y[i] > 0 ? 1 : 0;
    when[i] = static_cast<std::int64_t>(random.below(5000)) * 86'400'000'000;
    city.emplace_back("a town with a longer name, " + std::to_string(random.below(60)));
  }
  const Table table({Column::numbers("number", number), Column::categories("city", city),
                     Column::dates("when", when, false)});
  const std::vector<std::string> names = table.names();
  Artifact artifact;
  AnyEstimator estimator = catalog().find(algorithm).make();
  artifact.algorithm = algorithm;
  artifact.target_name = "y";
  artifact.target_kind = estimator.card().target;
  Dataset data;
  if (artifact.target_kind == Target::Kind::classes) {
    artifact.class_names = {"no", "yes"};
    data.target = Target::classes(codes, artifact.class_names);
    artifact.calibration = {
        .method = Calibration::Method::sigmoid, .classes = 2, .slope = {1.1, 1.1}, .offset = {0, 0}};
  } else {
    data.target = Target::numbers(y);
  }
  const Context context({.threads = 1});
  artifact.encoder = Encoder::fit(table, names, data.target, {}, estimator.card().needs, {}, context);
  data.features = artifact.encoder.transform_training(table, data.target, {}, context);
  data.info.assign(artifact.encoder.info().begin(), artifact.encoder.info().end());
  artifact.model = estimator.fit(data, context);
  return artifact;
}

TEST(RowPredictorOfLinearModels, AllocatesNothingOnceMade) {
  for (const char* algorithm : {"ridge", "linear-regression", "logistic-regression"}) {
    const Artifact artifact = fit(algorithm);
    RowPredictor row(artifact);
    const std::size_t number = row.column("number"), city = row.column("city"), when = row.column("when");
    const bool classes = artifact.target_kind == Target::Kind::classes;
    double sum = 0;
    std::size_t before = 0;
    for (int i = 0; i < 50; ++i) {
      if (i == 1) before = allocations.load();
      row.clear();
      row.set(number, i * 0.1);
      row.set(city, "a town with a longer name, 7");
      row.set(when, "2011-05-06");
      sum += classes ? row.probabilities()[1] + static_cast<double>(row.decide()) : row.value();
    }
    EXPECT_EQ(allocations.load(), before) << algorithm;
    EXPECT_TRUE(std::isfinite(sum) && sum != 0) << algorithm;
  }
}

}  // namespace
}  // namespace everyml
