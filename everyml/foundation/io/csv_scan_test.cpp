// The scanners against loops that go byte by byte, on all targets of the machine.

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "everyml/foundation/base/random.h"
#include "everyml/foundation/io/csv_dictionary_impl.h"
#include "everyml/foundation/io/csv_scan_impl.h"

namespace everyml::csv {
namespace {

std::string padded(const std::string& text) {
  return std::string(kPadding, '\0') + text + std::string(kPadding, '\0');
}

Survey slow_survey(const std::string& text, const Shape& shape) {
  Survey result;
  result.first_newline[0] = result.first_newline[1] = text.size();
  bool inside = false;  // for a start outside quotes
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    result.beyond_ascii |= byte >= 0x80;
    result.zero_byte |= byte == 0;
    inside ^= shape.quote != 0 && text[i] == shape.quote;
    if (text[i] != shape.newline) continue;
    ++result.all_newlines;
    if (result.newlines[inside]++ == 0) result.first_newline[inside] = i;
  }
  result.odd_quotes = inside;
  return result;
}

TEST(CsvScan, SurveysAndSeparatorsAreThoseOfAPlainLoopOnAllTargets) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::GetChosenTarget().Update(target);
    Stream stream(7, "scan");
    for (int round = 0; round < 400; ++round) {
      const Shape shape{.delimiter = ',', .quote = round % 3 == 0 ? '\0' : '"', .newline = '\n'};
      std::string text;
      const std::size_t size = stream.below(300);
      for (std::size_t i = 0; i < size; ++i) {
        const std::uint64_t what = stream.below(40);
        text += what < 4                      ? ','
                : what < 7                    ? '\n'
                : what < 9                    ? '"'
                : what == 9 && round % 7 == 0 ? '\xE4'
                                              : 'x';
      }
      if (round % 11 == 0 && size > 0) text[stream.below(size)] = '\0';
      const std::string room = padded(text);
      const Survey fast = survey(room.data() + kPadding, text.size(), shape);
      const Survey slow = slow_survey(text, shape);
      for (int state = 0; state < 2; ++state) {
        EXPECT_EQ(fast.newlines[state], slow.newlines[state]);
        EXPECT_EQ(fast.first_newline[state], slow.first_newline[state]);
      }
      EXPECT_EQ(fast.all_newlines, slow.all_newlines);
      EXPECT_EQ(fast.odd_quotes, slow.odd_quotes);
      EXPECT_EQ(fast.beyond_ascii, slow.beyond_ascii);
      EXPECT_EQ(fast.zero_byte, slow.zero_byte);

      std::vector<std::uint32_t> places(text.size() + kScanSlack + 64);
      const SeparatorScan scan =
          scan_separators(room.data() + kPadding, 0, static_cast<std::uint32_t>(text.size()), shape,
                          places.data(), static_cast<std::uint32_t>(text.size() + 64));
      std::vector<std::uint32_t> expected;
      bool inside = false;
      for (std::size_t i = 0; i < scan.end; ++i) {
        inside ^= shape.quote != 0 && text[i] == shape.quote;
        if (inside || (text[i] != ',' && text[i] != '\n')) continue;
        expected.push_back(static_cast<std::uint32_t>(i) | (text[i] == '\n' ? kNewlineBit : 0));
      }
      EXPECT_EQ(std::vector<std::uint32_t>(places.begin(), places.begin() + scan.count), expected);
      if (!scan.irregular) {
        EXPECT_EQ(scan.end, text.size());
      }
    }
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(CsvScan, NumbersAreThoseOfTheCLibraryOnAllTargets) {
  const std::vector<std::string> cells = {"0",
                                          "1",
                                          "-1",
                                          "12.5",
                                          "-0.5",
                                          "9007199254740992",
                                          "0.1",
                                          "123456.789",
                                          "-99999999.5",
                                          "3.14159265358979",
                                          "7.",
                                          ".5",
                                          "",
                                          "-",
                                          ".",
                                          "1e5",
                                          "007",
                                          "1.2.3",
                                          "abc",
                                          "12345678901234567",
                                          "--1",
                                          "0.0"};
  std::string text;
  std::vector<Field> fields;
  for (const std::string& cell : cells) {
    fields.push_back({static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(cell.size())});
    text += cell + ",";
  }
  fields.push_back({0, 1 | Field::kQuoted});
  fields.push_back({0, 1 | Field::kQuoted | Field::kBlanks});
  const std::string room = padded(text);
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::GetChosenTarget().Update(target);
    std::vector<double> out(fields.size());
    std::vector<std::uint32_t> others(fields.size() + 1);
    bool point = false;
    const std::size_t count = convert_plain_numbers(room.data() + kPadding, fields.data(), 1, fields.size(),
                                                    out.data(), others.data(), point);
    EXPECT_TRUE(point);
    std::vector<bool> other(fields.size(), false);
    for (std::size_t i = 0; i < count; ++i) other[others[i]] = true;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!other[i]) {
        EXPECT_EQ(out[i], std::strtod(cells[i].c_str(), nullptr)) << cells[i];
      }
    }
    for (const std::size_t i : {12U, 13U, 14U, 15U, 16U, 17U, 18U, 19U, 20U})
      EXPECT_TRUE(other[i]) << cells[i];
    EXPECT_TRUE(other.back()) << "blanks around the quotes are to be told";
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(CsvDictionary, ShortStringsThatDifferInTheirZerosAreDifferent) {
  // The key of up to eight bytes is the bytes themselves, filled up with zeros.
  Dictionary dictionary;
  std::vector<std::string> texts;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    for (std::size_t size = 1; size <= 8; ++size)
      texts.push_back(std::string(1, letter) + std::string(size - 1, '\0'));
  }
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(dictionary.code(texts[i]), i);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(dictionary.find(texts[i]), i);
  EXPECT_FALSE(dictionary.find("ab").has_value());
}

}  // namespace
}  // namespace everyml::csv
