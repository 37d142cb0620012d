#include <cmath>
#include <nlohmann/json.hpp>

#include "checks.h"
#include "everyml/foundation/base/text.h"

// Settings: what is declared is what is accepted.

namespace everyml::checks {
namespace {

/// Texts that the declaration forbids.
std::vector<std::string> bad_texts(const Param& param) {
  std::vector<std::string> bad;
  const bool number =
      param.type == ParamType::number || param.type == ParamType::integer || param.type == ParamType::numbers;
  if (number) {
    bad.insert(bad.end(), {"many", "nan", "1 2"});
    const Range& range = param.range;
    const double step = param.type == ParamType::integer ? 1 : std::max(1.0, std::abs(range.low)) * 1e-6;
    if (std::isfinite(range.low)) bad.push_back(format_number(range.low_open ? range.low : range.low - step));
    if (std::isfinite(range.high)) {
      const double above = param.type == ParamType::integer
                               ? range.high + 1
                               : range.high + std::max(1.0, std::abs(range.high)) * 1e-6;
      bad.push_back(format_number(range.high_open ? range.high : above));
    }
  }
  if (param.type == ParamType::integer) bad.push_back("1.5");
  if (param.type == ParamType::boolean) bad.insert(bad.end(), {"perhaps", "2"});
  if (param.type == ParamType::choice) bad.push_back("none-of-these");
  return bad;
}

/// Texts that the declaration allows.
std::vector<std::string> good_texts(const Param& param) {
  std::vector<std::string> good{to_text(param.default_value)};
  if (param.type == ParamType::boolean) good = {"true", "false"};
  if (param.type == ParamType::choice) good.assign(param.choices.begin(), param.choices.end());
  if (param.type == ParamType::number || param.type == ParamType::integer) {
    const Range& range = param.range;
    if (std::isfinite(range.low) && !range.low_open) good.push_back(format_number(range.low));
    if (std::isfinite(range.high) && !range.high_open) good.push_back(format_number(range.high));
    for (const double value : {0.5, 1.0, 3.0}) {
      if (range.contains(value) && (param.type == ParamType::number || value == std::floor(value))) {
        good.push_back(format_number(value));
      }
    }
  }
  if (param.optional) good.emplace_back("none");
  return good;
}

TEST_P(EveryAlgorithm, CardSaysWhatItIs) {
  const Card& card = entry().card();
  EXPECT_FALSE(card.title.empty());
  EXPECT_FALSE(card.summary.empty());
  EXPECT_NE(card.summary.back(), '.');
  EXPECT_EQ(card.summary.find('\n'), std::string::npos);
  EXPECT_FALSE(card.territory.empty());
  EXPECT_FALSE(card.family.empty());
  EXPECT_FALSE(card.references.empty());
  EXPECT_EQ(to_lower_ascii(card.name), card.name);
  EXPECT_EQ(entry().settings().owner, card.name);
  for (const Param& param : entry().settings().params) {
    EXPECT_FALSE(param.help.empty()) << param.name;
    EXPECT_EQ(param.help.back(), '.') << param.name;
  }
}

TEST_P(EveryAlgorithm, EachRangeRefusesBadValues) {
  for (const Param& param : entry().settings().params) {
    AnyEstimator estimator = entry().make();
    const Json before = estimator.settings_json();
    for (const std::string& text : bad_texts(param)) {
      const std::string code = code_of([&] { estimator.set(param.name, text); });
      EXPECT_EQ(code.rfind("parameter.", 0), 0U) << param.name << " took " << text;
      EXPECT_EQ(estimator.settings_json(), before) << param.name << " was changed by " << text;
    }
  }
  AnyEstimator estimator = entry().make();
  EXPECT_EQ(code_of([&] { estimator.set("no_such_setting", "1"); }), "parameter.unknown");
}

TEST_P(EveryAlgorithm, SettingsRoundTripThroughTextAndJson) {
  for (const Param& param : entry().settings().params) {
    for (const std::string& text : good_texts(param)) {
      AnyEstimator first = entry().make();
      const std::string refused = code_of([&] { first.set(param.name, text); });
      // A rule over several settings may forbid one of them alone.
      ASSERT_TRUE(refused.empty() || refused == "parameter.rule")
          << param.name << " = " << text << ": " << refused;
      if (!refused.empty()) continue;
      AnyEstimator by_json = entry().make(), by_text = entry().make();
      by_json.set_json(first.settings_json());
      EXPECT_EQ(by_json.settings_json(), first.settings_json());
      for (const Param& other : entry().settings().params) {
        by_text.set(other.name, to_text(other.get(first.settings())));
      }
      EXPECT_EQ(by_text.settings_json(), first.settings_json()) << param.name << " = " << text;
      const Json parsed = parse_json(write_json(first.settings_json()), "settings");
      by_json.set_json(parsed);
      EXPECT_EQ(by_json.settings_json(), first.settings_json());
    }
  }
}

TEST_P(EveryAlgorithm, EachChoiceOfEachSettingFitsOrSaysWhyNot) {
  const Dataset data = sample(entry(), 60);
  for (const Param& param : entry().settings().params) {
    for (const std::string& text : good_texts(param)) {
      AnyEstimator estimator = entry().make();
      code_of([&] {
        estimator.set(param.name, text);
        const Context context({.seconds = 20.0});
        const Answers out = answers(estimator.fit(data, context), data.features);
        EXPECT_TRUE(all_finite(out.all())) << param.name << " = " << text;
      });
    }
  }
}

TEST_P(EveryAlgorithm, SearchTrialsAreValidAndFit) {
  const Dataset data = sample(entry(), 60);
  for (const Trial& trial : entry().search()) {
    AnyEstimator estimator = entry().make();
    for (const auto& [name, text] : trial)
      EXPECT_EQ(code_of([&] { estimator.set(name, text); }), "") << name << " = " << text;
    EXPECT_EQ(code_of([&] { estimator.fit(data, Context{}); }), "");
  }
}

TEST_P(EveryAlgorithm, EndsOfTheSpaceAreValidAndFit) {
  const Dataset data = sample(entry(), 60);
  for (const double share : {0.0, 0.5, 1.0}) {
    if (entry().space().empty()) break;
    AnyEstimator estimator = entry().make();
    for (const Axis& axis : entry().space())
      EXPECT_EQ(code_of([&] { estimator.set(axis.name, axis.at(share)); }), "") << axis.name;
    EXPECT_EQ(code_of([&] { estimator.fit(data, Context{}); }), "") << "at " << share;
  }
}

}  // namespace
}  // namespace everyml::checks
