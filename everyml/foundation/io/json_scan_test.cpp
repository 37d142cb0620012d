#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/io/json_scan_impl.h"

namespace everyml::detail {
namespace {

bool accepts(std::string_view text) {
  try {
    JsonScanner scanner(text, "model.header", "test");
    scanner.value();
    scanner.end();
    return true;
  } catch (const FormatError&) {
    return false;
  }
}

TEST(JsonScanner, KnowsEveryFormOfTheGrammar) {
  for (const std::string_view good : {"0",
                                      "-0",
                                      "-12",
                                      "1.5",
                                      "1e5",
                                      "1E+5",
                                      "1e-5",
                                      "true",
                                      "false",
                                      "null",
                                      "\"\"",
                                      "[]",
                                      "{}",
                                      " [ ] ",
                                      "{ }",
                                      "\t\r\n1\t\r\n ",
                                      "[1,2]",
                                      "[1 , 2]",
                                      R"({"a":1})",
                                      R"({"a" : [ {} ] , "b":"c"})",
                                      R"("\"\\\/\b\f\n\r\t")",
                                      R"("\u0000\u00ff\uABCD\uabcd\ud7ff\ue000\ud800\udc00\udbff\udfff")"}) {
    EXPECT_TRUE(accepts(good)) << good;
  }
  for (const std::string_view bad : {"",
                                     " ",
                                     "-",
                                     "+1",
                                     "01",
                                     "1.",
                                     ".5",
                                     "1.e5",
                                     "1e",
                                     "1e+",
                                     "1e-",
                                     "--1",
                                     "t",
                                     "tru",
                                     "nul",
                                     "fals",
                                     "True",
                                     "[",
                                     "]",
                                     "[1",
                                     "[1,",
                                     "[1,]",
                                     "[,1]",
                                     "[1 2]",
                                     "{",
                                     "}",
                                     "{1:2}",
                                     "{\"a\"",
                                     "{\"a\":",
                                     "{\"a\":1",
                                     "{\"a\":1,",
                                     "{\"a\":1,}",
                                     "{\"a\" 1}",
                                     "{,}",
                                     "[1}",
                                     "{\"a\":1]",
                                     "\"",
                                     "\"a",
                                     "\"\\",
                                     "\"\\u",
                                     "\"\\u12",
                                     "\"\\u123",
                                     R"("\u12G4")",
                                     R"("\u12g4")",
                                     R"("\u12:4")",
                                     R"("\u12@4")",
                                     R"("\u12`4")",
                                     R"("\u12/4")",
                                     R"("\x")",
                                     R"("\ud800")",
                                     R"("\ud800x")",
                                     R"("\ud800\n")",
                                     R"("\ud800\u0041")",
                                     R"("\ud800\ue000")",
                                     R"("\udc00")",
                                     "\"\\ud800",
                                     "\"\\ud800\\u12",
                                     "\"\x1f\"",
                                     "1 2",
                                     "1,",
                                     "[]]",
                                     "\x01",
                                     "/*1*/"}) {
    EXPECT_FALSE(accepts(bad)) << bad;
  }
  EXPECT_FALSE(accepts(std::string_view("\0", 1)));
  EXPECT_FALSE(accepts(std::string_view("1\0", 2)));
}

TEST(JsonScanner, AgreesWithAnotherParserOnBentTexts) {
  const std::string seeds[] = {R"({"a":[1,-2.5e3,true,null,{"b":"c\n\u00e9"}],"d":{}})",
                               R"([[],[{}],"\ud83d\ude00",0.1])", R"({"x":{"y":{"z":[false]}},"w":"\\\""})"};
  const std::string alphabet = "{}[]\",:\\/ \t\n0123456789.-+eEtrufalsn\"xud";
  Stream random(12, "json scanner");
  int good = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = seeds[random.below(std::size(seeds))];
    for (auto edits = 1 + random.below(3); edits > 0 && !text.empty(); --edits) {
      const auto at = random.below(text.size());
      const char c = alphabet[random.below(alphabet.size())];
      switch (random.below(3)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1 + random.below(4));
      }
    }
    const bool theirs = Json::accept(text);
    good += theirs;
    ASSERT_EQ(accepts(text), theirs) << text;
  }
  EXPECT_GT(good, 2'000);
}

TEST(JsonScanner, CountsValuesAndReadsWholeNumbers) {
  JsonScanner scanner(R"([1,{"a":[2,3]}] 18446744073709551615 )", "model.header", "test");
  EXPECT_EQ(scanner.value(), R"([1,{"a":[2,3]}])");
  EXPECT_EQ(scanner.values(), 6u);
  EXPECT_EQ(scanner.unsigned_number(), UINT64_MAX);
  scanner.end();
  for (const std::string_view bad :
       {"18446744073709551616", "184467440737095516150", "-1", "1.5", "1e3", "x", ""}) {
    JsonScanner wrong(bad, "model.header", "test");
    EXPECT_THROW(wrong.unsigned_number(), FormatError) << bad;
  }
}

TEST(JsonScanner, SaysWhereItStopped) {
  try {
    JsonScanner scanner("[1, x]", "model.value", "m.everyml");
    scanner.value();
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(error.code(), "model.value");
    EXPECT_STREQ(error.what(), "m.everyml: expected a value (byte 4)");
  }
}

}  // namespace
}  // namespace everyml::detail
