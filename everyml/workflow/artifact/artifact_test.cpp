#include "everyml/workflow/artifact/artifact.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/archive.h"
#include "everyml/foundation/model/entry.h"
#include "tests/support/columns.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

using Cells = std::vector<std::optional<std::string>>;

// Three small algorithms stand in for the families: what an artifact does must not depend on which one it
// holds.

struct SumModel {
  std::vector<double> weights;
  std::size_t feature_count() const { return weights.size(); }
  Json summary() const { return Json::object(); }
  void predict(const Features& x, std::span<double> out, const Context&) const {
    for (std::size_t r = 0; r < x.rows(); ++r) {
      out[r] = 0;
      for (std::size_t c = 0; c < weights.size(); ++c) out[r] += weights[c] * x.at(r, c);
    }
  }
  void save(ArchiveWriter& archive) const { archive.array("weights", weights); }
  static SumModel load(const ArchiveReader& archive) {
    return {archive.finite_doubles("weights", archive.doubles("weights").size())};
  }
};
struct Sum {
  double factor = 1;
  static constexpr std::string_view name = "sum";
  static constexpr auto fields() {
    return std::tuple{Field{&Sum::factor, "factor", "Factor.", between(0, 10)}};
  }
  static Card card() { return {.title = "Sum", .target = Target::Kind::numbers}; }
  SumModel fit(const Dataset& data, const Context&) const {
    return {std::vector<double>(data.columns(), factor)};
  }
};

/// The probability of the last class grows with the first feature.
struct ShareModel {
  std::vector<std::string> names;
  std::uint64_t features = 0;
  std::size_t feature_count() const { return features; }
  std::span<const std::string> class_names() const { return names; }
  Json summary() const { return Json::object(); }
  void probabilities(const Features& x, std::span<double> out, const Context&) const {
    const std::size_t k = names.size();
    for (std::size_t r = 0; r < x.rows(); ++r) {
      const double last = 1 / (1 + std::exp(-x.at(r, 0)));
      for (std::size_t c = 0; c < k; ++c)
        out[r * k + c] = c + 1 == k ? last : (1 - last) / static_cast<double>(k - 1);
    }
  }
  void save(ArchiveWriter& archive) const {
    archive.strings("names", names);
    archive.integer("features", static_cast<std::int64_t>(features));
  }
  static ShareModel load(const ArchiveReader& archive) {
    return {archive.strings("names"), static_cast<std::uint64_t>(archive.integer("features", 0, 1 << 20))};
  }
};
struct Share {
  static constexpr std::string_view name = "share";
  static constexpr auto fields() { return std::tuple{}; }
  static Card card() { return {.title = "Share", .target = Target::Kind::classes}; }
  ShareModel fit(const Dataset& data, const Context&) const {
    return {{data.target.names().begin(), data.target.names().end()}, data.columns()};
  }
};

struct SignModel {
  std::size_t feature_count() const { return 1; }
  std::size_t cluster_count() const { return 2; }
  Json summary() const { return Json::object(); }
  void assign(const Features& x, std::span<std::int32_t> out, const Context&) const {
    for (std::size_t r = 0; r < x.rows(); ++r) out[r] = x.at(r, 0) > 0 ? 1 : 0;
  }
  void save(ArchiveWriter&) const {}
  static SignModel load(const ArchiveReader&) { return {}; }
};
struct Sign {
  static constexpr std::string_view name = "sign";
  static constexpr auto fields() { return std::tuple{}; }
  static Card card() { return {.title = "Sign"}; }
  SignModel fit(const Dataset&, const Context&) const { return {}; }
};

const Registry& registry() {
  static const Registry all({entry<Sum>(), entry<Share>(), entry<Sign>()});
  return all;
}

Table table_of(const std::vector<double>& x) { return Table({numbers("x", x)}); }

