// Members by text, drawn samples, non-negative blends, and what committees promise besides the common suite.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "everyml/classical/trees/decision_tree.h"
#include "everyml/ensembles/committee/bagging.h"
#include "everyml/ensembles/committee/member_text.h"
#include "everyml/ensembles/committee/nnls.h"
#include "everyml/ensembles/committee/stack_impl.h"
#include "everyml/ensembles/committee/voting.h"
#include "everyml/ensembles/learners/learners.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/model/entry.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

Target classes_of(const std::vector<std::int32_t>& codes, std::vector<std::string> names) {
  Buffer<std::int32_t> buffer(codes.size());
  std::copy(codes.begin(), codes.end(), buffer.begin());
  return Target::classes(std::move(buffer), std::move(names));
}

Target numbers_of(const std::vector<double>& values) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Target::numbers(std::move(buffer));
}

Features dense(const std::vector<double>& values, std::size_t columns) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Features::dense(std::move(buffer), values.size() / columns, columns);
}

/// A number that follows 4 columns: a line, a step and noise.
Dataset numbers(std::size_t rows, std::uint64_t seed) {
  Stream stream(seed, "committee.numbers");
  std::vector<double> x, y;
  for (std::size_t i = 0; i < rows; ++i) {
    for (int j = 0; j < 4; ++j) x.push_back(stream.normal());
    const double* row = x.data() + 4 * i;
    y.push_back(2 * row[0] - row[1] + (row[2] > 0.3 ? 3 : 0) + std::abs(row[3]) + 0.5 * stream.normal());
  }
  return {.features = dense(x, 4), .target = numbers_of(y)};
}

/// Three classes by rings and a side, with some labels wrong.
Dataset rings(std::size_t rows, std::uint64_t seed) {
  Stream stream(seed, "committee.rings");
  std::vector<double> x;
  std::vector<std::int32_t> y;
  for (std::size_t i = 0; i < rows; ++i) {
    const double a = stream.normal(), b = stream.normal(), c = stream.normal();
    x.insert(x.end(), {a, b, c});
    std::int32_t code = a * a + b * b > 1.5 ? (c > 0 ? 2 : 1) : 0;
    if (stream.uniform() < 0.1) code = static_cast<std::int32_t>(stream.below(3));
    y.push_back(code);
  }
  return {.features = dense(x, 3), .target = classes_of(y, {"in", "low", "high"})};
}

double squared_error(const AnyModel& model, const Dataset& data) {
  std::vector<double> told(data.rows());
  model.values(data.features, told, Context{});
  double sum = 0;
  for (std::size_t i = 0; i < told.size(); ++i) sum += std::pow(told[i] - data.target.values()[i], 2);
  return sum / static_cast<double>(told.size());
}

/// Share of wrong classes and Brier score.
std::pair<double, double> class_errors(const AnyModel& model, const Dataset& data) {
  const std::size_t k = data.target.class_count();
  std::vector<double> p(data.rows() * k);
  model.probabilities(data.features, p, Context{});
  double wrong = 0, brier = 0;
  for (std::size_t i = 0; i < data.rows(); ++i) {
    const auto truth = static_cast<std::size_t>(data.target.codes()[i]);
    wrong += best_class(p.data() + i * k, k) != truth;
    for (std::size_t c = 0; c < k; ++c) brier += std::pow(p[i * k + c] - (c == truth ? 1 : 0), 2);
  }
  return {wrong / static_cast<double>(data.rows()), brier / static_cast<double>(data.rows())};
}

AnyModel fit_text(const std::string& text, const Dataset& data) {
  const AnyEstimator learner = parse_member("test", text, data.target.kind());
  const Member member = Member::fit(learner, data, {}, Context{});
  return member.model();
}

/// The committee as the faces hold it.
template <class Model, class Settings>
AnyModel hold(const Settings& settings, const Dataset& data, const Context& context = Context{}) {
  Card card = Settings::card();
  card.name = std::string(Settings::name);
  return AnyModel(settings.fit(data, context), std::make_shared<const Card>(card));
}

