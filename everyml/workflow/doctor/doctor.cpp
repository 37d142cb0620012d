#include "everyml/workflow/doctor/doctor.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "everyml/foundation/base/parallel.h"
#include "everyml/workflow/doctor/examine_impl.h"

namespace everyml {
namespace {

using namespace doctor_impl;

constexpr std::size_t kMostClasses = 1000;

/// Findings that make learn leave a column out, with the reason that stands for them.
bool excludes(const Finding& finding) {
  static const std::set<std::string> kCodes = {"missing.all", "id.column", "duplicate.column", "leak.target"};
  return kCodes.count(finding.code) ||
         (finding.code == "constant.column" && finding.severity != Severity::note);
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json profile_json(const ColumnProfile& profile) {
  Json json = {{"name", profile.name},
               {"kind", to_string(profile.kind)},
               {"missing", profile.missing},
               {"distinct", profile.distinct}};
  if (!profile.histogram.empty()) {
    json["mean"] = finite(profile.mean);
    json["deviation"] = finite(profile.deviation);
    json["minimum"] = finite(profile.minimum);
    json["median"] = finite(profile.median);
    json["maximum"] = finite(profile.maximum);
  }
  if (!profile.top.empty()) {
    json["top"] = Json::array();
    for (const auto& [value, count] : profile.top)
      json["top"].push_back({{"value", value}, {"count", count}});
  }
  json["target_association"] = finite(profile.target_association);
  return json;
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::serious:
      return "serious";
  }
  return "";
}

doctor_impl::Patient doctor_impl::admit(const Table& table, const DoctorOptions& options,
                                        const Context& context) {
  Patient patient;
  patient.rows = table.rows();
  for (const Column& column : table.all()) patient.missing.push_back(column.missing_count());
  patient.table = table;
  if (table.rows() > kSampleRows) {
    patient.table = table.select_rows(context.random("doctor rows").sample(table.rows(), kSampleRows));
  }
  patient.ignored.assign(table.columns(), false);
  for (const std::string& name : options.ignore) {
    if (const auto position = table.find(name)) patient.ignored[*position] = true;
  }
  if (options.target.empty()) return patient;

  const Column& whole = table.column(options.target);  // throws with a did-you-mean
  patient.target = table.find(options.target);
  patient.ignored[*patient.target] = true;
  const Column& column = patient.table.column(*patient.target);
  std::map<std::string, std::int32_t> codes;
  if (whole.kind() == ColumnKind::number) {
    std::set<double> distinct;
    for (std::size_t row = 0; row < column.size() && distinct.size() <= 2; ++row) {
      if (!column.missing(row)) distinct.insert(column.number(row));
    }
    if (distinct.size() > 2) {
      patient.numbers.resize(column.size());
      column.read_numbers(0, patient.numbers);
      return patient;
    }
  } else if (whole.kind() != ColumnKind::boolean && whole.kind() != ColumnKind::category) {
    patient.target.reset();
    return patient;
  }
  patient.classes.assign(column.size(), -1);
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row)) codes.emplace(column.cell(row), 0);
  }
  for (auto& [name, code] : codes) {
    code = static_cast<std::int32_t>(patient.class_names.size());
    patient.class_names.push_back(name);
  }
  if (codes.size() > kMostClasses) {  // an identifier as a target is refused elsewhere
    patient.classes.clear();
    patient.class_names.clear();
    patient.target.reset();
    return patient;
  }
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (!column.missing(row)) patient.classes[row] = codes.at(column.cell(row));
  }
  return patient;
}

DoctorReport examine(const Table& table, const DoctorOptions& options, std::span<const ReadNote> notes,
                     const Context& context) {
  DoctorReport report;
  report.rows = table.rows();
  const Patient patient = admit(table, options, context);
  report.columns.resize(table.columns());
  std::vector<std::vector<Finding>> found(table.columns());
  parallel_for(context, table.columns(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = begin; c < end; ++c) {
      report.columns[c] = profile_column(patient, c);
      context.check();
      examine_column(patient, c, report.columns[c],
                     [&](Finding finding) { found[c].push_back(std::move(finding)); });
    }
  });
  const Report collect = [&](Finding finding) { report.findings.push_back(std::move(finding)); };
  for (auto& list : found) {
    for (Finding& finding : list) report.findings.push_back(std::move(finding));
  }
  examine_target(patient, report.columns, collect, context);
  context.check();
  examine_table(patient, report.columns, collect, context);
  if (options.future) examine_future(patient, *options.future, collect, context);
  examine_notes(notes, collect);

  std::set<std::string> left_out;
  for (const Finding& finding : report.findings) {
    if (!excludes(finding) || finding.column == options.target || !left_out.insert(finding.column).second)
      continue;
    report.excluded.emplace_back(finding.column, finding.code);
  }
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  return report;
}

Json DoctorReport::to_json() const {
  Json json = {
      {"rows", rows}, {"findings", Json::array()}, {"columns", Json::array()}, {"excluded", Json::array()}};
  for (const Finding& finding : findings) {
    json["findings"].push_back({{"code", finding.code},
                                {"severity", to_string(finding.severity)},
                                {"column", finding.column},
                                {"sentence", finding.sentence},
                                {"evidence", finding.evidence},
                                {"remedy", finding.remedy},
                                {"share", finding.share}});
  }
  for (const ColumnProfile& profile : columns) json["columns"].push_back(profile_json(profile));
  for (const auto& [column, reason] : excluded)
    json["excluded"].push_back({{"column", column}, {"reason", reason}});
  return json;
}

}  // namespace everyml