Artifact make(const std::string& algorithm, const Target& target, const Table& table) {
  Artifact artifact;
  const Context context;
  artifact.algorithm = algorithm;
  AnyEstimator estimator = registry().find(algorithm).make();
  artifact.settings_json = estimator.settings_json().dump();
  artifact.target_name = target.kind() == Target::Kind::none ? "" : "y";
  artifact.target_kind = target.kind();
  if (target.kind() == Target::Kind::classes) {
    artifact.class_names.assign(target.names().begin(), target.names().end());
    artifact.label_kind = target.label_kind();
  }
  const std::vector<std::string> names = table.names();
  artifact.encoder = Encoder::fit(table, names, target, {}, {}, {}, context);
  Dataset data;
  data.features = artifact.encoder.transform(table, context);
  data.target = target;
  artifact.model = estimator.fit(data, context);
  return artifact;
}

Artifact classes(std::vector<std::string> names, ColumnKind kind = ColumnKind::category) {
  Buffer<std::int32_t> codes(3);
  codes[1] = 1;
  return make("share", Target::classes(std::move(codes), std::move(names), kind), table_of({-1, 0, 2}));
}
Artifact values() {
  Buffer<double> y(3);
  y[0] = 1;
  return make("sum", Target::numbers(std::move(y)), table_of({-1, 0, 2}));
}

TEST(Predict, NumbersInAColumnNamedAfterTheTarget) {
  const Table out = predict(values(), table_of({3, 5}), {}, Context());
  ASSERT_EQ(out.names(), std::vector<std::string>{"y"});
  EXPECT_EQ(out.column("y").number(0), 3);
  EXPECT_EQ(out.column("y").number(1), 5);
}

TEST(Predict, LabelsComeBackInTheKindThatTheyWere) {
  const Table asked = table_of({-2, 2});
  const Table words = predict(classes({"no", "yes"}), asked, {}, Context());
  EXPECT_EQ(words.column("y").kind(), ColumnKind::category);
  EXPECT_EQ(words.column("y").cell(1), "yes");
  const Table digits = predict(classes({"3", "10"}, ColumnKind::number), asked, {}, Context());
  EXPECT_EQ(digits.column("y").kind(), ColumnKind::number);
  EXPECT_EQ(digits.column("y").number(0), 3);
  EXPECT_EQ(digits.column("y").number(1), 10);
  const Table flags = predict(classes({"false", "true"}, ColumnKind::boolean), asked, {}, Context());
  EXPECT_EQ(flags.column("y").kind(), ColumnKind::boolean);
  EXPECT_EQ(flags.column("y").cell(1), "true");
}

TEST(Predict, ProbabilitiesSetsAndInput) {
  Artifact artifact = classes({"b", "a", "c"});
  artifact.conformal.scores = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.8};
  // The second row's probabilities are 1/4, 1/4, 1/2; 80 percent of 9 + 1 scores are 8, so 1 - p may be up to
  // 0.7.
  const Table out = predict(artifact, table_of({-9, 0}),
                            {.probabilities = true, .interval = 0.8, .keep_input = true}, Context());
  EXPECT_EQ(out.names(), (std::vector<std::string>{"x", "y", "p_b", "p_a", "p_c", "set"}));
  EXPECT_NEAR(out.column("p_a").number(1), 0.25, 1e-12);
  EXPECT_EQ(out.column("set").cell(0), "b | a");
  EXPECT_EQ(out.column("set").cell(1), "c");
  // Too few scores for 95 percent: every class is in the set.
  const Table wide = predict(artifact, table_of({0}), {.interval = 0.95}, Context());
  EXPECT_EQ(wide.column("set").cell(0), "b | a | c");
}

TEST(Predict, IntervalsAreTheValueAndTheBound) {
  Artifact artifact = values();
  EXPECT_EQ(code_of([&] { predict(artifact, table_of({1}), {.interval = 0.5}, Context()); }),
            "predict.no_intervals");
  artifact.conformal.scores = {0.5, 1, 1.5};
  const Table out = predict(artifact, table_of({4}), {.interval = 0.5}, Context());
  EXPECT_EQ(out.column("low").number(0), 3);
  EXPECT_EQ(out.column("high").number(0), 5);
  EXPECT_TRUE(
      std::isinf(predict(artifact, table_of({4}), {.interval = 0.9}, Context()).column("high").number(0)));
  for (const double level : {0.0, 1.0, -1.0, std::nan("")}) {
    EXPECT_EQ(code_of([&] { predict(artifact, table_of({1}), {.interval = level}, Context()); }),
              "parameter.range");
  }
}