TEST(MemberText, NamesAndSettingsAreRead) {
  const AnyEstimator knn =
      parse_member("c", "  knn-regressor  neighbors=9 weights=distance ", Target::Kind::numbers);
  EXPECT_EQ(knn.card().name, "knn-regressor");
  EXPECT_EQ(knn.settings_json()["neighbors"], 9);
  EXPECT_EQ(knn.settings_json()["weights"], "distance");
  const AnyEstimator ridge = parse_member("c", "ridge alphas=0.5;2", Target::Kind::numbers);
  EXPECT_EQ(ridge.settings_json()["alphas"], Json::array({0.5, 2.0}));
}

TEST(MemberText, WrongTextsAreRefusedInSentences) {
  const auto code = [](const std::string& text) {
    return code_of([&] { parse_member("voting-regressor", text, Target::Kind::numbers); });
  };
  EXPECT_EQ(code(""), "parameter.member");
  EXPECT_EQ(code("ridge alpha"), "parameter.member");
  EXPECT_EQ(code("ridge =1"), "parameter.member");
  EXPECT_EQ(code("ridge alpha=1 alpha=2"), "parameter.member");
  EXPECT_EQ(code("naive-bayes"), "parameter.member");
  EXPECT_EQ(code("k-means"), "parameter.member");
  EXPECT_EQ(code("ridge alpha=-1"), "parameter.range");
  EXPECT_EQ(code("ridge alpah=1"), "parameter.unknown");
  EXPECT_EQ(code("stacking-regressor"), "parameter.algorithm");
  try {
    parse_member("voting-regressor", "rigde", Target::Kind::numbers);
    FAIL() << "found what does not exist";
  } catch (const ParameterError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("Did you mean \"ridge\"?"));
    EXPECT_THAT(error.what(), testing::StartsWith("voting-regressor: "));
  }
  EXPECT_EQ(code_of([] { parse_members("c", {}, Target::Kind::numbers); }), "parameter.member");
}

TEST(Nnls, IsScipys) {
  std::ifstream file(std::string(EVERYML_SOURCE_DIR) + "/tests/golden/committee/nnls.json");
  ASSERT_TRUE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  const Json peer = Json::parse(text.str());
  ASSERT_FALSE(peer["cases"].empty());
  for (const Json& one : peer["cases"]) {
    const auto b = one["b"].get<std::vector<double>>();
    const std::size_t n = one["x"].size();
    std::vector<double> gram(n * n), moment(n);
    for (std::size_t i = 0; i < b.size(); ++i) {
      const auto row = one["a"][i].get<std::vector<double>>();
      for (std::size_t j = 0; j < n; ++j) {
        moment[j] += row[j] * b[i];
        for (std::size_t k = 0; k < n; ++k) gram[j * n + k] += row[j] * row[k];
      }
    }
    const std::vector<double> x = nonnegative_least_squares(gram, moment);
    for (std::size_t j = 0; j < n; ++j) EXPECT_NEAR(x[j], one["x"][j].get<double>(), 1e-9) << n << " " << j;
  }
}

TEST(Nnls, RepeatedAndEmptyColumnsDoNoHarm) {
  // Columns 0 and 1 are the same, 2 is zero, 3 helps too: b = 2 a0 + a3 with a0 and a3 orthogonal.
  const std::vector<double> gram = {1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4};
  const std::vector<double> x = nonnegative_least_squares(gram, std::vector<double>{2, 2, 0, 4});
  EXPECT_NEAR(x[0] + x[1], 2, 1e-12);
  EXPECT_EQ(x[2], 0);
  EXPECT_NEAR(x[3], 1, 1e-12);
  EXPECT_THAT(nonnegative_least_squares(gram, std::vector<double>{-1, -1, 0, -1}), testing::Each(0.0));
}

