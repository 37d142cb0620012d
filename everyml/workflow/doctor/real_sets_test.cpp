// What the doctor says of the real tables in examples/data, set by set. A warning that is not listed here
// with its reason is a false alarm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "everyml/foundation/io/csv.h"
#include "everyml/workflow/doctor/doctor.h"

namespace everyml {
namespace {

/// A finding that is true of the set, and how that is known without the doctor.
struct Truth {
  std::string code, column, why;
};

struct RealSet {
  std::string file, target;
  std::vector<Truth> alarms;  ///< every finding above a note
  std::vector<Truth> notes;   ///< some of the notes, which must be among those given
  std::vector<std::string> excluded;
};

std::vector<RealSet> real_sets() {
  return {
      {"titanic.csv",
       "survived",
       {},
       {{"missing.some", "age", "263 of 1,309 ages are not known (TitanicSurvival, carData)"},
        {"duplicate.rows", "", "three columns and a label in 1,309 rows must repeat: no more than a note"},
        {"label.conflict", "survived", "of two passengers of one sex, age and class one may live"}},
       {}},
      {"iris.csv",
       "Species",
       {},
       {{"duplicate.rows", "", "flowers 102 and 143 are equal in R's iris; one pair of 150 is no alarm"}},
       {}},
      {"penguins.csv",
       "species",
       {},
       {{"missing.some", "sex", "11 birds were not sexed"},
        {"missing.some", "body_mass_g", "2 birds were not weighed"}},
       {}},
      {"churn.csv", "churn", {}, {}, {}},  // 707 of 5,000 leave: not rare; no cell is missing
      {"wdbc.csv", "Diagnosis", {}, {}, {}},
      {"digits8x8.csv",
       "digit",
       {{"constant.column", "p0", "no digit reaches this corner"},
        {"constant.column", "p32", "nor this edge"},
        {"constant.column", "p39", "nor this"}},
       {},
       {"p0", "p32", "p39"}},
      {"spambase.csv.gz",
       "type",
       {{"duplicate.rows", "",
         "391 of 4,601 messages stand there twice; 58 columns do not repeat by chance"}},
       {{"label.conflict", "type", "three combinations of frequencies are both spam and not"}},
       {}},
      {"diamonds.csv.gz",
       "price",
       {{"value.extreme", "y",
         "58.9 mm on a stone of 2 carats and 31.8 on one of 0.51, where x is 8.09 and 5.15"},
        {"value.extreme", "z", "31.8 mm deep, where x and y are 5.1"}},
       {{"zero.suspicious", "x", "no stone is 0 mm long; 8 say so"},
        {"zero.suspicious", "z", "20 stones have no depth"},
        {"duplicate.rows", "", "146 of 53,940 rows: too few for an alarm"}},
       {}},
      {"ames_housing.csv.gz",
       "Sale_Price",
       {},
       {{"zero.suspicious", "Lot_Frontage", "490 missing frontages were written as 0 by the set's makers"},
        {"constant.nearly", "Utilities", "all houses but three have all utilities"}},
       {}},
      {"pima.csv",
       "diabetes",
       {{"missing.many", "insulin", "374 of 768 women had no insulin measured"}},
       {{"missing.some", "triceps", "227 folds of skin are not known"}},
       {}},
      {"mtcars.csv", "mpg", {{"rows.few", "", "32 cars for 10 columns"}}, {}, {}},
      {"faithful.csv", "", {}, {{"duplicate.rows", "", "minutes and tenths of minutes repeat"}}, {}},
      {"us_arrests.csv", "", {{"id.column", "state", "each row is a state"}}, {}, {"state"}},
  };
}

DoctorReport examine_set(const RealSet& set) {
  const Context context(ContextOptions{.threads = 2});
  const TableRead read =
      read_table(std::string(EVERYML_SOURCE_DIR) + "/examples/data/" + set.file, {}, context);
  DoctorOptions options;
  options.target = set.target;
  return examine(read.table, options, read.notes, context);
}

std::string key(const std::string& code, const std::string& column) { return code + " " + column; }

TEST(DoctorOnRealSets, SaysWhatIsTrueAndRaisesNoOtherAlarm) {
  for (const RealSet& set : real_sets()) {
    SCOPED_TRACE(set.file);
    const DoctorReport report = examine_set(set);
    std::vector<std::string> alarms, notes, expected;
    for (const Finding& finding : report.findings) {
      (finding.severity == Severity::note ? notes : alarms).push_back(key(finding.code, finding.column));
      EXPECT_NE(finding.severity, Severity::serious) << finding.sentence;
    }
    for (const Truth& truth : set.alarms) expected.push_back(key(truth.code, truth.column));
    EXPECT_THAT(alarms, testing::UnorderedElementsAreArray(expected));
    for (const Truth& truth : set.notes) {
      EXPECT_THAT(notes, testing::Contains(key(truth.code, truth.column))) << truth.why;
    }
    std::vector<std::string> excluded;
    for (const auto& [column, reason] : report.excluded) excluded.push_back(column);
    EXPECT_THAT(excluded, testing::UnorderedElementsAreArray(set.excluded));
  }
}

TEST(DoctorOnRealSets, CountsAreThoseOfTheSetsDescriptions) {
  const auto share = [](const std::string& file, const std::string& target, std::string_view code,
                        const std::string& column) {
    for (const Finding& finding : examine_set({file, target, {}, {}, {}}).findings) {
      if (finding.code == code && finding.column == column) return finding.share;
    }
    return -1.0;
  };
  EXPECT_DOUBLE_EQ(share("titanic.csv", "survived", "missing.some", "age"), 263.0 / 1309);
  EXPECT_DOUBLE_EQ(share("pima.csv", "diabetes", "missing.many", "insulin"), 374.0 / 768);
  EXPECT_DOUBLE_EQ(share("iris.csv", "Species", "duplicate.rows", ""), 1.0 / 150);
  EXPECT_DOUBLE_EQ(share("spambase.csv.gz", "type", "duplicate.rows", ""), 391.0 / 4601);
  EXPECT_DOUBLE_EQ(share("diamonds.csv.gz", "price", "duplicate.rows", ""), 146.0 / 53940);
}

}  // namespace
}  // namespace everyml
