#include "everyml/classical/bayes/naive_bayes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "everyml/classical/bayes/bayes_family.h"
#include "everyml/foundation/base/error.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Features matrix(const std::vector<std::vector<double>>& rows) {
  Buffer<double> values(rows.size() * rows[0].size());
  std::size_t at = 0;
  for (const auto& row : rows) {
    for (const double value : row) values[at++] = value;
  }
  return Features::dense(std::move(values), rows.size(), rows[0].size());
}

Target classes(const std::vector<std::int32_t>& codes, std::vector<std::string> names) {
  Buffer<std::int32_t> buffer(codes.size());
  std::copy(codes.begin(), codes.end(), buffer.begin());
  return Target::classes(std::move(buffer), std::move(names));
}

std::vector<double> ask(const NaiveBayesModel& model, const Features& x) {
  std::vector<double> out(x.rows() * model.class_names().size());
  model.probabilities(x, out, Context{});
  return out;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << i;
}

/// A number, a flag, a category of 3 levels and two counts; two classes.
Dataset mixed(std::size_t rows, std::uint64_t seed, bool gaps) {
  Stream stream(seed, "mixed");
  std::vector<std::vector<double>> x;
  std::vector<std::int32_t> y;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto c = static_cast<std::int32_t>(stream.below(2));
    x.push_back({stream.normal() + c, stream.uniform() < 0.3 + 0.4 * c ? 1.0 : 0.0,
                 static_cast<double>(stream.below(c == 0 ? 3 : 2)), static_cast<double>(stream.below(5)),
                 static_cast<double>(stream.below(static_cast<std::uint64_t>(3 + c)))});
    if (gaps) x.back()[stream.below(5)] = kNone;
    y.push_back(c);
  }
  using Kind = FeatureInfo::Kind;
  return {.features = matrix(x),
          .target = classes(y, {"no", "yes"}),
          .info = {{"size", "size", Kind::number},
                   {"open", "open", Kind::flag},
                   {"colour", "colour", Kind::category, 3},
                   {"a", "text", Kind::count},
                   {"b", "text", Kind::count}}};
}

double normal_log(double x, double mean, double variance) {
  return -0.5 * std::log(2 * 3.14159265358979323846 * variance) - (x - mean) * (x - mean) / (2 * variance);
}

/// The formula, cell by cell, of every likelihood together.
std::vector<double> by_hand(const Dataset& data, const Features& asked) {
  const auto codes = data.target.codes();
  std::vector<double> out;
  double mean_all = 0, var_all = 0;
  for (std::size_t i = 0; i < data.rows(); ++i)
    mean_all += data.features.at(i, 0) / static_cast<double>(data.rows());
  for (std::size_t i = 0; i < data.rows(); ++i) {
    var_all += std::pow(data.features.at(i, 0) - mean_all, 2) / static_cast<double>(data.rows());
  }
  for (std::size_t r = 0; r < asked.rows(); ++r) {
    double odds[2];
    for (int c = 0; c < 2; ++c) {
      double n = 0, mean = 0, var = 0, ones = 0, words[2] = {1, 1}, level[3] = {1, 1, 1};
      for (std::size_t i = 0; i < data.rows(); ++i) {
        if (codes[i] != c) continue;
        n += 1;
        mean += data.features.at(i, 0);
        ones += data.features.at(i, 1);
        level[static_cast<int>(data.features.at(i, 2))] += 1;
        words[0] += data.features.at(i, 3);
        words[1] += data.features.at(i, 4);
      }
      mean /= n;
      for (std::size_t i = 0; i < data.rows(); ++i) {
        if (codes[i] == c) var += std::pow(data.features.at(i, 0) - mean, 2) / n;
      }
      const double share = (ones + 1) / (n + 2);
      odds[c] = std::log(n) + normal_log(asked.at(r, 0), mean, var + 1e-9 * var_all) +
                std::log(asked.at(r, 1) > 0 ? share : 1 - share) +
                std::log(level[static_cast<int>(asked.at(r, 2))] / (n + 3)) +
                asked.at(r, 3) * std::log(words[0] / (words[0] + words[1])) +
                asked.at(r, 4) * std::log(words[1] / (words[0] + words[1]));
    }
    const double yes = 1 / (1 + std::exp(odds[0] - odds[1]));
    out.insert(out.end(), {1 - yes, yes});
  }
  return out;
}

TEST(NaiveBayes, MixedColumnsMultiplyTheRightLikelihoods) {
  const Dataset data = mixed(300, 1, false);
  const Dataset other = mixed(40, 2, false);
  expect_near(ask(NaiveBayes{}.fit(data, Context{}), other.features), by_hand(data, other.features), 1e-12);
}