TEST(Greedy, EachStepIsTheBestOne) {
  Stream stream(3, "greedy");
  const std::size_t rows = 60, n = 5;
  std::vector<std::vector<double>> a(n);
  std::vector<double> b;
  for (std::size_t i = 0; i < rows; ++i) {
    b.push_back(stream.normal());
    for (auto& column : a) column.push_back(b.back() + stream.normal());
  }
  std::vector<double> gram(n * n), moment(n);
  for (std::size_t j = 0; j < n; ++j) {
    moment[j] = std::inner_product(a[j].begin(), a[j].end(), b.begin(), 0.0);
    for (std::size_t k = 0; k < n; ++k)
      gram[j * n + k] = std::inner_product(a[j].begin(), a[j].end(), a[k].begin(), 0.0);
  }
  // By trying each member on the rows themselves.
  std::vector<double> sum(rows, 0.0), count(n, 0.0);
  for (int round = 1; round <= 12; ++round) {
    std::size_t best = 0;
    double least = 1e300;
    for (std::size_t j = 0; j < n; ++j) {
      double loss = 0;
      for (std::size_t i = 0; i < rows; ++i) loss += std::pow(b[i] - (sum[i] + a[j][i]) / round, 2);
      if (loss < least) least = loss, best = j;
    }
    for (std::size_t i = 0; i < rows; ++i) sum[i] += a[best][i];
    count[best] += 1;
    const std::vector<double> weights = greedy_selection(gram, moment, round);
    for (std::size_t j = 0; j < n; ++j) EXPECT_NEAR(weights[j], count[j] / round, 1e-12);
  }
}

TEST(Bagging, ResamplesOfThreeRowsAreThoseOfTheTextbook) {
  // Rows 1, 2, 3 drawn with replacement: 27 ordered draws, 10 different bags, among them 2-2-3, 1-2-2 and
  // 1-3-3.
  std::map<std::vector<std::size_t>, int> bags;
  for (std::uint64_t i = 0; i < 2700; ++i) {
    Stream stream(1, "three", i);
    ++bags[drawn_rows({}, {}, 3, BaggingSettings{}, stream)];
  }
  EXPECT_EQ(bags.size(), 10U);
  // 1-2-3 comes in 6 of 27 draws, a bag with a pair in 3, a bag of one row alone in 1.
  EXPECT_NEAR((bags[{0, 1, 2}]), 600, 80);
  EXPECT_NEAR((bags[{1, 1, 2}]), 300, 60);
  EXPECT_NEAR((bags[{0, 0, 0}]), 100, 40);
}

TEST(Bagging, GroupsAreDrawnWhole) {
  const std::vector<std::int32_t> groups = {7, 7, 2, 2, 2, 9};
  Stream stream(4, "groups");
  for (int i = 0; i < 50; ++i) {
    const auto rows = drawn_rows({}, groups, 6, BaggingSettings{}, stream);
    EXPECT_EQ(std::count(rows.begin(), rows.end(), 0U), std::count(rows.begin(), rows.end(), 1U));
    EXPECT_EQ(std::count(rows.begin(), rows.end(), 2U), std::count(rows.begin(), rows.end(), 4U));
  }
  const std::vector<double> weights = {0, 1, 1, 1, 1, 1};
  for (int i = 0; i < 50; ++i) {
    const auto rows = drawn_rows(weights, {}, 6, BaggingSettings{}, stream);
    EXPECT_EQ(std::count(rows.begin(), rows.end(), 0U), 0) << "rows of weight 0 do not exist";
  }
}

TEST(Bagging, BaggedTreesBeatOneTreeClearly) {
  const Dataset train = numbers(1500, 1), test = numbers(1500, 2);
  const double one = squared_error(fit_text("decision-tree-regressor alpha=0", train), test);
  BaggingRegressor settings;
  settings.bag.count = 120;
  const AnyModel bag = hold<BaggingRegressorModel>(settings, train);
  EXPECT_LT(squared_error(bag, test), 0.7 * one);
  // The error out of the bag, of some 44 members a row, foretells that of all on fresh rows.
  EXPECT_NEAR(bag.attribute("oob_error")->values[0] / squared_error(bag, test), 1, 0.15);
  EXPECT_GT(bag.attribute("oob_share")->values[0], 0.99);
  const Dataset rows = rings(1500, 3), fresh = rings(1500, 4);
  const double single = class_errors(fit_text("decision-tree-classifier alpha=0", rows), fresh).first;
  const AnyModel many = hold<BaggingClassifierModel>(BaggingClassifier{}, rows);
  EXPECT_LT(class_errors(many, fresh).first, single - 0.03);
  EXPECT_NEAR(many.attribute("oob_error")->values[0], class_errors(many, fresh).first, 0.03);
}

