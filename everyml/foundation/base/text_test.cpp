#include "everyml/foundation/base/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "everyml/foundation/base/random.h"

namespace everyml {
namespace {

TEST(Text, ShellWordsNeedNoMoreQuotes) {
  EXPECT_EQ(shell_word("data/titanic-2.csv"), "data/titanic-2.csv");
  EXPECT_EQ(shell_word("--cost"), "--cost");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("my file"), "'my file'");
  EXPECT_EQ(shell_word("$HOME;`x`\n*"), "'$HOME;`x`\n*'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("=ls"), "'=ls'");
}

TEST(FormatNumber, IsShortAndReadsBack) {
  EXPECT_EQ(format_number(3), "3");
  EXPECT_EQ(format_number(-0.0), "-0");
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(100000), "100000");
  EXPECT_EQ(format_number(1e22), "1e+22");
  EXPECT_EQ(format_number(std::nan("")), "nan");
  EXPECT_EQ(format_number(-HUGE_VAL), "-inf");
  Stream stream(1, "text");
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = stream.next_u64();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const auto back = parse_number(format_number(value));
    ASSERT_TRUE(back.has_value()) << format_number(value);
    ASSERT_EQ(*back, value);
  }
}

TEST(FormatShort, ReadsWellForPeople) {
  EXPECT_EQ(format_short(0), "0");
  EXPECT_EQ(format_short(0.5), "0.5");
  EXPECT_EQ(format_short(1.0 / 3), "0.3333");
  EXPECT_EQ(format_short(-12.3456), "-12.35");
  EXPECT_EQ(format_short(1234567.8), "1234568");
  EXPECT_EQ(format_short(0.00012345), "0.0001234");
  EXPECT_EQ(format_short(1.5e-9), "1.5e-9");
  EXPECT_EQ(format_short(2e20), "2e20");
  EXPECT_EQ(format_short(0.123456, 2), "0.12");
  EXPECT_EQ(format_short(9.99999, 3), "10");
  EXPECT_EQ(format_short(HUGE_VAL), "inf");
}

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number("+3"), 3.0);
  EXPECT_EQ(parse_number("1e5"), 1e5);
  EXPECT_EQ(parse_number("-.5"), -0.5);
  EXPECT_EQ(parse_number("5."), 5.0);
  EXPECT_EQ(parse_number("Infinity"), HUGE_VAL);
  EXPECT_EQ(parse_number("-INF"), -HUGE_VAL);
  EXPECT_EQ(parse_number("1e-400"), 0.0);
  ASSERT_TRUE(parse_number("NaN").has_value());
  EXPECT_TRUE(std::isnan(*parse_number("NaN")));
  for (const char* text : {"", " 1", "1 ", "1,5", "+-1", "++1", "-", "+", ".", "1e", "0x10", "1e999",
                           "-1e999", "nan(1)", "infin", "1_000", "--1", "e5", "one"}) {
    EXPECT_FALSE(parse_number(text).has_value()) << text;
  }
}

TEST(DidYouMean, FindsSlipsOfTheFinger) {
  const std::vector<std::string> names{"alpha", "intercept", "age", "Größe", "learning_rate"};
  EXPECT_EQ(did_you_mean("alhpa", names), "alpha");
  EXPECT_EQ(did_you_mean("ALPHA", names), "alpha");
  EXPECT_EQ(did_you_mean("intercpt", names), "intercept");
  EXPECT_EQ(did_you_mean("learningrate", names), "learning_rate");
  EXPECT_EQ(did_you_mean("grösse", names), "Größe");
  EXPECT_EQ(did_you_mean("GRÖßE", names), "Größe");
  EXPECT_EQ(did_you_mean("ag", names), "age");
  EXPECT_EQ(did_you_mean("weight", names), std::nullopt);
  EXPECT_EQ(did_you_mean("", names), std::nullopt);
  EXPECT_EQ(did_you_mean("b", std::vector<std::string>{"a"}), std::nullopt);
  EXPECT_EQ(did_you_mean(std::string(1'000'000, 'a'), names), std::nullopt);
}

TEST(DidYouMean, BreaksTiesByCaseThenByOrder) {
  EXPECT_EQ(did_you_mean("nane", std::vector<std::string>{"NAME", "name"}), "name");
  EXPECT_EQ(did_you_mean("colx", std::vector<std::string>{"cola", "colb"}), "cola");
  EXPECT_EQ(suggestion("agee", std::vector<std::string>{"age"}), " Did you mean \"age\"?");
  EXPECT_EQ(suggestion("zzzzz", std::vector<std::string>{"age"}), "");
}

TEST(Printable, MakesHostileTextVisible) {
  EXPECT_EQ(printable("plain é 漢 \\"), "plain é 漢 \\");
  EXPECT_EQ(printable("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(printable(std::string_view("a\0b\n\t\r\x7f", 7)), "a\\x00b\\n\\t\\r\\x7f");
  EXPECT_EQ(printable("\u0085\u009b"), "\\u0085\\u009b");
  EXPECT_EQ(printable("a\u202eb\u2066c\u2069"), "a\\u202eb\\u2066c\\u2069");
  EXPECT_EQ(printable("\xff\xc0\xaf\xe2\x82"), "\\xff\\xc0\\xaf\\xe2\\x82");
  EXPECT_EQ(printable("\U000e0041"), "\\U000e0041");
}

TEST(Printable, CutsAtTheLimit) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcde…");
  EXPECT_EQ(printable("漢漢漢漢", 3), "漢漢…");
  EXPECT_EQ(printable("abc\x1b", 6), "abc…") << "an escape is never cut in two";
  EXPECT_EQ(printable("abc", 0), "");
  EXPECT_LE(printable(std::string(1'000'000, '\x1b'), 60).size(), 64U);
}

TEST(Utf8, RefusesOverlongSurrogatesAndHalves) {
  EXPECT_TRUE(valid_utf8(""));
  EXPECT_TRUE(valid_utf8("aé漢🙂"));
  for (const char* text : {"\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\xff"}) {
    EXPECT_FALSE(valid_utf8(text));
  }
}

TEST(Text, SmallTools) {
  EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(trim("  "), "");
  EXPECT_EQ(to_lower_ascii("AbC É"), "abc É");
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(join_and(std::vector<std::string>{"a", "b", "c"}), "a, b and c");
  EXPECT_EQ(join_and(std::vector<std::string>{"a", "b"}), "a and b");
  EXPECT_EQ(join_and(std::vector<std::string>{}), "");
}

}  // namespace
}  // namespace everyml