TEST(Predict, ClustersHaveTheirColumn) {
  const Artifact artifact = make("sign", {}, table_of({-1, 1}));
  const Table out = predict(artifact, table_of({-3, 4}), {}, Context());
  EXPECT_EQ(out.names(), std::vector<std::string>{"cluster"});
  EXPECT_EQ(out.column("cluster").number(0), 0);
  EXPECT_EQ(out.column("cluster").number(1), 1);
}

TEST(Predict, AKeptColumnOfTheTargetsNameStays) {
  const Table input({numbers("x", {1}), numbers("y", {7})});
  const Table out = predict(values(), input, {.keep_input = true}, Context());
  EXPECT_EQ(out.names(), (std::vector<std::string>{"x", "y", "y_predicted"}));
  EXPECT_EQ(out.column("y").number(0), 7);
}

TEST(Predict, NoRowsGiveNoAnswersAndUnknownColumnsAreRefused) {
  const Table none = predict(classes({"no", "yes"}), table_of({}), {.probabilities = true}, Context());
  EXPECT_EQ(none.rows(), 0U);
  EXPECT_EQ(none.columns(), 3U);
  EXPECT_EQ(predict(values(), Table(), {}, Context()).rows(), 0U);
  const Table other({numbers("z", {1})});
  EXPECT_EQ(code_of([&] { predict(values(), other, {}, Context()); }), "predict.no_known_column");
}

