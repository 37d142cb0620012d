#include "everyml/foundation/params/param.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/params/field.h"

namespace everyml {
namespace {

enum class Mode { plain, fancy };
constexpr auto choices_of(Mode) {
  return std::array{Choice{Mode::plain, "plain"}, Choice{Mode::fancy, "fancy"}};
}

struct Solver {
  double tolerance = 1e-6;
  int iterations = 100;
  static constexpr std::string_view name = "solver";
  static constexpr auto fields() {
    return std::tuple{Field{&Solver::tolerance, "tolerance", "When to stop.", above(0.0)},
                      Field{&Solver::iterations, "iterations", "At most.", between(1, 1000)}};
  }
};

struct Sample {
  double alpha = 1.0;
  bool intercept = true;
  std::optional<int> limit;
  Mode mode = Mode::plain;
  std::string label = "x";
  std::vector<double> grid = {0.5, 2};
  std::vector<std::string> words;
  Solver solver;

  static constexpr std::string_view name = "sample";
  static constexpr auto fields() {
    return std::tuple{Field{&Sample::alpha, "alpha", "Strength.", at_least(0.0)},
                      Field{&Sample::intercept, "intercept", "Learn one."},
                      Field{&Sample::limit, "limit", "At most so many.", at_least(1)},
                      Field{&Sample::mode, "mode", "How."},
                      Field{&Sample::label, "label", "What it is called."},
                      Field{&Sample::grid, "grid", "Values to try.", strictly_between(0, 10)},
                      Field{&Sample::words, "words", "Words."},
                      Field{&Sample::solver, "solver", "The solver."}};
  }
  static constexpr auto rules() {
    return std::array{Rule<Sample>{[](const Sample& s) { return s.intercept || s.alpha > 0; },
                                   "alpha must be above 0 when intercept is false"}};
  }
};
static_assert(field_detail::member_count<Sample>() == 8);
static_assert(field_detail::member_count<Solver>() == 2);

std::string message_of(const auto& action) {
  try {
    action();
  } catch (const ParameterError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Param, DeclarationGivesNamesTypesAndDefaults) {
  const ParamSet& set = describe<Sample>();
  ASSERT_EQ(set.params.size(), 9U);
  EXPECT_EQ(set.params[7].name, "solver.tolerance");
  EXPECT_EQ(set.find("limit").optional, true);
  EXPECT_EQ(to_text(set.find("limit").default_value), "none");
  EXPECT_EQ(to_text(set.find("grid").default_value), "0.5,2");
  EXPECT_EQ(to_text(set.find("mode").default_value), "plain");
}

TEST(Param, TextIsParsedIntoEveryKind) {
  Sample sample;
  const ParamSet& set = describe<Sample>();
  set.set_text(&sample, "alpha", "0.25");
  set.set_text(&sample, "intercept", "no");
  set.set_text(&sample, "limit", "7");
  set.set_text(&sample, "mode", "fancy");
  set.set_text(&sample, "label", "a b");
  set.set_text(&sample, "grid", "1, 2.5,3");
  set.set_text(&sample, "words", "red, green");
  set.set_text(&sample, "solver.iterations", "9");
  EXPECT_EQ(sample.alpha, 0.25);
  EXPECT_FALSE(sample.intercept);
  EXPECT_EQ(sample.limit, 7);
  EXPECT_EQ(sample.mode, Mode::fancy);
  EXPECT_EQ(sample.label, "a b");
  EXPECT_EQ(sample.grid, (std::vector<double>{1, 2.5, 3}));
  EXPECT_EQ(sample.words, (std::vector<std::string>{"red", "green"}));
  EXPECT_EQ(sample.solver.iterations, 9);
  set.set_text(&sample, "limit", "none");
  EXPECT_EQ(sample.limit, std::nullopt);
}

TEST(Param, SentencesSayWhatWouldBeRight) {
  Sample sample;
  const ParamSet& set = describe<Sample>();
  EXPECT_EQ(message_of([&] { set.set_text(&sample, "alpha", "-1"); }),
            "sample: alpha must be at least 0, got -1");
  EXPECT_EQ(message_of([&] { set.set_text(&sample, "alpha", "many"); }),
            "sample: alpha must be a number, got \"many\"");
  EXPECT_EQ(message_of([&] { set.set_text(&sample, "limit", "2.5"); }),
            "sample: limit must be a whole number, got \"2.5\"");
  EXPECT_EQ(message_of([&] { set.set_text(&sample, "mode", "fanci"); }),
            "sample: mode must be one of plain, fancy, got \"fanci\". Did you mean \"fancy\"?");
  EXPECT_EQ(message_of([&] { set.set_text(&sample, "grid", "1,10"); }),
            "sample: grid must be above 0 and below 10, got 10");
  EXPECT_EQ(message_of([&] { set.set_text(&sample, "solver.iterations", "3000000000"); }),
            "sample: solver.iterations must be between 1 and 1000, got 3000000000");
  EXPECT_NE(message_of([&] { set.set_text(&sample, "alhpa", "1"); }).find("Did you mean \"alpha\"?"),
            std::string::npos);
  EXPECT_EQ(sample.alpha, 1.0);
}

TEST(Param, ValidateChecksRangesAndRules) {
  EXPECT_NO_THROW(validate(Sample{}));
  EXPECT_THROW(validate(Sample{.alpha = -1}), ParameterError);
  EXPECT_THROW(validate(Sample{.alpha = std::numeric_limits<double>::quiet_NaN()}), ParameterError);
  EXPECT_EQ(message_of([] { validate(Sample{.alpha = 0, .intercept = false}); }),
            "sample: alpha must be above 0 when intercept is false");
  EXPECT_THROW(validate(Sample{.solver = {.iterations = 0}}), ParameterError);
}

TEST(Param, JsonRoundTrip) {
  Sample sample{.alpha = 3, .limit = 4, .mode = Mode::fancy, .words = {"a"}, .solver = {.tolerance = 0.5}};
  const ParamSet& set = describe<Sample>();
  const Json json = set.to_json(&sample);
  Sample copy;
  set.set_all(&copy, json);
  EXPECT_EQ(set.to_json(&copy), json);
  EXPECT_EQ(copy.solver.tolerance, 0.5);
  EXPECT_THROW(set.set_all(&copy, Json::parse(R"({"alpha": "x"})")), ParameterError);
  EXPECT_THROW(set.set_all(&copy, Json::parse(R"({"nothing": 1})")), ParameterError);
  EXPECT_THROW(set.set_all(&copy, Json::parse("[1]")), ParameterError);
}

TEST(Param, SchemaStatesRangesChoicesAndDefaults) {
  const Json schema = describe<Sample>().schema();
  EXPECT_EQ(schema["properties"]["alpha"]["minimum"], 0.0);
  EXPECT_EQ(schema["properties"]["solver.tolerance"]["exclusiveMinimum"], 0.0);
  EXPECT_EQ(schema["properties"]["mode"]["enum"].size(), 2U);
  EXPECT_EQ(schema["properties"]["alpha"]["default"], 1.0);
  EXPECT_EQ(schema["properties"]["limit"]["anyOf"].size(), 2U);
}

struct Large {
  std::int64_t size = 0;
  static constexpr std::string_view name = "large";
  static constexpr auto fields() { return std::tuple{Field{&Large::size, "size", "Whole."}}; }
};

TEST(Param, WholeNumbersAreNeverRounded) {
  const ParamSet& set = describe<Large>();
  Large large;
  // 2^53 + 1 has no double.
  for (const std::int64_t size : {9007199254740991, -9007199254740991, 9007199254740993}) {
    for (const bool json : {false, true}) {
      large.size = 0;
      try {
        if (json)
          set.set_json(&large, "size", Json(size));
        else
          set.set_text(&large, "size", std::to_string(size));
        EXPECT_EQ(large.size, size);
      } catch (const ParameterError&) {
        EXPECT_GT(size, 9007199254740991);
      }
    }
  }
  set.set_text(&large, "size", "+12");
  EXPECT_EQ(large.size, 12);
  set.set_text(&large, "size", "1e3");
  EXPECT_EQ(large.size, 1000);
  for (const char* bad : {"+-5", "1.5", "", "12x", "99999999999999999999"})
    EXPECT_THROW(set.set_text(&large, "size", bad), ParameterError) << bad;
  EXPECT_THROW(set.set_json(&large, "size", Json(18446744073709551615U)), ParameterError);
}

}  // namespace
}  // namespace everyml
