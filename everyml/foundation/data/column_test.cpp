#include "everyml/foundation/data/column.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "everyml/foundation/base/error.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Cells = std::vector<std::optional<std::string>>;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kDay = 86'400'000'000;

template <class T>
Buffer<T> buffer(std::initializer_list<T> values) {
  auto out = Buffer<T>::uninitialized(values.size());
  std::copy(values.begin(), values.end(), out.begin());
  return out;
}

std::vector<std::string> cells_of(const Column& column) {
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < column.size(); ++i) cells.push_back(column.cell(i));
  return cells;
}

Column one_of_each(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
      return Column::numbers("c", buffer({1.5, kNan, -2.0}));
    case ColumnKind::boolean:
      return Column::booleans("c", buffer<std::int8_t>({1, -1, 0}));
    case ColumnKind::category:
      return Column::categories("c", Cells{"red", {}, "blue"});
    case ColumnKind::text:
      return Column::texts("c", TextStore::from(Cells{"one\ntwo", {}, ""}));
    case ColumnKind::date:
      return Column::dates("c", buffer<std::int64_t>({0, kMissingDate, kDay}), false);
  }
  return {};
}

TEST(Column, KindNamesComeBack) {
  for (const auto kind :
       {ColumnKind::number, ColumnKind::boolean, ColumnKind::category, ColumnKind::text, ColumnKind::date}) {
    EXPECT_EQ(column_kind_from(to_string(kind)), kind);
  }
  EXPECT_EQ(column_kind_from("integer"), std::nullopt);
}

TEST(Column, DefaultIsAnEmptyNumberColumn) {
  const Column column;
  EXPECT_EQ(column.size(), 0U);
  EXPECT_EQ(column.kind(), ColumnKind::number);
  EXPECT_EQ(column.missing_count(), 0U);
}

TEST(Column, EveryKindKnowsItsMissingCellAndItsCells) {
  EXPECT_THAT(cells_of(one_of_each(ColumnKind::number)), ElementsAre("1.5", "", "-2"));
  EXPECT_THAT(cells_of(one_of_each(ColumnKind::boolean)), ElementsAre("true", "", "false"));
  EXPECT_THAT(cells_of(one_of_each(ColumnKind::category)), ElementsAre("red", "", "blue"));
  EXPECT_THAT(cells_of(one_of_each(ColumnKind::text)), ElementsAre("one\ntwo", "", ""));
  EXPECT_THAT(cells_of(one_of_each(ColumnKind::date)), ElementsAre("1970-01-01", "", "1970-01-02"));
  for (const auto kind :
       {ColumnKind::number, ColumnKind::boolean, ColumnKind::category, ColumnKind::text, ColumnKind::date}) {
    const Column column = one_of_each(kind);
    EXPECT_EQ(column.kind(), kind);
    EXPECT_EQ(column.missing_count(), 1U);
    EXPECT_FALSE(column.missing(0));
    EXPECT_TRUE(column.missing(1));
    EXPECT_FALSE(column.missing(2)) << "an empty text is not a missing one";
  }
}

TEST(Column, NumbersReadFromEveryKindButText) {
  for (const auto kind : {ColumnKind::number, ColumnKind::boolean, ColumnKind::category, ColumnKind::date}) {
    const Column column = one_of_each(kind);
    EXPECT_TRUE(std::isnan(column.number(1)));
    std::vector<double> read(2);
    column.read_numbers(1, read);
    EXPECT_TRUE(std::isnan(read[0]));
    EXPECT_EQ(read[1], column.number(2));
  }
  EXPECT_EQ(one_of_each(ColumnKind::date).number(2), 86'400e6);
  EXPECT_EQ(one_of_each(ColumnKind::category).number(0), 1.0) << "blue comes before red";
  EXPECT_EQ(code_of([] { one_of_each(ColumnKind::text).number(0); }), "column.not_numeric");
}

TEST(Column, SelectAndSliceKeepKindLevelsAndCells) {
  for (const auto kind :
       {ColumnKind::number, ColumnKind::boolean, ColumnKind::category, ColumnKind::text, ColumnKind::date}) {
    const Column column = one_of_each(kind);
    const std::vector<std::size_t> rows{2, 1, 2};
    const Column chosen = column.select(rows);
    EXPECT_EQ(chosen.kind(), kind);
    EXPECT_EQ(chosen.name(), "c");
    EXPECT_THAT(cells_of(chosen), ElementsAre(column.cell(2), "", column.cell(2)));
    const Column part = column.slice(1, 3);
    EXPECT_THAT(cells_of(part), ElementsAre("", column.cell(2)));
    EXPECT_EQ(part.missing_count(), 1U);
    EXPECT_EQ(column.slice(3, 3).size(), 0U);
    EXPECT_EQ(column.select({}).size(), 0U);
    EXPECT_EQ(chosen.levels().size(), column.levels().size());
    EXPECT_THAT(cells_of(part.slice(1, 2)), ElementsAre(column.cell(2))) << "a slice of a slice";
  }
}

TEST(Column, SliceOutlivesItsColumn) {
  Column part;
  {
    auto values = Buffer<double>(1000);
    std::iota(values.begin(), values.end(), 0.0);
    part = Column::numbers("n", std::move(values)).slice(500, 502);
  }
  EXPECT_EQ(part.number(0), 500.0);
}

TEST(Column, FloatsAreBorrowedNotCopied) {
  auto values = std::make_shared<std::vector<float>>(std::vector<float>{0.1F, std::nanf(""), 3.0F});
  const std::weak_ptr<std::vector<float>> watch = values;
  {
    const Column column = Column::numbers_view("f", std::span<const float>(*values), values);
    EXPECT_EQ(column.floats().data(), values->data());
    EXPECT_TRUE(column.doubles().empty());
    values.reset();
    EXPECT_FALSE(watch.expired());
    EXPECT_THAT(cells_of(column), ElementsAre("0.1", "", "3"));
    EXPECT_EQ(column.number(0), static_cast<double>(0.1F));
    EXPECT_EQ(column.missing_count(), 1U);
  }
  EXPECT_TRUE(watch.expired());
}

TEST(Column, LevelsAreKeptInByteOrder) {
  const Column column =
      Column::categories("c", buffer<std::int32_t>({0, 1, 2, -1, 3}), {"b", "\xC3\xA9", "B", "unused first"});
  EXPECT_THAT(column.levels(), ElementsAre("B", "b", "unused first", "\xC3\xA9"));
  EXPECT_THAT(column.codes(), ElementsAre(1, 3, 0, -1, 2));
  EXPECT_THAT(cells_of(column), ElementsAre("b", "\xC3\xA9", "B", "", "unused first"));
  const std::vector<std::size_t> rows{0};
  EXPECT_EQ(column.select(rows).levels().size(), 4U) << "unused levels stay";
  EXPECT_EQ(column.text(2), "B");
}

TEST(Column, BadCodesAndLevelsAreRefused) {
  EXPECT_EQ(code_of([] { Column::categories("c", buffer<std::int32_t>({0, 2}), {"a", "b"}); }),
            "data.category_code");
  EXPECT_EQ(code_of([] { Column::categories("c", buffer<std::int32_t>({-2}), {"a", "b"}); }),
            "data.category_code");
  EXPECT_EQ(code_of([] { Column::categories("c", buffer<std::int32_t>({0}), {"a", "a"}); }),
            "data.category_level");
  EXPECT_EQ(code_of([] { Column::booleans("c", buffer<std::int8_t>({2})); }), "data.boolean_value");
  TextStore store = TextStore::from(Cells{"ab", "c"});
  store.offsets[1] = 9;
  EXPECT_EQ(code_of([&] { Column::texts("c", store); }), "data.text_store");
  try {
    Column::categories("colour", buffer<std::int32_t>({0, 7}), {"a"});
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("\"colour\": row 1 has the code 7"));
  }
}

