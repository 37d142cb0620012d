#include "everyml/workflow/encode/encoder.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <cmath>
#include <numbers>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "tests/support/columns.h"

namespace everyml {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
using Cells = std::vector<std::optional<std::string>>;

Column booleans(std::string name, const std::vector<int>& values) {
  Buffer<std::int8_t> buffer(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) buffer[i] = static_cast<std::int8_t>(values[i]);
  return Column::booleans(std::move(name), std::move(buffer));
}
Column categories(std::string name, const Cells& cells) { return Column::categories(std::move(name), cells); }
Column texts(std::string name, const Cells& cells) {
  return Column::texts(std::move(name), TextStore::from(cells));
}
std::int64_t day(int year, int month, int date, int hour = 0, int minute = 0) {
  return microseconds_of({.year = year,
                          .month = month,
                          .day = date,
                          .hour = hour,
                          .minute = minute,
                          .second = 0,
                          .microsecond = 0,
                          .weekday = 0,
                          .yearday = 0});
}
Column dates(std::string name, const std::vector<std::int64_t>& values, bool has_time = false) {
  Buffer<std::int64_t> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Column::dates(std::move(name), std::move(buffer), has_time);
}
Target number_target(const std::vector<double>& values) {
  Buffer<double> buffer(values.size());
  std::copy(values.begin(), values.end(), buffer.begin());
  return Target::numbers(std::move(buffer));
}

Encoder fit(const Table& table, const InputNeeds& needs = {}, const EncoderSettings& settings = {},
            const Target& target = {}, std::span<const double> weights = {}) {
  const std::vector<std::string> names = table.names();
  return Encoder::fit(table, names, target, weights, needs, settings, Context());
}

std::vector<std::string> names_of(const Encoder& encoder) {
  std::vector<std::string> names;
  for (const FeatureInfo& info : encoder.info()) names.push_back(info.name);
  return names;
}

std::vector<double> row_of(const Features& features, std::size_t row) {
  std::vector<double> values;
  for (std::size_t c = 0; c < features.columns(); ++c) values.push_back(features.at(row, c));
  return values;
}

void expect_row(const Features& features, std::size_t row, const std::vector<double>& expected) {
  const std::vector<double> got = row_of(features, row);
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t c = 0; c < got.size(); ++c) {
    if (std::isnan(expected[c]))
      EXPECT_TRUE(std::isnan(got[c])) << "column " << c;
    else
      EXPECT_NEAR(got[c], expected[c], 1e-12) << "column " << c;
  }
}

std::string bytes_of(const Encoder& encoder) {
  ArchiveWriter archive;
  encoder.save(archive);
  return archive.bytes();
}

const InputNeeds kKeep{.missing = InputNeeds::Missing::keep};
const InputNeeds kCodes{.missing = InputNeeds::Missing::keep, .categories = InputNeeds::Categories::codes};
const InputNeeds kStandard{.scale = InputNeeds::Scale::standard};

TEST(Encoder, MissingNumbersBecomeTheMedianAndAFlag) {
  const Table table({numbers("age", {20, kNaN, 40, 21})});
  const Encoder encoder = fit(table);
  EXPECT_EQ(names_of(encoder), (std::vector<std::string>{"age", "age missing"}));
  const Features x = encoder.transform(table, Context());
  expect_row(x, 0, {20, 0});
  expect_row(x, 1, {21, 1});
  EXPECT_EQ(encoder.formulas(), (std::vector<std::string>{"age: age, missing = 21",
                                                          "age missing: 1 when age is missing, else 0"}));
}

TEST(Encoder, NoFlagWhereNothingWasMissingYetTheMedianStandsReady) {
  const Encoder encoder = fit(Table({numbers("age", {1, 2, 3, 4})}));
  expect_row(encoder.transform(Table({numbers("age", {kNaN})}), Context()), 0, {2.5});
}

