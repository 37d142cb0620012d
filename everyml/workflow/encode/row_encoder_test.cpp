#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/workflow/encode/encoder.h"
#include "tests/support/count_allocations.h"

namespace everyml {
namespace {

using Cells = std::vector<std::optional<std::string>>;

/// One column of each kind, cells missing here and there.
struct Sample {
  std::vector<double> number;
  std::vector<int> flag;
  Cells small, large, text;
  std::vector<std::int64_t> when;
  Target target;
  Table table;

  explicit Sample(std::size_t rows) {
    Stream random(21, "row encoder");
    Buffer<double> y(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto missing = [&] { return random.uniform() < 0.15; };
      number.push_back(missing() ? std::nan("") : random.normal() * 10);
      flag.push_back(missing() ? -1 : static_cast<int>(random.below(2)));
      small.push_back(missing() ? std::nullopt : std::optional("s" + std::to_string(random.below(5))));
      large.push_back(missing()
                          ? std::nullopt
                          : std::optional("a longer level, number " + std::to_string(random.below(90))));
      text.push_back(missing() ? std::nullopt
                               : std::optional("Größe " + std::to_string(random.below(9)) +
                                               " of the café, 漢字 " + std::to_string(random.below(50))));
      const auto days = static_cast<std::int64_t>(random.below(9000));
      when.push_back(missing() ? kMissingDate
                               : days * 86'400'000'000 + static_cast<std::int64_t>(i) * 1'000'000);
      y[i] = random.normal();
    }
    target = Target::numbers(y);
    Buffer<double> numbers(rows);
    Buffer<std::int8_t> flags(rows);
    Buffer<std::int64_t> dates(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      numbers[i] = number[i];
      flags[i] = static_cast<std::int8_t>(flag[i]);
      dates[i] = when[i];
    }
    table =
        Table({Column::numbers("number", std::move(numbers)), Column::booleans("flag", std::move(flags)),
               Column::categories("small", small), Column::categories("large", large),
               Column::texts("text", TextStore::from(text)), Column::dates("when", std::move(dates), true)});
  }

  void set_row(RowEncoder& encoder, std::size_t row, bool with_text) const {
    encoder.clear();
    encoder.set(encoder.column("number"), number[row]);
    if (flag[row] >= 0) encoder.set(encoder.column("flag"), flag[row]);
    if (small[row]) encoder.set(encoder.column("small"), *small[row]);
    if (large[row]) encoder.set(encoder.column("large"), *large[row]);
    if (text[row] && with_text) encoder.set(encoder.column("text"), *text[row]);
    if (when[row] != kMissingDate) encoder.set(encoder.column("when"), format_date(when[row], true));
  }
};

Encoder fit(const Sample& sample, const InputNeeds& needs, bool with_text) {
  std::vector<std::string> columns = sample.table.names();
  if (!with_text) std::erase(columns, "text");
  return Encoder::fit(sample.table, columns, sample.target, {}, needs, {}, Context());
}

TEST(RowEncoder, TheBitsOfARowAreThoseOfTheTable) {
  const Sample sample(400);
  for (const auto missing : {InputNeeds::Missing::impute, InputNeeds::Missing::keep}) {
    for (const auto categories : {InputNeeds::Categories::one_hot, InputNeeds::Categories::codes}) {
      for (const auto scale : {InputNeeds::Scale::none, InputNeeds::Scale::standard}) {
        for (const bool with_text : {false, true}) {
          const Encoder encoder = fit(sample, {missing, categories, scale}, with_text);
          const Features x = encoder.transform(sample.table, Context());
          RowEncoder rows(encoder);
          for (std::size_t r = 0; r < 400; ++r) {
            sample.set_row(rows, r, with_text);
            const std::span<const double> got = rows.encode();
            ASSERT_EQ(got.size(), x.columns());
            for (std::size_t c = 0; c < got.size(); ++c) {
              const double expected = x.at(r, c);
              if (std::isnan(expected))
                ASSERT_TRUE(std::isnan(got[c])) << encoder.info()[c].name;
              else
                ASSERT_EQ(got[c], expected) << encoder.info()[c].name;
            }
          }
        }
      }
    }
  }
}

TEST(RowEncoder, UnknownCellsAreMissing) {
  const Sample sample(300);
  RowEncoder rows(fit(sample, {}, true));
  const std::vector<double> missing(rows.encode().begin(), rows.encode().end());
  rows.set(rows.column("small"), "never seen");
  rows.set(rows.column("large"), 3.0);
  rows.set(rows.column("number"), "not a number");
  rows.set(rows.column("flag"), 2.0);
  rows.set(rows.column("when"), 5.0);
  rows.set(rows.column("text"), "");
  EXPECT_EQ(std::vector<double>(rows.encode().begin(), rows.encode().end()), missing);
  rows.set(rows.column("number"), "1e3");
  EXPECT_NE(std::vector<double>(rows.encode().begin(), rows.encode().end()), missing);
  rows.clear();
  EXPECT_EQ(std::vector<double>(rows.encode().begin(), rows.encode().end()), missing);
  EXPECT_THROW(rows.column("nmber"), DataError);
}

TEST(RowEncoder, AllocatesNothingOnceMade) {
  const Sample sample(300);
  RowEncoder rows(fit(sample, {.scale = InputNeeds::Scale::standard}, true));
  const std::size_t number = rows.column("number"), flag = rows.column("flag"), small = rows.column("small"),
                    large = rows.column("large"), text = rows.column("text"), when = rows.column("when");
  const std::string long_text(20'000, 'x');
  const std::size_t before = allocations.load();
  double sum = 0;
  for (int i = 0; i < 100; ++i) {
    rows.clear();
    rows.set(number, i);
    rows.set(number, "12345.678901234567");
    rows.set(flag, "yes");
    rows.set(small, "s3");
    rows.set(large, "a longer level, number 17");
    rows.set(large, "a level that is long and not there");
    rows.set(text, "Some words in ASCII and Größe, ﬁn, 漢字 of another script \xff\xfe too");
    rows.set(text, long_text);
    rows.set(when, "2024-02-29T12:30:00.5Z");
    sum += rows.encode()[0];
  }
  EXPECT_EQ(allocations.load(), before);
  EXPECT_NE(sum, 0);
  // The counter itself works.
  const std::string grown(long_text + "y");
  EXPECT_GT(allocations.load(), before);
}

}  // namespace
}  // namespace everyml
