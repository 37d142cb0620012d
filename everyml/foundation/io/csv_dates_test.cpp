// What is a date and what is not, cell by cell. Moments are microseconds since 1970, by the Gregorian
// calendar.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "everyml/foundation/io/csv_infer_impl.h"

namespace everyml::csv {
namespace {

constexpr std::int64_t kSecond = 1000000;
constexpr std::int64_t kHour = 3600 * kSecond;
/// 2024-02-29 is day 19,782 after 1970-01-01: 54 years with 13 leap days, 31 days of January and 28 of
/// February.
constexpr std::int64_t kLeapDay = (54 * 365 + 13 + 31 + 28) * 24 * kHour;

TEST(CsvDates, MomentsOfALeapDay) {
  const struct {
    const char* cell;
    std::int64_t after;  ///< microseconds after midnight
    bool zone;
  } rows[] = {
      {"2024-02-29", 0, false},
      {"2024/2/29", 0, false},
      {"2024.02.29", 0, false},
      {"2024-02-29T13:05", 13 * kHour + 300 * kSecond, false},
      {"2024-02-29t13:05:07", 13 * kHour + 307 * kSecond, false},
      {"2024-02-29   13:05", 13 * kHour + 300 * kSecond, false},
      {"2024-02-29 1:05 pm", 13 * kHour + 300 * kSecond, false},
      {"2024-02-29 1:05PM", 13 * kHour + 300 * kSecond, false},
      {"2024-02-29 12:30 am", kHour / 2, false},
      {"2024-02-29 12:30  PM", 12 * kHour + kHour / 2, false},
      {"2024-02-29 10:00:00.25", 10 * kHour + kSecond / 4, false},
      {"2024-02-29 10:00:00,25", 10 * kHour + kSecond / 4, false},
      {"2024-02-29 10:00:00.250000000", 10 * kHour + kSecond / 4, false},
      {"2024-02-29 10:00Z", 10 * kHour, true},
      {"2024-02-29 10:00z", 10 * kHour, true},
      {"2024-02-29 10:00+05:30", 4 * kHour + kHour / 2, true},
      {"2024-02-29 10:00-0230", 12 * kHour + kHour / 2, true},
      {"2024-02-29 10:00+02", 8 * kHour, true},
  };
  for (const auto& row : rows) {
    const auto date = parse_date_as(row.cell, DateStyle::iso);
    ASSERT_TRUE(date.has_value()) << row.cell;
    EXPECT_EQ(date->microseconds, kLeapDay + row.after) << row.cell;
    EXPECT_EQ(date->zone, row.zone) << row.cell;
    EXPECT_EQ(date->time, std::string(row.cell).find(':') != std::string::npos) << row.cell;
  }
}

TEST(CsvDates, OrdersAndNames) {
  const struct {
    const char* cell;
    DateStyle style;
  } rows[] = {
      {"29/02/2024", DateStyle::day_first},         {"29.02.2024", DateStyle::day_first},
      {"29-02-2024", DateStyle::day_first},         {"29/2/24", DateStyle::day_first},
      {"02/29/2024", DateStyle::month_first},       {"02-29-2024", DateStyle::month_first},
      {"29 Feb 2024", DateStyle::named_month},      {"29-Feb-2024", DateStyle::named_month},
      {"29 Feb. 2024", DateStyle::named_month},     {"Feb 29, 2024", DateStyle::named_month},
      {"February 29 2024", DateStyle::named_month},
  };
  for (const auto& row : rows) {
    const auto date = parse_date_as(row.cell, row.style);
    ASSERT_TRUE(date.has_value()) << row.cell;
    EXPECT_EQ(date->microseconds, kLeapDay) << row.cell;
  }
  EXPECT_EQ(parse_date_as("1 Sept 2024", DateStyle::named_month)->microseconds,
            parse_date_as("2024-09-01", DateStyle::iso)->microseconds);
  EXPECT_EQ(parse_date_as("01/02/69", DateStyle::day_first)->microseconds,
            parse_date_as("1969-02-01", DateStyle::iso)->microseconds);
  EXPECT_EQ(parse_date_as("01/02/68", DateStyle::day_first)->microseconds,
            parse_date_as("2068-02-01", DateStyle::iso)->microseconds);
  // Years that end a century have a 29 February when 400 divides them.
  EXPECT_TRUE(parse_date_as("2000-02-29", DateStyle::iso).has_value());
  EXPECT_FALSE(parse_date_as("1900-02-29", DateStyle::iso).has_value());
}

TEST(CsvDates, WhatIsNoDate) {
  const struct {
    DateStyle style;
    std::vector<const char*> cells;
  } groups[] = {
      {DateStyle::iso,
       {"2023-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-01-00",
        "0000-01-01",
        "2024-04-31",
        "2024-01-32",
        "2024-01",
        "2024-1",
        "2024:01:01",
        "20240101",
        "12024-01-01",
        "2024-01-123",
        "2024-x1-01",
        "2024-01/01",
        "2024-01-",
        "2024-01-01x",
        "2024-01-01T",
        "2024-01-01 ten",
        "2024-01-01 10",
        "2024-01-01 10:5",
        "2024-01-01 10:",
        "2024-01-01 24:00",
        "2024-01-01 10:60",
        "2024-01-01 10:00:60",
        "2024-01-01 10:00:5",
        "2024-01-01 10:00:",
        "2024-01-01 10:00:00.",
        "2024-01-01 10:00:00,x",
        "2024-01-01 10:00:00.1234567",
        "2024-01-01 0:30 am",
        "2024-01-01 13:00 pm",
        "2024-01-01 10:00 ax",
        "2024-01-01 10:00 past",
        "2024-01-01 10:00+",
        "2024-01-01 10:00+1",
        "2024-01-01 10:00+100",
        "2024-01-01 10:00+01:",
        "2024-01-01 10:00+19",
        "2024-01-01 10:00+01:75",
        "2024-01-01 10:00 Zx",
        "9999-12-31 23:00-02:00",
        "0001-01-01 01:00+02:00",
        "2024-01-01 10:00:00.0000000000000000000000000000000000000000"}},
      {DateStyle::day_first,
       {"29/02/202", "29/02/2", "29/02/20245", "01-02-03", "1/2", "1/2/", "x/1/2024", "1/x/2024", "1:2:2024",
        "01/02-2024", "32/01/2024", "29/13/2024", "123/01/2024"}},
      {DateStyle::month_first, {"29.02.2024", "13/01/2024", "02.03.2024"}},
      {DateStyle::named_month,
       {"29/Feb/2024", "29 Fxb 2024", "29 Feb-2024", "29 Feb.2024", "Feb/29/2024", "Fxb 29, 2024",
        "Feb 29,2024", "Feb x, 2024", "Feb 29, 24", "29 Feb 24", "29 Feb", "30 Feb 2024", "February",
        "Feb 29 x"}},
  };
  for (const auto& group : groups) {
    for (const char* cell : group.cells) EXPECT_FALSE(parse_date_as(cell, group.style).has_value()) << cell;
  }
}

}  // namespace
}  // namespace everyml::csv