TEST(Encoder, KeepsMissingNumbersWhereTheLearnerTakesThem) {
  const Table table({numbers("age", {20, kNaN, 40})});
  const Encoder encoder = fit(table, kKeep);
  EXPECT_EQ(encoder.feature_count(), 1U);
  expect_row(encoder.transform(table, Context()), 1, {kNaN});
}

TEST(Encoder, AWeightOfKIsKCopies) {
  const std::vector<double> weights = {1, 3, 0, 2};
  const Table table({numbers("a", {1, 5, 900, 7}), categories("c", {"x", "y", "gone", "y"})});
  const Table copies({numbers("a", {1, 5, 5, 5, 7, 7}), categories("c", {"x", "y", "y", "y", "y", "y"})});
  const Encoder weighted = fit(table, kStandard, {}, {}, weights);
  const Encoder copied = fit(copies, kStandard);
  EXPECT_EQ(names_of(weighted), names_of(copied));
  const Table fresh({numbers("a", {kNaN, 4}), categories("c", {"x", "gone"})});
  const Features a = weighted.transform(fresh, Context()), b = copied.transform(fresh, Context());
  expect_row(a, 0, row_of(b, 0));
  expect_row(a, 1, row_of(b, 1));
}

TEST(Encoder, StandardScaleHasMeanZeroAndDeviationOne) {
  std::vector<double> values;
  Stream random(1, "test");
  for (int i = 0; i < 20'000; ++i) values.push_back(1e6 + 3 * random.normal());
  const Table table({numbers("a", values), numbers("b", std::vector<double>(values.size(), 5))});
  const Encoder encoder = fit(table, kStandard);
  const Features x = encoder.transform(table, Context());
  ASSERT_EQ(x.columns(), 1U);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < x.rows(); ++i) sum += x.at(i, 0), squares += x.at(i, 0) * x.at(i, 0);
  EXPECT_NEAR(sum / 20'000, 0, 1e-9);
  EXPECT_NEAR(squares / 20'000, 1, 1e-9);
  EXPECT_EQ(encoder.formulas().back(), "b: left out, constant: always 5");
}

TEST(Encoder, FlagsAndTheirAbsenceAreScaledToo) {
  const Table table({booleans("yes", {0, 1, 1, 0}), categories("c", {"a", "b", "b", "b"})});
  const Features x = fit(table, kStandard).transform(table, Context());
  const double r3 = std::sqrt(3.0);
  expect_row(x, 0, {-1, r3, -r3});
  expect_row(x, 1, {1, -1 / r3, 1 / r3});
}

TEST(Encoder, OneFlagPerLevelInOrder) {
  const Table table({categories("sex", {"male", "female", std::nullopt, "male"})});
  const Encoder encoder = fit(table);
  EXPECT_EQ(names_of(encoder), (std::vector<std::string>{"sex=female", "sex=male", "sex missing"}));
  const Features x = encoder.transform(table, Context());
  expect_row(x, 0, {0, 1, 0});
  expect_row(x, 1, {1, 0, 0});
  expect_row(x, 2, {0, 0, 1});
}

TEST(Encoder, AnUnseenLevelIsMissingAndCounted) {
  const Table table({categories("city", {"Oslo", "Rome", "Oslo"}), numbers("n", {1, 2, 3})});
  const Encoder encoder = fit(table);
  EncodeNotes notes;
  const Features x = encoder.transform(
      Table({categories("city", {"Rome", "Lima", "Bonn", "Lima"}), numbers("n", {1, 2, 3, 4})}), Context(),
      &notes);
  expect_row(x, 1, {0, 0, 2});
  EXPECT_EQ(notes.unseen_levels, 3U);
  EXPECT_EQ(notes.outside_range, 1U);
  ASSERT_EQ(notes.sentences.size(), 2U);
  EXPECT_EQ(notes.sentences[0],
            "column \"city\": 3 cells with a level not seen at fit, for example \"Lima\": taken as missing");
  EXPECT_EQ(notes.sentences[1], "1 row has a number outside the range seen at fit");
}

TEST(Encoder, LevelsWithoutTrainingRowsAreUnseen) {
  const Table all({categories("c", {"a", "b", "c", "a"}), numbers("n", {1, 2, 3, 4})});
  const std::vector<std::size_t> rows = {0, 1, 3};
  const Encoder encoder = fit(all.select_rows(rows));
  EXPECT_EQ(encoder.schema().columns[0].levels, (std::vector<std::string>{"a", "b"}));
  EncodeNotes notes;
  encoder.transform(all, Context(), &notes);
  EXPECT_EQ(notes.unseen_levels, 1U);
}

TEST(Encoder, LevelsMadeToCollideAreFoundAllTheSame) {
  // 100 levels go into 256 slots; all of these hash to the same one.
  Cells cells;
  for (int i = 0; cells.size() < 100; ++i) {
    std::string level = "level " + std::to_string(i);
    if ((XXH3_64bits(level.data(), level.size()) & 255) == 7) cells.emplace_back(std::move(level));
  }
  std::sort(cells.begin(), cells.end());
  const Table table({categories("c", cells)});
  const Features x = fit(table, kCodes).transform(table, Context());
  for (std::size_t r = 0; r < cells.size(); ++r) EXPECT_EQ(x.at(r, 0), static_cast<double>(r));
  EncodeNotes notes;
  fit(table, kCodes).transform(Table({categories("c", {"level 0", "levem"})}), Context(), &notes);
  EXPECT_EQ(notes.unseen_levels, 2U);
}

TEST(Encoder, CodesForLearnersThatReadLevels) {
  const Table table({categories("c", {"b", "a", std::nullopt}), booleans("f", {1, -1, 0})});
  const Encoder encoder = fit(table, kCodes);
  ASSERT_EQ(encoder.info().size(), 2U);
  EXPECT_EQ(encoder.info()[0].kind, FeatureInfo::Kind::category);
  EXPECT_EQ(encoder.info()[0].levels, 2U);
  EXPECT_EQ(encoder.info()[1].kind, FeatureInfo::Kind::flag);
  const Features x = encoder.transform(table, Context());
  expect_row(x, 0, {1, 1});
  expect_row(x, 1, {0, kNaN});
  expect_row(x, 2, {kNaN, 0});
  EncodeNotes notes;
  expect_row(encoder.transform(Table({categories("c", {"zzz"})}), Context(), &notes), 0, {kNaN, kNaN});
  EXPECT_EQ(notes.missing_columns, std::vector<std::string>{"f"});
}

TEST(Encoder, AMissingColumnIsWhollyMissing) {
  const Table table({numbers("a", {1, 2, 6}), categories("c", {"x", "y", "x"}),
                     dates("d", {0, day(2024, 1, 1), 0}), booleans("b", {1, 1, 0})});
  const Encoder encoder = fit(table);
  EncodeNotes notes;
  const Features x = encoder.transform(Table({numbers("unknown", {1, 2})}), Context(), &notes);
  ASSERT_EQ(x.rows(), 2U);
  EXPECT_EQ(notes.missing_columns, (std::vector<std::string>{"a", "c", "d", "b"}));
  EXPECT_EQ(x.at(0, 0), 2);
  EXPECT_EQ(x.at(0, 1), 0);
  EXPECT_EQ(x.at(0, 2), 0);
  EXPECT_EQ(x.at(0, x.columns() - 1), 1);
}

TEST(Encoder, AColumnOfAnotherKindIsReadWhereThatIsExact) {
  const Table table({numbers("n", {1, 2, 3}), booleans("b", {0, 1, 1}),
                     categories("c", {"1", "2.50", "true"}),
                     dates("d", {day(2024, 1, 1), day(2024, 1, 2), day(2024, 1, 3)})});
  const Encoder encoder = fit(table, kCodes, {.date_parts = false});
  EncodeNotes notes;
  const Table other({categories("n", {"1.5", "x", "-2e1"}), numbers("b", {1, 0, 0.5}),
                     numbers("c", {2.5, 1, 7}),
                     texts("d", {"2024-01-03", "2024-01-01T12:00", "2024-02-30"})});
  const Features x = encoder.transform(other, Context(), &notes);
  expect_row(x, 0, {1.5, 1, 1, 2});
  expect_row(x, 1, {kNaN, 0, 0, 0.5});
  expect_row(x, 2, {-20, kNaN, kNaN, kNaN});
  EXPECT_EQ(notes.unreadable_cells, 3U);
  EXPECT_EQ(notes.unseen_levels, 1U);
  EXPECT_EQ(notes.outside_range, 1U);
  const Table words({texts("n", {"3", std::nullopt}), texts("b", {"No", "maybe"}), booleans("c", {1, 0}),
                     numbers("d", {5, kNaN})});
  EncodeNotes more;
  const Features y = encoder.transform(words, Context(), &more);
  expect_row(y, 0, {3, 0, 2, kNaN});
  expect_row(y, 1, {kNaN, kNaN, kNaN, kNaN});
  EXPECT_EQ(more.unreadable_cells, 2U);
  EXPECT_EQ(more.unseen_levels, 1U);
}

TEST(Encoder, SinglePrecisionColumnsAreReadAsTheyAre) {
  const auto values = std::make_shared<std::vector<float>>(std::vector<float>{0.1F, std::nanf(""), 0.5F});
  const Table table({Column::numbers_view("n", std::span<const float>(*values), values)});
  const Features x = fit(table, kKeep).transform(table, Context());
  EXPECT_EQ(x.at(0, 0), static_cast<double>(0.1F));
  EXPECT_TRUE(std::isnan(x.at(1, 0)));
}

TEST(Encoder, InfiniteNumbersAreMissingAndCounted) {
  const Table table({numbers("n", {1, kInf, 3, -kInf, 2})});
  const Encoder encoder = fit(table);
  EncodeNotes notes;
  const Features x = encoder.transform(table, Context(), &notes);
  EXPECT_EQ(notes.unreadable_cells, 2U);
  EXPECT_EQ(notes.outside_range, 0U);
  expect_row(x, 1, {2, 1});
  EXPECT_NE(encoder.formulas()[0].find("2 infinite at fit"), std::string::npos);
}

TEST(Encoder, DatesBecomePartsAndCycles) {
  const Table table(
      {dates("when", {day(2024, 2, 29, 6, 0), kMissingDate, day(2024, 3, 1, 18, 0), day(2024, 3, 4)}, true)});
  const Encoder encoder = fit(table);
  EXPECT_EQ(names_of(encoder),
            (std::vector<std::string>{"when.year", "when.month (sin)", "when.month (cos)", "when.day",
                                      "when.weekday (sin)", "when.weekday (cos)", "when.hour (sin)",
                                      "when.hour (cos)", "when.days", "when missing"}));
  const Features x = encoder.transform(table, Context());
  const double turn = 2 * std::numbers::pi;
  // The 29th of February 2024 was a Thursday.
  expect_row(x, 0,
             {2024, std::sin(turn / 12), std::cos(turn / 12), 29, std::sin(turn * 3 / 7),
              std::cos(turn * 3 / 7), 1, 0, 0.25, 0});
  expect_row(x, 1,
             {2024, std::sin(turn / 6), std::cos(turn / 6), 1, std::sin(turn * 4 / 7), std::cos(turn * 4 / 7),
              -1, 0, 1.75, 1});
  expect_row(fit(table, kKeep).transform(table, Context()), 1, std::vector<double>(9, kNaN));
}

TEST(Encoder, ATableOfDatesAlone) {
  std::vector<std::int64_t> a, b;
  for (int i = 0; i < 40; ++i)
    a.push_back(day(2000 + i, 1 + i % 12, 1 + i % 28)), b.push_back(day(1950 - i, 5, 1));
  const Table table({dates("a", a), dates("b", b)});
  const Features x = fit(table, kStandard).transform(table, Context());
  EXPECT_EQ(x.columns(), 14U);
  EXPECT_FALSE(x.has_missing());
  EXPECT_FALSE(x.has_infinite());
}

TEST(Encoder, DatesAtTheEndsOfTimeAreHarmless) {
  const Table table({dates("d", {kMissingDate + 1, 0, std::numeric_limits<std::int64_t>::max()})});
  const Encoder encoder = fit(table, kStandard);
  EXPECT_FALSE(encoder.transform(table, Context()).has_missing());
  EXPECT_FALSE(encoder.transform(table, Context()).has_infinite());
  EXPECT_EQ(bytes_of(Encoder::load(ArchiveReader::from_bytes(bytes_of(encoder), "test"))), bytes_of(encoder));
}

/// Weights of a row by bucket, as an independent reading of the rules gives them.
TEST(Encoder, TextIsHashedTfIdf) {
  const Cells cells = {"Red apple, red", "green APPLE", std::nullopt, "--"};
  EncoderSettings settings;
  settings.text_features = 1 << 16;  // wide enough that the six words and pairs do not meet
  const Table table({texts("t", cells), numbers("n", {0, 1, 2, 3})});
  const Encoder encoder = fit(table, {}, settings);
  const Features x = encoder.transform(table, Context());
  ASSERT_EQ(x.storage(), Features::Storage::sparse32);
  const auto view = x.sparse32();
  const auto weights = [&](std::size_t row) {
    std::vector<double> values;
    for (auto i = view.row_starts[row]; i < view.row_starts[row + 1]; ++i) {
      if (view.columns[i] < (1U << 16)) values.push_back(static_cast<double>(view.values[i]));
    }
    std::sort(values.begin(), values.end());
    return values;
  };
  // Three texts; "apple" is in two of them, all else in one. "red" twice, "apple" once, pairs red-apple,
  // apple-red.
  const double common = std::log(4.0 / 3.0) + 1, rare = std::log(4.0 / 2.0) + 1;
  const double norm = std::sqrt(common * common + 4 * rare * rare + 2 * rare * rare);
  const std::vector<double> first = weights(0);
  ASSERT_EQ(first.size(), 4U);
  EXPECT_NEAR(first[0], common / norm, 1e-6);
  EXPECT_NEAR(first[1], rare / norm, 1e-6);
  EXPECT_NEAR(first[3], 2 * rare / norm, 1e-6);
  EXPECT_EQ(weights(1).size(), 3U);
  EXPECT_TRUE(weights(2).empty());
  EXPECT_TRUE(weights(3).empty());
  EXPECT_EQ(x.at(3, encoder.feature_count() - 1), 3);
}

TEST(Encoder, WordsAreTheSameInEveryFormOfUnicode) {
  const Table table({texts("t", {"Straße ﬁn École", "other words"})});
  const Encoder encoder = fit(table);
  // Sharp s folded, the ligature taken apart, the accent as a mark of its own, full-width letters.
  const Features x = encoder.transform(Table({texts("t", {"Straße ﬁn École",
                                                          "STRASSE fin E\xCC\x81"
                                                          "cole",
                                                          "ｓｔｒａｓｓｅ ＦＩＮ école"})}),
                                       Context());
  EXPECT_EQ(row_of(x, 0), row_of(x, 1));
  EXPECT_EQ(row_of(x, 0), row_of(x, 2));
}

TEST(Encoder, TextOfAnyBytesIsHarmless) {
  std::string bytes;
  Stream random(3, "bytes");
  for (int i = 0; i < 100'000; ++i) bytes.push_back(static_cast<char>(random.below(256)));
  std::string expanding;
  for (int i = 0; i < 5000; ++i) expanding += "\xEF\xB7\xBA";  // the code point that becomes eighteen
  const Table table({texts("t", {bytes, expanding, std::string(10'000, 'a'), "漢字かな", ""})});
  const Encoder encoder = fit(table);
  const Features x = encoder.transform(table, Context());
  for (std::size_t r = 0; r < 4; ++r) {
    double squares = 0;
    for (const double value : row_of(x, r)) squares += value * value;
    EXPECT_NEAR(squares, 1, 1e-5) << r;
  }
  EXPECT_EQ(x.sparse32().row_starts[5], x.sparse32().row_starts[4]);
}

Table many_levels(std::size_t rows, std::size_t levels, std::vector<double>& target) {
  Stream random(7, "levels");
  Cells cells;
  for (std::size_t i = 0; i < rows; ++i) {
    cells.emplace_back("level " + std::to_string(random.below(levels)));
    target.push_back(random.normal());
  }
  return Table({categories("c", cells)});
}

double correlation(const Features& x, const std::vector<double>& y) {
  double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
  const auto n = static_cast<double>(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double a = x.at(i, 0), b = y[i];
    sx += a, sy += b, sxx += a * a, syy += b * b, sxy += a * b;
  }
  return (sxy - sx * sy / n) / std::sqrt((sxx - sx * sx / n) * (syy - sy * sy / n));
}

TEST(Encoder, TargetCodesOfNoiseSayNothingAboutTheTrainingRows) {
  for (const std::size_t levels : {300U, 3000U}) {
    std::vector<double> y;
    const Table table = many_levels(6000, levels, y);
    const Target target = number_target(y);
    const Encoder encoder = fit(table, {}, {.target_smoothing = 1}, target);
    const Features side = encoder.transform_training(table, target, {}, Context());
    // The codes of new rows have seen these very targets: that is the leak which side folds keep out.
    EXPECT_GT(correlation(encoder.transform(table, Context()), y), 0.15);
    EXPECT_LT(std::abs(correlation(side, y)), 0.04) << levels;
  }
}

TEST(Encoder, ARowsCodeDoesNotDependOnItsOwnTarget) {
  std::vector<double> y;
  const Table table = many_levels(500, 60, y);
  const Target before = number_target(y);
  const Encoder encoder = fit(table, {}, {}, before);
  const Features a = encoder.transform_training(table, before, {}, Context());
  for (const std::size_t row : {0U, 17U, 499U}) {
    std::vector<double> changed = y;
    changed[row] = 1e6;
    const Target after = number_target(changed);
    EXPECT_EQ(encoder.transform_training(table, after, {}, Context()).at(row, 0), a.at(row, 0));
  }
}

TEST(Encoder, CodesAreSmoothedMeansAndMissingIsTheOverallMean) {
  Cells cells;
  std::vector<std::int32_t> classes;
  for (int i = 0; i < 40; ++i) cells.emplace_back(std::to_string(i / 4)), classes.push_back(i < 4 ? 1 : 0);
  cells.emplace_back(std::nullopt);
  classes.push_back(1);
  Buffer<std::int32_t> codes(classes.size());
  std::copy(classes.begin(), classes.end(), codes.begin());
  const Table table({categories("c", cells)});
  const Encoder encoder =
      fit(table, {}, {.one_hot_levels = 5, .target_smoothing = 2}, Target::classes(codes, {"no", "yes"}));
  EXPECT_EQ(names_of(encoder), (std::vector<std::string>{"c (code)", "c missing"}));
  const Features x = encoder.transform(table, Context());
  const double overall = 5.0 / 41;
  expect_row(x, 0, {(4 + 2 * overall) / 6, 0});
  expect_row(x, 4, {(0 + 2 * overall) / 6, 0});
  expect_row(x, 40, {overall, 1});
  expect_row(fit(table, kKeep, {.one_hot_levels = 5}, Target::classes(codes, {"no", "yes"}))
                 .transform(table, Context()),
             40, {kNaN});
}

TEST(Encoder, OneCodePerClassWhenThereAreMoreThanTwo) {
  Cells cells;
  Buffer<std::int32_t> codes(60);
  for (int i = 0; i < 60; ++i)
    cells.emplace_back(std::to_string(i % 10)), codes[static_cast<std::size_t>(i)] = i % 3;
  const Table table({categories("c", cells)});
  const Encoder encoder = fit(table, {}, {.one_hot_levels = 5}, Target::classes(codes, {"a", "b", "c"}));
  ASSERT_EQ(encoder.feature_count(), 3U);
  const Features x = encoder.transform(table, Context());
  for (std::size_t r = 0; r < 60; ++r) EXPECT_NEAR(x.at(r, 0) + x.at(r, 1) + x.at(r, 2), 1, 1e-12);
}

TEST(Encoder, ManyLevelsWithoutATargetAreHashed) {
  std::vector<double> y;
  const Table table = many_levels(1000, 200, y);
  const Encoder encoder = fit(table, {}, {.one_hot_levels = 20});
  ASSERT_EQ(encoder.feature_count(), 20U);
  const Features x = encoder.transform(table, Context());
  for (std::size_t r = 0; r < 1000; ++r) {
    double sum = 0;
    for (const double value : row_of(x, r)) sum += value;
    EXPECT_EQ(sum, 1);
  }
}

TEST(Encoder, ConstantAndEmptyColumnsAreLeftOutUnlessNothingElseIsThere) {
  const Table table({numbers("a", {3, 3, 3}), numbers("gone", {kNaN, kNaN, kNaN}), booleans("b", {1, 1, 1}),
                     categories("c", {"x", "x", "x"}), texts("t", {"same", "same", "same"}),
                     numbers("n", {1, 2, 3})});
  const Encoder encoder = fit(table);
  EXPECT_EQ(names_of(encoder), std::vector<std::string>{"n"});
  EXPECT_EQ(encoder.formulas().size(), 6U);
  EXPECT_EQ(encoder.formulas()[2], "gone: left out, empty: every cell is missing");
  EXPECT_EQ(fit(table.without("n").without("t")).feature_count(), 5U);
}

TEST(Encoder, RefusesWhatItCannotLearnFrom) {
  const Table table({numbers("a", {1, 2})});
  const auto code = [](auto run) -> std::string {
    try {
      run();
    } catch (const Error& error) {
      return std::string(error.code());
    }
    return "";
  };
  const auto with = [&](std::vector<std::string> names, std::vector<double> weights,
                        EncoderSettings settings) {
    return code([&] { Encoder::fit(table, names, {}, weights, {}, settings, Context()); });
  };
  EXPECT_EQ(with({}, {}, {}), "encode.no_columns");
  EXPECT_EQ(with({"b"}, {}, {}), "data.column_missing");
  EXPECT_EQ(with({"a", "a"}, {}, {}), "encode.column_repeated");
  EXPECT_EQ(with({"a"}, {1}, {}), "data.length");
  EXPECT_EQ(with({"a"}, {1, -1}, {}), "data.weight");
  EXPECT_EQ(with({"a"}, {0, 0}, {}), "data.weights_zero");
  EXPECT_EQ(with({"a"}, {}, {.target_folds = 1}), "parameter.range");
  EXPECT_EQ(code([&] { fit(Table({categories("c", {std::nullopt})}), {}, {.missing_indicators = false}); }),
            "encode.no_columns");
  EXPECT_EQ(code([&] { fit(Table({numbers("a", {})})); }), "data.no_rows");
}

Table mixed(std::size_t rows) {
  Stream random(11, "mixed");
  std::vector<double> a;
  std::vector<int> flags;
  Cells small, large, words;
  std::vector<std::int64_t> when;
  for (std::size_t i = 0; i < rows; ++i) {
    a.push_back(random.uniform() < 0.1 ? kNaN : random.normal());
    flags.push_back(static_cast<int>(random.below(3)) - 1);
    small.emplace_back(std::string(1, static_cast<char>('a' + random.below(4))));
    if (random.uniform() < 0.1) small.back().reset();
    large.emplace_back("l" + std::to_string(random.below(100)));
    words.emplace_back("word" + std::to_string(random.below(30)) + " other" +
                       std::to_string(random.below(9)));
    when.push_back(random.uniform() < 0.1 ? kMissingDate
                                          : day(2020, 1, 1) + static_cast<std::int64_t>(i) * 7'654'321'000);
  }
  return Table({numbers("a", a), booleans("f", flags), categories("s", small), categories("l", large),
                texts("w", words), dates("d", when, true)});
}

TEST(Encoder, SameBytesAndFeaturesAtAnyNumberOfThreads) {
  const Table table = mixed(20'000);
  std::vector<double> y;
  for (std::size_t i = 0; i < 20'000; ++i) y.push_back(std::sin(static_cast<double>(i)));
  const Target target = number_target(y);
  const std::vector<std::string> dense = {"a", "f", "s", "l", "d"}, sparse = {"a", "f", "s", "l", "w", "d"};
  for (const auto& columns : {dense, sparse}) {
    std::string bytes;
    Features side;
    for (const int threads : {1, 2, 7}) {
      const Context context({.threads = threads, .seed = 5});
      const Encoder encoder = Encoder::fit(table, columns, target, {}, kStandard, {}, context);
      const Features x = encoder.transform_training(table, target, {}, context);
      if (threads == 1) {
        bytes = bytes_of(encoder);
        side = x;
        continue;
      }
      EXPECT_EQ(bytes_of(encoder), bytes);
      bool same = true;
      for (std::size_t r = 0; r < x.rows(); r += 37) same = same && row_of(x, r) == row_of(side, r);
      EXPECT_TRUE(same);
    }
  }
}

TEST(Encoder, ComesBackFromItsBytes) {
  const Table table = mixed(300);
  std::vector<double> y(300, 1);
  y[7] = 2;
  for (const InputNeeds& needs : {kStandard, kCodes, kKeep}) {
    for (const bool with_target : {true, false}) {
      const Encoder encoder = fit(table, needs, {}, with_target ? number_target(y) : Target());
      const std::string bytes = bytes_of(encoder);
      const Encoder again = Encoder::load(ArchiveReader::from_bytes(bytes, "test"));
      EXPECT_EQ(bytes_of(again), bytes);
      EXPECT_EQ(names_of(again), names_of(encoder));
      EXPECT_EQ(again.formulas(), encoder.formulas());
      const Features a = encoder.transform(table, Context()), b = again.transform(table, Context());
      for (std::size_t r = 0; r < 300; ++r) expect_row(b, r, row_of(a, r));
    }
  }
}

TEST(TableEncoder, RunsOfRowsAreTheRowsOfTheWhole) {
  const Table table = mixed(20'000);
  const Encoder encoder = fit(table);
  EncodeNotes whole, parts;
  const Features all = encoder.transform(table, Context(), &whole);
  TableEncoder rows(encoder, table);
  for (std::size_t begin = 0; begin < 20'000; begin += 9000) {
    const std::size_t end = std::min<std::size_t>(begin + 9000, 20'000);
    const Features some = rows.rows(begin, end, Context());
    ASSERT_EQ(some.rows(), end - begin);
    for (std::size_t r = begin; r < end; r += 113) expect_row(some, r - begin, row_of(all, r));
  }
  rows.add_notes(parts);
  EXPECT_EQ(parts.sentences, whole.sentences);
}

TEST(Encoder, TransformsNoRowsToNoRows) {
  const Encoder encoder = fit(mixed(100));
  const Features x = encoder.transform(mixed(0), Context());
  EXPECT_EQ(x.rows(), 0U);
  EXPECT_EQ(x.columns(), encoder.feature_count());
}

}  // namespace
}  // namespace everyml
