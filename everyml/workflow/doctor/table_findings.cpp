#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "everyml/foundation/base/text.h"
#include "everyml/workflow/doctor/examine_impl.h"

namespace everyml::doctor_impl {
namespace {

/// Fewer rows than this per column, and what is learned is mostly noise.
constexpr double kRowsPerColumn = 5;
constexpr std::size_t kFewRows = 50;
constexpr double kSmallClass = 0.05;

std::string quoted(std::string_view text) { return "\"" + printable(text) + "\""; }

std::string percent(double share) { return format_short(100 * share, 3) + " %"; }

std::uint64_t cell_hash(const Column& column, std::size_t row) {
  if (column.missing(row)) return 0x9e3779b97f4a7c15ULL;
  if (column.kind() == ColumnKind::category || column.kind() == ColumnKind::text) {
    const std::string_view text = column.text(row);
    return XXH3_64bits(text.data(), text.size());
  }
  const double value = column.number(row) + 0.0;  // -0 is 0
  return XXH3_64bits(&value, sizeof value);
}

/// Pairs of equal rows to expect if columns were independent: n (n - 1) / 2 times the product of the columns'
/// chances that two cells agree. Related columns agree more often, which the caller's factor allows for.
double expected_pairs(const Patient& patient, const Context& context) {
  const double n = static_cast<double>(patient.table.rows());
  double chance = 1;
  for (const Column& column : patient.table.all()) {
    context.check();
    std::unordered_map<std::uint64_t, double> counts;
    for (std::size_t row = 0; row < column.size(); ++row) ++counts[cell_hash(column, row)];
    double agree = 0;
    for (const auto& [hash, count] : counts) agree += count / n * (count / n);
    chance *= agree;
  }
  return n * (n - 1) / 2 * chance;
}

void duplicate_rows(const Patient& patient, const Report& report, const Context& context) {
  const auto hashes = row_hashes(patient.table, [](const Column&) { return true; }, context);
  std::unordered_map<std::uint64_t, std::size_t> counts;
  for (const std::uint64_t hash : hashes) ++counts[hash];
  double pairs = 0;
  std::size_t extra = 0;
  for (const auto& [hash, count] : counts) {
    pairs += static_cast<double>(count) * static_cast<double>(count - 1) / 2;
    extra += count - 1;
  }
  if (extra == 0) return;
  const double share = static_cast<double>(extra) / static_cast<double>(hashes.size());
  const bool surprising = share >= 0.01 && pairs > 30 * (expected_pairs(patient, context) + 1);
  std::size_t first = 0;
  std::unordered_map<std::uint64_t, std::size_t> seen;
  std::size_t twin = 0;
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    const auto [place, fresh] = seen.emplace(hashes[row], row);
    if (!fresh) {
      first = place->second;
      twin = row;
      break;
    }
  }
  report({"duplicate.rows", surprising ? Severity::warning : Severity::note, "",
          fmt::format("{} row{} repeat{} an earlier row in every column.", extra, extra == 1 ? "" : "s",
                      extra == 1 ? "s" : ""),
          fmt::format("for example data rows {} and {}", first + 1, twin + 1),
          surprising ? "Copies on both sides of a fold make every score too good; remove them, or keep them "
                       "together with "
                       "--group."
                     : "With few different values this is to be expected.",
          share});
}

void duplicate_columns(const Patient& patient, const Report& report, const Context& context) {
  std::map<std::pair<std::uint64_t, ColumnKind>, std::string> seen;
  for (std::size_t c = 0; c < patient.table.columns(); ++c) {
    if (patient.ignored[c]) continue;
    const Column& column = patient.table.column(c);
    if (column.missing_count() == column.size()) continue;
    context.check();
    std::uint64_t hash = 0;
    bool varies = false;
    for (std::size_t row = 0; row < column.size(); ++row) {
      const std::uint64_t cell = cell_hash(column, row);
      varies = varies || cell != cell_hash(column, 0);
      hash = hash * 0x100000001b3ULL + cell;
    }
    const auto [place, fresh] = seen.emplace(std::pair{hash, column.kind()}, column.name());
    if (fresh || !varies) continue;
    report({"duplicate.column", Severity::warning, column.name(),
            fmt::format("{} is the same as {} in every row.", quoted(column.name()), quoted(place->second)),
            fmt::format("{} rows compared", column.size()), "The second one is left out.", 1});
  }
}

/// Equal in everything but the target, and the target differs.
void conflicting_labels(const Patient& patient, const Report& report, const Context& context) {
  if (!patient.target || patient.classes.empty()) return;
  const std::string name = patient.table.column(*patient.target).name();
  const auto hashes =
      row_hashes(patient.table, [&](const Column& column) { return column.name() != name; }, context);
  std::unordered_map<std::uint64_t, std::int32_t> label;
  std::unordered_set<std::uint64_t> conflicts;
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    if (patient.classes[row] < 0) continue;
    const auto [place, fresh] = label.emplace(hashes[row], patient.classes[row]);
    if (!fresh && place->second != patient.classes[row]) conflicts.insert(hashes[row]);
  }
  if (conflicts.empty()) return;
  std::size_t rows = 0;
  for (const std::uint64_t hash : hashes) rows += conflicts.count(hash);
  const double share = static_cast<double>(rows) / static_cast<double>(hashes.size());
  report({"label.conflict", Severity::note, name,
          fmt::format("{} rows agree in every column with a row that has another {}.", rows, quoted(name)),
          fmt::format("{} different combinations", conflicts.size()),
          "No model can be right on all of these; other columns would be needed.", share});
}

}  // namespace