TEST(Voting, IsTheWeightedMeanOfItsMembers) {
  const Dataset data = numbers(200, 5);
  VotingRegressor settings{.members = {"ridge alpha=1", "baseline-regressor"}, .weights = {3, 1}};
  const AnyModel vote = hold<VotingRegressorModel>(settings, data);
  std::vector<double> told(200), first(200), second(200);
  vote.values(data.features, told, Context{});
  const auto members = std::span(vote.as<VotingRegressorModel>()->ballot().members);
  members[0].answer(data.features, first, Context{});
  members[1].answer(data.features, second, Context{});
  for (std::size_t i = 0; i < 200; ++i) EXPECT_NEAR(told[i], 0.75 * first[i] + 0.25 * second[i], 1e-12);
  settings.weights = {1};
  EXPECT_EQ(code_of([&] { settings.fit(data, Context{}); }), "parameter.rule");
  settings.weights = {0, 0};
  EXPECT_EQ(code_of([&] { settings.fit(data, Context{}); }), "parameter.rule");
}

TEST(Voting, HardVotesAreCounted) {
  const Dataset data = rings(300, 6);
  const AnyModel vote = hold<VotingClassifierModel>(
      VotingClassifier{.members = {"naive-bayes", "logistic-regression", "baseline-classifier"},
                       .voting = Voting::hard},
      data);
  std::vector<double> p(900);
  vote.probabilities(data.features, p, Context{});
  for (const double share : p) EXPECT_NEAR(share * 3, std::round(share * 3), 1e-12);
}

TEST(Members, PrepareForThemselves) {
  // A category that decides, a number with gaps: members that need flags and filled cells take both.
  Stream stream(7, "prepare");
  std::vector<double> x;
  std::vector<double> y;
  for (std::size_t i = 0; i < 400; ++i) {
    const auto level = static_cast<double>(stream.below(4));
    const double number = 1000 * stream.normal();
    const bool gap = stream.uniform() < 0.2;
    x.insert(x.end(), {level, gap ? std::nan("") : number});
    y.push_back((level == 2 ? 10 : level == 3 ? -10 : 0) + (gap ? 5 : number / 1000));
  }
  Dataset data{.features = dense(x, 2), .target = numbers_of(y)};
  data.info = {{"kind", "kind", FeatureInfo::Kind::category, 4}, {"size", "size", FeatureInfo::Kind::number}};
  const AnyModel vote = hold<VotingRegressorModel>(VotingRegressor{.members = {"ridge alpha=0.001"}}, data);
  EXPECT_LT(squared_error(vote, data), 1e-6) << "levels, numbers and gaps all have their own slope";
  // An unseen level and a gap where there was none before have an answer too.
  std::vector<double> told(2);
  vote.values(dense({9, 0, std::nan(""), std::nan("")}, 2), told, Context{});
  EXPECT_TRUE(std::isfinite(told[0]) && std::isfinite(told[1]));
}

TEST(Stacking, IsNotBelowItsBestMember) {
  const std::vector<std::string> members = {"ridge", "knn-regressor neighbors=8",
                                            "adaboost-regressor depth=4"};
  for (const std::uint64_t seed : {10, 20, 30}) {
    const Dataset train = numbers(800, seed), test = numbers(2000, seed + 1);
    double best = 1e300;
    for (const std::string& text : members)
      best = std::min(
          best, squared_error(hold<VotingRegressorModel>(VotingRegressor{.members = {text}}, train), test));
    for (const Blend blend : {Blend::non_negative, Blend::greedy, Blend::learner}) {
      StackingRegressor settings{.members = members};
      settings.stacking.blend = blend;
      EXPECT_LT(squared_error(hold<StackingRegressorModel>(settings, train), test), best) << name_of(blend);
    }
  }
}

TEST(Stacking, ClassesToo) {
  const std::vector<std::string> members = {"naive-bayes", "logistic-regression", "logitboost depth=2"};
  const Dataset train = rings(900, 11), test = rings(3000, 12);
  double best = 1e300;
  for (const std::string& text : members)
    best = std::min(
        best,
        class_errors(hold<VotingClassifierModel>(VotingClassifier{.members = {text}}, train), test).second);
  for (const Blend blend : {Blend::non_negative, Blend::greedy, Blend::learner}) {
    StackingClassifier settings{.members = members};
    settings.stacking.blend = blend;
    EXPECT_LT(class_errors(hold<StackingClassifierModel>(settings, train), test).second, 1.02 * best)
        << name_of(blend);
  }
}

