#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "checks.h"

// What a model shows besides its answers: figures by name, and the scores behind its probabilities.

namespace everyml::checks {
namespace {

/// Shapes, and the values bit by bit, so that NaN equals itself.
std::vector<std::uint64_t> bits_of(const std::vector<std::optional<Figure>>& figures) {
  std::vector<std::uint64_t> bits;
  for (const auto& figure : figures) {
    bits.push_back(figure.has_value());
    if (!figure) continue;
    bits.push_back(figure->shape.size());
    bits.insert(bits.end(), figure->shape.begin(), figure->shape.end());
    for (const double value : figure->values) bits.push_back(std::bit_cast<std::uint64_t>(value));
  }
  return bits;
}

TEST_P(EveryAlgorithm, FiguresFillTheirShapesAndOutliveAFile) {
  for (const Dataset& data : {sample(entry(), 90), mixed_sample(entry(), 90), sample(entry(), 6, 1)}) {
    const AnyModel model = entry().make().fit(data, Context{});
    std::size_t present = 0;
    for (const AttributeInfo& info : model.attributes()) {
      const auto figure = model.attribute(info.name);
      if (!figure) continue;
      ++present;
      std::size_t cells = 1;
      for (const std::size_t length : figure->shape) cells *= length;
      EXPECT_EQ(cells, figure->values.size()) << info.name;
    }
    EXPECT_GT(present, 0U) << "a model shows at least one figure";
    EXPECT_EQ(bits_of(figures(model_of(entry(), bytes_of(model)))), bits_of(figures(model)));
  }
}

TEST_P(EveryAlgorithm, TheEntryNamesTheFiguresOfItsModels) {
  const AnyModel model = entry().make().fit(sample(entry(), 30), Context{});
  ASSERT_EQ(entry().attributes().size(), model.attributes().size());
  for (std::size_t i = 0; i < entry().attributes().size(); ++i) {
    const AttributeInfo& info = entry().attributes()[i];
    EXPECT_EQ(info.name, model.attributes()[i].name);
    EXPECT_TRUE(std::all_of(info.name.begin(), info.name.end(), [](unsigned char c) {
      return c == '_' || std::islower(c) || std::isdigit(c);
    })) << info.name;
    EXPECT_EQ(info.help.back(), '.') << info.name << ": a sentence";
  }
}

TEST_P(EveryAlgorithm, AFigureItDoesNotHaveIsRefusedByName) {
  const AnyModel model = entry().make().fit(sample(entry(), 30), Context{});
  EXPECT_EQ(code_of([&] { model.attribute("no_such_figure"); }), "model.attribute");
  EXPECT_EQ(code_of([&] { model.attribute(""); }), "model.attribute");
  ASSERT_FALSE(model.attributes().empty());
  const std::string right(model.attributes()[0].name);
  try {
    model.attribute(right + "s_");
    ADD_FAILURE() << "an unknown name was answered";
  } catch (const UnsupportedError& error) {
    EXPECT_NE(std::string_view(error.what()).find('"' + right + '"'), std::string_view::npos) << error.what();
  }
}

/// The class that a row's scores put first.
std::size_t best_of(const double* scores, std::size_t count) {
  if (count == 1) return scores[0] > 0 ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(scores, scores + count) - scores);
}

TEST_P(EveryAlgorithm, ScoresOrderAsProbabilitiesDo) {
  if (!entry().can(Capability::scores)) GTEST_SKIP() << "no scores";
  Dataset three = sample(entry(), 90), two = three, gap = three;
  std::vector<std::int32_t> pair, apart;
  for (const std::int32_t code : three.target.codes()) {
    pair.push_back(code == 0 ? 0 : 1);
    apart.push_back(code == 1 ? 3 : code);
  }
  two.target = classes(pair, {"ash", "other"});
  gap.target = classes(apart, {"ash", "nobody", "oak", "birch"});
  for (const Dataset& data : {three, two, gap}) {
    const AnyModel model = entry().make().fit(data, Context{});
    const std::size_t k = model.class_names().size(), n = model.score_count();
    ASSERT_EQ(n, k == 2 ? 1 : k);
    const Answers out = answers(model, questions(200));
    ASSERT_TRUE(all_finite(out.scores));
    for (std::size_t row = 0; row < 200; ++row) {
      const double* p = out.probabilities.data() + row * k;
      EXPECT_NEAR(p[best_of(out.scores.data() + row * n, n)], *std::max_element(p, p + k), 1e-12);
      for (std::size_t a = 0; n > 1 && a < k; ++a) {
        for (std::size_t b = 0; b < k; ++b) {
          EXPECT_TRUE(p[a] >= p[b] || out.scores[row * n + a] < out.scores[row * n + b]) << a << " " << b;
        }
      }
    }
  }
}

TEST_P(EveryAlgorithm, ContributionsSumToTheAnswer) {
  if (!entry().can(Capability::contributions)) GTEST_SKIP() << "no contributions";
  const AnyModel model = entry().make().fit(sample(entry(), 90), Context{});
  const std::size_t count = model.contribution_count(), features = model.feature_count();
  if (!model.can(Capability::contributions)) {
    // A committee whose default members have none.
    EXPECT_EQ(count, 0U);
    std::vector<double> out(3);
    EXPECT_EQ(code_of([&] { model.contributions(questions(3), out, Context{}); }), "model.capability");
    return;
  }
  const Answers out = answers(model, questions(200));
  const std::vector<double>& right = out.scores.size() == 200 * count          ? out.scores
                                     : out.probabilities.size() == 200 * count ? out.probabilities
                                                                               : out.values;
  ASSERT_EQ(right.size(), 200 * count);
  for (std::size_t i = 0; i < right.size(); ++i) {
    // A class that the model never gives has no score to add up to.
    if (right[i] == std::numeric_limits<double>::lowest()) continue;
    double sum = 0;
    for (std::size_t f = 0; f <= features; ++f) sum += out.contributions[i * (features + 1) + f];
    EXPECT_NEAR(sum, right[i], 1e-9 * std::max(1.0, std::abs(right[i]))) << "row " << i / count;
  }
}

TEST_P(EveryAlgorithm, WithoutContributionsItSaysSo) {
  if (entry().can(Capability::contributions)) GTEST_SKIP() << "it has contributions";
  const AnyModel model = entry().make().fit(sample(entry(), 30), Context{});
  EXPECT_EQ(model.contribution_count(), 0U);
  std::vector<double> out(3);
  EXPECT_EQ(code_of([&] { model.contributions(questions(3), out, Context{}); }), "model.capability");
}

TEST_P(EveryAlgorithm, WithoutScoresItSaysSo) {
  if (entry().can(Capability::scores)) GTEST_SKIP() << "it has scores";
  const AnyModel model = entry().make().fit(sample(entry(), 30), Context{});
  EXPECT_EQ(model.score_count(), 0U);
  std::vector<double> out(3);
  EXPECT_EQ(code_of([&] { model.scores(questions(3), out, Context{}); }), "model.capability");
}

}  // namespace
}  // namespace everyml::checks