TEST(Predict, ALongTableIsItsRunsOfRows) {
  std::vector<double> x(150'000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i % 977);
  EncodeNotes notes;
  const std::vector<double> out = predict_values(values(), table_of(x), Context(), &notes);
  EXPECT_EQ(out, x);
  EXPECT_EQ(notes.outside_range,
            static_cast<std::uint64_t>(std::count_if(x.begin(), x.end(), [](double v) { return v > 2; })));
}

TEST(Decide, TheThresholdDecidesBetweenTwo) {
  Artifact artifact = classes({"no", "yes"});
  const std::vector<double> p = {0.9, 0.1, 0.75, 0.25, 0.4, 0.6};
  EXPECT_EQ(decide(artifact, p), (std::vector<std::int32_t>{0, 0, 1}));
  artifact.threshold = 0.25;
  EXPECT_EQ(decide(artifact, p), (std::vector<std::int32_t>{0, 0, 1}));
  artifact.threshold_set = true;
  EXPECT_EQ(decide(artifact, p), (std::vector<std::int32_t>{0, 1, 1}));
}

TEST(Calibration, SigmoidMovesTheLogOddsAndRowsSumToOne) {
  Calibration calibration{
      .method = Calibration::Method::sigmoid, .classes = 2, .slope = {1, 1}, .offset = {0, 0}};
  std::vector<double> p = {0.2, 0.8, 0.0, 1.0};
  calibration.apply(p);
  EXPECT_NEAR(p[0], 0.2, 1e-12);
  EXPECT_NEAR(p[3], 1, 1e-11);
  calibration.slope = {2, 2};
  p = {0.2, 0.8};
  calibration.apply(p);
  // Odds 1:4 become 1:16.
  EXPECT_NEAR(p[0], 1.0 / 17, 1e-12);
  EXPECT_NEAR(p[1], 16.0 / 17, 1e-12);
  Calibration none;
  p = {0.3, 0.7};
  none.apply(p);
  EXPECT_EQ(p[0], 0.3);
}

TEST(Calibration, IsotonicIsLinearBetweenKnotsAndRenormalised) {
  Calibration calibration{.method = Calibration::Method::isotonic,
                          .classes = 2,
                          .knots = {{0.2, 0.6}, {0.5}},
                          .levels = {{0.1, 0.5}, {0.6}}};
  std::vector<double> p = {0.4, 0.6, 0.0, 1.0, 0.9, 0.1};
  calibration.apply(p);
  EXPECT_NEAR(p[0], 0.3 / 0.9, 1e-12);
  EXPECT_NEAR(p[2], 0.1 / 0.7, 1e-12);
  EXPECT_NEAR(p[4], 0.5 / 1.1, 1e-12);
  calibration.levels = {{0, 0}, {0}};
  p = {0.4, 0.6};
  calibration.apply(p);
  EXPECT_EQ(p[0], 0.4);
}

TEST(Conformal, TheFiniteSampleQuantile) {
  Conformal conformal;
  EXPECT_TRUE(std::isinf(conformal.bound(0.5)));
  for (int i = 1; i <= 19; ++i) conformal.scores.push_back(i);
  EXPECT_EQ(conformal.bound(0.95), 19);
  EXPECT_EQ(conformal.bound(0.9), 18);
  EXPECT_EQ(conformal.bound(0.91), 19);
  EXPECT_EQ(conformal.bound(0.01), 1);
  EXPECT_TRUE(std::isinf(conformal.bound(0.96)));
}

TEST(Artifact, AThresholdAboveOneIsNeverReached) {
  Artifact artifact = classes({"no", "yes"});
  artifact.threshold_set = true;
  artifact.threshold = std::nextafter(1.0, 2.0);
  const Artifact again = Artifact::from_bytes(artifact.bytes(), "test", registry());
  EXPECT_EQ(decide(again, std::vector<double>{0, 1}), std::vector<std::int32_t>{0});
}

TEST(Artifact, ComesBackFromItsBytesAndItsFile) {
  for (Artifact artifact : {classes({"no", "yes"}), values(), make("sign", {}, table_of({-1, 1}))}) {
    artifact.metadata_json = R"({"rows":3})";
    artifact.conformal.scores = {0, 0.5};
    if (artifact.target_kind == Target::Kind::classes) {
      artifact.threshold_set = true;
      artifact.threshold = 0.3;
      artifact.calibration = {.method = Calibration::Method::isotonic,
                              .classes = 2,
                              .knots = {{0, 1}, {0.5}},
                              .levels = {{0, 1}, {1}}};
    }
    const std::string bytes = artifact.bytes();
    const Artifact again = Artifact::from_bytes(bytes, "test", registry());
    EXPECT_EQ(again.bytes(), bytes);
    EXPECT_EQ(again.metadata_json, artifact.metadata_json);
    const Table asked = table_of({-2, 0.1, 3});
    const Table a = predict(artifact, asked, {}, Context()), b = predict(again, asked, {}, Context());
    for (std::size_t r = 0; r < 3; ++r) EXPECT_EQ(a.column(0).cell(r), b.column(0).cell(r));

    const std::string path = testing::TempDir() + "artifact_test.everyml";
    std::filesystem::remove(path);
    artifact.save(path, false);
    EXPECT_EQ(Artifact::load(path, registry()).bytes(), bytes);
    EXPECT_EQ(code_of([&] { artifact.save(path, false); }), "io.exists");
    artifact.save(path, true);
    std::filesystem::remove(path);
  }
}

/// Writes the artifact with parts of it changed before they become bytes.
std::string spoiled(const std::function<void(Artifact&)>& change) {
  Artifact artifact = classes({"no", "yes"});
  change(artifact);
  return code_of([&] { Artifact::from_bytes(artifact.bytes(), "test", registry()); });
}

TEST(Artifact, PartsThatDoNotFitAreRefused) {
  EXPECT_EQ(spoiled([](Artifact&) {}), "none");
  EXPECT_EQ(spoiled([](Artifact& a) { a.algorithm = "ridge of doom"; }), "model.unknown_algorithm");
  const std::vector<std::function<void(Artifact&)>> changes = {
      [](Artifact& a) { a.class_names = {"yes", "no"}; },
      [](Artifact& a) { a.class_names = {"no"}; },
      [](Artifact& a) { a.class_names = {}; },
      [](Artifact& a) { a.class_names = {"no", "no"}; },
      [](Artifact& a) { a.label_kind = ColumnKind::number; },
      [](Artifact& a) { a.label_kind = ColumnKind::boolean; },
      [](Artifact& a) { a.label_kind = static_cast<ColumnKind>(9); },
      [](Artifact& a) { a.target_kind = Target::Kind::numbers; },
      [](Artifact& a) { a.target_kind = Target::Kind::none; },
      [](Artifact& a) { a.target_kind = static_cast<Target::Kind>(3); },
      [](Artifact& a) { a.threshold = std::nan(""); },
      [](Artifact& a) { a.threshold = 1.5; },
      [](Artifact& a) { a.settings_json = R"({"unknown": 1})"; },
      [](Artifact& a) { a.settings_json = "[]"; },
      [](Artifact& a) { a.metadata_json = "3"; },
      [](Artifact& a) { a.conformal.scores = {2, 1}; },
      [](Artifact& a) { a.conformal.scores = {-1}; },
      [](Artifact& a) { a.conformal.scores = {std::nan("")}; },
      [](Artifact& a) { a.calibration.method = static_cast<Calibration::Method>(3); },
      [](Artifact& a) {
        a.calibration = {
            .method = Calibration::Method::sigmoid, .classes = 2, .slope = {1}, .offset = {1, 1}};
      },
      [](Artifact& a) {
        a.calibration = {.method = Calibration::Method::isotonic,
                         .classes = 2,
                         .knots = {{1, 0}, {1}},
                         .levels = {{0, 1}, {1}}};
      },
      [](Artifact& a) {
        a.calibration = {.method = Calibration::Method::isotonic,
                         .classes = 2,
                         .knots = {{0, 1}, {1}},
                         .levels = {{0, 2}, {1}}};
      },
      [](Artifact& a) {
        a.calibration = {
            .method = Calibration::Method::isotonic, .classes = 2, .knots = {{}, {1}}, .levels = {{}, {1}}};
      },
      [](Artifact& a) {
        const Table two({numbers("x", {1, 2}), numbers("z", {1, 2})});
        const std::vector<std::string> names = two.names();
        a.encoder = Encoder::fit(two, names, {}, {}, {}, {}, Context());
      },
      [](Artifact& a) { a.encoder = Encoder(); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const std::string code = spoiled(changes[i]);
    EXPECT_TRUE(code.starts_with("model.")) << "change " << i << " ended in \"" << code << "\"";
  }
}

TEST(Artifact, EveryPrefixAndEveryFlippedBitIsRefused) {
  const std::string bytes = classes({"no", "yes"}).bytes();
  const auto refused = [](std::string some) {
    return code_of([&] { Artifact::from_bytes(std::move(some), "test", registry()); }).starts_with("model.");
  };
  for (std::size_t size = 0; size < bytes.size(); ++size) ASSERT_TRUE(refused(bytes.substr(0, size))) << size;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_TRUE(refused(std::move(flipped))) << bit;
  }
}

TEST(RowPredictor, AnswersAsTheTableDoes) {
  Artifact artifact = classes({"no", "yes"});
  artifact.calibration = {
      .method = Calibration::Method::sigmoid, .classes = 2, .slope = {2, 2}, .offset = {0, 0}};
  artifact.threshold = 0.4;
  artifact.threshold_set = true;
  RowPredictor row(artifact);
  const std::size_t x = row.column("x");
  EXPECT_EQ(code_of([&] { row.column("X"); }), "data.column_missing");
  for (const double value : {-3.0, -0.1, 0.0, 5.0}) {
    row.clear();
    row.set(x, value);
    const std::vector<double> expected = predict_probabilities(artifact, table_of({value}), Context());
    const std::span<const double> got = row.probabilities();
    EXPECT_EQ(std::vector<double>(got.begin(), got.end()), expected);
    EXPECT_EQ(static_cast<std::int32_t>(row.decide()), decide(artifact, expected)[0]);
  }
  RowPredictor sum(values());
  sum.set(sum.column("x"), "4.5");
  EXPECT_EQ(sum.value(), 4.5);
  sum.clear();
  EXPECT_EQ(sum.value(), 0);
}

}  // namespace
}  // namespace everyml