std::vector<std::uint64_t> row_hashes(const Table& table, const std::function<bool(const Column&)>& used,
                                      const Context& context) {
  std::vector<std::uint64_t> hashes(table.rows(), 0);
  for (const Column& column : table.all()) {
    if (!used(column)) continue;
    context.check();
    for (std::size_t row = 0; row < hashes.size(); ++row) {
      const std::uint64_t pair[2] = {hashes[row], cell_hash(column, row)};
      hashes[row] = XXH3_64bits(pair, sizeof pair);
    }
  }
  return hashes;
}

void examine_table(const Patient& patient, std::span<const ColumnProfile>, const Report& report,
                   const Context& context) {
  if (patient.table.rows() == 0) {
    report({"rows.few", Severity::warning, "", "The table has no rows.", "",
            "Nothing can be learned from names alone.", 0});
    return;
  }
  const double features = static_cast<double>(patient.table.columns()) - (patient.target ? 1 : 0);
  if (patient.rows < kFewRows || static_cast<double>(patient.rows) < kRowsPerColumn * features) {
    report({"rows.few", Severity::warning, "",
            fmt::format("{} rows are few for {} columns: scores will be rough.", patient.rows,
                        static_cast<std::size_t>(features)),
            fmt::format("{} rows per column",
                        format_short(static_cast<double>(patient.rows) / std::max(1.0, features), 3)),
            "Collect more rows, or leave out columns that cannot matter.", 0});
  }
  duplicate_rows(patient, report, context);
  context.check();
  duplicate_columns(patient, report, context);
  conflicting_labels(patient, report, context);
}

void examine_target(const Patient& patient, std::span<const ColumnProfile> profiles, const Report& report,
                    const Context& context) {
  if (!patient.target) return;
  const Column& target = patient.table.column(*patient.target);
  const double absent = static_cast<double>(patient.missing[*patient.target]) /
                        static_cast<double>(std::max<std::size_t>(1, patient.rows));
  if (absent > 0) {
    report({"target.missing", absent > 0.05 ? Severity::warning : Severity::note, target.name(),
            fmt::format("{} of the rows have no {}.", percent(absent), quoted(target.name())),
            fmt::format("{} of {} rows", patient.missing[*patient.target], patient.rows),
            "They are left out of training; ask whether they differ from the others.", absent});
  }
  for (std::size_t c = 0; c < profiles.size(); ++c) {
    context.check();
    std::string evidence;
    if (patient.ignored[c] || !gives_away(patient, c, evidence)) continue;
    report({"leak.target", Severity::serious, profiles[c].name,
            fmt::format("{} alone gives {} away; it is probably known only afterwards.",
                        quoted(profiles[c].name), quoted(target.name())),
            evidence, "The column is left out; keep it with --keep-suspects if it is known when you predict.",
            1});
  }
  if (patient.classes.empty() || patient.class_names.size() < 2) return;
  std::vector<std::size_t> counts(patient.class_names.size(), 0);
  std::size_t total = 0;
  for (const std::int32_t code : patient.classes) {
    if (code < 0) continue;
    ++counts[static_cast<std::size_t>(code)];
    ++total;
  }
  const auto rarest = std::min_element(counts.begin(), counts.end());
  const double share = static_cast<double>(*rarest) / static_cast<double>(std::max<std::size_t>(1, total));
  const std::string label = quoted(patient.class_names[static_cast<std::size_t>(rarest - counts.begin())]);
  if (*rarest < 10) {
    report({"target.rare_class", Severity::warning, target.name(),
            fmt::format("{} is {} in only {} row{}.", quoted(target.name()), label, *rarest,
                        *rarest == 1 ? "" : "s"),
            percent(share) + " of the rows",
            "So few examples cannot be learned or judged; collect more, or merge labels.", share});
  } else if (share <
             kSmallClass / static_cast<double>(std::max<std::size_t>(1, patient.class_names.size() / 2))) {
    report({"target.imbalance", Severity::warning, target.name(),
            fmt::format("{} is {} in only {} of the rows.", quoted(target.name()), label, percent(share)),
            fmt::format("{} of {} rows", *rarest, total),
            "Do not judge by accuracy; give the costs of errors with --cost.", share});
  }
}

