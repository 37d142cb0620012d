#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "everyml/workflow/doctor/doctor.h"

namespace everyml::doctor_impl {

/// Rows looked at when a table is larger; counts of missing cells are always exact.
inline constexpr std::size_t kSampleRows = std::size_t{1} << 18;

/// The table (or an evenly spaced part of it) with its target prepared for one-column questions.
struct Patient {
  Table table;                         ///< at most kSampleRows rows
  std::size_t rows = 0;                ///< of the whole table
  std::vector<std::uint64_t> missing;  ///< per column of the whole table
  std::optional<std::size_t> target;   ///< position of its column
  std::vector<std::int32_t> classes;   ///< per row of the part, -1 missing; empty when the target is a number
  std::vector<std::string> class_names;
  std::vector<double> numbers;  ///< per row of the part, NaN missing; empty unless the target is a number
  std::vector<bool> ignored;    ///< per column
};
Patient admit(const Table& table, const DoctorOptions& options, const Context& context);

/// Present values, ascending.
std::vector<double> sorted_values(const Column& column);
/// Value at that share of an ascending list.
double quantile(std::span<const double> ascending, double share);

ColumnProfile profile_column(const Patient& patient, std::size_t column);

/// How well one column alone tells the target: 0 nothing, 1 everything; NaN when there is no target.
/// Two classes and a number: |2 AUC - 1|. Otherwise the share of the target's variation (or of the rows
/// beyond the commonest class) that the column's values or groups explain.
double association(const Patient& patient, std::size_t column);
/// True when the column alone gives the target away: every class fills its own stretch or levels of the
/// column, or the numbers are the target under a monotone map.
bool gives_away(const Patient& patient, std::size_t column, std::string& evidence);

using Report = std::function<void(Finding)>;
void examine_column(const Patient& patient, std::size_t column, const ColumnProfile& profile,
                    const Report& report);
// These ask the context between columns whether to go on.
void examine_target(const Patient& patient, std::span<const ColumnProfile> profiles, const Report& report,
                    const Context& context);
void examine_table(const Patient& patient, std::span<const ColumnProfile> profiles, const Report& report,
                   const Context& context);
void examine_future(const Patient& patient, const Table& future, const Report& report,
                    const Context& context);
void examine_notes(std::span<const ReadNote> notes, const Report& report);

/// One hash per row over the columns for which `used` is true.
std::vector<std::uint64_t> row_hashes(const Table& table, const std::function<bool(const Column&)>& used,
                                      const Context& context);

}  // namespace everyml::doctor_impl