TEST(NaiveBayes, MissingCellsAreLeftOutOfTheProduct) {
  const auto model = NaiveBayes{}.fit(mixed(300, 1, false), Context{});
  // With every cell missing only the prior is left.
  const auto prior = ask(model, matrix({{kNone, kNone, kNone, kNone, kNone}}));
  EXPECT_NEAR(prior[1], model.summary()["classes"][1]["prior"].get<double>(), 1e-12);
  // A row's odds are the prior's times those of its cells one at a time.
  const std::vector<double> row = {0.7, 1, 2, 3, 1};
  double odds = std::log(prior[1] / prior[0]);
  for (std::size_t j = 0; j < row.size(); ++j) {
    std::vector<double> one(row.size(), kNone);
    one[j] = row[j];
    const auto p = ask(model, matrix({one}));
    odds += std::log(p[1] / p[0]) - std::log(prior[1] / prior[0]);
  }
  const auto p = ask(model, matrix({row}));
  EXPECT_NEAR(std::log(p[1] / p[0]), odds, 1e-10);
  // A level that was never seen counts as missing.
  expect_near(ask(model, matrix({{0.7, 1, 7, 3, 1}})), ask(model, matrix({{0.7, 1, kNone, 3, 1}})), 1e-12);
}

TEST(NaiveBayes, MissingTrainingCellsAreSkippedPerCell) {
  // Column by column, a fit with gaps equals a fit on the observed cells of that column.
  const Dataset gaps{.features = matrix({{1, kNone}, {2, 10}, {kNone, 12}, {7, 30}, {9, kNone}, {kNone, 33}}),
                     .target = classes({0, 0, 0, 1, 1, 1}, {"a", "b"})};
  const Dataset first{.features = matrix({{1}, {2}, {7}, {9}}), .target = classes({0, 0, 1, 1}, {"a", "b"})};
  const Json all = NaiveBayes{.var_smoothing = 0}.fit(gaps, Context{}).summary();
  const Json one = NaiveBayes{.var_smoothing = 0}.fit(first, Context{}).summary();
  EXPECT_EQ(all["features"][0]["mean"], one["features"][0]["mean"]);
  EXPECT_EQ(all["features"][0]["variance"], one["features"][0]["variance"]);
  EXPECT_EQ(all["features"][1]["mean"], Json::parse("[11.0, 31.5]"));
}

TEST(NaiveBayes, WeightsAreCopies) {
  Dataset weighted = mixed(200, 3, true);
  std::vector<std::size_t> copies;
  for (std::size_t i = 0; i < weighted.rows(); ++i) {
    weighted.weights.push_back(static_cast<double>(i % 4));
    for (std::size_t k = 0; k < i % 4; ++k) copies.push_back(i);
  }
  Dataset plain = weighted;
  plain.weights.clear();
  const Dataset asked = mixed(50, 4, true);
  expect_near(ask(NaiveBayes{}.fit(weighted, Context{}), asked.features),
              ask(NaiveBayes{}.fit(plain.select_rows(copies), Context{}), asked.features), 1e-12);
}

TEST(NaiveBayes, UpdateEqualsAFitOnAllRows) {
  const Dataset all = mixed(900, 5, true);
  std::vector<std::size_t> head, tail;
  for (std::size_t i = 0; i < all.rows(); ++i) (i < 250 ? head : tail).push_back(i);
  Dataset rest = all.select_rows(tail);
  // The same rows with the classes told in another order.
  std::vector<std::int32_t> swapped;
  for (const std::int32_t code : rest.target.codes()) swapped.push_back(1 - code);
  rest.target = classes(swapped, {"yes", "no"});
  const Dataset asked = mixed(50, 6, true);
  const auto whole = NaiveBayes{}.fit(all, Context{});
  const auto updated = NaiveBayes{}.fit(all.select_rows(head), Context{}).update(rest, Context{});
  expect_near(ask(updated, asked.features), ask(whole, asked.features), 1e-12);
  rest.target = classes(swapped, {"yes", "maybe"});
  EXPECT_EQ(code_of([&] { updated.update(rest, Context{}); }), "data.new_class");
}

TEST(NaiveBayes, UpdateLearnsNewLevelsWhenCategoriesAreForced) {
  const NaiveBayes settings{.likelihood = BayesLikelihood::categorical};
  const Dataset all{.features = matrix({{0, 1}, {1, 0}, {3, 1}, {2, 2}}),
                    .target = classes({0, 1, 1, 0}, {"a", "b"})};
  const std::vector<std::size_t> head = {0, 1}, tail = {2, 3};
  const auto updated =
      settings.fit(all.select_rows(head), Context{}).update(all.select_rows(tail), Context{});
  expect_near(ask(updated, all.features), ask(settings.fit(all, Context{}), all.features), 1e-14);
}