void examine_future(const Patient& patient, const Table& future, const Report& report,
                    const Context& context) {
  std::vector<std::string> shared;
  for (const Column& column : patient.table.all()) {
    context.check();
    const auto other = future.find(column.name());
    const bool is_target = patient.target && patient.table.column(*patient.target).name() == column.name();
    if (!other) {
      if (!is_target) {
        report({"future.column_missing", Severity::serious, column.name(),
                fmt::format("{} is not in the new table.", quoted(column.name())), "",
                "It would count as missing in every row.", 1});
      }
      continue;
    }
    if (future.column(*other).kind() != column.kind()) {
      report({"future.kind", Severity::serious, column.name(),
              fmt::format("{} is {} here but {} in the new table.", quoted(column.name()),
                          to_string(column.kind()), to_string(future.column(*other).kind())),
              "", "Read both with the same --types.", 1});
      continue;
    }
    shared.push_back(column.name());
    if (column.kind() == ColumnKind::number && future.rows() >= 30 && column.size() >= 30) {
      const auto here = sorted_values(column), there = sorted_values(future.column(*other));
      if (here.empty() || there.empty()) continue;
      const double spread = quantile(here, 0.9) - quantile(here, 0.1);
      const double shift = quantile(there, 0.5) - quantile(here, 0.5);
      if (spread > 0 && std::abs(shift) > spread) {
        report({"drift.number", Severity::warning, column.name(),
                fmt::format("{} has moved: its median is {} here and {} in the new table.",
                            quoted(column.name()), format_short(quantile(here, 0.5)),
                            format_short(quantile(there, 0.5))),
                fmt::format("most values here span {}", format_short(spread)),
                "A model of the old range may not hold.", 0});
      }
    }
    if (column.kind() == ColumnKind::category) {
      std::unordered_set<std::string> known(column.levels().begin(), column.levels().end());
      std::size_t unseen = 0;
      std::string example;
      const Column& new_column = future.column(*other);
      for (std::size_t row = 0; row < new_column.size(); ++row) {
        if (new_column.missing(row) || known.count(std::string(new_column.text(row)))) continue;
        ++unseen;
        example = std::string(new_column.text(row));
      }
      if (unseen > 0) {
        const double share = static_cast<double>(unseen) / static_cast<double>(future.rows());
        report({"drift.category", share > 0.05 ? Severity::warning : Severity::note, column.name(),
                fmt::format("{} has labels in the new table that are not here, such as {}.",
                            quoted(column.name()), quoted(example)),
                fmt::format("{} row{}", unseen, unseen == 1 ? "" : "s"), "They count as missing.", share});
      }
    }
  }
  if (shared.empty()) return;
  const auto used = [&](const Column& column) {
    return std::find(shared.begin(), shared.end(), column.name()) != shared.end();
  };
  // Columns may stand in another order there, so both are hashed in this table's order.
  const auto here = row_hashes(patient.table, used, context),
             there = row_hashes(future.select_columns(shared), used, context);
  const std::unordered_set<std::uint64_t> known(here.begin(), here.end());
  std::size_t overlap = 0;
  for (const std::uint64_t hash : there) overlap += known.count(hash);
  const double share = there.empty() ? 0 : static_cast<double>(overlap) / static_cast<double>(there.size());
  if (share > 0.01 && static_cast<double>(overlap) > 3 * expected_pairs(patient, context)) {
    report({"overlap.rows", Severity::serious, "",
            fmt::format("{} of the new rows stand in this table too.", percent(share)),
            fmt::format("{} rows", overlap),
            "A score on them is a memory test; take them out of one of the two.", share});
  }
}

void examine_notes(std::span<const ReadNote> notes, const Report& report) {
  for (const ReadNote& note : notes) {
    report({"read." + note.code, Severity::note, note.column, note.sentence,
            note.line > 0 ? fmt::format("line {}{}", note.line,
                                        note.count > 1 ? fmt::format(", {} times", note.count) : "")
                          : "",
            "", 0});
  }
}

}  // namespace everyml::doctor_impl
