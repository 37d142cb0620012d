#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>

#include "checks.h"

// Data in, answers out.

namespace everyml::checks {
namespace {

AnyModel fitted(const Entry& entry, const Dataset& data) { return entry.make().fit(data, Context{}); }

/// Made of other learners: it adds up only when each of these does.
bool is_committee(const Entry& entry) {
  const std::string_view name = entry.card().name;
  return name.starts_with("voting-") || name.starts_with("stacking-") || name.starts_with("bagging-");
}

TEST_P(EveryAlgorithm, DefaultsFitATinySet) {
  const Dataset data = sample(entry(), 60);
  const AnyModel model = fitted(entry(), data);
  EXPECT_EQ(model.feature_count(), 4U);
  EXPECT_TRUE(model.summary().is_object());
  const Answers out = answers(model, questions(20));
  EXPECT_TRUE(all_finite(out.all()));
  EXPECT_FALSE(out.all().empty());
  for (const Capability capability : kCapabilities) {
    if (capability == Capability::contributions && is_committee(entry()) && !model.can(capability)) {
      std::vector<double> all(20 * 5 * std::max<std::size_t>(model.class_names().size(), 1));
      EXPECT_EQ(code_of([&] { model.contributions(questions(20), all, Context{}); }), "model.capability");
      continue;
    }
    EXPECT_EQ(model.can(capability), entry().can(capability)) << to_string(capability);
  }
  const auto target = entry().card().target;
  EXPECT_EQ(target == Target::Kind::classes, entry().can(Capability::probabilities));
  EXPECT_EQ(target == Target::Kind::numbers, entry().can(Capability::values));
}

TEST_P(EveryAlgorithm, ProbabilitiesSumToOne) {
  if (!entry().can(Capability::probabilities)) GTEST_SKIP() << "no probabilities";
  const AnyModel model = fitted(entry(), sample(entry(), 60));
  const Answers out = answers(model, questions(50));
  for (std::size_t row = 0; row < 50; ++row) {
    double sum = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      const double p = out.probabilities[row * 3 + c];
      EXPECT_GE(p, 0);
      EXPECT_LE(p, 1 + 1e-12);
      sum += p;
    }
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST_P(EveryAlgorithm, ClassNamesComeBack) {
  if (!entry().can(Capability::probabilities)) GTEST_SKIP() << "no classes";
  const std::vector<std::string> names = {"", "\xC3\xA4 \"quoted\"\n<b>", std::string("a\0b", 3)};
  Dataset data = sample(entry(), 60);
  const std::vector<std::int32_t> codes(data.target.codes().begin(), data.target.codes().end());
  data.target = classes(codes, names);
  const AnyModel model = fitted(entry(), data);
  for (const AnyModel& one : {model, model_of(entry(), bytes_of(model))}) {
    EXPECT_EQ(std::vector<std::string>(one.class_names().begin(), one.class_names().end()), names);
  }
}

TEST_P(EveryAlgorithm, AClassWithoutRowsNeverWins) {
  if (!entry().can(Capability::probabilities)) GTEST_SKIP() << "no classes";
  Dataset data = sample(entry(), 60);
  std::vector<std::int32_t> codes;
  for (const std::int32_t code : data.target.codes()) codes.push_back(code == 1 ? 3 : code);
  data.target = classes(codes, {"ash", "nobody", "oak", "birch"});
  const AnyModel model = fitted(entry(), data);
  EXPECT_EQ(model.class_names().size(), 4U);
  const Answers out = answers(model, data.features);
  ASSERT_TRUE(all_finite(out.probabilities));
  for (std::size_t row = 0; row < data.rows(); ++row) {
    const double* p = out.probabilities.data() + row * 4;
    EXPECT_LE(p[1], std::max({p[0], p[2], p[3]}));
  }
}

TEST_P(EveryAlgorithm, PredictionOfASubsetIsTheSubset) {
  const AnyModel model = fitted(entry(), sample(entry(), 90));
  const Features all = questions(200);
  const Answers whole = answers(model, all);
  const std::vector<std::size_t> pick = {199, 3, 3, 64, 65, 0, 127};
  const Answers part = answers(model, all.select_rows(pick));
  const auto expect_rows = [&](const std::vector<double>& from, const std::vector<double>& some,
                               std::size_t width) {
    if (from.empty()) return;
    for (std::size_t i = 0; i < pick.size(); ++i) {
      for (std::size_t k = 0; k < width; ++k) {
        EXPECT_NEAR(some[i * width + k], from[pick[i] * width + k],
                    1e-10 * std::max(1.0, std::abs(from[pick[i] * width + k])));
      }
    }
  };
  expect_rows(whole.values, part.values, 1);
  expect_rows(whole.probabilities, part.probabilities, 3);
  expect_rows(whole.assigned, part.assigned, 1);
  expect_rows(whole.transformed, part.transformed, model.output_count());
}

TEST_P(EveryAlgorithm, AWeightOfKIsKCopies) {
  EVERYML_SKIP_EXCEPTION("weights");
  const AnyEstimator estimator = estimator_for(entry(), "weights");
  for (Dataset weighted : {sample(entry(), 90), mixed_sample(entry(), 90)}) {
    std::vector<std::size_t> copies;
    for (std::size_t i = 0; i < weighted.rows(); ++i) {
      const std::size_t k = (i * 7) % 4;
      weighted.weights.push_back(static_cast<double>(k));
      copies.insert(copies.end(), k, i);
    }
    Dataset plain = weighted;
    plain.weights.clear();
    const Features asked = weighted.info.empty() ? questions(40) : mixed_sample(entry(), 40, 2).features;
    const auto a = answers(estimator.fit(weighted, Context{}), asked).all();
    const auto b = answers(estimator.fit(plain.select_rows(copies), Context{}), asked).all();
    EXPECT_LT(difference(a, b), 1e-5);
  }
}

TEST_P(EveryAlgorithm, StoragesGiveTheSameAnswers) {
  for (const Dataset& data : {sample(entry(), 90), mixed_sample(entry(), 90)}) {
    const Features asked = data.info.empty() ? questions(40) : mixed_sample(entry(), 40, 2).features;
    const auto expected = answers(fitted(entry(), data), asked).all();
    for (const auto storage : {Features::Storage::dense32, Features::Storage::sparse32}) {
      Dataset other = data;
      other.features = stored(data.features, storage);
      const auto got = answers(fitted(entry(), other), stored(asked, storage)).all();
      EXPECT_LT(difference(expected, got), 1e-4) << static_cast<int>(storage);
    }
  }
}

TEST_P(EveryAlgorithm, RowsWithGapsBetweenThemAreReadRight) {
  Dataset data = sample(entry(), 60);
  std::vector<double> wide(60 * 7, std::nan(""));
  for (std::size_t i = 0; i < 60; ++i) {
    for (std::size_t j = 0; j < 4; ++j) wide[i * 7 + j] = data.features.at(i, j);
  }
  const AnyModel expected = fitted(entry(), data);
  data.features = Features::view(wide.data(), 60, 4, 7);
  EXPECT_EQ(
      difference(answers(expected, data.features).all(), answers(fitted(entry(), data), data.features).all()),
      0);
}

TEST_P(EveryAlgorithm, InputStaysUntouched) {
  Dataset data = sample(entry(), 60);
  Matrix rows = rows_of(data.features);
  std::vector<double> flat;
  for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
  const std::vector<double> copy = flat;
  data.features = Features::view(flat.data(), 60, 4);
  data.weights.assign(60, 2.0);
  answers(fitted(entry(), data), data.features);
  EXPECT_EQ(std::memcmp(flat.data(), copy.data(), flat.size() * sizeof(double)), 0);
  EXPECT_EQ(data.weights, std::vector<double>(60, 2.0));
}

TEST_P(EveryAlgorithm, UpdateEqualsAFitOnAllRows) {
  if (!entry().can(Capability::update)) GTEST_SKIP() << "no update";
  const Dataset all = sample(entry(), 120);
  std::vector<std::size_t> head(70), tail(50);
  std::iota(head.begin(), head.end(), 0U);
  std::iota(tail.begin(), tail.end(), 70U);
  const AnyModel first = fitted(entry(), all.select_rows(head));
  const std::string before = bytes_of(first);
  const AnyModel updated = first.update(all.select_rows(tail), Context{});
  EXPECT_EQ(bytes_of(first), before) << "the old model must stay as it was";
  const Features asked = questions(40);
  EXPECT_LT(difference(answers(fitted(entry(), all), asked).all(), answers(updated, asked).all()), 1e-8);
}

TEST_P(EveryAlgorithm, MissingCellsAreKeptOrRefusedAsDeclared) {
  Dataset data = sample(entry(), 60);
  Matrix rows = rows_of(data.features);
  for (std::size_t i = 0; i < rows.size(); i += 5) rows[i][i % 4] = std::nan("");
  data.features = dense(rows);
  std::vector<double> out;
  const std::string code = code_of([&] { out = answers(fitted(entry(), data), data.features).all(); });
  if (entry().card().needs.missing == InputNeeds::Missing::keep)
    EXPECT_EQ(code, "");
  else
    EXPECT_EQ(code, "data.missing");
  EXPECT_TRUE(all_finite(out));
}

TEST_P(EveryAlgorithm, WrongShapesAndTargetsAreRefused) {
  const Dataset data = sample(entry(), 60);
  const AnyEstimator estimator = entry().make();
  const AnyModel model = estimator.fit(data, Context{});
  const auto code = [&](Dataset changed) { return code_of([&] { estimator.fit(changed, Context{}); }); };
  Dataset none = data.select_rows({});
  EXPECT_EQ(code(none), "data.no_rows");
  Dataset flat = data;
  flat.features = Features::view(static_cast<const double*>(nullptr), 60, 0);
  EXPECT_EQ(code(flat), "data.no_columns");
  Dataset weights = data;
  weights.weights = {1.0};
  EXPECT_EQ(code(weights), "data.length");
  Dataset info = data;
  info.info.resize(2);
  EXPECT_EQ(code(info), "data.length");
  if (entry().card().target != Target::Kind::none) {
    Dataset other = data;
    if (entry().card().target == Target::Kind::classes)
      other.target = numbers(std::vector<double>(60, 1.0));
    else
      other.target = classes(std::vector<std::int32_t>(60, 0), {"a"});
    EXPECT_EQ(code(other), "data.target_kind");
    other.target = {};
    EXPECT_EQ(code(other), "data.target_kind");
    other.target = data.select_rows(std::array<std::size_t, 2>{0, 1}).target;
    EXPECT_EQ(code(other), "data.length");
  }
  EXPECT_EQ(code_of([&] { answers(model, questions(3, 5)); }), "data.feature_count");
  std::vector<double> wrong(1);
  if (model.can(Capability::probabilities)) {
    EXPECT_EQ(code_of([&] { model.probabilities(questions(3), wrong, Context{}); }), "parameter.output_size");
  }
  if (!model.can(Capability::values)) {
    EXPECT_EQ(code_of([&] { model.values(questions(1), wrong, Context{}); }), "model.capability");
  }
}

TEST_P(EveryAlgorithm, NoRowsToAskAboutIsNoWork) {
  const AnyModel model = fitted(entry(), sample(entry(), 60));
  EXPECT_TRUE(answers(model, questions(3).select_rows({})).all().empty());
}

}  // namespace
}  // namespace everyml::checks