TEST(Stacking, AMemberThatOnlyRemembersGetsNoSay) {
  // One neighbour answers its own training rows without error; on labels of pure noise a leak would make it
  // king.
  Stream stream(13, "noise");
  std::vector<double> x, y;
  for (std::size_t i = 0; i < 600; ++i) {
    x.push_back(stream.normal());
    x.push_back(stream.normal());
    y.push_back(stream.normal());
  }
  const Dataset data{.features = dense(x, 2), .target = numbers_of(y)};
  for (const double holdout : {0.0, 0.3}) {
    StackingRegressor settings{.members = {"knn-regressor neighbors=1", "baseline-regressor"}};
    settings.stacking.holdout = holdout;
    const AnyModel model = hold<StackingRegressorModel>(settings, data);
    EXPECT_LT(model.attribute("member_weights")->values[0], 0.15);
    EXPECT_GT(model.attribute("member_losses")->values[0], 1.5) << "noise against noise doubles the variance";
  }
}

TEST(Stacking, FoldsKeepGroupsTogether) {
  // Each group is one point twice over with its own random answer: a fold that parted a group would let one
  // neighbour look it up.
  Stream stream(14, "groups");
  std::vector<double> x, y;
  std::vector<std::int32_t> groups;
  for (std::int32_t g = 0; g < 150; ++g) {
    const double at = stream.normal(), answer = stream.normal();
    for (int copy = 0; copy < 2; ++copy) {
      x.push_back(at);
      y.push_back(answer);
      groups.push_back(g);
    }
  }
  Dataset data{.features = dense(x, 1), .target = numbers_of(y)};
  StackingRegressor settings{.members = {"knn-regressor neighbors=1", "baseline-regressor"}};
  EXPECT_LT(hold<StackingRegressorModel>(settings, data).attribute("member_losses")->values[0], 0.9);
  data.groups = groups;
  EXPECT_GT(hold<StackingRegressorModel>(settings, data).attribute("member_losses")->values[0], 1.5);
  data.groups.assign(300, 5);
  EXPECT_EQ(code_of([&] { settings.fit(data, Context{}); }), "data.groups");
}

TEST(Stacking, AlikeMembersAreToldOf) {
  const Dataset data = numbers(300, 15);
  const AnyModel alike =
      hold<StackingRegressorModel>(StackingRegressor{.members = {"ridge alpha=1", "ridge alpha=2"}}, data);
  const std::string notes = alike.summary()["notes"].dump();
  EXPECT_THAT(notes, testing::HasSubstr("All members are ridge"));
  EXPECT_THAT(notes, testing::HasSubstr("one of them adds little"));
  EXPECT_GT(alike.attribute("error_correlations")->values[1], 0.99);
  const AnyModel unlike =
      hold<StackingRegressorModel>(StackingRegressor{.members = {"ridge", "knn-regressor"}}, data);
  EXPECT_TRUE(unlike.summary()["notes"].empty());
  EXPECT_GT(unlike.attribute("disagreement")->values[1], alike.attribute("disagreement")->values[1]);
}

TEST(Stacking, PassthroughGivesTheColumnsToAFinalLearner) {
  const Dataset data = numbers(300, 16);
  StackingRegressor settings{.members = {"baseline-regressor"}};
  settings.stacking.passthrough = true;
  EXPECT_EQ(code_of([&] { settings.fit(data, Context{}); }), "parameter.rule");
  settings.stacking.blend = Blend::learner;
  const AnyModel model = hold<StackingRegressorModel>(settings, data);
  const AnyModel ridge = hold<VotingRegressorModel>(VotingRegressor{.members = {"ridge"}}, data);
  EXPECT_NEAR(squared_error(model, data), squared_error(ridge, data), 0.01);
}

