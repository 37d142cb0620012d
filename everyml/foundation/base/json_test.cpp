#include "everyml/foundation/base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

using testing::HasSubstr;

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::pair<std::string, std::string> refusal(std::string_view text) {
  try {
    (void)parse_json(text, "settings.json");
  } catch (const FormatError& error) {
    return {std::string(error.code()), error.what()};
  }
  return {"none", ""};
}

TEST(ParseJson, KeepsValuesKindsAndOrder) {
  const Json tree = parse_json(R"({"z": 1, "a": [true, null, -2.5, "x\u00e9\n"], "m": {}})", "test");
  EXPECT_EQ(write_json(tree), "{\"z\":1,\"a\":[true,null,-2.5,\"xé\\n\"],\"m\":{}}");
  EXPECT_TRUE(tree["z"].is_number_integer());
  EXPECT_EQ(parse_json("\xef\xbb\xbf 7 ", "test"), Json(7));
  EXPECT_EQ(parse_json("\"root\"", "test"), Json("root"));
}

TEST(ParseJson, WholeNumbersAreExact) {
  EXPECT_EQ(parse_json("9223372036854775807", "t").get<std::int64_t>(), INT64_MAX);
  EXPECT_EQ(parse_json("-9223372036854775808", "t").get<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(parse_json("18446744073709551615", "t").get<std::uint64_t>(), UINT64_MAX);
  EXPECT_EQ(refusal("{\"id\": 18446744073709551616}").first, "json.number");
  EXPECT_EQ(refusal("-9223372036854775809").first, "json.number");
  EXPECT_EQ(parse_json("1.8446744073709551616e19", "t").get<double>(), 0x1p64);
}

TEST(ParseJson, SaysWhere) {
  const auto [code, sentence] = refusal("{\n  \"a\": 1,\n  \"b\": tru\n}");
  EXPECT_EQ(code, "json.syntax");
  EXPECT_THAT(sentence, HasSubstr("settings.json, line 3, column"));
  EXPECT_THAT(refusal("").second, HasSubstr("the text is empty"));
  EXPECT_THAT(refusal("[1, 18446744073709551616]").second, HasSubstr("line 1, column 5"));
}

TEST(ParseJson, RefusesDuplicateKeysHoweverWritten) {
  const auto [code, sentence] = refusal(R"({"grid": [{"alpha": 1}, {"alpha": 1, "\u0061lpha": 2}]})");
  EXPECT_EQ(code, "json.duplicate_key");
  EXPECT_THAT(sentence, HasSubstr("\"alpha\""));
  EXPECT_THAT(sentence, HasSubstr("/grid/1/"));
  EXPECT_EQ(refusal(R"({"a": {"b": 1}, "b": {"a": 1}})").first, "none")
      << "the same key in other objects is fine";
}

TEST(ParseJson, DepthEndsAt64) {
  EXPECT_EQ(refusal(nested(64)).first, "none");
  EXPECT_EQ(refusal(nested(65)).first, "json.depth");
  EXPECT_THAT(refusal(nested(65)).second, HasSubstr("line 1, column 65"));
  EXPECT_EQ(refusal(std::string(63, '[') + "{\"a\": 1}" + std::string(63, ']')).first, "none");
  EXPECT_EQ(refusal(nested(500'000)).first, "json.depth");
  EXPECT_EQ(refusal(std::string(1'000'000, '[')).first, "json.syntax") << "never closed";
  EXPECT_EQ(refusal(std::string(64, '[') + "1" + std::string(64, ']')).first, "none");
  EXPECT_EQ(refusal(std::string(64, '[') + "{}" + std::string(64, ']')).first, "json.depth");
  EXPECT_EQ(refusal(std::string(64, '[') + "\"[[\"" + std::string(64, ']')).first, "none");
}

TEST(ParseJson, HostileObjectsCostLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  text.back() = '}';
  EXPECT_EQ(parse_json(text, "t").size(), 300'000U);  // the test's time limit is the check
}

TEST(ParseJson, RefusesWhatIsNotJson) {
  for (const char* text :
       {"{",           "[1,]",         "{\"a\" 1}", "{\"a\":1,}",   "[1}",   "01",  "1.",    ".5",
        "+1",          "1e",           "nan",       "Infinity",     "1e999", "'a'", "\"a",   "\"\x01\"",
        "\"\\ud800\"", "\"\\x\"",      "\"\xff\"",  "\"\xc0\xaf\"", "[1] 2", "nul", "truex", "// c\n1",
        " ",           "\xef\xbb\xbf", "[1 2]",     "{1:2}",        "--1",   "0x10"}) {
    EXPECT_EQ(refusal(text).first, "json.syntax") << text;
  }
}

// Two readers of different make agree on what is JSON.
TEST(ParseJson, AgreesWithASecondReaderOnBrokenTexts) {
  const std::string good =
      R"({"a":[1,-2.5e3,0.1,"q\"\u00e9\\",{"b":null,"c":[true,false,{}]}],"d":"é漢","e":12})";
  Stream stream(1, "mutations");
  const std::string_view letters = "{}[]\",:\\0123456789.eE+-truefalsn u\xc3\xa9\x01\xff";
  int accepted = 0, refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = good;
    for (std::uint64_t edits = 1 + stream.below(3); edits > 0; --edits) {
      const std::size_t at = stream.below(text.size());
      const char letter = letters[stream.below(letters.size())];
      switch (stream.below(3)) {
        case 0:
          text[at] = letter;
          break;
        case 1:
          text.erase(at, 1 + stream.below(4));
          break;
        default:
          text.insert(at, 1, letter);
      }
    }
    const auto [code, sentence] = refusal(text);
    if (code == "json.duplicate_key") continue;
    ASSERT_EQ(code == "none", Json::accept(text)) << text << "\n" << sentence;
    if (code == "none") {
      ASSERT_EQ(parse_json(text, "t"), Json::parse(text)) << text;
      ++accepted;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(refused, 100);
}

TEST(ParseJson, HostileNamesAreHarmlessInSentences) {
  try {
    (void)parse_json("{", "a\x1b[2Jb");
    ADD_FAILURE();
  } catch (const FormatError& error) {
    EXPECT_EQ(std::string_view(error.what()).find('\x1b'), std::string_view::npos);
  }
}

TEST(WriteJson, IsCompactOrIndentedAndNeverThrowsOnBytes) {
  Json tree;
  tree["text"] = "a\xff";
  tree["nan"] = std::nan("");
  EXPECT_EQ(write_json(tree), "{\"text\":\"a\xef\xbf\xbd\",\"nan\":null}");
  EXPECT_EQ(write_json(Json{1, 2}, 2), "[\n  1,\n  2\n]");
}

TEST(WriteJson, NumbersReadBackToTheSameBits) {
  Stream stream(1, "numbers");
  for (int i = 0; i < 5000; ++i) {
    const double value = stream.normal() * std::ldexp(1.0, static_cast<int>(stream.below(600)) - 300);
    ASSERT_EQ(parse_json(write_json(Json(value)), "t").get<double>(), value);
  }
}

}  // namespace
}  // namespace everyml
