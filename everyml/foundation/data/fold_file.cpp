#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <tuple>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"
#include "everyml/foundation/data/splits.h"

namespace everyml {
namespace {

constexpr std::string_view kHeader = "fold,role,row";

[[noreturn]] void bad_line(std::size_t line, const std::string& what) {
  throw FormatError("folds.format", fmt::format("fold file, line {}: {}", line, what));
}

/// Digits only: no sign, no blanks, nothing after.
std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

struct Entry {
  std::size_t fold, row;
  bool test;
  std::size_t line;
};

Entry parse_entry(std::string_view text, std::size_t line, std::size_t n) {
  const std::size_t first = text.find(','), second = text.find(',', first + 1);
  if (first == text.npos || second == text.npos) {
    bad_line(line, fmt::format("expected three fields, fold,role,row, got \"{}\"", printable(text)));
  }
  const auto fold = whole_number(text.substr(0, first));
  const std::string_view role = text.substr(first + 1, second - first - 1);
  const auto row = whole_number(text.substr(second + 1));
  if (!fold)
    bad_line(line,
             fmt::format("the fold must be a whole number, got \"{}\"", printable(text.substr(0, first))));
  if (role != "train" && role != "test") {
    bad_line(line, fmt::format("the role must be train or test, got \"{}\"", printable(role)));
  }
  if (!row)
    bad_line(line,
             fmt::format("the row must be a whole number, got \"{}\"", printable(text.substr(second + 1))));
  if (*row >= n) {
    throw DataError(
        "folds.row",
        fmt::format("fold file, line {}: row {} of a table of {} rows; rows count from 0", line, *row, n));
  }
  return {*fold, *row, role == "test", line};
}

std::vector<Entry> parse_entries(std::string_view text, std::size_t n) {
  std::vector<Entry> entries;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view row = text.substr(begin, end - begin);
    begin = end + 1;
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (line > 0) {
      entries.push_back(parse_entry(row, line + 1, n));
    } else if (row != kHeader) {
      bad_line(1, fmt::format("the header must be \"{}\", got \"{}\"", kHeader, printable(row)));
    }
  }
  if (entries.empty())
    bad_line(1, fmt::format("the file must hold the header \"{}\" and at least one fold", kHeader));
  return entries;
}

}  // namespace

std::string write_folds(const Folds& folds) {
  std::string text = fmt::format("{}\n", kHeader);
  for (std::size_t f = 0; f < folds.size(); ++f) {
    for (const std::size_t row : folds[f].train)
      fmt::format_to(std::back_inserter(text), "{},train,{}\n", f, row);
    for (const std::size_t row : folds[f].test)
      fmt::format_to(std::back_inserter(text), "{},test,{}\n", f, row);
  }
  return text;
}

Folds read_folds(std::string_view text, std::size_t n) {
  std::vector<Entry> entries = parse_entries(text, n);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.fold, a.row, a.line) < std::tie(b.fold, b.row, b.line);
  });
  Folds folds;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (i > 0 && entries[i - 1].fold == entry.fold && entries[i - 1].row == entry.row) {
      throw DataError("folds.row",
                      fmt::format("fold file, line {}: row {} stands in fold {} already, on line {}",
                                  entry.line, entry.row, entry.fold, entries[i - 1].line));
    }
    // Sorted, so a fold number more than one ahead is a gap; this also bounds memory by the size of the text.
    if (entry.fold > folds.size()) {
      bad_line(entry.line, fmt::format("fold {} is there, but fold {} is not: folds count from 0", entry.fold,
                                       folds.size()));
    }
    if (entry.fold == folds.size()) folds.emplace_back();
    (entry.test ? folds.back().test : folds.back().train).push_back(entry.row);
    const bool last_of_fold = i + 1 == entries.size() || entries[i + 1].fold != entry.fold;
    if (last_of_fold && (folds.back().train.empty() || folds.back().test.empty())) {
      bad_line(entry.line, fmt::format("fold {} has no {} rows", entry.fold, entry.test ? "train" : "test"));
    }
  }
  return folds;
}

}  // namespace everyml