void expect_sums(const AnyModel& model, const Dataset& data) {
  ASSERT_TRUE(model.can(Capability::contributions));
  const std::size_t width = data.columns() + 1, sums = model.contribution_count();
  std::vector<double> out(data.rows() * sums * width), answers(data.rows() * sums);
  model.contributions(data.features, out, Context{});
  if (model.can(Capability::probabilities))
    model.probabilities(data.features, answers, Context{});
  else
    model.values(data.features, answers, Context{});
  for (std::size_t i = 0; i < answers.size(); ++i)
    EXPECT_NEAR(std::accumulate(out.begin() + static_cast<std::ptrdiff_t>(i * width),
                                out.begin() + static_cast<std::ptrdiff_t>((i + 1) * width), 0.0),
                answers[i], 1e-9);
}

TEST(Contributions, OfCommitteesAddUpToTheirAnswers) {
  const Dataset some = numbers(200, 17), two = rings(200, 18);
  BaggingRegressor part;
  part.bag.features = 0.5;
  part.bag.count = 8;
  expect_sums(hold<BaggingRegressorModel>(part, some), some);
  BaggingClassifier bag;
  bag.bag.count = 8;
  expect_sums(hold<BaggingClassifierModel>(bag, two), two);
  const VotingRegressor vote{.members = {"decision-tree-regressor", "gradient-boosting-regressor rounds=10",
                                         "random-forest-regressor trees=5"},
                             .weights = {1, 2, 0.5}};
  expect_sums(hold<VotingRegressorModel>(vote, some), some);
  const std::vector<std::string> trees = {"decision-tree-classifier", "c45",
                                          "extra-trees-classifier trees=5"};
  expect_sums(hold<VotingClassifierModel>(VotingClassifier{.members = trees}, two), two);
  expect_sums(hold<StackingClassifierModel>(StackingClassifier{.members = trees}, two), two);
  expect_sums(hold<StackingRegressorModel>(StackingRegressor{.members = vote.members}, some), some);
}

TEST(Contributions, AreThoseOfTheMembers) {
  // One member of weight 1 is the member itself.
  const Dataset data = numbers(150, 19);
  const AnyModel alone = hold<VotingRegressorModel>(
      VotingRegressor{.members = {"decision-tree-regressor max_depth=4", "ridge"}, .weights = {1, 0}}, data);
  const DecisionTreeRegressorModel tree =
      DecisionTreeRegressor{.growth = {.max_depth = 4}}.fit(data, Context{});
  const std::size_t size = data.rows() * (data.columns() + 1);
  std::vector<double> got(size), expected(size);
  alone.contributions(data.features, got, Context{});
  tree.contributions(data.features, expected, Context{});
  for (std::size_t i = 0; i < size; ++i) EXPECT_NEAR(got[i], expected[i], 1e-12);
}

TEST(Contributions, AreNotClaimedWhereTheyWouldNotAddUp) {
  Dataset some = numbers(120, 20);
  const Dataset two = rings(120, 21);
  const auto can = [](const AnyModel& model) { return model.can(Capability::contributions); };
  EXPECT_FALSE(can(hold<VotingRegressorModel>(VotingRegressor{.members = {"ridge"}}, some)));
  // Scores of AdaBoost add up, its probabilities do not; a vote by heads is no mean.
  EXPECT_FALSE(can(hold<VotingClassifierModel>(VotingClassifier{.members = {"adaboost-classifier"}}, two)));
  EXPECT_FALSE(can(hold<VotingClassifierModel>(
      VotingClassifier{.members = {"decision-tree-classifier"}, .voting = Voting::hard}, two)));
  StackingRegressor stack{.members = {"decision-tree-regressor"}};
  stack.stacking.blend = Blend::learner;
  EXPECT_FALSE(can(hold<StackingRegressorModel>(stack, some)));
  Buffer<double> counts(some.rows());
  for (std::size_t i = 0; i < some.rows(); ++i) counts[i] = std::exp(some.target.values()[i] / 4);
  some.target = Target::numbers(std::move(counts));
  const std::vector<std::string> linked = {"gradient-boosting-regressor objective=poisson rounds=5"};
  const AnyModel poisson = hold<VotingRegressorModel>(VotingRegressor{.members = linked}, some);
  EXPECT_FALSE(can(poisson));
  EXPECT_EQ(poisson.contribution_count(), 0U);
  std::vector<double> out(some.rows() * (some.columns() + 1));
  EXPECT_EQ(code_of([&] { poisson.contributions(some.features, out, Context{}); }), "model.capability");
}

}  // namespace
}  // namespace everyml