TEST(NaiveBayes, MomentsSurviveALargeOffset) {
  // Two-pass figures of values with a large mean, in float64 and with an outlier in the other class's first
  // row.
  std::vector<std::vector<double>> x = {{1e15}};
  std::vector<std::int32_t> y = {1};
  for (int i = 0; i < 1000; ++i) {
    x.push_back({1e9 + (i % 10)});
    y.push_back(0);
  }
  const Dataset data{.features = matrix(x), .target = classes(y, {"a", "b"})};
  const Json summary = NaiveBayes{.var_smoothing = 0}.fit(data, Context{}).summary();
  EXPECT_EQ(summary["features"][0]["mean"][0], 1e9 + 4.5);
  EXPECT_NEAR(summary["features"][0]["variance"][0].get<double>(), 8.25, 1e-9);
}

TEST(NaiveBayes, ManyChunksGiveTheSameBytesOnAnyNumberOfThreads) {
  const Dataset data = mixed(40000, 7, true);
  std::string bytes[2];
  for (const int threads : {1, 7}) {
    ArchiveWriter archive;
    NaiveBayes{}.fit(data, Context({.threads = threads})).save(archive);
    bytes[threads == 7] = archive.bytes();
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(NaiveBayes, StoragesAgree) {
  Stream stream(8, "storages");
  Buffer<float> narrow(500 * 13);
  Buffer<double> wide(500 * 13);
  std::vector<std::int32_t> y;
  for (std::size_t i = 0; i < narrow.size(); ++i) wide[i] = narrow[i] = static_cast<float>(stream.normal());
  for (std::size_t i = 0; i < 500; ++i) y.push_back(static_cast<std::int32_t>(i % 3));
  Dataset data{.features = Features::view(wide.data(), 500, 13), .target = classes(y, {"a", "b", "c"})};
  const auto expected = ask(NaiveBayes{}.fit(data, Context{}), data.features);
  data.features = Features::view(narrow.data(), 500, 13);
  expect_near(ask(NaiveBayes{}.fit(data, Context{}), data.features), expected, 1e-12);
}

TEST(NaiveBayes, FarRowsStillGetAnAnswer) {
  const Dataset data{.features = matrix({{0}, {1}, {10}, {14}}),
                     .target = classes({0, 0, 1, 1}, {"narrow", "wide"})};
  const auto model = NaiveBayes{}.fit(data, Context{});
  expect_near(ask(model, matrix({{1e300}, {-std::numeric_limits<double>::max()}})), {0, 1, 0, 1}, 0);
  EXPECT_EQ(code_of([&] { ask(model, matrix({{std::numeric_limits<double>::infinity()}})); }),
            "data.infinite");
}

TEST(NaiveBayes, AClassWithoutRowsHasProbabilityZero) {
  const Dataset data{.features = matrix({{0}, {1}, {10}, {14}}),
                     .target = classes({0, 0, 2, 2}, {"a", "b", "c"})};
  EXPECT_EQ(ask(NaiveBayes{}.fit(data, Context{}), matrix({{5}}))[1], 0.0);
}

TEST(NaiveBayes, LogJointIsPriorTimesLikelihood) {
  // Manning, Raghavan and Schuetze, "Introduction to Information Retrieval", example 13.2: Beijing, Chinese,
  // Japan, Macao, Shanghai, Tokyo.
  const Dataset data{
      .features = matrix({{1, 1, 0, 0, 0, 0}, {0, 1, 0, 0, 1, 0}, {0, 1, 0, 1, 0, 0}, {0, 1, 1, 0, 0, 1}}),
      .target = classes({0, 0, 0, 1}, {"China", "Japan"})};
  const auto model = NaiveBayes{.likelihood = BayesLikelihood::bernoulli}.fit(data, Context{});
  std::vector<double> joint(2);
  model.log_joint(matrix({{0, 1, 1, 0, 0, 1}}), joint, Context{});
  EXPECT_NEAR(std::exp(joint[0]), 3. / 4 * 4 / 5 * 1 / 5 * 1 / 5 * 3 / 5 * 3 / 5 * 3 / 5, 1e-12);
  EXPECT_NEAR(std::exp(joint[1]), 1. / 4 * 2 / 3 * 2 / 3 * 2 / 3 * 2 / 3 * 2 / 3 * 2 / 3, 1e-12);
}

TEST(NaiveBayes, LogJointOfFarAndMissingCellsAndOfAClassWithoutRows) {
  const Dataset data{.features = matrix({{0}, {2}, {10}, {14}}),
                     .target = classes({0, 0, 2, 2}, {"a", "b", "c"})};
  const auto model = NaiveBayes{.var_smoothing = 0}.fit(data, Context{});
  std::vector<double> joint(9);
  model.log_joint(matrix({{1e5}, {kNone}, {12}}), joint, Context{});
  const auto normal = [](double x, double mean, double variance) {
    return std::log(0.5) - 0.5 * std::log(2 * std::acos(-1.0) * variance) -
           (x - mean) * (x - mean) / 2 / variance;
  };
  const double never = -std::numeric_limits<double>::infinity();
  EXPECT_NEAR(joint[0] / normal(1e5, 1, 1), 1, 1e-12);
  EXPECT_EQ(joint[1], never);
  EXPECT_NEAR(joint[2] / normal(1e5, 12, 4), 1, 1e-12);
  EXPECT_NEAR(joint[3], std::log(0.5), 1e-12) << "nothing is known but the class";
  EXPECT_EQ(joint[4], never);
  EXPECT_NEAR(joint[6], normal(12, 1, 1), 1e-9);
  EXPECT_NEAR(joint[8], normal(12, 12, 4), 1e-12);
}

TEST(NaiveBayes, FiguresOfCategoriesAndOfSmoothing) {
  using M = NaiveBayesModel;
  const auto figure = [](const M& model, std::string_view name) -> std::optional<Figure> {
    for (const auto& row : M::attributes()) {
      if (row.name == name) return row.read(model);
    }
    return std::nullopt;
  };
  const Dataset data{.features = matrix({{0, 1}, {2, 0}, {2, 1}}), .target = classes({0, 0, 1}, {"a", "b"})};
  const auto categories = NaiveBayes{.likelihood = BayesLikelihood::categorical}.fit(data, Context{});
  EXPECT_EQ(figure(categories, "levels")->values, (std::vector<double>{3, 2}));
  const auto counts = figure(categories, "level_count"), logs = figure(categories, "level_log_prob");
  EXPECT_EQ(counts->shape, (std::vector<std::size_t>{2, 5}));
  EXPECT_EQ(counts->values, (std::vector<double>{1, 0, 1, 1, 1, 0, 0, 1, 0, 1}));
  EXPECT_NEAR(logs->values[0], std::log(2. / 5), 1e-12);
  EXPECT_NEAR(logs->values[8], std::log(1. / 3), 1e-12);
  EXPECT_FALSE(figure(categories, "variance_floor"));
  const auto gaussian =
      NaiveBayes{.likelihood = BayesLikelihood::gaussian, .var_smoothing = 0.5}.fit(data, Context{});
  EXPECT_NEAR(figure(gaussian, "variance_floor")->values[0], 0.5 * 8 / 9, 1e-12);
  EXPECT_FALSE(figure(gaussian, "levels"));
}

TEST(NaiveBayes, WrongDataIsRefusedByName) {
  const Context context;
  const auto refuses = [&](const Dataset& data, const NaiveBayes& settings = {}) {
    return code_of([&] { settings.fit(data, context); });
  };
  const Target two = classes({0, 1}, {"a", "b"});
  EXPECT_EQ(refuses({.features = matrix({{1}, {1 / 0.0}}), .target = two}), "data.infinite");
  EXPECT_EQ(refuses({.features = matrix({{1e300}, {-1e300}}), .target = two}), "data.spread");
  EXPECT_EQ(
      refuses({.features = matrix({{1}, {-1}}), .target = two}, {.likelihood = BayesLikelihood::multinomial}),
      "data.negative_count");
  EXPECT_EQ(refuses({.features = matrix({{1}, {0.5}}), .target = two},
                    {.likelihood = BayesLikelihood::categorical}),
            "data.category_code");
  EXPECT_EQ(refuses({.features = matrix({{1}, {2}}),
                     .target = two,
                     .info = {{"c", "c", FeatureInfo::Kind::category, 2}}}),
            "data.category_code");
  EXPECT_EQ(refuses({.features = matrix({{1}, {2}}), .target = two}, {.class_priors = {1.0}}),
            "parameter.class_priors");
  EXPECT_EQ(refuses({.features = matrix({{1}, {2}}), .target = two}, {.class_priors = {0.5, 0.6}}),
            "parameter.rule");
}

TEST(NaiveBayes, FilesGiveTheModelBack) {
  for (const BayesLikelihood likelihood : {BayesLikelihood::automatic, BayesLikelihood::bernoulli}) {
    const auto model = NaiveBayes{.likelihood = likelihood}.fit(mixed(100, 9, true), Context{});
    ArchiveWriter archive, again;
    model.save(archive);
    const auto loaded = NaiveBayesModel::load(ArchiveReader::from_bytes(archive.bytes(), "memory"));
    const Dataset asked = mixed(30, 10, true);
    EXPECT_EQ(ask(loaded, asked.features), ask(model, asked.features));
    EXPECT_EQ(loaded.summary(), model.summary());
    loaded.save(again);
    EXPECT_EQ(again.bytes(), archive.bytes());
  }
  EXPECT_EQ(bayes_family().size(), 1U);
}

}  // namespace
}  // namespace everyml