TEST(Column, RenamedSharesTheValues) {
  const Column column = one_of_each(ColumnKind::number);
  EXPECT_EQ(column.renamed("d").name(), "d");
  EXPECT_EQ(column.renamed("d").doubles().data(), column.doubles().data());
}

struct KnownDate {
  std::int64_t unix_seconds;
  const char* text;
  int weekday, yearday;
};

// From the calendar itself: the epoch, a century leap day, the end of signed 32-bit seconds, a moment before
// the epoch, the first moments of years 1 and 9999's last, and the Gregorian reform's first day.
constexpr KnownDate kKnown[] = {
    {0, "1970-01-01 00:00:00", 3, 1},
    {951'782'400, "2000-02-29 00:00:00", 1, 60},
    {2'147'483'647, "2038-01-19 03:14:07", 1, 19},
    {-1, "1969-12-31 23:59:59", 2, 365},
    {1'000'000'000, "2001-09-09 01:46:40", 6, 252},
    {-2'203'891'200, "1900-03-01 00:00:00", 3, 60},
    {-12'219'292'800, "1582-10-15 00:00:00", 4, 288},
    {-62'135'596'800, "0001-01-01 00:00:00", 0, 1},
    {253'402'300'799, "9999-12-31 23:59:59", 4, 365},
};

TEST(Date, KnownMoments) {
  for (const KnownDate& known : kKnown) {
    const std::int64_t moment = known.unix_seconds * 1'000'000;
    EXPECT_EQ(format_date(moment, true), known.text);
    EXPECT_EQ(civil_time(moment).weekday, known.weekday) << known.text;
    EXPECT_EQ(civil_time(moment).yearday, known.yearday) << known.text;
    EXPECT_EQ(microseconds_of(civil_time(moment)), moment) << known.text;
  }
}

TEST(Date, FractionsOfASecond) {
  EXPECT_EQ(format_date(500'000, true), "1970-01-01 00:00:00.5");
  EXPECT_EQ(format_date(-1, true), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(format_date(-1, false), "1969-12-31");
  EXPECT_EQ(format_date(kMissingDate, true), "");
}

TEST(Date, EveryDayOfTenThousandYears) {
  // A plain walk through the calendar beside the closed formula.
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int64_t day = -719'162;  // 0001-01-01
  for (int year = 1; year <= 9999; ++year) {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int yearday = 0;
    for (int month = 1; month <= 12; ++month) {
      const int length = kDays[month - 1] + (leap && month == 2 ? 1 : 0);
      for (int d = 1; d <= length; ++d, ++day) {
        const CivilTime time = civil_time(day * kDay + 12'345'678);
        ASSERT_EQ(time.year, year);
        ASSERT_EQ(time.month, month);
        ASSERT_EQ(time.day, d);
        ASSERT_EQ(time.yearday, ++yearday);
        ASSERT_EQ(microseconds_of(time), day * kDay + 12'345'678);
      }
    }
  }
  EXPECT_EQ(day, 2'932'897);  // 10000-01-01
}

TEST(Date, TheEndsOfTheRange) {
  for (const std::int64_t moment : {kMissingDate + 1, std::numeric_limits<std::int64_t>::max()}) {
    const CivilTime time = civil_time(moment);
    EXPECT_GE(time.month, 1);
    EXPECT_LE(time.month, 12);
    EXPECT_GT(std::abs(time.year), 290'000);
  }
}

}  // namespace
}  // namespace everyml
